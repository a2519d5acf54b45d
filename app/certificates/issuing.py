"""What follows from an event of an application: the certificate of a decision, the letter of an act.

Made in the transaction of the event and pinned as of that day: what is printed later can never say
anything else. The PDF itself is made when somebody first asks for it (`files`).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import current_app

from app import audit, clock
from app.applications import events
from app.applications.deadlines import ACCEPTANCE, deadlines_for
from app.applications.models import Application, Event, Happened, Service, State
from app.applications.notices import Notice, asked
from app.applications.receipts import new_number
from app.applications.records import filed_place, papers_of, promised_days
from app.applications.refusals import ground
from app.applications.steps import holders_of
from app.certificates.models import (
    Certificate,
    CertificateEvent,
    CertificateHappened,
    Letter,
    LetterKind,
)
from app.extensions import db
from app.places.models import Office
from app.policy.appeal import all_held_on, remedies_on

# Read aloud on the phone as the receipt's number is, and never mistaken for it.
SERIES = "JJZ"


@dataclass(frozen=True)
class Origin:
    """Who issues, where and when: an officer, or a rule."""

    application: Application
    on: date
    at: datetime
    actor_kind: str
    actor_id: uuid.UUID | None
    office_id: uuid.UUID
    rule: str | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The same as columns of what is issued."""
        return {
            "application": self.application,
            "issued_on": self.on,
            "issued_at": self.at,
            "actor_kind": self.actor_kind,
            "actor_id": self.actor_id,
            "office_id": self.office_id,
            "is_practice": not current_app.config["LIVE"] or clock.is_exercise(),
        }


@events.follow
def after(application: Application, event: Event) -> None:
    """Issue what this event calls for, if anything."""
    if event.kind in {Happened.REGISTERED, Happened.APPROVED}:
        _certify(application, event)
    elif event.kind == Happened.ACCEPTED:
        _write(application, event, LetterKind.ACCEPTANCE, _acceptance(application, event))
    elif event.kind == Happened.CORRECTION_ASKED and "notice" in event.data:
        _write(application, event, LetterKind.ONE_TIME_NOTICE, _notice(application, event))
    elif event.kind == Happened.REFUSED:
        _write(application, event, _kind_of(event), _refusal(application, event))


# --- Certificates ---


def _certify(application: Application, event: Event) -> None:
    """The certificate that the rulebook of the place names; a place that names none issues none."""
    title = (filed_place(application) or {}).get("certificate")
    if title:
        issue(_origin(application, event), title, _proven(application, event))


def issue(origin: Origin, title: str, data: Mapping[str, Any], *, sequence: int = 1) -> Certificate:
    """A certificate with these data. The caller commits."""
    application = origin.application
    certificate = Certificate(
        **origin.columns,
        number=new_number(SERIES),
        sequence=sequence,
        kind=application.service,
        title=title,
        rule=origin.rule,
    )
    db.session.add(certificate)
    certificate.data = dict(data)
    certificate.events.append(
        CertificateEvent(
            sequence=1,
            kind=CertificateHappened.ISSUED,
            happened_on=origin.on,
            actor_kind=origin.actor_kind,
            actor_id=origin.actor_id,
            office_id=origin.office_id,
        )
    )
    audit.record(
        "certificate.issued",
        actor=f"{origin.actor_kind}:{origin.actor_id}" if origin.actor_id else origin.actor_kind,
        subject=f"application:{application.id}",
        data={"certificate": certificate.id},
    )
    return certificate


def _proven(application: Application, event: Event) -> dict[str, Any]:
    """What the certificate says: of whom, of which birth or marriage, under which law."""
    answers, facts = application.answers or {}, application.facts or {}
    wanted = ("name", "id_kind", "id_number")
    holders = holders_of(application.service, facts, application.filing_role)
    husband = answers.get("man") if answers.get("marriage") else None
    return {
        "holders": [
            {"role": who, **{key: answers[who][key] for key in wanted}}
            for who in holders
            if answers.get(who)
        ],
        "child": answers.get("children") or {"born_on": facts.get("child_born_on")},
        "marriage": answers.get("marriage", {}),
        "husband": husband["name"] if husband else None,
        "office": _names_of(_office_of(application, event)),
        "basis": list(_grounds(application)),
        "rulebooks": [book["title"] for book in application.rulebooks],
    }


def _grounds(application: Application) -> Iterator[dict[str, str]]:
    """The provisions the decision rests on: of the place's own texts, those that grant."""
    for reason in _provisions(application):
        if reason["holds"]:
            yield {name: reason[name] for name in ("instrument", "article", "text")}


