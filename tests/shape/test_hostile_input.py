"""What people with bad intentions type, in every box of every page: never a fault, never run, never lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import Citizen
from app.applications.complaints import complaints_of
from app.applications.models import Draft
from app.extensions import db
from app.notifications import service as notifications
from tests import factories as make
from tests.casework.asking import ask
from tests.certificates.conftest import certificate_of, registered
from tests.client import Client
from tests.html_rules import Page
from tests.shape.routes import rules

MARKUP = "<script>alert(1)</script>\"'><b>{{7*7}}%(name)s%s${jndi:x}"
TEXTS = {
    "markup": MARKUP,
    "sql": "' OR 1=1;--",
    "line breaks": "a\r\nSet-Cookie: x=1\r\n\r\nb",
    "nul": "a\0b",
    "long": "长" * 3_000,
    "marks": "a" + "\u0301" * 3_000,
    "right to left": "\u202eabc\u2066",
    "digits": "9" * 5_000,
    "other digits": "٣４²",
    "control": "".join(map(chr, range(1, 32))),
}
BYTES = {
    "overlong": b"%C0%80%C0%AF",
    "surrogate": b"%ED%A0%80%ED%B0%80",
    "gb18030": quote("生育登记", encoding="gb18030").encode(),
    "cut": b"%E7%94",
}


def boxes(html: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(address, name -> value) of each form of a page that is sent by POST."""
    page = Page(html)
    for form in (element for element in page.elements if element.tag == "form"):
        if form.attributes.get("method") != "post":
            continue
        name = form.attributes.get("id")
        inside = [
            each
            for each in page.elements
            if each.tag in {"input", "textarea", "select"}
            and (
                each.attributes.get("form") == name
                if "form" in each.attributes
                else form in each.parents
            )
        ]
        yield (
            form.attributes.get("action", ""),
            {
                each.attributes["name"]: each.attributes.get("value", "")
                for each in inside
                if each.attributes.get("name") and each.attributes.get("type") != "file"
            },
        )


def attack(browser: Client, url: str, values: dict[str, str]) -> None:
    """Each text in every box at once; the worst of them in each box alone."""
    names = [name for name in values if name != "csrf_token"]
    alone = [{name: TEXTS[kind]} for kind in ("markup", "nul") for name in names]
    for wrong in (*(dict.fromkeys(names, text) for text in TEXTS.values()), *alone):
        answer = browser.post(url, data=values | wrong)
        assert answer.status_code < 500
        assert MARKUP[:25] not in answer.text
    for raw in BYTES.values():
        body = b"&".join(name.encode() + b"=" + raw for name in names)
        browser.post(url, data=body, content_type="application/x-www-form-urlencoded")


def test_E8_E9_public_pages(app: Flask, client: Client) -> None:
    for page in (
        "/track",
        "/verify",
        "/sign-in",
        "/staff/sign-in",
        "/check/woman.hukou",
        "/check/marriage",
    ):
        found = list(boxes(client.get(page, follow_redirects=True).text))
        assert found, page
        for url, values in found:
            attack(client, url or page, values)


def test_E8_E9_G2_addresses(app: Flask, client: Client) -> None:
    """Path and query of every route."""
    parts = [quote(text[:2000]) for text in TEXTS.values()] + [
        raw.decode() for raw in BYTES.values()
    ]
    for rule in rules(app):
        for part in parts:
            path = rule.rule
            for name in rule.arguments:
                path = path.replace(f"<{name}>", part).replace(f"<path:{name}>", part)
            if "<" in path:
                continue
            query = "&".join(
                f"{name}={part}" for name in ("q", "next", "lang", "page", "role", "view")
            )
            client.get(f"{path}?{query}&field={part}")


def test_E8_E9_application(app: Flask, session: Any, offices: None) -> None:
    """Every step of a draft, from a browser that is signed in."""
    owner, draft, browser = _draft(app)
    session.commit()
    for step in (
        "consent",
        "who",
        "woman",
        "man",
        "children",
        "where",
        "collect",
        "documents",
        "check",
    ):
        page = f"/apply/{draft.id}/{step}"
        shown = browser.get(page)
        if shown.status_code != 200:
            continue
        for url, values in boxes(shown.text):
            if not url.endswith(("/drop", "/sign-out")):
                attack(browser, url or page, values)
    assert session.scalar(select(Citizen.id).where(Citizen.id == owner.id))


def test_E8_E9_desk(app: Flask, session: Any, offices: None) -> None:
    case = make.filed()
    browser = make.browser_of(make.officer(make.BAIGUO), app)
    for page in ("/staff/cases", f"/staff/cases/{case.id}", f"/staff/cases/{case.id}/notice"):
        for url, values in boxes(browser.get(page).text):
            if not url.endswith(("/accept", "/sign-out")):
                attack(browser, url or page, values)


def test_a_window(app: Flask, session: Any, offices: None) -> None:
    """What is typed over a certificate: to find it, print it, hand it over, correct it, take it back."""
    certificate = certificate_of(registered())
    browser = make.browser_of(make.officer(make.MACHENG, "approver"), app)
    paper = f"/staff/print/{certificate.id}"
    browser.post(f"{paper}/printed", data={"printing-script": "zh_Hans"})
    for page in ("/staff/print", paper):
        for url, values in boxes(browser.get(page).text):
            if not url.endswith("/sign-out"):
                attack(browser, url or page, values)
    for page in (f"/verify/{certificate.number}", f"/my/{certificate.application_id}/certificate"):
        owner = make.browser_of(make.citizen(), app)
        assert MARKUP[:25] not in owner.get(page).text


