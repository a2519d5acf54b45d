"""Asking another office, hearing its answer, and going on without one.

Silence never throws a case back: there is no act for that. Once the day is over, the office that
asked goes on with what the citizen promises in writing, or as its rulebook says.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from app import audit, vault
from app.applications import events
from app.applications.deadlines import time_limits
from app.applications.models import ENDED, Application, Event, Happened
from app.applications.receipts import new_number, read_number
from app.applications.records import office_names, promised_days
from app.certificates.issuing import number_of
from app.certificates.service import letters_of
from app.clock import now, today
from app.extensions import db
from app.language import current_script
from app.places.models import Office
from app.places.service import full_name, offices_for
from app.policy.deadlines import due_on
from app.verification.models import OPEN, About, Finding, Stage, VerificationRequest

# Read aloud on the phone as a receipt's number is, and never mistaken for it.
CODE_SERIES = "XC"
REMIND_DAYS_BEFORE = 2


class NotOpenError(Exception):
    """The request was answered, or its case has ended."""


class TooEarlyError(Exception):
    """The office that was asked still has time."""


@dataclass(frozen=True)
class Addressee:
    """Who may know: an office here, or a place whose office has no desk here."""

    code: str
    name: str
    office: Office | None

    @property
    def shown(self) -> str:
        """The name in the reader's script; `name` is the one that is stored."""
        return _in_script(self.office, self.code, current_script())


@dataclass(frozen=True)
class Term:
    """How long the other office has, and whether a text says so or this operator."""

    value: int
    unit: str
    is_promise: bool


@dataclass(frozen=True)
class Clerk:
    """Who acts, for which office."""

    officer_id: uuid.UUID
    office_id: uuid.UUID

    @property
    def actor(self) -> str:
        """How the audit trail names them."""
        return f"officer:{self.officer_id}"


# --- Whom to ask ---


def proposed(application: Application) -> list[Addressee]:
    """The offices of the couple's hukou and homes, but the one that has the case."""
    codes = list(_places(application.facts or {}))
    known = offices_for(codes)
    found: dict[uuid.UUID | str, Addressee] = {}
    for code in codes:
        addressee = _addressee(code, known.get(code))
        key = addressee.office.id if addressee.office else code
        if key != application.office_id:
            found.setdefault(key, addressee)
    return list(found.values())


def addressee_at(code: str) -> Addressee:
    """Whoever may know at this division."""
    return _addressee(code, offices_for([code]).get(code))


def _addressee(code: str, office: Office | None) -> Addressee:
    if office is not None and office.live and office.level == "township":
        return Addressee(office.code, office.name, office)
    return Addressee(code, full_name(code), None)


def _places(facts: Mapping[str, Any]) -> Sequence[str]:
    places = []
    for who in ("woman", "man"):
        person = facts.get(who) or {}
        home = person.get("residence") or {}
        places += [person.get("hukou"), home.get("division")]
    return [code for code in dict.fromkeys(places) if code and code.isdigit() and len(code) >= 6]


def names_of(requests: Iterable[VerificationRequest]) -> dict[uuid.UUID, str]:
    """By request, whom it went to, in the reader's script; one query."""
    asked = {each.id: (each.to_office_id, each.to_code) for each in requests}
    names = asked_names(asked.values())
    return {request: names[whom] for request, whom in asked.items()}


def asked_names(
    asked: Iterable[tuple[uuid.UUID | None, str]],
) -> dict[tuple[uuid.UUID | None, str], str]:
    """By (id of an office here or None, code of the division): its name in the reader's script."""
    whom = set(asked)
    here = {office for office, _code in whom if office}
    offices = office_names(*here) if here else {}
    script = current_script()
    return {
        (office, code): offices[office] if office in offices else full_name(code, script)
        for office, code in whom
    }


def term_of(application: Application) -> Term:
    """The clock of the pinned rulebook for an answer; where it names no days, the operator's."""
    for limit in time_limits(application):
        if limit["who"] == "hukou_township" and limit["from"] == "request_received":
            return Term(limit["value"], limit["unit"], is_promise=False)
    return Term(current_app.config["VERIFY_WORKING_DAYS"], "working_day", is_promise=True)


# --- Asking ---


def requests_of(application: Application) -> list[VerificationRequest]:
    """All requests about an application, the first one first."""
    return list(
        db.session.scalars(
            select(VerificationRequest)
            .where(VerificationRequest.application_id == application.id)
            .order_by(VerificationRequest.ordinal)
            .execution_options(populate_existing=True)
        )
    )


