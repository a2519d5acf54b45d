"""What comes in is judged by its content and written again, and what would fill the memory is not even opened."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from io import BytesIO

import pikepdf
import pillow_heif
import pytest
from PIL import Image

from app.files.cleaning import JPEG, LARGEST_FILE, PDF, SMALL_SIDE, FileRefusedError, clean


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


@pytest.mark.parametrize("form", ["JPEG", "PNG", "HEIF", "AVIF"])
def test_D3_photos_become_jpeg(form):
    pillow_heif.register_heif_opener()
    cleaned = clean(photo(form, (64, 48)))
    assert cleaned.media_type == JPEG
    assert opened(cleaned.content).format == "JPEG"
    assert opened(cleaned.content).size == (64, 48)


def brand(major: bytes, *others: bytes) -> bytes:
    """The beginning of a file of the family that HEIC, AVIF and films belong to."""
    brands = b"".join(others)
    return struct.pack(">I", 16 + len(brands)) + b"ftyp" + major + b"\0\0\0\0" + brands


def test_D3_a_heic_is_known_by_any_of_its_brands():
    pillow_heif.register_heif_opener()
    real = photo("HEIF", (64, 48))
    for major in (b"heic", b"heix", b"mif1"):
        renamed = real[:8] + major + real[12:]
        assert opened(clean(renamed).content).size == (64, 48)


@pytest.mark.parametrize("major", [b"qt  ", b"isom", b"mp42"])
def test_D3_the_film_of_a_live_photo_is_refused_by_name(major):
    with pytest.raises(FileRefusedError, match="实况照片"):
        clean(brand(major, b"isom") + b"\0" * 500)


def test_D3_a_broken_heic_is_refused_not_kept():
    with pytest.raises(FileRefusedError, match="没有传完整"):
        clean(brand(b"heic", b"mif1") + b"\0" * 500)


def test_a_photo_has_a_small_picture_of_itself():
    cleaned = clean(photo(size=(1200, 600)))
    assert opened(cleaned.small).size == (SMALL_SIDE, SMALL_SIDE // 2)
    assert len(cleaned.small) < 20_000


def test_D10_location_and_camera_are_gone_and_the_photo_stands_upright():
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


def test_a_scan_in_sixteen_bits_of_grey_keeps_its_greys():
    output = BytesIO()
    Image.new("I;16", (300, 300), 128 * 256).save(output, "PNG")
    assert opened(clean(output.getvalue()).content).getpixel((9, 9)) == (128, 128, 128)


def test_a_large_photo_is_brought_to_a_readable_size():
    assert max(opened(clean(photo(size=(4000, 1000))).content).size) == 3000


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 90) + b"IDAT" + b"\0" * 90


def jpeg_header(width: int, height: int) -> bytes:
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\x01\x22\0\x02\x11\x01\x03\x11\x01"
    return b"\xff\xd8\xff\xc0" + frame + b"\xff\xda" + b"\0" * 100_000


@pytest.mark.parametrize("size", [(8000, 8000), (30000, 30000)])
@pytest.mark.parametrize("header", [png_header, jpeg_header])
def test_D1_a_picture_that_would_fill_the_memory_is_refused_by_its_header(size, header):
    with pytest.raises(FileRefusedError, match="5000 万像素"):
        clean(header(*size))


def heif_header() -> bytes:
    """A real HEIC whose header then claims to be 30,000 points wide and high."""
    real = photo("HEIF", (64, 48))
    at = real.index(b"ispe")
    return real[: at + 8] + struct.pack(">II", 30000, 30000) + real[at + 16 :]


def test_D1_a_heic_that_claims_to_be_huge_is_refused():
    pillow_heif.register_heif_opener()
    with pytest.raises(FileRefusedError):
        clean(heif_header())


def test_D1_a_photo_saved_in_ten_thousand_steps_is_refused():
    image = photo("JPEG", (3000, 3000), progressive=True)
    scan = image.index(b"\xff\xda")
    with pytest.raises(FileRefusedError, match="尺寸太大"):
        clean(image[:scan] + image[scan : scan + 60] * 10_000 + image[scan:])


def test_D1_films_of_ten_thousand_frames_are_refused_by_type():
    webp = b"RIFF" + struct.pack("<I", 4_000_000) + b"WEBPVP8X" + b"\0" * 100_000
    for film in (webp, b"GIF89a" + b"\x2c" * 100_000):
        with pytest.raises(FileRefusedError, match="看不懂"):
            clean(film)


MEASURED = """
import resource, sys, time
from flask import Flask
from flask_babel import Babel
from app.files.cleaning import FileRefusedError, clean
app = Flask("measured")
Babel(app)
content = sys.stdin.buffer.read()
with app.test_request_context():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Of this process alone: how busy the machine is says nothing.
    begun = time.process_time()
    try:
        clean(content)
    except FileRefusedError:
        print("refused", end=" ")
    took = time.process_time() - begun
    print(took, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def measured(content: bytes) -> tuple[bool, float, int]:
    """Whether refused, seconds, and megabytes more than before, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], input=content, capture_output=True, check=True
    )
    *refused, seconds, megabytes = done.stdout.split()
    return bool(refused), float(seconds), int(megabytes)


def bomb(megabytes: int) -> bytes:
    """Zeros that become this large when they are inflated."""
    squeeze = zlib.compressobj(9)
    return b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(megabytes)) + squeeze.flush()


def pdf_bomb(document: pikepdf.Pdf) -> None:
    content = pikepdf.Stream(document, b"")
    content.write(bomb(600), filter=pikepdf.Name.FlateDecode)
    document.pages[0].obj.Contents = content


def test_D1_bombs_are_refused_in_a_second_and_little_memory():
    png = png_header(30000, 30000)[:33]
    idat = bomb(600)
    png += struct.pack(">I", len(idat)) + b"IDAT" + idat + b"\0\0\0\0"
    for content in (jpeg_header(30000, 30000), png):
        refused, seconds, megabytes = measured(content)
        assert refused
        assert seconds < 1
        assert megabytes < 200


def test_D1_a_pdf_bomb_is_never_unpacked_whole():
    _, seconds, megabytes = measured(pdf(pdf_bomb))
    assert seconds < 1
    assert megabytes < 200


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
def test_D2_D5_what_is_not_a_photo_or_pdf_is_refused_with_a_reason(content, says):
    with pytest.raises(FileRefusedError, match=says):
        clean(content)


def test_D7_one_byte_less_the_limit_and_one_more():
    for size in (LARGEST_FILE - 1, LARGEST_FILE):
        with pytest.raises(FileRefusedError, match="看不懂"):
            clean(b"\0" * size)
    with pytest.raises(FileRefusedError, match="超过 15 MB"):
        clean(b"\0" * (LARGEST_FILE + 1))


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


def test_D4_a_pdf_loses_scripts_actions_forms_and_embedded_files():
    before = pdf(dangerous)
    words = ("JavaScript", "OpenAction", "Launch", "EmbeddedFile", "XFA", "/AA", "evil")
    with pikepdf.open(BytesIO(before)) as document:
        assert all(word in every_object(document) for word in words)
    cleaned = clean(before)
    assert cleaned.media_type == PDF
    with pikepdf.open(BytesIO(cleaned.content)) as document:
        assert len(document.pages) == 1
        assert not [word for word in words if word in every_object(document)]


def test_D4_an_encrypted_pdf_is_refused_even_with_an_empty_password():
    for user in ("", "secret"):
        sealed = pdf(encryption=pikepdf.Encryption(owner="owner", user=user))
        with pytest.raises(FileRefusedError, match="加了密"):
            clean(sealed)


def test_D4_a_pdf_of_too_many_pages_is_refused():
    with pytest.raises(FileRefusedError, match="超过 100 页"):
        clean(pdf(lambda d: [d.add_blank_page() for _ in range(100)]))
