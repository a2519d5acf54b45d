"""A principal says yes or no on their own phone: the link, the last four, the code, and every limit."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.accounts.models import Citizen
from app.delegation import asking, powers
from app.delegation.authority import Act, PowerHappened, Status, acts_left
from app.delegation.models import ConfirmationRequest, PowerOfAttorney
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.client import Client
from tests.delegation.phones import code_to, link_to, open_link, say

pytestmark = pytest.mark.usefixtures("offices")
HER_TAIL, HIS_TAIL = "002X", "0014"


@pytest.fixture
def power(session: Any) -> PowerOfAttorney:
    """Both are asked by an agent, and nobody has answered."""
    return make.power_of(make.drafted(filer="agent", confirmed=False))


def kinds(session: Any, power: PowerOfAttorney) -> list[str]:
    session.expire_all()
    return [event.kind for event in power.events]


# --- Both say yes ---


def test_both_say_yes_each_on_their_own_phone(
    app: Flask, client: Client, session: Any, power: PowerOfAttorney
) -> None:
    say(client, session, make.WOMAN["phone"], HER_TAIL, "yes")
    assert powers.status_of(power) is Status.WAITING
    other = Client(app)
    say(other, session, make.MAN["phone"], HIS_TAIL, "yes")
    session.expire_all()
    assert powers.status_of(power) is Status.IN_FORCE
    assert kinds(session, power) == ["made", "confirmed", "confirmed"]
    accounts = {each.person: each.citizen_id for each in power.principals}
    known = {c.phone: c.id for c in session.scalars(select(Citizen))}
    assert accounts == {
        "woman": known[make.WOMAN["phone"]],
        "man": known[make.MAN["phone"]],
    }
    told = [(m.phone, m.kind) for m in session.scalars(select(OutboxMessage))]
    assert told.count((make.AGENT["phone"], "power_confirmed_agent")) == 1
    assert told.count((make.WOMAN["phone"], "power_confirmed")) == 1
    assert told.count((make.MAN["phone"], "power_confirmed")) == 1


def test_the_page_says_what_it_means_before_anyone_agrees(
    client: Client, session: Any, power: PowerOfAttorney
) -> None:
    link = open_link(client, session, make.WOMAN["phone"], HER_TAIL)
    page = client.get(link).text
    for told in (
        "王代办",
        "张小雨、李建国",
        "生育登记",
        "提交申请",
        "这一天也算",
        "一样算数",
        "随时可以结束",
    ):
        assert told in page
    assert "窗口可能要看纸质委托书" in page


def test_what_the_agent_asks_for_is_ticked_and_nothing_else_is_offered(
    client: Client, session: Any, power: PowerOfAttorney
) -> None:
    power.acts = [act for act in power.acts if act != Act.COLLECT]
    session.commit()
    link = open_link(client, session, make.WOMAN["phone"], HER_TAIL)
    offered = re.findall(r'name="acts"[^>]* value="(\w+)"( checked)?', client.get(link).text)
    assert {act for act, _ticked in offered} == {*power.acts} - {Act.FILL}
    assert all(ticked for _act, ticked in offered)


def test_what_a_principal_takes_out_is_not_allowed(
    client: Client, session: Any, power: PowerOfAttorney
) -> None:
    kept = [Act.FILL, Act.SUBMIT]
    say(client, session, make.WOMAN["phone"], HER_TAIL, "yes", acts=kept)
    say(client, session, make.MAN["phone"], HIS_TAIL, "yes")
    session.expire_all()
    assert acts_left(power.as_rules_see_it) == set(kept)


def test_to_fill_in_cannot_be_taken_out(
    client: Client, session: Any, power: PowerOfAttorney
) -> None:
    say(client, session, make.WOMAN["phone"], HER_TAIL, "yes", acts=[])
    session.expire_all()
    assert acts_left(power.as_rules_see_it) == {Act.FILL}


def test_one_no_is_a_no(client: Client, session: Any, power: PowerOfAttorney) -> None:
    say(client, session, make.WOMAN["phone"], HER_TAIL, "yes")
    say(client, session, make.MAN["phone"], HIS_TAIL, "no")
    session.expire_all()
    assert powers.status_of(power) is Status.REFUSED
    assert "不用再答复了" in client.get(link_to(session, make.MAN["phone"])).text


# --- What a stranger with the phone or the link learns ---


def test_the_link_alone_says_nothing(client: Client, session: Any, power: PowerOfAttorney) -> None:
    for phone in (make.WOMAN["phone"], make.MAN["phone"]):
        link = link_to(session, phone)
        for page in (client.get(link), client.post(link, data={"tail": "1234"})):
            for secret in ("张小雨", "李建国", "王代办", "生育登记", phone, power.number):
                assert secret not in page.text
        assert client.post(f"{link}/code").location == link
        assert client.post(f"{link}/answer", data={"answer": "yes"}).location == link
    assert kinds(session, power) == ["made"]
    assert not [m for m in session.scalars(select(OutboxMessage)) if m.kind == "confirmation_code"]


def test_five_wrong_tails_kill_the_link(
    client: Client, session: Any, power: PowerOfAttorney
) -> None:
    link = link_to(session, make.WOMAN["phone"])
    bodies = {
        re.sub(r'value="[^"]*"', "", client.post(link, data={"tail": tail}).text)
        for tail in ("0000", "0001", "0002", "0003", "0004")
    }
    assert len(bodies) == 1
    assert client.post(link, data={"tail": HER_TAIL}).status_code == 422
    # Asked once more, the new link works and the old one stays dead.
    with make.current_app.test_request_context():
        asker = make.citizen(make.AGENT["phone"])
        make.entrusting.ask_principals(power, asker=asker)
        session.commit()
    assert client.get(link).status_code == 404
    open_link(client, session, make.WOMAN["phone"], HER_TAIL)


def test_his_tail_does_not_open_her_link(
    client: Client, session: Any, power: PowerOfAttorney
) -> None:
    link = link_to(session, make.WOMAN["phone"])
    assert client.post(link, data={"tail": HIS_TAIL}).status_code == 422


@pytest.mark.parametrize("typed", ["002x", "００２Ｘ", " 00 2X "])
def test_the_tail_is_taken_as_people_type_it(
    client: Client, session: Any, power: PowerOfAttorney, typed: str
) -> None:
    open_link(client, session, make.WOMAN["phone"], typed)


@pytest.mark.parametrize("token", ["x", "A" * 22, "%00", "名", "a" * 5000])
def test_no_link_that_was_never_sent(client: Client, power: PowerOfAttorney, token: str) -> None:
    for path in (f"/c/{token}", f"/c/{token}/code", f"/c/{token}/answer"):
        answer = client.post(path) if path.count("/") > 2 else client.get(path)
        assert answer.status_code in {303, 404}, path


def test_a_link_dies_after_two_weeks(client: Client, session: Any, power: PowerOfAttorney) -> None:
    link = link_to(session, make.WOMAN["phone"])
    assert client.get(link).status_code == 200
    session.execute(update(ConfirmationRequest).values(expires_at=clock.now()))
    session.commit()
    assert client.get(link).status_code == 404


# --- The code ---


def test_A3_code_single_use(client: Client, session: Any, power: PowerOfAttorney) -> None:
    assert say(client, session, make.WOMAN["phone"], HER_TAIL, "yes").status_code == 303
    link = link_to(session, make.WOMAN["phone"])
    code = code_to(session, make.WOMAN["phone"])
    again = client.post(f"{link}/answer", data={"answer": "no", "code": code})
    assert again.status_code in {200, 422}
    assert kinds(session, power) == ["made", "confirmed"]


def test_A3_a_code_works_only_in_the_browser_that_asked_for_it(
    app: Flask, client: Client, session: Any, power: PowerOfAttorney
) -> None:
    link = open_link(client, session, make.WOMAN["phone"], HER_TAIL)
    client.post(f"{link}/code")
    elsewhere = Client(app)
    open_link(elsewhere, session, make.WOMAN["phone"], HER_TAIL)
    sent = {"answer": "yes", "code": code_to(session, make.WOMAN["phone"])}
    assert elsewhere.post(f"{link}/answer", data=sent).status_code == 422
    assert kinds(session, power) == ["made"]


def test_A1_the_sixth_guess_is_refused_even_when_right(
    client: Client, session: Any, power: PowerOfAttorney
) -> None:
    link = open_link(client, session, make.WOMAN["phone"], HER_TAIL)
    client.post(f"{link}/code")
    right = code_to(session, make.WOMAN["phone"])
    wrong = [f"{(int(right) + step) % 1_000_000:06}" for step in range(1, 6)]
    pages = {
        re.sub(
            r'value="[^"]*"',
            "",
            client.post(f"{link}/answer", data={"answer": "yes", "code": c}).text,
        )
        for c in (*wrong, right)
    }
    assert len(pages) == 1
    assert kinds(session, power) == ["made"]


def test_A4_codes_are_counted_together_with_those_of_signing_in(
    client: Client, session: Any, power: PowerOfAttorney
) -> None:
    link = open_link(client, session, make.WOMAN["phone"], HER_TAIL)
    assert client.post(f"{link}/code").status_code == 303
    again = client.post(f"{link}/code")
    assert again.status_code == 429
    assert int(again.headers["Retry-After"]) <= 60
    assert client.post("/sign-in", data={"phone": make.WOMAN["phone"]}).status_code == 429


def test_A4_nobody_makes_the_site_send_links_without_end(session: Any) -> None:
    with make.current_app.test_request_context():
        for number in range(asking.PER_PHONE_DAILY):
            _ask(number)
        with pytest.raises(asking.TooMany):
            _ask(99)


def _ask(number: int) -> None:
    draft = make.drafted(
        filer="agent", confirmed=False, agent=make.AGENT | {"phone": f"137000000{number:02}"}
    )
    assert draft.by_agent


def test_without_a_code_nothing_is_taken(
    client: Client, session: Any, power: PowerOfAttorney
) -> None:
    link = open_link(client, session, make.WOMAN["phone"], HER_TAIL)
    for data in ({"answer": "yes"}, {"answer": "yes", "code": "12345"}, {"code": "123456"}):
        assert client.post(f"{link}/answer", data=data).status_code in {200, 422}
    assert kinds(session, power) == ["made"]


# --- Signed in with that phone ---


def test_whoever_is_signed_in_with_the_phone_needs_no_code(
    app: Flask, session: Any, power: PowerOfAttorney
) -> None:
    browser = make.browser_of(make.citizen(make.WOMAN["phone"]), app)
    listed = browser.get("/powers").text
    found = re.search(r"/my/asked/[0-9a-f-]+", listed)
    assert found
    here = found[0]
    assert "张小雨" not in browser.get(here).text
    assert browser.post(here, data={"tail": HER_TAIL}).location == here
    acts = [str(act) for act in Act]
    assert browser.post(f"{here}/answer", data={"answer": "yes", "acts": acts}).status_code == 303
    assert kinds(session, power) == ["made", "confirmed"]
    assert browser.get("/powers").text.count("王代办") == 1


def test_the_agent_signed_in_cannot_answer_for_them(
    app: Flask, session: Any, power: PowerOfAttorney
) -> None:
    """Knowing both ID numbers is not holding their phones."""
    browser = make.browser_of(make.citizen(make.AGENT["phone"]), app)
    link = open_link(browser, session, make.WOMAN["phone"], HER_TAIL)
    acts = [str(act) for act in Act]
    sent = browser.post(f"{link}/answer", data={"answer": "yes", "acts": acts})
    assert sent.status_code == 422
    assert kinds(session, power) == ["made"]


# --- Afterwards ---


def test_reminders_are_few(app: Flask, session: Any, power: PowerOfAttorney, watch: Any) -> None:
    """After three days and after ten, and then no more; nobody who has answered is reminded."""
    with app.test_request_context():
        make.confirm_one(power, "man")
        session.commit()
        sent = []
        for day in range(1, 30):
            watch.forward(days=1)
            sent.append((day, asking.remind()))
            session.commit()
    assert [day for day, count in sent if count] == [3, 10]
    links = [m for m in session.scalars(select(OutboxMessage)) if m.kind == "power_confirmation"]
    assert [m.phone for m in links].count(make.WOMAN["phone"]) == 3
    assert [m.phone for m in links].count(make.MAN["phone"]) == 1


def test_ended_in_one_tap_by_either(app: Flask, session: Any) -> None:
    for person in (make.WOMAN, make.MAN):
        power = make.power_of(make.drafted(filer="agent"))
        browser = make.browser_of(make.citizen(person["phone"]), app)
        page = browser.get(f"/powers/{power.id}").text
        assert "结束委托" in page
        assert browser.post(f"/powers/{power.id}/end").status_code == 303
        session.expire_all()
        assert powers.status_of(power) is Status.ENDED
        assert "已结束" in browser.get(f"/powers/{power.id}").text
        # A second tap says nothing twice.
        browser.post(f"/powers/{power.id}/end")
        assert kinds(session, power).count(PowerHappened.ENDED) == 1
    told = [m.phone for m in session.scalars(select(OutboxMessage)) if m.kind == "power_ended"]
    assert sorted(told) == sorted([make.WOMAN["phone"], make.MAN["phone"]] * 2)


def test_a_power_ended_meanwhile_is_not_confirmed(
    client: Client, session: Any, power: PowerOfAttorney
) -> None:
    link = open_link(client, session, make.WOMAN["phone"], HER_TAIL)
    client.post(f"{link}/code")
    with make.current_app.test_request_context():
        powers.end(power, by=powers.Actor("agent", power.agent_citizen_id))
        session.commit()
    sent = {"answer": "yes", "code": code_to(session, make.WOMAN["phone"])}
    assert client.post(f"{link}/answer", data=sent).status_code == 303
    assert "不用再答复了" in client.get(link).text
    assert kinds(session, power) == ["made", "ended"]
