"""Somebody stands at the window: the clerk's browser, and then their own phone."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from app.extensions import db
from app.limits import LimitCounter
from tests.e2e.conftest import assert_accessible, assert_fits
from tests.e2e.couples import HUBEI_AND_GUANGXI
from tests.e2e.walking import Walk, scripts

DRAFT = "/apply/[0-9a-f-]+"


def look(page: Page) -> None:
    assert_fits(page)
    if scripts(page):
        assert_accessible(page)


def test_from_the_window_to_the_own_phone(
    app: Flask, demo: None, page: Page, somebody_else: Callable[[], Page], javascript: bool
) -> None:
    """Filled in, a paper promised, refused on the own phone, shown to the clerk, and said yes to."""
    couple = HUBEI_AND_GUANGXI
    clerk = Walk(page)
    clerk.sign_in_to_desk("loufeng")
    page.goto("/staff/walk-in")
    look(page)
    page.locator("form[action='/check/start'] .button").click()
    for path, answer in couple.answers.items():
        clerk.at(f"/check/{re.escape(path)}(\\?service=childbirth)?", "form#question")
        clerk.answer(answer)
        clerk.go_on()
    clerk.at("/check/result")
    page.locator(".dock a.button[href^='/apply/start']").click()
    clerk.at(r"/apply/start\?role=.+")
    clerk.tick_all()
    clerk.go_on()
    clerk.step("who", lambda: clerk.choose("woman"))

    def woman() -> None:
        clerk.fill(*couple.woman)
        page.locator("input[name=phone]").fill(couple.phone)

    clerk.step("woman", woman)
    clerk.step("man", lambda: clerk.fill(*couple.man))
    clerk.step("children", lambda: clerk.tell_of_child(couple.child))
    clerk.step("where", lambda: clerk.choose("woman_residence"))
    clerk.step("collect")

    def papers() -> None:
        cards = page.locator("section.card[id]:not(#signed_form)")
        promised = cards.first
        promised.locator("summary").click()
        promised.locator("button[value=written_promise]").click()
        clerk.at(f"{DRAFT}/documents/[a-z_]+/promise")
        expect(page.locator(".dock button[form=promise]")).to_be_visible()
        look(page)
        clerk.go_on()
        expect(cards.first.locator("button[name=instead][value='']")).to_be_visible()
        for index in range(1, cards.count()):
            clerk.settle_paper(cards.nth(index))
        look(page)

    clerk.step("documents", papers)
    clerk.step("declaration", clerk.tick_all)
    clerk.step("check")
    clerk.at(f"{DRAFT}/window")
    look(page)
    here = page.url
    ask(page)
    phone = somebody_else()
    open_question(phone, couple.woman[1][-4:])
    say(phone, "no")

    page.goto(here)
    expect(page.locator(".notice.amber time")).to_be_visible()
    look(page)
    page.goto("/staff/walk-in")
    expect(page.locator(".tag.amber")).to_be_visible()
    look(page)
    page.goto(here)
    page.locator(".notice.amber a").click()
    clerk.step("check")
    clerk.at(f"{DRAFT}/window")
    ask(page)
    expect(page.locator(".notice.amber")).to_have_count(0)
    a_minute_later(app)
    open_question(phone)
    say(phone, "yes")

    page.goto(here)
    number = page.locator("main .number").inner_text()
    expect(page.locator("main .card li strong")).to_have_count(1)
    look(page)
    Walk(phone).track(number, couple.phone[-4:])


def ask(page: Page) -> None:
    """Send the question to the phone of whoever stands there."""
    page.locator("form[action$='/window/ask'] .button").click()
    expect(page.locator(".qr svg")).to_be_visible()
    look(page)


def a_minute_later(app: Flask) -> None:
    """Nobody is sent a second code within the minute; the test does not wait for it."""
    with app.app_context():
        db.session.execute(delete(LimitCounter))
        db.session.commit()


def open_question(phone: Page, tail: str | None = None) -> None:
    """By the link of the newest message, and once in half an hour the last four of one's own number."""
    phone.goto("/outbox")
    link = re.search(r"/c/[\w-]+", phone.locator(".card").first.inner_text())
    assert link, "no link was sent"
    phone.goto(link.group())
    if tail:
        phone.locator("input[name=tail]").fill(tail)
        Walk(phone).go_on()


def say(phone: Page, word: str) -> None:
    """Yes or no, with a code for it."""
    phone.locator("#send-code .button").click()
    expect(phone.locator("input[name=code]")).to_be_visible()
    phone.locator("input[name=code]").fill(Walk(phone).newest_code())
    look(phone)
    phone.locator(f"button[value={word}]").click()
    expect(phone.locator("form#answer")).to_have_count(0)
