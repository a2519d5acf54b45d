"""The report of a month or a year: which offices and days, what is counted, and the same as a file."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort
from sqlalchemy import ColumnElement, select

from app.accounts.guards import deny
from app.applications.models import Service
from app.applications.ratings import Level
from app.casework.service import Desk, offices_in_reach
from app.clock import today
from app.extensions import db
from app.language import gettext
from app.language import lazy_gettext as _l
from app.places.models import Office
from app.places.service import own_name
from app.supervision import figures
from app.supervision.counting import month_of, months_back
from app.supervision.figures import Tally
from app.supervision.models import Cause, Figure, MonthlyFigure

RECENT = "recent"
MONTHS_OFFERED, YEARS_OFFERED, YEAR = 24, 3, 12


# --- Which months, which offices ---


@dataclass(frozen=True)
class Period:
    """Some months, by their first days; `value` is how an address names them."""

    value: str
    first: date
    last: date

    @property
    def title(self) -> str:
        """In the reader's script."""
        if self.value == RECENT:
            return str(gettext("近 12 个月"))
        if self.first == self.last:
            return f"{self.first.year} 年 {self.first.month} 月"
        return f"{self.first.year} 年"

    @property
    def is_over(self) -> bool:
        """Whether its last month has ended, so that its numbers stand."""
        return self.last < month_of(today())


def recent() -> Period:
    """The last twelve whole months."""
    this = month_of(today())
    return Period(RECENT, months_back(this, YEAR), months_back(this, 1))


def period_named(value: str | None) -> Period:
    """A month (2026-10), a year (2026) or the recent ones; the last whole month for anything else."""
    if value == RECENT:
        return recent()
    found = re.fullmatch(r"(19\d\d|20\d\d)(?:-(0[1-9]|1[0-2]))?", value or "", re.ASCII)
    if found is None:
        return _month(months_back(month_of(today()), 1))
    year = int(found[1])
    if found[2]:
        return _month(date(year, int(found[2]), 1))
    return Period(str(year), date(year, 1, 1), date(year, YEAR, 1))


def periods_offered() -> list[Period]:
    """What the form offers: the last twelve months together, months, years; the latest first."""
    this = month_of(today())
    months = [_month(months_back(this, back)) for back in range(MONTHS_OFFERED)]
    years = [period_named(str(this.year - back)) for back in range(YEARS_OFFERED)]
    return [recent(), *months, *years]


def _month(month: date) -> Period:
    return Period(month.strftime("%Y-%m"), month, month)


def offices_of(desk: Desk) -> list[Office]:
    """The offices a supervisor answers for, by their code."""
    return list(
        db.session.scalars(
            select(Office).where(Office.id.in_(offices_in_reach(desk))).order_by(Office.code)
        )
    )


def office_named(offices: Sequence[Office], code: str | None) -> Office | None:
    """One of these; None when none was named; 404 for any other, and the try is written down."""
    if not code:
        return None
    found = next((each for each in offices if each.code == code), None)
    if found is None:
        deny()
        abort(404)
    return found


# --- What is counted ---


@dataclass(frozen=True)
class Measure:
    """A line of the report: its name, and how it is read from the numbers; None: nothing to say."""

    name: Any
    read: Callable[[Tally], int | None]


def _number(figure: Figure, detail: str = "") -> Callable[[Tally], int]:
    return lambda tally: tally.of(figure, detail)


CASES = (
    Measure(_l("期初在办"), lambda tally: tally.open_before),
    Measure(_l("收到"), _number(Figure.RECEIVED)),
    Measure(_l("别处转来"), _number(Figure.MOVED_IN)),
    Measure(_l("转给别处"), _number(Figure.MOVED_OUT)),
    Measure(_l("办结"), lambda tally: tally.decided),
    Measure(_l("其中：登记"), _number(Figure.ENDED, "registered")),
    Measure(_l("其中：批准"), _number(Figure.ENDED, "approved")),
    Measure(_l("其中：书面拒绝"), _number(Figure.ENDED, "refused")),
    Measure(_l("申请人撤回"), _number(Figure.ENDED, "withdrawn")),
    Measure(_l("期末在办"), lambda tally: tally.open_after),
)
TIMES = (
    Measure(_l("按期办结"), _number(Figure.KEPT, "on_time")),
    Measure(_l("超期办结"), _number(Figure.KEPT, "late")),
    Measure(_l("规定没有写天数的"), _number(Figure.KEPT, "no_term")),
    Measure(_l("一半的件几天内办结"), lambda tally: tally.median),
    Measure(_l("九成的件几天内办结"), lambda tally: tally.ninetieth),
    Measure(_l("等过申请人补正的件"), _number(Figure.WAITED, "cases")),
    Measure(_l("这些件共等了几天"), _number(Figure.WAITED, "days")),
)
TOGETHER = (
    Measure(_l("请别处核实"), _number(Figure.ASKED_ELSEWHERE)),
    Measure(_l("把结果告诉户籍地"), _number(Figure.TOLD_ELSEWHERE)),
    Measure(_l("催办"), _number(Figure.SAID, "hurry")),
    Measure(_l("投诉"), _number(Figure.SAID, "complaint")),
    Measure(_l("过了承诺的日子才答复"), lambda tally: tally.total(Figure.ANSWERED_LATE)),
)


def causes() -> tuple[Measure, ...]:
    """A line for each reason of delay, and one for cases of which nobody wrote it."""
    written = [Measure(each.text, _number(Figure.CAUSE, each)) for each in Cause]
    return (*written, Measure(gettext("没有写原因"), _number(Figure.CAUSE)))


def levels() -> tuple[Measure, ...]:
    """A line for each level of judgement."""
    return tuple(Measure(each.text, _number(Figure.RATED, each)) for each in Level)


@dataclass(frozen=True)
class Report:
    """The numbers of a period, by service and by office, with all of them added up."""

    period: Period
    offices: Sequence[Office]
    by_service: Mapping[Service, Tally]
    by_office: Mapping[uuid.UUID, Tally]
    total: Tally
    rows: figures.Tallies


def report_for(offices: Sequence[Office], period: Period) -> Report:
    """What these offices did in these months."""
    rows = figures.tallies(within(offices), period.first, period.last)
    by_service = {
        service: figures.added(each for (_, name), each in rows.items() if name == service)
        for service in Service
        if any(name == service for _, name in rows)
    }
    by_office = {
        each.id: figures.added(tally for (name, _), tally in rows.items() if name == each.id)
        for each in offices
        if any(name == each.id for name, _ in rows)
    }
    return Report(period, offices, by_service, by_office, figures.added(rows.values()), rows)


def within(offices: Sequence[Office]) -> ColumnElement[bool]:
    """The sums of these offices."""
    return MonthlyFigure.office_id.in_([each.id for each in offices])


def short_names(offices: Sequence[Office], script: str) -> dict[uuid.UUID, str]:
    """What a table calls offices that all lie in one county: 白果镇, 麻城市."""
    return {each.id: own_name(each.code, script) for each in offices}
