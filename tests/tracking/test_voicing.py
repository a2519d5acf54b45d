"""Hurrying and complaining on a clock of their own, and judging in five levels without names."""

from __future__ import annotations

import contextlib
import re
import threading
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.applications.complaints import Complaint
from app.applications.models import Application
from app.applications.ratings import Rating
from app.audit import AuditEvent
from app.casework import answering, service
from app.casework.acts import Act
from app.clock import today
from app.extensions import db
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.casework.asking import ask, desk
from tests.client import Client
from tests.shape.test_queries import statements
from tests.tracking.test_tracking import REASONS, do

pytestmark = pytest.mark.usefixtures("offices")
STORY = "上周三到窗口去了两次，都说负责的人不在。"
ANSWER = "已经查过：经办人请假没有交接，今天起由陈晓办，周五前受理。"


def owner(app: Flask) -> Client:
    return make.browser_of(make.citizen(), app)


def complain(browser: Client, case: Application, grievance: str = "slow", text: str = STORY):
    return browser.post(f"/my/{case.id}/complain", data={"grievance": grievance, "text": text})


def all_of(case: Application) -> list[Complaint]:
    rows = select(Complaint).where(Complaint.application_id == case.id).order_by(Complaint.made_at)
    return list(db.session.scalars(rows))


def answer(browser: Client, complaint: Complaint, words: str = ANSWER, version: int | None = None):
    data = {"version": version or complaint.version, "words": words}
    return browser.post(f"/staff/complaints/{complaint.id}", data=data)


def count(*conditions) -> int:
    return db.session.scalar(select(func.count()).where(*conditions)) or 0


# --- Hurrying ---


def test_a_hurry_has_its_own_clock_and_is_answered(app: Flask, as_of) -> None:
    as_of("2026-03-05")
    case = make.filed()
    version, events = case.version, len(case.events)
    browser = owner(app)
    page = browser.get(f"/my/{case.id}/hurry").text
    assert "本单位承诺 2 个工作日" in page
    assert "2026 年 3 月 9 日" in page
    said = browser.post(f"/my/{case.id}/hurry", data={"text": "下周要生了。"})
    assert said.status_code == 303
    hurry = all_of(case)[0]
    assert (hurry.kind, str(hurry.due_on), hurry.answered_on) == ("hurry", "2026-03-09", None)
    # It is a record of its own: nobody who works on the case stumbles over it.
    assert (case.version, len(case.events)) == (version, events)
    page = browser.get(f"/my/{case.id}").text
    assert "等答复" in page
    assert "最迟 2026 年 3 月 9 日答复（本单位承诺）" in page
    clerk = desk(make.BAIGUO, app)
    listed = clerk.get("/staff/complaints").text
    assert case.number.removeprefix("JJB-") in listed
    assert "下周要生了。" in clerk.get(f"/staff/complaints/{hurry.id}").text
    assert "下周要生了。" in clerk.get(f"/staff/complaints/{hurry.id}").text
    assert answer(clerk, hurry).status_code == 303
    assert ANSWER in browser.get(f"/my/{case.id}").text
    assert count(OutboxMessage.kind == "complaint_answered") == 1
    assert case.number.removeprefix("JJB-") not in clerk.get("/staff/complaints").text
    assert case.number.removeprefix("JJB-") in clerk.get("/staff/complaints?answered=1").text


def test_an_answer_that_is_late_is_red_on_both_sides(app: Flask, as_of) -> None:
    as_of("2026-03-05")
    case = make.filed()
    browser = owner(app)
    browser.post(f"/my/{case.id}/hurry")
    as_of("2026-03-10")
    assert "超过承诺，还没有答复" in browser.get(f"/my/{case.id}").text
    page = desk(make.MACHENG, app, "supervisor").get("/staff/complaints").text
    assert 'class="when red">超 1 个工作日' in page
    assert '<b class="red">1</b>' in page


def test_once_a_day_and_what_was_typed_is_kept(app: Flask, as_of) -> None:
    as_of("2026-03-05")
    case = make.filed()
    browser = owner(app)
    browser.post(f"/my/{case.id}/hurry")
    again = browser.post(f"/my/{case.id}/hurry", data={"text": "再催一次"})
    assert again.status_code == 422
    assert "今天已经催过一次" in again.text
    assert "再催一次" in again.text
    as_of("2026-03-06")
    assert browser.post(f"/my/{case.id}/hurry").status_code == 303
    assert len(all_of(case)) == 2


