"""Pages that come after the application was sent: kept by version, within the quota, only while it is open."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from app.applications import uploads
from app.applications.models import State, Upload
from tests import factories as make
from tests.applications.filing import photo

pytestmark = pytest.mark.usefixtures("offices")
PAPER = "id_or_hukou_booklet"


@pytest.fixture
def case(session):
    return make.filed()


@pytest.fixture
def mine(app, case):
    return make.browser_of(make.citizen(), app)


def send(mine, case, **query):
    return mine.post(
        f"/my/{case.id}/papers/{PAPER}",
        query_string=query,
        data={"file": (photo(), "补.jpg")},
    )


def test_a_page_added_later_is_sealed_with_the_key_of_the_application(session, case, mine):
    before = len(case.uploads)
    assert send(mine, case).status_code == 303
    session.expire_all()
    assert len(case.uploads) == before + 1
    added = session.scalars(select(Upload).order_by(Upload.created_at.desc())).first()
    assert uploads.read_upload(added)[:2] == b"\xff\xd8"
    assert mine.get(f"/my/{case.id}/uploads/{added.id}").mimetype == "image/jpeg"
    desk = make.browser_of(make.officer(make.BAIGUO), mine.application)
    assert str(added.id) in desk.get(f"/staff/cases/{case.id}").text


def test_D12_a_page_taken_back_stays_as_an_earlier_version(session, case, mine):
    send(mine, case)
    added = session.scalars(select(Upload).order_by(Upload.created_at.desc())).first()
    answer = mine.post(f"/my/{case.id}/uploads/{added.id}/remove")
    assert answer.status_code == 303
    session.expire_all()
    assert added.replaced_at is not None
    assert uploads.read_upload(added)
    assert added not in uploads.uploads_by_document(case).get(PAPER, [])


def test_what_was_replaced_still_counts_towards_the_quota(session, case, mine, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", len(case.uploads) + 1)
    send(mine, case)
    added = session.scalars(select(Upload).order_by(Upload.created_at.desc())).first()
    mine.post(f"/my/{case.id}/uploads/{added.id}/remove")
    refused = send(mine, case)
    assert refused.status_code == 422
    assert "补.jpg：一份申请最多传" in refused.text


def test_G1_the_way_back_is_the_page_one_came_from_and_nowhere_else(case, mine):
    here = f"/my/{case.id}/papers/{PAPER}"
    assert send(mine, case, next="/my").location == f"{here}?next=/my"
    assert '<a class="button" href="/my">传好了，返回' in mine.get(f"{here}?next=/my").text
    assert send(mine, case, next="//evil.example/").location == here
    assert "evil.example" not in mine.get(f"{here}?next=//evil.example/").text.split("<main")[1]


def test_nothing_is_added_to_what_has_ended(session, case, mine):
    case.state = State.REGISTERED
    session.commit()
    kept = len(case.uploads)
    answer = send(mine, case)
    assert answer.status_code == 409
    assert "不能再补材料了" in answer.text
    session.expire_all()
    assert len(case.uploads) == kept


def test_what_is_not_asked_for_or_not_there_is_not_found(case, mine):
    assert mine.get(f"/my/{case.id}/papers/{PAPER}").status_code == 200
    assert mine.get(f"/my/{case.id}/papers/passport_of_nobody").status_code == 404
    assert mine.get(f"/my/{case.id}/uploads/{uuid.uuid4()}").status_code == 404
