"""Every page that can be opened without knowing anything: no complaints, accessible, fits a phone."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page

from tests.client import Client
from tests.e2e.conftest import assert_accessible, assert_fits
from tests.e2e.pictures import keep, keep_large
from tests.shape.routes import open_pages


@pytest.fixture
def addresses(app: Flask, client: Client) -> list[str]:
    """Every page that can be opened without knowing anything."""
    return every_page(app, client)


def every_page(app: Flask, client: FlaskClient) -> list[str]:
    """The open pages that answer with a page, one that is missing, and what rules, papers and guide look like."""
    answers = {url: client.get(url) for url in open_pages(app)}
    shown = [u for u, a in answers.items() if a.status_code == 200 and a.mimetype == "text/html"]
    known = ("/papers/power_of_attorney", "/papers/hukou_booklet", "/no-such-page")
    rules = (
        "/rules/42?on=2014-06-03",
        "/rules/44/changes?from=2022-04-30&to=2022-05-01",
        "/rules/42/changes?from=2015-12-31&to=2016-01-01",
    )
    guide = (
        "/guide/household/move",
        "/guide/household/which/newborn",
        "/guide/household/which/newborn/away",
        "/items/42/approval?on=2014-06-03",
    )
    return [*shown, *known, *rules, *guide]


def test_every_page_is_accessible(page: Page, addresses: list[str], script: str) -> None:
    for url in addresses:
        page.goto(url)
        assert (
            page.locator("html").get_attribute("lang", timeout=2000)
            in {
                "zh_Hans": "zh-Hans-CN",
                "zh_Hant": "zh-Hant-TW",
            }[script]
        )
        assert_accessible(page)
        keep_pictures(page, script)


def keep_pictures(page: Page, script: str) -> None:
    """In this script; the Simplified page in 大字 and in the dark as well (see `pictures`)."""
    if script == "zh_Hant":
        keep(page, "traditional")
        return
    keep(page, "simplified")
    keep_large(page)
    page.emulate_media(color_scheme="dark")
    keep(page, "dark")
    page.emulate_media(color_scheme="light")


# From a small old phone to a desk; 320 px is also a desk at 400 %.
WIDTHS = (320, 375, 768, 1280)


def test_every_page_fits_every_screen(page: Page, addresses: list[str], javascript: bool) -> None:
    for url in addresses:
        page.goto(url)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 812})
            assert_fits(page)


def test_every_page_fits_with_letters_of_twice_the_size(page: Page, addresses: list[str]) -> None:
    """WCAG 1.4.4: text enlarged by the reader, on the phone and on the desk."""
    for url in addresses:
        page.goto(url)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        for width in (375, 1280):
            page.set_viewport_size({"width": width, "height": 812})
            assert_fits(page)


def test_nothing_moves_on_any_page_for_whoever_asked_for_less(
    page: Page, addresses: list[str]
) -> None:
    """WCAG 2.3.3 by the telephone's own setting; the one fading there is shows that this would be seen."""
    page.emulate_media(reduced_motion="no-preference")
    page.goto("/")
    assert page.evaluate(MOVING) == ["MAIN"]
    page.emulate_media(reduced_motion="reduce")
    for url in addresses:
        page.goto(url)
        assert page.evaluate(MOVING) == [], url


MOVING = """() => [...document.querySelectorAll('*')]
  .filter(e => [null, '::before', '::after'].some(part => {
    const look = getComputedStyle(e, part);
    return look.animationName !== 'none' || look.scrollBehavior === 'smooth'
      || look.transitionDuration.split(', ').some(time => parseFloat(time) > 0);
  }))
  .map(e => e.tagName)"""


def test_every_page_is_accessible_on_a_desk(page: Page, addresses: list[str]) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    for url in addresses:
        page.goto(url)
        assert_accessible(page)
