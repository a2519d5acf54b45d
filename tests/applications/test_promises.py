"""A paper that is not at hand: signed for on the spot, due on a day, reminded once, handed in later."""

from __future__ import annotations

from datetime import date, timedelta

import pypdfium2
import pytest
from sqlalchemy import select

from app.applications import promises
from app.applications.models import Application, Draft, Event, Happened, State, Upload
from app.applications.promises import Promise
from app.clock import today
from app.notifications.models import OutboxMessage
from app.vault import mask_name
from tests import factories as make
from tests.applications.filing import (
    MAN,
    WOMAN,
    complete,
    copy_of,
    fill,
    photo,
    start,
    token_on,
)

pytestmark = pytest.mark.usefixtures("offices")
ID = "id_or_hukou_booklet"


@pytest.fixture
def draft(client, sign_in, answered) -> str:
    answered(client)
    sign_in(client)
    address = start(client)
    complete(client, address)
    for upload in client.get(f"{address}/documents").text.split(f"{address}/uploads/")[1:2]:
        client.post(f"{address}/uploads/{upload[:36]}/remove")
    return address


def sign(client, draft: str, name: str = WOMAN["name"]):
    return client.post(f"{draft}/documents/{ID}/promise", data={"name": name})


def send(client, draft: str) -> Application:
    answer = client.post("/apply/submit", data={"token": token_on(client, draft)})
    assert answer.status_code == 303, answer.text
    assert "/receipt/" in answer.location
    return answer.location


@pytest.fixture
def case(client, draft, session) -> Application:
    """An application sent with a promise."""
    assert sign(client, draft).status_code == 303
    send(client, draft)
    return session.scalars(select(Application)).one()


def promised(session) -> Promise:
    session.expire_all()
    return session.scalars(select(Promise)).one()


def days_before(monkeypatch, app, days: int, promise: Promise) -> None:
    app.config["AS_OF"] = promise.due_on - timedelta(days=days)


def test_a_promise_is_signed_with_ones_own_name_and_says_term_and_consequence(client, draft):
    page = client.get(f"{draft}/documents/{ID}/promise").text
    for said in ("现在拿不出这份材料：", "30 天以内", "本单位约定", "不是法律规定", "依法承担责任"):
        assert said in page
    assert "还差" in client.post(f"{draft}/documents").text
    for wrong in ("", MAN["name"], "x" * 300):
        refused = sign(client, draft, wrong)
        assert refused.status_code == 422
        assert "还差" in client.post(f"{draft}/documents").text
    # As her name is written with another middle dot.
    assert sign(client, draft, "阿依古丽・买买提").status_code == 303
    shown = client.get(f"{draft}/documents").text
    assert "签一份承诺书，以后补" in shown
    assert "交上申请以后 30 天以内补" in shown
    assert client.post(f"{draft}/documents").status_code == 303
    assert "（交上去以后 30 天以内）" in client.get(f"{draft}/check").text


def test_choosing_it_leads_to_the_signature_and_promises_nothing_yet(client, draft, session):
    chosen = client.post(f"{draft}/documents/{ID}/without", data={"instead": "written_promise"})
    assert chosen.location == f"{draft}/documents/{ID}/promise"
    assert "还差" in client.post(f"{draft}/documents").text


def test_only_where_the_rulebook_lets_a_promise_stand_in(client, draft, monkeypatch):
    monkeypatch.setattr(promises, "allows_promise", lambda paper: False)
    assert client.get(f"{draft}/documents/{ID}/promise").status_code == 404
    assert sign(client, draft).status_code == 404
    assert client.get(f"{draft}/documents/power_of_attorney/promise").status_code == 404


def test_what_is_typed_comes_along_when_the_script_changes(client, draft):
    address = f"{draft}/documents/{ID}/promise"
    again = client.post(address, data={"name": "阿依", "lang": "zh_Hant"})
    assert 'value="阿依"' in again.text
    assert "簽一份承諾書" in again.text
    client.post(address, data={"name": "阿依", "lang": "zh_Hans"})


