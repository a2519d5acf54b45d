"""Days are counted as the law writes them; the dates are those of the worked cases."""

from __future__ import annotations

from datetime import date

import pytest

from app.policy.calendar import last_published_year
from app.policy.deadlines import add_months, due_on


@pytest.mark.parametrize(
    ("case", "start", "value", "unit", "due"),
    [
        ("C014", "2014-05-12", 10, "day", "2014-05-22"),
        ("C014", "2014-05-22", 20, "day", "2014-06-11"),
        ("C047", "2019-03-04", 7, "working_day", "2019-03-13"),
        ("C047 over Qingming", "2019-03-13", 15, "working_day", "2019-04-03"),
        ("P-C060", "2022-03-01", 7, "working_day", "2022-03-10"),
        ("P-C060", "2022-03-10", 10, "working_day", "2022-03-24"),
        ("P-C085", "2020-10-12", 5, "working_day", "2020-10-19"),
        ("P-C085", "2020-10-19", 15, "working_day", "2020-11-09"),
        ("P-01 worked Sunday, October holiday", "2025-09-24", 7, "working_day", "2025-10-10"),
        ("P-04 worked Saturday", "2012-09-24", 7, "working_day", "2012-10-09"),
        ("C118", "2023-11-01", 14, "working_day", "2023-11-21"),
        ("C121", "2024-03-04", 5, "working_day", "2024-03-11"),
        ("at once", "2024-03-04", 0, "at_once", "2024-03-04"),
    ],
)
def test_worked_dates(case: str, start: str, value: int, unit: str, due: str) -> None:
    found = due_on(date.fromisoformat(start), value, unit)
    assert (found.on.isoformat(), found.provisional) == (due, False), case


def test_beyond_the_published_calendar_the_date_is_provisional() -> None:
    assert last_published_year() == 2026
    assert due_on(date(2026, 12, 24), 7, "working_day") == (date(2027, 1, 4), True)


def test_a_day_limit_may_move_past_rest_days_when_asked() -> None:
    assert due_on(date(2024, 9, 21), 10, "day").on == date(2024, 10, 1)
    assert due_on(date(2024, 9, 21), 10, "day", extend=True).on == date(2024, 10, 8)


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        ("2024-01-31", 1, "2024-02-29"),
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-02-29", 36, "2027-02-28"),
        ("2013-11-15", 6, "2014-05-15"),
        ("2023-10-10", 1, "2023-11-10"),
        ("2025-08-31", 6, "2026-02-28"),
        ("2024-12-31", 1, "2025-01-31"),
        ("2024-03-25", 6, "2024-09-25"),
    ],
)
def test_months_run_to_the_corresponding_day(start: str, months: int, due: str) -> None:
    assert add_months(date.fromisoformat(start), months).isoformat() == due


def test_another_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown unit"):
        due_on(date(2024, 1, 1), 1, "week")
    with pytest.raises(ValueError, match="negative"):
        due_on(date(2024, 1, 1), -1, "day")
