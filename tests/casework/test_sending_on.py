"""First receiver responsible: the wrong office hands the whole case to the right one, nobody starts again."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.models import Application, Event
from app.extensions import db
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.casework.asking import desk
from tests.casework.test_desk import act, kinds

pytestmark = pytest.mark.usefixtures("offices")
WHY = "女方户口在宋埠镇，这件归宋埠镇办。"
GULOU = "421181002"


def send(
    case: Application, app: Flask, to: str, *, by: str = make.BAIGUO, role: str = "clerk", **more
):
    """The form of the page, filled in by somebody at this desk."""
    browser = desk(by, app, role)
    fields = {"version": str(case.version), "seen": str(len(case.events)), "reasons": WHY}
    fields |= {"office": str(make.office(to).id), **more}
    data = {f"send_on-{name}": value for name, value in fields.items()}
    return browser.post(f"/staff/cases/{case.id}/send-on", data=data)


def test_the_whole_case_goes_and_the_clock_does_not_move(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    before = (case.number, case.submitted_on, case.submitted_at, case.due_on, case.first_office_id)
    as_of("2026-03-04")
    page = desk(make.BAIGUO, app).get(f"/staff/cases/{case.id}/send-on").text
    assert "宋埠镇" in page
    assert send(case, app, make.SONGBU).status_code == 303
    db.session.expire_all()
    after = (case.number, case.submitted_on, case.submitted_at, case.due_on, case.first_office_id)
    assert after == before
    assert (case.office_id, case.state) == (make.office(make.SONGBU).id, "submitted")
    # The other place of the decision: its steps and limits apply from now on.
    assert case.filing_role == "man_hukou"
    event = db.session.scalars(select(Event).where(Event.kind == "sent_on")).one()
    assert event.note == WHY
    assert (event.data["from_role"], event.data["to_role"]) == ("woman_hukou", "man_hukou")


def test_the_citizen_is_told_and_the_first_receiver_stays_named(app: Flask) -> None:
    case = make.filed()
    send(case, app, make.SONGBU)
    told = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "application_sent_on")
    ).one()
    assert "宋埠镇" in (told.text or "")
    assert "不用重新提交" in told.text
    mine = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert f"{make.office(make.BAIGUO).name}首接负责" in mine
    assert "转给" in mine
    assert WHY in mine
    page = desk(make.SONGBU, app).get(f"/staff/cases/{case.id}").text
    assert "首接" in page
    assert "现在由" in page


def test_the_old_office_sees_where_it_went_and_nothing_of_anybody(app: Flask) -> None:
    case = make.filed()
    number = case.number.removeprefix("JJB-")
    send(case, app, make.SONGBU)
    old = desk(make.BAIGUO, app)
    for tail in ("", "/send-on", f"/files/{uuid.uuid4()}"):
        assert old.get(f"/staff/cases/{case.id}{tail}").status_code == 404
    assert number not in old.get("/staff/cases?view=all").text
    assert number not in old.post("/staff/cases/search", data={"text": "张小雨"}).text
    line = old.get("/staff/sent-on").text
    assert number in line
    assert "已转给" in line
    for personal in ("张", "李建国", WHY, str(case.id)):
        assert personal not in line.split('<article class="one">')[1]
    assert number not in desk(make.MINSHENG, app).get("/staff/sent-on").text
    new = desk(make.SONGBU, app)
    assert number in new.get("/staff/cases").text
    assert number in new.post("/staff/cases/search", data={"text": "张小雨"}).text


def test_nobody_can_refuse_to_receive_and_only_a_supervisor_sends_it_back(app: Flask) -> None:
    case = make.filed()
    send(case, app, make.SONGBU)
    db.session.expire_all()
    new = desk(make.SONGBU, app).get(f"/staff/cases/{case.id}").text
    assert "受理</button>" in new
    assert (
        str(make.office(make.BAIGUO).id)
        not in desk(make.SONGBU, app).get(f"/staff/cases/{case.id}/send-on").text
    )
    back = send(case, app, make.BAIGUO, by=make.SONGBU)
    assert back.status_code == 422
    # Neither by looking it up as some other place.
    again = send(case, app, make.BAIGUO, by=make.SONGBU, office="other", division=make.BAIGUO)
    assert again.status_code == 422
    assert WHY in again.text
    assert send(case, app, make.BAIGUO, by=make.MACHENG, role="supervisor").status_code == 303
    db.session.expire_all()
    assert case.office_id == make.office(make.BAIGUO).id
    assert kinds(case) == ["submitted", "sent_on", "sent_on"]


def test_an_accepted_case_goes_on_as_accepted_under_the_law_of_its_new_place(
    app: Flask, as_of
) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    act(desk(make.BAIGUO, app), case, "accept")
    db.session.expire_all()
    due = (case.due_on, case.overall_due_on)
    as_of("2014-06-06")
    assert send(case, app, make.SONGBU).status_code == 303
    db.session.expire_all()
    assert (case.state, case.due_on, case.overall_due_on) == ("accepted", *due)


def test_another_office_is_found_by_place(app: Flask) -> None:
    case = make.filed()
    answer = send(case, app, make.BAIGUO, office="other", division=GULOU)
    assert answer.status_code == 303
    db.session.expire_all()
    # No place of the decision: the law that was pinned stays.
    assert (case.office_id, case.filing_role) == (make.office(GULOU).id, "woman_hukou")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"office": ""}, "请选转给哪个单位"),
        ({"office": str(uuid.uuid4())}, "请选转给哪个单位"),
        ({"reasons": "  "}, "请写为什么要转"),
        ({"office": "other", "division": "110105001"}, "请选本站已经接入的"),
        ({"office": "other", "division": ""}, "请选本站已经接入的"),
        ({"office": "other", "division": make.MACHENG}, "乡镇"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(app: Flask, wrong, said: str) -> None:
    case = make.filed()
    answer = send(case, app, make.SONGBU, **wrong)
    assert answer.status_code == 422
    assert said in answer.text
    db.session.expire_all()
    assert kinds(case) == ["submitted"]


def test_looking_for_a_place_sends_nothing(app: Flask) -> None:
    case = make.filed()
    browser = desk(make.BAIGUO, app)
    data = {"send_on-version": "1", "send_on-seen": "1", "send_on-reasons": WHY}
    data |= {"send_on-division_q": "娄葑", "find": "send_on-division"}
    answer = browser.post(f"/staff/cases/{case.id}/send-on", data=data)
    assert answer.status_code == 200
    assert WHY in answer.text
    assert "娄葑街道" in answer.text
    assert kinds(case) == ["submitted"]


def test_a_stale_page_shows_what_happened(app: Flask) -> None:
    case = make.filed()
    stale = {"version": str(case.version), "seen": "1"}
    act(desk(make.BAIGUO, app), case, "accept")
    db.session.expire_all()
    answer = send(case, app, make.SONGBU, **stale)
    assert answer.status_code == 409
    assert "有人先办了这个件" in answer.text
    assert kinds(case) == ["submitted", "accepted"]
