"""What everybody may read of an office: how long it takes and how it is judged, of the last twelve months.

A number under `FEWEST` is left out: in a small town it could mean somebody whom neighbours know.
How many were refused is not said at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort
from sqlalchemy import select

from app.applications.models import Service
from app.extensions import db
from app.places.models import Office
from app.supervision import figures
from app.supervision.models import Figure, MonthlyFigure
from app.supervision.reports import Period

FEWEST = 5


@dataclass(frozen=True)
class Published:
    """Of one service: how many were decided, in how many days, and of a hundred how many in time.

    All None where fewer than `FEWEST` were decided; `on_time` also where no text names a day.
    """

    service: Service
    decided: int | None
    median: int | None
    ninetieth: int | None
    on_time: int | None


def office_at(code: str) -> Office:
    """The office of this division that takes applications here; else 404."""
    found = db.session.scalar(select(Office).where(Office.code == code, Office.live))
    return found if found is not None else abort(404)


def figures_of(office: Office, period: Period) -> list[Published]:
    """What is published, by service; a service of which there was nothing is not listed."""
    found = figures.tallies(MonthlyFigure.office_id == office.id, period.first, period.last)
    return [
        _published(service, found[office.id, service])
        for service in Service
        if (office.id, service) in found and found[office.id, service].decided
    ]


def judged(office: Office, period: Period) -> tuple[int, int | None]:
    """Of a hundred judgements of all services how many were at least content, and of how many.

    (0, None) where they are too few.
    """
    found = figures.tallies(MonthlyFigure.office_id == office.id, period.first, period.last)
    total = figures.added(found.values())
    count = total.total(Figure.RATED)
    return (count, total.contented) if count >= FEWEST else (0, None)


def _published(service: Service, tally: figures.Tally) -> Published:
    if tally.decided < FEWEST:
        return Published(service, None, None, None, None)
    with_term = tally.of(Figure.KEPT, "on_time") + tally.of(Figure.KEPT, "late")
    on_time = tally.on_time if with_term >= FEWEST else None
    return Published(service, tally.decided, tally.median, tally.ninetieth, on_time)
