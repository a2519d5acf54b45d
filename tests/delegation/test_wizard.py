"""An agent's way through the application: what is agreed, how it is confirmed, and when it may be sent."""

from __future__ import annotations

from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.models import Application, Draft
from app.delegation import powers
from app.delegation.authority import Status
from app.delegation.models import ConfirmationRequest, PowerOfAttorney
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.applications.filing import (
    AGENT,
    MAN,
    TERMS,
    WOMAN,
    checked,
    collect,
    entrust,
    fill,
    photo,
    start,
    token_on,
)
from tests.client import Client
from tests.delegation.phones import say

pytestmark = pytest.mark.usefixtures("offices")
HER_TAIL, HIS_TAIL = "002X", "0014"


@pytest.fixture
def agent(app: Flask, session: Any) -> Client:
    """Signed in with the agent's phone, having gone through the checker for a couple."""
    browser = make.browser_of(make.citizen(AGENT["phone"]), app)
    browser.set_cookie("check", checked({}))
    return browser


@pytest.fixture
def draft(agent: Client) -> str:
    return start(agent)


def the_power(session: Any) -> PowerOfAttorney:
    session.expire_all()
    return session.scalars(
        select(PowerOfAttorney).order_by(PowerOfAttorney.created_at.desc())
    ).first()


def finish(agent: Client, draft: str) -> None:
    """Everything after the confirmation, up to the check page."""
    fill(agent, draft, "children", stage="pregnant", births="1")
    fill(agent, draft, "where", role="woman_residence")
    collect(agent, draft)
    page = agent.get(f"{draft}/documents").text
    for paper in ("id_or_hukou_booklet", "marriage_certificate"):
        if f'id="{paper}"' in page:
            agent.post(f"{draft}/documents/{paper}/without", data={"instead": "bring"})
    fill(agent, draft, "documents")
    fill(agent, draft, "declaration", truth="y")


def test_by_phone_from_the_first_question_to_the_receipt(
    app: Flask, agent: Client, draft: str, session: Any
) -> None:
    entrust(agent, draft)
    finish(agent, draft)
    waiting = agent.get(f"{draft}/check")
    assert "在手机上确认" in waiting.text
    assert "交上去" not in waiting.text
    assert "再发一次短信" in waiting.text
    token = session.scalars(select(Draft.token)).one()
    assert agent.post("/apply/submit", data={"token": token}).location == f"{draft}/check"
    say(Client(app), session, WOMAN["phone"], HER_TAIL, "yes")
    assert "等𬱖文𠮷在手机上确认" in agent.get(f"{draft}/check").text
    say(Client(app), session, MAN["phone"], HIS_TAIL, "yes")
    sent = agent.post("/apply/submit", data={"token": token_on(agent, draft)})
    case = session.scalars(select(Application)).one()
    assert sent.location == f"/apply/receipt/{case.number}"
    receipt = agent.get(sent.location).text
    assert "正在替 阿依古丽·买买提、𬱖文𠮷 办" in receipt
    assert case.by_agent
    told = [(m.phone, m.kind) for m in session.scalars(select(OutboxMessage))]
    assert told.count((WOMAN["phone"], "agent_acted")) == 1
    assert told.count((MAN["phone"], "agent_acted")) == 1
    assert (WOMAN["phone"], "application_for_you") not in told


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"principals": ""}, "请选一个：谁委托您"),
        ({"principals": "child"}, "请选一个：谁委托您"),
        ({"until_on": ""}, "请填委托到哪一天"),
        ({"until_on": "2020-01-01"}, "这一天已经过了"),
        ({"until_on": "下个月"}, "没有看懂这个日期"),
        ({"may_delegate": ""}, "可不可以再请别人"),
        ({"acts": ["fly"]}, "请从列出的里面选"),
    ],
)
def test_what_cannot_be_agreed_is_said_at_its_field(
    agent: Client, draft: str, fields: dict[str, Any], says: str
) -> None:
    fill(agent, draft, "who", filer="agent")
    fill(agent, draft, "agent", **AGENT)
    fill(agent, draft, "woman", **WOMAN)
    fill(agent, draft, "man", **MAN)
    refused = agent.post(f"{draft}/entrust", data=TERMS | fields)
    assert refused.status_code == 422
    assert says in refused.text


