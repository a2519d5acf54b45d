"""The guide in a thumb's reach: three taps to the right window, and a day that goes into the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import assert_fits


def test_three_taps_lead_to_the_window(page: Page, javascript: bool) -> None:
    page.goto("/guide/household")
    for words, url in (
        ("帮我找：该去哪个窗口", "/guide/household/which"),
        ("新生儿落户", "/guide/household/which/newborn"),
        ("想在现在住的地方办", "/guide/household/which/newborn/away"),
    ):
        page.get_by_role("link", name=words).click()
        page.wait_for_url(f"**{url}")
    expect(page.get_by_role("heading", name="想在现在住的地方办")).to_be_visible()
    expect(page.get_by_text("出生医学证明")).to_be_visible()
    assert_fits(page)
    page.get_by_role("link", name="重新选").click()
    expect(page.get_by_role("heading", name="孩子的户口，是哪种情况？")).to_be_visible()


def test_the_last_day_goes_into_the_calendar(page: Page, javascript: bool) -> None:
    born = datetime.now(UTC).date() - timedelta(days=10)
    page.goto("/guide/after")
    page.get_by_text("出生了，下面填出生日期").click()
    page.get_by_label("哪一天？").fill(born.isoformat())
    page.get_by_role("button", name="算一算", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="放进手机日历").click()
    assert born.isoformat() not in page.url
    file = Path(download.value.path()).read_text(encoding="utf-8")
    assert file.startswith("BEGIN:VCALENDAR")
    assert "给孩子上户口" in file
