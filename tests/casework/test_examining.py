"""Papers beside each other, one verdict each, and notes: what helps to decide and decides nothing."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.my_data import copied
from app.applications import submission, uploads
from app.applications.receipts import search_hash
from app.audit import AuditEvent
from app.casework.models import CaseNote, Examination
from app.clock import now
from app.extensions import db
from app.files.cleaning import clean
from tests import factories as make
from tests.applications.filing import photo
from tests.casework.asking import desk

pytestmark = pytest.mark.usefixtures("offices")


@pytest.fixture
def case(offices: None):
    """A case with two papers of one page each."""
    draft = make.drafted()
    for paper in ("id_or_hukou_booklet", "marriage_certificate"):
        uploads.save_upload(draft, paper, "a.jpg", clean(photo().getvalue()))
    db.session.commit()
    return submission.submit(draft.citizen, draft.token)


@pytest.fixture
def clerk(app: Flask, case):
    return desk(make.BAIGUO, app)


def test_two_papers_are_beside_each_other(clerk, case, session) -> None:
    address = f"/staff/cases/{case.id}/papers"
    assert "并排核对材料" in clerk.get(f"/staff/cases/{case.id}").text
    page = clerk.get(address).text
    images = re.findall(r'<img src="([^"]+)"', page)
    assert len(images) == 2
    assert clerk.get(images[0]).mimetype == "image/jpeg"
    turned = clerk.get(f"{address}?a=marriage_certificate&b=id_or_hukou_booklet&zoom=2").text
    assert "zoom-2" in turned
    assert re.findall(r'<img src="([^"]+)"', turned) == images[::-1]
    assert "zoom-1" in clerk.get(f"{address}?a=nothing&zoom=99").text


def test_what_was_found_is_shown_and_ticked_in_the_notice(clerk, case, session) -> None:
    address = f"/staff/cases/{case.id}/papers/marriage_certificate"
    sent = {
        "marriage_certificate-finding": "unclear",
        "marriage_certificate-words": "第二页的日期看不清",
    }
    kept = clerk.post(f"{address}?a=marriage_certificate&zoom=2", data=sent)
    assert kept.location.endswith("papers?a=marriage_certificate&zoom=2#marriage_certificate")
    page = clerk.get(f"/staff/cases/{case.id}").text
    assert "看不清，请重新拍" in page
    notice = clerk.get(f"/staff/cases/{case.id}/notice").text
    ticked = re.search(r"<input[^>]*tick-[^>]*marriage_certificate[^>]*>", notice).group()
    assert "checked" in ticked
    assert "第二页的日期看不清" in notice
    untouched = re.search(r"<input[^>]*tick-[^>]*id_or_hukou_booklet[^>]*>", notice).group()
    assert "checked" not in untouched
    # Nobody but the office has been told anything.
    assert case.state == "submitted"
    assert [event.kind for event in case.events] == ["submitted"]


def test_the_last_look_counts(clerk, case, session) -> None:
    address = f"/staff/cases/{case.id}/papers/marriage_certificate"
    for finding in ("expired", "fine"):
        clerk.post(address, data={"marriage_certificate-finding": finding})
    page = clerk.get(f"/staff/cases/{case.id}").text
    assert "看过，没问题" in page
    assert "过期了" not in page
    assert len(session.scalars(select(Examination)).all()) == 2
    notice = clerk.get(f"/staff/cases/{case.id}/notice").text
    assert " checked" not in notice


def test_another_page_makes_the_look_an_old_one(clerk, case, session) -> None:
    address = f"/staff/cases/{case.id}/papers/marriage_certificate"
    clerk.post(address, data={"marriage_certificate-finding": "unclear"})
    upload = next(u for u in case.uploads if u.document_id == "marriage_certificate")
    upload.replaced_at = now()
    db.session.commit()
    assert "材料换过，要重看" in clerk.get(f"/staff/cases/{case.id}").text
    assert " checked" not in clerk.get(f"/staff/cases/{case.id}/notice").text


def test_no_verdict_is_said_at_the_field_and_words_stay(clerk, case, session) -> None:
    address = f"/staff/cases/{case.id}/papers/marriage_certificate"
    wrong = clerk.post(address, data={"marriage_certificate-words": "写了一半"})
    assert wrong.status_code == 422
    assert "请选一个" in wrong.text
    assert "写了一半" in wrong.text
    assert session.scalars(select(Examination)).all() == []


def test_only_papers_of_this_case(clerk, case) -> None:
    address = f"/staff/cases/{case.id}/papers/birth_certificate"
    assert clerk.post(address, data={"birth_certificate-finding": "fine"}).status_code == 404


def test_a_clerk_of_another_county_finds_no_papers(app: Flask, case, session) -> None:
    stranger = desk(make.MINSHENG, app)
    address = f"/staff/cases/{case.id}"
    assert stranger.get(f"{address}/papers").status_code == 404
    assert stranger.post(f"{address}/notes", data={"words": "看一看"}).status_code == 404
    assert session.scalars(select(CaseNote)).all() == []


def test_a_note_is_read_by_the_next_officer_and_in_the_copy_of_the_data(
    app: Flask, clerk, case, session
) -> None:
    kept = clerk.post(
        f"/staff/cases/{case.id}/notes", data={"words": "上午来过电话，\n下周一带原件"}
    )
    assert kept.location.endswith("#notes")
    colleague = desk(make.MACHENG, app, "approver")
    assert "下周一带原件" in colleague.get(f"/staff/cases/{case.id}").text
    with app.test_request_context():
        told = [record.raw for _holding, records in copied(make.citizen()) for record in records]
    assert any(each.get("words") == "上午来过电话，\n下周一带原件" for each in told)
    stored = session.execute(select(CaseNote.words_sealed)).scalar_one()
    assert "原件".encode() not in stored
    kinds = session.scalars(select(AuditEvent.kind)).all()
    assert "case.noted" in kinds


def test_an_empty_note_is_none(clerk, case, session) -> None:
    empty = clerk.post(f"/staff/cases/{case.id}/notes", data={"words": "  "})
    assert empty.status_code == 422
    assert "请写备注的内容" in empty.text
    assert session.scalars(select(CaseNote)).all() == []


def test_nobody_examines_or_notes_for_their_own_family(app: Flask, case, session) -> None:
    officer = make.officer(make.BAIGUO, name="陈晓")
    officer.kin_keys = [search_hash("phone", make.WOMAN["phone"])]
    db.session.commit()
    kin = make.browser_of(officer, app)
    address = f"/staff/cases/{case.id}"
    looked = kin.post(
        f"{address}/papers/marriage_certificate", data={"marriage_certificate-finding": "fine"}
    )
    assert looked.status_code == 403
    assert kin.post(f"{address}/notes", data={"words": "自己人"}).status_code == 403
    assert session.scalars(select(Examination)).all() == []
    assert session.scalars(select(CaseNote)).all() == []
