"""Papers as phones send them: by content, cleaned, within the quota, never somebody else's."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pillow_heif
import pytest
from PIL import Image
from sqlalchemy import select

from app.applications import uploads
from app.applications.models import Upload
from app.files import cleaning
from tests.applications.filing import STEPS, collect, fill, photo, start

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


def test_a_heic_called_jpg_becomes_a_jpeg_without_its_place(client, draft, session):
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010F] = "SecretCamera"
    output = BytesIO()
    Image.new("RGB", (64, 48), "red").save(output, "HEIF", exif=exif.tobytes())
    assert send(client, draft, output.getvalue(), "IMG_0001.jpg").status_code == 303
    picture = Image.open(BytesIO(kept(session)))
    assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (64, 48), {})


def test_a_pdf_with_a_script_is_kept_without_it_and_only_downloaded(client, draft, session):
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
def test_refused_with_a_reason_and_nothing_kept(
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
    ],
)
def test_a_name_is_only_ever_shown(name, shown):
    assert uploads.shown_name(name) == shown


def test_the_number_and_size_of_files_are_limited(client, draft, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    for _ in range(2):
        assert send(client, draft, photo().read(), "照片.jpg").status_code == 303
    refused = send(client, draft, photo().read(), "照片.jpg")
    assert refused.status_code == 422
    assert "一份申请最多传 2 个文件" in refused.text
    monkeypatch.setattr(uploads, "MOST_FILES", 60)
    monkeypatch.setattr(uploads, "MOST_BYTES", 500)
    assert send(client, draft, photo().read(), "照片.jpg").status_code == 422


def test_a_disk_that_is_full_keeps_no_half_a_page(client, draft, session, app, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(app.extensions["files"], "put", full)
    refused = client.post(
        f"{draft}/{PAPER}", data={"file": (photo(), "照片.jpg")}, fault_expected=True
    )
    assert refused.status_code >= 500
    assert session.scalars(select(Upload)).all() == []
    monkeypatch.undo()
    assert send(client, draft, photo().read(), "照片.jpg").status_code == 303


def test_a_paper_chosen_to_be_looked_up_may_still_be_sent(client, draft):
    client.post(f"{draft}/{PAPER}/without", data={"instead": "shared_data"})
    assert "请窗口在系统里查，我不用交" in client.get(f"{draft}/documents").text
    assert client.post(f"{draft}/{PAPER}/without", data={"instead": "magic"}).status_code == 400
    client.post(f"{draft}/{PAPER}", data={"file": (photo(), "照片.jpg")})
    assert "已上传 1 页" in client.get(f"{draft}/documents").text
