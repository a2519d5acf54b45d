"""The pages of those who watch: whose numbers they show, what they say of a late case, what leaves the house."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.complaints import Complaint, Voice
from app.applications.models import Application
from app.applications.ratings import Level, Rating
from app.audit import AuditEvent
from app.casework import service as casework
from app.casework.acts import Act
from app.casework.lists import lamp_of
from app.clock import today
from app.supervision import board, counting, reports, spreadsheets
from app.supervision.models import LateReason, Outcome
from app.supervision.published import FEWEST
from app.tracking import voicing
from tests import factories as make
from tests.casework.asking import GULOU, ask, ask_elsewhere
from tests.certificates.conftest import do, registered
from tests.client import Client
from tests.html_rules import Page

pytestmark = pytest.mark.usefixtures("offices")
OTHER = make.FIRST_CHILD | {
    "woman": {"hukou": make.MINSHENG, "residence": None},
    "man": {"hukou": make.MINSHENG, "residence": None},
}
WOMEN = [
    make.WOMAN | {"id_number": number}
    for number in ("11010519491231002X", "110101202402290016", "421181198807230026")
]


def table(page: str, title: str) -> list[list[str]]:
    """The cells of the first table after this heading."""
    part = page.split(f">{title}</h2>", 1)[1].split("<table", 1)[1].split("</table>", 1)[0]
    found = Page(f"<table{part}</table>")
    lines: list[list[str]] = []
    for element in found.elements:
        if element.tag == "tr":
            lines.append([])
        elif element.tag in {"th", "td"}:
            lines[-1].append(" ".join(element.text.split()))
    return lines


@pytest.fixture
def busy(app: Flask, session: Any) -> dict[str, Application]:
    """Three cases in 麻城, one of them red in a clerk's hand, one that waits; one in another county."""
    red, asked, new = (make.filed(woman=woman) for woman in WOMEN)
    there = make.filed(OTHER, woman=make.WOMAN | {"id_number": "421181199203151225"})
    do(red, Act.ACCEPT)
    ask(asked)
    ask_elsewhere(red, GULOU)
    found = session.get(Application, red.id)
    found.due_on = today() - timedelta(days=4)
    session.get(Application, there.id).due_on = today() - timedelta(days=2)
    session.commit()
    return {"red": red, "asked": asked, "new": new, "there": there}


def watcher(code: str, app: Flask) -> Client:
    return make.browser_of(make.officer(code, "supervisor", name="方正"), app)


# --- The board ---


def test_the_board_shows_lamps_people_and_what_stands_still(
    app: Flask, session: Any, busy: dict[str, Application]
) -> None:
    with app.test_request_context():
        voicing.say(make.citizen(), busy["new"], Voice.HURRY, text="")
    session.scalars(select(Complaint)).one().due_on = today() - timedelta(days=1)
    session.commit()
    page = watcher(make.MACHENG, app).get("/staff/board").text
    numbers = busy["red"].number.removeprefix("JJB-"), busy["there"].number.removeprefix("JJB-")
    assert (numbers[0] in page, numbers[1] in page) == (True, False)
    assert table(page, "各单位")[1:] == [["白果镇", "1", "0", "1", "1"]]
    assert table(page, "在谁手上")[1:] == [["陈某 白果镇", "1", "0"]]
    assert table(page, "停着没动的")[1:] == [
        ["等申请人补正", "1", "33%", "0 天", "0 天"],
        ["等别的单位答复", "1", "33%", "0 天", "0 天"],
    ]
    assert [line[1:] for line in table(page, "等哪里答复")[1:]] == [["1", "0", "0 天"]]
    assert table(page, "催办和投诉")[1:] == [["催办", "1", "1"]]


def test_B3_a_supervisor_counts_the_own_county_alone(
    app: Flask, session: Any, busy: dict[str, Application]
) -> None:
    """On the board, in the report, in the file, and by the address of another's office."""
    counting.count_recent()
    month = today().strftime("%Y-%m")
    here, there = watcher(make.MACHENG, app), watcher(make.XINGNING, app)
    assert table(there.get("/staff/board").text, "各单位")[1:] == [["民生街道", "1", "0", "0", "0"]]
    for browser, received in ((here, 3), (there, 1)):
        page = browser.get(f"/staff/report?period={month}").text
        assert dict(line[:2] for line in table(page, "收件和办结")[1:])["收到"] == str(received)
        file = browser.get(f"/staff/report.csv?period={month}").get_data(as_text=True)
        [*lines] = csv.DictReader(io.StringIO(file.removeprefix(spreadsheets.BOM)))
        assert sum(int(line["收到"]) for line in lines if line["区划代码"]) == received
    for tail in ("", ".csv"):
        assert here.get(f"/staff/report{tail}?office={make.MINSHENG}").status_code == 404
        assert here.get(f"/staff/report{tail}?office=999999999").status_code == 404
    tries = select(AuditEvent.subject).where(AuditEvent.kind == "access.denied")
    assert len(session.scalars(tries).all()) == 4


