"""For whom, what for and when: drawn across what staff see of a citizen's paper, so that a copy says whose it is.

The stored file stays as the citizen sent it; the mark is drawn anew for each reader.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from math import hypot
from typing import TYPE_CHECKING, Any

from app.files.cleaning import PDF

if TYPE_CHECKING:
    from PIL import Image, ImageFont

# A letter is this part of the longer side, and so much of what lies under it shines through.
_LETTER = 1 / 42
_INK, _HALO = 110, 70
_ANGLE = 28


def stamped(content: bytes, media_type: str, text: str) -> bytes:
    """A clean JPEG or PDF with `text` across each page."""
    draw = _stamped_pdf if media_type == PDF else _stamped_photo
    return draw(content, text)


def _stamped_photo(content: bytes, text: str) -> bytes:
    from PIL import Image

    with Image.open(BytesIO(content), formats=("JPEG",)) as image:
        photo = image.convert("RGB")
    # Drawn at half the size: twice as fast, and as easily read.
    mark = _mark((photo.width // 2 + 1, photo.height // 2 + 1), text).resize(photo.size)
    # Dark letters with a light edge are read on a white page and on a dark cover.
    photo.paste("white", (2, 2), mask=mark.point(lambda ink: ink * _HALO // 255))
    photo.paste("#084c39", (0, 0), mask=mark.point(lambda ink: ink * _INK // 255))
    output = BytesIO()
    photo.save(output, "JPEG", quality=85)
    return output.getvalue()


def _stamped_pdf(content: bytes, text: str) -> bytes:
    import pikepdf

    with pikepdf.open(BytesIO(content)) as document:
        marks: dict[tuple[int, int], Any] = {}
        for page in document.pages:
            left, bottom, right, top = (float(each) for each in page.cropbox)
            size = (max(1, round(right - left)), max(1, round(top - bottom)))
            if int(page.obj.get("/Rotate", 0)) % 180:
                size = size[::-1]
            if size not in marks:
                marks[size] = _mark_page(size, text)
            page.add_overlay(marks[size].pages[0], pikepdf.Rectangle(left, bottom, right, top))
        output = BytesIO()
        document.save(output)
    return output.getvalue()


def _mark_page(size: tuple[int, int], text: str) -> Any:
    """A PDF of one page with nothing but the mark."""
    import pikepdf

    # Twice the page's points, 144 dots an inch, within reason for a page of any size.
    scale = min(2.0, 3000 / max(size))
    pixels = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    mark = _mark(pixels, text).point(lambda ink: ink * _INK // 255)
    document = pikepdf.new()
    page = document.add_blank_page(page_size=size)
    shape = _picture(document, mark.tobytes(), mark.size, pikepdf.Name.DeviceGray)
    ink = _picture(document, bytes.fromhex("084c39"), (1, 1), pikepdf.Name.DeviceRGB)
    ink.SMask = shape
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Mark=ink))
    page.obj.Contents = pikepdf.Stream(document, b"q %d 0 0 %d 0 0 cm /Mark Do Q" % size)
    return document


def _picture(document: Any, content: bytes, size: tuple[int, int], colours: Any) -> Any:
    import pikepdf

    picture = pikepdf.Stream(document, content)
    picture.Type, picture.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    picture.Width, picture.Height = size
    picture.BitsPerComponent, picture.ColorSpace = 8, colours
    return picture


def _mark(size: tuple[int, int], text: str) -> Image.Image:
    """The text again and again, slanting: how much ink is where, from 0 to 255."""
    from PIL import Image, ImageDraw

    letter = max(9, round(max(size) * _LETTER))
    font = _font(letter)
    width = round(font.getlength(text))
    side = round(hypot(*size)) + width
    sheet = Image.new("L", (side, side))
    draw = ImageDraw.Draw(sheet)
    for row, top in enumerate(range(0, side, letter * 7)):
        # Every other line begins half a text later, so that no corner stays free.
        for left in range(-(row % 2) * (width // 2 + letter), side, width + letter * 2):
            draw.text((left, top), text, fill=255, font=font)
    sheet = sheet.rotate(_ANGLE)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    return sheet.crop((left, top, left + size[0], top + size[1]))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    import pylopdf_fonts_zh_cn
    from PIL import ImageFont

    return ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), size)
