"""The sums of a month: what is counted, for whom, and that counting again changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask, current_app
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from app.applications.models import Application, Event, Happened
from app.casework import sending_on
from app.casework import service as casework
from app.casework.acts import Act
from app.extensions import db
from app.supervision import counting, figures
from app.supervision.figures import Tally
from app.supervision.models import Figure, LateReason, MonthlyFigure, Outcome
from app.tracking import service as tracking
from tests import factories as make
from tests.casework.asking import ask
from tests.certificates.conftest import do

pytestmark = pytest.mark.usefixtures("offices")
JUNE, JULY = date(2025, 6, 1), date(2025, 7, 1)
HER = make.WOMAN | {"id_number": "110101202402290016"}


def of(code: str, first: date, last: date | None = None) -> Tally:
    """The numbers of one office, of all services."""
    mine = MonthlyFigure.office_id == make.office(code).id
    return figures.added(figures.tallies(mine, first, last or first).values())


def rows() -> set[tuple[Any, ...]]:
    """All sums, but for when they were counted."""
    figure = MonthlyFigure
    found = db.session.execute(
        select(
            figure.office_id,
            figure.figure,
            figure.month,
            figure.service,
            figure.detail,
            figure.count,
        )
    )
    return {tuple(row) for row in found}


def send_on(case: Application, code: str) -> None:
    """Hand it from 白果镇 to another office."""
    with current_app.test_request_context():
        desk = casework.desk_of(make.officer(make.BAIGUO))
        found = casework.get_case_for(desk, case.id)
        office = sending_on.office_at(desk, found, code)
        sending_on.send_on(desk, found, office, reasons="应由宋埠镇办理。", version=found.version)


@pytest.fixture
def summer(app: Flask, session: Any, as_of: Callable[[str], None]) -> dict[str, Application]:
    """June and July of 2025: one registered in June, one sent on and registered late in July, one open."""
    as_of("2025-06-02")
    quick = make.filed()
    slow = make.filed(woman=HER)
    left = make.filed(woman=make.WOMAN | {"id_number": "440524188001010014"}, man=HER)
    as_of("2025-06-05")
    do(quick, Act.ACCEPT)
    do(quick, Act.REGISTER)
    send_on(slow, make.SONGBU)
    as_of("2025-07-30")
    do(slow, Act.ACCEPT, make.SONGBU)
    do(slow, Act.REGISTER, make.SONGBU)
    as_of("2025-07-31")
    counting.rebuild()
    return {"quick": quick, "slow": slow, "left": left}


def test_a_month_adds_up_office_by_office(summer: dict[str, Application]) -> None:
    june = of(make.BAIGUO, JUNE)
    assert (june.of(Figure.RECEIVED), june.of(Figure.MOVED_OUT), june.decided) == (3, 1, 1)
    assert (june.open_before, june.open_after) == (0, 1)
    there = of(make.SONGBU, JUNE)
    assert (there.of(Figure.RECEIVED), there.of(Figure.MOVED_IN), there.open_after) == (0, 1, 1)
    july = of(make.SONGBU, JULY)
    assert (july.open_before, july.decided, july.open_after) == (1, 1, 0)
    assert of(make.BAIGUO, JULY).open_after == 1
    # The day of receipt goes along with a case that is sent on.
    assert (june.median, july.median) == (3, 58)
    both = of(make.BAIGUO, JUNE, JULY)
    assert (both.open_before, both.decided, both.open_after) == (0, 1, 1)


def test_late_cases_are_counted_with_their_reason(
    summer: dict[str, Application], session: Any
) -> None:
    outcome = session.get(Outcome, summer["slow"].id)
    kept = of(make.SONGBU, JULY)
    # 湖北 writes no days for a registration, or the day passed: never both.
    assert kept.details(Figure.KEPT) == ({"no_term": 1} if outcome.due_on is None else {"late": 1})
    outcome.due_on = date(2025, 7, 1)
    session.commit()
    counting.count_month(JULY)
    assert of(make.SONGBU, JULY).details(Figure.CAUSE) == {"": 1}
    session.add(
        LateReason(
            application=session.get(Application, summer["slow"].id),
            cause="sent_on",
            words="转来时已经晚了。",
            noted_by=make.officer(make.SONGBU).id,
        )
    )
    session.commit()
    counting.count_month(JULY)
    late = of(make.SONGBU, JULY)
    assert late.details(Figure.CAUSE) == {"sent_on": 1}
    assert (late.details(Figure.KEPT), late.on_time) == ({"late": 1}, 0)


def test_counting_again_changes_nothing_and_a_rebuild_makes_the_same(
    summer: dict[str, Application], session: Any
) -> None:
    before = rows()
    outcomes = {each.application_id: each.due_on for each in session.scalars(select(Outcome))}
    counting.count_recent(counting.KEPT_FRESH)
    assert rows() == before
    session.execute(delete(MonthlyFigure))
    session.execute(delete(Outcome))
    session.commit()
    assert counting.rebuild() == (2, 2)
    assert rows() == before
    assert outcomes == {
        each.application_id: each.due_on for each in session.scalars(select(Outcome))
    }


def test_what_is_noted_late_is_in_the_next_count(
    summer: dict[str, Application], session: Any
) -> None:
    session.add(
        Event(
            application_id=summer["left"].id,
            sequence=9,
            kind=Happened.VERIFICATION_ASKED,
            happened_on=date(2025, 6, 20),
            actor_kind="officer",
            office_id=make.office(make.BAIGUO).id,
        )
    )
    session.commit()
    assert of(make.BAIGUO, JUNE).of(Figure.ASKED_ELSEWHERE) == 0
    counting.count_recent()
    assert of(make.BAIGUO, JUNE).of(Figure.ASKED_ELSEWHERE) == 1


def test_what_the_couple_took_back_was_not_decided(
    app: Flask, session: Any, as_of: Callable[[str], None]
) -> None:
    as_of("2025-06-02")
    case = make.filed()
    ask(case)
    as_of("2025-06-12")
    with app.test_request_context():
        tracking.withdraw(make.citizen(), session.get(Application, case.id))
    counting.count_recent()
    june = of(make.BAIGUO, JUNE)
    assert (june.decided, june.of(Figure.ENDED, "withdrawn"), june.median) == (0, 1, None)
    assert june.open_after == 0
    # It lay with them for ten days.
    assert (june.of(Figure.WAITED, "cases"), june.of(Figure.WAITED, "days")) == (1, 10)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60), st.integers(1, 100))
def test_days_within_which_so_many_were_decided(days: list[int], percent: int) -> None:
    tally = Tally()
    for day in days:
        tally.counts[Figure.DAYS, str(day)] += 1
    within = tally.within(percent)
    assert within in days
    share = sum(day <= within for day in days) / len(days)
    below = sum(day < within for day in days) / len(days)
    assert below < percent / 100 <= share + 1e-9


def test_nothing_was_decided_in_no_days() -> None:
    assert (Tally().median, Tally().ninetieth, Tally().on_time, Tally().contented) == (None,) * 4
    assert figures.added([]).decided == 0
