"""Questions between offices: their own clock, one answer, and silence that never throws a case back."""

from __future__ import annotations

import re
import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.applications.deadlines import keep_clock
from app.applications.decisions import decision_for
from app.applications.models import Application, Event
from app.applications.receipts import search_hash
from app.casework.service import deadlines_of
from app.clock import today
from app.extensions import db
from app.verification import watch
from app.verification.models import ResultNote, VerificationRequest
from tests import factories as make
from tests.casework.asking import desk
from tests.casework.test_desk import act, kinds
from tests.client import Client
from tests.test_typesetting import text_of

pytestmark = pytest.mark.usefixtures("offices")
QUESTION = "女方 2010 年以前生育过没有？"
PROMISE = "夫妻二人书面承诺：各只生育过一个孩子，愿负责任。"
NOWHERE = "110105001"


def ask(
    case: Application, app: Flask, to: str = make.SONGBU, *, by: str = make.BAIGUO, **more: str
):
    """The form of the page, filled in by a clerk who has the case."""
    fields = {"to": to, "whom": "woman", "about": "births", "words": QUESTION, **more}
    return desk(by, app).post(f"/staff/cases/{case.id}/verifications", data=fields)


def asked(case: Application, app: Flask, to: str = make.SONGBU, **more: str) -> VerificationRequest:
    answer = ask(case, app, to, **more)
    assert answer.status_code == 303, answer.text
    return latest()


def latest() -> VerificationRequest:
    db.session.expire_all()
    return db.session.scalars(
        select(VerificationRequest).order_by(VerificationRequest.ordinal.desc())
    ).first()


def reply_at(browser: Client, found: VerificationRequest, finding: str, words: str = ""):
    version = str(found.version)
    data = {"finding": finding, "words": words, "version": version}
    return browser.post(f"/staff/enquiries/{found.id}", data=data)


# --- Inside ---


