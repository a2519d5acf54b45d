"""Sending a whole case on to the right office: everything goes along, nobody starts again.

The first receiver stays named, the day of receipt stays, and the office it goes to has it at once:
there is no such thing as refusing to receive. The office that had it sees no more of it than where
it went. At another place of the pinned decision, the steps and limits of that place apply from then.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from app.applications.models import Application, Event, Happened
from app.applications.records import office_names
from app.applications.steps import ROLE_NAMES, service_at
from app.casework.acts import SENDING, Act
from app.casework.service import (
    Desk,
    allowed,
    first_come,
    of_offices,
    open_acts,
    write,
)
from app.extensions import db
from app.places.models import Office
from app.places.service import canonical

MOST_SHOWN = 50


class NotThereError(Exception):
    """The office takes no applications here, has the case already, or had it before."""


@dataclass(frozen=True)
class Target:
    """An office the case may go to; `why`: the place of the decision that it serves, in words."""

    office: Office
    why: str


@dataclass(frozen=True)
class Sent:
    """A case that this desk had: its number and where it went, and nothing of anybody."""

    number: str
    day: date
    to: str


def way_of_sending(desk: Desk, application: Application) -> Act | None:
    """How this desk may send the case on now, if at all."""
    return next((act for act in open_acts(desk, application) if act in SENDING), None)


def targets(desk: Desk, application: Application) -> list[Target]:
    """The offices here that serve the places of the pinned decision, the recommended place first."""
    places = _open_places(application)
    if not places:
        return []
    found = db.session.scalars(
        select(Office)
        .where(Office.live, Office.level == "township", or_(*(_within(each) for each in places)))
        .order_by(Office.code)
        .limit(MOST_SHOWN)
    ).all()
    shut = _shut(desk, application)
    return [
        Target(office, str(ROLE_NAMES[place["role"]]))
        for place in places
        for office in found
        if office.id not in shut and _first_served(places, office) is place
    ]


def office_at(desk: Desk, application: Application, code: str | None) -> Office:
    """The live township office of this division. Raises `NotThereError`."""
    office = db.session.scalar(
        select(Office).where(
            Office.code == canonical(code or ""), Office.live, Office.level == "township"
        )
    )
    if office is None or office.id in _shut(desk, application):
        raise NotThereError
    return office


def send_on(
    desk: Desk, application: Application, office: Office, *, reasons: str, version: int
) -> None:
    """Hand the whole case to this office. Commits. Raises as `service.perform`, and `NotThereError`."""
    act = way_of_sending(desk, application) or Act.SEND_ON
    move = allowed(desk, application, act, version=version)
    if office.id in _shut(desk, application):
        raise NotThereError
    role = role_at(application, office)
    noted = {
        "from_office": str(application.office_id),
        "to_office": str(office.id),
        "from_role": application.filing_role,
        "to_role": role,
    }
    with first_come():
        application.office_id = office.id
        application.filing_role = role
        write(desk, application, move, reasons=reasons, data=noted)


def role_at(application: Application, office: Office) -> str:
    """The place of the pinned decision that this office serves; the old one where it serves none."""
    served = [each for each in _open_places(application) if _serves(each, office)]
    roles = [str(each["role"]) for each in served]
    if application.filing_role in roles or not roles:
        return application.filing_role
    return roles[0]


def sent_away(desk: Desk) -> list[Sent]:
    """The cases this desk had and that went elsewhere, the latest first."""
    rows = db.session.execute(
        select(Application.number, Event.happened_on, Event.data, Application.office_id)
        .join(Event, Event.application_id == Application.id)
        .where(
            of_offices(desk, Event.office_id),
            Event.kind == Happened.SENT_ON,
            ~of_offices(desk, Application.office_id),
        )
        .order_by(Event.happened_on.desc(), Event.recorded_at.desc())
        .limit(MOST_SHOWN)
    ).all()
    names = office_names(*{uuid.UUID(row.data["to_office"]) for row in rows})
    return [
        Sent(row.number, row.happened_on, names[uuid.UUID(row.data["to_office"])]) for row in rows
    ]


def _open_places(application: Application) -> Sequence[Mapping[str, Any]]:
    """Where the pinned decision lets this very application be filed, the recommended place first."""
    facts = application.facts or {}
    places = [
        place
        for place in (application.decision or {}).get("places", ())
        if place["allowed"] and service_at(place, facts) == application.service
    ]
    return sorted(places, key=lambda place: not place["recommended"])


def _scope(place: Mapping[str, Any]) -> str:
    division = canonical(place["division"])
    return division[:2] if place["any_township"] else division


def _within(place: Mapping[str, Any]) -> Any:
    return Office.code.startswith(_scope(place))


def _serves(place: Mapping[str, Any], office: Office) -> bool:
    return office.code.startswith(_scope(place))


def _first_served(places: Sequence[Mapping[str, Any]], office: Office) -> Mapping[str, Any] | None:
    return next((each for each in places if _serves(each, office)), None)


def _shut(desk: Desk, application: Application) -> frozenset[uuid.UUID]:
    """Offices the case cannot go to: where it is, and for a clerk where it was."""
    had = {application.office_id}
    if not desk.is_supervisor:
        had |= set(_earlier(application))
    return frozenset(had)


def _earlier(application: Application) -> Iterator[uuid.UUID]:
    for event in application.events:
        if event.kind == Happened.SENT_ON:
            yield uuid.UUID(event.data["from_office"])
