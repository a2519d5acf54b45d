"""Clocks that were kept under another calendar, another promise, or by an older version of this site."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from app.applications.deadlines import clock_of, deadlines_for
from app.applications.models import LIVE, Application
from app.applications.records import promised_days
from app.extensions import db, take_write_lock

_BATCH = 100


def set_right() -> int:
    """Count the days of every open case anew, as its own page does; how many were wrong. Commits.

    Part of every upgrade, which may bring the holidays of a year or a new column, and of every
    night. A case that somebody works on meanwhile is left to its event, which keeps the clock itself.
    """
    changed, last = 0, uuid.UUID(int=0)
    while batch := _open_cases(after=last):
        last = batch[-1].id
        wrong = [(case.id, case.version, clock) for case in batch if (clock := _right(case))]
        # Nothing is held while decisions are opened, and nothing is kept of them.
        db.session.rollback()
        if wrong:
            take_write_lock()
        for case_id, version, clock in wrong:
            # Not by way of the model: nothing happened to the case, so no page that shows it is old.
            db.session.execute(
                update(Application)
                .where(Application.id == case_id, Application.version == version)
                .values(clock)
                .execution_options(synchronize_session=False)
            )
        db.session.commit()
        changed += len(wrong)
    return changed


def _right(case: Application) -> dict[str, Any] | None:
    """What its columns should say, unless they do."""
    clock = clock_of(deadlines_for(case, case.events, promise=promised_days()))
    return None if all(getattr(case, name) == value for name, value in clock.items()) else clock


def _open_cases(*, after: uuid.UUID) -> list[Application]:
    found = db.session.scalars(
        select(Application)
        .where(Application.id > after, Application.state.in_(LIVE))
        .order_by(Application.id)
        .limit(_BATCH)
        .options(selectinload(Application.events))
    )
    return list(found)
