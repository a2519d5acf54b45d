"""A copy of everything that was sent: for its owner alone, made while it is sent, whole."""

from __future__ import annotations

import io
import uuid
import zipfile

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import func, select

from app import files
from app.applications import uploads
from app.applications.models import Application
from app.audit import AuditEvent
from app.extensions import db
from app.files.cleaning import clean
from app.tracking.sent import archive_of
from tests import factories as make
from tests.applications.filing import photo
from tests.casework.asking import ask
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")


def with_pages(case: Application, *document_ids: str) -> None:
    for document_id in document_ids:
        uploads.save_upload(case, document_id, "a.jpg", clean(photo().read()))
    db.session.commit()


def opened(answer) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    return archive


def words(archive: zipfile.ZipFile) -> str:
    name = next(name for name in archive.namelist() if name.endswith(".pdf"))
    document = pypdfium2.PdfDocument(archive.read(name))
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return text.replace("\r\n", "").replace("\n", "")


def test_everything_is_in_it(app: Flask) -> None:
    case = make.filed()
    with_pages(case, "id_or_hukou_booklet", "id_or_hukou_booklet", "marriage_certificate")
    answer = make.browser_of(make.citizen(), app).get(f"/my/{case.id}/sent.zip")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{case.number}.zip"'
    assert answer.headers["Cache-Control"] == "no-store"
    archive = opened(answer)
    assert archive.namelist() == [
        "申请内容.pdf",
        "01-夫妻双方的居民身份证，或户口簿-1.jpg",
        "01-夫妻双方的居民身份证，或户口簿-2.jpg",
        "02-结婚证-1.jpg",
    ]
    assert archive.read("02-结婚证-1.jpg")[:3] == b"\xff\xd8\xff"
    text = words(archive)
    for told in (
        case.number,
        make.WOMAN["name"],
        make.WOMAN["id_number"],
        make.MAN["name"],
        "白果镇",
    ):
        assert told in text


def test_what_was_taken_back_is_not_in_it(app: Flask) -> None:
    case = make.filed()
    with_pages(case, "marriage_certificate", "marriage_certificate")
    uploads.take_back(case.uploads[0])
    db.session.commit()
    answer = make.browser_of(make.citizen(), app).get(f"/my/{case.id}/sent.zip")
    assert len(opened(answer).namelist()) == 2


def test_answers_to_a_notice_are_in_it(app: Flask) -> None:
    case = make.filed()
    notice = ask(case)
    browser = make.browser_of(make.citizen(), app)
    item = notice.items[0]
    data = {"way": "words", "words": "户口簿在老家。"}
    browser.post(f"/my/{case.id}/correct/{item.id}", data=data)
    browser.post(f"/my/{case.id}/correct")
    text = words(opened(browser.get(f"/my/{case.id}/sent.zip")))
    assert "户口簿在老家。" in text
    assert "看不清，请重新拍" in text


def test_a_file_that_cannot_be_read_is_said_and_the_rest_is_there(app: Flask) -> None:
    case = make.filed()
    with_pages(case, "id_or_hukou_booklet", "marriage_certificate")
    files.store().delete(case.uploads[0].key)
    names = opened(make.browser_of(make.citizen(), app).get(f"/my/{case.id}/sent.zip")).namelist()
    assert names == ["申请内容.pdf", "01-夫妻双方的居民身份证，或户口簿-1.txt", "02-结婚证-1.jpg"]


def test_it_is_made_while_it_is_sent(app: Flask) -> None:
    case = make.filed()
    with_pages(case, "id_or_hukou_booklet", "marriage_certificate")
    with app.test_request_context():
        found = db.session.get_one(Application, case.id)
        parts = list(archive_of(found))
    assert len(parts) == 4
    assert all(parts)


def test_in_the_readers_script(app: Flask) -> None:
    case = make.filed()
    answer = make.browser_of(make.citizen(), app).get(f"/my/{case.id}/sent.zip?lang=zh_Hant")
    archive = opened(answer)
    assert archive.namelist()[0] == "申請內容.pdf"
    # Names of people are as they were written.
    assert make.WOMAN["name"] in words(archive)


def test_B1_it_is_for_its_owner_alone(app: Flask, client: Client) -> None:
    case = make.filed()
    other = make.browser_of(make.citizen("13911112222"), app)
    for where in (case.id, uuid.uuid4()):
        assert other.get(f"/my/{where}/sent.zip").status_code == 404
    assert client.get(f"/my/{case.id}/sent.zip").status_code == 303
    staff = make.browser_of(make.officer(make.BAIGUO), app)
    assert staff.get(f"/my/{case.id}/sent.zip").location.startswith("/sign-in")


def test_taking_a_copy_is_written_down(app: Flask) -> None:
    case = make.filed()
    make.browser_of(make.citizen(), app).get(f"/my/{case.id}/sent.zip")
    kind = AuditEvent.kind == "application.downloaded"
    assert db.session.scalar(select(func.count()).where(kind)) == 1