@pytest.mark.parametrize("role", ["clerk", "approver"])
def test_B3_only_supervisors_watch(app: Flask, role: str) -> None:
    browser = make.browser_of(make.officer(make.MACHENG, role), app)
    for path in ("board", "report", "report.csv", "report/cases.csv"):
        assert browser.get(f"/staff/{path}").status_code == 404


def test_the_lamps_of_the_board_are_those_of_the_queue(
    app: Flask, session: Any, busy: dict[str, Application]
) -> None:
    desk = casework.desk_of(make.officer(make.MACHENG, "supervisor"))
    new = session.get(Application, busy["new"].id)
    for days in range(-1, 6):
        new.due_on = today() + timedelta(days=days)
        session.commit()
        [lamps] = board.lamps_by_office(desk).values()
        lamp = str(lamp_of(new.due_on, new.due_unit))
        # One more is red all along.
        assert getattr(lamps, lamp) == 1 + (lamp == "red")


def test_a_case_that_was_sent_up_is_in_nobodys_hand(
    app: Flask, session: Any, as_of: Callable[[str], None]
) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    do(case, Act.ACCEPT)
    do(case, Act.FORWARD_WITH_OPINION, meets=True)
    as_of("2014-07-10")
    page = watcher(make.MACHENG, app).get("/staff/board").text
    assert table(page, "在谁手上")[1:] == [["等县级审批，还没有人接", "1", "0"]]
    # In the unit of the text itself.
    assert "超了 17 日" in page


# --- Why a case is late ---


def test_why_a_case_is_late_is_written_once_and_anew(
    app: Flask, session: Any, busy: dict[str, Application]
) -> None:
    red = busy["red"]
    url = f"/staff/cases/{red.id}/late"
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    assert url in clerk.get(f"/staff/cases/{red.id}").text
    wrong = clerk.post(url, data={"version": "0", "words": "太短"})
    assert wrong.status_code == 422
    assert "请选为什么晚了" in wrong.text
    assert "太短" in wrong.text
    words = "鼓楼街道还没有答复，已打电话，后天前办结。"
    sent = {"version": "0", "cause": "other_office", "words": words}
    assert clerk.post(url, data=sent).status_code == 303
    assert words in watcher(make.MACHENG, app).get("/staff/board").text
    reason = session.scalars(select(LateReason)).one()
    assert words.encode() not in reason.words_sealed
    # A second officer, over the page as it was before.
    late = clerk.post(url, data=sent | {"words": "另一个人写的说明和打算。"})
    assert late.status_code == 409
    assert (words in late.text, "另一个人写的" in late.text) == (True, True)
    again = sent | {"version": str(reason.version), "words": "已经办好，今天通知。"}
    assert clerk.post(url, data=again).status_code == 303
    assert session.scalars(select(LateReason)).one().words == "已经办好，今天通知。"


def test_B3_why_a_case_is_late_is_for_its_own_office_and_for_late_cases(
    app: Flask, session: Any, busy: dict[str, Application]
) -> None:
    clerk = make.browser_of(make.officer(make.SONGBU), app)
    assert clerk.get(f"/staff/cases/{busy['red'].id}/late").status_code == 404
    own = make.browser_of(make.officer(make.BAIGUO), app)
    assert own.get(f"/staff/cases/{busy['new'].id}/late").status_code == 303
    assert f"{busy['new'].id}/late" not in own.get(f"/staff/cases/{busy['new'].id}").text


# --- The file ---


