"""What staff see says for whom, what for and when; what is stored does not."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops

from app.files.cleaning import JPEG, PDF
from app.files.stamp import stamped

TEXT = "仅供麻城市鼓楼街道办理再生育审批使用 2026-11-26"


def quarters(picture: Image.Image) -> list[Image.Image]:
    """The four corners, each a quarter of the picture."""
    width, height = picture.width // 2, picture.height // 2
    return [picture.crop((x, y, x + width, y + height)) for x in (0, width) for y in (0, height)]


def inked(before: Image.Image, after: Image.Image) -> float:
    """The share of points that differ clearly."""
    difference = ImageChops.difference(before.convert("L"), after.convert("L"))
    dark = difference.point(lambda value: 255 if value > 25 else 0)
    return dark.histogram()[255] / (dark.width * dark.height)


@pytest.mark.parametrize("colour", ["white", "#7a1010", "black"])
@pytest.mark.parametrize("size", [(1600, 1200), (1200, 1600), (300, 200)])
def test_a_photo_is_marked_in_every_quarter_and_stays_legible(colour, size):
    output = BytesIO()
    Image.new("RGB", size, colour).save(output, "JPEG")
    marked = Image.open(BytesIO(stamped(output.getvalue(), JPEG, TEXT)))
    assert (marked.format, marked.size) == ("JPEG", size)
    plain = Image.new("RGB", size, colour)
    for before, after in zip(quarters(plain), quarters(marked), strict=True):
        assert 0.005 < inked(before, after) < 0.3


@pytest.mark.parametrize("rotation", [0, 90, 180])
@pytest.mark.parametrize("box", [[0, 0, 595, 842], [-100, 50, 495, 892]])
def test_every_page_of_a_pdf_is_marked_in_every_quarter(rotation, box):
    document = pikepdf.new()
    for _ in range(2):
        page = document.add_blank_page(page_size=(595, 842))
        page.obj.MediaBox, page.obj.Rotate = box, rotation
    output = BytesIO()
    document.save(output)
    with pypdfium2.PdfDocument(stamped(output.getvalue(), PDF, TEXT)) as marked:
        assert len(marked) == 2
        for number in range(2):
            seen = marked[number].render(scale=1).to_pil().convert("RGB")
            plain = Image.new("RGB", seen.size, "white")
            for before, after in zip(quarters(plain), quarters(seen), strict=True):
                assert inked(before, after) > 0.005
