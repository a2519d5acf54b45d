"""Papers as phones send them: by content, cleaned, within the quota, never somebody else's."""

from __future__ import annotations

import hashlib
import os
import re
import time
import uuid
from io import BytesIO

import pikepdf
import pillow_heif
import pytest
from PIL import Image
from sqlalchemy import select

from app import files
from app.applications import uploads
from app.applications.models import Draft, Upload
from app.files import cleaning
from tests.applications.filing import STEPS, at_once, collect, copy_of, fill, photo, start

pytestmark = pytest.mark.usefixtures("offices")
PAPER = "documents/id_or_hukou_booklet"


@pytest.fixture
def draft(client, sign_in, answered) -> str:
    answered(client)
    sign_in(client)
    address = start(client)
    for step, fields in STEPS.items():
        fill(client, address, step, **fields)
    collect(client, address)
    return address


def send(client, draft: str, content: bytes, name: str, media_type: str = "image/jpeg"):
    return client.post(f"{draft}/{PAPER}", data={"file": (BytesIO(content), name, media_type)})


def kept(session) -> bytes:
    return uploads.read_upload(session.scalars(select(Upload)).one())


def test_D3_a_heic_called_jpg_becomes_a_jpeg_without_its_place(client, draft, session):
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010F] = "SecretCamera"
    output = BytesIO()
    Image.new("RGB", (64, 48), "red").save(output, "HEIF", exif=exif.tobytes())
    assert send(client, draft, output.getvalue(), "IMG_0001.jpg").status_code == 303
    picture = Image.open(BytesIO(kept(session)))
    assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (64, 48), {})


def test_D4_a_pdf_with_a_script_is_kept_without_it_and_only_downloaded(client, draft, session):
    document = pikepdf.new()
    document.add_blank_page()
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    output = BytesIO()
    document.save(output)
    assert send(client, draft, output.getvalue(), "证.pdf", "application/pdf").status_code == 303
    assert b"JavaScript" not in kept(session)
    upload = session.scalars(select(Upload)).one()
    seen = client.get(f"{draft}/uploads/{upload.id}")
    assert seen.mimetype == "application/pdf"
    assert seen.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in seen.headers["Content-Security-Policy"]
    assert seen.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "空的"),
        (b"<html><script>1</script>", "看不懂这个文件"),
        (b"MZ\x90\x00" + b"\0" * 90, "看不懂这个文件"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 2000, "15 MB"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 90, "打不开"),
    ],
    ids=["empty", "html", "exe", "oversize", "broken"],
)
def test_D1_D5_D7_refused_with_a_reason_and_nothing_kept(
    client, draft, session, app, monkeypatch, content, says
):
    monkeypatch.setattr(cleaning, "LARGEST_FILE", 1000)
    refused = send(client, draft, content, "照片.jpg")
    assert refused.status_code == 422
    assert f"照片.jpg：{says}" in refused.text.replace("文件超过 ", "").replace(
        "这个文件是", ""
    ).replace("照片打不开", "打不开")
    assert session.scalars(select(Upload)).all() == []
    assert list(app.extensions["files"].listing()) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("x" * 5000 + ".jpg", "x" * 100),
        ("😀.jpg", "😀.jpg"),
        ("...", ""),
        ("<b>.jpg", "<b>.jpg"),
        ("C:\\CON", "CON"),
        (".htaccess", "htaccess"),
        ("a\0b\r\nSet-Cookie: x.jpg", "abSet-Cookie: x.jpg"),
    ],
)
def test_D6_a_name_is_only_ever_shown(name, shown):
    assert uploads.shown_name(name) == shown


