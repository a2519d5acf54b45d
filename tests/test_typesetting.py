"""Sheets of paper: what is put in comes out, in both scripts, and nothing in it is ever markup."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pikepdf
import pytest
from flask import Flask

from app import typesetting
from app.typesetting import pdf
from tests.printing import opened, text_of

SCRIPTS = ("zh_Hans", "zh_Hant")
# Names that people have. The first plane of the fonts lacks several of them.
NAMES = [
    "张𬱖",
    "𠮷野",
    "㛃",
    "王䶮",
    "阿卜杜拉·买买提",
    "古丽娜尔·艾合买提江",
    "㑇",
    "㐱",
    "䲟䥽㮾",
    "𫖯𬸪𬍛𬎆𫍽",
    "𣲗𪨰𫢸𬤊𫟹𡎚𠅤",
    "鿍龘鿏",
    "\uf9d0\u6200",  # a compatibility character beside its like: not made into it
    "\u2f08\u4eba",
    "葛\U000e0101飾",  # a chosen shape of a character
    "O’Brien-Smith",
]
MARKUP = [
    "#let x = 1",
    "*_$\\",
    "`raw`",
    "<label> @cite",
    "= title",
    '"a" -- b...',
    "#{1/0}",
    "\\u{41}",
]


def sheet(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"title": "试印", "parts": list(parts), **more}


def rows(*values: str) -> dict[str, Any]:
    return {"kind": "rows", "rows": [{"label": "甲", "value": v, "wide": True} for v in values]}


def test_no_text_is_markup_in_a_picture_either(app: Flask) -> None:
    items = [{"text": text, "more": text} for text in [*MARKUP, *NAMES]]
    parts = [{"kind": "items", "items": items}, {"kind": "ticks", "items": items}]
    with app.test_request_context():
        drawn = typesetting.picture(
            "picture", {"title": MARKUP[0], "lines": MARKUP, "parts": parts}, "zh_Hans"
        )
    assert drawn.startswith(b"\x89PNG")


@pytest.mark.parametrize("script", SCRIPTS)
def test_names_come_out_as_they_went_in(app: Flask, script: str) -> None:
    with app.app_context():
        assert typesetting.missing("".join(NAMES)) == []
        printed = text_of(pdf("sheet", sheet(rows(*NAMES)), script)).splitlines()
    assert [name for name in NAMES if f"甲 {name}" not in printed] == []


@pytest.mark.parametrize("text", MARKUP)
def test_a_text_is_never_markup(app: Flask, text: str) -> None:
    parts = [
        rows(text),
        {"kind": "text", "paragraphs": [text]},
        {"kind": "heading", "text": text},
        {"kind": "items", "items": [{"text": text, "more": text}]},
        {"kind": "table", "columns": [1], "heads": [text], "lines": [[text]]},
        {"kind": "remark", "paragraphs": [text]},
        {"kind": "signature", "signers": [{"label": text}]},
    ]
    with app.app_context():
        printed = text_of(
            pdf("sheet", sheet(*parts, title=text, number=text, foot=text), "zh_Hans")
        )
    assert printed.count(text) == 12


def test_a_letter_that_no_font_has_is_never_a_blank(app: Flask) -> None:
    with app.app_context():
        assert typesetting.missing("张\U00020000·a\x07") == ["\x07", "\U00020000"]
        printed = text_of(pdf("sheet", sheet(rows("张\U00020000\x07三")), "zh_Hans"))
    assert "张 U+20000 U+0007 三" in printed
    assert "请在旁边手写这个字" in printed


@pytest.mark.parametrize("unseen", ["\u202e", "\ufeff", "\u200b", "\x00", "\ue000", "\U0010ffff"])
def test_nothing_hides_in_a_name(app: Flask, unseen: str) -> None:
    with app.app_context():
        assert f"U+{ord(unseen):04X}" in text_of(pdf("sheet", sheet(rows(unseen)), "zh_Hans"))


def test_half_a_character_is_no_fault(app: Flask) -> None:
    with app.app_context():
        assert "张?" in text_of(pdf("sheet", sheet(rows("张\ud800")), "zh_Hans"))


def test_more_fonts_may_be_added(app: Flask, tmp_path: Any) -> None:
    """The operator's folder is asked after the packaged fonts."""
    import pylopdf_fonts_zh_cn

    font = pylopdf_fonts_zh_cn.sans_path()
    (tmp_path / font.name).write_bytes(font.read_bytes())
    press = typesetting.Press([font.parent], tmp_path)
    assert press.more_families == ["Noto Sans SC"]