def test_C3_twenty_taps_are_one_hurry(app: Flask) -> None:
    from app.applications.complaints import Voice
    from app.tracking import voicing

    case = make.filed()
    citizen = make.citizen()
    start, said = threading.Barrier(8), []

    def tap() -> None:
        with app.test_request_context():
            found = db.session.get_one(Application, case.id)
            start.wait()
            with contextlib.suppress(voicing.AlreadySaidError):
                said.append(voicing.say(citizen, found, Voice.HURRY, text=""))

    threads = [threading.Thread(target=tap) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(said) == 1
    assert count(Complaint.application_id == case.id) == 1


def test_who_is_asked_for_papers_has_nobody_to_hurry(app: Flask) -> None:
    case = make.filed()
    ask(case)
    browser = owner(app)
    assert "/hurry" not in browser.get(f"/my/{case.id}").text
    assert browser.get(f"/my/{case.id}/hurry").status_code == 303
    assert browser.post(f"/my/{case.id}/hurry").status_code == 409
    assert all_of(case) == []


# --- Complaining ---


def test_a_complaint_is_judged_by_nobody_who_is_complained_of(app: Flask) -> None:
    case = make.filed()
    complain(owner(app), case, "manner")
    complaint = all_of(case)[0]
    clerk = desk(make.BAIGUO, app)
    assert "投诉由县级督办答复" in clerk.get(f"/staff/complaints/{complaint.id}").text
    assert answer(clerk, complaint).status_code == 404
    assert all_of(case)[0].answered_on is None
    watcher = desk(make.MACHENG, app, "supervisor")
    page = watcher.get(f"/staff/complaints/{complaint.id}").text
    assert STORY in page
    assert "态度不好，或者推来推去" in page
    assert answer(watcher, complaint).status_code == 303
    assert ANSWER in owner(app).get(f"/my/{case.id}").text


def test_the_countys_approver_answers_unless_they_acted(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    do(case, Act.ACCEPT)
    do(case, Act.FORWARD_WITH_OPINION, meets=True)
    acted = make.officer(make.MACHENG, "approver")
    from flask import current_app

    from app.casework import service

    with current_app.test_request_context():
        found = service.get_case_for(service.desk_of(acted), case.id)
        service.perform(
            service.desk_of(acted), found, Act.REFUSE, version=found.version, reasons=REASONS
        )
    complain(owner(app), case, "result")
    complaint = all_of(case)[0]
    assert answer(make.browser_of(acted, app), complaint).status_code == 404
    assert answer(desk(make.MACHENG, app, "approver"), complaint).status_code == 303


def test_a_term_of_law_that_is_over_has_a_remedy_of_law(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    browser = owner(app)
    as_of("2026-03-20")
    # Only the operator's promise is broken: nothing to sue for.
    assert "行政复议" not in browser.get(f"/my/{case.id}/complain").text
    case.decision = {
        **case.decision,
        "places": [
            {
                **place,
                "time_limits": [
                    {"who": "township", "value": 3, "unit": "day", "from": "accepted", "text": ""}
                ],
            }
            for place in case.decision["places"]
        ],
    }
    db.session.commit()
    do(case, Act.ACCEPT)
    as_of("2026-04-20")
    page = browser.get(f"/my/{case.id}/complain").text
    assert "已经超过规定的期限" in page
    assert "行政复议法（2023 年修订）" in page
    assert "先复议" in page


def test_a_complaint_is_possible_after_the_end(app: Flask) -> None:
    case = make.filed()
    do(case, Act.REFUSE, reasons=REASONS)
    browser = owner(app)
    assert "投诉不影响复议和起诉" in browser.get(f"/my/{case.id}/complain").text
    assert complain(browser, case, "result").status_code == 303


@pytest.mark.parametrize(
    ("grievance", "text", "message"),
    [
        ("", STORY, "请选投诉什么"),
        ("weather", STORY, "请选投诉什么"),
        ("slow", "", "请写一下经过"),
        ("slow", "长" * 2001, "最多 2000 个字"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    app: Flask, grievance: str, text: str, message: str
) -> None:
    case = make.filed()
    refused = complain(owner(app), case, grievance, text)
    assert refused.status_code == 422
    assert message in refused.text
    assert text in refused.text
    assert all_of(case) == []


def test_what_is_said_is_sealed_and_in_no_audit(app: Flask) -> None:
    case = make.filed()
    complain(owner(app), case)
    raw = db.session.connection().exec_driver_sql("SELECT * FROM complaints").all()
    assert STORY.encode() not in b"".join(x for row in raw for x in row if type(x) is bytes)
    assert STORY not in str(raw)
    audited = db.session.scalars(
        select(AuditEvent).where(AuditEvent.kind == "complaint.made")
    ).one()
    assert set(audited.data) == {"complaint", "about"}


def test_B1_only_the_owner_hurries_complains_and_judges(app: Flask) -> None:
    case = make.filed()
    other = make.browser_of(make.citizen("13911112222"), app)
    for path in ("hurry", "complain", "rate"):
        for where in (case.id, uuid.uuid4()):
            for method in ("GET", "POST"):
                assert other.open(f"/my/{where}/{path}", method=method).status_code == 404
    assert count(Complaint.application_id == case.id) == 0


def test_B2_what_an_agent_says_is_told_to_the_couple(app: Flask) -> None:
    case = make.filed(filer="agent")
    before = count(OutboxMessage.kind == "agent_acted")
    agent = make.browser_of(make.citizen(make.AGENT["phone"]), app)
    assert agent.post(f"/my/{case.id}/hurry").status_code == 303
    assert count(OutboxMessage.kind == "agent_acted") == before + 2


def test_B3_another_county_neither_reads_nor_answers_nor_counts(app: Flask) -> None:
    case = make.filed()
    complain(owner(app), case)
    complaint = all_of(case)[0]
    for code, role in (
        (make.SONGBU, "clerk"),
        (make.XINGNING, "supervisor"),
        (make.XINGNING, "approver"),
    ):
        browser = desk(code, app, role)
        for where in (complaint.id, uuid.uuid4()):
            assert browser.get(f"/staff/complaints/{where}").status_code == 404
            data = {"version": 1, "words": ANSWER}
            assert browser.post(f"/staff/complaints/{where}", data=data).status_code == 404
        page = browser.get("/staff/complaints").text
        assert case.number.removeprefix("JJB-") not in page
        assert "没有等答复的" in page


def test_B5_nobody_answers_their_own_family(app: Flask) -> None:
    from app.applications.receipts import search_hash

    case = make.filed()
    complain(owner(app), case)
    watcher = make.officer(make.MACHENG, "supervisor")
    watcher.kin_keys = [search_hash("phone", make.WOMAN["phone"])]
    db.session.commit()
    refused = answer(make.browser_of(watcher, app), all_of(case)[0])
    assert refused.status_code == 403
    assert "和您本人或亲属有关" in refused.text
    assert ANSWER in refused.text
    assert all_of(case)[0].answered_on is None


def test_H1_the_second_answer_does_not_go_and_shows_the_first(app: Flask) -> None:
    case = make.filed()
    owner(app).post(f"/my/{case.id}/hurry")
    hurry = all_of(case)[0]
    version = hurry.version
    answer(desk(make.BAIGUO, app), hurry)
    second = answer(desk(make.MACHENG, app, "supervisor"), hurry, "我们正在催办经办人。", version)
    assert second.status_code == 409
    assert "有人先答复了" in second.text
    assert "我们正在催办经办人。" in second.text
    assert ANSWER in second.text
    assert count(OutboxMessage.kind == "complaint_answered") == 1


def test_an_answer_of_a_few_characters_is_none(app: Flask) -> None:
    case = make.filed()
    owner(app).post(f"/my/{case.id}/hurry")
    refused = answer(desk(make.BAIGUO, app), all_of(case)[0], "收到")
    assert refused.status_code == 422
    assert "太短了" in refused.text


def test_the_case_page_says_that_somebody_waits(app: Flask) -> None:
    case = make.filed()
    owner(app).post(f"/my/{case.id}/hurry")
    page = desk(make.BAIGUO, app).get(f"/staff/cases/{case.id}").text
    assert f"/staff/complaints/{all_of(case)[0].id}" in page


# --- Judging ---


def ended(app: Flask) -> Application:
    case = make.filed()
    do(case, Act.ACCEPT)
    do(case, Act.REGISTER)
    return case


def rate(browser: Client, case: Application, level: str, reason: str = ""):
    return browser.post(f"/my/{case.id}/rate", data={"level": level, "reason": reason})


def rating(case: Application) -> Rating:
    return db.session.scalars(select(Rating).where(Rating.application_id == case.id)).one()


def test_five_levels_once_it_has_ended(app: Flask) -> None:
    case = make.filed()
    browser = owner(app)
    assert browser.get(f"/my/{case.id}/rate").status_code == 303
    assert rate(browser, case, "good").status_code == 409
    do(case, Act.ACCEPT)
    do(case, Act.REGISTER)
    page = browser.get(f"/my/{case.id}/rate").text
    for words in ("非常满意", "满意", "基本满意", "不满意", "非常不满意"):
        assert words in page
    assert rate(browser, case, "good").status_code == 303
    assert "您的评价" in browser.get(f"/my/{case.id}").text
    assert rate(browser, case, "superb").status_code == 422


def test_one_judgement_that_may_be_thought_over_for_some_days(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = ended(app)
    browser = owner(app)
    rate(browser, case, "good")
    as_of("2026-03-12")
    assert rate(browser, case, "poor", "等了半小时").status_code == 303
    assert count(Rating.application_id == case.id) == 1
    assert (rating(case).level, rating(case).reason) == ("poor", "等了半小时")
    as_of("2026-03-13")
    assert rate(browser, case, "very_good").status_code == 409
    assert "改评价" not in browser.get(f"/my/{case.id}").text
    assert rating(case).level == "poor"


def test_a_low_one_is_looked_into_by_a_supervisor_without_names(app: Flask) -> None:
    case = ended(app)
    rate(owner(app), case, "very_poor", "窗口没有人。")
    watcher = desk(make.MACHENG, app, "supervisor")
    page = watcher.get("/staff/ratings").text
    assert "窗口没有人。" in page
    for secret in (case.number, case.number.removeprefix("JJB-"), str(case.id), "张某", "李某"):
        assert secret not in page
    low = rating(case)
    short = watcher.post(f"/staff/ratings/{low.id}", data={"version": low.version, "words": "好"})
    assert short.status_code == 422
    done = watcher.post(f"/staff/ratings/{low.id}", data={"version": low.version, "words": ANSWER})
    assert done.status_code == 303
    assert rating(case).follow_up == ANSWER
    assert ANSWER in watcher.get("/staff/ratings").text


def test_H1_who_follows_up_second_reads_so_and_keeps_the_words(app: Flask) -> None:
    case = ended(app)
    rate(owner(app), case, "very_poor", "窗口没有人。")
    low = rating(case)
    address, version = f"/staff/ratings/{low.id}", low.version
    watcher = desk(make.MACHENG, app, "supervisor")
    watcher.post(address, data={"version": version, "words": ANSWER})
    mine = {"version": version, "words": "窗口已加人。\n下周再看一次。"}
    second = watcher.post(address, data=mine)
    assert second.status_code == 409
    row = second.text.partition(f'id="rating-{low.id}"')[2].partition("</section>")[0]
    said = re.search(r'<div class="notice amber" tabindex="-1" autofocus.*?</div>', row, re.DOTALL)
    assert said is not None
    for words in ("有人先记过了", "您写的没有记下", "<p>窗口已加人。</p><p>下周再看一次。</p>"):
        assert words in said[0]
    assert ANSWER in row
    assert rating(case).follow_up == ANSWER
    assert "有人先记过了" not in watcher.get("/staff/ratings").text


def test_a_judgement_changed_meanwhile_is_read_anew_and_then_followed_up(app: Flask) -> None:
    case = ended(app)
    browser = owner(app)
    rate(browser, case, "poor", "等了半小时")
    address, version = f"/staff/ratings/{rating(case).id}", rating(case).version
    rate(browser, case, "very_poor", "等了一小时")
    watcher = desk(make.MACHENG, app, "supervisor")
    late = watcher.post(address, data={"version": version, "words": ANSWER})
    assert late.status_code == 409
    assert "评价的人刚改了评价" in late.text
    assert "有人先记过了" not in late.text
    shown = re.search(r'name="version"[^>]*value="(\d+)"', late.text)
    assert shown is not None
    assert watcher.post(address, data={"version": shown[1], "words": ANSWER}).status_code == 303
    assert rating(case).follow_up == ANSWER


def judged(case: Application, number: int, level: str = "poor", **more: Any) -> Rating:
    """What another person thinks of the same case; the caller commits."""
    made = Rating(
        application=db.session.get(Application, case.id),
        citizen_id=make.citizen(f"138{number:08}").id,
        office_id=case.office_id,
        service=case.service,
        level=level,
        reason=f"等了 {number} 分钟。",
        **{"rated_on": today(), **more},
    )
    db.session.add(made)
    return made


def test_low_ones_are_leafed_through_and_the_open_ones_come_first(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = ended(app)
    for number in range(100, 130):
        seen_to = {"followed_on": today(), "follow_up": ANSWER} if number < 103 else {}
        judged(case, number, rated_on=today() - timedelta(days=number - 100), **seen_to)
    judged(case, 200, rated_on=today() - timedelta(days=366))
    judged(case, 201, "good")
    db.session.commit()
    watcher = desk(make.MACHENG, app, "supervisor")
    minutes = [
        [int(each) for each in re.findall(r"等了 (\d+) 分钟", watcher.get(url).text)]
        for url in ("/staff/ratings", "/staff/ratings?page=2", "/staff/ratings?page=3")
    ]
    assert minutes == [list(range(103, 128)), [128, 129, 100, 101, 102], []]
    first, second = (watcher.get(f"/staff/ratings?page={number}").text for number in (1, 2))
    assert ("下一页" in first, "上一页" in first) == (True, False)
    assert ("下一页" in second, "上一页" in second) == (False, True)
    # All of the year is counted on each of them.
    assert "不满意 30" in first
    assert "不满意 30" in second
    assert ">27</b>" in first
    # What is typed on the second page leads back to it, and a mistake is shown there.
    low = db.session.scalars(select(Rating).where(Rating.rated_on == date(2026, 2, 1))).one()
    address = f"/staff/ratings/{low.id}?page=2"
    assert address in second
    wrong = watcher.post(address, data={"version": low.version, "words": "好"})
    assert wrong.status_code == 422
    assert "等了 129 分钟" in wrong.text
    assert "等了 110 分钟" not in wrong.text
    # From a page on which it is no more, it is shown all the same.
    moved = watcher.post(
        f"/staff/ratings/{low.id}?page=1", data={"version": low.version, "words": "好"}
    )
    assert moved.text.index("等了 129 分钟") < moved.text.index("等了 103 分钟")
    assert re.search(r">\s*好</textarea>", moved.text)
    done = watcher.post(address, data={"version": low.version, "words": ANSWER})
    assert done.headers["Location"].endswith("/staff/ratings?page=2")


def test_a_year_of_judgements_is_counted_and_sorted_by_indexes_alone(
    app: Flask, session: Any
) -> None:
    """As many as there are, only those of the page are read whole."""
    case = ended(app)
    for number in range(100, 140):
        judged(case, number)
    db.session.commit()
    watcher = service.desk_of(make.officer(make.MACHENG, "supervisor"))
    with statements() as asked:
        answering.judgements_for(watcher)
        answering.low_ratings_for(watcher, 1)
    counting, listing = (each for each in asked if "service_ratings" in each[0])
    session.rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM ANALYZE service_ratings")
            connection.exec_driver_sql("SET enable_seqscan = off")
            connection.exec_driver_sql("SET enable_bitmapscan = off")
            plan = [
                row[0] for row in connection.exec_driver_sql(f"EXPLAIN {counting[0]}", counting[1])
            ]
            assert any("Index Only Scan" in line and "rated_on" in line for line in plan), plan
        else:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {counting[0]}", counting[1])
            plan = [row[3] for row in rows]
            assert any("service_ratings USING COVERING INDEX" in line for line in plan), plan
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {listing[0]}", listing[1])
            plan = [row[3] for row in rows]
            wanted = "(office_id=? AND level=? AND rated_on>?)"
            assert any(wanted in line for line in plan), plan


def test_a_changed_judgement_is_looked_into_anew(app: Flask) -> None:
    case = ended(app)
    browser = owner(app)
    rate(browser, case, "poor")
    low = rating(case)
    desk(make.MACHENG, app, "supervisor").post(
        f"/staff/ratings/{low.id}", data={"version": low.version, "words": ANSWER}
    )
    rate(browser, case, "very_poor", "查了也没有改。")
    assert rating(case).followed_on is None


def test_a_reason_belongs_to_a_low_judgement_alone(app: Flask) -> None:
    case = ended(app)
    rate(owner(app), case, "good", "很好")
    assert rating(case).reason is None


def test_B4_ratings_are_for_supervisors_of_the_county(app: Flask) -> None:
    case = ended(app)
    rate(owner(app), case, "very_poor", "窗口没有人。")
    low = rating(case)
    for code, role in ((make.BAIGUO, "clerk"), (make.MACHENG, "approver")):
        browser = desk(code, app, role)
        assert browser.get("/staff/ratings").status_code == 404
        assert browser.post(f"/staff/ratings/{low.id}").status_code == 404
    elsewhere = desk(make.XINGNING, app, "supervisor")
    assert "窗口没有人" not in elsewhere.get("/staff/ratings").text
    data = {"version": low.version, "words": ANSWER}
    assert elsewhere.post(f"/staff/ratings/{low.id}", data=data).status_code == 404
    assert rating(case).followed_on is None
