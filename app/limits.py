"""How often something may be tried, counted in our own table so that every worker counts together.

A window begins with the first hit. The caller commits, also when it then refuses the request:
a hit that is rolled back was never counted. Subjects (phones, addresses) are stored as keyed hashes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, String, bindparam, case, delete
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.extensions import Base, Instant, db, upsert_into
from app.statements import plainly
from app.vault import keyed_hash


class LimitCounter(Base):
    """How many hits a subject has in its current window."""

    __tablename__ = "limit_counters"

    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    subject_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)


def hit(scope: str, subject: str, *, limit: int, window: timedelta) -> bool:
    """Count one try of `subject` and say whether it is still allowed: at most `limit` in `window`.

    One statement, so that tries at the same moment are all counted.
    """
    now = clock.now()
    given = {
        "scope": scope,
        "subject_hash": _hash(scope, subject),
        "now": now,
        "ends_at": now + window,
    }
    counting = _counting(db.session.get_bind().dialect.name)
    return bool(plainly(counting, given).scalar_one() <= limit)


@cache
def _counting(dialect: str) -> Executable:
    """Begin a window with one hit, or count one more in the window that is open; made once a database."""
    over = LimitCounter.ends_at <= bindparam("now", type_=Instant)
    key: dict[str, Any] = {"scope": bindparam("scope"), "subject_hash": bindparam("subject_hash")}
    ends_at = bindparam("ends_at", type_=Instant)
    new = upsert_into(LimitCounter, dialect).values(**key, count=1, ends_at=ends_at)
    return new.on_conflict_do_update(
        index_elements=list(key),
        set_={
            "count": case((over, 1), else_=LimitCounter.count + 1),
            "ends_at": case((over, ends_at), else_=LimitCounter.ends_at),
        },
    ).returning(LimitCounter.count)


def exceeded(scope: str, subject: str, *, limit: int) -> bool:
    """Whether `subject` has no try left in its current window; counts nothing."""
    counter = _current(scope, subject)
    return counter is not None and counter.count >= limit


def seconds_left(scope: str, subject: str) -> int:
    """Seconds until the current window of `subject` ends, for `Retry-After`; 0 when none is open."""
    counter = _current(scope, subject)
    if counter is None:
        return 0
    return max(1, -((clock.now() - counter.ends_at) // timedelta(seconds=1)))


def forget(scope: str, subject: str) -> None:
    """Begin anew for `subject`, as after a successful sign-in."""
    key = (LimitCounter.scope == scope) & (LimitCounter.subject_hash == _hash(scope, subject))
    db.session.execute(delete(LimitCounter).where(key))


def forget_expired() -> None:
    """Delete the windows that are over; nightly work. The caller commits."""
    db.session.execute(delete(LimitCounter).where(LimitCounter.ends_at <= clock.now()))


def _current(scope: str, subject: str) -> LimitCounter | None:
    key: dict[str, Any] = {"scope": scope, "subject_hash": _hash(scope, subject)}
    counter = db.session.get(LimitCounter, key, populate_existing=True)
    return counter if counter is not None and counter.ends_at > clock.now() else None


def _hash(scope: str, subject: str) -> str:
    return keyed_hash("limit", f"{scope}:{subject}")