def test_what_somebody_was_asked_for(app: Flask, session: Any, offices: None) -> None:
    case = make.filed()
    item = ask(case).items[0]
    browser = make.browser_of(make.citizen(), app)
    page = f"/my/{case.id}/correct/{item.id}"
    for url, values in boxes(browser.get(page).text):
        attack(browser, url or page, values | {"way": "words"})


def test_what_is_said_of_an_office(app: Flask, session: Any, offices: None) -> None:
    case = make.filed()
    mine = make.browser_of(make.citizen(), app)
    for name, more in (("hurry", {}), ("complain", {"grievance": "slow"})):
        for url, values in boxes(mine.get(f"/my/{case.id}/{name}").text):
            attack(mine, url or f"/my/{case.id}/{name}", values | more)
    desk = make.browser_of(make.officer(make.MACHENG, "supervisor"), app)
    for page in (
        "/staff/complaints",
        *(f"/staff/complaints/{one.id}" for one in complaints_of(case)),
    ):
        for url, values in boxes(desk.get(page).text):
            if not url.endswith("/sign-out"):
                attack(desk, url or page, values)
    assert MARKUP[:25] not in mine.get(f"/my/{case.id}").text


NAMES = {
    "markup": MARKUP[:80],
    "rare": "𬱖𠮷㛃䶮𫠝",
    "private use and ideographic description": "\ue001⿰王字",
    "dots": "阿依古丽‧买买提・艾力•玉苏甫",
    "forty": "长" * 40,
    "percent": "100%%(number)s%s",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_E1_E8_a_name_is_shown_as_it_was_typed_wherever_it_is_shown(
    app: Flask, session: Any, offices: None, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    woman, man = make.WOMAN | {"name": name}, make.MAN | {"name": name}
    case = make.filed(woman=woman, man=man)
    mine = make.browser_of(make.citizen(), app)
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    desk.post(f"/staff/cases/{case.id}/reveal")
    seen = {
        url: browser.get(url).text
        for browser, url in (
            (mine, "/my"),
            (mine, f"/my/{case.id}"),
            (mine, f"/apply/receipt/{case.number}"),
            (desk, "/staff/cases"),
            (desk, f"/staff/cases/{case.id}"),
            (mine, "/outbox"),
        )
    }
    shown = "".join(text for text, _ in Page(seen[f"/staff/cases/{case.id}"]).texts)
    assert shown.count(name) == 2
    assert all("<script>alert" not in text for text in seen.values())
    found = desk.post("/staff/cases/search", data={"text": name})
    assert case.number.removeprefix("JJB-") in found.text
    assert all(name not in (message.text or "") for message in notifications.latest())
    assert name not in caplog.text


def test_E1_a_middle_dot_finds_its_variants(app: Flask, session: Any, offices: None) -> None:
    case = make.filed(woman=make.WOMAN | {"name": "阿依古丽·买买提"})
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    for typed in ("阿依古丽‧买买提", "阿依古丽•买买提", "阿依古丽・买买提", "阿依古丽.买买提"):
        assert (
            case.number.removeprefix("JJB-")
            in desk.post("/staff/cases/search", data={"text": typed}).text
        )


BODIES = [
    '{"service": "childbirth", "woman": {"hukou": "\\u0000"}}',
    '{"service": "childbirth", "\\ud800": 1}',
    '{"service": "childbirth", "woman": {"hukou": "\\ud800"}}',
    '{"service": ["childbirth"]}',
    '{"service": "childbirth", "woman": [], "man": 1}',
    '{"service": "childbirth", "on": "9999-12-31"}',
    '{"service": "childbirth", "on": "0001-01-01"}',
    '{"service": "childbirth", "joint_children": true}',
    '{"service": "childbirth", "joint_children": -1}',
    '{"service": "childbirth", "children": {"girls": 3}, "joint_children": 1}',
    "[" * 15_000,
    '{"a":' * 3_000,
    "9" * 10_000,
    "null",
    '"' + "x" * 20_000 + '"',
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:40])
def test_C8_a_program_is_told_which_field_is_wrong(client: Client, body: str) -> None:
    answer = client.post("/api/v1/decision", data=body, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    told = json.loads(answer.text)
    assert told["field"]
    assert told["rule"]


def _draft(app: Flask) -> tuple[Citizen, Draft, Client]:
    from app.applications import drafts
    from app.applications import filing as filings

    owner = make.citizen()
    with app.test_request_context():
        beginning = filings.beginning(make.FIRST_CHILD, "woman_hukou")
        assert beginning is not None
        draft = drafts.begin(owner, beginning)
        for step, answer in {
            "consent": {"processing": True, "sensitive": True, "children": True},
            "who": {"filer": "woman"},
            "woman": make.WOMAN,
            "man": make.MAN,
            "children": {"stage": "pregnant", "births": "1"},
        }.items():
            drafts.save_answer(draft, step, answer)
        db.session.commit()
    return owner, draft, make.browser_of(owner, app)