def test_the_other_office_sees_what_it_needs_and_answers(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    found = asked(case, app)
    # Five working days, which no text names: this operator's promise.
    assert (str(found.due_on), found.is_promise) == ("2026-03-09", True)
    there = desk(make.SONGBU, app)
    listed = there.get("/staff/enquiries").text
    assert "生育和收养过几个孩子" in listed
    page = there.get(f"/staff/enquiries/{found.id}").text
    assert QUESTION in page
    assert "本单位承诺" in page
    assert make.WOMAN["name"] not in page
    assert make.WOMAN["id_number"] not in page
    assert there.get(f"/staff/cases/{case.id}").status_code == 404
    there.post(f"/staff/enquiries/{found.id}/reveal")
    shown = there.get(f"/staff/enquiries/{found.id}").text
    assert make.WOMAN["id_number"] in shown
    # Asked about her alone.
    assert make.MAN["name"] not in shown
    assert "personal_data_viewed" in kinds(case)
    assert reply_at(there, found, "confirmed", "没有生育过。").status_code == 303
    here = desk(make.BAIGUO, app).get(f"/staff/cases/{case.id}").text
    assert "属实" in here
    assert "没有生育过。" in here
    mine = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert "别处答复了核实" in mine
    assert QUESTION not in mine


@pytest.mark.parametrize("office", ["421181002", make.LOUFENG])
def test_no_other_office_sees_the_question(app: Flask, office: str) -> None:
    found = asked(make.filed(), app)
    other = desk(office, app)
    assert other.get(f"/staff/enquiries/{found.id}").status_code == 404
    assert reply_at(other, found, "confirmed").status_code == 404
    assert "生育和收养过几个孩子" not in other.get("/staff/enquiries").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"to": ""}, "请选请哪里核实"),
        ({"to": "elsewhere"}, "请在“别的地方”里找到"),
        ({"about": "other", "words": ""}, "请写清楚要核实什么"),
        ({"whom": "child"}, "请选核实谁"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_asked(app: Flask, wrong, said: str) -> None:
    case = make.filed()
    answer = ask(case, app, **wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert kinds(case) == ["submitted"]


def test_what_speaks_against_a_citizen_is_said_in_words(app: Flask) -> None:
    found = asked(make.filed(), app)
    answer = reply_at(desk(make.SONGBU, app), found, "not_confirmed")
    assert answer.status_code == 422
    assert "请写清楚哪里不符" in answer.text


def test_H1_two_clerks_answer_once_and_the_second_sees_who(app: Flask) -> None:
    found = asked(make.filed(), app)
    first, second = (
        make.browser_of(make.officer(make.SONGBU, name=name), app) for name in ("周敏", "吴刚")
    )
    version, statuses = str(found.version), []
    both = threading.Barrier(2)

    def send(browser: Client) -> None:
        both.wait()
        data = {"finding": "confirmed", "words": "", "version": version}
        statuses.append(browser.post(f"/staff/enquiries/{found.id}", data=data))

    threads = [threading.Thread(target=send, args=(each,)) for each in (first, second)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.status_code for each in statuses) == [303, 409]
    loser = next(each for each in statuses if each.status_code == 409)
    assert "有人先答复了" in loser.text
    assert re.search("周敏|吴刚", loser.text.split("有人先答复了")[1])
    events = select(func.count()).where(Event.kind == "verification_answered")
    assert db.session.scalar(events) == 1


# --- The clock ---


def test_the_clock_of_2009_is_that_of_its_text(app: Flask, as_of) -> None:
    case = under_the_law_of_2013(FIRST_AWAY, as_of)
    by = make.LOUFENG
    act(desk(by, app), case, "accept")
    found = asked(case, app, make.BAIGUO, by=by)
    assert (found.value, found.unit, found.is_promise) == (15, "working_day", False)
    step = next(each for each in deadlines_of(case) if each.step == "hukou_township")
    assert step.due_on == found.due_on
    # A second question, to his place: one answer alone does not settle it.
    second = asked(case, app, make.SONGBU, by=by, whom="man")
    reply_at(desk(make.BAIGUO, app), found, "confirmed")
    db.session.expire_all()
    step = next(each for each in deadlines_of(casework_case(case)) if each.step == "hukou_township")
    assert step.is_running
    reply_at(desk(make.SONGBU, app), second, "confirmed")
    db.session.expire_all()
    steps = deadlines_of(casework_case(case))
    assert not next(each for each in steps if each.step == "hukou_township").is_running
    # At once, once all have answered.
    assert next(each for each in steps if each.start == "reply_received").due_on is not None


FIRST_AWAY = {
    **make.FIRST_CHILD,
    "woman": {"hukou": make.BAIGUO, "residence": {"division": make.LOUFENG, "since": "2012-01-01"}},
    "man": {"hukou": make.SONGBU, "residence": {"division": make.LOUFENG, "since": "2012-01-01"}},
}


def under_the_law_of_2013(facts: dict, as_of) -> Application:
    """A case on paper: that text opens no filing online, but what it says of days is this."""
    as_of("2026-03-02")
    case = make.filed(facts, "woman_residence")
    as_of("2013-06-03")
    case.decision = decision_for(facts)
    case.submitted_on = case.events[0].happened_on = today()
    keep_clock(case, case.events, promise=5)
    db.session.commit()
    return case


def casework_case(case: Application) -> Application:
    return db.session.get_one(Application, case.id, populate_existing=True)


def test_hubei_has_no_number_of_its_own_and_stays_within_the_thirty_days(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    act(desk(make.BAIGUO, app), case, "accept")
    db.session.expire_all()
    before = (case.due_on, case.overall_due_on)
    as_of("2014-07-01")
    found = asked(case, app)
    assert found.is_promise
    assert str(found.due_on) == "2014-07-03"
    db.session.expire_all()
    # Asking stops nothing.
    assert (case.due_on, case.overall_due_on) == before


# --- Nobody answers ---


def test_a_reminder_before_the_day_and_both_supervisors_after_it_once(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    found = asked(case, app)
    for day, done in (("2026-03-06", 0), ("2026-03-07", 1), ("2026-03-09", 0), ("2026-03-10", 1)):
        as_of(day)
        assert watch.watch() == done, day
        assert watch.watch() == 0
    db.session.expire_all()
    assert (str(found.reminded_on), str(found.escalated_on)) == ("2026-03-07", "2026-03-10")
    assert kinds(case).count("verification_escalated") == 1
    boss = desk(make.MACHENG, app, "supervisor").get("/staff/enquiries").text
    assert "起亮红灯" in boss


def test_both_supervisors_see_it_and_nobody_else_does(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    asked(make.filed(), app, "elsewhere", division=make.LOUFENG)
    as_of("2026-03-20")
    watch.watch()
    for county in (make.MACHENG, make.YUANQU):
        assert "起亮红灯" in desk(county, app, "supervisor").get("/staff/enquiries").text
    assert "起亮红灯" not in desk(make.XINGNING, app, "supervisor").get("/staff/enquiries").text


def test_a_supervisor_of_both_offices_sees_an_overdue_question_once(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    found = asked(make.filed(), app)
    boss = desk(make.MACHENG, app, "supervisor")
    address = f"/staff/enquiries/{found.id}"
    assert boss.get("/staff/enquiries").text.count(address) == 1
    for day in ("2026-03-10", "2026-03-20"):
        as_of(day)
        page = boss.get("/staff/enquiries").text
        asked_of_us, late = page.split("过了期还没有答复的", 1)
        assert (asked_of_us.count(address), late.count(address)) == (0, 1)
        assert "没有还在期限里的" in asked_of_us
        # Counted once as well, beside the name of the list.
        assert re.search(r"别处请我们查的\s*<b[^>]*>1</b>", page)
    assert boss.get(address).status_code == 200
    # Who has to answer has it where it was.
    assert address in desk(make.SONGBU, app).get("/staff/enquiries").text


def test_an_overdue_question_of_another_county_is_no_link(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    found = asked(make.filed(), app, "elsewhere", division=make.LOUFENG)
    as_of("2026-03-20")
    address = f"/staff/enquiries/{found.id}"
    for county, opens in ((make.MACHENG, False), (make.YUANQU, True)):
        boss = desk(county, app, "supervisor")
        page = boss.get("/staff/enquiries").text.split('<article class="one"', 1)[1]
        assert page.count('class="when red"') == 1
        assert (address in page) is opens
        assert boss.get(address).status_code == (200 if opens else 404)


def test_H1_two_workers_escalate_once(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    asked(case, app)
    as_of("2026-03-10")
    both, done = threading.Barrier(4), []

    def work() -> None:
        with app.app_context():
            both.wait()
            done.append(watch.watch())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(done) == 2
    assert kinds(case).count("verification_escalated") == 1


def test_S1_city_C_cannot_look_up_city_A_and_the_application_is_not_thrown_back(
    app: Flask, as_of
) -> None:
    """The failed case of the article: hukou in one city, applied in another that cannot query it."""
    as_of("2026-03-02")
    facts = {
        **make.FIRST_CHILD,
        "woman": {"hukou": NOWHERE, "residence": {"division": make.LOUFENG, "since": "2025-01-01"}},
        "man": {"hukou": NOWHERE, "residence": {"division": make.LOUFENG, "since": "2025-01-01"}},
    }
    case = make.filed(facts, "woman_residence")
    here = desk(make.LOUFENG, app)
    act(here, case, "accept")
    # City C asks city A, which has no desk here: a letter with a code, and a clock.
    found = asked(case, app, NOWHERE, by=make.LOUFENG)
    assert found.to_office_id is None
    before = here.get(f"/staff/cases/{case.id}").text
    assert f"/verifications/{found.id}/leave" not in before
    early = here.post(
        f"/staff/cases/{case.id}/verifications/{found.id}/leave",
        data={"version": str(found.version), "promise": PROMISE},
    )
    assert early.status_code == 409
    # City A says nothing. There is no button that gives the application back.
    as_of("2026-03-20")
    watch.watch()
    db.session.expire_all()
    page = here.get(f"/staff/cases/{case.id}").text
    assert f"/verifications/{found.id}/leave" in page
    assert "退回" not in page
    went_on = here.post(
        f"/staff/cases/{case.id}/verifications/{found.id}/leave",
        data={"version": str(latest().version), "promise": PROMISE},
    )
    assert went_on.status_code == 303
    assert act(here, case, "register").status_code == 303
    db.session.expire_all()
    assert case.state == "registered"
    found = latest()
    assert (found.stage, found.promise) == ("closed", PROMISE)
    assert kinds(case) == [
        "submitted",
        "accepted",
        "verification_asked",
        "verification_escalated",
        "verification_left",
        "registered",
    ]
    mine = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert "没等到核实，凭书面承诺往下办" in mine


# --- Outside: a letter and a code ---


def test_an_office_outside_answers_by_the_code_of_its_letter_once(
    app: Flask, client: Client
) -> None:
    case = make.filed()
    found = asked(case, app, "elsewhere", division=NOWHERE)
    code = found.reply_code
    answer = desk(make.BAIGUO, app).get(f"/staff/cases/{case.id}/verifications/{found.id}.pdf")
    words = "".join(text_of(answer.data).split())
    for part in (code, make.WOMAN["name"], make.WOMAN["id_number"], QUESTION.replace(" ", "")):
        assert part in words
    typed = code.lower().replace("-", " ")
    assert client.post("/reply", data={"code": typed}).status_code == 303
    page = client.get("/reply/answer").text
    for personal in (make.WOMAN["name"], make.WOMAN["id_number"], QUESTION, "张", str(case.id)):
        assert personal not in page
    sent = {"finding": "confirmed", "words": "属实。", "office": "某某街道办事处", "person": "赵六"}
    sent["version"] = "1"
    assert "请填单位名称" in client.post("/reply/answer", data={**sent, "office": ""}).text
    assert "答复已经送到" in client.post("/reply/answer", data=sent).text
    assert client.post("/reply/answer", data=sent).status_code == 303
    assert "已经用过了" in client.post("/reply", data={"code": code}).text
    here = desk(make.BAIGUO, app).get(f"/staff/cases/{case.id}").text
    assert "某某街道办事处" in here
    assert "赵六" in here
    assert kinds(case).count("verification_answered") == 1


@pytest.mark.parametrize(
    "code", ["x", "XC-0000-0000-0000", "' OR 1=1--", "\x00", "𠮷" * 300, "JJB-2222"]
)
def test_hostile_codes_find_nothing(app: Flask, client: Client, code: str) -> None:
    asked(make.filed(), app, "elsewhere", division=NOWHERE)
    assert client.post("/reply", data={"code": code}).status_code == 422


def test_guessing_codes_is_limited(app: Flask, client: Client) -> None:
    found = asked(make.filed(), app, "elsewhere", division=NOWHERE)
    for number in range(10):
        wrong = client.post("/reply", data={"code": f"XC-2222-2222-222{number}"})
        assert wrong.status_code == 422
    locked = client.post("/reply", data={"code": found.reply_code})
    assert locked.status_code == 429
    assert int(locked.headers["Retry-After"]) > 0


def test_a_case_that_has_ended_takes_no_answer(app: Flask, client: Client) -> None:
    case = make.filed()
    found = asked(case, app, "elsewhere", division=NOWHERE)
    code = found.reply_code
    act(desk(make.BAIGUO, app), case, "accept")
    act(desk(make.BAIGUO, app), case, "register")
    assert client.post("/reply", data={"code": code}).status_code == 422
    assert latest().stage == "closed"


# --- The result goes to the place of hukou ---


def test_the_place_of_hukou_is_told_of_a_result_at_the_residence(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed(FIRST_AWAY, "woman_residence")
    here = desk(make.LOUFENG, app)
    act(here, case, "accept")
    act(here, case, "register")
    told = db.session.scalars(select(ResultNote)).all()
    assert {each.office_id for each in told} == {
        make.office(make.BAIGUO).id,
        make.office(make.SONGBU).id,
    }
    assert kinds(case)[-1] == "result_reported"
    page = desk(make.SONGBU, app).get("/staff/enquiries").text
    assert "张" in page
    assert make.WOMAN["name"] not in page
    assert "已登记" in page
    assert "结果已通报户籍地" in make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text


def test_a_place_without_a_desk_is_told_by_the_clerk_within_fifteen_working_days(
    app: Flask, as_of
) -> None:
    facts = {
        **FIRST_AWAY,
        "man": {"hukou": NOWHERE, "residence": {"division": make.LOUFENG, "since": "2012-01-01"}},
    }
    case = under_the_law_of_2013(facts, as_of)
    here = desk(make.LOUFENG, app)
    act(here, case, "accept")
    act(here, case, "register")
    db.session.expire_all()
    last = next(each for each in deadlines_of(case) if each.start == "registered")
    assert last.is_running
    assert "告诉户籍地" in here.get(f"/staff/cases/{case.id}").text
    assert here.post(f"/staff/cases/{case.id}/told").status_code == 303
    last = next(each for each in deadlines_of(casework_case(case)) if each.start == "registered")
    assert not last.is_running
    assert here.post(f"/staff/cases/{case.id}/told").status_code == 409


def test_nobody_asks_about_the_case_of_their_own_family(app: Flask) -> None:
    case = make.filed()
    kin = make.officer(make.BAIGUO)
    kin.kin_keys = [search_hash("id_number", make.WOMAN["id_number"])]
    db.session.commit()
    fields = {"to": make.SONGBU, "whom": "woman", "about": "births", "words": ""}
    answer = make.browser_of(kin, app).post(f"/staff/cases/{case.id}/verifications", data=fields)
    assert answer.status_code == 403
    assert kinds(case) == ["submitted"]