def test_half_a_year_is_proposed_and_to_withdraw_is_not(
    agent: Client, draft: str, as_of: Any
) -> None:
    as_of("2026-11-26")
    fill(agent, draft, "who", filer="agent")
    fill(agent, draft, "agent", **AGENT)
    fill(agent, draft, "woman", **WOMAN)
    fill(agent, draft, "man", **MAN)
    page = agent.get(f"{draft}/entrust").text
    assert 'value="2027-05-26"' in page
    assert 'value="submit" checked' in page
    assert 'value="withdraw">' in page
    assert "多久由他们定" in page


@pytest.mark.parametrize(
    ("woman", "man"),
    [
        ({"phone": ""}, {}),
        ({"phone": AGENT["phone"]}, {}),
        ({"phone": MAN["phone"]}, {}),
    ],
)
def test_without_phones_of_their_own_there_are_paper_and_window(
    agent: Client, draft: str, session: Any, woman: dict[str, str], man: dict[str, str]
) -> None:
    fill(agent, draft, "who", filer="agent")
    fill(agent, draft, "agent", **AGENT)
    fill(agent, draft, "woman", **WOMAN | woman)
    fill(agent, draft, "man", **MAN | man)
    fill(agent, draft, "entrust", **TERMS)
    page = agent.get(f"{draft}/confirming").text
    assert 'value="phone"' not in page
    assert 'value="paper"' in page
    assert 'value="window"' in page
    assert "窗口可能要看纸质委托书" in page
    assert agent.post(f"{draft}/confirming", data={"how": "phone"}).status_code == 422
    fill(agent, draft, "confirming", how="paper")
    assert session.scalars(select(ConfirmationRequest)).all() == []


def test_on_paper_the_signed_one_has_to_be_there(agent: Client, draft: str, session: Any) -> None:
    """A village worker for people without phones: print, sign, photograph, send; the office checks."""
    entrust(agent, draft, how="paper")
    fill(agent, draft, "children", stage="pregnant", births="1")
    fill(agent, draft, "where", role="woman_residence")
    collect(agent, draft)
    for paper in ("id_or_hukou_booklet", "marriage_certificate"):
        agent.post(f"{draft}/documents/{paper}/without", data={"instead": "bring"})
    missing = agent.post(f"{draft}/documents")
    assert missing.status_code == 422
    assert "还差：授权委托书" in missing.text
    assert f"{draft}/power/hans.pdf" in missing.text
    # It cannot be promised for later.
    agent.post(f"{draft}/documents/power_of_attorney/without", data={"instead": "bring"})
    assert agent.post(f"{draft}/documents").status_code == 422
    sent = {"file": (photo(), "委托书.jpg")}
    assert agent.post(f"{draft}/documents/power_of_attorney", data=sent).status_code == 303
    fill(agent, draft, "documents")
    fill(agent, draft, "declaration", truth="y")
    agent.post("/apply/submit", data={"token": token_on(agent, draft)})
    case = session.scalars(select(Application)).one()
    assert powers.status_of(the_power(session)) is Status.WAITING
    assert agent.get(f"/my/{case.id}").status_code == 200
    assert agent.get(f"/my/{case.id}/hurry").status_code == 404


def test_the_clerk_looks_at_the_paper(app: Flask, session: Any) -> None:
    case = make.filed(filer="agent", how="paper")
    power = make.power_of(case)
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    agent = make.browser_of(make.citizen(make.AGENT["phone"]), app)
    assert "委托书待核对" in desk.get(f"/staff/cases/{case.id}").text
    assert agent.get(f"/my/{case.id}/hurry").status_code == 404
    assert desk.post(f"/staff/cases/{case.id}/power/{power.id}/accept").status_code == 303
    session.expire_all()
    assert powers.status_of(power) is Status.IN_FORCE
    assert agent.get(f"/my/{case.id}/hurry").status_code == 200
    assert "窗口核对了委托书" in desk.get(f"/staff/cases/{case.id}").text
    assert "已确认（委托代办时" in desk.get(f"/staff/cases/{case.id}").text


