"""What is collected at a window, and what moved away from it because somebody chose another."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import literal_column, select
from sqlalchemy.orm import contains_eager

from app.applications.models import LIVE, Application, Event, Happened, State
from app.casework.lists import LAST_PAGE_DONE, PAGE_SIZE, together
from app.casework.service import Desk, offices_in_reach
from app.clock import today
from app.extensions import db

READY = (State.REGISTERED, State.APPROVED)
MOVED_SINCE = timedelta(days=60)


@dataclass(frozen=True)
class Moved:
    """A case whose paper was to be collected here and is no more."""

    case: Application
    on: date
    to: uuid.UUID


def collected_here(desk: Desk, page: int, *, ready: bool) -> tuple[list[Application], bool]:
    """One page (from 1) of what is, or will be, collected at the windows of this desk, the latest first."""
    page = min(page, LAST_PAGE_DONE)
    order = (Application.decided_on.desc(), Application.submitted_at.desc())
    columns: tuple[Any, ...] = (Application.id, Application.decided_on, Application.submitted_at)
    newest = [
        select(*columns)
        .where(Application.collect_office_id == office, Application.state == state)
        .order_by(*order)
        .limit(page * PAGE_SIZE + 1)
        for office in db.session.scalars(offices_in_reach(desk))
        for state in (READY if ready else LIVE)
    ]
    every = together(newest)
    ends = (every.selected_columns.decided_on.desc(), every.selected_columns.submitted_at.desc())
    shown = db.session.scalars(
        every.order_by(*ends).offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)
    ).all()
    query = select(Application).where(Application.id.in_(shown)).order_by(*order)
    rows = list(db.session.scalars(query))
    return rows[:PAGE_SIZE], len(rows) > PAGE_SIZE


def moved_away(desk: Desk) -> Sequence[Moved]:
    """What moved to another window lately."""
    rows = db.session.scalars(
        select(Event)
        .join(Event.application)
        .where(
            # Spelled out, or the index of just these events would not serve.
            Event.kind == literal_column(f"'{Happened.COLLECT_OFFICE_CHANGED}'"),
            Event.office_id.in_(offices_in_reach(desk)),
            Event.happened_on > today() - MOVED_SINCE,
        )
        .options(contains_eager(Event.application))
        .order_by(Event.happened_on.desc(), Event.recorded_at.desc())
        .limit(PAGE_SIZE)
    )
    return [
        Moved(row.application, row.happened_on, uuid.UUID(row.data["to_office"])) for row in rows
    ]
