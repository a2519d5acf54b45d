"""The checker on a phone: a couple from two provinces, with scripts and without, in both sizes of type."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.extensions import db
from app.places.loading import load_demo_offices
from tests.e2e.conftest import assert_accessible, assert_fits


@pytest.fixture
def phone(app: Flask, page: Page) -> Page:
    with app.app_context():
        load_demo_offices()
        db.session.commit()
    return page


def look(page: Page, javascript: bool = True) -> None:
    if javascript:  # axe itself is a script
        assert_accessible(page)
    assert_fits(page)


def asked(page: Page, question: str, javascript: bool) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(question)
    look(page, javascript)


def go_on(page: Page) -> None:
    page.locator(".dock button").click()


def choose_place(page: Page, typed: str, name: str, javascript: bool) -> None:
    page.get_by_label("输入地名或拼音").fill(typed)
    if not javascript:
        page.get_by_role("button", name="查找").click()
    page.get_by_text(name, exact=True).click()


def check_a_couple(page: Page, javascript: bool) -> None:
    page.goto("/")
    page.get_by_role("link", name="开始自测").click()
    asked(page, "女方的户口在哪里？", javascript)
    choose_place(page, "macheng baiguo", "湖北省 麻城市 白果镇", javascript)
    go_on(page)
    asked(page, "你们的婚姻是哪种情况？", javascript)
    page.get_by_text("双方都是第一次结婚").click()
    go_on(page)
    asked(page, "男方的户口在哪里？", javascript)
    choose_place(page, "民生街道 兴宁", "广西 南宁市 兴宁区 民生街道", javascript)
    go_on(page)
    asked(page, "你们两人现在一共生养了几个孩子？", javascript)
    page.get_by_text("1 个", exact=True).click()
    go_on(page)
    asked(page, "女方现在住在哪里？", javascript)
    page.get_by_text("住在别处").click()
    choose_place(page, "loufeng", "苏州工业园区 娄葑街道", javascript)
    if not javascript:
        page.get_by_text("住在别处").click()
    go_on(page)
    asked(page, "男方现在住在哪里？", javascript)
    page.get_by_text("和女方住在一起").click()
    go_on(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("办生育登记，不用审批")


def test_from_home_to_result_and_a_link(phone: Page, javascript: bool) -> None:
    check_a_couple(phone, javascript)
    look(phone, javascript)
    for summary in phone.locator("summary").all():
        if summary.is_visible():
            summary.click()
    # Tall enough for the whole page: the dock may half cover a line only while one scrolls.
    phone.set_viewport_size({"width": 375, "height": 6000})
    look(phone, javascript)
    phone.set_viewport_size({"width": 375, "height": 812})
    expect(phone.get_by_role("link", name="网上办理", exact=True)).to_be_visible()
    phone.get_by_role("button", name="存清单").click()
    expect(phone.get_by_text("这一页可以收藏")).to_be_visible()
    assert "/r/" in phone.url
    look(phone, javascript)


def test_large_type_at_360_px_loses_nothing(phone: Page) -> None:
    phone.set_viewport_size({"width": 360, "height": 640})
    phone.goto("/?large=1")
    check_a_couple(phone, javascript=True)
    look(phone)


def test_dark_scheme_keeps_its_contrast(phone: Page) -> None:
    phone.emulate_media(color_scheme="dark")
    check_a_couple(phone, javascript=True)
    look(phone)


def test_focus_is_at_the_heading_and_at_the_errors(phone: Page) -> None:
    phone.goto("/")
    phone.get_by_role("link", name="开始自测").click()
    expect(phone.get_by_role("heading", level=1)).to_be_focused()
    go_on(phone)
    expect(phone.locator(".errors")).to_be_focused()
    expect(phone).to_have_title("女方的户口在哪里？ · 生育服务·就近办")
    look(phone)


def test_back_shows_what_was_chosen(phone: Page) -> None:
    check_a_couple(phone, javascript=True)
    phone.go_back()
    expect(phone.get_by_role("heading", level=1)).to_have_text("男方现在住在哪里？")
    expect(phone.get_by_label("和女方住在一起")).to_be_checked()


def test_the_other_script_keeps_what_is_typed(phone: Page, javascript: bool) -> None:
    phone.goto("/check?service=childbirth")
    phone.get_by_label("输入地名或拼音").fill("macheng")
    phone.get_by_text("不确定").click()
    phone.get_by_role("button", name="繁體").click()
    expect(phone.locator("html")).to_have_attribute("lang", "zh-Hant-TW")
    expect(phone.locator("input[type=search]")).to_have_value("macheng")
    expect(phone.get_by_role("checkbox")).to_be_checked()


def test_enter_goes_on(phone: Page, javascript: bool) -> None:
    phone.goto("/check?service=childbirth")
    phone.get_by_text("不确定").click()
    phone.get_by_label("输入地名或拼音").press("Enter")
    expect(phone.get_by_role("heading", level=1)).to_have_text("男方的户口在哪里？")
    expect(phone.locator("html")).to_have_attribute("lang", "zh-Hans-CN")


def test_ticks_stay_in_this_tab_only(phone: Page) -> None:
    check_a_couple(phone, javascript=True)
    phone.get_by_role("checkbox").first.check()
    phone.reload()
    expect(phone.get_by_role("checkbox").first).to_be_checked()
    assert phone.evaluate("localStorage.length") == 0
