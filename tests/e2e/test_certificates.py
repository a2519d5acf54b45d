"""A certificate on its way: on the couple's phone, at another town's window, under a stranger's eyes."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.accounts.models import Citizen, Officer, Session
from app.accounts.sessions import new_token
from app.applications.models import Application
from app.certificates.models import Certificate
from app.clock import now
from app.extensions import db
from app.vault import keyed_hash
from tests.e2e.conftest import assert_accessible, assert_fits


def signed_in(page: Page, live: str, person: Citizen | Officer) -> None:
    """This phone is signed in as that person."""
    token = new_token()
    row = Session(
        token_hash=keyed_hash("session", token), device="测试", created_at=now(), last_seen_at=now()
    )
    row.citizen = person if isinstance(person, Citizen) else None
    row.officer = person if isinstance(person, Officer) else None
    db.session.add(row)
    db.session.commit()
    page.context.add_cookies([{"name": "own-session", "value": token, "url": live}])


def issued() -> Certificate:
    """That of the demo's couple in 民生街道."""
    theirs = select(Citizen.id).where(Citizen.phone_hash == keyed_hash("phone", "13900000103"))
    mine = select(Application.id).where(Application.citizen_id.in_(theirs))
    return db.session.scalars(select(Certificate).where(Certificate.application_id.in_(mine))).one()


def look(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)


def test_from_the_phone_to_another_window_to_a_stranger(
    app: Flask,
    demo: None,
    live: str,
    page: Page,
    somebody_else: Callable[[], Page],
) -> None:
    window, stranger = somebody_else(), somebody_else()
    with app.app_context():
        certificate = issued()
        case = certificate.application
        number, case_id = certificate.number, case.id
        signed_in(page, live, db.session.get(Citizen, case.citizen_id))
        clerk = db.session.scalars(select(Officer).where(Officer.username == "minsheng")).one()
        signed_in(window, live, clerk)

    page.goto(f"/my/{case_id}")
    look(page)
    page.locator(f"a[href='/my/{case_id}/certificate']").click()
    expect(page).to_have_url(re.compile("/certificate$"))
    expect(page.locator(".qr svg")).to_be_visible()
    look(page)
    with page.expect_download() as download:
        page.locator("a[download][href$='zh_Hans']").click()
    assert download.value.suggested_filename == f"{number}.pdf"

    window.goto("/staff/print")
    look(window)
    window.locator("#number").fill(number.lower().replace("-", " "))
    window.locator("#window .button").click()
    expect(window).to_have_url(re.compile("/staff/print/[0-9a-f-]{36}$"))
    look(window)
    window.locator("form[action$='/printed'] .button").click()
    with window.expect_download() as download:
        window.locator("a[download]").click()
    assert download.value.suggested_filename == f"{number}.pdf"
    look(window)
    hand = window.locator("form[action$='/handed_over']")
    hand.locator("label.choice").first.click()
    hand.locator(".button").click()
    # Nobody's card was looked at.
    expect(window.locator(".errors")).to_be_visible()
    look(window)
    hand.locator("label.choice").last.click()
    hand.locator(".button").click()
    expect(hand).to_have_count(0)

    stranger.goto(f"/verify/{number}")
    expect(stranger.locator(".verdict")).to_contain_text("有效")
    look(stranger)
    stranger.locator("#surname").fill("黄")
    stranger.locator("#tail").fill("2340")
    stranger.locator("#holder .button").click()
    expect(stranger.locator(".notice.jade")).to_be_visible()
    look(stranger)

    page.reload()
    expect(page.locator(".timeline li")).to_have_count(3)


def test_in_large_type_nothing_is_cut_off(app: Flask, demo: None, live: str, page: Page) -> None:
    with app.app_context():
        certificate = issued()
        case_id, certificate_id = certificate.application_id, certificate.id
        number = certificate.number
        owner = db.session.get(Citizen, certificate.application.citizen_id)
        lead = db.session.scalars(select(Officer).where(Officer.username == "xingning")).one()
        page.set_viewport_size({"width": 320, "height": 812})
        page.context.add_cookies([{"name": "large", "value": "1", "url": live}])
        signed_in(page, live, owner)
        page.goto(f"/my/{case_id}/certificate")
        look(page)
        page.goto(f"/verify/{number}")
        look(page)
        signed_in(page, live, lead)
        page.goto(f"/staff/print/{certificate_id}")
        for summary in page.locator(".acts summary").all():
            summary.click()
        look(page)
