"""Whether both spouses stand behind an application: asked on their phones, told to office and couple.

The application counts and its clock runs whatever they say; no text held asks for the word of the
one who did not file. What was said are events, and the last one of a person is their word.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app import audit
from app.accounts.models import Citizen
from app.applications import entrusting, events
from app.applications.models import Application, Event, Happened, Party
from app.applications.records import office_names, promised_days
from app.applications.steps import ROLE_NAMES, applicants_of
from app.clock import SHANGHAI
from app.delegation import asking
from app.delegation.models import ConfirmationRequest
from app.extensions import db

SPOUSE = "spouse"


class Said(StrEnum):
    """What one of the two has said about the application."""

    SENT = "sent"
    CONFIRMED = "confirmed"
    DISAGREED = "disagreed"
    NOTHING = "nothing"


class HowSaid(StrEnum):
    """Where a spouse said yes; `POWER`: in entrusting the agent who sent it."""

    PHONE = "phone"
    WINDOW = "window"
    PAPER = "paper"
    POWER = "power"


@dataclass(frozen=True)
class Word:
    """The word of the woman or the man: what, where (`how`, if yes) and on which day.

    `asked_on`: when they were last sent a link, where that was looked up.
    """

    person: str
    said: Said
    how: HowSaid | None = None
    on: date | None = None
    asked_on: date | None = None


_SAYS: Mapping[str, Said] = {
    Happened.SPOUSE_CONFIRMED: Said.CONFIRMED,
    Happened.SPOUSE_DISAGREED: Said.DISAGREED,
}


def words_of(application: Application) -> tuple[Word, ...]:
    """The word of each whose matter it is, the sender's own first; empty once the data is gone."""
    answers = application.answers or {}
    if not answers:
        return ()
    filer = answers.get("who", {}).get("filer")
    named = [who for who in ("woman", "man") if answers.get(who)]
    people = list(applicants_of(application.service, named))
    people.sort(key=lambda who: who != filer)
    return tuple(_word(who, who == filer, application) for who in people)


def words_and_asking(application: Application) -> tuple[Word, ...]:
    """The same, with the day on which those were asked who have not said anything."""
    words = words_of(application)
    if all(word.said is not Said.NOTHING for word in words):
        return words
    asked = asking.requests_about(SPOUSE, application.id)
    return tuple(
        replace(word, asked_on=asked[word.person].sent_at.astimezone(SHANGHAI).date())
        if word.said is Said.NOTHING and word.person in asked
        else word
        for word in words
    )


def _word(person: str, is_sender: bool, application: Application) -> Word:
    if is_sender:
        return Word(person, Said.SENT, on=application.submitted_on)
    mine = [e for e in application.events if e.kind in _SAYS and e.data.get("person") == person]
    if not mine:
        return Word(person, Said.NOTHING)
    last = mine[-1]
    how = HowSaid(last.data["how"]) if last.data.get("how") else None
    return Word(person, _SAYS[last.kind], how, last.happened_on)


def word_of(application: Application, person: str) -> Word | None:
    """The word of this person, or None when the application names no such person."""
    return next((word for word in words_of(application) if word.person == person), None)


# --- Asking ---


def ask_both(application: Application, sender: Citizen) -> None:
    """After sending: ask each who did not send it, has a phone of their own and was not asked yet.

    Nobody once it is not worked on any more. The caller commits.
    """
    if not application.is_live:
        return
    asked = asking.requests_about(SPOUSE, application.id)
    for word in words_of(application):
        if word.said is not Said.NOTHING or word.person in asked:
            continue
        if phone_problem(application, word.person, sender) is None:
            try:
                ask(application, word.person, phone_of(application, word.person), sender)
            except asking.TooMany:
                # Sending does not hang on it; they can be asked from the page of the case.
                continue


def ask(application: Application, person: str, phone: str, asker: Citizen) -> None:
    """Send this spouse a link to this phone. The caller commits, also after `asking.TooMany`."""
    asking.ask(
        SPOUSE,
        application.id,
        person,
        phone=phone,
        id_number=(application.answers or {})[person]["id_number"],
        asker=f"citizen:{asker.id}",
    )


class PhoneProblem(StrEnum):
    """Why a spouse cannot be asked on this phone; a window or a paper is the way then."""

    NONE_GIVEN = "none_given"
    SHARED = "shared"


def phone_problem(
    application: Application, person: str, asker: Citizen, phone: str | None = None
) -> PhoneProblem | None:
    """Whether `phone` (by default the one in the application) is this person's own, as far as one sees."""
    answers = application.answers or {}
    phone = phone or phone_of(application, person)
    if not phone:
        return PhoneProblem.NONE_GIVEN
    others = {
        (answers.get(who) or {}).get("phone") for who in ("woman", "man", "agent") if who != person
    }
    return PhoneProblem.SHARED if phone in {*others, asker.phone} else None