def test_it_is_pdf_a_and_accessible(app: Flask) -> None:
    with app.app_context():
        content = pdf("sheet", sheet(rows("张三")), "zh_Hant")
    with pikepdf.open(io.BytesIO(content)) as document:
        metadata = document.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        assert metadata["pdfuaid:part"] == "1"
        assert str(document.Root.Lang) == "zh-TW"
        assert metadata["dc:title"] == "试印"
        assert document.Root.MarkInfo.Marked


@pytest.mark.parametrize(
    ("live", "day", "marks"),
    [
        (False, None, ["演示站，不受理真实申请"]),
        (False, "2014-06-03", ["演练：按 2014 年 6 月 3 日的规定", "演示站，不受理真实申请"]),
        (True, None, []),
    ],
)
def test_every_sheet_says_what_it_is_not(
    app: Flask, as_of: Callable[[str], None], live: bool, day: str | None, marks: list[str]
) -> None:
    app.config["LIVE"] = live
    if day:
        as_of(day)
    long = {"kind": "text", "paragraphs": ["一段话。"] * 50}
    with app.app_context():
        printed = text_of(pdf("sheet", sheet(long), "zh_Hans"))
    for mark in ("演练：按 2014 年 6 月 3 日的规定", "演示站，不受理真实申请"):
        assert printed.count(mark) == (2 if mark in marks else 0)  # on each page
    assert ("演示" in printed or "演练" in printed) is bool(marks)
    assert "第 1 页，共 2 页" in printed
    assert "第 2 页，共 2 页" in printed


def test_nobody_signs_a_page_with_nothing_on_it(app: Flask) -> None:
    """However the page breaks, what is signed for stands with the signature."""
    last = {"kind": "text", "paragraphs": ["以上属实。"]}
    hand = {"kind": "signature", "signers": [{"label": "签名：", "day": "年　月　日"}]}
    broken = 0
    with app.app_context():
        for count in range(28, 38):
            filler = {"kind": "text", "paragraphs": ["一段话。"] * count}
            with opened(pdf("sheet", sheet(filler, last, hand), "zh_Hans")) as document:
                pages = [page.get_textpage().get_text_range() for page in document]
            assert ("以上属实。" in pages[-1]) and ("签名：" in pages[-1]), count
            broken += len(pages) == 2
    assert 0 < broken < 10, "somewhere in between the page breaks"


def test_words_of_the_house_follow_the_script_and_days_are_written_out(app: Flask) -> None:
    data = sheet(rows("王䶮"), title="試印", sample=True, date=date(2026, 12, 18))
    with app.app_context():
        printed = text_of(pdf("sheet", data, "zh_Hant"))
    assert "2026 年 12 月 18 日" in printed
    assert "樣例" in printed
    assert "第 1 頁，共 1 頁" in printed
    assert "演示站，不受理真實申請" in printed


def test_a_sheet_takes_no_time_and_many_may_ask_at_once(app: Flask) -> None:
    def printed(number: int) -> bytes:
        with app.app_context():
            return pdf("sheet", sheet(rows(f"第{number}人")), "zh_Hans")

    printed(0)
    seconds = []
    for number in (1, 2, 3):
        began = time.perf_counter()
        printed(number)
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.2
    with ThreadPoolExecutor(6) as pool:
        sheets = list(pool.map(printed, range(24)))
    assert [f"第{number}人" in text_of(one) for number, one in enumerate(sheets)] == [True] * 24