def test_the_clerk_does_not_accept_the_paper(app: Flask, session: Any) -> None:
    case = make.filed(filer="agent", how="paper")
    power = make.power_of(case)
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    agent = make.browser_of(make.citizen(make.AGENT["phone"]), app)
    url = f"/staff/cases/{case.id}/power/{power.id}/reject"
    name = f"power-{power.id}-reasons"
    assert desk.post(url, data={name: "不行"}).status_code == 422
    assert desk.post(url, data={name: "委托书上没有写到哪一天，签名也看不清。"}).status_code == 303
    session.expire_all()
    assert powers.status_of(power) is Status.REJECTED
    assert agent.get(f"/my/{case.id}").status_code == 404
    assert session.get(Application, case.id).is_live
    assert "签名也看不清" in agent.get("/clients").text
    told = {(m.phone, m.kind) for m in session.scalars(select(OutboxMessage))}
    assert {
        (make.WOMAN["phone"], "power_rejected"),
        (make.AGENT["phone"], "power_rejected_agent"),
    } <= told


def test_a_clerk_elsewhere_looks_at_nothing(app: Flask, session: Any) -> None:
    case = make.filed(filer="agent", how="paper")
    power = make.power_of(case)
    for elsewhere in (make.LOUFENG, make.SONGBU):
        desk = make.browser_of(make.officer(elsewhere), app)
        for url in (f"power/{power.id}/accept", f"power/{power.id}/reject", "spouse/man/window"):
            assert desk.post(f"/staff/cases/{case.id}/{url}").status_code == 404
    session.expire_all()
    assert powers.status_of(power) is Status.WAITING


# --- Answers that change what was agreed ---


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("woman", WOMAN | {"name": "阿依古丽"}),
        ("agent", AGENT | {"id_number": "B99999"}),
        ("entrust", TERMS | {"until_on": "2100-01-01"}),
        ("entrust", TERMS | {"acts": ["submit", "withdraw"]}),
    ],
)
def test_what_was_confirmed_is_confirmed_again_when_it_changes(
    app: Flask, agent: Client, draft: str, session: Any, step: str, fields: dict[str, Any]
) -> None:
    entrust(agent, draft)
    first = the_power(session)
    make.confirm(first)
    session.commit()
    fill(agent, draft, step, **fields)
    assert agent.get(f"{draft}/children").location == f"{draft}/confirming"
    fill(agent, draft, "confirming", how="phone")
    second = the_power(session)
    assert second.id != first.id
    assert powers.status_of(session.get(PowerOfAttorney, first.id)) is Status.ENDED
    assert powers.status_of(second) is Status.WAITING


def test_looking_again_asks_nobody_twice(agent: Client, draft: str, session: Any) -> None:
    entrust(agent, draft)
    fill(agent, draft, "confirming", how="phone")
    fill(agent, draft, "entrust", **TERMS)
    assert len(session.scalars(select(PowerOfAttorney)).all()) == 1
    asked = [m for m in session.scalars(select(OutboxMessage)) if m.kind == "power_confirmation"]
    assert len(asked) == 2


def test_from_phone_to_paper(agent: Client, draft: str, session: Any) -> None:
    entrust(agent, draft)
    first = the_power(session)
    fill(agent, draft, "confirming", how="paper")
    assert powers.status_of(session.get(PowerOfAttorney, first.id)) is Status.ENDED
    assert the_power(session).how == "paper"


@pytest.mark.parametrize("script", ["hans", "hant"])
def test_the_sheet_says_everything_but_the_signatures(
    agent: Client, draft: str, session: Any, script: str
) -> None:
    entrust(agent, draft, how="paper")
    answer = agent.get(f"{draft}/power/{script}.pdf")
    assert answer.mimetype == "application/pdf"
    pages = pypdfium2.PdfDocument(answer.data)
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    for told in (WOMAN["name"], WOMAN["id_number"], AGENT["name"], the_power(session).number):
        assert told in text
    assert ("受託人" if script == "hant" else "受托人") in text
    assert "2199" in text


# --- The list, handing over, ending ---


