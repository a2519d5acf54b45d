"""What everybody may read of an office: how long it takes and how it is judged, of the last twelve months.

A number under `FEWEST` is left out: in a small town it could mean somebody whom neighbours know.
How many were refused is not said at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort

from app.applications.models import Service
from app.places import service as places
from app.places.models import Office
from app.supervision.figures import Tally
from app.supervision.models import Figure
from app.supervision.reports import Period, report_for

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
    found = places.office_at(code)
    return found if found is not None and found.live else abort(404)


@dataclass(frozen=True)
class Judged:
    """Of so many judgements of all services, how many of a hundred were at least content."""

    count: int
    contented: int


def figures_of(office: Office, period: Period) -> tuple[list[Published], Judged | None]:
    """What is published: by service, leaving out one of which there was nothing; and how it is judged."""
    report = report_for([office], period)
    by_service = [
        _published(service, tally) for service, tally in report.by_service.items() if tally.decided
    ]
    count, contented = report.total.total(Figure.RATED), report.total.contented
    judged = Judged(count, contented) if count >= FEWEST and contented is not None else None
    return by_service, judged


def _published(service: Service, tally: Tally) -> Published:
    if tally.decided < FEWEST:
        return Published(service, None, None, None, None)
    with_term = tally.of(Figure.KEPT, "on_time") + tally.of(Figure.KEPT, "late")
    on_time = tally.on_time if with_term >= FEWEST else None
    return Published(service, tally.decided, tally.median, tally.ninetieth, on_time)
