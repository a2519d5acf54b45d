"""The sums of a month, counted anew from what happened: by the worker, or by `flask figures rebuild`.

A month is counted as a whole and replaces what was there, so that counting twice changes nothing
and what was noted late is in the next count.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Select, delete, func, insert, select, text

from app.applications.complaints import Complaint
from app.applications.models import Application, Event, Happened
from app.applications.ratings import Rating
from app.clock import now, today
from app.extensions import db, take_write_lock
from app.supervision import outcomes
from app.supervision.models import Figure, LateReason, MonthlyFigure, Outcome

# (office, figure, service, detail)
Key = tuple[uuid.UUID, str, str, str]
# Pages look back so far; every night all of it is counted anew.
KEPT_FRESH = 13
_EVENTS = {
    Happened.SUBMITTED: Figure.RECEIVED,
    Happened.VERIFICATION_ASKED: Figure.ASKED_ELSEWHERE,
    Happened.RESULT_REPORTED: Figure.TOLD_ELSEWHERE,
}


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def months_back(month: date, count: int) -> date:
    """The first day of the month this many before; ahead when negative."""
    index = month.year * 12 + month.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)


def count_recent(months: int = 2) -> None:
    """Count this month and those before it anew. Commits each."""
    for back in reversed(range(months)):
        count_month(months_back(month_of(today()), back))


def rebuild() -> tuple[int, int]:
    """Everything from the events: outcomes, then every month there ever was; how many of both. Commits."""
    written = outcomes.write_all()
    first = db.session.scalar(select(func.min(Application.submitted_on)))
    months = 0
    month = month_of(first or today())
    while month <= month_of(today()):
        count_month(month)
        month, months = months_back(month, -1), months + 1
    return written, months


def count_month(month: date) -> None:
    """Replace the numbers of this month by what is counted now. Commits."""
    db.session.rollback()
    _alone()
    counted: Counter[Key] = Counter()
    for found in _counted(month, months_back(month, -1) - timedelta(days=1)):
        counted.update(found)
    db.session.execute(delete(MonthlyFigure).where(MonthlyFigure.month == month))
    at = now()
    rows = [
        {
            "office_id": office,
            "figure": figure,
            "month": month,
            "service": service,
            "detail": detail,
            "count": count,
            "counted_at": at,
        }
        for (office, figure, service, detail), count in counted.items()
        if count
    ]
    if rows:
        db.session.execute(insert(MonthlyFigure), rows)
    db.session.commit()


def _alone() -> None:
    """Two workers never count at once; whoever reads the numbers does not wait."""
    take_write_lock()
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE monthly_figures IN SHARE ROW EXCLUSIVE MODE"))


def _counted(first: date, last: date) -> Iterator[dict[Key, int]]:
    yield _happened(first, last)
    yield _sent_on(first, last)
    yield _ended(first, last)
    yield _causes(first, last)
    yield _said(first, last)
    yield _rated(first, last)


def _happened(first: date, last: date) -> dict[Key, int]:
    """What a single event says; where no office did it, it is the one that has the case."""
    office = func.coalesce(Event.office_id, Application.office_id)
    rows = db.session.execute(
        select(office, Application.service, Event.kind, func.count())
        .join(Event.application)
        .where(Event.kind.in_(_EVENTS), Event.happened_on.between(first, last))
        .group_by(office, Application.service, Event.kind)
    )
    return {
        (office, _EVENTS[Happened(kind)], service, ""): count
        for office, service, kind, count in rows
    }


def _sent_on(first: date, last: date) -> Counter[Key]:
    """A case that was sent on left one office and came to another on the same day."""
    rows = db.session.execute(
        select(Application.service, Event.data)
        .join(Event.application)
        .where(Event.kind == Happened.SENT_ON, Event.happened_on.between(first, last))
    )
    counted: Counter[Key] = Counter()
    for service, data in rows:
        counted[uuid.UUID(data["from_office"]), Figure.MOVED_OUT, service, ""] += 1
        counted[uuid.UUID(data["to_office"]), Figure.MOVED_IN, service, ""] += 1
    return counted


def _ended(first: date, last: date) -> Counter[Key]:
    days = (Outcome.office_id, Outcome.service, Outcome.result, Outcome.received_on)
    rows = db.session.execute(
        select(*days, Outcome.ended_on, Outcome.due_on, Outcome.waited, func.count())
        .where(Outcome.ended_on.between(first, last))
        .group_by(*days, Outcome.ended_on, Outcome.due_on, Outcome.waited)
    )
    counted: Counter[Key] = Counter()
    for office, service, result, received_on, ended_on, due_on, waited, count in rows:
        counted[office, Figure.ENDED, service, result] += count
        if waited:
            counted[office, Figure.WAITED, service, "cases"] += count
            counted[office, Figure.WAITED, service, "days"] += count * waited
        if result != Happened.WITHDRAWN:
            kept = "no_term" if due_on is None else "late" if ended_on > due_on else "on_time"
            counted[office, Figure.KEPT, service, kept] += count
            counted[office, Figure.DAYS, service, str((ended_on - received_on).days)] += count
    return counted


def _causes(first: date, last: date) -> dict[Key, int]:
    cause = func.coalesce(LateReason.cause, "")
    return _sums(
        Figure.CAUSE,
        select(Outcome.office_id, Outcome.service, cause, func.count())
        .outerjoin(LateReason, LateReason.application_id == Outcome.application_id)
        .where(Outcome.ended_on.between(first, last), Outcome.ended_on > Outcome.due_on)
        .group_by(Outcome.office_id, Outcome.service, cause),
    )


def _said(first: date, last: date) -> dict[Key, int]:
    """By the office that has the case now: it is the one that answers."""
    columns = (Application.office_id, Application.service, Complaint.kind)
    made = Complaint.made_on.between(first, last)
    query = select(*columns, func.count()).join(Complaint.application).group_by(*columns)
    late = func.coalesce(Complaint.answered_on, today()) > Complaint.due_on
    return _sums(Figure.SAID, query.where(made)) | _sums(
        Figure.ANSWERED_LATE, query.where(made, late)
    )


def _rated(first: date, last: date) -> dict[Key, int]:
    columns = (Rating.office_id, Rating.service, Rating.level)
    return _sums(
        Figure.RATED,
        select(*columns, func.count())
        .where(Rating.rated_on.between(first, last))
        .group_by(*columns),
    )


def _sums(figure: Figure, query: Select[uuid.UUID, str, str, int]) -> dict[Key, int]:
    return {
        (office, figure, service, detail): count
        for office, service, detail, count in db.session.execute(query)
    }