def test_D11_the_number_and_size_of_files_are_limited(client, draft, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    for _ in range(2):
        assert send(client, draft, photo().read(), "照片.jpg").status_code == 303
    refused = send(client, draft, photo().read(), "照片.jpg")
    assert refused.status_code == 422
    assert "一份申请最多传 2 个文件" in refused.text
    monkeypatch.setattr(uploads, "MOST_FILES", 60)
    monkeypatch.setattr(uploads, "MOST_BYTES", 500)
    assert send(client, draft, photo().read(), "照片.jpg").status_code == 422


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\r\nb.jpg", "\u202egpj.exe", "😀" * 900, "<b>.jpg"]
)
def test_D6_a_hostile_name_reaches_neither_the_store_nor_a_header(
    client, draft, session, app, name
):
    """A browser writes line ends and quotes of a name as %0D%0A and %22."""
    escaped = name.replace("\r", "%0D").replace("\n", "%0A")
    assert send(client, draft, photo().read(), escaped).status_code == 303
    keys = [key for key, _ in app.extensions["files"].listing()]
    assert all(re.fullmatch("[0-9a-f]{32}(_small)?", key) for key in keys)
    upload = session.scalars(select(Upload)).one()
    shown = client.get(f"{draft}/uploads/{upload.id}")
    assert shown.headers["Content-Disposition"] == "inline; filename=id_or_hukou_booklet-1.jpg"
    assert "<b>.jpg" not in client.get(f"{draft}/documents").text


