"""Official working days of the mainland, made-up Saturdays and Sundays included."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import NamedTuple


class Day(NamedTuple):
    """Whether a day is worked, and whether that is only assumed (its year is not published yet)."""

    works: bool
    provisional: bool


@cache
def _published() -> tuple[frozenset[date], frozenset[date], int, int]:
    """(holidays, made-up working days, first year, last year) as published."""
    from chinese_calendar.constants import holidays, workdays

    years = {day.year for day in holidays}
    return frozenset(holidays), frozenset(workdays), min(years), max(years)


def last_published_year() -> int:
    """The last year whose holidays are published."""
    return _published()[3]


def day_of(day: date) -> Day:
    """Whether `day` is a working day; outside the published years Monday to Friday, provisionally."""
    holidays, made_up, first, last = _published()
    weekday = day.weekday() < 5
    if not first <= day.year <= last:
        return Day(weekday, True)
    return Day((weekday and day not in holidays) or day in made_up, False)


def next_day(day: date) -> date:
    """The day after."""
    return day + timedelta(days=1)
