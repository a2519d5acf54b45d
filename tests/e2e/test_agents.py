"""Acting for others, on phones: the spouse's word, two couples in two tabs, and a power that ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.delegation.models import PowerOfAttorney
from app.extensions import db
from app.files import LocalStore
from app.notifications.models import OutboxMessage
from app.places.loading import load_demo_offices
from tests import factories as make
from tests.applications.filing import checked
from tests.e2e.test_journeys import look

OTHER_WOMAN = make.WOMAN | {
    "name": "陆小梅",
    "id_number": "450102199311182327",
    "phone": "13800000011",
}
OTHER_MAN = make.MAN | {
    "name": "赵志强",
    "id_number": "421181198902141152",
    "phone": "13800000012",
}


@pytest.fixture
def ready(app: Flask, tmp_path: Path, live: str) -> str:
    """The demo's offices over a fresh database; the address of the site."""
    app.extensions["files"] = LocalStore(tmp_path / "files")
    with app.app_context():
        load_demo_offices()
        db.session.commit()
    return live


def signed_in(app: Flask, page: Page, phone: str, **cookies: str) -> Page:
    """This phone's owner is signed in on this page's browser."""
    with app.app_context():
        browser = make.browser_of(make.citizen(phone), app)
        cookie = browser.get_cookie("own-session")
        assert cookie is not None
        known = {"own-session": cookie.value, **cookies}
        db.session.remove()
    address = app.config["PUBLIC_URL"]
    page.context.add_cookies(
        [{"name": name, "value": value, "url": address} for name, value in known.items()]
    )
    return page


def newest(app: Flask, phone: str, pattern: str) -> str:
    """What the first group of `pattern` finds in the newest message to this phone that has it."""
    with app.app_context():
        rows = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.created_at.desc()))
        texts = [row.text or "" for row in rows if row.phone == phone]
        db.session.remove()
    return next(found[1] for text in texts if (found := re.search(pattern, text)))


def go_on(page: Page) -> None:
    """Press the main button, and wait until the page it leads to is there."""
    before = page.url
    page.locator(".dock .button").last.click()
    expect(page).not_to_have_url(before)
    form = page.locator("form#step")
    if form.count():
        expect(form).to_have_attribute("action", urlsplit(page.url).path)
    look(page)


def say(app: Flask, page: Page, phone: str, tail: str, answer: str = "yes") -> None:
    """Open the link of the newest message, show the last four, ask for the code, answer."""
    page.goto(newest(app, phone, r"(https?://\S+/c/[\w-]+)"))
    look(page)
    page.locator("input[name=tail]").fill("0000")
    page.locator(".dock .button").last.click()
    expect(page.locator(".errors")).to_be_visible()
    look(page)
    page.locator("input[name=tail]").fill(tail)
    page.locator(".dock .button").last.click()
    expect(page.locator("#send-code .button")).to_be_visible()
    look(page)
    page.locator("#send-code .button").click()
    expect(page.locator("input[name=code]")).to_be_visible()
    look(page)
    page.locator("input[name=code]").fill(newest(app, phone, r"\b(\d{6})\b"))
    page.locator(f"button[name=answer][value={answer}]").click()
    expect(page.locator("button[name=answer]")).to_have_count(0)
    look(page)


# --- The spouse ---


def test_the_spouse_confirms_on_another_phone(
    app: Flask, ready: str, page: Page, somebody_else: Callable[[], Page], script: str
) -> None:
    with app.app_context():
        case = make.filed()
        case_id = case.id
        db.session.remove()
    hers = signed_in(app, page, make.WOMAN["phone"])
    hers.goto(f"/my/{case_id}")
    expect(hers.locator("#spouses + .card")).to_contain_text(
        {"zh_Hans": "尚未确认", "zh_Hant": "尚未確認"}[script]
    )
    look(hers)
    hers.goto(f"/my/{case_id}/spouse/man")
    look(hers)
    his = somebody_else()
    say(app, his, make.MAN["phone"], "0014")
    hers.goto(f"/my/{case_id}")
    expect(hers.locator("#spouses + .card")).to_contain_text(
        {"zh_Hans": "已确认（手机", "zh_Hant": "已確認（手機"}[script]
    )
    signed_in(app, his, make.MAN["phone"])
    his.goto(f"/my/{case_id}")
    expect(his.locator(f"a[href='/my/{case_id}/hurry']")).to_be_visible()
    expect(his.locator(f"a[href='/my/{case_id}/withdraw']")).to_have_count(0)
    look(his)


def test_the_spouse_confirms_without_javascript(
    app: Flask, ready: str, page: Page, somebody_else: Callable[[], Page], javascript: bool
) -> None:
    with app.app_context():
        make.filed()
        db.session.remove()
    say(app, page, make.MAN["phone"], "0014", "no")


# --- An agent for two couples in two tabs ---


def begin(app: Flask, tab: Page, role: str = "woman_residence") -> str:
    """From the consent to the first question; the address of the draft."""
    tab.goto(f"/apply/start?role={role}&another=1")
    for box in tab.locator("main input[type=checkbox]").all():
        box.check()
    tab.locator(".dock .button").last.click()
    expect(tab).to_have_url(re.compile("/who$"))
    return tab.url.removesuffix("/who")


