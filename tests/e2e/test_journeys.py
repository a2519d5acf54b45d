"""Whole journeys on a phone: from the first question to the paper, today and as of two other days."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import pytest
from babel.support import Translations
from playwright.sync_api import Page, expect

from app import config
from app.demo import STAFF
from tests.e2e.conftest import assert_accessible, assert_fits
from tests.e2e.couples import GUANGXI, GUANGXI_WITH_BABY, HUBEI, HUBEI_AND_GUANGXI
from tests.e2e.walking import Couple, Walk, scripts
from tests.factories import AGENT, MAN, WOMAN
from translations.catalogue import simplified_only

# Names of people are never converted, nor is what is left of them when they are masked.
PEOPLE = [
    *(
        one[0]
        for couple in (HUBEI_AND_GUANGXI, GUANGXI_WITH_BABY)
        for one in (couple.woman, couple.man)
    ),
    *(person["name"] for person in (WOMAN, MAN, AGENT)),
    *(staff.name for staff in STAFF),
]
NAMES = re.compile("|".join(f"{name}|{name[0]}某({name[2:]})?" for name in PEOPLE))


@pytest.mark.parametrize(
    ("locale", "javascript"),
    [("zh-CN", True), ("zh-HK", True), ("zh-CN", False), ("zh-HK", False)],
    ids=["simplified", "traditional", "scripts-off", "traditional-scripts-off"],
)
def test_today_a_couple_of_two_provinces_registers_where_she_lives(
    demo: None, page: Page, somebody_else: Callable[[], Page], locale: str, javascript: bool
) -> None:
    citizen, clerk = Walk(page, look), Walk(somebody_else(), look)
    citizen.check(HUBEI_AND_GUANGXI)
    says(page, "办生育登记，不用审批")
    says(page, "您可以在这 %(count)s 个地方办，选一个", count=3)
    expect(page.locator("section.card.best")).to_have_count(1)
    number = citizen.apply(HUBEI_AND_GUANGXI, "woman_residence")
    says(page, "交好了")
    expect(page.locator(".qr svg")).to_be_visible()
    citizen.track(number, HUBEI_AND_GUANGXI.phone[-4:])

    clerk.sign_in_to_desk("loufeng")
    clerk.open_case(number)
    clerk.act("accept")
    clerk.act("register")

    page.reload()
    says(page, "登记好了")
    expect(page.locator(".timeline .todo")).to_have_count(0)
    look(page)


@pytest.mark.parametrize("legal_day", ["2014-06-03"])
def test_in_2014_a_couple_of_hubei_is_approved_within_thirty_days(
    demo: None, page: Page, somebody_else: Callable[[], Page]
) -> None:
    citizen, clerk, approver = (Walk(tab, look) for tab in (page, somebody_else(), somebody_else()))
    citizen.check(HUBEI)
    says(page, "演练：按 %(day)s的规定", day="2014 年 6 月 3 日")
    says(page, "您可以在这 %(count)s 个地方办，选一个", count=3)
    for words in ("10 日内", "20 日内", "不超过 30 日", "生育证", "身份证", "结婚证"):
        expect(page.locator("main")).to_contain_text(words)
    number = citizen.apply(HUBEI, "woman_residence")
    for words in ("鼓楼街道", "10 日内", "20 日内", "30 日内"):
        expect(page.locator("main")).to_contain_text(words)

    clerk.sign_in_to_desk("gulou")
    clerk.open_case(number)
    clerk.act("accept")
    clerk.act("forward_with_opinion", "meets")
    approver.sign_in_to_desk("macheng")
    approver.open_case(number)
    approver.act("approve")

    citizen.track(number, HUBEI.phone[-4:])
    says(page, "批准了")
    says(page, "演练：按 %(day)s的规定", day="2014 年 6 月 3 日")
    expect(page.locator("main")).to_contain_text("《生育证》")


@pytest.mark.parametrize("legal_day", ["2018-12-01"])
@pytest.mark.parametrize("couple", [GUANGXI, GUANGXI_WITH_BABY], ids=["before", "after"])
def test_in_2018_a_second_child_in_guangxi_is_registered_before_or_after_birth(
    demo: None, page: Page, couple: Couple
) -> None:
    citizen = Walk(page, look)
    citizen.check(couple)
    says(page, "办生育登记，不用审批")
    citizen.apply(couple, "woman_hukou")
    says(page, "交好了")
    expect(page.locator("main")).to_contain_text("计划生育服务手册")


# --- Looking ---


def look(page: Page) -> None:
    """The page fits the phone, is in one script, and is a kind of page that axe finds nothing on."""
    assert_fits(page)
    if page.locator("html").get_attribute("lang") == "zh-Hant-TW":
        assert simplified_only(text_of(page)) == set(), page.url
    kind = re.sub(r"/[0-9a-f-]{36}|JJB-[0-9A-Z-]+|\?.*", "/…", page.url.split("/", 3)[3])
    if kind not in SEEN and scripts(page):
        assert_accessible(page)
        SEEN.add(kind)


# The kinds of pages axe has found nothing on in this run: once is enough for each.
SEEN: set[str] = set()


def text_of(page: Page) -> str:
    """What is written, without people's names and without what is marked as the other script."""
    text: str = page.evaluate(
        "[...document.querySelectorAll('[lang^=zh-Hans]')].reduce("
        "(text, part) => text.replaceAll(part.textContent, ''), document.body.textContent)"
    )
    return NAMES.sub("", text)


def says(page: Page, message: str, **values: object) -> None:
    """The page shows this text of ours, in its own script."""
    if page.locator("html").get_attribute("lang") == "zh-Hant-TW":
        message = traditional().gettext(message)
    expect(page.locator("body")).to_contain_text(message % values)


@cache
def traditional() -> Translations:
    return Translations.load(config.ROOT / "translations", ["zh_Hant"])