def phone_of(application: Application, person: str) -> str:
    """The phone given for this person in the application, or ""."""
    return str(((application.answers or {}).get(person) or {}).get("phone") or "")


# --- What they say ---


def confirm_by_phone(application: Application, person: str, citizen: Citizen) -> None:
    """Yes, on their own phone: from now on they stand in the application. The caller commits."""
    known = select(Party.id).where(
        Party.application_id == application.id, Party.citizen_id == citizen.id
    )
    if db.session.scalar(known) is None:
        is_principal = person in entrusting.principals_of(application)
        db.session.add(
            Party(
                application=application,
                citizen_id=citizen.id,
                person=person,
                is_principal=is_principal,
            )
        )
    _note(application, Happened.SPOUSE_CONFIRMED, person, "spouse", citizen.id, HowSaid.PHONE)
    audit.record(
        "spouse.confirmed", actor=f"citizen:{citizen.id}", subject=f"application:{application.id}"
    )


def note_entrusted(application: Application, person: str) -> None:
    """They said yes in entrusting the agent who sent it. The caller commits."""
    _note(application, Happened.SPOUSE_CONFIRMED, person, "system", None, HowSaid.POWER)


def confirm_at_office(
    application: Application,
    person: str,
    how: HowSaid,
    *,
    officer_id: uuid.UUID,
    office_id: uuid.UUID,
) -> None:
    """Yes, said to an officer or signed on a paper that an officer saw. The caller commits."""
    _note(
        application,
        Happened.SPOUSE_CONFIRMED,
        person,
        "officer",
        officer_id,
        how,
        office_id=office_id,
    )
    asking.close(SPOUSE, application.id, person)
    audit.record(
        "spouse.confirmed",
        actor=f"officer:{officer_id}",
        subject=f"application:{application.id}",
        data={"how": str(how)},
    )


def disagree(application: Application, person: str, citizen: Citizen, words: str | None) -> None:
    """No: the office is told and decides; the application goes on meanwhile. The caller commits."""
    _note(application, Happened.SPOUSE_DISAGREED, person, "spouse", citizen.id, words=words)
    audit.record(
        "spouse.disagreed", actor=f"citizen:{citizen.id}", subject=f"application:{application.id}"
    )


def change_mind(application: Application, citizen: Citizen) -> None:
    """Somebody who confirmed by phone says no after all. The caller commits.

    Nothing for whoever did not, and for what was said already.
    """
    person = db.session.scalar(
        select(Party.person).where(
            Party.application_id == application.id, Party.citizen_id == citizen.id
        )
    )
    word = word_of(application, person) if person else None
    if application.is_live and person and word and word.said is Said.CONFIRMED:
        disagree(application, person, citizen, None)


def _note(
    application: Application,
    kind: Happened,
    person: str,
    actor_kind: str,
    actor_id: uuid.UUID | None,
    how: HowSaid | None = None,
    *,
    office_id: uuid.UUID | None = None,
    words: str | None = None,
) -> Event:
    return events.append(
        application,
        kind,
        actor_kind=actor_kind,
        actor_id=actor_id,
        office_id=office_id,
        data={"person": person, **({"how": str(how)} if how else {})},
        note=words,
        promise=promised_days(),
    )


# --- The question on the phone ---


class BySpouse:
    """Whether an application is theirs too. About a row of `Application`."""

    template = "applications/_asked_spouse.html"
    needs_account = False

    def message(self, asked: ConfirmationRequest) -> tuple[str, Mapping[str, object]]:
        """Which service, and nobody's name."""
        application = db.session.get_one(Application, asked.subject_id)
        kind = "application_for_you" if application.by_agent else "spouse_confirmation"
        return kind, {"service": application.service}

    def told(self, asked: ConfirmationRequest) -> Mapping[str, Any] | None:
        """What was sent, by whom and where, while it is worked on and they have not said anything."""
        application = db.session.get(Application, asked.subject_id)
        if application is None or not application.is_live:
            return None
        word = word_of(application, asked.person)
        if word is None or word.said is not Said.NOTHING:
            return None
        answers = application.answers or {}
        return {
            "application": application,
            "answers": answers,
            "sender": answers[answers["who"]["filer"]],
            "role": ROLE_NAMES[application.filing_role],
            "office": office_names(application.office_id)[application.office_id],
        }

    def take(self, asked: ConfirmationRequest, answer: asking.Answer) -> None:
        """Yes or no, in their own name."""
        application = db.session.get_one(Application, asked.subject_id)
        if answer.yes:
            confirm_by_phone(application, asked.person, answer.citizen)
        else:
            disagree(application, asked.person, answer.citizen, answer.words)


asking.register(SPOUSE, BySpouse())
