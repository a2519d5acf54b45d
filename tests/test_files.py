"""What comes in is judged by content and written again; what lies in the store is complete."""

from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO

import pikepdf
import pillow_heif
import pytest
from PIL import Image

from app.files import (
    JPEG,
    LARGEST_FILE,
    PDF,
    FileRefusedError,
    LocalStore,
    clean,
    new_key,
)


@pytest.fixture(autouse=True)
def _request_context(app):
    with app.test_request_context():
        yield


def photo(form="JPEG", size=(40, 20), mode="RGB", **options) -> bytes:
    output = BytesIO()
    Image.new(mode, size, "red").save(output, form, **options)
    return output.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def pdf(prepare=lambda document: None, **save) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    prepare(document)
    output = BytesIO()
    document.save(output, **save)
    return output.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "HEIF"])
def test_photos_become_jpeg(form):
    pillow_heif.register_heif_opener()
    cleaned = clean(photo(form, (64, 48)))
    assert cleaned.media_type == JPEG
    assert opened(cleaned.content).format == "JPEG"
    assert opened(cleaned.content).size == (64, 48)


def test_location_and_camera_are_gone_and_the_photo_stands_upright():
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 5.0)
    before = photo(exif=exif.tobytes())
    assert b"SecretCamera" in before
    cleaned = clean(before).content
    assert b"SecretCamera" not in cleaned
    assert not opened(cleaned).getexif()
    assert opened(cleaned).size == (20, 40)


def test_a_transparent_picture_lies_on_white():
    output = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(output, "PNG")
    assert opened(clean(output.getvalue()).content).getpixel((4, 4)) == (255, 255, 255)


def test_a_large_photo_is_brought_to_a_readable_size():
    assert max(opened(clean(photo(size=(4000, 1000))).content).size) == 3000


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 90) + b"IDAT" + b"\0" * 90


@pytest.mark.parametrize("size", [(8000, 8000), (30000, 30000)])
def test_a_picture_that_would_fill_the_memory_is_refused_by_its_header(size):
    with pytest.raises(FileRefusedError, match="尺寸太大"):
        clean(png_header(*size))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "空的"),
        (b"\xff\xd8\xff" + b"0" * LARGEST_FILE, "15 MB"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "看不懂"),
        (b"<html><script>alert(1)</script></html>", "看不懂"),
        (b"PK\x03\x04" + b"\0" * 100, "看不懂"),
        (b"GIF89a" + b"\0" * 100, "看不懂"),
        (b"MZ" + b"\0" * 100, "看不懂"),
        (photo(size=(400, 400))[:600], "没有传完整"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "打不开"),
        (b"%PDF-1.7\nnothing here", "打不开"),
        (pdf()[:200], "打不开"),
    ],
    ids="empty oversize svg html zip gif exe cut-photo broken-jpeg broken-pdf cut-pdf".split(),
)
def test_what_is_not_a_photo_or_pdf_is_refused_with_a_reason(content, says):
    with pytest.raises(FileRefusedError, match=says):
        clean(content)


def test_exactly_the_limit_is_still_judged_by_content():
    with pytest.raises(FileRefusedError, match="看不懂"):
        clean(b"\0" * LARGEST_FILE)


def dangerous(document: pikepdf.Pdf) -> None:
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('evil')")
    document.Root.OpenAction = document.make_indirect(script)
    document.Root.Names = pikepdf.Dictionary(
        JavaScript=pikepdf.Dictionary(Names=pikepdf.Array(["x", script]))
    )
    document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([]), XFA="<evil/>")
    document.attachments["evil.exe"] = b"MZ evil"
    page = document.pages[0].obj
    page.AA = pikepdf.Dictionary(O=script)
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="evil.exe")
    page.Annots = pikepdf.Array(
        [
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Link,
                Rect=pikepdf.Array([0, 0, 9, 9]),
                A=launch,
            )
        ]
    )


def every_object(document: pikepdf.Pdf) -> str:
    return "\n".join(repr(each) for each in document.objects)


def test_a_pdf_loses_scripts_actions_forms_and_embedded_files():
    before = pdf(dangerous)
    words = ("JavaScript", "OpenAction", "Launch", "EmbeddedFile", "XFA", "/AA", "evil")
    with pikepdf.open(BytesIO(before)) as document:
        assert all(word in every_object(document) for word in words)
    cleaned = clean(before)
    assert cleaned.media_type == PDF
    with pikepdf.open(BytesIO(cleaned.content)) as document:
        assert len(document.pages) == 1
        assert not [word for word in words if word in every_object(document)]


def test_an_encrypted_pdf_is_refused_even_with_an_empty_password():
    for user in ("", "secret"):
        sealed = pdf(encryption=pikepdf.Encryption(owner="owner", user=user))
        with pytest.raises(FileRefusedError, match="加了密"):
            clean(sealed)


def test_a_pdf_of_too_many_pages_is_refused():
    with pytest.raises(FileRefusedError, match="页数太多"):
        clean(pdf(lambda d: [d.add_blank_page() for _ in range(100)]))


def test_the_store_keeps_gives_and_forgets(tmp_path):
    store = LocalStore(tmp_path)
    key = new_key()
    store.put(key, b"one")
    store.put(key, b"two")
    assert store.get(key) == b"two"
    assert [name for name, _ in store.listing()] == [key]
    store.delete(key)
    store.delete(key)
    with pytest.raises(FileNotFoundError):
        store.get(key)


@pytest.mark.parametrize("key", ["../evil", "a/b", "", ".", "..", "a\0b"])
def test_only_our_own_keys_are_file_names(tmp_path, key):
    with pytest.raises(ValueError, match="storage key"):
        LocalStore(tmp_path).put(key, b"")


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        LocalStore(tmp_path).put(new_key(), b"content")
    assert not list(LocalStore(tmp_path).listing())
