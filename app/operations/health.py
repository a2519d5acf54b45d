"""Whether this server can work, and what an operator should look at before it cannot."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app import clock, files
from app.extensions import db
from app.notifications.models import Errand, MessageState, OutboxMessage
from app.operations import inspection
from app.policy.calendar import last_published_year

LATE_MESSAGE = timedelta(minutes=10)
LEAST_DISK = 500 * 1024 * 1024
LOOKED_EVERY = timedelta(days=2)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `stops`: without it this server is of no use to anybody."""

    name: str
    fine: bool
    stops: bool
    value: float


def checks() -> list[Check]:
    """Everything that `/readyz` answers for; once the database is away, only that."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return [Check("database", fine=False, stops=True, value=0)]
    return [Check("database", fine=True, stops=True, value=1), *(look() for look in LOOKS)]


def is_ready(found: list[Check]) -> bool:
    """Whether requests may be sent here."""
    return all(check.fine for check in found if check.stops)


def _disk() -> Check:
    """Free bytes where files and the database of one machine lie."""
    folder = Path(getattr(files.store(), "folder", current_app.instance_path))
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        # Gone, as when a disk was not mounted: no file could be kept there.
        free = 0
    return Check("disk", free >= LEAST_DISK, stops=True, value=free)


def _messages() -> Check:
    """Seconds that what waits longest to be told is over its time: the worker may be down."""
    queued = select(func.min(OutboxMessage.next_try_at)).where(
        OutboxMessage.state == MessageState.QUEUED
    )
    left = select(func.min(Errand.next_try_at))
    waiting = [due for due in map(db.session.scalar, (queued, left)) if due]
    late = max(clock.now() - min(waiting), timedelta(0)) if waiting else timedelta(0)
    return Check("messages", late <= LATE_MESSAGE, stops=False, value=late.total_seconds())


def _calendar() -> Check:
    """The last year whose holidays are known: days counted beyond it are provisional."""
    year = last_published_year()
    return Check("calendar", year > clock.today().year, stops=False, value=year)


def _inspection() -> Check:
    """What the last look at everything stored found wrong, or that nobody looked."""
    results = inspection.last_results()
    wrong = sum(len(one.problems) for one in results)
    stale = any(clock.now() - one.inspected_at > LOOKED_EVERY for one in results)
    return Check("stored", fine=not wrong and not stale, stops=False, value=wrong)


LOOKS: tuple[Callable[[], Check], ...] = (_disk, _messages, _calendar, _inspection)
