"""The lists of the desk: which cases an officer sees in which order, what is counted, what is found.

Nothing outside the desk's reach is ever looked at, listed or counted.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, case, literal, select, union_all
from sqlalchemy.orm import aliased

from app import audit
from app.applications.models import ENDED, LIVE, Application, SearchKey, State
from app.applications.notices import Notice, NoticeState
from app.applications.receipts import lookup_hash, read_number, search_hash
from app.applications.records import unopened
from app.casework.acts import holder_of
from app.casework.service import Desk, in_reach, of_offices, offices_in_reach
from app.clock import today
from app.extensions import db
from app.fields import read_id_number, read_mobile
from app.policy.deadlines import due_on as last_day
from app.policy.deadlines import left_in
from app.verification.models import Stage, VerificationRequest

PAGE_SIZE = 25
# Nobody leafs further; they search.
LAST_PAGE = 1000
# Of what has ended there is ever more; so far back it is worth leafing.
LAST_PAGE_DONE = 40
# A lamp is amber while so many are left, or fewer: of days, or of working days where those count.
AMBER_DAYS = 3
# Searching by the last four looks at the newest cases of the own office, never at all; so many for
# a county's offices together, and at least so many of each.
SEARCHED_BY_TAIL, SEARCHED_OF_EACH = 1000, 50
MOST_FOUND = 50
_TAIL = re.compile(r"\d{3}[\dXx]")
_LONGEST_NUMBER = "JJB-????-????-????"
_NUMBER_PART = re.compile(r"(JJB-?)?[0-9A-Z]{4}(-?[0-9A-Z]{4}){1,2}", re.IGNORECASE)


class View(StrEnum):
    """The lists of the desk."""

    MINE = "mine"
    DUE = "due"
    # The citizen was asked for something and has not answered.
    ASKED = "asked"
    # Another office was asked about it and has not answered.
    ELSEWHERE = "elsewhere"
    # Past its day, whoever has it.
    LATE = "late"
    ALL = "all"
    # For those who watch: nobody has opened it in the promised time; more is to be asked for.
    UNOPENED = "unopened"
    AGAIN = "again"
    DONE = "done"


class Lamp(StrEnum):
    """How near the due day is."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    NONE = "none"


def lamp_of(due_on: date | None, unit: str | None) -> Lamp:
    """Green, amber (three days, or working days, or fewer left) or red (past); none without a day."""
    if due_on is None:
        return Lamp.NONE
    day = today()
    if due_on < day:
        return Lamp.RED
    return Lamp.AMBER if left_in(unit or "day", due_on, day) <= AMBER_DAYS else Lamp.GREEN


def is_near() -> ColumnElement[bool]:
    """The amber ones in the words of the database: before a day that is worked out once for each unit."""
    day = today()
    working, plain = (
        # The day before the first one until which more are left.
        literal(last_day(day, AMBER_DAYS + 1, unit).on - timedelta(days=1), Date)
        for unit in ("working_day", "day")
    )
    last = case((Application.due_unit == "working_day", working), else_=plain)
    return Application.due_on.between(day, last)


# --- Reading ---


def queue_for(desk: Desk, view: View, page: int) -> tuple[list[Application], bool]:
    """One page (from 1) of a list by due day, and whether there is a next one."""
    if view is View.DONE:
        page = min(page, LAST_PAGE_DONE)
        wanted, order = _done(desk, page * PAGE_SIZE + 1), _LATEST
    else:
        wanted, order = and_(in_reach(desk), listed(desk, view)), _BY_DAY
    # Sorted by what an index holds; only what is shown is read whole.
    shown = (
        select(Application.id)
        .where(wanted)
        .order_by(*order)
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    )
    rows = list(
        db.session.scalars(select(Application).where(Application.id.in_(shown)).order_by(*order))
    )
    return rows[:PAGE_SIZE], len(rows) > PAGE_SIZE


_BY_DAY: tuple[Any, ...] = (
    Application.due_on.asc().nulls_last(),
    Application.submitted_at,
    Application.number,
)
_LATEST: tuple[Any, ...] = (Application.decided_on.desc(), Application.number)


def _done(desk: Desk, most: int) -> ColumnElement[bool]:
    """The cases that ended last, and no more of each office than could be among them."""
    newest = [
        select(Application.id)
        .where(Application.office_id == office, Application.decided_on.is_not(None))
        .order_by(*_LATEST)
        .limit(most)
        for office in db.session.scalars(offices_in_reach(desk))
    ]
    return and_(Application.id.in_(together(newest)), Application.state.in_(ENDED))


