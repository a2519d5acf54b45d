"""Whose data it is: every route with an id in it, asked for by those whose it is not.

Built from the routes themselves, so that a new one is covered by itself.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEvent
from app.extensions import Base
from tests import factories as make
from tests.applications.filing import STEPS, checked, fill, photo, start
from tests.shape.theirs import asked, bare, nothing, rows

pytestmark = pytest.mark.usefixtures("offices")


@pytest.fixture
def theirs(app: Flask, session: Any, stored: dict[str, list[str]]) -> dict[str, list[str]]:
    """What is `stored`, with a draft of the couple's own, the photo in it, and their sessions: all ids."""
    browser = make.browser_of(make.citizen(), app)
    browser.set_cookie("check", checked({}))
    draft = start(browser)
    for step, fields in STEPS.items():
        fill(browser, draft, step, **fields)
    sent = browser.post(f"{draft}/documents/id_or_hukou_booklet", data={"file": (photo(), "a.jpg")})
    assert sent.status_code == 303
    tables = Base.metadata.tables
    return stored | {
        "draft_id": [draft.rsplit("/", 1)[-1]],
        "upload_id": [str(each) for each in session.scalars(select(tables["uploads"].c.id))],
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
