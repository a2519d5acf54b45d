"""Clocks that were kept by an older version of this site, or before a year's holidays were published."""

from __future__ import annotations

import uuid

from sqlalchemy import or_, select, update
from sqlalchemy.orm import selectinload

from app.applications.deadlines import clock_of, deadlines_for
from app.applications.models import LIVE, Application
from app.applications.records import promised_days
from app.extensions import db

_BATCH = 200


def set_right() -> int:
    """Count anew the days of open cases without a unit, or with a provisional day; how many changed. Commits.

    Part of every upgrade: it brings the column and the calendar that these days are waiting for. A
    case that somebody works on meanwhile is left to its event, which keeps the clock itself.
    """
    changed, last = 0, uuid.UUID(int=0)
    while batch := _waiting(after=last):
        for case in batch:
            now = clock_of(deadlines_for(case, case.events, promise=promised_days()))
            if any(getattr(case, column) != value for column, value in now.items()):
                # Not by way of the model: nothing happened to the case, so no page that shows it is old.
                db.session.execute(
                    update(Application)
                    .where(Application.id == case.id, Application.version == case.version)
                    .values(now)
                    .execution_options(synchronize_session=False)
                )
                changed += 1
        last = batch[-1].id
        db.session.commit()
        db.session.expunge_all()
    return changed


def _waiting(*, after: uuid.UUID) -> list[Application]:
    found = db.session.scalars(
        select(Application)
        .where(
            Application.id > after,
            Application.state.in_(LIVE),
            Application.due_on.is_not(None),
            or_(Application.due_unit.is_(None), Application.provisional),
        )
        .order_by(Application.id)
        .limit(_BATCH)
        .options(selectinload(Application.events))
    )
    return list(found)