def name_them(tab: Page, people: list[dict[str, Any]]) -> None:
    """Who I am, who she is, who he is."""
    tab.locator("input[value=agent]").check()
    go_on(tab)
    for person in people:
        tab.locator("input[name=name]").fill(person["name"])
        tab.locator("input[name=id_number]").fill(person["id_number"])
        tab.locator("input[name=phone]").fill(person["phone"])
        if "relation" in person:
            tab.locator("select[name=relation]").select_option(person["relation"])
        go_on(tab)


def agree(tab: Page, how: str) -> None:
    """What is proposed, confirmed in this way."""
    go_on(tab)
    tab.locator(f"input[name=how][value={how}]").check()
    go_on(tab)


def fill_in(tab: Page) -> None:
    """The rest, up to the page before the last."""
    tab.locator("input[value=pregnant]").check()
    go_on(tab)
    go_on(tab)
    go_on(tab)
    asked = tab.locator("section[data-slot] button[value=shared_data]")
    for left in reversed(range(asked.count())):
        asked.first.click()
        expect(asked).to_have_count(left)
    go_on(tab)
    tab.locator("main input[type=checkbox]").check()
    go_on(tab)


def test_an_agent_for_two_couples_in_two_tabs(
    app: Flask, ready: str, page: Page, somebody_else: Callable[[], Page], script: str
) -> None:
    with app.app_context():
        token = checked({})
        db.session.remove()
    first = signed_in(app, page, make.AGENT["phone"], check=token)
    second = first.context.new_page()
    couples = {first: (make.WOMAN, make.MAN), second: (OTHER_WOMAN, OTHER_MAN)}
    drafts = {tab: begin(app, tab) for tab in couples}
    for tab, (woman, man) in couples.items():
        name_them(tab, [make.AGENT, woman, man])
    # Every page of a tab names its own couple and never the other, whatever the other tab does.
    for tab, (woman, man) in couples.items():
        other = next(pair for each, pair in couples.items() if each is not tab)
        for step in ("agent", "woman", "man", "entrust"):
            tab.goto(f"{drafts[tab]}/{step}")
            expect(tab.locator("main .strip")).to_contain_text(f"{woman['name']}、{man['name']}")
            expect(tab.locator("main")).not_to_contain_text(other[0]["name"])
            typed = tab.evaluate("[...document.querySelectorAll('input')].map(e => e.value)")
            assert not {other[0]["name"], other[1]["name"], other[0]["id_number"]} & set(typed)
    agree(first, "phone")
    agree(second, "phone")
    for tab in couples:
        fill_in(tab)
        expect(tab.locator("#submit")).to_have_count(0)
        look(tab)
    phone = somebody_else()
    say(app, phone, make.WOMAN["phone"], "002X")
    say(app, phone, make.MAN["phone"], "0014")
    first.locator(".dock a.button").click()
    expect(first.locator("#submit")).to_have_count(1)
    second.locator(".dock a.button").click()
    expect(second.locator("#submit")).to_have_count(0)
    first.locator(".dock .button").last.click()
    expect(first).to_have_url(re.compile("/apply/receipt/"))
    expect(first.locator("main .strip")).to_contain_text(make.WOMAN["name"])
    look(first)
    first.goto("/clients")
    expect(first.locator("section.card")).to_have_count(2)
    look(first)


# --- A power that ends ---


def test_ended_by_one_tap_it_stops_the_agent_at_once(
    app: Flask, ready: str, page: Page, somebody_else: Callable[[], Page], script: str
) -> None:
    with app.app_context():
        case_id = make.filed(filer="agent").id
        power = db.session.scalars(select(PowerOfAttorney)).one().id
        db.session.remove()
    agent = signed_in(app, page, make.AGENT["phone"])
    agent.goto(f"/my/{case_id}")
    expect(agent.locator("main .strip")).to_be_visible()
    look(agent)
    hers = signed_in(app, somebody_else(), make.WOMAN["phone"])
    hers.goto("/powers")
    look(hers)
    hers.locator(f"a.card.go[href='/powers/{power}']").click()
    expect(hers).to_have_url(re.compile(f"/powers/{power}$"))
    look(hers)
    hers.locator("form[action$='/end'] .button").click()
    expect(hers.locator("form[action$='/end']")).to_have_count(0)
    look(hers)
    agent.reload()
    expect(agent.locator("main")).not_to_contain_text(make.WOMAN["name"])
    assert agent.locator("main .strip").count() == 0
    hers.goto(f"/my/{case_id}")
    expect(hers.locator(f"a[href='/my/{case_id}/withdraw']")).to_be_visible()


def test_the_last_day_works_and_the_next_day_does_not(app: Flask, ready: str, page: Page) -> None:
    app.config["AS_OF"] = date(2026, 3, 2)
    with app.app_context():
        case_id = make.filed(filer="agent", agreed=make.terms(until_on="2026-06-30")).id
        db.session.remove()
    agent = signed_in(app, page, make.AGENT["phone"])
    app.config["AS_OF"] = date(2026, 6, 30)
    agent.goto(f"/my/{case_id}")
    expect(agent.locator("main .strip")).to_contain_text("张小雨")
    app.config["AS_OF"] = date(2026, 7, 1)
    agent.reload()
    expect(agent.locator("main")).not_to_contain_text("张小雨")
    agent.goto("/clients")
    expect(agent.locator("section.card")).to_contain_text("已到期")
    look(agent)
