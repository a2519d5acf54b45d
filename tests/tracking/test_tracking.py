"""The citizen's view: finding it, what it says at each state, refusals, taking it back, limits."""

from __future__ import annotations

import re
import uuid

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.applications.models import Application, Event
from app.applications.records import promised_days
from app.audit import AuditEvent
from app.casework import service as casework
from app.casework.acts import Act
from app.clock import now
from app.extensions import db
from app.notifications.models import OutboxMessage
from app.tracking import service
from tests import factories as make
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
REASONS = "男方的独生子女证明与户口登记不一致，见《条例》第十六条第四项。"


def look_up(browser: Client, number: str, tail: str):
    return browser.post("/track", data={"number": number, "tail": tail})


def do(case: Application, act: Act, code: str = make.BAIGUO, role: str = "clerk", **words) -> None:
    """An officer of this office does one act, in a request of its own."""
    with_words = {"reasons": None, "meets": None} | words
    from flask import current_app

    with current_app.test_request_context():
        desk = casework.desk_of(make.officer(code, role, name="陈晓"))
        found = casework.get_case_for(desk, case.id)
        casework.perform(desk, found, act, version=found.version, **with_words)


# --- Finding it ---


@pytest.mark.parametrize("tail", ["0001", "0002", "002X", "002x", "0014", "００１４", " 0014 "])
def test_number_and_last_four_open_the_page(client: Client, tail: str) -> None:
    case = make.filed()
    typed = case.number.lower().replace("-", " ")
    answer = look_up(client, typed, tail)
    assert (answer.status_code, answer.location) == (303, "/track/case")
    page = client.get("/track/case").text
    assert case.number in page
    assert "交上去了，等窗口受理" in page
    assert "张某、李某" in page
    for secret in (make.WOMAN["name"], make.WOMAN["phone"], make.WOMAN["id_number"]):
        assert secret not in page


def test_B6_all_that_is_wrong_is_one_message(client: Client) -> None:
    case = make.filed()
    bodies = {
        re.sub(r'value="[^"]*"', "", look_up(client, number, tail).text)
        for number, tail in (
            (case.number, "9999"),
            ("JJB-2222-2222-2222", "0001"),
            ("nonsense", "0001"),
            ("%", "0001"),
        )
    }
    assert len(bodies) == 1
    assert "没有找到" in bodies.pop()
    assert client.get("/track/case").location == "/track"


@pytest.mark.parametrize(
    ("number", "tail"), [("", "0001"), ("JJB", ""), ("JJB", "12"), ("JJB", "12345")]
)
def test_what_is_missing_is_said_at_the_field(client: Client, number: str, tail: str) -> None:
    answer = look_up(client, number, tail)
    assert answer.status_code == 422
    assert 'class="errors"' in answer.text


def test_B6_a_number_bears_few_tries(client: Client, app: Flask) -> None:
    case = make.filed()
    for tail in range(service.PER_NUMBER_HOURLY):
        assert look_up(client, case.number, f"9{tail:03}").status_code == 422
    # Also the right one, and from another browser, and however the number is written.
    for browser, number in ((client, case.number), (Client(app), case.number.replace("-", ""))):
        answer = look_up(browser, number, "0001")
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 3600
    other = make.filed(woman={**make.WOMAN, "id_number": "110101202402290016"})
    assert look_up(client, other.number, "0001").status_code == 303


def test_B6_an_address_bears_many_but_not_all(client: Client, monkeypatch) -> None:
    monkeypatch.setattr(service, "PER_ADDRESS_HOURLY", 3)
    for tries in range(3):
        assert look_up(client, f"JJB-2222-2222-222{tries + 2}", "0001").status_code == 422
    assert look_up(client, "JJB-9999-9999-9999", "0001").status_code == 429
    far = client.post(
        "/track",
        data={"number": "JJB-9999-9999-9999", "tail": "0001"},
        environ_base={"REMOTE_ADDR": "203.0.113.9"},
    )
    assert far.status_code == 422


def test_B6_the_site_as_a_whole_has_a_limit(client: Client, monkeypatch) -> None:
    monkeypatch.setattr(service, "PER_SITE_HOURLY", 1)
    assert look_up(client, "JJB-2222-2222-2222", "0001").status_code == 422
    assert look_up(client, "JJB-3333-3333-3333", "0001").status_code == 429


def test_who_knows_the_answer_may_look_often(client: Client) -> None:
    case = make.filed()
    for _ in range(service.PER_NUMBER_DAILY + 2):
        assert look_up(client, case.number, "0001").status_code == 303