def test_a_page_sent_takes_the_place_of_the_promise(client, draft, session):
    sign(client, draft)
    client.post(f"{draft}/documents/{ID}", data={"file": (photo(), "a.jpg")})
    answers = session.scalars(select(Draft)).one().answers
    assert ID not in answers["without"]
    assert answers["promises"] == {}
    assert "/receipt/" in send(client, draft)
    assert session.scalars(select(Promise)).all() == []


def test_a_promise_of_somebody_who_no_longer_files_has_to_be_signed_again(client, draft):
    sign(client, draft)
    fill(client, draft, "woman", **WOMAN | {"name": "张小雨"})
    assert "还差" in client.post(f"{draft}/documents").text
    assert sign(client, draft, "张小雨").status_code == 303
    assert client.post(f"{draft}/documents").status_code == 303


def test_an_agent_cannot_promise_for_the_couple(client, draft):
    client.post(f"{draft}/who", data={"filer": "agent"})
    page = client.get(f"{draft}/documents/{ID}/promise")
    if page.status_code == 200:
        assert "承诺要由本人来签" in page.text
        assert 'name="name"' not in page.text
    assert sign(client, draft).status_code in {404, 422}


def test_the_day_is_counted_from_when_the_application_was_sent(app, client, draft, session, as_of):
    as_of("2026-11-26")
    sign(client, draft)
    as_of("2026-12-01")
    receipt = send(client, draft)
    promise = promised(session)
    assert (promise.signed_on, promise.due_on) == (date(2026, 11, 26), date(2026, 12, 31))
    assert promise.signer == WOMAN["name"]
    assert promise.text.startswith("我办理生育登记，现在拿不出这份材料：")
    assert "签了承诺书，最晚 2026 年 12 月 31 日补交" in client.get(receipt).text


def test_the_term_is_the_one_that_was_signed(app, client, draft, session):
    app.config["PROMISE_DAYS"] = 10
    sign(client, draft)
    app.config["PROMISE_DAYS"] = 60
    send(client, draft)
    assert promised(session).due_on == today() + timedelta(days=10)


def test_it_is_on_every_page_that_concerns_it(app, client, case, session):
    due = promised(session).due_on
    said = f"{due.year} 年 {due.month} 月 {due.day} 日"
    tracking = client.get(f"/my/{case.id}").text
    assert "您承诺补交的材料" in tracking
    assert said in tracking
    clerk = make.browser_of(make.officer(make.LOUFENG), app)
    desk = clerk.get(f"/staff/cases/{case.id}").text
    assert f"最晚 {said}补交" in desk
    assert f"承诺人：{mask_name(WOMAN['name'])}" in desk
    clerk.post(f"/staff/cases/{case.id}/reveal")
    assert WOMAN["name"] in clerk.get(f"/staff/cases/{case.id}").text


def test_whoever_looks_up_by_number_does_not_see_it(app, client, case):
    stranger = copy_of(client)
    stranger.delete_cookie("own-session")
    stranger.post("/track", data={"number": case.number, "tail": WOMAN["phone"][-4:]})
    found = stranger.get("/track/case")
    assert found.status_code == 200
    assert "您承诺补交的材料" not in found.text


def test_the_sheet_says_what_was_signed(client, case, session):
    sheet = client.get(f"/my/{case.id}/papers/{ID}/promise.pdf")
    assert sheet.mimetype == "application/pdf"
    with pypdfium2.PdfDocument(sheet.data) as pdf:
        text = pdf[0].get_textpage().get_text_bounded()
    for said in ("承诺书", case.number, WOMAN["name"], "窗口可以向有关单位核实"):
        assert said in text
    assert client.get(f"/my/{case.id}/papers/marriage_certificate/promise.pdf").status_code == 404


def test_it_is_fulfilled_by_a_page_and_open_again_without(client, case, session):
    client.post(f"/my/{case.id}/papers/{ID}", data={"file": (photo(), "a.jpg")})
    assert not promised(session).is_open
    assert "您承诺补交的材料" not in client.get(f"/my/{case.id}").text
    upload = session.scalars(select(Upload)).one()
    client.post(f"/my/{case.id}/uploads/{upload.id}/remove")
    assert promised(session).is_open