# --- Letters ---


def _write(
    application: Application, event: Event, kind: LetterKind, data: Mapping[str, Any]
) -> None:
    letter = Letter(
        **_origin(application, event).columns,
        number=number_of(event),
        kind=kind,
    )
    db.session.add(letter)
    letter.data = {
        "people": [
            (application.answers or {})[who]["name"]
            for who in ("woman", "man")
            if (application.answers or {}).get(who)
        ],
        "service": application.service,
        "case": application.number,
        "submitted_on": application.submitted_on.isoformat(),
        "office": _names_of(_office_of(application, event)),
        **data,
    }


def number_of(event: Event) -> str:
    """The number of the letter that belongs to an event."""
    return f"{event.application.number}-{event.sequence:02}"


def _acceptance(application: Application, event: Event) -> dict[str, Any]:
    """What an acceptance tells: what was taken in, and by when there will be an answer."""
    place = filed_place(application) or {}
    steps = [
        step
        for step in deadlines_for(application, application.events, promise=promised_days())
        if step.step != ACCEPTANCE
    ]
    return {
        "papers": [
            {"name": paper["name"], "pages": pages, "instead": instead}
            for paper, pages, instead in papers_of(application)
        ],
        "steps": [
            {
                "step": step.step,
                "start": step.start,
                "value": step.value,
                "unit": step.unit,
                "text": step.text,
                "due_on": step.due_on.isoformat() if step.due_on else None,
                "provisional": step.provisional,
            }
            for step in steps
        ],
        "if_late": place.get("if_late"),
        # Where nobody answered in time: since when it counts, and how long nobody did.
        "received_on": event.data.get("received_on"),
        "days": event.data.get("days"),
    }


def _notice(application: Application, event: Event) -> dict[str, Any]:
    """What is missing, item by item, as the clerk wrote it."""
    notice = db.session.get_one(Notice, uuid.UUID(str(event.data["notice"])))
    return {
        "items": [
            {
                "name": each.about.name,
                "fault": each.fault,
                "words": each.words,
                "basis": each.about.basis,
            }
            for each in asked(application, notice)
        ]
    }


def _kind_of(refusal: Event) -> LetterKind:
    """By what was refused, as `wording.refusal_title` names it."""
    if refusal.data.get("from") == State.SUBMITTED:
        return LetterKind.REFUSAL_TO_ACCEPT
    if refusal.application.service == Service.CHILDBIRTH_REGISTRATION:
        return LetterKind.REFUSAL_TO_REGISTER
    return LetterKind.REFUSAL_TO_APPROVE


def _refusal(application: Application, event: Event) -> dict[str, Any]:
    """Why, under which law, and what can be done about it."""
    looked_at = {
        (reason["instrument"], reason["article"]): None for reason in _provisions(application)
    }
    chosen = ground(event.data.get("ground"))
    if chosen is not None and chosen.basis is not None:
        looked_at |= {
            (each.instrument, each.article): None
            for each in chosen.basis
            if each.start <= event.happened_on
        }
    return {
        "ground": chosen.text if chosen else None,
        "reasons": event.note,
        "basis": [{"instrument": name, "article": article} for name, article in looked_at],
        "remedies": [
            {"text": each.text, "instrument": each.instrument, "article": each.article}
            for each in remedies_on(event.happened_on)
        ],
        "not_held": not all_held_on(event.happened_on),
    }


# --- Both ---


def _provisions(application: Application) -> Iterator[dict[str, Any]]:
    """What the place's own texts said to the substance, not to where one files."""
    books = set((filed_place(application) or {}).get("rulebooks", ()))
    where = {
        f"{book.id}.{rule.id}"
        for book in current_app.extensions["law"].shelf.rulebooks
        for rule in book.filing
    }
    for reason in (application.decision or {}).get("reasons", ()):
        if reason["rule"].partition(".")[0] in books and reason["rule"] not in where:
            yield reason


def _origin(application: Application, event: Event) -> Origin:
    return Origin(
        application=application,
        on=event.happened_on,
        at=event.recorded_at,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        office_id=event.office_id or application.office_id,
        rule=event.data.get("rule"),
    )


def _office_of(application: Application, event: Event) -> Office:
    return db.session.get_one(Office, event.office_id or application.office_id)


def _names_of(office: Office) -> dict[str, str]:
    return {"zh_Hans": office.name, "zh_Hant": office.name_hant}
