"""A report as a file for a spreadsheet: its numbers, and for who may export, the cases behind them.

No file holds a name, an ID number or a phone: a case goes by its number, and whoever may open it
finds it by that.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import select

from app.applications.models import Application, Service
from app.casework.showing import step_of
from app.extensions import db
from app.language import gettext
from app.places.models import Office
from app.supervision.counting import months_back
from app.supervision.figures import Tally
from app.supervision.models import Cause, LateReason, Outcome
from app.supervision.reports import CASES, TIMES, TOGETHER, Period, Report, causes, levels

# A spreadsheet takes a cell that begins so for a formula, and does what it says.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# With it Excel reads the file as UTF-8.
BOM = "\ufeff"
# More rows than this no spreadsheet opens at ease; a month of a county has far fewer.
MOST = 50_000


def numbers(report: Report) -> str:
    """A line for each office and service, and one for all of them."""
    measures = (*CASES, *TIMES, *causes(), *TOGETHER, *levels())
    head = (gettext("期间"), gettext("区划代码"), gettext("单位"), gettext("事项"))
    return _file(
        [
            [*head, *(each.name for each in measures)],
            *(
                [*words, *(each.read(tally) for each in measures)]
                for words, tally in _lines(report)
            ),
        ]
    )


def ended_cases(offices: Sequence[Office], period: Period) -> str:
    """A line for each case of these offices that ended in these months: its number, its days, how and why late."""
    query = (
        select(Outcome, Application.number, Office, LateReason.cause)
        .join(Outcome.application)
        .join(Office, Office.id == Outcome.office_id)
        .outerjoin(LateReason, LateReason.application_id == Outcome.application_id)
        .where(
            Outcome.ended_on >= period.first,
            Outcome.ended_on < months_back(period.last, -1),
            Outcome.office_id.in_([each.id for each in offices]),
        )
        .order_by(Outcome.ended_on, Application.number)
        .limit(MOST)
    )
    head = (
        gettext("编号"),
        gettext("区划代码"),
        gettext("单位"),
        gettext("事项"),
        gettext("收到"),
        gettext("办结"),
        gettext("结果"),
        gettext("规定的最后一天"),
        gettext("超期"),
        gettext("为什么超期"),
    )
    return _file(
        [
            head,
            *(
                (
                    number,
                    where.code,
                    where.name,
                    Service(outcome.service).title,
                    outcome.received_on,
                    outcome.ended_on,
                    step_of(outcome.result),
                    outcome.due_on,
                    gettext("是") if outcome.is_late else "",
                    Cause(cause).text if cause else "",
                )
                for outcome, number, where, cause in db.session.execute(query)
            ),
        ]
    )


def defused(cell: Any) -> Any:
    """A cell whose text no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(cell, int) or cell is None:
        return cell
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _file(lines: Iterable[Sequence[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([defused(cell) for cell in line] for line in lines)
    return BOM + file.getvalue()


def _lines(report: Report) -> Iterator[tuple[tuple[str, ...], Tally]]:
    period = report.period.title
    for office in report.offices:
        for service in Service:
            tally = report.rows.get((office.id, service))
            if tally is not None:
                yield (period, office.code, office.name, service.title), tally
    yield (period, "", str(gettext("合计")), ""), report.total