def test_a_promised_paper_may_come_after_the_case_was_granted(client, case, session):
    case.state = State.REGISTERED
    session.commit()
    assert "拍照补交" in client.get(f"/my/{case.id}").text
    sent = client.post(f"/my/{case.id}/papers/{ID}", data={"file": (photo(), "a.jpg")})
    assert sent.status_code == 303
    assert not promised(session).is_open
    again = client.post(f"/my/{case.id}/papers/{ID}", data={"file": (photo(), "a.jpg")})
    assert again.status_code == 409


def test_the_window_may_note_that_it_was_brought(app, client, case, session):
    supervisor = make.browser_of(make.officer(make.YUANQU, "supervisor"), app)
    assert supervisor.post(f"/staff/cases/{case.id}/papers/{ID}/brought").status_code == 404
    elsewhere = make.browser_of(make.officer(make.BAIGUO), app)
    assert elsewhere.post(f"/staff/cases/{case.id}/papers/{ID}/brought").status_code == 404
    assert promised(session).is_open
    clerk = make.browser_of(make.officer(make.LOUFENG), app)
    assert clerk.post(f"/staff/cases/{case.id}/papers/{ID}/brought").status_code == 303
    assert not promised(session).is_open
    assert "承诺的材料已补" in clerk.get(f"/staff/cases/{case.id}").text


def reminders(session) -> list[OutboxMessage]:
    kind = OutboxMessage.kind == "promise_reminder"
    return list(session.scalars(select(OutboxMessage).where(kind)))


def test_one_reminder_five_days_before(case, session, as_of):
    due = promised(session).due_on
    as_of((due - timedelta(days=6)).isoformat())
    assert promises.remind() == 0
    as_of((due - timedelta(days=5)).isoformat())
    assert promises.remind() == 1
    assert promises.remind() == 0
    (message,) = reminders(session)
    assert message.phone == WOMAN["phone"]
    assert f"{due.day}日前补上" in message.text


@pytest.mark.parametrize("why", ["fulfilled", "withdrawn", "refused"])
def test_nobody_is_reminded_of_what_is_no_longer_awaited(client, case, session, as_of, why):
    if why == "fulfilled":
        client.post(f"/my/{case.id}/papers/{ID}", data={"file": (photo(), "a.jpg")})
    else:
        case.state = State(why)
        session.commit()
    as_of(promised(session).due_on.isoformat())
    assert promises.remind() == 0
    assert reminders(session) == []


def test_a_day_that_went_by_is_said_to_both_sides(app, client, case, session, as_of):
    as_of((promised(session).due_on + timedelta(days=1)).isoformat())
    assert "过了约定的日子" in client.get(f"/my/{case.id}").text
    clerk = make.browser_of(make.officer(make.LOUFENG), app)
    assert "承诺过期未补" in clerk.get(f"/staff/cases/{case.id}").text


def test_a_promise_may_also_be_given_later(client, draft, session):
    """The window asks for a paper that was chosen to be looked up, and it is not at hand."""
    client.post(f"{draft}/documents/{ID}/without", data={"instead": "shared_data"})
    send(client, draft)
    case = session.scalars(select(Application)).one()
    address = f"/my/{case.id}/papers/{ID}"
    assert "没有这份，签一份承诺书" in client.get(address).text
    assert "从今天起 30 天以内" in client.get(f"{address}/promise").text
    assert client.post(f"{address}/promise", data={"name": "别人"}).status_code == 422
    for _ in range(2):
        signed = client.post(f"{address}/promise", data={"name": MAN["name"]})
        assert signed.status_code == 303
    promise = promised(session)
    assert (promise.signer, promise.due_on) == (MAN["name"], today() + timedelta(days=30))
    kinds = session.scalars(select(Event.kind).where(Event.application_id == case.id)).all()
    assert kinds.count(Happened.PAPERS_CHANGED) == 1


def test_what_the_office_has_to_look_up_stands_on_its_desk(app, client, draft, session):
    client.post(f"{draft}/documents/{ID}/without", data={"instead": "shared_data"})
    assert "窗口会按这一条去查" in client.get(f"{draft}/documents").text
    send(client, draft)
    case = session.scalars(select(Application)).one()
    clerk = make.browser_of(make.officer(make.LOUFENG), app)
    assert "要在系统里查" in clerk.get(f"/staff/cases/{case.id}").text
