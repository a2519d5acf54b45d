"""People and filings for tests, made through the site's own doors: real drafts, real submissions."""

from __future__ import annotations

import itertools
import secrets
from datetime import timedelta
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select

from app import clock
from app.accounts.models import Citizen, Officer, Role, Session
from app.applications import drafts, entrusting, submission, uploads
from app.applications import filing as filings
from app.applications.models import Application, Draft
from app.applications.standing import Right, rights_of
from app.applications.steps import POWER_OF_ATTORNEY
from app.clock import now
from app.delegation import powers
from app.delegation.authority import How
from app.delegation.models import PowerOfAttorney
from app.delegation.wording import ACTS_ASKED
from app.extensions import db
from app.files.cleaning import clean
from app.notifications import errands
from app.places.models import Office
from app.vault import keyed_hash
from tests.applications.filing import photo
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


def terms(**changes: Any) -> dict[str, Any]:
    """What a couple agrees with their agent: everything, for half a year."""
    until = clock.today() + timedelta(days=180)
    agreed = {
        "principals": "both",
        "acts": [str(act) for act in ACTS_ASKED],
        "until_on": until.isoformat(),
        "may_delegate": "no",
    }
    return agreed | changes


def filed(
    facts: dict[str, Any] = FIRST_CHILD,
    role: str = "woman_hukou",
    **changes: Any,
) -> Application:
    """An application, filed today at this place of the decision; `changes` as for `drafted`.

    The worker has told whom it concerns.
    """
    draft = drafted(facts, role, **changes)
    with current_app.test_request_context():
        application = submission.submit(draft.citizen, draft.token)
    errands.run_due()
    return application


def drafted(
    facts: dict[str, Any] = FIRST_CHILD,
    role: str = "woman_hukou",
    *,
    filer: str = "woman",
    woman: dict[str, Any] = WOMAN,
    man: dict[str, Any] = MAN,
    agent: dict[str, Any] = AGENT,
    agreed: dict[str, Any] | None = None,
    how: str = "phone",
    confirmed: bool = True,
) -> Draft:
    """A draft with everything filled in; committed. Needs the demo's offices.

    With filer="agent" under a power of attorney on these terms (`agreed`, `how`), which the
    principals have confirmed: on their phones, or by a paper that was uploaded.
    """
    people = {"woman": woman, "man": man, "agent": agent}
    with current_app.test_request_context():
        draft = _begun(facts, role, people[filer]["phone"])
        for step, answer in _answers(facts, role, filer, people).items():
            drafts.save_answer(draft, step, answer)
        if filer == "agent":
            drafts.save_answer(draft, "entrust", agreed or terms())
            drafts.save_answer(draft, "confirming", {"how": how})
            entrusting.agree(draft.citizen, draft, filings.filing_of(draft))
        filing = filings.filing_of(draft)
        assert filing.chosen is not None, f"{role} is not open today"
        for step in ("office", "collect"):
            drafts.save_answer(draft, step, {"office": str(filing.chosen.offices[0].id)})
        for paper in filings.filing_of(draft).documents:
            drafts.choose_without(draft, paper["id"], "bring")
        drafts.save_answer(draft, "declaration", {"truth": True})
        if filer == "agent" and confirmed:
            _confirm(draft, how)
        db.session.commit()
    return draft


def at_window(clerk: Officer, role: str = "woman_hukou") -> Draft:
    """A draft that this clerk has begun with somebody at the window; committed."""
    beginning = filings.beginning(FIRST_CHILD, role)
    assert beginning is not None
    draft = drafts.begin_at_window(clerk, beginning, secrets.token_urlsafe())
    db.session.commit()
    return draft


def power_of(record: Draft | Application) -> PowerOfAttorney:
    """The power of attorney a draft or an application stands under."""
    return next(each for each in entrusting.powers_about(record) if each.parent_id is None)


def _begun(facts: dict[str, Any], role: str, phone: str) -> Draft:
    beginning = filings.beginning(facts, role)
    assert beginning is not None, "these facts lead to no application today"
    return drafts.begin(citizen(phone), beginning)


def _answers(
    facts: dict[str, Any], role: str, filer: str, people: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    agent = {"agent": people["agent"]} if filer == "agent" else {}
    return {
        "consent": {"processing": True, "sensitive": True, "children": True},
        "who": {"filer": filer},
        **agent,
        "woman": people["woman"],
        "man": people["man"],
        "children": {"stage": facts["stage"], "born_on": facts.get("born_on"), "births": "1"},
        "where": {"role": role},
    }


def _confirm(draft: Draft, how: str) -> None:
    if how == How.PAPER:
        page = clean(photo().getvalue())
        uploads.save_upload(draft, POWER_OF_ATTORNEY, "委托书.jpg", page)
    else:
        confirm(power_of(draft))


def confirm(power: PowerOfAttorney) -> None:
    """Every principal says yes on their own phone."""
    for principal in power.principals:
        confirm_one(power, principal.person)


def confirm_one(power: PowerOfAttorney, person: str) -> None:
    """This principal says yes on their own phone."""
    principal = next(each for each in power.principals if each.person == person)
    account = citizen((principal.named or {})["phone"])
    powers.confirm(power, person, How.PHONE, by=powers.Actor("citizen", account.id))


def renewed(draft: Draft) -> PowerOfAttorney:
    """The agent asks the same couple once more, on the same terms."""
    entrusting.agree(draft.citizen, draft, filings.filing_of(draft))
    return power_of(draft)


def rights(phone: str, case: Application) -> frozenset[Right]:
    """What the owner of this phone may do with the application today."""
    return rights_of(citizen(phone), case)
