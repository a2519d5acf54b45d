"""Reading the sums: what an office did in some months, and what was open at their end."""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select

from app.applications.ratings import LOW
from app.extensions import db
from app.supervision.models import Figure, MonthlyFigure

DECISIONS = ("registered", "approved", "refused")
# What comes to an office and what leaves it: together they are what is open.
_IN, _OUT = (Figure.RECEIVED, Figure.MOVED_IN), (Figure.MOVED_OUT, Figure.ENDED)


@dataclass
class Tally:
    """The numbers of some months: of one office and service, or of several added up."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    open_before: int = 0
    open_after: int = 0

    def of(self, figure: Figure, detail: str = "") -> int:
        """One number, 0 where nothing was counted."""
        return self.counts[figure, detail]

    def details(self, figure: Figure) -> dict[str, int]:
        """All numbers of a figure, the largest first."""
        found = {detail: count for (name, detail), count in self.counts.items() if name == figure}
        return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))

    def total(self, figure: Figure) -> int:
        """All of them together."""
        return sum(self.details(figure).values())

    @property
    def decided(self) -> int:
        """Cases that an office decided; what the couple took back is none of them."""
        return sum(self.of(Figure.ENDED, result) for result in DECISIONS)

    @property
    def on_time(self) -> int | None:
        """Of a hundred cases that had a last day, how many were decided by then, rounded down."""
        kept, late = self.of(Figure.KEPT, "on_time"), self.of(Figure.KEPT, "late")
        return 100 * kept // (kept + late) if kept + late else None

    @property
    def median(self) -> int | None:
        """Days from receipt to decision within which half of the cases were decided."""
        return self.within(50)

    @property
    def ninetieth(self) -> int | None:
        """Days within which nine of ten were."""
        return self.within(90)

    def within(self, percent: int) -> int | None:
        """The fewest days within which so many of a hundred were decided (nearest rank)."""
        days = Counter({int(day): count for day, count in self.details(Figure.DAYS).items()})
        wanted = math.ceil(days.total() * percent / 100)
        for day in sorted(days):
            wanted -= days[day]
            if wanted <= 0:
                return day
        return None

    @property
    def contented(self) -> int | None:
        """Of a hundred judgements, how many were at least content, rounded down."""
        total = self.total(Figure.RATED)
        low = sum(self.of(Figure.RATED, level) for level in LOW)
        return 100 * (total - low) // total if total else None

    def add(self, other: Tally) -> None:
        """Take in the numbers of another."""
        self.counts.update(other.counts)
        self.open_before += other.open_before
        self.open_after += other.open_after


Tallies = Mapping[tuple[uuid.UUID, str], Tally]


def tallies(within: ColumnElement[bool], first: date, last: date) -> Tallies:
    """By office and service, the months `first` to `last` (their first days) of the offices `within`."""
    figure = MonthlyFigure
    rows = db.session.execute(
        select(
            figure.office_id, figure.service, figure.figure, figure.detail, func.sum(figure.count)
        )
        .where(within, figure.figure.in_(list(Figure)), figure.month.between(first, last))
        .group_by(figure.office_id, figure.service, figure.figure, figure.detail)
    )
    found: dict[tuple[uuid.UUID, str], Tally] = {}
    for office, service, name, detail, count in rows:
        found.setdefault((office, service), Tally()).counts[name, detail] += int(count)
    for key, (net, before) in _open(within, first, last).items():
        tally = found.setdefault(key, Tally())
        tally.open_before, tally.open_after = before, net
    return {key: each for key, each in found.items() if each.counts or each.open_after}


def added(all_of: Iterable[Tally]) -> Tally:
    """Several added up."""
    total = Tally()
    for each in all_of:
        total.add(each)
    return total


def counted_at(within: ColumnElement[bool], month: date) -> datetime | None:
    """When the numbers of this month were counted last."""
    return db.session.scalar(
        select(func.max(MonthlyFigure.counted_at)).where(within, MonthlyFigure.month == month)
    )


def _open(
    within: ColumnElement[bool], first: date, last: date
) -> dict[tuple[uuid.UUID, str], tuple[int, int]]:
    """How many cases were open at the end, and before the beginning: all that came less all that left."""
    figure = MonthlyFigure
    is_before = (figure.month < first).label("before")
    rows = db.session.execute(
        select(figure.office_id, figure.service, figure.figure, is_before, func.sum(figure.count))
        .where(within, figure.figure.in_((*_IN, *_OUT)), figure.month <= last)
        .group_by(figure.office_id, figure.service, figure.figure, is_before)
    )
    found: dict[tuple[uuid.UUID, str], tuple[int, int]] = {}
    for office, service, name, before, count in rows:
        net = int(count) if name in _IN else -int(count)
        after, at_first = found.get((office, service), (0, 0))
        found[office, service] = (after + net, at_first + (net if before else 0))
    return found
