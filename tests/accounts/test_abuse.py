"""What is done to sign-in, codes and sessions by those who mean no good; named after the case."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app import clock
from app.accounts import service
from app.accounts.models import Citizen, Officer, SignInCode
from app.extensions import db
from app.fields import read_mobile
from app.notifications import service as notifications
from app.notifications.channels import ChannelError, Letter
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.accounts.conftest import PASSWORD, PHONE, Store, Watch
from tests.applications.filing import STEPS, checked, fill, start
from tests.client import Client
from tests.shape.routes import open_pages

SignIn = Callable[..., Client]


def ask(client: Client, phone: str, address: str = "10.0.0.1") -> Any:
    where = {"REMOTE_ADDR": address}
    return client.post("/sign-in", data={"phone": phone}, environ_base=where)


def guess(client: Client, code: str, address: str = "10.0.0.1") -> Any:
    where = {"REMOTE_ADDR": address}
    return client.post("/sign-in/code", data={"code": code}, environ_base=where)


def phones(block: int, count: int) -> list[str]:
    return [f"139{block:04}{number:04}" for number in range(count)]


# --- A1, A2: guessing -------------------------------------------------------------------------------


def test_A1_after_the_limit_the_right_code_reads_like_a_wrong_one(
    client: Client, last_code: Callable[[], str]
) -> None:
    ask(client, PHONE)
    right = last_code()
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    texts = [guess(client, code).text for code in [wrong] * service.TRIES + [right]]
    bare = {re.sub(r'value="[^"]*"|\d{6}', "", text) for text in texts}
    assert len(bare) == 1


def test_A2_one_guess_at_each_of_many_numbers(
    app: Flask, session: Store, watch: Watch, sign_in: SignIn
) -> None:
    """From one address: stopped for that address. From many: stopped for the site. Others go on."""
    sign_in(Client(app), PHONE)
    app.config["CODES_PER_HOUR"] = 100
    watch.forward(hours=2)
    answers = []
    for phone in phones(1, service.PER_ADDRESS_HOURLY + 20):
        browser = Client(app)
        answers.append(ask(browser, phone).status_code)
        if answers[-1] == 303:
            assert guess(browser, "000000").status_code in {303, 422, 429}
    assert answers == [303] * service.PER_ADDRESS_HOURLY + [429] * 20
    for number, phone in enumerate(phones(2, 60)):
        last = ask(Client(app), phone, f"10.1.0.{number}")
    assert last.status_code == 429
    assert int(last.headers["Retry-After"]) > 0
    sent = session.scalar(select(func.count()).select_from(SignInCode))
    assert sent == 100 + 1, "the site's own limit, whatever the address; and the one of before"
    sign_in(Client(app), PHONE)


def test_A2_wrong_codes_of_one_address_stop_that_address_alone(
    app: Flask, monkeypatch: pytest.MonkeyPatch, last_code: Callable[[], str]
) -> None:
    monkeypatch.setattr(service, "WRONG_PER_ADDRESS_HOURLY", 6)
    answers = []
    for phone in phones(3, 4):
        browser = Client(app)
        ask(browser, phone)
        wrong = f"{(int(last_code()) + 1) % 1_000_000:06}"
        answers += [guess(browser, wrong) for _ in range(3)]
    assert [each.status_code for each in answers] == [422] * 6 + [429] * 6
    assert answers[-1].headers["Retry-After"]
    elsewhere = Client(app)
    ask(elsewhere, PHONE, "10.9.9.9")
    assert guess(elsewhere, last_code(), "10.9.9.9").status_code == 303


# --- A3: codes --------------------------------------------------------------------------------------


def test_A3_code_single_use_even_at_one_moment(
    app: Flask, client: Client, last_code: Callable[[], str]
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    ask(client, PHONE)
    code, cookie = last_code(), client.get_cookie("own-browser")
    assert cookie is not None

    def redeem(_: int) -> int:
        tab = Client(app)
        tab.set_cookie("own-browser", cookie.value)
        return guess(tab, code).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(redeem, range(8)))
    assert answers == [303] + [422] * 7


def test_A3_code_of_one_number_opens_no_other(
    app: Flask, client: Client, session: Store, watch: Watch, last_code: Callable[[], str]
) -> None:
    ask(client, PHONE)
    first = last_code()
    watch.forward(minutes=1)
    ask(client, "13900000000")
    if first != last_code():
        assert guess(client, first).status_code == 422
    assert guess(client, last_code()).status_code == 303
    assert session.scalars(select(Citizen)).one().phone == "13900000000"


# --- A4: pumping ------------------------------------------------------------------------------------

FULL_WIDTH = {ord(str(n)): chr(0xFF10 + n) for n in range(10)}


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """A way in which 13800000000 may be typed."""
    groups = draw(st.sampled_from([(3, 4, 4), (11,), (3, 8), (7, 4), (4, 4, 3)]))
    between = draw(st.sampled_from(["", " ", "-", "－", "\u00a0", "\u3000", "\t", "."]))
    digits, parts = PHONE, []
    for size in groups:
        parts.append(digits[:size])
        digits = digits[size:]
    number = between.join(parts)
    before = draw(st.sampled_from(["", "+86", "0086", "86", "+86 ", "(+86)", "＋86", " "]))
    after = draw(st.sampled_from(["", ",", "，", "。", " ", ";", "\u200b"]))
    number = before + number + after
    return number.translate(FULL_WIDTH) if draw(st.booleans()) else number


@given(spellings())
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_A4_every_spelling_is_one_number(app: Flask, typed: str) -> None:
    with app.test_request_context():
        assert read_mobile(typed) == PHONE


def test_A4_one_number_from_everywhere_in_every_spelling(app: Flask, watch: Watch) -> None:
    spelled = [
        "13800000000",
        "+8613800000000",
        "１３８ ００００ ００００",
        "138-0000-0000",
        "0086 13800000000",
    ]
    answers = []
    for number in range(20):
        address = f"10.2.0.{number}"
        answers.append(ask(Client(app), spelled[number % 5], address).status_code)
        watch.forward(seconds=61)
    assert answers.count(303) == service.PER_PHONE_HOURLY
    with app.app_context():
        sent = db.session.scalars(select(OutboxMessage)).all()
        assert {message.phone for message in sent} == {PHONE}
        assert len(sent) == service.PER_PHONE_HOURLY, "the sink counts"


def test_A4_a_block_of_numbers_from_one_address(app: Flask) -> None:
    answers = [ask(Client(app), phone).status_code for phone in phones(5, 120)]
    assert answers.count(303) == service.PER_ADDRESS_HOURLY
    with app.app_context():
        sent = db.session.scalar(select(func.count()).select_from(OutboxMessage))
        assert sent == service.PER_ADDRESS_HOURLY


@pytest.mark.parametrize(
    "typed",
    ["+1 202 555 0100", "+85261234567", "00886912345678", "+44 7700 900123", "9001234567", "12306",
     "10086", "+861680012", "13800000000,13900000000", "13800000000/13900000000", "tel:13800000000"],
)  # fmt: skip
def test_A4_what_is_no_number_of_one_person_sends_nothing(
    app: Flask, client: Client, typed: str
) -> None:
    assert ask(client, typed).status_code == 422
    with app.app_context():
        assert db.session.scalars(select(OutboxMessage)).all() == []


# --- A5, A6: sessions -------------------------------------------------------------------------------


def test_A5_no_cookie_of_before_is_of_use_after(
    app: Flask, client: Client, sign_in: SignIn
) -> None:
    """Whatever was planted before: session, browser and form cookie of the attacker."""
    attacker = Client(app)
    ask(attacker, "13900000000")
    for name in ("own-browser", "own-form"):
        cookie = attacker.get_cookie(name)
        if cookie:
            client.set_cookie(name, cookie.value)
    client.set_cookie("own-session", "planted")
    sign_in(client)
    assert attacker.get("/account").status_code == 303
    thief = Client(app)
    thief.set_cookie("own-session", "planted")
    assert thief.get("/account").status_code == 303


def test_A6_back_after_signing_out_shows_nothing(app: Flask, session: Store, offices: None) -> None:
    case = make.filed()
    browser = make.browser_of(make.citizen(), app)
    pages = ["/account", "/account/data", "/account/data.json", "/my", f"/my/{case.id}"]
    for page in pages:
        answer = browser.get(page)
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
    kept = browser.get_cookie("own-session")
    assert kept is not None
    browser.post("/sign-out")
    browser.set_cookie("own-session", kept.value)
    for page in pages:
        answer = browser.get(page)
        assert answer.status_code == 303
        assert case.number not in answer.text


def test_A6_a_disabled_officer_can_do_nothing_more(
    app: Flask, session: Store, offices: None
) -> None:
    case, officer = make.filed(), make.officer(make.BAIGUO)
    browser = make.browser_of(officer, app)
    assert browser.get(f"/staff/cases/{case.id}").status_code == 200
    session.get_one(Officer, officer.id).disabled_at = clock.now()
    session.commit()
    assert browser.get(f"/staff/cases/{case.id}").status_code == 303
    done = browser.post(f"/staff/cases/{case.id}/accept", data={"accept-version": "2"})
    assert done.status_code == 303
    assert done.location.startswith("/staff/sign-in")
    session.expire_all()
    assert case.state == "submitted"


# --- A7: cookies and addresses ----------------------------------------------------------------------


def test_A7_no_address_holds_anything_personal(app: Flask, session: Store, offices: None) -> None:
    """Every address that a walk through an application sees: no number, phone, name or session."""
    browser = make.browser_of(make.citizen(), app)
    cookie = browser.get_cookie("own-session")
    assert cookie is not None
    browser.set_cookie("check", checked({}))
    seen: list[str] = []
    opened = browser.open

    def note(*args: Any, **kwargs: Any) -> Any:
        answer = opened(*args, **kwargs)
        seen.append(answer.request.url)
        seen.append(answer.location or "")
        seen.extend(re.findall(r'(?:href|action)="([^"]*)"', answer.text))
        return answer

    browser.open = note  # type: ignore[method-assign]
    draft = start(browser)
    for step, fields in STEPS.items():
        fill(browser, draft, step, **fields)
    for page in ("/my", "/account", "/account/devices", "/account/consents", f"{draft}/check"):
        browser.get(page)
    text = unquote("\n".join(seen))
    woman = STEPS["woman"]
    for secret in (woman["name"], woman["id_number"], make.WOMAN["phone"], cookie.value):
        assert secret not in text
    assert not re.search(r"(?<![\w-])\d{17}[\dXx](?![\w-])", text)


def test_A7_every_cookie_of_ours_is_closed_to_scripts(
    app: Flask, last_code: Callable[[], str]
) -> None:
    app.config.update(
        SECURE_COOKIES=True, SESSION_COOKIE_SECURE=True, SESSION_COOKIE_NAME="__Host-form"
    )
    client = Client(app)
    secure = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/sign-in"}}
    answers = [
        client.get("/sign-in?lang=zh_Hant&large=1", **secure),
        client.post("/sign-in", data={"phone": PHONE}, **secure),
        client.post("/sign-in/code", data={"code": last_code()}, **secure),
        client.get("/check/start?service=childbirth", **secure),
    ]
    lines = [line for answer in answers for line in answer.headers.getlist("Set-Cookie")]
    assert {line.split("=")[0] for line in lines} >= {"__Host-session", "__Host-browser"}
    for line in lines:
        attributes = set(line.split("; "))
        assert {"HttpOnly", "Secure"} <= attributes, line
        assert attributes & {"SameSite=Lax", "SameSite=Strict"}, line


# --- G: logs ----------------------------------------------------------------------------------------


class Refusing:
    """A gateway whose answers quote what they were given, as some do."""

    def speaks(self, kind: str, script: str) -> bool:
        return True

    def send(self, letter: Letter) -> str:
        raise ChannelError("isv.MOBILE_NUMBER_ILLEGAL", final=True)


def test_G7_no_log_holds_a_number_a_name_or_a_code(
    app: Flask,
    session: Store,
    offices: None,
    officer: Officer,
    last_code: Callable[[], str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sign-in, wrong codes, a draft, messages, faults and a database that fails: then read it all."""
    caplog.set_level(logging.DEBUG)
    secrets = {PHONE, PASSWORD, "246813"}
    client = Client(app)
    ask(client, PHONE)
    secrets.add(last_code())
    guess(client, "246813")
    guess(client, last_code())
    cookies = [client.get_cookie(name) for name in ("own-session", "own-browser", "own-form")]
    secrets |= {cookie.value for cookie in cookies if cookie}
    client.set_cookie("check", checked({}))
    draft = start(client)
    for step, fields in STEPS.items():
        fill(client, draft, step, **fields)
    for person in (STEPS["woman"], STEPS["man"]):
        secrets |= {person["name"], person["id_number"]}
    for page in open_pages(app):
        if not page.startswith(("/healthz", "/readyz", "/metrics")):
            client.get(page)
    client.get("/account/data.json")
    Client(app).post("/staff/sign-in", data={"username": "clerk", "password": PASSWORD})
    Client(app).post("/staff/sign-in", data={"username": PHONE, "password": "wrong"})

    def fail(*_: object) -> None:
        # As the engine of the site makes it.
        raise OperationalError("INSERT", {"phone": PHONE}, Exception("disk"), hide_parameters=True)

    with monkeypatch.context() as broken:
        broken.setattr(service, "send", fail)
        Client(app).post("/sign-in", data={"phone": PHONE}, fault_expected=True)
        broken.setattr(service, "send", lambda *_: 1 / 0)
        Client(app).post("/sign-in", data={"phone": PHONE}, fault_expected=True)
    monkeypatch.setitem(app.extensions, "sms", Refusing())
    notifications.queue("power_ended", PHONE, {}, subject="x:1", event="1")
    session.commit()
    notifications.deliver_pending()
    logged = caplog.text + "".join(capfd.readouterr())
    assert "unhandled error" in logged, "there was something to log"
    assert {secret for secret in secrets if secret in logged} == set()


def test_dead_codes_are_forgotten_within_the_day(
    client: Client, session: Store, watch: Watch
) -> None:
    ask(client, PHONE)
    watch.ahead += timedelta(minutes=11)
    service.forget_dead_codes()
    session.commit()
    assert session.scalars(select(SignInCode)).all() == []
