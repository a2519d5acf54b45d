"""A hint when a photo is blurred or dark, and none when it is not; pictures like those phones send."""

from __future__ import annotations

from random import Random

import pylopdf_fonts_zh_cn
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from app.files.looks import Look, judge

LETTERS = "国家机关证明姓名性别民族出生年月日住址公民身份号码结婚登记男女方户口簿编号持证人"


def paper(lines: int = 24, ink: int = 30, white: int = 235, size=(3000, 2250)) -> Image.Image:
    """A page of printed Chinese, photographed well, with the noise of a sensor."""
    pick = Random(3)
    sheet = Image.new("L", size, white)
    draw = ImageDraw.Draw(sheet)
    letter = size[1] // (lines * 2)
    font = ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), letter)
    for line in range(lines):
        text = "".join(pick.choice(LETTERS) for _ in range(int(size[0] * 0.85 / letter)))
        draw.text((size[0] * 0.07, size[1] * (0.03 + line / (lines + 1))), text, ink, font)
    return ImageChops.add(sheet, Image.effect_noise(size, 12), 1, -128).convert("RGB")


PAGES = {
    "certificate": {"lines": 6},
    "id card": {"lines": 10},
    "booklet": {"lines": 24},
    "small print": {"lines": 40},
    "pale ink": {"lines": 24, "ink": 110, "white": 190},
}


@pytest.mark.parametrize("sort", PAGES.values(), ids=PAGES)
def test_a_sharp_page_passes_and_a_blurred_one_is_noticed(sort):
    sharp = paper(**sort)
    assert judge(sharp) is None
    assert judge(sharp.filter(ImageFilter.GaussianBlur(2))) is None
    assert judge(sharp.filter(ImageFilter.GaussianBlur(8))) is Look.BLURRED


@pytest.mark.parametrize("way", [(20, 0), (0, 20)], ids=["across", "down"])
def test_a_hand_that_moved_is_noticed(way):
    sharp = paper()
    moved = sharp
    for step in range(1, 16):
        shifted = ImageChops.offset(sharp, *(round(part * step / 16) for part in way))
        moved = Image.blend(moved, shifted, 1 / (step + 1))
    assert judge(moved) is Look.BLURRED


@pytest.mark.parametrize(("light", "look"), [(1.0, None), (0.5, None), (0.25, Look.DARK)])
def test_a_dark_page_is_noticed(light, look):
    assert judge(ImageEnhance.Brightness(paper()).enhance(light)) is look


def test_a_bright_card_on_a_dark_table_is_not_dark():
    table = Image.new("RGB", (3000, 2250), (12, 12, 12))
    table.paste(paper(10, size=(1400, 900)), (700, 600))
    assert judge(table) is None


def test_an_empty_page_has_nothing_to_read_and_a_tiny_picture_is_not_judged():
    assert judge(Image.new("RGB", (1000, 800), "white")) is Look.BLURRED
    assert judge(Image.new("RGB", (40, 30), "black")) is None


def test_a_photo_shrunk_by_the_phone_is_judged_alike():
    small = paper().resize((1600, 1200))
    assert judge(small) is None
    assert judge(paper().filter(ImageFilter.GaussianBlur(10)).resize((1600, 1200))) is Look.BLURRED
