"""After it was sent, on a phone: asked for more and answered, hurried, collected elsewhere, judged, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from app.demo import STAFF, couples
from tests.e2e.conftest import assert_accessible, assert_fits
from tests.e2e.test_journeys import says
from tests.e2e.walking import Walk, photo, scripts, send_photo
from translations.catalogue import simplified_only

SCRIPTS = pytest.mark.parametrize(
    ("locale", "javascript"),
    [("zh-CN", True), ("zh-HK", True), ("zh-CN", False)],
    ids=["simplified", "traditional", "scripts-off"],
)
# The couple of the demo who filed at 娄葑街道, and the one in 兴宁区 whose registration is done.
WAITING, DONE = "13900000101", "13900000103"
# Names of people are never converted.
PEOPLE = [
    *(name for each in couples(date(2026, 1, 1)) for name in (each.woman[0], each.man[0])),
    *(staff.name for staff in STAFF),
]
NAMES = re.compile("|".join(f"{name}|{name[0]}某" for name in PEOPLE))
# Nor is what they type: words that are the same in both scripts.
WORDS, PLEA, ANSWER = "封面太暗，本人名字看不到", "快要生了", "今天已在看，明天前一定受理完"


def look(page: Page) -> None:
    """The page fits, axe finds nothing, and a Traditional one holds no Simplified but names and WORDS."""
    assert_fits(page)
    if page.locator("html").get_attribute("lang") == "zh-Hant-TW":
        text = page.evaluate(
            "[...document.querySelectorAll('[lang^=zh-Hans]')].reduce("
            "(text, part) => text.replaceAll(part.textContent, ''), document.body.textContent)"
        )
        assert simplified_only(NAMES.sub("", text)) == set(), page.url
    if scripts(page):
        assert_accessible(page)


def at_my_case(walk: Walk, phone: str) -> None:
    """Sign in and open the one application."""
    walk.page.goto("/my")
    walk.sign_in(phone)
    walk.at("/my")
    walk.page.locator("main a[href^='/my/']").first.click()
    walk.at("/my/[0-9a-f-]+")


def at_the_case(walk: Walk, username: str, number: str) -> None:
    """A clerk opens the case from the list."""
    walk.sign_in_to_desk(username)
    walk.open_case(number)


@SCRIPTS
def test_asked_for_more_answered_item_by_item_and_accepted(
    demo: None, page: Page, somebody_else: Callable[[], Page], locale: str, javascript: bool
) -> None:
    citizen, clerk = Walk(page, look), Walk(somebody_else(), look)
    at_my_case(citizen, WAITING)
    number = page.locator("main .number").inner_text()

    at_the_case(clerk, "loufeng", number)
    desk = clerk.page
    desk.locator("main a[href$='/notice']").click()
    clerk.at("/staff/cases/[0-9a-f-]+/notice")
    desk.locator("form#notice button[value=preview]").click()
    expect(desk.locator(".errors")).to_be_visible()
    look(desk)
    for index, words in ((0, WORDS), (1, "")):
        item = desk.locator("fieldset.ask").nth(index)
        item.locator("input[type=checkbox]").check()
        item.locator("select").select_option("unclear" if words else "missing")
        item.locator("textarea").fill(words)
    desk.locator("form#notice button[value=preview]").click()
    expect(desk.locator(".preview")).to_contain_text(WORDS)
    look(desk)
    desk.locator("form#notice button[value=send]").click()
    clerk.at("/staff/cases/[0-9a-f-]+")
    expect(desk.locator("main")).to_contain_text(WORDS)

    page.reload()
    says(page, "等您补材料")
    look(page)
    page.locator("main a.button[href$='/correct']").click()
    citizen.at("/my/[0-9a-f-]+/correct")
    expect(page.locator("#item-1")).to_contain_text(WORDS)
    page.locator(".dock .button").click()
    expect(page.locator(".errors a")).to_have_count(2)
    look(page)
    page.locator("#item-1 a.button").first.click()
    citizen.at("/my/[0-9a-f-]+/papers/.*")
    send_photo(page.locator("section[id]").first, photo())
    expect(page.locator("[href*='/uploads/']").first).to_be_visible()
    page.locator(".dock .button").click()
    citizen.at("/my/[0-9a-f-]+/correct(#.*)?")
    says(page, "补了 %(count)s 页", count=1)
    page.locator("#item-2 a.button").last.click()
    citizen.at("/my/[0-9a-f-]+/correct/[0-9a-f-]+")
    citizen.go_on()
    expect(page.locator(".errors")).to_be_visible()
    look(page)
    citizen.choose("bring")
    page.locator("textarea").fill(PLEA)
    citizen.go_on()
    citizen.at("/my/[0-9a-f-]+/correct(#item-2)?")
    expect(page.locator("#item-2")).to_contain_text(PLEA)
    citizen.go_on()
    citizen.at("/my/[0-9a-f-]+")
    says(page, "补好了，等窗口受理（收下开始办）")

    desk.reload()
    expect(desk.locator("main")).to_contain_text(PLEA)
    clerk.act("accept")
    page.reload()
    says(page, "窗口正在办")
    look(page)


@SCRIPTS
def test_hurried_and_answered_then_taken_back(
    demo: None, page: Page, somebody_else: Callable[[], Page], locale: str, javascript: bool
) -> None:
    citizen, clerk = Walk(page, look), Walk(somebody_else(), look)
    at_my_case(citizen, WAITING)
    page.locator("main a[href$='/hurry']").click()
    citizen.at("/my/[0-9a-f-]+/hurry")
    page.locator("textarea").fill(PLEA)
    citizen.go_on()
    citizen.at("/my/[0-9a-f-]+(#said-[0-9a-f-]+)?")
    says(page, "等答复")
    page.locator("main a[href$='/hurry']").click()
    citizen.go_on()
    expect(page.locator(".errors")).to_be_visible()
    look(page)

    clerk.sign_in_to_desk("loufeng")
    clerk.page.locator(".side a[href$='/complaints']").click()
    clerk.at("/staff/complaints")
    clerk.page.locator(".cases a[href*='/complaints/']").first.click()
    clerk.at("/staff/complaints/[0-9a-f-]+")
    expect(clerk.page.locator("main")).to_contain_text(PLEA)
    clerk.page.locator("form#answer button").click()
    expect(clerk.page.locator(".errors")).to_be_visible()
    look(clerk.page)
    clerk.page.locator("form#answer textarea").fill(ANSWER)
    clerk.page.locator("form#answer button").click()
    expect(clerk.page.locator("form#answer")).to_have_count(0)
    look(clerk.page)

    page.goto("/my")
    page.locator("main a[href^='/my/']").first.click()
    expect(page.locator("main")).to_contain_text(ANSWER)
    look(page)
    page.locator("main a[href$='/withdraw']").click()
    citizen.at("/my/[0-9a-f-]+/withdraw")
    citizen.go_on()
    citizen.at("/my/[0-9a-f-]+")
    says(page, "您已经撤回")
    expect(page.locator("main a[href$='/hurry']")).to_have_count(0)
    look(page)


@SCRIPTS
def test_collected_at_another_window(
    demo: None, page: Page, somebody_else: Callable[[], Page], locale: str, javascript: bool
) -> None:
    citizen, window = Walk(page, look), Walk(somebody_else(), look)
    at_my_case(citizen, WAITING)
    number = page.locator("main .number").inner_text().removeprefix("JJB-")
    page.locator("main a[href$='/window']").click()
    citizen.at("/my/[0-9a-f-]+/window")
    page.locator("main input[type=radio]").nth(2).check()
    citizen.go_on()
    citizen.at("/my/[0-9a-f-]+")
    says(page, "换了领证窗口")
    window.sign_in_to_desk("xietang")
    window.page.locator(".side a[href$='/collect']").click()
    window.at("/staff/collect")
    window.page.locator(".tabs a").last.click()
    expect(window.page.locator(".list .code")).to_have_text(number)
    look(window.page)


@SCRIPTS
def test_judged_at_the_end_and_looked_into(
    demo: None, page: Page, somebody_else: Callable[[], Page], locale: str, javascript: bool
) -> None:
    citizen, watcher = Walk(page, look), Walk(somebody_else(), look)
    at_my_case(citizen, DONE)
    page.locator("main a[href$='/views']").click()
    citizen.at("/my/[0-9a-f-]+/views")
    page.go_back()
    page.locator("main a[href$='/rate']").click()
    citizen.at("/my/[0-9a-f-]+/rate")
    citizen.go_on()
    expect(page.locator(".errors")).to_be_visible()
    look(page)
    citizen.choose("poor")
    page.locator("textarea").fill(PLEA)
    citizen.go_on()
    citizen.at("/my/[0-9a-f-]+(#rating)?")
    says(page, "您的评价")
    watcher.sign_in_to_desk("xingning-duban")
    watcher.page.locator(".side a[href$='/ratings']").click()
    watcher.at("/staff/ratings")
    form = watcher.page.locator("form[action*='/ratings/']")
    form.locator("button").click()
    expect(form.locator(".error")).to_be_visible()
    look(watcher.page)
    form.locator("textarea").fill(ANSWER)
    # The same page, open on a second screen.
    colleague = watcher.page.context.new_page()
    colleague.goto("/staff/ratings")
    form.locator("button").click()
    expect(form).to_have_count(0)
    look(watcher.page)
    colleague.locator("form[action*='/ratings/'] textarea").fill(WORDS)
    colleague.locator("form[action*='/ratings/'] button").click()
    meanwhile = colleague.locator("section[id^=rating] .notice")
    expect(meanwhile).to_contain_text(WORDS)
    expect(meanwhile).to_be_focused()
    look(colleague)


@pytest.mark.parametrize("locale", ["zh-CN", "zh-HK"])
def test_complained_of_and_answered_by_a_supervisor_on_a_phone(
    demo: None, page: Page, somebody_else: Callable[[], Page], locale: str
) -> None:
    citizen, watcher = Walk(page, look), Walk(somebody_else(), look)
    at_my_case(citizen, WAITING)
    page.locator("main a[href$='/complain']").click()
    citizen.at("/my/[0-9a-f-]+/complain")
    citizen.go_on()
    expect(page.locator(".errors")).to_be_visible()
    # The ring of the focus keeps clear of the pill above.
    pill, errors = (
        page.locator(f"main {each}").last.bounding_box() for each in (".tag", ".errors")
    )
    assert pill and errors
    assert errors["y"] - pill["y"] - pill["height"] > 15
    look(page)
    citizen.choose("manner")
    page.locator("textarea").fill(PLEA)
    citizen.go_on()
    citizen.at("/my/[0-9a-f-]+(#said-[0-9a-f-]+)?")
    watcher.sign_in_to_desk("yuanqu-duban")
    watcher.page.locator(".side a[href$='/complaints']").click()
    watcher.at("/staff/complaints")
    watcher.page.locator(".cases a[href*='/complaints/']").first.click()
    watcher.at("/staff/complaints/[0-9a-f-]+")
    # By keyboard alone.
    watcher.page.locator("form#answer textarea").focus()
    watcher.page.keyboard.type(ANSWER)
    watcher.page.keyboard.press("Tab")
    watcher.page.keyboard.press("Enter")
    expect(watcher.page.locator("form#answer")).to_have_count(0)
    page.reload()
    expect(page.locator("main")).to_contain_text(ANSWER)


def test_a_copy_of_everything_can_be_taken_along(demo: None, page: Page) -> None:
    citizen = Walk(page, look)
    at_my_case(citizen, WAITING)
    number = page.locator("main .number").inner_text()
    with page.expect_download() as taken:
        page.locator("main a[href$='/sent.zip']").click()
    assert taken.value.suggested_filename == f"{number}.zip"
    assert taken.value.path().stat().st_size > 10_000
