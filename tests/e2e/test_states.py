"""Pages that only somebody can open, and every form sent empty: accessible and fitting, in both scripts.

A table: who looks, at which address, and the form to send with nothing in it, if one. Each page is
looked at on a phone, in 大字 as well, light in 简体 and dark in 繁體.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NoReturn

import pytest
from flask import Flask, abort
from playwright.sync_api import Page, expect

from app.accounts.models import Citizen, Officer, Session
from app.clock import now
from app.delegation.models import ConfirmationRequest
from app.demo import load as load_demo
from app.extensions import db
from app.files import LocalStore
from app.web import public
from tests import factories as make
from tests.casework.asking import ask, ask_elsewhere
from tests.certificates.conftest import certificate_of, registered
from tests.e2e.conftest import assert_accessible, assert_fits
from tests.e2e.hearing import assert_heard_well
from tests.e2e.pictures import keep
from tests.e2e.test_agents import newest

Row = tuple[str, str | None]
NOWHERE = "110105001"
OTHERS: dict[str, dict[str, Any]] = {
    "woman": make.WOMAN
    | {"name": "陆小梅", "id_number": "450102199311182327", "phone": "13800000011"},
    "man": make.MAN | {"name": "赵志强", "id_number": "421181198902141152", "phone": "13800000012"},
}
# Steps of an application, and whether they can be sent with nothing in them: a choice once made stays.
STEPS = {
    "who": False,
    "agent": True,
    "woman": True,
    "man": True,
    "entrust": True,
    "confirming": False,
    "children": False,
    "where": False,
    "documents": False,
    "declaration": True,
    "check": False,
}
EMPTY = """form => {
  for (const each of form.ownerDocument.querySelectorAll('input, textarea, select')) {
    if (each.form !== form || each.type === 'hidden') continue;
    if (['checkbox', 'radio'].includes(each.type)) each.checked = false; else each.value = '';
  }
  form.requestSubmit();
}"""


@pytest.fixture(params=["light", "dark"])
def colours(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def locale(colours: str) -> str:
    return {"light": "zh-CN", "dark": "zh-HK"}[colours]


@pytest.fixture
def world(app: Flask, live: str, tmp_path: Any) -> Iterator[Flask]:
    """The demo's offices and staff, inside the site's own context."""
    app.extensions["files"] = LocalStore(tmp_path / "files")
    with app.app_context():
        load_demo()
        db.session.commit()
        yield app
        db.session.remove()


@pytest.fixture
def phone(page: Page, colours: str, locale: str) -> Page:
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    return page


def walk(phone: Page, rows: list[Row]) -> None:
    """Open each page and look; where a form is named, send it empty and look again."""
    for address, form in rows:
        phone.goto(address)
        expect(phone.locator("h1").first).to_be_visible()
        look(phone)
        if form:
            phone.locator(form).last.evaluate(EMPTY)
            expect(phone.locator("main .errors, main .error").first).to_be_visible()
            look(phone)


def look(phone: Page) -> None:
    assert_fits(phone)
    phone.evaluate("document.documentElement.classList.add('large')")
    assert_fits(phone)
    phone.evaluate("document.documentElement.classList.remove('large')")
    assert_accessible(phone)
    assert_heard_well(phone)
    is_simplified = phone.locator("html").get_attribute("lang") == "zh-Hans-CN"
    keep(phone, "simplified" if is_simplified else "traditional-dark")


def sign_in(app: Flask, phone: Page, person: Citizen | Officer) -> None:
    cookie = make.browser_of(person, app).get_cookie("own-session")
    assert cookie is not None
    phone.context.clear_cookies()
    phone.context.add_cookies(
        [{"name": "own-session", "value": cookie.value, "url": app.config["PUBLIC_URL"]}]
    )


# --- The couple ---


def test_what_the_couple_sees(world: Flask, phone: Page) -> None:
    done = registered()
    case = make.filed()
    notice = ask(case)
    item = notice.items[0].id
    mine, over = f"/my/{case.id}", f"/my/{done.id}"
    sign_in(world, phone, make.citizen())
    walk(
        phone,
        [
            ("/my", None),
            (mine, None),
            (f"{mine}/spouse/man", None),
            (f"{mine}/entrust", "main form"),
            (f"{mine}/complain", "main form"),
            (f"{mine}/hurry", None),
            (f"{mine}/withdraw", None),
            (f"{mine}/window", None),
            (f"{mine}/views", None),
            (f"{mine}/correct", "main form"),
            (f"{mine}/correct/{item}", "main form"),
            (f"{mine}/papers/id_or_hukou_booklet", "form[data-plain]"),
            (over, None),
            (f"{over}/certificate", None),
            (f"{over}/rate", "main form"),
            ("/account", None),
            ("/account/phone", None),
            ("/account/phone/new", None),
            ("/account/close", None),
            ("/account/script", None),
            ("/account/data", None),
            ("/powers", None),
        ],
    )


def test_hurrying_twice_on_one_day(world: Flask, phone: Page, somebody_else: Any) -> None:
    """The form that stood open on a second phone: it says so at the field, and keeps the words."""
    case = make.filed()
    sign_in(world, phone, make.citizen())
    other = somebody_else()
    other.context.add_cookies(phone.context.cookies())
    for each in (phone, other):
        each.goto(f"/my/{case.id}/hurry")
    other.locator(".dock .button").click()
    expect(other.locator("section[id^=said]")).to_be_visible()
    look(other)
    phone.locator("textarea").fill("快要生了")
    phone.locator(".dock .button").click()
    expect(phone.locator(".errors")).to_be_visible()
    expect(phone.locator("textarea")).to_have_value("快要生了")
    look(phone)


def test_a_written_promise_in_a_draft_and_afterwards(world: Flask, phone: Page) -> None:
    sign_in(world, phone, make.citizen())
    draft = make.drafted()
    papers = f"/apply/{draft.id}/documents"
    walk(phone, [(f"{papers}/marriage_certificate/promise", "form#promise")])
    phone.locator("input[name=name]").fill("别人")
    phone.locator(".dock .button").click()
    expect(phone.locator(".errors")).to_be_visible()
    look(phone)
    phone.locator("input[name=name]").fill(make.WOMAN["name"])
    phone.locator(".dock .button").click()
    expect(phone).to_have_url(re.compile("/documents"))
    expect(phone.locator("#marriage_certificate button[value='']")).to_be_visible()
    look(phone)
    case = make.filed(**OTHERS)
    sign_in(world, phone, make.citizen(OTHERS["woman"]["phone"]))
    here = f"/my/{case.id}/papers/marriage_certificate"
    walk(phone, [(f"{here}/promise", "form#promise"), (here, None), (f"/my/{case.id}", None)])


# --- An agent, and who is asked ---


def test_what_an_agent_sees(world: Flask, phone: Page) -> None:
    draft = make.drafted(filer="agent", confirmed=False)
    case = make.filed(filer="agent", **OTHERS, agreed=make.terms(may_delegate="yes"))
    power = make.power_of(case)
    here = f"/apply/{draft.id}"
    sign_in(world, phone, make.citizen(make.AGENT["phone"]))
    walk(
        phone,
        [
            *(
                (f"{here}/{step}", "form#step" if is_empty else None)
                for step, is_empty in STEPS.items()
            ),
            (f"{here}/hand-over", "main form"),
            ("/clients", None),
            (f"/my/{case.id}", None),
            ("/powers", None),
            (f"/powers/{power.id}", None),
            (f"/powers/{power.id}/pass-on", "main form"),
            (f"/powers/check/{power.number}", None),
            ("/powers/check", "main form"),
        ],
    )


def test_what_a_principal_is_asked(world: Flask, phone: Page) -> None:
    make.drafted(filer="agent", confirmed=False)
    woman = make.WOMAN["phone"]
    link = newest(world, woman, r"(/c/[\w-]+)")
    walk(phone, [("/c/no-such-link", None), (link, "main form")])
    phone.locator("input[name=tail]").fill(make.WOMAN["id_number"][-4:])
    phone.locator(".dock .button").last.click()
    phone.locator("#send-code .button").click()
    expect(phone.locator("input[name=code]")).to_be_visible()
    phone.locator("button[name=answer]").last.click()
    expect(phone.locator(".errors")).to_be_visible()
    look(phone)
    asked = db.session.scalars(db.select(ConfirmationRequest).filter_by(person="woman")).one().id
    sign_in(world, phone, make.citizen(woman))
    walk(phone, [("/powers", None), (f"/my/asked/{asked}", "main form")])


def test_what_a_principal_sees_when_it_has_run_out(world: Flask, phone: Page) -> None:
    world.config["AS_OF"] = date(2026, 3, 2)
    case = make.filed(filer="agent", agreed=make.terms(until_on="2026-06-30"))
    power = make.power_of(case)
    sign_in(world, phone, make.citizen())
    here = f"/powers/{power.id}"
    walk(
        phone, [(f"/my/{case.id}", None), ("/powers", None), (here, None), (f"{here}/renew", None)]
    )
    world.config["AS_OF"] = date(2026, 7, 1)
    walk(phone, [(here, None), (f"{here}/renew", "form#renew")])
    phone.goto(f"{here}/renew")
    phone.locator(".dock .button").click()
    expect(phone.locator("h1")).not_to_have_text("再委托一次")
    look(phone)
    walk(phone, [("/powers", None), (f"{here}/renew", None)])


# --- The desk ---


def test_what_the_desk_sees(world: Flask, phone: Page) -> None:
    paper = certificate_of(registered())
    case = make.filed()
    ask_elsewhere(case, NOWHERE)
    enquiry = ask_elsewhere(case, make.SONGBU)
    power = make.power_of(make.drafted(filer="agent", how="window", confirmed=False, **OTHERS))
    here = f"/staff/cases/{case.id}"
    sign_in(world, phone, make.officer(make.BAIGUO))
    walk(
        phone,
        [
            (here, None),
            (f"{here}/notice", "main form"),
            (f"{here}/send-on", "main form"),
            (f"{here}/verifications", "main form"),
            ("/staff/print", "main form"),
            (f"/staff/print/{paper.id}", None),
            ("/staff/powers", "main form"),
            ("/staff/password", "main form"),
        ],
    )
    phone.goto("/staff/powers")
    phone.locator("input[name=number]").fill(power.number)
    phone.locator("main form button").last.click()
    expect(phone).to_have_url(re.compile(str(power.id)))
    look(phone)
    sign_in(world, phone, make.officer(make.SONGBU))
    walk(phone, [("/staff/enquiries", None), (f"/staff/enquiries/{enquiry.id}", "main form")])
    sign_in(world, phone, make.officer(make.MACHENG, "supervisor"))
    desks = (
        "board",
        "complaints",
        "ratings",
        "report",
        "messages",
        "sent-on",
        "collect",
        "officers",
    )
    walk(phone, [(f"/staff/{desk}", None) for desk in desks])
    walk(phone, [("/staff/officers/new", "main form")])


# --- Anybody ---


def test_what_anybody_sees(world: Flask, phone: Page) -> None:
    world.config["OIDC_ISSUER"] = "https://login.example"
    outside = ask_elsewhere(make.filed(), NOWHERE)
    walk(
        phone,
        [
            ("/sign-in", "main form"),
            ("/staff/sign-in", "main form"),
            ("/track", "main form"),
            ("/verify", "main form"),
            ("/verify/JJB-0000-0000", None),
            ("/rules/explain", "main form"),
            ("/reply", "main form"),
        ],
    )
    world.config["OIDC_ISSUER"] = ""
    phone.locator("input[name=code]").fill(outside.reply_code or "")
    phone.locator("main form button").last.click()
    phone.wait_for_url("**/reply/answer")
    walk(phone, [("/reply/answer", "main form")])


def test_a_form_kept_while_one_signs_in_again(world: Flask, phone: Page) -> None:
    sign_in(world, phone, make.citizen())
    case = make.filed()
    phone.goto(f"/my/{case.id}/complain")
    phone.locator("textarea").fill("打了三次电话没有人接。")
    for row in db.session.scalars(db.select(Session)):
        row.last_seen_at = now() - timedelta(minutes=31)
    db.session.commit()
    phone.locator(".dock .button").last.click()
    expect(phone).to_have_url(re.compile("/sign-in[?]"))
    look(phone)
    phone.locator("input[name=phone]").fill(make.WOMAN["phone"])
    phone.locator(".dock .button").last.click()
    expect(phone).to_have_url(re.compile("/sign-in/code"))
    look(phone)
    phone.locator("input[name=code]").fill("000000")
    phone.locator(".dock .button").last.click()
    expect(phone.locator(".errors")).to_be_visible()
    look(phone)
    phone.locator("input[name=code]").fill(newest(world, make.WOMAN["phone"], r"\b(\d{6})\b"))
    phone.locator(".dock .button").last.click()
    expect(phone).to_have_url(re.compile("/complain"))
    expect(phone.locator("textarea")).to_have_value("打了三次电话没有人接。")
    look(phone)


def test_our_own_pages_for_what_goes_wrong(
    world: Flask, phone: Page, complaints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for status in (403, 404, 405, 413, 429, 500, 503):

        @public
        def fails(status: int = status) -> NoReturn:
            abort(status)

        monkeypatch.setitem(world.view_functions, "guide.privacy", fails)
        answer = phone.goto("/privacy")
        assert answer is not None
        assert answer.status == status
        expect(phone.locator("h1")).to_be_visible()
        look(phone)
    complaints.clear()
