"""A supervisor on a phone: the board with a red lamp, why it is red, the report, and what citizens read."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.applications.models import Application
from app.clock import today
from app.demo import PASSWORD
from app.extensions import db
from app.places.models import Office
from tests.e2e.conftest import assert_accessible, assert_fits

SEEN = {"zh_Hans": ("红灯督办", "人手不够"), "zh_Hant": ("紅燈督辦", "人手不夠")}


def test_a_supervisor_sees_why_a_lamp_is_red(
    page: Page, app: Flask, demo: None, script: str
) -> None:
    with app.app_context():
        case = db.session.scalars(
            select(Application)
            .join(Office, Office.id == Application.office_id)
            .where(Application.state == "submitted", Office.code == "421181103")
        ).one()
        case.due_on = today() - timedelta(days=2)
        case_id = case.id
        db.session.commit()
    title, cause = SEEN[script]
    page.goto("/staff/sign-in?next=/staff/board")
    page.fill("[name=username]", "macheng-duban")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button").click()
    expect(page.locator("h1")).to_have_text(title)
    looked_at(page)
    page.locator(f"a[href$='{case_id}/late']").click()
    expect(page.locator("#reason")).to_be_visible()
    looked_at(page)
    page.locator("#reason button.button").click()
    expect(page.locator(".errors")).to_be_visible()
    assert_accessible(page)
    page.get_by_text(cause, exact=True).click()
    page.fill("#words", "窗口只有一个人，明天加派一人，后天前办完。")
    page.locator("#reason button.button").click()
    expect(page.locator("h1")).to_have_text(title)
    expect(page.get_by_text(cause)).to_be_visible()
    for address in ("/staff/report?period=recent", "/offices/421181103"):
        page.goto(address)
        looked_at(page)


def looked_at(page: Page) -> None:
    """Accessible, on a phone as it is and in large type."""
    assert_accessible(page)
    address = page.url
    for size in (1, 0):
        page.goto(f"{address}{'&' if '?' in address else '?'}large={size}")
        assert_fits(page)
    page.goto(address)
