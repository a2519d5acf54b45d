"""People and filings for tests, made through the site's own doors: real drafts, real submissions."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select

from app.accounts.models import Citizen, Officer, Role, Session
from app.applications import drafts, submission
from app.applications import filing as filings
from app.applications.models import Application
from app.clock import now
from app.extensions import db
from app.places.models import Office
from app.vault import keyed_hash
from tests.client import Client

BAIGUO, SONGBU, MACHENG = "421181103", "421181101", "421181"
MINSHENG, XINGNING = "450102001", "450102"
LOUFENG, YUANQU = "320576050", "320576"

WOMAN = {
    "name": "张小雨",
    "id_kind": "resident_id",
    "id_number": "11010519491231002X",
    "phone": "13800000001",
}
MAN = {
    "name": "李建国",
    "id_kind": "resident_id",
    "id_number": "440524188001010014",
    "phone": "13800000002",
}
AGENT = {
    "name": "王代办",
    "id_kind": "resident_id",
    "id_number": "421181198612100037",
    "phone": "13800000003",
    "relation": "parent",
    "authorised": True,
}

# A first child, both with their hukou in towns of 麻城: registered under the law of 2021.
FIRST_CHILD: dict[str, Any] = {
    "service": "childbirth",
    "woman": {"hukou": BAIGUO, "residence": None},
    "man": {"hukou": SONGBU, "residence": None},
    "marriage": "first",
    "joint_children": 0,
    "stage": "pregnant",
}
# Hubei 2014: one of them is an only child, so a second birth is approved by the county.
ONE_ONLY_CHILD: dict[str, Any] = {
    **FIRST_CHILD,
    "woman": {"hukou": BAIGUO, "only_child": True, "residence": None},
    "man": {"hukou": SONGBU, "only_child": False, "residence": None},
    "joint_children": 1,
    "stage": "planned",
    "household": "urban",
}
# Guangxi 2018: remarried, she has two children and he none: approved by the township itself.
REMARRIED_TWO: dict[str, Any] = {
    "service": "childbirth",
    "woman": {"hukou": MINSHENG, "prior_children": 2, "residence": None},
    "man": {"hukou": MINSHENG, "prior_children": 0, "residence": None},
    "marriage": "remarried",
    "joint_children": 0,
    "stage": "planned",
}
_names = itertools.count(1)


def office(code: str) -> Office:
    """The demo's office of this division."""
    return db.session.scalars(select(Office).where(Office.code == code)).one()


def officer(code: str, role: str = "clerk", name: str = "陈某") -> Officer:
    """A member of staff of the office of this division; committed."""
    made = Officer(
        username=f"{role}-{next(_names)}",
        display_name=name,
        role=Role(role),
        office_id=office(code).id,
        password_hash="never checked here",
    )
    db.session.add(made)
    db.session.commit()
    return made


def citizen(phone: str = WOMAN["phone"]) -> Citizen:
    """The account of this phone, made when there is none; committed."""
    hashed = keyed_hash("phone", phone)
    known = db.session.scalar(select(Citizen).where(Citizen.phone_hash == hashed))
    if known is None:
        known = Citizen(phone_hash=hashed, phone=phone)
        db.session.add(known)
        db.session.commit()
    return known


def browser_of(person: Citizen | Officer, app: Flask) -> Client:
    """A browser in which this person is signed in."""
    token = secrets.token_urlsafe(32)
    row = Session(
        token_hash=keyed_hash("session", token), device="测试", created_at=now(), last_seen_at=now()
    )
    row.citizen = person if isinstance(person, Citizen) else None
    row.officer = person if isinstance(person, Officer) else None
    db.session.add(row)
    db.session.commit()
    browser = Client(app)
    browser.set_cookie("own-session", token)
    return browser


def filed(
    facts: dict[str, Any] = FIRST_CHILD,
    role: str = "woman_hukou",
    *,
    filer: str = "woman",
    woman: dict[str, Any] = WOMAN,
    man: dict[str, Any] = MAN,
) -> Application:
    """An application, filed today at this place of the decision. Needs the demo's offices."""
    with current_app.test_request_context():
        return _filed(facts, role, filer, {"woman": woman, "man": man, "agent": AGENT})


def _filed(
    facts: dict[str, Any], role: str, filer: str, people: dict[str, dict[str, Any]]
) -> Application:
    beginning = filings.beginning(facts, role)
    assert beginning is not None, "these facts lead to no application today"
    owner = citizen(people[filer]["phone"])
    draft = drafts.begin(owner, beginning)
    answers = {
        "consent": {"processing": True, "sensitive": True, "children": True},
        "who": {"filer": filer},
        "woman": people["woman"],
        "man": people["man"],
        "children": {"stage": facts["stage"], "births": "1"},
        "where": {"role": role},
    }
    if filer == "agent":
        answers["agent"] = people["agent"]
    for step, answer in answers.items():
        drafts.save_answer(draft, step, answer)
    filing = filings.filing_of(draft)
    assert filing.chosen is not None, f"{role} is not open today"
    for step in ("office", "collect"):
        drafts.save_answer(draft, step, {"office": str(filing.chosen.offices[0].id)})
    for paper in filings.filing_of(draft).documents:
        drafts.choose_without(draft, paper["id"], "bring")
    drafts.save_answer(draft, "declaration", {"truth": True})
    db.session.commit()
    return submission.submit(owner, draft.token)
