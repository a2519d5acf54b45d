"""Everything there is to do, by somebody who has a keyboard and no pointer (see `keyboard`)."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from app.applications import submission, uploads
from app.demo import PASSWORD
from app.extensions import db
from app.files.cleaning import clean
from tests import factories as make
from tests.applications.filing import MAN, WOMAN, photo
from tests.e2e.couples import HUBEI_AND_GUANGXI
from tests.e2e.keyboard import Keyboard, all_stops, walk_through
from tests.e2e.walking import Place, Walk


@pytest.fixture
def keys(demo: None, page: Page) -> Keyboard:
    return Keyboard(page)


@pytest.fixture
def two_papers(app: Flask, demo: None) -> str:
    """The number of a case at 白果镇 with two papers of one page each."""
    with app.app_context():
        draft = make.drafted()
        for paper in ("id_or_hukou_booklet", "marriage_certificate"):
            uploads.save_upload(draft, paper, "a.jpg", clean(photo().getvalue()))
        db.session.commit()
        with app.test_request_context():
            return submission.submit(draft.citizen, draft.token).number.removeprefix("JJB-")


def link(page: Page, words: str) -> Locator:
    return page.get_by_role("link", name=words, exact=True)


def button(page: Page, words: str) -> Locator:
    return page.get_by_role("button", name=words, exact=True)


def radios(page: Page, name: str) -> Locator:
    return page.locator(f"main input[type=radio][name='{name}']")


def choose_place(keys: Keyboard, place: Place) -> None:
    """Type, wait for what is found, and choose it with the arrows."""
    page = keys.page
    keys.write(page.locator("main input[type=search]"), place.typed)
    found = page.locator(f"[id$=-found] input[value='{place.code}']")
    expect(found).to_be_visible()
    name = found.get_attribute("name")
    keys.choose(page.locator(f"[id$=-found] input[name='{name}']"), place.code)


def answer(keys: Keyboard, given: str | Place) -> None:
    if isinstance(given, Place):
        if keys.page.locator("input[value=elsewhere]").count():
            keys.choose(radios(keys.page, "where"), "elsewhere")
        choose_place(keys, given)
    else:
        name = keys.page.locator(f"main input[value='{given}']").get_attribute("name")
        keys.choose(radios(keys.page, name or ""), given)


def check(keys: Keyboard) -> None:
    """From home to the result."""
    page = keys.page
    page.goto("/")
    keys.tab()
    assert keys.stops[-1] == "A 跳到正文"
    keys.enter(link(page, "开始自测"))
    for path, given in HUBEI_AND_GUANGXI.answers.items():
        expect(page).to_have_url(re.compile(f"/check/{re.escape(path)}"))
        expect(page.locator("form#question")).to_have_attribute("action", re.compile(path))
        expect(page.locator("h1")).to_be_focused()
        answer(keys, given)
        keys.enter(button(page, "下一题"))
    keys.news("办生育登记，不用审批")


def test_the_check_an_explanation_and_sharing(keys: Keyboard) -> None:
    check(keys)
    page = keys.page
    keys.open(page.locator("summary", has_text="为什么是这个结果？"))
    keys.tick(page.get_by_role("checkbox").first)
    keys.enter(button(page, "存清单"))
    expect(page).to_have_url(re.compile("/r/"))
    expect(page.locator("h1")).to_be_focused()
    keys.enter(link(page, "存成长图"))
    keys.news("存成长图")
    keys.back_to(link(page, "‹ 回到结果").or_(link(page, "回到结果")))
    keys.press("Enter")
    keys.news("办生育登记，不用审批")


def test_a_mistake_in_the_check_and_a_step_back(keys: Keyboard) -> None:
    page = keys.page
    page.goto("/check?service=childbirth")
    keys.enter(button(page, "下一题"))
    expect(page.locator(".errors")).to_be_focused()
    keys.here()
    keys.tab()
    keys.press("Enter")
    expect(page.locator("main input[type=search]")).to_be_focused()
    keys.here()
    keys.tick(page.get_by_role("checkbox"))
    keys.enter(button(page, "下一题"))
    keys.news("男方的户口在哪里？")
    keys.back_to(link(page, "上一题"))
    keys.press("Enter")
    keys.news("女方的户口在哪里？")
    expect(page.get_by_role("checkbox")).to_be_checked()


def test_a_place_from_the_province_down(keys: Keyboard) -> None:
    page = keys.page
    page.goto("/check?service=childbirth")
    keys.open(page.locator("summary", has_text="按省、市、区县找"))
    for depth, name in enumerate(("广西壮族自治区", "南宁市", "兴宁区", "民生街道")):
        level = page.locator("main select").nth(depth)
        keys.to(level)
        for _ in range(60):
            if level.evaluate("e => e.selectedOptions[0].text") == name:
                break
            # Each press chooses, and the next level comes by itself: the focus stays.
            with page.expect_response(re.compile("/places/search")):
                keys.press("ArrowDown")
            expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
            expect(level).to_be_focused()
        keys.here()
    expect(page.locator("input[type=radio]:checked")).to_have_value("450102001")
    keys.enter(button(page, "下一题"))
    keys.news("你们的婚姻是哪种情况？")


def test_signing_in_and_an_application_up_to_its_review(keys: Keyboard) -> None:
    check(keys)
    page = keys.page
    keys.enter(link(page, "网上办理"))
    keys.news("用手机号登录")
    keys.write(page.locator("input[name=phone]"), WOMAN["phone"])
    keys.press("Enter")
    keys.news("填写验证码")
    keys.write(page.locator("input[name=code]"), Walk(page).newest_code())
    keys.press("Enter")
    keys.news("网上办理生育登记")
    for box in page.get_by_role("checkbox").all():
        keys.tick(box)
    keys.enter(button(page, "同意，开始填"))
    keys.news("谁来办？")
    keys.choose(radios(page, "filer"), "woman")
    next_step = button(page, "下一步")
    keys.enter(next_step)
    keys.news("您是谁？")

    keys.write(page.get_by_label("姓名"), WOMAN["name"])
    keys.write(page.get_by_label("证件号码"), "110105194912310021")
    keys.press("Enter")
    expect(page.locator(".errors")).to_be_focused()
    keys.here()
    keys.tab()
    assert "最后一位对不上" in keys.stops[-1]
    keys.press("Enter")
    expect(page.get_by_label("证件号码")).to_be_focused()
    keys.here()
    keys.write(page.get_by_label("证件号码"), WOMAN["id_number"])
    keys.press("Enter")
    keys.news("男方是谁？")

    keys.write(page.get_by_label("姓名"), MAN["name"])
    keys.write(page.get_by_label("证件号码"), MAN["id_number"])
    keys.enter(next_step)
    keys.news("这一胎的情况")
    keys.choose(radios(page, "stage"), "pregnant")
    keys.enter(next_step)
    keys.news("在哪里办？")
    keys.enter(next_step)
    keys.news("在哪个窗口领取？")
    keys.enter(next_step)
    keys.news("拍照上传材料")
    for paper in ("id_or_hukou_booklet", "marriage_certificate"):
        card = page.locator(f"#{paper}")
        keys.enter(card.get_by_role("button", name="请窗口在系统里查"))
        expect(card.get_by_role("button", name="找到了，我要上传")).to_be_visible()
        expect(card).to_be_focused()
        keys.here()
    keys.enter(next_step)
    keys.news("请您保证内容真实")
    keys.tick(page.get_by_role("checkbox"))
    keys.enter(next_step)
    keys.news("检查一遍再交")
    keys.enter(page.get_by_role("link", name="改 男方"))
    keys.news("男方是谁？")
    keys.enter(next_step)
    keys.news("检查一遍再交")
    keys.to(button(page, "交上去"))


def test_a_question_is_found_and_its_answer_opened(keys: Keyboard) -> None:
    page = keys.page
    page.goto("/guide/faq")
    field = page.locator("#q")
    keys.write(field, "shanghukou")
    answer = page.locator("#found a", has_text="没有登记，孩子能上户口吗？")
    expect(answer).to_be_visible()
    expect(field).to_be_focused()
    keys.enter(answer)
    keys.news("没有登记，孩子能上户口吗？")
    keys.open(page.locator("main summary"))
    keys.back_to(link(page, "大家常问").first)
    keys.press("Enter")
    keys.news("大家常问")


def test_script_size_and_colours(keys: Keyboard) -> None:
    page = keys.page
    page.goto("/check?service=childbirth")
    keys.write(page.locator("main input[type=search]"), "macheng")
    keys.back_to(button(page, "繁體"))
    keys.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-TW")
    expect(page.locator("main input[type=search]")).to_have_value("macheng")
    keys.enter(button(page, "大字"))
    expect(page.locator("html")).to_have_class("large")
    expect(page.locator("main input[type=search]")).to_have_value("macheng")
    # The colours are those of the telephone.
    for colours in ("dark", "light"):
        page.emulate_media(color_scheme=colours)
        assert walk_through(page) == all_stops(page)
    keys.enter(button(page, "简体"))
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans-CN")


def test_a_clerk_from_signing_in_to_a_verdict(keys: Keyboard, two_papers: str) -> None:
    page = keys.page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/staff/sign-in")
    keys.write(page.locator("input[name=username]"), "baiguo")
    keys.write(page.locator("input[name=password]"), PASSWORD)
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/staff/cases$"))
    expect(page.locator("h1")).to_be_visible()

    rows = page.locator(".cases a")
    expect(rows).not_to_have_count(0)
    keys.press("j")
    expect(rows.first).to_be_focused()
    keys.here()
    keys.press("/")
    expect(page.locator("#search-text")).to_be_focused()
    keys.here()
    # In a field the letters are letters.
    page.keyboard.type("jk/")
    expect(page.locator("#search-text")).to_have_value("jk/")
    keys.tab()
    keys.press("j", "k")
    expect(rows.first).to_be_focused()
    mine = rows.filter(has_text=two_papers)
    keys.to(mine)
    keys.press("k", "j")
    keys.to(mine)
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/staff/cases/[0-9a-f-]{36}$"))
    expect(page.locator("h1")).to_contain_text(two_papers)
    expect(page.locator("h1")).to_be_focused()
    keys.enter(link(page, "并排核对材料"))
    expect(page).to_have_url(re.compile("/papers$"))
    expect(page.locator("h1")).to_be_focused()
    paper = page.locator("section#marriage_certificate")
    keys.enter(paper.get_by_role("button", name="记下来"))
    expect(page.locator(".errors")).to_be_focused()
    keys.here()
    keys.tab()
    keys.press("Enter")
    expect(page.locator("#marriage_certificate-finding")).to_be_focused()
    keys.choose(paper.locator("input[type=radio]"), "unclear")
    keys.write(paper.locator("textarea"), "第二页的日期看不清")
    keys.enter(paper.get_by_role("button", name="记下来"))
    expect(paper.locator(".tag")).to_be_visible()
    expect(paper).to_be_focused()
    keys.here()
    keys.back_to(link(page, "返回这个件"))
    keys.press("Enter")
    expect(page.locator("h1")).to_be_focused()
    keys.open(page.locator("summary", has_text="写备注"))


def test_the_link_at_the_top_leads_past_the_head(keys: Keyboard, javascript: bool) -> None:
    page = keys.page
    for address in ("/", "/sign-in", "/rules"):
        page.goto(address)
        keys.tab()
        assert keys.stops[-1] == "A 跳到正文"
        keys.press("Enter")
        keys.tab()
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize(
    "address",
    ["/", "/guide/faq", "/check?service=childbirth", "/sign-in", "/track", "/rules", "/papers"],
)
def test_every_stop_is_come_to_in_order_there_and_back(keys: Keyboard, address: str) -> None:
    """No trap, nothing left out, and the order is that of the page (WCAG 2.1.2, 2.4.3)."""
    keys.page.goto(address)
    expected = all_stops(keys.page)
    assert walk_through(keys.page) == expected
    assert walk_through(keys.page, "Shift+Tab") == expected[::-1]
