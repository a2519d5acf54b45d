"""The red-light board: what is open in the offices of a supervisor, how near its day is, and what stands still.

All of it is read as it is at this moment, by the indexes that hold what is open; what has ended is
never looked at.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from statistics import median_high
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import selectinload

from app.accounts.models import Officer
from app.applications.complaints import Complaint, Voice
from app.applications.deadlines import Deadline, nearest
from app.applications.models import LIVE, Application, Event, Happened, State
from app.applications.notices import Notice, NoticeState
from app.applications.records import unopened
from app.casework.lists import is_near
from app.casework.service import Desk, deadlines_of, in_reach, of_offices
from app.clock import today
from app.extensions import db
from app.supervision.models import LateReason
from app.verification.models import Stage, VerificationRequest
from app.verification.service import asked_names

MOST_LATE = 25
MOST_PARTNERS = 50
# After these the case lies with somebody who has not taken it up yet.
_HANDED_ON = (Happened.SENT_ON, Happened.FORWARDED_WITH_OPINION)


@dataclass(frozen=True)
class Lamps:
    """How many open cases are past their day, near it, far from it, or have none."""

    red: int
    amber: int
    green: int
    none: int

    @property
    def open(self) -> int:
        """All of them."""
        return self.red + self.amber + self.green + self.none


@dataclass(frozen=True)
class Hand:
    """Red and amber cases of one person; nobody, where `name` is None (at the county: `at_county`)."""

    name: str | None
    office_id: uuid.UUID | None
    at_county: bool
    red: int
    amber: int


@dataclass(frozen=True)
class LateCase:
    """A red case: the step that is late with its own unit, and why, where somebody wrote it."""

    case: Application
    step: Deadline | None
    reason: LateReason | None


@dataclass(frozen=True)
class Still:
    """Cases that stand still for one cause, and for how many days."""

    cause: str
    days: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.days)

    @property
    def median(self) -> int:
        """Days that half of them have stood."""
        return median_high(self.days)

    @property
    def longest(self) -> int:
        """Days that the oldest has stood."""
        return max(self.days)


@dataclass(frozen=True)
class Partner:
    """An office that is asked and has not answered: how many questions, how many past their day."""

    name: str
    waiting: int
    late: int
    longest: int


@dataclass(frozen=True)
class Voices:
    """What citizens say and nobody has answered yet."""

    kind: Voice
    open: int
    late: int


def lamps_by_office(desk: Desk) -> dict[uuid.UUID, Lamps]:
    """The open cases of each office of this desk that has any."""
    red, amber = _lamps()
    rows = db.session.execute(
        select(
            Application.office_id,
            func.count(),
            _sum(red),
            _sum(amber),
            _sum(Application.due_on.is_(None)),
        )
        .where(in_reach(desk), Application.state.in_(LIVE))
        .group_by(Application.office_id)
    )
    return {
        office: Lamps(late, soon, count - late - soon - without, without)
        for office, count, late, soon, without in rows
    }


def hands(desk: Desk) -> list[Hand]:
    """Who has the red and amber cases: the officer who acted last, unless it was handed on since."""
    red, amber = _lamps()
    last = (
        select(case((Event.kind.in_(_HANDED_ON), None), else_=Event.actor_id))
        .where(
            Event.application_id == Application.id,
            Event.actor_kind == "officer",
            Event.kind != Happened.PERSONAL_DATA_VIEWED,
        )
        .order_by(Event.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    held = (
        select(
            last.label("who"),
            (Application.state == State.FORWARDED).label("at_county"),
            case((red, 1), else_=0).label("red"),
            case((amber, 1), else_=0).label("amber"),
        )
        .where(in_reach(desk), Application.state.in_(LIVE), red | amber)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Officer.display_name,
            Officer.office_id,
            case((Officer.id.is_(None), held.c.at_county), else_=False).label("county"),
            func.sum(held.c.red).label("red"),
            func.sum(held.c.amber),
        )
        .outerjoin(Officer, Officer.id == held.c.who)
        .group_by(Officer.id, Officer.display_name, Officer.office_id, "county")
        .order_by(func.sum(held.c.red).desc(), func.sum(held.c.amber).desc(), Officer.id)
    )
    return [Hand(name, office, bool(county), int(r), int(a)) for name, office, county, r, a in rows]


def late_cases(desk: Desk) -> list[LateCase]:
    """The red cases that have been so longest."""
    red, _amber = _lamps()
    rows = db.session.scalars(
        select(Application)
        .where(in_reach(desk), Application.state.in_(LIVE), red)
        .order_by(Application.due_on, Application.number)
        .options(selectinload(Application.events))
        .limit(MOST_LATE)
    ).all()
    reasons = {
        each.application_id: each
        for each in db.session.scalars(
            select(LateReason).where(LateReason.application_id.in_([row.id for row in rows]))
        )
    }
    return [LateCase(row, nearest(deadlines_of(row)), reasons.get(row.id)) for row in rows]


def standstills(desk: Desk) -> list[Still]:
    """What stands still and why: it waits for the couple, for another office, or nobody opened it."""
    in_hand = and_(in_reach(desk), Application.state.in_(LIVE))
    found = [
        _still(
            "asked",
            select(func.max(Notice.sent_on))
            .join(Application, Notice.application_id == Application.id)
            .where(
                in_hand,
                Application.state == State.CORRECTION_ASKED,
                Notice.state == NoticeState.SENT,
            )
            .group_by(Application.id),
        ),
        _still(
            "elsewhere",
            select(func.min(VerificationRequest.asked_on))
            .join(VerificationRequest.application)
            .where(in_hand, VerificationRequest.stage == Stage.WAITING)
            .group_by(Application.id),
        ),
        _still("unopened", select(Application.submitted_on).where(in_reach(desk), unopened())),
    ]
    return [each for each in found if each.days]


def partners(desk: Desk) -> list[Partner]:
    """Offices that the ones of this desk have asked, the slowest first."""
    asked = VerificationRequest
    late = _sum(asked.due_on < today())
    rows = db.session.execute(
        select(asked.to_office_id, asked.to_code, func.count(), late, func.min(asked.asked_on))
        .where(of_offices(desk, asked.office_id), asked.stage == Stage.WAITING)
        .group_by(asked.to_code, asked.to_office_id)
        .order_by(late.desc(), func.count().desc(), asked.to_code)
        .limit(MOST_PARTNERS)
    ).all()
    names = asked_names((office, code) for office, code, *_sums in rows)
    return [
        Partner(names[office, code], count, n_late, _since(day))
        for office, code, count, n_late, day in rows
    ]


def voices(desk: Desk) -> list[Voices]:
    """Hurrying and complaints that wait, with their own clock."""
    rows = db.session.execute(
        select(Complaint.kind, func.count(), _sum(Complaint.due_on < today()))
        .join(Complaint.application)
        .where(Complaint.answered_on.is_(None), in_reach(desk))
        .group_by(Complaint.kind)
        .order_by(Complaint.kind.desc())
    )
    return [Voices(Voice(kind), count, late) for kind, count, late in rows]


def _lamps() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Past its day, and near it: what `casework.lists.lamp_of` says, in the words of the database."""
    return Application.due_on < today(), is_near()


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _still(cause: str, since: Select[Any]) -> Still:
    return Still(cause, tuple(_since(day) for day in db.session.scalars(since) if day))


def _since(day: date) -> int:
    return (today() - day).days