def together(parts: Sequence[Select[Any]]) -> Select[Any]:
    """The rows of several lists that each end somewhere, which only a subquery may in a UNION."""
    ended = [each.subquery() for each in parts]
    every = union_all(*(select(each) for each in ended)).subquery()
    return select(every)


def search_for(desk: Desk, text: str) -> list[Application]:
    """Cases of this desk by number, name, ID number, phone, or the last four of the latter two.

    Nothing outside the desk's reach is ever looked at. The try is written down, not what was typed.
    """
    found = list(db.session.scalars(_searched(desk, text).limit(MOST_FOUND)))
    audit.record(
        "case.searched",
        actor=desk.actor,
        subject=f"office:{desk.office.id}",
        data={"found": len(found)},
    )
    return found


def _searched(desk: Desk, text: str) -> Select[Application]:
    """What was typed leads to a few ids, each by an index; those within reach are the answer."""
    text = text.strip()
    found = [_with_key(desk, "name", text)]
    for kind, read in _READERS.items():
        try:
            found.append(_with_key(desk, kind, read(text)))
        except ValueError:
            continue
    if _NUMBER_PART.fullmatch(text):
        found.append(_numbered(desk, read_number(text)))
    if _TAIL.fullmatch(text):
        # One list more, not an OR: beside a subquery no index of PostgreSQL serves that.
        found.append(select(Application.id).where(Application.id.in_(_with_tail(desk, text))))
    return (
        select(Application)
        .where(Application.id.in_(union_all(*found)))
        .order_by(Application.submitted_at.desc())
    )


_READERS: Mapping[str, Callable[[str], str]] = {"id_number": read_id_number, "phone": read_mobile}


def _with_key(desk: Desk, kind: str, value: str) -> Select[Any]:
    return (
        select(Application.id)
        .join(Application.search_keys)
        .where(SearchKey.hash == search_hash(kind, value), SearchKey.kind == kind, in_reach(desk))
    )


def _numbered(desk: Desk, begun: str) -> Select[Any]:
    """Numbers that begin so: between the first and the last that could, since no index knows LIKE.

    Two groups of a number are enough to leave hardly any; only then are the offices looked at.
    """
    first, last = (begun + _LONGEST_NUMBER[len(begun) :].replace("?", end) for end in "2Z")
    few = aliased(
        Application,
        select(Application)
        .where(Application.number.between(first, last), Application.number.startswith(begun))
        .limit(MOST_FOUND)
        .subquery(),
    )
    return select(few.id).where(of_offices(desk, few.office_id))


def _with_tail(desk: Desk, tail: str) -> list[uuid.UUID]:
    """Ids of the desk's newest cases in which someone's phone or ID number ends so."""
    offices = db.session.scalars(offices_in_reach(desk)).all()
    most = max(SEARCHED_BY_TAIL // max(len(offices), 1), SEARCHED_OF_EACH)
    columns: tuple[Any, ...] = (Application.id, Application.number, Application.lookup_hashes)
    newest = [
        select(*columns)
        .where(Application.office_id == office)
        .order_by(Application.submitted_at.desc())
        .limit(most)
        for office in offices
    ]
    rows = db.session.execute(together(newest))
    return [row.id for row in rows if lookup_hash(row.number, tail) in row.lookup_hashes]


def listed(desk: Desk, view: View) -> ColumnElement[bool]:
    """What is in a list, besides being in the desk's reach."""
    if view is View.DONE:
        return Application.state.in_(ENDED)
    if view is View.ASKED:
        return Application.state == State.CORRECTION_ASKED
    if view is View.LATE:
        return and_(Application.state.in_(LIVE), Application.due_on < today())
    if view is View.ELSEWHERE:
        return and_(Application.state.in_(LIVE), Application.id.in_(_asked_elsewhere(desk)))
    if view is View.UNOPENED:
        return unopened()
    if view is View.AGAIN:
        return Application.id.in_(
            select(Notice.application_id).where(Notice.state == NoticeState.PROPOSED)
        )
    if view is View.ALL or desk.is_supervisor:
        waiting = Application.state.in_(LIVE)
    else:
        waiting = Application.state.in_([s for s in LIVE if holder_of(s) is desk.holder])
    if view is View.DUE:
        return and_(waiting, Application.due_on <= today())
    return waiting


def _asked_elsewhere(desk: Desk) -> Select[uuid.UUID]:
    return select(VerificationRequest.application_id).where(
        of_offices(desk, VerificationRequest.office_id),
        VerificationRequest.stage == Stage.WAITING,
    )


def is_waiting_for(desk: Desk, application: Application) -> bool:
    """Whether it is this desk's turn."""
    return State(application.state) in LIVE and holder_of(application.state) is desk.holder