def test_the_list_says_for_whom_what_and_until_when(app: Flask, session: Any) -> None:
    case = make.filed(filer="agent")
    page = make.browser_of(make.citizen(make.AGENT["phone"]), app).get("/clients").text
    assert "张某雨、李某国" in page
    assert "生育登记" in page
    assert "有效" in page
    assert f"/my/{case.id}" in page
    for secret in (make.WOMAN["name"], make.WOMAN["id_number"], make.MAN["phone"]):
        assert secret not in page


def test_ended_and_gone_from_the_agents_reach(app: Flask, session: Any) -> None:
    case = make.filed(filer="agent")
    power = make.power_of(case)
    hers = make.browser_of(make.citizen(make.WOMAN["phone"]), app)
    agent = make.browser_of(make.citizen(make.AGENT["phone"]), app)
    hers.post(f"/powers/{power.id}/end")
    page = agent.get("/clients").text
    assert "已结束" in page
    assert f"/my/{case.id}" not in page
    for url in ("/account/data", "/account/data.json"):
        held = agent.get(url).text
        for secret in (make.WOMAN["name"], make.WOMAN["id_number"], make.MAN["phone"]):
            assert secret not in held


def test_handed_over_it_is_theirs(app: Flask, agent: Client, draft: str, session: Any) -> None:
    entrust(agent, draft)
    make.confirm(the_power(session))
    session.commit()
    assert agent.post(f"{draft}/hand-over", data={"person": "woman"}).location == "/clients"
    hers = make.browser_of(make.citizen(WOMAN["phone"]), app)
    asked = session.scalars(
        select(ConfirmationRequest).where(ConfirmationRequest.kind == "draft")
    ).one()
    here = f"/my/asked/{asked.id}"
    assert hers.post(here, data={"tail": HER_TAIL}).location == here
    assert AGENT["name"] in hers.get(here).text
    assert hers.post(f"{here}/answer", data={"answer": "yes"}).status_code == 303
    assert agent.get(f"{draft}/woman").status_code == 404
    page = hers.get(f"{draft}/woman", follow_redirects=True)
    assert page.status_code == 200
    session.expire_all()
    kept = session.scalars(select(Draft)).one()
    assert kept.answers["who"] == {"filer": "woman"}
    assert kept.answers["man"]["name"] == MAN["name"]
    assert not {"agent", "entrust", "confirming", "consent"} & kept.answers.keys()
    assert not kept.by_agent
    assert powers.status_of(the_power(session)) is Status.ENDED
    assert "阿某" in hers.get("/my").text


def test_only_the_phone_in_the_draft_takes_it_over(
    app: Flask, agent: Client, draft: str, session: Any
) -> None:
    entrust(agent, draft)
    agent.post(f"{draft}/hand-over", data={"person": "woman"})
    asked = session.scalars(
        select(ConfirmationRequest).where(ConfirmationRequest.kind == "draft")
    ).one()
    for phone in (MAN["phone"], AGENT["phone"], "13800009999"):
        browser = make.browser_of(make.citizen(phone), app)
        assert browser.get(f"/my/asked/{asked.id}").status_code == 404


def test_what_is_left_when_it_ended_goes_on_with_the_couple(
    app: Flask, agent: Client, draft: str, session: Any
) -> None:
    entrust(agent, draft)
    make.confirm(the_power(session))
    session.commit()
    his = make.browser_of(make.citizen(MAN["phone"]), app)
    assert his.post(f"{draft}/take").status_code == 404
    his.post(f"/powers/{the_power(session).id}/end")
    assert "别人替您填到一半的" in his.get("/my").text
    assert (
        make.browser_of(make.citizen("13800009999"), app).post(f"{draft}/take").status_code == 404
    )
    assert agent.post(f"{draft}/take").status_code == 404
    assert his.post(f"{draft}/take").status_code == 303
    session.expire_all()
    kept = session.scalars(select(Draft)).one()
    assert (kept.by_agent, kept.answers["who"]) == (False, {"filer": "man"})
    assert his.get(f"{draft}/woman", follow_redirects=True).status_code == 200
    assert agent.get(f"{draft}/woman").status_code == 404