def test_D11_all_drafts_of_a_person_together_are_limited(client, draft, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES_OF_ONE", 1)
    assert send(client, draft, photo().read(), "照片.jpg").status_code == 303
    refused = send(client, draft, photo().read(), "照片.jpg")
    assert refused.status_code == 422
    assert "您的草稿里文件太多了" in refused.text


def test_D11_so_is_what_is_sent_and_taken_back_again(client, draft, session, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_SENT_HOURLY", 3)
    for _ in range(3):
        assert send(client, draft, b"nonsense", "照片.jpg").status_code == 422
    refused = send(client, draft, photo().read(), "照片.jpg")
    assert "这一小时传得太多了" in refused.text
    assert session.scalars(select(Upload)).all() == []


def place(client, draft: str, **said):
    return client.post(f"{draft}/{PAPER}", data={"file": (photo(), "照片.jpg"), **said})


def pages(session) -> list[Upload]:
    session.expire_all()
    return uploads.uploads_by_document(session.scalars(select(Draft)).one())[
        PAPER.removeprefix("documents/")
    ]


def test_a_page_sent_again_after_a_lost_answer_is_kept_once(client, draft, session):
    for _ in range(3):
        assert place(client, draft, name="7d1f", page="1").status_code == 303
    assert place(client, draft, name="7d20", page="2").status_code == 303
    assert [page.page for page in pages(session)] == [1, 2]


def test_the_same_page_twice_at_once_is_kept_once(client, draft, session):
    tabs = [copy_of(client) for _ in range(3)]
    answers = at_once([lambda tab=tab: place(tab, draft, name="7d1f", page="1") for tab in tabs])
    assert [answer.status_code for answer in answers] == [303] * 3
    assert len(pages(session)) == 1


def test_a_name_of_another_draft_is_another_page(session):
    first, second = uuid.uuid4(), uuid.uuid4()
    assert uploads._token(Draft(id=first), "7d1f") != uploads._token(Draft(id=second), "7d1f")


def test_pages_stand_as_the_sending_page_numbered_them(client, draft, session):
    for number in (3, 1, 2):
        place(client, draft, page=str(number), name=f"photo {number}")
    assert [page.page for page in pages(session)] == [1, 2, 3]
    place(client, draft)
    place(client, draft, page="-1")
    place(client, draft, page="99999999999999999999")
    assert [page.page for page in pages(session)] == [1, 2, 3, 4, 5, 6]


def test_D12_a_page_taken_again_stands_where_the_old_one_stood(client, draft, session):
    for number in (1, 2, 3):
        place(client, draft, page=str(number))
    old = pages(session)[1].id
    assert place(client, draft, replaces=str(old), page="9").status_code == 303
    after = pages(session)
    assert [page.page for page in after] == [1, 2, 3]
    assert old not in {page.id for page in after}
    assert place(client, draft, replaces=str(uuid.uuid4())).status_code == 303


def test_pages_change_places_and_never_fall_off_the_end(client, draft, session):
    for number in (1, 1, 5):
        place(client, draft, page=str(number))
    first, second, third = pages(session)

    def press(page: Upload, act: str) -> list[uuid.UUID]:
        answer = client.post(f"{draft}/uploads/{page.id}/{act}")
        assert answer.status_code == 303
        return [each.id for each in pages(session)]

    assert press(third, "earlier") == [first.id, third.id, second.id]
    assert press(first, "later") == [third.id, first.id, second.id]
    assert press(third, "earlier") == [third.id, first.id, second.id]
    assert press(second, "later") == [third.id, first.id, second.id]
    assert len({page.page for page in pages(session)}) == 3
    assert press(first, "remove") == [third.id, second.id]


def test_a_hint_is_given_once_and_never_stands_in_the_way(client, draft, session):
    output = BytesIO()
    Image.new("RGB", (800, 600), "black").save(output, "JPEG")
    assert send(client, draft, output.getvalue(), "照片.jpg").status_code == 303
    page = pages(session)[0]
    assert page.look == "dark"
    assert "照片有点暗" in client.get(f"{draft}/documents").text
    assert client.post(f"{draft}/uploads/{page.id}/keep").status_code == 303
    assert "照片有点暗" not in client.get(f"{draft}/documents").text


def test_a_photo_has_a_small_picture_and_a_pdf_has_none(client, draft, session):
    send(client, draft, photo().read(), "照片.jpg")
    small = client.get(f"{draft}/uploads/{pages(session)[0].id}/small")
    assert Image.open(BytesIO(small.data)).size == (40, 30)
    assert small.headers["Cache-Control"] == "no-store"
    document = pikepdf.new()
    document.add_blank_page()
    output = BytesIO()
    document.save(output)
    send(client, draft, output.getvalue(), "证.pdf")
    assert client.get(f"{draft}/uploads/{pages(session)[1].id}/small").status_code == 404


def test_invariant_5_every_row_has_its_file_and_every_file_its_row(client, draft, session, app):
    for number in range(4):
        place(client, draft, page=str(number + 1))
    client.post(f"{draft}/uploads/{pages(session)[0].id}/remove")
    place(client, draft, replaces=str(pages(session)[0].id))
    past = time.time() - 7200
    for path in app.extensions["files"].folder.glob("*/*"):
        os.utime(path, (past, past))
    files.sweep()
    rows = session.scalars(select(Upload)).all()
    assert {hashlib.sha256(uploads.read_upload(row)).hexdigest() for row in rows} == {
        row.sha256 for row in rows
    }
    keys = {key for key, _ in app.extensions["files"].listing()}
    assert keys == {row.key for row in rows} | {f"{row.key}_small" for row in rows}


def test_a_disk_that_is_full_keeps_no_half_a_page(client, draft, session, app, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    refused = client.post(
        f"{draft}/{PAPER}", data={"file": (photo(), "照片.jpg")}, fault_expected=True
    )
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "30"
    assert "存不了" in refused.text
    assert session.scalars(select(Upload)).all() == []
    monkeypatch.undo()
    assert send(client, draft, photo().read(), "照片.jpg").status_code == 303


def test_a_paper_chosen_to_be_looked_up_may_still_be_sent(client, draft):
    client.post(f"{draft}/{PAPER}/without", data={"instead": "shared_data"})
    assert "请窗口在系统里查，我不用交" in client.get(f"{draft}/documents").text
    assert client.post(f"{draft}/{PAPER}/without", data={"instead": "magic"}).status_code == 400
    client.post(f"{draft}/{PAPER}", data={"file": (photo(), "照片.jpg")})
    assert "已上传 1 页" in client.get(f"{draft}/documents").text
