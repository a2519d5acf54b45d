"""Whose data it is: every route with an id in it, asked for by those whose it is not.

Built from the routes themselves, so that a new one is covered by itself.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.complaints import Voice
from app.applications.ratings import Level, Rating
from app.audit import AuditEvent
from app.certificates.service import letters_of
from app.delegation.models import ConfirmationRequest
from app.extensions import Base
from app.tracking import voicing
from tests import factories as make
from tests.applications.filing import STEPS, checked, fill, photo, start
from tests.casework.asking import GULOU, ask, ask_elsewhere
from tests.certificates.conftest import certificate_of, registered
from tests.shape.theirs import asked, bare, nothing, rows

pytestmark = pytest.mark.usefixtures("offices")


@pytest.fixture
def theirs(app: Flask, session: Any) -> dict[str, list[str]]:
    """A couple with a draft, a photo in it, a case that waits for them, one that is done, an agent,
    and sessions: all ids."""
    case = make.filed(make.FIRST_CHILD)
    notice = ask(case)
    done = registered(woman=make.WOMAN | {"id_number": "110101202402290016"})
    entrusted = make.drafted(
        filer="agent", man=make.MAN | {"phone": "13800000008"}, confirmed=False
    )
    owner = make.citizen()
    browser = make.browser_of(owner, app)
    with app.test_request_context():
        complaint = voicing.say(owner, case, Voice.COMPLAINT, text="没有人理。")
    rating = Rating(
        application=case,
        citizen_id=owner.id,
        office_id=case.office_id,
        service=case.service,
        level=Level.POOR,
        rated_on=case.submitted_on,
    )
    session.add(rating)
    session.commit()
    enquiry = ask_elsewhere(case, GULOU)
    browser.set_cookie("check", checked({}))
    draft = start(browser)
    for step, fields in STEPS.items():
        fill(browser, draft, step, **fields)
    sent = browser.post(f"{draft}/documents/id_or_hukou_booklet", data={"file": (photo(), "a.jpg")})
    assert sent.status_code == 303
    tables = Base.metadata.tables
    return {
        "draft_id": [draft.rsplit("/", 1)[-1]],
        "case_id": [str(case.id)],
        "number": [case.number],
        "item_id": [str(notice.items[0].id)],
        "letter_id": [str(letters_of(case)[0].id)],
        "certificate_id": [str(certificate_of(done).id)],
        "complaint_id": [str(complaint.id)],
        "request_id": [str(enquiry.id)],
        "enquiry_id": [str(enquiry.id)],
        "rating_id": [str(rating.id)],
        "upload_id": [str(each) for each in session.scalars(select(tables["uploads"].c.id))],
        "power_id": [str(make.power_of(entrusted).id)],
        "officer_id": [str(make.officer(make.BAIGUO).id)],
        "asked_id": [str(each) for each in session.scalars(select(ConfirmationRequest.id))],
        "session_id": [str(each) for each in session.scalars(select(tables["sessions"].c.id))],
    }


@pytest.mark.parametrize(
    ("office", "role"),
    [(None, ""), (make.LOUFENG, "clerk"), (make.SONGBU, "clerk"), (make.YUANQU, "supervisor")],
    ids=["citizen", "clerk of another county", "clerk of another town", "supervisor elsewhere"],
)
def test_B1_B3_what_is_not_theirs_is_like_what_is_not_there(
    app: Flask, session: Any, theirs: dict[str, list[str]], office: str | None, role: str
) -> None:
    stranger = make.officer(office, role) if office else make.citizen("13800009999")
    browser = make.browser_of(stranger, app)
    if office == make.SONGBU:
        # Any window of the county prints: see tests/certificates/test_windows.py.
        del theirs["certificate_id"]
    missing = {name: [nothing(name)] for name in theirs}
    before, tried = rows(), 0
    pairs = zip(asked(app, theirs), asked(app, missing), strict=True)
    for (method, url), (_, nowhere) in pairs:
        for headers in ({}, {"HX-Request": "true"}):
            real = browser.open(url, method=method, headers=headers)
            none = browser.open(nowhere, method=method, headers=headers)
            assert real.status_code in {303, 404}, f"{method} {url}"
            assert real.status_code == none.status_code, f"{method} {url}"
            assert bare(real.text, theirs) == bare(none.text, missing), f"{method} {url}"
            tried += 1
    assert tried > 40
    session.expire_all()
    assert rows() == before


def test_B1_tries_are_noted(app: Flask, session: Any, theirs: dict[str, list[str]]) -> None:
    browser = make.browser_of(make.citizen("13800009999"), app)
    browser.get(f"/my/{theirs['case_id'][0]}")
    browser.get(f"/apply/{theirs['draft_id'][0]}/woman")
    noted = session.scalars(select(AuditEvent).where(AuditEvent.kind == "access.denied")).all()
    assert [event.subject for event in noted] == [
        "view:tracking.view_case",
        "view:applications.answer",
    ]
