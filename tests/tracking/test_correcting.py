"""Answering a notice: item by item, saved at once, handed over together, and reminders until then."""

from __future__ import annotations

import threading
import uuid

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.applications import reminders
from app.applications.models import Application
from app.applications.notices import Notice, NoticeItem, notices_of
from app.extensions import db
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.applications.filing import photo
from tests.casework.asking import BOOKLET, MARRIAGE, ask
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
TWO = {BOOKLET: "unclear", MARRIAGE: "missing"}


def owner(app: Flask) -> Client:
    return make.browser_of(make.citizen(), app)


def items(case: Application) -> list[NoticeItem]:
    return notices_of(case)[-1].items


def reply(browser: Client, case: Application, item: NoticeItem, way: str, words: str = ""):
    return browser.post(f"/my/{case.id}/correct/{item.id}", data={"way": way, "words": words})


def messages(kind: str) -> int:
    return db.session.scalar(select(func.count()).where(OutboxMessage.kind == kind)) or 0


def test_the_page_says_everything_that_is_asked_and_until_when(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    as_of("2026-03-03")
    ask(case, TWO, words="男方那一页看不清。")
    as_of("2026-03-04")
    browser = owner(app)
    assert "看要补什么，现在补" in browser.get(f"/my/{case.id}").text
    page = browser.get(f"/my/{case.id}/correct").text
    for words in (
        "请补 2 项",
        "看不清，请重新拍",
        "还没有交",
        "男方那一页看不清。",
        "丢了可以到婚姻登记机关补领",
        "3 月 3 日",
        # Five working days from today.
        "2026 年 3 月 11 日",
        "本单位承诺",
        "没有写您要在哪天以前补好",
    ):
        assert words in page


def test_each_answer_is_saved_at_once_and_goes_with_the_others(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    ask(case, TWO)
    browser = owner(app)
    here = f"/my/{case.id}/correct"
    sent = browser.post(
        f"/my/{case.id}/papers/id_or_hukou_booklet?next={here}%23item-1",
        data={"file": (photo(), "户口簿.jpg")},
    )
    paper = f"/my/{case.id}/papers/id_or_hukou_booklet?next={here}%23item-1"
    assert (sent.status_code, sent.location) == (303, paper)
    assert f'href="{here}#item-1">传好了，返回' in browser.get(paper).text
    assert "补了 1 页" in browser.get(here).text
    early = browser.post(here)
    assert early.status_code == 422
    assert '<a href="#item-2">结婚证</a>' in early.text
    assert case.state == "correction_asked"
    saved = reply(browser, case, items(case)[1], "bring", "后天上午去。")
    assert (saved.status_code, saved.location) == (303, f"{here}#item-2")
    # Another device, later: everything is there.
    page = owner(app).get(here).text
    assert "补了 1 页" in page
    assert "后天上午去。" in page
    as_of("2026-03-06")
    assert browser.post(here).location == f"/my/{case.id}"
    assert (case.state, str(case.due_on)) == ("submitted", "2026-03-13")
    notice = notices_of(case)[0]
    assert (notice.state, notice.open_key, str(notice.answered_on)) == (
        "answered",
        None,
        "2026-03-06",
    )
    event = case.events[-1]
    assert (event.kind, event.actor_kind, event.data["left"]) == ("corrected", "citizen", 0)
    assert messages("correction_received") == 1
    assert "补好了，等窗口受理" in browser.get(f"/my/{case.id}").text
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    shown = desk.get(f"/staff/cases/{case.id}").text
    for words in ("申请人已补正", "新交的第 1 页", "带到窗口去交", "后天上午去。"):
        assert words in shown


def test_an_item_left_on_purpose_counts_as_answered(app: Flask) -> None:
    case = make.filed()
    ask(case)
    browser = owner(app)
    reply(browser, case, items(case)[0], "left")
    browser.post(f"/my/{case.id}/correct")
    assert (case.state, case.events[-1].data["left"]) == ("submitted", 1)


@pytest.mark.parametrize(
    ("way", "words", "message"),
    [
        ("", "写了半天的话", "请选一个办法"),
        ("fax", "写了半天的话", "请选一个办法"),
        ("words", "", "请写一句说明"),
        ("bring", "长" * 2001, "最多 2000 个字"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    app: Flask, way: str, words: str, message: str
) -> None:
    case = make.filed()
    ask(case)
    answer = reply(owner(app), case, items(case)[0], way, words)
    assert answer.status_code == 422
    assert message in answer.text
    assert words in answer.text
    assert items(case)[0].reply is None


def test_C2_an_answer_typed_overnight_comes_back(app: Flask) -> None:
    case = make.filed()
    ask(case)
    item = items(case)[0]
    answer = owner(app).post(
        f"/my/{case.id}/correct/{item.id}",
        data={"way": "words", "words": "写了半天的话"},
        csrf=False,
    )
    assert answer.status_code == 400
    assert "写了半天的话" in answer.text


def test_C6_another_script_in_the_middle_keeps_what_is_typed(app: Flask) -> None:
    case = make.filed()
    ask(case)
    item = items(case)[0]
    answer = owner(app).post(
        f"/my/{case.id}/correct/{item.id}",
        data={"way": "words", "words": "写了半天的话", "lang": "zh_Hant"},
    )
    assert answer.status_code == 200
    assert "写了半天的话" in answer.text
    assert "存好這一項" in answer.text
    assert items(case)[0].reply is None


def test_the_promise_in_place_of_a_paper_only_where_the_rulebook_lets_it(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    ask(case, {"document-hukou_booklet": "missing"})
    item = items(case)[0]
    browser = owner(app)
    page = browser.get(f"/my/{case.id}/correct/{item.id}").text
    assert "承诺书" not in page
    assert reply(browser, case, item, "written_promise").status_code == 422


def test_B1_a_notice_is_for_its_owner_alone(app: Flask, client: Client) -> None:
    case = make.filed()
    ask(case)
    item = items(case)[0]
    other = make.browser_of(make.citizen("13911112222"), app)
    for path in ("", f"/{item.id}"):
        for method in ("GET", "HEAD", "POST"):
            for where in (case.id, uuid.uuid4()):
                answer = other.open(
                    f"/my/{where}/correct{path}",
                    method=method,
                    data={"way": "left"} if method == "POST" else None,
                )
                assert answer.status_code == 404
        assert client.get(f"/my/{case.id}/correct{path}").status_code == 303
    assert (case.state, items(case)[0].reply) == ("correction_asked", None)


def test_B1_an_item_of_another_case_is_none_of_this_one(app: Flask) -> None:
    case = make.filed()
    theirs = make.filed(
        woman={**make.WOMAN, "id_number": "110101202402290016", "phone": "13911112222"}
    )
    ask(case)
    ask(theirs)
    item = items(theirs)[0]
    assert owner(app).get(f"/my/{case.id}/correct/{item.id}").status_code == 404
    assert reply(owner(app), case, item, "left").status_code == 404
    assert items(theirs)[0].reply is None


def test_what_was_sent_is_sent(app: Flask) -> None:
    """A second tab, a second tap, coming back with the browser's button: nothing changes any more."""
    case = make.filed()
    ask(case)
    item = items(case)[0]
    browser = owner(app)
    reply(browser, case, item, "bring")
    browser.post(f"/my/{case.id}/correct")
    assert browser.post(f"/my/{case.id}/correct").status_code == 409
    assert reply(browser, case, item, "left").status_code == 409
    assert browser.get(f"/my/{case.id}/correct").location == f"/my/{case.id}"
    assert browser.get(f"/my/{case.id}/correct/{item.id}").location == f"/my/{case.id}"
    assert items(case)[0].reply == "bring"
    assert [each.kind for each in case.events].count("corrected") == 1


def test_H1_two_taps_and_a_clerk_at_once_are_one_thing(app: Flask) -> None:
    from app.casework import service as casework
    from app.casework.acts import Act
    from app.casework.service import ChangedMeanwhileError as DeskChanged
    from app.tracking import correcting
    from app.tracking.service import ChangedMeanwhileError

    case = make.filed()
    ask(case)
    reply(owner(app), case, items(case)[0], "bring")
    clerk, citizen = make.officer(make.BAIGUO), make.citizen()
    start, done = threading.Barrier(3), []

    def tap() -> None:
        with app.test_request_context():
            found = db.session.get_one(Application, case.id)
            start.wait()
            try:
                correcting.send(citizen, found)
                done.append("corrected")
            except ChangedMeanwhileError:
                db.session.rollback()

    def accept() -> None:
        with app.test_request_context():
            desk = casework.desk_of(clerk)
            found = casework.get_case_for(desk, case.id)
            start.wait()
            try:
                casework.perform(desk, found, Act.ACCEPT, version=found.version)
                done.append("accepted")
            except DeskChanged:
                db.session.rollback()

    threads = [threading.Thread(target=each) for each in (tap, tap, accept)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    db.session.expire_all()
    assert len(done) == 1
    assert [each.kind for each in case.events] == ["submitted", "correction_asked", *done]
    open_ones = select(func.count()).where(Notice.open_key.is_not(None))
    assert db.session.scalar(open_ones) == 0


def test_taking_it_back_ends_the_notice(app: Flask) -> None:
    case = make.filed()
    ask(case)
    owner(app).post(f"/my/{case.id}/withdraw")
    assert (case.state, notices_of(case)[0].state) == ("withdrawn", "closed")


def test_what_citizens_say_is_sealed(app: Flask) -> None:
    case = make.filed()
    ask(case)
    reply(owner(app), case, items(case)[0], "words", "我丈夫在外地打工。")
    raw = db.session.connection().exec_driver_sql("SELECT * FROM notice_items").all()
    assert "外地打工".encode() not in b"".join(x for row in raw for x in row if type(x) is bytes)
    assert items(case)[0].reply_words == "我丈夫在外地打工。"


# --- Reminders ---


def test_reminders_come_a_few_times_and_then_no_more(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    ask(case)
    sent = []
    for day in range(3, 32):
        as_of(f"2026-03-{day:02}")
        if reminders.remind():
            sent.append(day)
        assert reminders.remind() == 0
    assert sent == [9, 16, 23]
    assert messages("correction_reminder") == 3


def test_who_has_answered_is_not_reminded(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    ask(case)
    browser = owner(app)
    reply(browser, case, items(case)[0], "bring")
    browser.post(f"/my/{case.id}/correct")
    as_of("2026-03-20")
    assert reminders.remind() == 0


def test_I6_two_workers_remind_once(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    ask(make.filed())
    as_of("2026-03-09")
    start, done = threading.Barrier(4), []

    def work() -> None:
        with app.app_context():
            start.wait()
            done.append(reminders.remind())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(done) == 1
    assert messages("correction_reminder") == 1
