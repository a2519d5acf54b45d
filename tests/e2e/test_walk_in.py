"""Somebody stands at the window: the clerk's browser, and then their own phone."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import assert_accessible, assert_fits
from tests.e2e.couples import HUBEI_AND_GUANGXI
from tests.e2e.walking import Walk

DRAFT = "/apply/[0-9a-f-]+"


def look(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)


def test_from_the_window_to_the_own_phone(
    demo: None, page: Page, somebody_else: Callable[[], Page]
) -> None:
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
        for index in range(cards.count()):
            clerk.settle_paper(cards.nth(index))

    clerk.step("documents", papers)
    clerk.step("declaration", clerk.tick_all)
    clerk.step("check")
    clerk.at(f"{DRAFT}/window")
    look(page)
    here = page.url
    page.locator("form[action$='/window/ask'] .button").click()
    expect(page.locator(".qr svg")).to_be_visible()
    look(page)

    phone = somebody_else()
    owner = Walk(phone)
    phone.goto("/outbox")
    link = re.search(r"/c/[\w-]+", phone.locator(".card").first.inner_text())
    assert link, "no link was sent"
    phone.goto(link.group())
    phone.locator("input[name=tail]").fill(couple.woman[1][-4:])
    owner.go_on()
    phone.locator("#send-code .button").click()
    phone.locator("input[name=code]").fill(owner.newest_code())
    look(phone)
    phone.locator("button[value=yes]").click()
    expect(phone.locator("form#answer")).to_have_count(0)

    page.goto(here)
    number = page.locator("main .number").inner_text()
    look(page)
    owner.track(number, couple.phone[-4:])
