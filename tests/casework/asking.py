"""Notices for tests, sent through the desk's own doors."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, current_app

from app.accounts.models import Officer
from app.applications.models import Application
from app.applications.notices import Fault, Notice, askable
from app.casework import asking, service
from app.extensions import db
from app.verification import service as verification
from app.verification.models import About, VerificationRequest
from tests import factories as make
from tests.client import Client

GULOU = "421181002"
BOOKLET, MARRIAGE = "document-id_or_hukou_booklet", "document-marriage_certificate"


def ask(
    case: Application,
    wanted: Mapping[str, str] = {BOOKLET: "unclear"},
    *,
    words: str = "男方那一页看不清。",
    clerk: Officer | None = None,
    why: str = "",
) -> Notice:
    """A clerk of the case's town asks for these things, by key and fault."""
    with current_app.test_request_context():
        desk = service.desk_of(clerk or make.officer(make.BAIGUO, name="陈晓"))
        found = service.get_case_for(desk, case.id)
        known = {each.key: each for each in askable(found)}
        things = [asking.Wanted(known[key], Fault(fault), words) for key, fault in wanted.items()]
        return asking.ask(desk, found, things, version=found.version, why=why)


def ask_elsewhere(case: Application, code: str) -> VerificationRequest:
    """The office that has the case asks the one of this division about her; committed."""
    with current_app.test_request_context():
        clerk = verification.Clerk(make.officer(make.BAIGUO).id, case.office_id)
        made = verification.ask(
            clerk,
            case,
            verification.addressee_at(code),
            about=About.BIRTHS,
            whom="woman",
            words="生育过没有？",
        )
        db.session.commit()
    return made


def typed(case: Application, wanted: Mapping[str, tuple[str, str]], **more: str) -> dict[str, str]:
    """What a clerk's browser sends from the form: fault and words by key."""
    fields = {"version": str(case.version), "seen": str(len(case.events)), **more}
    for key, (fault, words) in wanted.items():
        fields |= {f"tick-{key}": "y", f"fault-{key}": fault, f"words-{key}": words}
    do = fields.pop("do", "send")
    return {f"ask_correction-{name}": value for name, value in fields.items()} | {"do": do}


def desk(code: str, app: Flask, role: str = "clerk") -> Client:
    """The browser of somebody at this office."""
    return make.browser_of(make.officer(code, role), app)
