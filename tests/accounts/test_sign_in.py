"""Signing in by phone: what the code opens, and everything that must not open anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts import service
from app.accounts.models import Citizen, SignInCode
from app.audit import AuditEvent
from app.extensions import db
from app.notifications.models import OutboxMessage
from tests.accounts.conftest import PHONE, Store, Watch
from tests.client import Client

WRONG = "验证码不对，或已经失效"
LastCode = Callable[[], str]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def ask(client: Client, phone: str = PHONE, **kwargs: object) -> int:
    return client.post("/sign-in", data={"phone": phone}, **kwargs).status_code


def give(client: Client, code: str) -> int:
    return client.post("/sign-in/code", data={"code": code}).status_code


def signed_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def messages(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(OutboxMessage)) or 0


def test_the_whole_walk(client: Client, session: Store, last_code: LastCode) -> None:
    assert "用手机号登录" in client.get("/sign-in").text
    answer = client.post("/sign-in?next=/check", data={"phone": "+86 138-0000-0000"})
    assert (answer.status_code, answer.location) == (303, "/sign-in/code?next=/check")
    shown = client.get(answer.location).text
    assert "138****0000" in shown
    assert PHONE not in shown
    answer = client.post(answer.location, data={"code": " ".join(last_code())})
    assert (answer.status_code, answer.location) == (303, "/check")
    assert "138****0000" in client.get("/account").text
    citizen = session.scalars(select(Citizen)).one()
    assert citizen.phone == PHONE
    assert session.scalars(select(AuditEvent.kind)).all() == ["citizen.signed_in"]


def test_the_same_phone_is_the_same_citizen(
    app: Flask, client: Client, watch: Watch, session: Store, sign_in: Callable[..., Client]
) -> None:
    sign_in(client)
    watch.forward(minutes=2)
    sign_in(Client(app), "138 0000 0000")
    assert session.scalar(select(func.count()).select_from(Citizen)) == 1


def test_the_script_chosen_at_sign_in_is_that_of_messages(
    client: Client, session: Store, last_code: LastCode
) -> None:
    client.post("/sign-in?lang=zh_Hant", data={"phone": PHONE})
    assert session.scalars(select(OutboxMessage.script)).one() == "zh_Hant"
    give(client, last_code())
    assert session.scalars(select(Citizen.script)).one() == "zh_Hant"


def test_A1_five_wrong_tries_end_the_code(
    client: Client, watch: Watch, last_code: LastCode
) -> None:
    ask(client)
    code = last_code()
    answers = [
        client.post("/sign-in/code", data={"code": other_than(code)}) for _ in range(service.TRIES)
    ]
    answers.append(client.post("/sign-in/code", data={"code": code}))
    assert {answer.status_code for answer in answers} == {422}
    texts = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert len(texts) == 1
    assert WRONG in texts.pop()
    assert not signed_in(client)
    watch.forward(minutes=1)
    assert client.post("/sign-in/again").status_code == 303
    assert give(client, last_code()) == 303


def test_A1_the_chance_of_guessing_in_a_day_is_below_one_in_ten_thousand() -> None:
    assert 2 * service.PER_PHONE_DAILY * service.TRIES / 1_000_000 < 1 / 10_000


def test_A1_tries_at_one_moment_are_all_counted(
    app: Flask, client: Client, last_code: LastCode
) -> None:
    ask(client)
    code = last_code()
    browser = client.get_cookie("own-browser")
    assert browser is not None

    def guess(_: int) -> int:
        tab = Client(app)
        tab.set_cookie("own-browser", browser.value)
        return give(tab, other_than(code))

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(guess, range(12))) == {422}
    with app.app_context():
        assert db.session.scalars(select(SignInCode.tries)).one() == service.TRIES


def test_A3_a_code_works_once(app: Flask, client: Client, last_code: LastCode) -> None:
    ask(client)
    code = last_code()
    assert give(client, code) == 303
    client.post("/sign-out")
    assert not signed_in(client)
    assert give(client, code) == 422
    assert not signed_in(client)


def test_A3_a_code_lives_ten_minutes(client: Client, watch: Watch, last_code: LastCode) -> None:
    ask(client)
    watch.forward(minutes=10)
    assert give(client, last_code()) == 422
    assert not signed_in(client)


def test_A3_just_before_ten_minutes_it_still_works(
    client: Client, watch: Watch, last_code: LastCode
) -> None:
    ask(client)
    watch.forward(minutes=9, seconds=55)
    assert give(client, last_code()) == 303


def test_A3_a_newer_code_ends_the_older(client: Client, watch: Watch, last_code: LastCode) -> None:
    ask(client)
    old = last_code()
    watch.forward(minutes=1)
    ask(client)
    while last_code() == old:  # one chance in a million: then the next one is newer
        watch.forward(minutes=1)
        ask(client)
    assert give(client, old) == 422
    assert give(client, last_code()) == 303


def test_A3_a_code_works_only_in_the_browser_that_asked(
    app: Flask, client: Client, last_code: LastCode
) -> None:
    ask(client)
    thief = Client(app)
    assert give(thief, last_code()) == 422
    assert not signed_in(thief)
    assert give(client, last_code()) == 303


def test_a_thief_with_a_code_of_their_own_opens_only_their_own(
    app: Flask, client: Client, session: Store, last_code: LastCode
) -> None:
    ask(client)
    stolen = last_code()
    thief = Client(app)
    ask(thief, "13900000000")
    if stolen != last_code():
        assert give(thief, stolen) == 422
    assert session.scalar(select(func.count()).select_from(Citizen)) == 0


def test_the_code_is_not_in_the_database(
    client: Client, session: Store, last_code: LastCode
) -> None:
    ask(client)
    row = session.scalars(select(SignInCode)).one()
    message = session.scalars(select(OutboxMessage)).one()
    for value in (row.code_hash, row.phone_hash, row.browser_hash):
        assert len(value) == 64
    for sealed in (row.phone_sealed, message.phone_sealed, message.text_sealed):
        assert last_code().encode() not in sealed
        assert PHONE.encode() not in sealed


# --- Messages cost money ----------------------------------------------------------------------------


def test_A4_one_number_counts_once_in_every_spelling(app: Flask, watch: Watch) -> None:
    spellings = [
        "13800000000", "138 0000 0000", "+8613800000000", "008613800000000", "１３８００００００００",
        "13800000000,", "138-0000-0000",
    ]  # fmt: skip
    answers = [ask(Client(app), spelling) for spelling in spellings]
    assert answers == [303] + [429] * 6
    assert messages(app) == 1


def test_A4_codes_are_sixty_seconds_apart(app: Flask, client: Client, watch: Watch) -> None:
    ask(client)
    watch.forward(seconds=58)
    answer = client.post("/sign-in/again")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 2
    assert "秒后再试" in answer.text
    watch.forward(seconds=3)
    assert client.post("/sign-in/again").status_code == 303
    assert messages(app) == 2


def test_a_double_tap_leads_to_the_one_code(app: Flask, client: Client) -> None:
    assert [ask(client), ask(client)] == [303, 303]
    assert messages(app) == 1


def test_A4_a_number_gets_few_codes_a_day(app: Flask, watch: Watch) -> None:
    answers = []
    for _ in range(20):
        answers.append(ask(Client(app)))
        watch.forward(minutes=15)
    assert answers == [303] * service.PER_PHONE_DAILY + [429] * (20 - service.PER_PHONE_DAILY)
    assert messages(app) == service.PER_PHONE_DAILY
    watch.forward(days=1)
    assert ask(Client(app)) == 303


def test_A4_a_number_gets_no_more_codes_an_hour_than_a_gateway_lets_through(
    app: Flask, watch: Watch
) -> None:
    answers = []
    for _ in range(7):
        answers.append(ask(Client(app)))
        watch.forward(minutes=2)
    assert answers == [303] * service.PER_PHONE_HOURLY + [429] * 2
    watch.forward(hours=1)
    assert ask(Client(app)) == 303


def test_A4_an_address_gets_few_codes_an_hour_and_others_go_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PER_ADDRESS_HOURLY", 10)
    answers = [ask(Client(app), f"138000001{n:02}") for n in range(25)]
    assert answers == [303] * 10 + [429] * 15
    elsewhere = {"REMOTE_ADDR": "10.9.9.9"}
    assert ask(Client(app), "13900000000", environ_base=elsewhere) == 303
    assert messages(app) == 11


def test_A4_a_browser_gets_few_codes_a_day(
    client: Client, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PER_BROWSER_DAILY", 3)
    assert [ask(client, f"138000001{n:02}") for n in range(5)] == [303] * 3 + [429] * 2


def test_A4_a_flood_from_everywhere_does_not_keep_citizens_out(
    app: Flask, client: Client, watch: Watch, sign_in: Callable[..., Client]
) -> None:
    sign_in(client)
    client.post("/sign-out")
    watch.forward(hours=2)
    app.config["CODES_PER_HOUR"] = 10
    flood = [
        ask(Client(app), f"139000001{n:02}", environ_base={"REMOTE_ADDR": f"10.0.0.{n}"})
        for n in range(20)
    ]
    assert flood == [303] * 10 + [429] * 10
    sign_in(Client(app))


@pytest.mark.parametrize(
    "phone", ["+852 6123 4567", "00886912345678", "10690000000", "010-62345678"]
)
def test_A4_foreign_and_premium_numbers_get_no_code(app: Flask, client: Client, phone: str) -> None:
    answer = client.post("/sign-in", data={"phone": phone})
    assert answer.status_code == 422
    assert messages(app) == 0
    if phone.startswith(("+", "00")):
        assert "没有大陆手机号，可以到窗口办理或由家人代办" in answer.text, "what to do instead"


def test_A2_many_wrong_tries_from_one_address_are_stopped(
    app: Flask, client: Client, last_code: LastCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WRONG_PER_ADDRESS_HOURLY", 3)
    ask(client)
    wrong = other_than(last_code())
    assert [give(client, wrong) for _ in range(5)] == [422] * 3 + [429] * 2
    other = {"environ_base": {"REMOTE_ADDR": "10.9.9.9"}}
    assert client.post("/sign-in/code", data={"code": last_code()}, **other).status_code == 303


# --- Pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code"])
def test_errors_keep_what_was_typed_in_both_wrappings(client: Client, path: str) -> None:
    ask(client)
    field = "phone" if path == "/sign-in" else "code"
    for answer in (
        client.post(path, data={field: "12345"}),
        client.fragment(path, method="POST", data={field: "12345"}),
    ):
        assert answer.status_code == 422
        assert 'value="12345"' in answer.text
        assert f'href="#{field}"' in answer.text


def test_asking_for_the_other_script_sends_nothing(app: Flask, client: Client) -> None:
    answer = client.post("/sign-in", data={"phone": PHONE, "lang": "zh_Hant"})
    assert answer.status_code == 200
    assert f'value="{PHONE}"' in answer.text
    assert messages(app) == 0


def test_the_code_page_without_a_code_leads_back(client: Client) -> None:
    answer = client.get("/sign-in/code?next=/check")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/check")
    assert client.post("/sign-in/again").location == "/sign-in"


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\r\nX: 1", "evil"]
)
def test_next_leads_nowhere_else(
    client: Client, sign_in: Callable[..., Client], target: str
) -> None:
    sign_in(client)
    answer = client.get("/sign-in", query_string={"next": target})
    assert (answer.status_code, answer.location) == (303, "/my")


def test_every_form_needs_its_token(app: Flask, client: Client) -> None:
    for path in ("/sign-in", "/sign-in/code", "/sign-in/again", "/sign-out", "/staff/sign-in"):
        assert client.post(path, data={"phone": PHONE}, csrf=False).status_code == 400
    assert messages(app) == 0
