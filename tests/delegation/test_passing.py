"""Passing a power on, entrusting from one's own page, the window, and the paper's public check."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.models import Application
from app.applications.standing import Right
from app.audit import AuditEvent
from app.delegation import powers
from app.delegation.authority import Act, Status
from app.delegation.models import ConfirmationRequest, PowerOfAttorney
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
SECOND = {
    "name": "赵姨",
    "id_number": "421181198902141152",
    "phone": "13800000066",
    "relation": "relative",
}
SECOND_TAIL = "1152"


def terms(**changes: Any) -> dict[str, Any]:
    return SECOND | {"acts": ["correct", "download"], "until_on": "2199-12-31"} | changes


def browser_of(app: Flask, phone: str) -> Client:
    return make.browser_of(make.citizen(phone), app)


def newest_power(session: Any) -> PowerOfAttorney:
    session.expire_all()
    return session.scalars(
        select(PowerOfAttorney).order_by(PowerOfAttorney.created_at.desc())
    ).first()


def take_on(app: Flask, session: Any, answer: str = "yes") -> Client:
    """The one who was named signs in, shows their last four, and answers."""
    theirs = browser_of(app, SECOND["phone"])
    asked = session.scalars(
        select(ConfirmationRequest).where(ConfirmationRequest.kind == "agent")
    ).one()
    here = f"/my/asked/{asked.id}"
    assert theirs.post(here, data={"tail": SECOND_TAIL}).location == here
    assert "您愿意替他们办吗" in theirs.get(here).text
    assert theirs.post(f"{here}/answer", data={"answer": answer}).status_code == 303
    session.expire_all()
    return theirs


# --- Passed on ---


@pytest.fixture
def case(session: Any) -> Application:
    """Sent by an agent who may pass the power on."""
    agreed = make.terms(may_delegate="yes", acts=["submit", "correct", "hurry", "download"])
    return make.filed(filer="agent", agreed=agreed)


def test_passed_on_within_what_was_given(app: Flask, session: Any, case: Application) -> None:
    power = make.power_of(case)
    agent = browser_of(app, make.AGENT["phone"])
    until = power.until_on.isoformat()
    sent = agent.post(f"/powers/{power.id}/pass-on", data=terms(until_on=until))
    assert sent.status_code == 303
    told = [m.phone for m in session.scalars(select(OutboxMessage)) if m.kind == "power_passed_on"]
    assert sorted(told) == [make.WOMAN["phone"], make.MAN["phone"]]
    before = browser_of(app, SECOND["phone"])
    assert before.get(f"/my/{case.id}").status_code == 404
    theirs = take_on(app, session)
    page = theirs.get(f"/my/{case.id}")
    assert page.status_code == 200
    assert "正在替 张小雨、李建国 办" in page.text
    with app.test_request_context():
        assert make.rights(SECOND["phone"], case) == {Right.VIEW, Right.CORRECT, Right.DOWNLOAD}
    assert theirs.get(f"/my/{case.id}/hurry").status_code == 404
    # What ends the first ends the second, at once.
    hers = browser_of(app, make.WOMAN["phone"])
    assert "赵姨" in hers.get("/powers").text
    hers.post(f"/powers/{power.id}/end")
    assert theirs.get(f"/my/{case.id}").status_code == 404


def test_a_principal_ends_only_what_was_passed_on(
    app: Flask, session: Any, case: Application
) -> None:
    power = make.power_of(case)
    agent = browser_of(app, make.AGENT["phone"])
    agent.post(f"/powers/{power.id}/pass-on", data=terms(until_on=power.until_on.isoformat()))
    theirs = take_on(app, session)
    child = newest_power(session)
    assert child.parent_id == power.id
    browser_of(app, make.MAN["phone"]).post(f"/powers/{child.id}/end")
    assert theirs.get(f"/my/{case.id}").status_code == 404
    assert agent.get(f"/my/{case.id}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"until_on": "2199-12-31"}, "不能晚于"),
        ({"until_on": "2020-01-01"}, "已经过了"),
        ({"phone": make.WOMAN["phone"]}, "要填代办人自己的号"),
        ({"phone": make.AGENT["phone"]}, "要填代办人自己的号"),
        ({"id_number": "123"}, "18 位"),
        ({"name": ""}, "请照证件填写姓名"),
    ],
)
def test_what_cannot_be_passed_on(
    app: Flask, session: Any, case: Application, changes: dict[str, str], says: str
) -> None:
    power = make.power_of(case)
    agent = browser_of(app, make.AGENT["phone"])
    sent = terms(until_on=power.until_on.isoformat()) | changes
    refused = agent.post(f"/powers/{power.id}/pass-on", data=sent)
    assert refused.status_code == 422
    assert says in refused.text


def test_more_acts_than_ones_own_are_not_taken(app: Flask, session: Any, case: Application) -> None:
    power = make.power_of(case)
    agent = browser_of(app, make.AGENT["phone"])
    acts = ["correct", "withdraw", "collect"]
    sent = terms(until_on=power.until_on.isoformat(), acts=acts)
    assert agent.post(f"/powers/{power.id}/pass-on", data=sent).status_code == 422
    assert newest_power(session).id == power.id


def test_without_the_principals_word_there_is_no_such_page(app: Flask, session: Any) -> None:
    case = make.filed(filer="agent")
    power = make.power_of(case)
    for phone in (make.AGENT["phone"], make.WOMAN["phone"], "13800009999"):
        assert browser_of(app, phone).get(f"/powers/{power.id}/pass-on").status_code == 404


def test_what_was_passed_on_is_not_passed_on_again(
    app: Flask, session: Any, case: Application
) -> None:
    power = make.power_of(case)
    agent = browser_of(app, make.AGENT["phone"])
    agent.post(f"/powers/{power.id}/pass-on", data=terms(until_on=power.until_on.isoformat()))
    theirs = take_on(app, session)
    child = newest_power(session)
    assert theirs.get(f"/powers/{child.id}").status_code == 200
    assert theirs.get(f"/powers/{child.id}/pass-on").status_code == 404


# --- From one's own page ---


def test_she_filed_herself_and_entrusts_somebody(app: Flask, session: Any) -> None:
    case = make.filed()
    hers = browser_of(app, make.WOMAN["phone"])
    assert hers.post(f"/my/{case.id}/entrust", data=terms()).status_code == 303
    theirs = take_on(app, session)
    assert theirs.get(f"/my/{case.id}").status_code == 200
    assert theirs.get(f"/my/{case.id}/withdraw").status_code == 404
    assert "张某雨" in theirs.get("/clients").text
    assert "赵姨" in hers.get("/powers").text
    hers.post(f"/powers/{newest_power(session).id}/end")
    assert theirs.get(f"/my/{case.id}").status_code == 404
    assert hers.get(f"/my/{case.id}").status_code == 200


def test_several_agents_at_once(app: Flask, session: Any) -> None:
    case = make.filed(filer="agent")
    hers = browser_of(app, make.WOMAN["phone"])
    hers.post(f"/my/{case.id}/entrust", data=terms())
    theirs = take_on(app, session)
    assert theirs.get(f"/my/{case.id}").status_code == 200
    assert browser_of(app, make.AGENT["phone"]).get(f"/my/{case.id}").status_code == 200


def test_declined_it_is_over(app: Flask, session: Any) -> None:
    case = make.filed()
    browser_of(app, make.WOMAN["phone"]).post(f"/my/{case.id}/entrust", data=terms())
    theirs = take_on(app, session, "no")
    assert powers.status_of(newest_power(session)) is Status.ENDED
    assert theirs.get(f"/my/{case.id}").status_code == 404


def test_only_those_whose_application_it_is_entrust(app: Flask, session: Any) -> None:
    case = make.filed(filer="agent")
    for phone in (make.AGENT["phone"], "13800009999"):
        assert browser_of(app, phone).get(f"/my/{case.id}/entrust").status_code == 404


# --- At a window ---


def test_a_principal_without_a_phone_says_yes_at_any_window(app: Flask, session: Any) -> None:
    draft = make.drafted(filer="agent", how="window", confirmed=False)
    power = make.power_of(draft)
    desk = make.browser_of(make.officer(make.LOUFENG), app)
    assert desk.get(f"/staff/powers/{power.id}").status_code == 404
    typed = power.number.lower().replace("-", " ")
    assert (
        desk.post("/staff/powers", data={"number": typed}).location == f"/staff/powers/{power.id}"
    )
    page = desk.get(f"/staff/powers/{power.id}").text
    assert "张某雨" in page
    assert make.WOMAN["id_number"] not in page
    wrong = desk.post(f"/staff/powers/{power.id}", data={"id_number": make.AGENT["id_number"]})
    assert wrong.status_code == 422
    for person in (make.WOMAN, make.MAN):
        sent = desk.post(
            f"/staff/powers/{power.id}", data={"id_number": person["id_number"].lower()}
        )
        assert sent.status_code == 303
    session.expire_all()
    assert powers.status_of(power) is Status.IN_FORCE
    assert {e.data["how"] for e in power.events if e.kind == "confirmed"} == {"window"}
    kinds = {a.kind for a in session.scalars(select(AuditEvent))}
    assert {"power.opened", "power.confirmed"} <= kinds
    agent = browser_of(app, make.AGENT["phone"])
    sent = agent.post("/apply/submit", data={"token": draft.token})
    assert sent.location.startswith("/apply/receipt/")


@pytest.mark.parametrize("number", ["", "SQ-2222-2222-2222", "x", "%"])
def test_no_power_by_guessing(app: Flask, session: Any, number: str) -> None:
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    assert desk.post("/staff/powers", data={"number": number}).status_code == 422


def test_a_supervisor_and_a_citizen_have_no_such_page(app: Flask, session: Any) -> None:
    watcher = make.browser_of(make.officer(make.MACHENG, "supervisor"), app)
    assert watcher.get("/staff/powers").status_code == 404
    assert browser_of(app, make.WOMAN["phone"]).get("/staff/powers").status_code == 404


# --- The paper's public check ---


def test_the_code_on_the_paper_says_whether_it_is_good_and_nobodys_name(
    app: Flask, client: Client, session: Any
) -> None:
    power = make.power_of(make.filed(filer="agent"))
    page = client.get(f"/powers/check/{power.number}")
    assert page.status_code == 200
    assert "有效" in page.text
    for secret in (make.WOMAN["name"], make.AGENT["name"], make.WOMAN["phone"]):
        assert secret not in page.text
    browser_of(app, make.WOMAN["phone"]).post(f"/powers/{power.id}/end")
    again = client.post("/powers/check", data={"number": power.number.replace("-", "")})
    assert "已结束" in again.text
    assert client.get("/powers/check/SQ-2222-2222-2222").status_code == 404


def test_the_public_check_is_limited(client: Client, session: Any) -> None:
    answers = [client.get("/powers/check/SQ-2222-2222-2222").status_code for _ in range(61)]
    assert answers[:60] == [404] * 60
    assert answers[60] == 429


@pytest.mark.parametrize("act", [Act.HURRY, Act.COLLECT])
def test_the_last_day_works_and_the_next_day_does_not(
    app: Flask, session: Any, as_of: Any, act: Act
) -> None:
    as_of("2026-03-02")
    case = make.filed(filer="agent", agreed=make.terms(until_on="2026-06-30", acts=["submit", act]))
    agent = browser_of(app, make.AGENT["phone"])
    as_of("2026-06-30")
    assert agent.get(f"/my/{case.id}").status_code == 200
    as_of("2026-07-01")
    assert agent.get(f"/my/{case.id}").status_code == 404
    assert "已到期" in agent.get("/clients").text
    assert browser_of(app, make.WOMAN["phone"]).get(f"/my/{case.id}").status_code == 200
