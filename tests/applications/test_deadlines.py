"""Events and limits add up to days, each step in the unit of its own rulebook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from app.applications.deadlines import Deadline, fold

HUBEI = [
    {"who": "township", "value": 10, "unit": "day", "from": "accepted"},
    {"who": "county", "value": 20, "unit": "day", "from": "received"},
]
MIGRANTS_2009 = [
    {"who": "residence_township", "value": 7, "unit": "working_day", "from": "received"},
    {"who": "hukou_township", "value": 15, "unit": "working_day", "from": "request_received"},
    {"who": "residence_township", "value": 0, "unit": "at_once", "from": "reply_received"},
    {"who": "residence_township", "value": 15, "unit": "working_day", "from": "registered"},
]


@dataclass
class Occurred:
    kind: str
    happened_on: date
    received_on: date | None = None
    is_whole: bool = True

    @property
    def counts_from(self) -> date:
        return self.received_on or self.happened_on


def steps(limits, *events: tuple[str, str]) -> list[Deadline]:
    history = [Occurred(kind, date.fromisoformat(day)) for kind, day in events]
    return list(fold(limits, history, promise=5))


def due(deadlines: list[Deadline]) -> list[tuple[str, str | None]]:
    return [(each.step, each.due_on.isoformat() if each.due_on else None) for each in deadlines]


def test_before_acceptance_only_the_operators_promise_runs():
    found = steps(HUBEI, ("submitted", "2014-06-03"))
    assert due(found) == [
        ("acceptance", "2014-06-10"),
        ("township", None),
        ("county", None),
        ("whole", None),
    ]
    assert [each.is_promise for each in found] == [True, False, False, False]
    assert [each.is_running for each in found] == [True, False, False, False]


def test_hubei_township_ten_days_county_twenty_whole_thirty():
    found = steps(HUBEI, ("submitted", "2014-06-03"), ("accepted", "2014-06-04"))
    assert due(found)[1:] == [("township", "2014-06-14"), ("county", None), ("whole", "2014-07-04")]
    found = steps(
        HUBEI,
        ("submitted", "2014-06-03"),
        ("accepted", "2014-06-04"),
        ("forwarded_with_opinion", "2014-06-12"),
    )
    assert due(found)[1:] == [
        ("township", "2014-06-14"),
        ("county", "2014-07-02"),
        ("whole", "2014-07-04"),
    ]
    assert [each.is_running for each in found] == [False, False, True, True]


def test_a_late_step_is_late_for_good():
    found = steps(
        HUBEI,
        ("submitted", "2014-06-03"),
        ("accepted", "2014-06-04"),
        ("forwarded_with_opinion", "2014-06-15"),
        ("approved", "2014-06-16"),
    )
    assert [each.is_late(date(2014, 7, 30)) for each in found] == [False, True, False, False]
    assert not any(each.is_running for each in found)


def test_a_correction_starts_the_promise_again_but_no_term_of_law():
    asked = (("submitted", "2014-06-03"), ("correction_asked", "2014-06-05"))
    assert not steps(HUBEI, *asked)[0].is_running
    corrected = steps(HUBEI, *asked, ("corrected", "2014-06-12"))[0]
    assert (corrected.is_running, corrected.started_on) == (True, date(2014, 6, 12))
    later = steps(
        HUBEI,
        ("submitted", "2014-06-03"),
        ("accepted", "2014-06-04"),
        ("correction_asked", "2014-06-05"),
        ("corrected", "2014-06-12"),
    )
    assert due(later)[1] == ("township", "2014-06-14")


def test_sending_on_keeps_the_day_of_receipt():
    found = steps(HUBEI, ("submitted", "2014-06-03"), ("sent_on", "2014-06-09"))
    assert found[0].started_on == date(2014, 6, 3)


def test_the_regulation_of_2009_counts_each_office_by_itself():
    found = steps(
        MIGRANTS_2009,
        ("submitted", "2014-06-03"),
        ("accepted", "2014-06-03"),
        ("verification_asked", "2014-06-04"),
        ("verification_answered", "2014-06-20"),
        ("registered", "2014-06-20"),
    )
    assert due(found)[2:] == [
        ("hukou_township", "2014-06-25"),
        ("residence_township", "2014-06-20"),
        ("residence_township", "2014-07-11"),
    ]
    assert [each.is_running for each in found] == [False, False, False, False, True]


SHANGHAI = [
    {"who": "township", "value": 7, "unit": "working_day", "from": "received"},
    {"who": "county", "value": 10, "unit": "working_day", "from": "received"},
]


def test_shanghai_counts_from_the_complete_papers_not_from_the_opinion():
    assert due(steps(SHANGHAI, ("submitted", "2022-03-01")))[1:] == [
        ("township", "2022-03-10"),
        ("county", None),
        ("whole", "2022-03-24"),
    ]
    found = steps(
        SHANGHAI,
        ("submitted", "2022-03-01"),
        ("accepted", "2022-03-03"),
        ("forwarded_with_opinion", "2022-03-10"),
    )
    assert due(found)[1:3] == [("township", "2022-03-10"), ("county", "2022-03-24")]
    assert [each.is_running for each in found] == [False, False, True, True]


def test_papers_that_had_to_be_completed_start_the_term_when_they_are():
    asked = (("submitted", "2022-03-01"), ("correction_asked", "2022-03-02"))
    assert due(steps(SHANGHAI, *asked))[1] == ("township", None)
    corrected = (*asked, ("corrected", "2022-03-07"))
    assert due(steps(SHANGHAI, *corrected))[1] == ("township", "2022-03-16")
    later = (*corrected, ("accepted", "2022-03-08"), ("correction_asked", "2022-03-09"))
    assert due(steps(SHANGHAI, *later))[1] == ("township", "2022-03-16")


def test_the_residence_office_of_2009_asks_within_seven_days_of_the_papers():
    assert due(steps(MIGRANTS_2009, ("submitted", "2019-03-04")))[1] == (
        "residence_township",
        "2019-03-13",
    )


def test_at_once_is_the_day_the_window_takes_it_up():
    henan = [{"who": "township", "value": 0, "unit": "at_once", "from": "received"}]
    assert due(steps(henan, ("submitted", "2025-04-10")))[1] == ("township", None)
    found = steps(henan, ("submitted", "2025-04-10"), ("accepted", "2025-04-11"))
    assert due(found)[1] == ("township", "2025-04-11")


def test_a_slip_ready_after_three_days_is_no_term_of_the_office():
    beijing = [{"who": "township", "value": 3, "unit": "working_day", "from": "registered"}]
    assert [each.step for each in steps(beijing, ("registered", "2025-04-10"))] == ["acceptance"]


@pytest.mark.parametrize("kind", ["registered", "approved", "refused", "withdrawn"])
def test_nothing_runs_after_the_end(kind):
    found = steps(
        HUBEI, ("submitted", "2014-06-03"), ("accepted", "2014-06-04"), (kind, "2014-06-05")
    )
    assert not any(each.is_running for each in found)


def test_a_day_beyond_the_published_calendar_is_provisional():
    found = steps([], ("submitted", "2026-12-30"))
    assert found[0].provisional


def test_units_are_never_mixed_into_one_whole():
    mixed = [HUBEI[0], {**HUBEI[1], "unit": "working_day"}]
    assert "whole" not in [each.step for each in steps(mixed, ("accepted", "2014-06-04"))]
