"""The clock for every history there can be: what does not matter moves nothing, a stop never shortens."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.applications.deadlines import Deadline, fold, nearest
from app.applications.models import Happened
from app.policy.calendar import day_of, last_published_year, next_day
from app.policy.deadlines import due_on, left_in
from tests.applications.test_deadlines import HUBEI, MIGRANTS_2009, Occurred

# Nothing counts from these and they end nothing.
MATTERS_NOT = (
    Happened.SENT_ON,
    Happened.COLLECT_OFFICE_CHANGED,
    Happened.PERSONAL_DATA_VIEWED,
    Happened.PAPERS_CHANGED,
    Happened.VERIFICATION_ESCALATED,
)
# A machine that is busy with something else is no finding.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LIMITS = st.sampled_from([HUBEI, MIGRANTS_2009, []])
DAYS = st.dates(date(2009, 10, 1), date(2028, 12, 31))


@st.composite
def histories(draw: st.DrawFn) -> list[Occurred]:
    """A filing and whatever happened to it, in the order of the days."""
    day = draw(DAYS)
    history = [Occurred(Happened.SUBMITTED, day)]
    for kind in draw(st.lists(st.sampled_from(list(Happened)), max_size=8)):
        day += timedelta(days=draw(st.integers(0, 20)))
        history.append(Occurred(kind, day, is_whole=draw(st.booleans())))
    return history


def days(found: tuple[Deadline, ...]) -> list[tuple[str, date | None, date | None]]:
    return [(each.step, each.due_on, each.ended_on) for each in found]


@patient
@given(LIMITS, histories(), st.sampled_from(MATTERS_NOT), st.integers(0, 9))
def test_what_does_not_matter_moves_no_day(limits, history, kind, place: int) -> None:
    place = min(place + 1, len(history))
    beside = Occurred(kind, history[place - 1].happened_on)
    more = [*history[:place], beside, *history[place:]]
    assert days(fold(limits, more, promise=5)) == days(fold(limits, history, promise=5))


@patient
@given(LIMITS, histories())
def test_an_answer_that_leaves_others_waiting_moves_no_day(limits, history) -> None:
    part = Occurred(Happened.VERIFICATION_ANSWERED, history[-1].happened_on, is_whole=False)
    assert days(fold(limits, [*history, part], promise=5)) == days(fold(limits, history, promise=5))


@patient
@given(LIMITS, DAYS, st.integers(0, 10), st.integers(0, 40), st.integers(0, 12))
def test_a_stop_never_shortens(limits, filed: date, wait: int, stopped: int, more: int) -> None:
    """Asked for something and answering it later never brings any day nearer."""
    asked = filed + timedelta(days=wait)
    answered = asked + timedelta(days=stopped)
    accepted = answered + timedelta(days=more)
    plain = [Occurred("submitted", filed), Occurred("accepted", accepted)]
    with_stop = [
        Occurred("submitted", filed),
        Occurred("correction_asked", asked),
        Occurred("corrected", answered),
        Occurred("accepted", accepted),
    ]
    for before, after in zip(
        fold(limits, plain, promise=5), fold(limits, with_stop, promise=5), strict=True
    ):
        assert (before.due_on is None) == (after.due_on is None)
        assert before.due_on is None or after.due_on >= before.due_on


@patient
@given(LIMITS, histories())
def test_no_day_is_before_its_start_and_running_is_owed(limits, history) -> None:
    for each in fold(limits, history, promise=5):
        assert each.due_on is None or each.due_on >= each.started_on
        assert not each.is_running or (each.due_on is not None and each.ended_on is None)


@patient
@given(DAYS, st.integers(0, 40))
def test_natural_days_are_the_calendars(start: date, value: int) -> None:
    assert due_on(start, value, "day") == (start + timedelta(days=value), False)


@patient
@given(DAYS, st.integers(1, 40))
def test_working_days_end_on_a_worked_day_and_count_every_one(start: date, value: int) -> None:
    due = due_on(start, value, "working_day")
    day, worked = start, 0
    while day < due.on:
        day = next_day(day)
        worked += day_of(day).works
    assert worked == value
    assert day_of(due.on).works


@patient
@given(DAYS, st.integers(1, 40))
def test_beyond_the_published_calendar_a_day_is_provisional(start: date, value: int) -> None:
    due = due_on(start, value, "working_day")
    assert due.provisional == (due.on.year > last_published_year())


@patient
@given(DAYS, st.integers(0, 40), st.sampled_from(["day", "working_day"]))
def test_what_is_left_is_what_was_given_and_never_more_of_working_days(
    start: date, value: int, unit: str
) -> None:
    due = due_on(start, value, unit).on
    assert left_in(unit, due, start) == value
    assert left_in("working_day", due, start) <= left_in("day", due, start)
    assert left_in(unit, due, due) == 0 == left_in(unit, start, start)
    assert left_in(unit, start, due) == -value


@patient
@given(LIMITS, histories())
def test_the_nearest_step_runs_and_none_is_nearer(limits, history) -> None:
    steps = fold(limits, history, promise=5)
    first = nearest(steps)
    running = [each for each in steps if each.is_running and each.due_on]
    assert (first is None) == (not running)
    for each in running:
        assert (first.due_on, first.unit != "working_day") <= (
            each.due_on,
            each.unit != "working_day",
        )


def test_of_two_steps_with_one_day_the_one_in_working_days_is_nearer() -> None:
    # Two working days from Friday and four days: both end on Tuesday.
    history = [Occurred(Happened.SUBMITTED, date(2025, 6, 6))]
    limit = {"who": "residence_township", "from": "received", "value": 4, "unit": "day"}
    steps = fold([limit], history, promise=2)
    assert {each.due_on for each in steps} == {date(2025, 6, 10)}
    assert nearest(steps).unit == "working_day"
    assert nearest(reversed(steps)).unit == "working_day"


def test_a_made_up_saturday_is_worked() -> None:
    # Saturday the 28th of February 2026 is worked for the Spring Festival.
    assert due_on(date(2026, 2, 27), 1, "working_day").on == date(2026, 2, 28)
