"""When a time limit ends, in the unit the law wrote: 日, 工作日 or 当场. Never one turned into the other."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from app.policy.calendar import day_of, next_day
from app.policy.criteria import add_months

__all__ = ["Due", "add_months", "due_on", "left_in"]


class Due(NamedTuple):
    """The last day of a limit. `provisional` when it rests on a year without published holidays."""

    on: date
    provisional: bool


def due_on(start: date, value: int, unit: str, *, extend: bool = False) -> Due:
    """The last day of `value` units after `start`; the first day is not counted (Civil Code art. 201).

    unit: `day` (日, calendar days), `working_day` (工作日), `at_once` (当场: the day itself).
    extend: move a last day in 日 that is a day of rest to the next working day (art. 203). That rule
    is written for civil periods; for a duty of an office the stricter plain day is the default.
    Raises ValueError for another unit or a negative value.
    """
    if value < 0:
        raise ValueError("a limit is not negative")
    if unit == "at_once":
        return Due(start, False)
    if unit == "working_day":
        return _working_days(start, value)
    if unit != "day":
        raise ValueError(f"unknown unit {unit!r}")
    due = Due(start + timedelta(days=value), False)
    return _next_working(due) if extend else due


def _working_days(start: date, value: int) -> Due:
    day, counted, provisional = start, 0, False
    while counted < value:
        day = next_day(day)
        works, assumed = day_of(day)
        provisional = provisional or assumed
        counted += works
    return Due(day, provisional)


def _next_working(due: Due) -> Due:
    day, provisional = due.on, due.provisional
    while True:
        works, assumed = day_of(day)
        provisional = provisional or assumed
        if works:
            return Due(day, provisional)
        day = next_day(day)


def left_in(unit: str, due: date, today: date) -> int:
    """How many units of a limit are left on `today`: 0 on its last day, and less than 0 after it.

    After a last day in 工作日 there are 0 until a day is worked again: late, and by no whole unit.
    """
    if unit != "working_day":
        return (due - today).days
    left, day = 0, min(today, due)
    while day < max(today, due):
        day = next_day(day)
        left += day_of(day).works
    return left if today <= due else -left


def months_after(start: date, months: int, *, extend: bool = True) -> Due:
    """The last day of a limit in months: the corresponding day or the month's last (art. 202, 203)."""
    due = Due(add_months(start, months), False)
    return _next_working(due) if extend else due
