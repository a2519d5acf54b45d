"""One-time notices: everything at once, read before it is sent, a further one with two signatures."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound

from app.applications import uploads
from app.applications.models import Application, Event
from app.applications.notices import Notice, notices_of
from app.audit import AuditEvent
from app.casework.acts import ActNotPossibleError
from app.casework.service import ChangedMeanwhileError
from app.extensions import db
from app.files.cleaning import clean
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.applications.filing import photo
from tests.casework.asking import BOOKLET, MARRIAGE, ask, desk, typed

pytestmark = pytest.mark.usefixtures("offices")
WORDS = "男方户口簿的本人页拍糊了，请重拍。"
TWO = {BOOKLET: ("unclear", WORDS), MARRIAGE: ("missing", "")}
WHY = "户口簿的第二本是这次重新核对时才发现的。"


def count(*conditions) -> int:
    return db.session.scalar(select(func.count()).where(*conditions)) or 0


def answered(case: Application) -> None:
    """The citizen has answered: as `tracking` will write it."""
    from app.applications.notices import NoticeState

    notice = notices_of(case)[-1]
    notice.state, notice.open_key = NoticeState.ANSWERED, None
    case.state = "submitted"
    db.session.commit()


# --- Writing it ---


def test_the_form_offers_every_paper_and_every_point_of_the_decision(app: Flask) -> None:
    case = make.filed()
    page = desk(make.BAIGUO, app).get(f"/staff/cases/{case.id}/notice").text
    for name in ("夫妻双方的居民身份证，或户口簿", "结婚证", "一对夫妻可以生育三个子女"):
        assert name in page
    assert "人口与计划生育法 第十八条第一款" in page


def test_it_is_read_once_as_the_citizen_will_read_it(app: Flask) -> None:
    case = make.filed()
    browser = desk(make.BAIGUO, app)
    answer = browser.post(f"/staff/cases/{case.id}/notice", data=typed(case, TWO, do="preview"))
    assert answer.status_code == 200
    told = answer.text.split('class="card preview"')[1].split("</section>")[0]
    for words in (WORDS, "看不清，请重新拍", "还没有交", "结婚证", "丢了可以到婚姻登记机关补领"):
        assert words in told
    assert "发给申请人</button>" in answer.text
    # What was typed stands below, to be changed.
    assert answer.text.count(WORDS) == 2
    assert (case.state, notices_of(case)) == ("submitted", [])


def test_everything_goes_in_one_notice_and_stops_the_clock(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    as_of("2026-03-03")
    answer = desk(make.BAIGUO, app).post(f"/staff/cases/{case.id}/notice", data=typed(case, TWO))
    assert answer.status_code == 303
    notice = notices_of(case)[0]
    assert (case.state, case.due_on, notice.state) == ("correction_asked", None, "sent")
    assert [(item.document_id, item.fault, item.words) for item in notice.items] == [
        ("id_or_hukou_booklet", "unclear", WORDS),
        ("marriage_certificate", "missing", None),
    ]
    event = case.events[-1]
    assert (event.kind, event.data["notice"], event.note) == (
        "correction_asked",
        str(notice.id),
        None,
    )
    message = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "correction_asked")
    ).one()
    assert case.number in message.text
    assert WORDS not in message.text
    assert count(AuditEvent.kind == "application.correction_asked") == 1


def test_words_are_sealed(app: Flask, session) -> None:
    case = make.filed()
    ask(case, words=WORDS)
    raw = db.session.execute(select(Notice.__table__.c)).all()
    raw += db.session.connection().exec_driver_sql("SELECT * FROM notice_items").all()
    raw += db.session.connection().exec_driver_sql("SELECT data FROM application_events").all()
    assert WORDS not in str(raw)
    assert WORDS.encode() not in str(raw).encode()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({}, "请至少勾一项"),
        ({BOOKLET: ("", "")}, "哪里不对"),
        ({BOOKLET: ("nonsense", "x")}, "哪里不对"),
        ({BOOKLET: ("other", "")}, "要补什么"),
        ({"rule-cn-2021.three-children": ("", "")}, "要补什么"),
    ],
)
def test_what_is_missing_in_it_is_said_and_nothing_typed_is_lost(
    app: Flask, wanted: dict, message: str
) -> None:
    case = make.filed()
    data = typed(case, wanted) | {f"ask_correction-words-{MARRIAGE}": "已经写了的字"}
    answer = desk(make.BAIGUO, app).post(f"/staff/cases/{case.id}/notice", data=data)
    assert answer.status_code == 422
    assert message in answer.text
    assert "已经写了的字" in answer.text
    assert case.state == "submitted"


def test_C2_a_form_left_open_overnight_keeps_the_words(app: Flask) -> None:
    case = make.filed()
    answer = desk(make.BAIGUO, app).post(
        f"/staff/cases/{case.id}/notice", data=typed(case, TWO), csrf=False
    )
    assert answer.status_code == 400
    assert WORDS in answer.text
    assert case.state == "submitted"


def test_a_point_that_is_no_paper_can_be_asked_about(app: Flask) -> None:
    case = make.filed()
    wanted = {"rule-cn-2021.registration-hukou": ("", "请写清楚户口什么时候迁来的。")}
    desk(make.BAIGUO, app).post(f"/staff/cases/{case.id}/notice", data=typed(case, wanted))
    item = notices_of(case)[0].items[0]
    assert (item.document_id, item.rule) == (None, "cn-2021.registration-hukou")


# --- Who and when ---


def test_only_the_clerk_who_has_it_asks(app: Flask) -> None:
    case = make.filed()
    for code, role in (
        (make.SONGBU, "clerk"),
        (make.MACHENG, "approver"),
        (make.MACHENG, "supervisor"),
    ):
        browser = desk(code, app, role)
        assert browser.get(f"/staff/cases/{case.id}/notice").status_code == 404
        assert (
            browser.post(f"/staff/cases/{case.id}/notice", data=typed(case, TWO)).status_code == 404
        )
    assert (case.state, notices_of(case)) == ("submitted", [])


def test_B5_nobody_asks_in_a_case_of_their_family(app: Flask) -> None:
    from app.applications.receipts import search_hash

    case = make.filed()
    clerk = make.officer(make.BAIGUO)
    clerk.kin_keys = [search_hash("phone", make.WOMAN["phone"])]
    db.session.commit()
    answer = make.browser_of(clerk, app).post(
        f"/staff/cases/{case.id}/notice", data=typed(case, TWO)
    )
    assert answer.status_code == 403
    assert (case.state, count(AuditEvent.kind == "case.kin")) == ("submitted", 1)


def test_an_accepted_case_is_complete_and_nothing_more_is_asked(app: Flask) -> None:
    case = make.filed()
    browser = desk(make.BAIGUO, app)
    stale = typed(case, TWO)
    browser.post(
        f"/staff/cases/{case.id}/accept",
        data={"accept-version": case.version, "accept-seen": len(case.events)},
    )
    assert browser.get(f"/staff/cases/{case.id}/notice").status_code == 303
    answer = browser.post(f"/staff/cases/{case.id}/notice", data=stale)
    assert answer.status_code == 409
    assert "有人先办了这个件" in answer.text
    assert case.state == "accepted"


def test_papers_brought_to_the_window_are_accepted_without_an_answer(app: Flask) -> None:
    case = make.filed()
    ask(case)
    browser = desk(make.BAIGUO, app)
    browser.post(
        f"/staff/cases/{case.id}/accept",
        data={"accept-version": case.version, "accept-seen": len(case.events)},
    )
    assert (case.state, notices_of(case)[0].state) == ("accepted", "closed")


def test_H1_two_clerks_ask_at_once_and_one_notice_goes(app: Flask) -> None:
    case = make.filed()
    clerks = [make.officer(make.BAIGUO) for _ in range(2)]
    both, results = threading.Barrier(2), []

    def press(clerk) -> None:
        with app.app_context():
            both.wait()
            try:
                ask(db.session.get_one(Application, case.id), clerk=clerk)
                results.append("sent")
            except (ChangedMeanwhileError, ActNotPossibleError):
                results.append("second")

    threads = [threading.Thread(target=press, args=(clerk,)) for clerk in clerks]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    db.session.expire_all()
    assert sorted(results) == ["second", "sent"]
    assert count(Notice.application_id == case.id) == 1
    assert count(Event.application_id == case.id, Event.kind == "correction_asked") == 1
    assert count(OutboxMessage.kind == "correction_asked") == 1


# --- A further one ---


def test_what_could_be_seen_the_first_time_needs_a_reason_and_a_supervisor(app: Flask) -> None:
    case = make.filed()
    ask(case)
    answered(case)
    clerk = desk(make.BAIGUO, app)
    assert "第一次就能看出来" in clerk.get(f"/staff/cases/{case.id}/notice").text
    late = {MARRIAGE: ("missing", "")}
    answer = clerk.post(f"/staff/cases/{case.id}/notice", data=typed(case, late))
    assert answer.status_code == 422
    assert "请写那次为什么没有告知" in answer.text
    sent = clerk.post(f"/staff/cases/{case.id}/notice", data=typed(case, late, why=WHY))
    assert sent.status_code == 303
    # Nothing has gone to the citizen, and the promise still runs.
    assert (case.state, notices_of(case)[-1].state) == ("submitted", "proposed")
    assert count(OutboxMessage.kind == "correction_asked") == 1
    number = case.number.removeprefix("JJB-")
    watcher = desk(make.MACHENG, app, "supervisor")
    assert number in watcher.get("/staff/cases?view=again").text
    page = watcher.get(f"/staff/cases/{case.id}").text
    assert WHY in page
    fields = {
        "ask_again-version": case.version,
        "ask_again-seen": len(case.events),
        "ask_again-agree": "yes",
    }
    refused = watcher.post(f"/staff/cases/{case.id}/notice/decision", data=fields)
    assert refused.status_code == 422
    assert "请写同意或者不同意的理由" in refused.text
    fields["ask_again-reasons"] = "情况属实。"
    assert watcher.post(f"/staff/cases/{case.id}/notice/decision", data=fields).status_code == 303
    assert (case.state, notices_of(case)[-1].state) == ("correction_asked", "sent")
    assert count(OutboxMessage.kind == "correction_asked") == 2
    assert number not in watcher.get("/staff/cases?view=again").text


def test_a_supervisor_who_says_no_sends_nothing(app: Flask) -> None:
    case = make.filed()
    ask(case)
    answered(case)
    ask(case, {MARRIAGE: "missing"}, why=WHY)
    watcher = desk(make.MACHENG, app, "supervisor")
    fields = {
        "ask_again-version": case.version,
        "ask_again-seen": len(case.events),
        "ask_again-agree": "no",
        "ask_again-reasons": "第一次就应当告知。",
    }
    watcher.post(f"/staff/cases/{case.id}/notice/decision", data=fields)
    assert (case.state, notices_of(case)[-1].state) == ("submitted", "declined")
    assert "第一次就应当告知" in desk(make.BAIGUO, app).get(f"/staff/cases/{case.id}").text
    again = watcher.post(f"/staff/cases/{case.id}/notice/decision", data=fields)
    assert again.status_code == 404


def test_what_was_asked_before_and_what_came_since_is_free(app: Flask) -> None:
    case = make.filed()
    ask(case)
    cleaned = clean(photo().read())
    uploads.save_upload(case, "marriage_certificate", "结婚证.jpg", cleaned)
    answered(case)
    ask(case, {BOOKLET: "unclear", MARRIAGE: "unclear"})
    assert (case.state, notices_of(case)[-1].state) == ("correction_asked", "sent")


def test_B4_nobody_but_a_supervisor_of_the_county_agrees(app: Flask) -> None:
    case = make.filed()
    ask(case)
    answered(case)
    ask(case, {MARRIAGE: "missing"}, why=WHY)
    fields = {
        "ask_again-version": case.version,
        "ask_again-seen": len(case.events),
        "ask_again-agree": "yes",
        "ask_again-reasons": "同意。",
    }
    for code, role in (
        (make.BAIGUO, "clerk"),
        (make.MACHENG, "approver"),
        (make.XINGNING, "supervisor"),
    ):
        browser = desk(code, app, role)
        answer = browser.post(f"/staff/cases/{case.id}/notice/decision", data=fields)
        assert answer.status_code == 404
    # A supervisor who sits in a township is none of the county.
    local = desk(make.BAIGUO, app, "supervisor")
    assert local.post(f"/staff/cases/{case.id}/notice/decision", data=fields).status_code == 409
    assert (case.state, notices_of(case)[-1].state) == ("submitted", "proposed")


def test_H1_agreed_and_declined_at_once_is_one_answer(app: Flask) -> None:
    from app.casework import asking, service

    case = make.filed()
    ask(case)
    answered(case)
    ask(case, {MARRIAGE: "missing"}, why=WHY)
    watchers = [make.officer(make.MACHENG, "supervisor") for _ in range(2)]
    both, results = threading.Barrier(2), []

    def press(watcher, agree: bool) -> None:
        with app.test_request_context():
            desk_of_one = service.desk_of(watcher)
            found = service.get_case_for(desk_of_one, case.id)
            both.wait()
            try:
                asking.decide(
                    desk_of_one, found, agree=agree, reasons="理由", version=found.version
                )
                results.append(agree)
            except (ChangedMeanwhileError, ActNotPossibleError, NotFound):
                db.session.rollback()

    threads = [
        threading.Thread(target=press, args=(each, agree))
        for each, agree in zip(watchers, (True, False), strict=True)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    db.session.expire_all()
    assert len(results) == 1
    expected = ("correction_asked", "sent") if results[0] else ("submitted", "declined")
    assert (case.state, notices_of(case)[-1].state) == expected


# --- The desk ---


def test_a_case_that_waits_for_the_citizen_is_not_the_clerks_turn(app: Flask) -> None:
    case = make.filed()
    ask(case)
    number = case.number.removeprefix("JJB-")
    clerk = desk(make.BAIGUO, app)
    assert number not in clerk.get("/staff/cases").text
    assert number in clerk.get("/staff/cases?view=asked").text
    page = clerk.get(f"/staff/cases/{case.id}").text
    assert "在等申请人补正" in page or "受理" in page
    assert "男方那一页看不清" in page


def test_nobody_has_opened_it_lights_the_supervisors_lamp(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    number = case.number.removeprefix("JJB-")
    watcher = desk(make.MACHENG, app, "supervisor")
    as_of("2026-03-05")
    assert number not in watcher.get("/staff/cases?view=unopened").text
    as_of("2026-03-06")
    page = watcher.get("/staff/cases?view=unopened").text
    assert number in page
    assert '<b class="red">1</b>' in page
    # Who only watches has not touched it.
    watcher.get(f"/staff/cases/{case.id}")
    assert number in watcher.get("/staff/cases?view=unopened").text
    before = case.version
    desk(make.BAIGUO, app).get(f"/staff/cases/{case.id}")
    assert number not in watcher.get("/staff/cases?view=unopened").text
    assert case.version == before
