"""A lamp counts in the unit of the term that runs, and the queue, the board and the case page agree on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import update

from app import worker
from app.applications import clocks
from app.applications.deadlines import nearest
from app.applications.models import Application
from app.applications.records import promised_days
from app.casework import counting, lists, service
from app.casework.acts import Act
from app.extensions import db
from app.policy.calendar import day_of
from app.site import bind_migrations
from app.supervision import board
from tests import factories as make
from tests.certificates.conftest import do
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
IN_QUEUE = re.compile(r'<span class="when (\w+)">([^<]+)</span>\s*<span class="code">')
ON_CASE = re.compile(r'<span class="tag (\w*)">([^<]+)</span>')
STEP = re.compile(r" · (还有|超了|今天到期|已经超期)([^<]*)")
SHAPES = {"jade": "green", "amber": "amber", "red": "red"}


@pytest.fixture
def clerk(app: Flask) -> Client:
    return make.browser_of(make.officer(make.BAIGUO), app)


def in_queue(browser: Client) -> tuple[str, str]:
    """The lamp and the words of the only case in the list."""
    [found] = IN_QUEUE.findall(browser.get("/staff/cases?view=all").text)
    return found


def on_page(browser: Client, case: Application) -> tuple[str, str, set[str]]:
    """The lamp and the words at the head of the case, and what its running steps say below."""
    page = browser.get(f"/staff/cases/{case.id}").text.split('<article class="one"', 1)[1]
    colour, words = next(
        found for found in ON_CASE.findall(page) if re.search("剩|超|今天到期", found[1])
    )
    return SHAPES[colour], words, {f"{said}{length}".strip() for said, length in STEP.findall(page)}


def in_full(words: str) -> str:
    """As the steps of the case page say it: in the words of the law."""
    return words.replace("剩", "还有").replace("超 ", "超了 ").replace(" 天", " 日")


def days_from(first: str, count: int) -> list[str]:
    begin = date.fromisoformat(first)
    return [(begin + timedelta(days=each)).isoformat() for each in range(count)]


# --- What is said ---


def test_a_long_holiday_leaves_few_working_days(app: Flask, clerk: Client, as_of) -> None:
    """国庆 2026: 1 to 7 October are free, and Saturday the 10th is worked instead."""
    as_of("2026-09-28")
    case = make.filed()
    assert (str(case.due_on), case.due_unit) == ("2026-10-10", "working_day")
    as_of("2026-09-29")
    assert in_queue(clerk) == ("green", "剩 4 个工作日")
    as_of("2026-09-30")
    # Ten days by the wall calendar, three on which somebody works.
    assert in_queue(clerk) == ("amber", "剩 3 个工作日")
    as_of("2026-10-06")
    assert in_queue(clerk) == ("amber", "剩 3 个工作日")
    as_of("2026-10-09")
    assert in_queue(clerk) == ("amber", "剩 1 个工作日")
    as_of("2026-10-10")
    assert in_queue(clerk) == ("amber", "今天到期")
    # Sunday: past its day, and by no working day yet.
    as_of("2026-10-11")
    assert in_queue(clerk) == ("red", "已经超期")
    assert on_page(clerk, case)[2] == {"已经超期"}
    as_of("2026-10-12")
    assert in_queue(clerk) == ("red", "超 1 个工作日")


def test_natural_days_stay_natural_over_the_same_holiday(app: Flask, clerk: Client, as_of) -> None:
    as_of("2014-09-25")
    case = make.filed(make.ONE_ONLY_CHILD)
    assert case.due_unit == "working_day"
    do(case, Act.ACCEPT)
    # Ten days (日) for the town, over 国庆 2014.
    db.session.refresh(case)
    assert (str(case.due_on), case.due_unit) == ("2014-10-05", "day")
    for day, said in (
        ("2014-10-01", ("green", "剩 4 天")),
        ("2014-10-02", ("amber", "剩 3 天")),
        ("2014-10-05", ("amber", "今天到期")),
        ("2014-10-07", ("red", "超 2 天")),
    ):
        as_of(day)
        assert in_queue(clerk) == said


# --- Everybody says the same ---


def _promise(as_of: Callable[[str], None]) -> tuple[Application, list[str]]:
    as_of("2026-09-25")
    return make.filed(), days_from("2026-09-25", 24)


def _ten_days(as_of: Callable[[str], None]) -> tuple[Application, list[str]]:
    as_of("2014-09-25")
    case = make.filed(make.ONE_ONLY_CHILD)
    do(case, Act.ACCEPT)
    return case, days_from("2014-09-25", 16)


def _over_spring_festival(as_of: Callable[[str], None]) -> tuple[Application, list[str]]:
    as_of("2026-02-11")
    return make.filed(), days_from("2026-02-11", 20)


def _at_the_county(as_of: Callable[[str], None]) -> tuple[Application, list[str]]:
    as_of("2014-09-08")
    case = make.filed(make.ONE_ONLY_CHILD)
    do(case, Act.ACCEPT)
    as_of("2014-09-17")
    do(case, Act.FORWARD_WITH_OPINION, meets=True)
    return case, days_from("2014-09-17", 25)


@pytest.mark.parametrize("filed", [_promise, _ten_days, _over_spring_festival, _at_the_county])
def test_queue_board_counts_and_case_page_agree_every_day(
    app: Flask, session: Any, as_of: Callable[[str], None], filed
) -> None:
    case, days = filed(as_of)
    officer = make.officer(make.BAIGUO)
    browser = make.browser_of(officer, app)
    desk = service.desk_of(
        make.officer(make.MACHENG, "approver") if filed is _at_the_county else officer
    )
    watching = service.desk_of(make.officer(make.MACHENG, "supervisor"))
    seen = set()
    for day in days:
        as_of(day)
        lamp, words = in_queue(browser)
        assert on_page(browser, case)[:2] == (lamp, words), day
        assert in_full(words) in on_page(browser, case)[2], day
        with app.test_request_context():
            first = nearest(service.deadlines_of(session.get(Application, case.id)))
            assert (first.due_on, first.unit) == (case.due_on, case.due_unit)
            assert lists.lamp_of(first.due_on, first.unit) == lamp, day
            counts = counting.counts_for(desk)
            [lamps] = board.lamps_by_office(watching).values()
            hands = board.hands(watching)
        assert (counts.soon, counts.late) == (lamp == "amber", lamp == "red"), day
        assert (lamps.red, lamps.amber, lamps.green) == tuple(
            lamp == each for each in ("red", "amber", "green")
        ), day
        assert sum(each.red + each.amber for each in hands) == (lamp != "green"), day
        seen.add(lamp)
    assert seen == {"green", "amber", "red"}


@pytest.mark.parametrize("unit", ["working_day", "day", "at_once", None])
def test_the_lamp_in_sql_is_the_lamp_in_python(
    app: Flask, session: Any, as_of: Callable[[str], None], unit: str | None
) -> None:
    """For every day around two holidays, and past the published calendar."""
    case = make.filed()
    for first in ("2026-09-24", "2026-02-10", "2029-04-27"):
        for day in days_from(first, 9):
            as_of(day)
            near = {
                due
                for due in map(date.fromisoformat, days_from(first, 30))
                if lists.lamp_of(due, unit) == "amber"
            }
            found = set()
            for due in map(date.fromisoformat, days_from(first, 30)):
                session.execute(
                    update(Application)
                    .where(Application.id == case.id)
                    .values(due_on=due, due_unit=unit)
                )
                if session.query(Application.id).where(lists.is_near()).all():
                    found.add(due)
            assert found == near, (day, unit)
            session.rollback()


# --- Clocks of before ---


def test_cases_of_before_count_days_until_their_clock_is_set_right(
    app: Flask, session: Any, clerk: Client, as_of
) -> None:
    as_of("2026-09-28")
    case = make.filed()
    bind_migrations(app)
    session.remove()
    downgrade(revision="0024")
    upgrade()
    as_of("2026-09-30")
    assert in_queue(clerk) == ("green", "剩 10 天")
    before = session.get(Application, case.id).version
    assert clocks.set_right() == 1
    assert in_queue(clerk) == ("amber", "剩 3 个工作日")
    # Whoever has the page of the case open may still press its buttons.
    assert session.get(Application, case.id).version == before
    assert clocks.set_right() == 0


def test_a_provisional_day_moves_when_the_holidays_are_published(
    app: Flask, session: Any, as_of
) -> None:
    as_of("2026-09-28")
    case = make.filed()
    there = make.filed(woman=make.WOMAN | {"id_number": "110101202402290016"})
    # As it was kept while nobody knew that year's holidays: five days from Monday to Friday.
    stale = {"due_on": date(2026, 10, 5), "provisional": True}
    session.execute(update(Application).where(Application.id == case.id).values(stale))
    session.commit()
    assert not day_of(stale["due_on"]).works
    with app.test_request_context():
        assert promised_days() == 5
        assert clocks.set_right() == 1
    found = {each.id: each for each in session.query(Application)}
    assert (str(found[case.id].due_on), found[case.id].provisional) == ("2026-10-10", False)
    assert str(found[there.id].due_on) == "2026-10-10"


def test_at_night_clocks_follow_a_changed_promise(
    app: Flask, session: Any, clerk: Client, as_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_of("2026-09-28")
    case = make.filed()
    elsewhere = make.filed(woman=make.WOMAN | {"id_number": "110101202402290016"})
    do(elsewhere, Act.ACCEPT)
    do(elsewhere, Act.REGISTER)
    app.config["PROMISE_ACCEPT_WORKING_DAYS"] = 3
    monkeypatch.setattr(worker, "site", lambda: app)
    worker.set_clocks_right.call_local()
    session.expire_all()
    assert str(session.get(Application, case.id).due_on) == "2026-10-08"
    assert on_page(clerk, case)[:2] == in_queue(clerk) == ("amber", "剩 3 个工作日")
    assert session.get(Application, elsewhere.id).due_on is None


def test_whoever_works_on_a_case_meanwhile_keeps_its_clock(
    app: Flask, session: Any, as_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_of("2014-09-25")
    case = make.filed(make.ONE_ONLY_CHILD)
    session.execute(update(Application).values(due_unit=None))
    session.commit()
    real = clocks.take_write_lock

    def accepted_first() -> None:
        with app.app_context():
            do(case, Act.ACCEPT)
        real()

    monkeypatch.setattr(clocks, "take_write_lock", accepted_first)
    clocks.set_right()
    session.expire_all()
    found = session.get(Application, case.id)
    assert (str(found.due_on), found.due_unit) == ("2014-10-05", "day")


def test_preparing_the_site_sets_clocks_right(app: Flask, session: Any, as_of) -> None:
    as_of("2026-09-28")
    case_id = make.filed().id
    session.execute(update(Application).values(due_unit=None))
    session.commit()
    done = app.test_cli_runner().invoke(args=["site", "prepare"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    session.rollback()
    assert session.get(Application, case_id).due_unit == "working_day"