def test_the_grant_runs_out_and_belongs_to_the_browser(
    client: Client, app: Flask, monkeypatch
) -> None:
    case = make.filed()
    look_up(client, case.number, "0001")
    assert client.get("/track/case").status_code == 200
    assert Client(app).get("/track/case").location == "/track"
    monkeypatch.setattr(service, "now", lambda: now() + service.GRANTED_FOR)
    assert client.get("/track/case").location == "/track"


def test_no_address_holds_anything_personal(client: Client) -> None:
    case = make.filed()
    look_up(client, case.number, "0001")
    page = client.get("/track/case").text
    addresses = re.findall(r'(?:href|action|src)="([^"]*)"', page)
    for secret in ("0001", "002X", make.WOMAN["phone"], make.WOMAN["id_number"], case.number):
        assert not any(secret in address for address in addresses)


# --- Whose ---


def test_B1_the_owner_sees_it_and_nobody_else(app: Flask, client: Client) -> None:
    case = make.filed()
    owner = make.browser_of(make.citizen(), app)
    assert case.number in owner.get(f"/my/{case.id}").text
    other = make.browser_of(make.citizen("13911112222"), app)
    for method, tail in (("GET", ""), ("HEAD", ""), ("GET", "/withdraw"), ("POST", "/withdraw")):
        for headers in ({}, {"HX-Request": "true"}):
            answers = [
                other.open(f"/my/{each}{tail}", method=method, headers=headers)
                for each in (case.id, uuid.uuid4())
            ]
            assert [answer.status_code for answer in answers] == [404, 404]
    assert client.get(f"/my/{case.id}").status_code == 303
    assert case.state == "submitted"


def test_an_agent_follows_what_they_filed(app: Flask) -> None:
    case = make.filed(filer="agent")
    page = make.browser_of(make.citizen(make.AGENT["phone"]), app).get(f"/my/{case.id}").text
    assert "代办人 王某" in page


# --- What it says ---


