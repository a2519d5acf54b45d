"""What nobody came back for: told two weeks before, deleted after ninety days, files swept."""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import files
from app.applications import drafts, uploads
from app.applications.models import Draft, Upload
from app.clock import now
from app.extensions import db
from app.notifications.models import OutboxMessage
from tests.applications.filing import complete, start, token_on

pytestmark = pytest.mark.usefixtures("offices")


@pytest.fixture
def draft(client, sign_in, answered) -> str:
    answered(client)
    sign_in(client)
    address = start(client)
    complete(client, address)
    return address


def sweep() -> int:
    """As every night: drafts first, then the files that nobody has any more; how many files."""
    drafts.sweep()
    db.session.commit()
    return files.sweep()


def left_for(session, days: int) -> None:
    session.scalars(select(Draft)).one().expires_at = now() + timedelta(days=days)
    session.commit()


def test_a_draft_lives_ninety_days_from_the_last_answer(draft, session):
    left = session.scalars(select(Draft)).one().expires_at - now()
    assert timedelta(days=89) < left <= timedelta(days=90)


def test_one_notice_two_weeks_before(client, draft, session):
    left_for(session, 15)
    assert drafts.warn_expiring() == 0
    left_for(session, 13)
    assert drafts.warn_expiring() == 1
    session.commit()
    assert drafts.warn_expiring() == 0
    message = session.scalars(select(OutboxMessage)).one()
    assert message.kind == "draft_expiring"
    assert "生育登记" in message.text
    client.post(f"{draft}/who", data={"filer": "woman"})
    assert session.scalars(select(Draft)).one().warned_at is None


def test_expired_drafts_go_with_their_files(draft, session, app):
    left_for(session, 1)
    assert (sweep(), len(list(app.extensions["files"].listing()))) == (0, 2), (
        "the photo and its small picture"
    )
    left_for(session, -1)
    assert sweep() == 0, "a file is left alone for an hour"
    assert session.scalars(select(Draft)).all() == []
    assert session.scalars(select(Upload)).all() == []
    make_old(app)
    assert sweep() == 2
    assert not list(app.extensions["files"].listing())


def test_files_of_an_application_stay(client, draft, session, app):
    client.post("/apply/submit", data={"token": token_on(client, draft)})
    make_old(app)
    session.scalars(select(Draft)).one().expires_at = now() - timedelta(days=1)
    session.commit()
    assert sweep() == 0
    assert uploads.read_upload(session.scalars(select(Upload)).one())[:2] == b"\xff\xd8"


def make_old(app) -> None:
    past = time.time() - 7200
    for path in app.extensions["files"].folder.glob("*/*"):
        os.utime(path, (past, past))