def ask(
    clerk: Clerk,
    application: Application,
    to: Addressee,
    *,
    about: About,
    whom: str,
    words: str,
) -> VerificationRequest:
    """Ask; event and audit. The caller commits."""
    term = term_of(application)
    due = due_on(today(), term.value, term.unit)
    last = due.on
    if term.is_promise and application.overall_due_on:
        # No number of its own: within the time of the whole.
        last = max(today(), min(last, application.overall_due_on))
    # The change itself first, so that two who ask at once are one after the other.
    event = _note(clerk, application, Happened.VERIFICATION_ASKED, {"about": str(about)})
    ordinal = db.session.scalar(
        select(func.count())
        .select_from(VerificationRequest)
        .where(VerificationRequest.application_id == application.id)
    )
    code = None if to.office else new_number(CODE_SERIES)
    request = VerificationRequest(
        application=application,
        ordinal=(ordinal or 0) + 1,
        stage=Stage.WAITING,
        about=about,
        whom=whom,
        question=words or None,
        office_id=clerk.office_id,
        asked_by=clerk.officer_id,
        asked_on=event.happened_on,
        to_office_id=to.office.id if to.office else None,
        to_code=to.code,
        to_name=to.name,
        value=term.value,
        unit=term.unit,
        is_promise=term.is_promise,
        due_on=last,
        provisional=due.provisional,
        remind_on=max(today(), last - timedelta(days=REMIND_DAYS_BEFORE)),
        reply_code=code,
        reply_code_hash=code_hash(code) if code else None,
    )
    db.session.add(request)
    db.session.flush()
    return request


def code_hash(code: str) -> str:
    """The keyed hash under which a reply code is found, in any spelling."""
    return vault.keyed_hash("reply-code", read_number(code, CODE_SERIES))


# --- Answering ---


def answer(
    request: VerificationRequest,
    finding: Finding,
    reply: Mapping[str, Any],
    *,
    clerk: Clerk | None,
) -> None:
    """What the other office found; once. The caller commits. Raises `NotOpenError`.

    `clerk`: None for an answer by the code of a letter; `reply` then says who gave it.
    """
    if not request.is_open:
        raise NotOpenError
    application = request.application
    request.stage, request.finding = Stage.ANSWERED, finding
    request.reply = dict(reply)
    request.answered_on, request.answered_at = today(), now()
    request.answered_by = clerk.officer_id if clerk else None
    # A code works once.
    request.reply_code_hash = None
    db.session.flush()
    data = {"request": str(request.id), "finding": str(finding), **_others(request)}
    if application.state in ENDED:
        return
    _note(clerk, application, Happened.VERIFICATION_ANSWERED, data)


def leave(clerk: Clerk, request: VerificationRequest, promise: str) -> None:
    """Go on without the answer, on what the citizen promised in writing (容缺). The caller commits.

    Raises `NotOpenError`, and `TooEarlyError` while the other office still has time.
    """
    if request.stage != Stage.WAITING:
        raise NotOpenError
    if today() <= request.due_on:
        raise TooEarlyError
    request.stage, request.promise = Stage.LEFT, promise
    request.left_on, request.left_by = today(), clerk.officer_id
    db.session.flush()
    data = {"request": str(request.id), **_others(request)}
    _note(clerk, request.application, Happened.VERIFICATION_LEFT, data)


def _others(request: VerificationRequest) -> dict[str, int]:
    """How many questions about the case still wait; the terms go on when none does."""
    waiting = db.session.scalar(
        select(func.count())
        .select_from(VerificationRequest)
        .where(
            VerificationRequest.application_id == request.application_id,
            VerificationRequest.stage == Stage.WAITING,
            VerificationRequest.id != request.id,
        )
    )
    return {"open": waiting} if waiting else {}


def _note(
    clerk: Clerk | None, application: Application, kind: Happened, data: Mapping[str, Any]
) -> Event:
    event = events.append(
        application,
        kind,
        actor_kind="officer" if clerk else "office",
        actor_id=clerk.officer_id if clerk else None,
        office_id=clerk.office_id if clerk else None,
        data=data,
        promise=promised_days(),
    )
    audit.record(
        f"application.{kind}",
        actor=clerk.actor if clerk else "visitor",
        subject=f"application:{application.id}",
        data=data,
    )
    return event


@events.follow
def close(application: Application, event: Event) -> None:
    """A case that has ended waits for no answer any more; a refusal says who was asked."""
    if application.state not in ENDED:
        return
    if event.kind == Happened.REFUSED:
        _say_who_was_asked(application, event)
    waiting = select(VerificationRequest).where(
        VerificationRequest.application_id == application.id, VerificationRequest.stage.in_(OPEN)
    )
    for request in db.session.scalars(waiting):
        request.stage, request.reply_code_hash = Stage.CLOSED, None


def _say_who_was_asked(application: Application, event: Event) -> None:
    """In the letter of this refusal, which the room below wrote in the same transaction."""
    written = [each for each in letters_of(application) if each.number == number_of(event)]
    asked = [
        {"name": names_in_both(each), "finding": each.finding} for each in requests_of(application)
    ]
    for letter in written if asked else ():
        letter.data = {**(letter.data or {}), "asked": asked}


def names_in_both(request: VerificationRequest) -> dict[str, str]:
    """Of the office that was asked, in both scripts."""
    office = db.session.get(Office, request.to_office_id) if request.to_office_id else None
    traditional = _in_script(office, request.to_code, "zh_Hant")
    return {"zh_Hans": request.to_name, "zh_Hant": traditional}


def _in_script(office: Office | None, code: str, script: str) -> str:
    if office is None:
        return full_name(code, script)
    return office.name_hant if script == "zh_Hant" else office.name