def test_a_promise_is_called_a_promise(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    page = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert promised_days() == 5
    assert "2026 年 3 月 9 日" in page
    assert page.count("本单位承诺") >= 2
    assert "首接负责" in page


def test_a_text_without_days_says_so(app: Flask) -> None:
    case = make.filed()
    do(case, Act.ACCEPT)
    page = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert "窗口正在办" in page
    assert "规定没有写办理天数" in page
    assert "经办人 陈某" in page
    assert "陈晓" not in page


def test_every_event_is_on_the_timeline_with_its_day_and_its_term(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    owner = make.browser_of(make.citizen(), app)
    as_of("2014-06-04")
    do(case, Act.ACCEPT)
    page = owner.get(f"/my/{case.id}").text
    assert "乡镇（街道）正在审核" in page
    assert "2014 年 7 月 4 日" in page
    assert "给您结果，还有 30 日" in page
    as_of("2014-06-12")
    do(case, Act.FORWARD_WITH_OPINION, meets=True)
    as_of("2014-06-20")
    page = owner.get(f"/my/{case.id}").text
    assert "县里正在审批" in page
    assert "给您结果，还有 14 日" in page
    assert "必须按时发给《生育证》" in page
    for line in (
        "6 月 3 日 提交",
        "6 月 4 日 受理",
        "6 月 12 日 乡镇（街道）意见：符合条件",
        "限 10 日，用了 8 日",
        "限 20 日，已用 8 日",
        "发《生育证》",
        "麻城市卫生健康局",
    ):
        assert line in page
    as_of("2014-06-30")
    do(case, Act.APPROVE, make.MACHENG, "approver")
    page = owner.get(f"/my/{case.id}").text
    assert "批准了" in page
    assert "《生育证》" in page
    assert "看证、下载" in page
    assert "限 20 日，用了 18 日" in page
    kinds = db.session.scalars(select(Event.kind).where(Event.application_id == case.id)).all()
    assert page.count('<li class="done">') == len(kinds) == 4


def test_late_says_late_and_what_follows(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    do(case, Act.ACCEPT)
    as_of("2014-07-04")
    page = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert "最迟应当在 2014 年 7 月 3 日给您结果，已经超期" in page
    assert re.search(r'class="notice red">\s*<h2>已经超期', page)
    assert "先复议" not in page, "the review law of that day is not held"


def test_days_beyond_the_published_holidays_are_provisional(app: Flask, as_of) -> None:
    as_of("2027-03-01")
    case = make.filed()
    assert case.provisional
    assert "暂定" in make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text


def test_three_days_unopened_is_said_until_somebody_looks(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    owner = make.browser_of(make.citizen(), app)
    as_of("2026-03-05")
    assert "还没有人打开" not in owner.get(f"/my/{case.id}").text
    as_of("2026-03-06")
    page = owner.get(f"/my/{case.id}").text
    assert "超过 3 个工作日，还没有人打开" in page
    assert "本单位的承诺" in page
    make.browser_of(make.officer(make.BAIGUO), app).get(f"/staff/cases/{case.id}")
    assert "还没有人打开" not in owner.get(f"/my/{case.id}").text


def test_a_look_at_the_data_is_told(app: Flask) -> None:
    case = make.filed()
    officer = make.officer(make.BAIGUO, name="陈晓")
    make.browser_of(officer, app).post(f"/staff/cases/{case.id}/reveal")
    page = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert "工作人员查看了姓名、证件号和手机号" in page
    assert "经办人 陈某" in page


def test_a_registration_that_is_done_says_where_to_collect(app: Flask) -> None:
    case = make.filed()
    do(case, Act.ACCEPT)
    do(case, Act.REGISTER)
    page = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert "登记好了" in page
    assert "《生育登记凭证》" in page
    assert re.search(r"带身份证到麻城市白果镇\S+打印，不收费", page)
    assert "/withdraw" not in page


def test_a_refusal_today_shows_reasons_and_both_ways(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    do(case, Act.REFUSE, reasons=REASONS)
    page = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert "没有受理" in page
    assert REASONS in page
    for words in ("六十日内", "行政复议法（2023 年修订） 第二十条", "六个月内", "第四十六条"):
        assert words in page


def test_a_refusal_in_2014_promises_no_terms_that_were_not_law_then(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    do(case, Act.ACCEPT)
    do(case, Act.FORWARD_WITH_OPINION, meets=False, reasons="女方不是独生子女，见随附证明。")
    do(case, Act.REFUSE, make.MACHENG, "approver", reasons=REASONS)
    page = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert "没有批准" in page
    assert REASONS in page
    assert "女方不是独生子女" in page
    assert "六个月" not in page
    assert "本站没有收录原文" in page


def test_in_both_scripts_and_as_a_fragment(app: Flask) -> None:
    case = make.filed()
    owner = make.browser_of(make.citizen(), app)
    for path in (f"/my/{case.id}", f"/my/{case.id}/withdraw", "/track"):
        whole, part = owner.get(f"{path}?lang=zh_Hant"), owner.fragment(path)
        assert (whole.status_code, part.status_code) == (200, 200)
        assert 'lang="zh-Hant' in whole.text
        assert "<html" not in part.text


# --- Taking it back ---


def test_withdrawing_asks_once_and_then_frees_the_matter(app: Flask) -> None:
    case = make.filed()
    owner = make.browser_of(make.citizen(), app)
    assert "要撤回这份申请吗" in owner.get(f"/my/{case.id}/withdraw").text
    assert case.state == "submitted"
    assert owner.post(f"/my/{case.id}/withdraw").location == f"/my/{case.id}"
    assert (case.state, case.live_key, case.due_on) == ("withdrawn", None, None)
    assert "您已经撤回" in owner.get(f"/my/{case.id}").text
    told = select(func.count()).where(OutboxMessage.kind == "application_withdrawn")
    assert db.session.scalar(told) == 1
    audited = select(func.count()).where(AuditEvent.kind == "application.withdrawn")
    assert db.session.scalar(audited) == 1
    # Again, and from the confirmation page: nothing more happens.
    assert owner.post(f"/my/{case.id}/withdraw").status_code == 409
    assert owner.get(f"/my/{case.id}/withdraw").status_code == 303
    assert db.session.scalar(told) == 1
    assert make.filed().id != case.id


def test_what_the_office_has_ended_cannot_be_taken_back(app: Flask) -> None:
    case = make.filed()
    owner = make.browser_of(make.citizen(), app)
    do(case, Act.ACCEPT)
    do(case, Act.REGISTER)
    answer = owner.post(f"/my/{case.id}/withdraw")
    assert answer.status_code == 409
    assert "窗口刚刚办了这一件" in answer.text
    assert case.state == "registered"


def test_B6_B7_a_look_up_alone_withdraws_nothing(client: Client) -> None:
    case = make.filed()
    look_up(client, case.number, "0001")
    assert "要先登录" in client.get("/track/case").text
    assert client.post(f"/my/{case.id}/withdraw").location.startswith("/sign-in")
    assert case.state == "submitted"


def test_nothing_personal_reaches_the_log(client: Client, caplog) -> None:
    caplog.set_level("DEBUG")
    case = make.filed()
    look_up(client, case.number, "0001")
    client.get("/track/case")
    for value in (make.WOMAN["name"], make.WOMAN["id_number"], make.WOMAN["phone"], "002X"):
        assert value not in caplog.text
