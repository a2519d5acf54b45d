"""The checks that the browser tests lean on can themselves fail."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import assert_accessible, assert_fits


def test_a_page_nobody_can_read_is_refused(page: Page) -> None:
    page.set_content('<html lang="zh"><title>页</title><p style="color:#ccc">淡得看不见</p></html>')
    with pytest.raises(AssertionError, match="color-contrast"):
        assert_accessible(page)


def test_a_page_wider_than_the_phone_is_refused(page: Page) -> None:
    page.goto("/no-such-page")
    page.evaluate("document.querySelector('main').style.width = '1000px'")
    with pytest.raises(AssertionError, match="px wide"):
        assert_fits(page)


def test_text_that_is_cut_off_is_refused(page: Page) -> None:
    page.goto("/no-such-page")
    page.evaluate("Object.assign(document.querySelector('h1').style, {width: '1em'})")
    assert_fits(page)
    page.evaluate("document.querySelector('h1').style.whiteSpace = 'nowrap'")
    page.evaluate("document.querySelector('h1').style.overflow = 'hidden'")
    with pytest.raises(AssertionError, match="px in"):
        assert_fits(page)


def test_a_button_too_small_for_a_thumb_is_refused(page: Page) -> None:
    page.set_content("<meta name=viewport content='width=device-width'><button>点</button>")
    with pytest.raises(AssertionError, match="<button>"):
        assert_fits(page)


@pytest.mark.parametrize(
    "does",
    [
        "console.error('broken')",
        "setTimeout(() => { throw new Error('broken') })",
        "new Image().src = 'https://elsewhere.invalid/a.png'",
        "document.body.append(document.createRange().createContextualFragment('<b style=\"top:0\">'))",
    ],
)
def test_what_the_browser_complains_about_is_noted(
    page: Page, complaints: list[str], does: str
) -> None:
    page.goto("/no-such-page")
    page.evaluate(does)
    page.wait_for_timeout(300)
    assert complaints
    complaints.clear()
