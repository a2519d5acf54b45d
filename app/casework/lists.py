"""The lists of the desk: which cases an officer sees in which order, what is counted, what is found.

Nothing outside the desk's reach is ever looked at, listed or counted.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app import audit
from app.applications.models import ENDED, LIVE, Application, SearchKey, State
from app.applications.notices import Notice, NoticeState
from app.applications.receipts import lookup_hash, read_number, search_hash
from app.applications.records import unopened
from app.casework.acts import holder_of
from app.casework.service import Desk, in_reach, of_offices
from app.clock import today
from app.extensions import db
from app.fields import read_id_number, read_mobile
from app.verification.models import Stage, VerificationRequest

PAGE_SIZE = 25
# Nobody leafs further; they search.
LAST_PAGE = 1000
# A lamp is amber from this many days before the due day on.
AMBER_DAYS = 3
# Searching by the last four looks at the newest cases of the own office, never at all.
SEARCHED_BY_TAIL = 5000
MOST_FOUND = 50
_TAIL = re.compile(r"\d{3}[\dXx]")
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


def lamp_of(due_on: date | None) -> Lamp:
    """Green, amber (three days or fewer left) or red (past); none where no text names a day."""
    if due_on is None:
        return Lamp.NONE
    left = (due_on - today()).days
    return Lamp.RED if left < 0 else Lamp.AMBER if left <= AMBER_DAYS else Lamp.GREEN


# --- Reading ---


def queue_for(desk: Desk, view: View, page: int) -> tuple[list[Application], bool]:
    """One page (from 1) of a list by due day, and whether there is a next one."""
    query = select(Application).where(in_reach(desk), listed(desk, view))
    if view is View.DONE:
        query = query.order_by(
            func.coalesce(Application.decided_on, Application.submitted_on).desc(),
            Application.number,
        )
    else:
        query = query.order_by(
            Application.due_on.asc().nulls_last(), Application.submitted_at, Application.number
        )
    rows = list(db.session.scalars(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)))
    return rows[:PAGE_SIZE], len(rows) > PAGE_SIZE


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
    text = text.strip()
    matches: list[ColumnElement[bool]] = [_has_key("name", text)]
    for kind, read in _READERS.items():
        try:
            matches.append(_has_key(kind, read(text)))
        except ValueError:
            continue
    if _NUMBER_PART.fullmatch(text):
        matches.append(Application.number.startswith(read_number(text)))
    if _TAIL.fullmatch(text):
        matches.append(Application.id.in_(_with_tail(desk, text)))
    return (
        select(Application)
        .where(in_reach(desk), or_(*matches))
        .order_by(Application.submitted_at.desc())
    )


_READERS: Mapping[str, Callable[[str], str]] = {"id_number": read_id_number, "phone": read_mobile}


def _has_key(kind: str, value: str) -> ColumnElement[bool]:
    return Application.id.in_(
        select(SearchKey.application_id).where(
            SearchKey.kind == kind, SearchKey.hash == search_hash(kind, value)
        )
    )


def _with_tail(desk: Desk, tail: str) -> list[uuid.UUID]:
    """Ids of the desk's newest cases in which someone's phone or ID number ends so."""
    rows = db.session.execute(
        select(Application.id, Application.number, Application.lookup_hashes)
        .where(in_reach(desk))
        .order_by(Application.submitted_at.desc())
        .limit(SEARCHED_BY_TAIL)
    )
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
