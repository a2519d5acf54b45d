"""Adding to the record of an application: the one way in which something is noted to have happened."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import func, select

from app import audit
from app.accounts.models import Citizen
from app.applications.deadlines import keep_clock
from app.applications.models import Application, Event, Happened
from app.applications.records import promised_days
from app.applications.standing import USED, actor_of
from app.clock import now, today
from app.extensions import db

Follower = Callable[[Application, Event], None]
_followers: list[Follower] = []


def follow(follower: Follower) -> Follower:
    """Have `follower(application, event)` called in the transaction of every event, once it is noted.

    For rooms above this one, so that nobody who notes an event can forget what follows from it.
    """
    _followers.append(follower)
    return follower


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
        actor_kind = actor_of(actor_id, application, USED[kind])
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
    for follower in _followers:
        follower(application, event)
    return event


def append_by_citizen(
    application: Application,
    kind: Happened,
    citizen: Citizen,
    *,
    office_id: uuid.UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> Event:
    """Note, and audit, what a citizen did on their own page, or an agent on theirs. As `append`."""
    event = append(
        application,
        kind,
        actor_kind="citizen",
        actor_id=citizen.id,
        office_id=office_id,
        data=data,
        promise=promised_days(),
    )
    audit.record(
        f"application.{kind}",
        actor=f"citizen:{citizen.id}",
        subject=f"application:{application.id}",
        data=data,
    )
    return event
