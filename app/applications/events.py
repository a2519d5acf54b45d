"""Adding to the record of an application: the one way in which something is noted to have happened."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from app.applications.deadlines import keep_clock
from app.applications.models import Application, Event, Happened
from app.applications.standing import actor_of
from app.clock import now, today
from app.extensions import db


def append(
    application: Application,
    kind: Happened,
    *,
    actor_kind: str,
    actor_id: uuid.UUID | None,
    promise: int,
    office_id: uuid.UUID | None = None,
    data: Mapping[str, Any] | None = None,
    note: str | None = None,
) -> Event:
    """Note what happened today and bring the clock up to it; flushes, and the caller commits.

    `actor_kind`: citizen, officer or system. A citizen is recorded as what they are in this
    application, and an agent's act is told to the principals; 404 when they may not do it any more.
    `data`: ids, codes and numbers only. `note`: words for the citizen, kept sealed. `promise`: see
    `deadlines_for`. Raises `StaleDataError` when another change of the application was committed
    since it was read.
    """
    before = [each for each in application.events if each.sequence is not None]
    # The change itself first: it takes the row, so that whoever comes second finds it changed.
    db.session.flush()
    db.session.execute(
        select(Application.id).where(Application.id == application.id).with_for_update()
    )
    if actor_kind == "citizen" and actor_id is not None:
        actor_kind = actor_of(actor_id, application, kind)
    event = Event(
        application=application,
        kind=kind,
        happened_on=today(),
        recorded_at=now(),
        actor_kind=actor_kind,
        actor_id=actor_id,
        office_id=office_id,
        data=dict(data or {}),
        note=note,
    )
    # Counted by the database while it holds the lock: two events never take the same number.
    event.sequence = (
        select(func.coalesce(func.max(Event.sequence), 0) + 1)
        .where(Event.application_id == application.id)
        .scalar_subquery()
    )
    db.session.add(event)
    keep_clock(application, [*before, event], promise=promise)
    db.session.flush()
    return event