def test_the_file_is_for_excel_names_nobody_and_is_written_down(
    app: Flask, session: Any, busy: dict[str, Application]
) -> None:
    do(busy["new"], Act.ACCEPT)
    do(busy["new"], Act.REGISTER)
    counting.count_recent()
    month = today().strftime("%Y-%m")
    answer = watcher(make.MACHENG, app).get(f"/staff/report.csv?period={month}")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == (
        f"attachment; filename=report-421181-{month}.csv"
    )
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeff期间,")
    [line] = [
        each
        for each in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
        if each["区划代码"]
    ]
    assert (line["收到"], line["办结"], line["期末在办"]) == ("3", "1", "2")
    assert not any(word in text for word in ("张小雨", "李建国", "110105", busy["new"].number))
    noted = session.scalars(select(AuditEvent).where(AuditEvent.kind == "report.exported")).one()
    assert noted.data == {"period": month, "whole": 1}


def test_the_list_of_cases_is_for_who_may_export(
    app: Flask, session: Any, busy: dict[str, Application]
) -> None:
    for case, town in ((busy["new"], make.BAIGUO), (busy["there"], make.MINSHENG)):
        do(case, Act.ACCEPT, town)
        do(case, Act.REGISTER, town)
    officer = make.officer(make.MACHENG, "supervisor")
    browser = make.browser_of(officer, app)
    url = f"/staff/report/cases.csv?period={today():%Y-%m}"
    counting.count_recent()
    assert browser.get(url).status_code == 404
    assert "cases.csv" not in browser.get(f"/staff/report?period={today():%Y-%m}").text
    officer.may_export = True
    session.commit()
    assert "cases.csv" in browser.get(f"/staff/report?period={today():%Y-%m}").text
    text = browser.get(url).get_data(as_text=True)
    [line] = csv.DictReader(io.StringIO(text.removeprefix(spreadsheets.BOM)))
    assert (line["编号"], line["结果"], line["超期"]) == (busy["new"].number, "已登记", "")
    assert not any(word in text for word in ("张小雨", "李建国", "110105", "13800000001"))
    [noted] = session.scalars(select(AuditEvent).where(AuditEvent.kind == "cases.exported"))
    assert noted.actor == f"officer:{officer.id}"
    assert browser.get(f"{url}&office={make.MINSHENG}").status_code == 404


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_D13_no_cell_is_a_formula(first: str) -> None:
    assert spreadsheets.defused(f"{first}HYPERLINK(1)") == f"'{first}HYPERLINK(1)"
    assert spreadsheets.defused("白果镇") == "白果镇"
    assert spreadsheets.defused(-1) == -1


@pytest.mark.parametrize("value", ["2025-13", "abc", "", "2025-06-01", "１２", "9999"])
def test_a_period_nobody_knows_is_the_last_month(app: Flask, value: str) -> None:
    with app.test_request_context():
        assert reports.period_named(value) == reports.period_named(None)
        assert reports.period_named("2025").last == date(2025, 12, 1)


# --- What is published ---


def decided(session: Any, count: int) -> None:
    """So many cases of 白果镇, registered two months ago after 1, 2, 3 … days; the first late and disliked."""
    day = counting.months_back(counting.month_of(today()), 2) + timedelta(days=20)
    for number in range(count):
        case = registered()
        outcome = session.get(Outcome, case.id)
        outcome.received_on, outcome.ended_on = day - timedelta(days=number + 1), day
        outcome.due_on = day if number else day - timedelta(days=1)
        session.add(
            Rating(
                application_id=case.id,
                citizen_id=case.citizen_id,
                office_id=case.office_id,
                service=case.service,
                level=Level.GOOD if number else Level.POOR,
                rated_on=day,
            )
        )
    session.commit()
    counting.count_recent(3)


def test_an_office_publishes_how_long_it_takes(app: Flask, session: Any, client: Client) -> None:
    decided(session, FEWEST)
    page = client.get(f"/offices/{make.BAIGUO}").text
    for said in ("5 件", "3 天内办结", "5 天内办结", "每 100 件里 80 件", "每 100 个里 80 个"):
        assert said in page
    assert "拒绝" not in page
    assert "没有在本站办结的件" in client.get(f"/offices/{make.SONGBU}").text


def test_few_cases_are_not_published(app: Flask, session: Any, client: Client) -> None:
    """Four neighbours would know each other."""
    decided(session, FEWEST - 1)
    page = client.get(f"/offices/{make.BAIGUO}").text
    assert "太少，不公布" in page
    assert not any(word in page for word in ("4 件", "天内办结", "每 100", "满意"))


def test_an_office_that_takes_nothing_here_has_no_page(
    app: Flask, session: Any, client: Client
) -> None:
    make.office(make.SONGBU).live = False
    session.commit()
    assert client.get(f"/offices/{make.SONGBU}").status_code == 404
    assert client.get("/offices/nowhere").status_code == 404
