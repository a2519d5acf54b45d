"""What somebody gets who hears the page: every page by its names, and every change where they are.

After a page or a part of one was swapped, the focus is at the news, never nowhere; what changes
beside the reader is said by the line for it (`#heard`, `#photos-say`) and moves nothing.
"""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from tests.client import Client
from tests.e2e.couples import HUBEI_AND_GUANGXI
from tests.e2e.hearing import assert_heard_well, heard_badly
from tests.e2e.test_every_page import every_page
from tests.e2e.walking import Walk


def test_every_page_is_heard_well_and_called_by_its_own_name(
    app: Flask, page: Page, client: Client, script: str
) -> None:
    called: dict[str, str] = {}
    for url in every_page(app, client):
        page.goto(url)
        # The page of all parts shows the same mistake at each kind of field.
        if url != "/components":
            assert_heard_well(page)
        assert page.title() not in called, f"{url} and {called[page.title()]}: {page.title()}"
        called[page.title()] = url


def test_what_a_couple_hears_on_the_way(demo: None, page: Page) -> None:
    """Each page of the check and of an application, and the case afterwards."""
    walk = Walk(page, assert_heard_well)
    walk.check(HUBEI_AND_GUANGXI)
    number = walk.apply(HUBEI_AND_GUANGXI, "woman_residence")
    walk.track(number, HUBEI_AND_GUANGXI.phone[-4:])


@pytest.mark.parametrize(
    ("html", "complaint"),
    [
        ("<a href=/a>改</a> <a href=/b>改</a>", "'改' leads to"),
        ("<a href=/a><svg></svg></a>", "no name"),
        (
            "<main><form action=/a><button>传</button></form><form action=/b><button>传</button></form></main>",
            "传 does",
        ),
        ("<input aria-label=名 aria-invalid=true>", "an error that is not said"),
        ("<p class=error id=x>错</p>", "no field says"),
        ("<div class=errors><a href='#x'>错</a></div>", "leads to no field"),
        ("<span class='when red'></span>", "colour without words"),
        (
            "<table aria-label=数><thead><tr><th>甲</thead><tbody><tr><th>乙<td>1</table>",
            "belong to nothing",
        ),
        ("<table><tr><td>1</table>", "no name: - table"),
        ("<p>发到 138****0000。</p>", "star by star"),
        ("<nav aria-label=清单></nav><nav aria-label=清单></nav>", "called like another"),
    ],
)
def test_what_is_heard_badly_is_refused(page: Page, html: str, complaint: str) -> None:
    page.goto("/no-such-page")
    assert heard_badly(page) == []
    page.locator("main").evaluate("(main, html) => { main.innerHTML = html }", html)
    assert complaint in "; ".join(heard_badly(page))


# --- The focus after each swap ---


def held_back(page: Page, address: str) -> list[Route]:
    """The requests for this address, once they are made: they wait."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(address, hold)
    return waiting


def test_a_question_the_one_before_and_a_mistake(demo: None, page: Page) -> None:
    page.goto("/check?service=childbirth")
    heading = page.get_by_role("heading", level=1)
    page.get_by_text("不确定").click()
    page.get_by_role("button", name="下一题").click()
    expect(heading).to_have_text("男方的户口在哪里？")
    expect(heading).to_be_focused()
    page.get_by_role("button", name="下一题").click()
    expect(page.locator(".errors")).to_be_focused()
    page.get_by_role("link", name="上一题").click()
    expect(heading).to_have_text("女方的户口在哪里？")
    expect(heading).to_be_focused()


def test_places_are_said_while_one_types_and_the_focus_stays(demo: None, page: Page) -> None:
    page.goto("/check?service=childbirth")
    field = page.get_by_label("输入地名或拼音")
    field.press_sequentially("macheng baiguo")
    expect(page.locator("#heard")).to_have_text(re.compile("找到 [0-9]+ 个地方"))
    expect(field).to_be_focused()
    assert "macheng" not in page.locator("#heard").inner_text()
    field.fill("没有这个地方的")
    expect(page.locator("#heard")).to_have_text("没有找到")
    expect(field).to_be_focused()


def test_the_places_inside_a_larger_one_have_the_focus(demo: None, page: Page) -> None:
    page.goto("/check?service=childbirth")
    page.get_by_label("输入地名或拼音").press_sequentially("hubei")
    inside = page.get_by_role("button", name=re.compile("湖北.*看里面的地方")).first
    inside.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#heard")).to_have_text(re.compile("找到 [0-9]+ 个地方"))
    expect(page.locator("[id$=-found]")).to_be_focused()
    expect(page.locator("[id$=-found]")).to_contain_text("里面的地方")


def test_the_button_to_find_a_place_leads_to_what_was_found(demo: None, page: Page) -> None:
    page.goto("/check?service=childbirth")
    page.get_by_label("输入地名或拼音").fill("macheng")
    page.get_by_role("button", name="查找").press("Enter")
    expect(page.locator("fieldset[data-news]")).to_be_focused()


def test_answers_are_counted_while_one_types(demo: None, page: Page) -> None:
    page.goto("/guide/faq")
    field = page.get_by_label("想问什么？")
    field.press_sequentially("shanghukou")
    expect(page.locator("#heard")).to_have_text(re.compile("找到 [0-9]+ 条"))
    expect(field).to_be_focused()
    field.fill("qqqqzzzz")
    expect(page.locator("#heard")).to_have_text("没有找到")
    expect(field).to_be_focused()


def test_a_slow_answer_is_said_and_a_lost_one_has_the_focus(
    demo: None, page: Page, complaints: list[str]
) -> None:
    page.goto("/track")
    page.locator("input[name=number]").fill("JJB-2222-2222-2222")
    page.locator("input[name=tail]").fill("0000")
    lost = held_back(page, "**/track")
    page.locator(".dock .button").press("Enter")
    page.wait_for_timeout(600)
    lost[0].abort("connectionreset")
    expect(page.locator(".failed")).to_be_focused()
    page.unroute("**/track")
    page.get_by_role("button", name="再试一次").press("Enter")
    # Wherever it is meanwhile, it is somewhere; and then at the answer.
    assert page.evaluate("document.activeElement !== document.body")
    expect(page.locator(".errors")).to_be_focused()
    complaints.clear()


def test_saving_is_said_when_it_takes_long(ready: Page, app: Flask) -> None:
    page = ready
    page.goto("/apply/start")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.locator(".dock .button").click()
    expect(page.locator("h1")).to_have_text("谁来办？")
    waiting = held_back(page, "**/who")
    page.get_by_text("我是女方").click()
    page.locator(".dock .button").click()
    expect(page.locator("#heard")).to_have_text("正在保存…")
    waiting[0].continue_()
    expect(page.locator("h1")).to_have_text("您是谁？")
    expect(page.locator("h1")).to_be_focused()


def test_a_fold_keeps_the_focus(demo: None, page: Page) -> None:
    page.goto("/check?service=childbirth")
    fold = page.locator("summary", has_text="按省、市、区县找")
    for is_open in (True, False):
        fold.press("Enter")
        expect(fold).to_be_focused()
        assert fold.evaluate("e => e.parentElement.open") == is_open
