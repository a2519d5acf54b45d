"""Everything printed: a template of `templates/print`, data, and a script become a PDF/A, or a picture.

    pdf("sheet", {"title": _("授权委托书"), "number": …, "date": day, "parts": […]}, script)

Templates hold layout; each word is data and already in the reader's script, so no text of a person
is ever read as markup. `sheet.typ` sets a title and `parts` one after the other, which is enough for
a form, a letter or a notice; a template of its own begins like it, with `#show: sheet`.

`picture` takes the same and makes one page of it, as long as it must be, for a telephone.

| in data | what it is |
|---|---|
| `title` | stands at the top, and names the document to readers of the screen |
| `number`, `date` | below the title; a `date` anywhere in the data is written 2026 年 12 月 18 日 |
| `foot` | one line at the foot of each page |
| `sample` | True draws 样例 across each page |
| `parts` | mappings with `kind`: see `parts` in `templates/print/_house.typ` |

typst and its fonts are loaded when the first PDF is asked for, and once.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from flask import current_app

from app import clock
from app.appearance import zh_date
from app.config import ROOT
from app.language import gettext, speaking

TEMPLATES = ROOT / "templates" / "print"
REGIONS = {"zh_Hans": "CN", "zh_Hant": "TW"}
# Each draws what those before it lack; Noto Sans CJK has the characters of names in the shape
# of each region, Noto Serif SC the newest of the first plane.
FONTS = {
    "zh_Hans": ["Noto Sans CJK SC", "Noto Serif SC"],
    "zh_Hant": ["Noto Sans CJK TC", "Noto Serif SC"],
}
# Twice as fine as a point: sharp on a telephone, and light enough to send on.
PICTURE_DENSITY = 144
# Characters that are not to be seen: controls, and marks that reverse what is read.
UNSEEN = {"Cc", "Cf", "Co", "Cs"}
SPACES = {"Zs", "Zl", "Zp"}
# They follow a character and choose among its shapes; a font without that shape passes over them.
VARIANTS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")

_making = threading.Lock()


def pdf(
    name: str, data: Mapping[str, Any], script: str, *, made_at: datetime | None = None
) -> bytes:
    """`templates/print/<name>.typ` with these data as PDF/A-2a and PDF/UA-1, in this script.

    `made_at` is the moment the document names as its own, now when left out: with the same moment
    and data the same templates give the same bytes. Raises `typst.TypstError` when a template is
    wrong; no text in the data can make it wrong.
    """
    press = _press()
    return press.print(f"{name}.typ", _set(data, script, press), made_at or clock.now())


def picture(name: str, data: Mapping[str, Any], script: str) -> bytes:
    """The same as a picture (PNG) of one page, `PICTURE_DENSITY` dots to the inch, for a telephone.

    Raises what `pdf` raises. The same data give the same bytes.
    """
    press = _press()
    return press.draw(f"{name}.typ", _set(data, script, press))


def _set(data: Mapping[str, Any], script: str, press: Press) -> dict[str, Any]:
    """The data as the templates take them: each text in this script, and the furniture beside them."""
    with speaking(script):
        text = json.dumps(data, ensure_ascii=False, default=_as_text)
        plain = json.loads(text.encode(errors="replace"))  # half a surrogate pair is no character
        house = _furniture(data, script, press.missing("".join(_texts(plain))))
    house["fonts"] = [*FONTS[script], *press.more_families]
    return {**plain, "_house": house}


def missing(text: str) -> list[str]:
    """The characters of `text` that no font here draws; a PDF shows each as its number in a box."""
    return list(_press().missing(text))


def code_of(address: str) -> str:
    """An address as a square code, in SVG, for a part of kind `code`."""
    import io

    import segno  # only sheets and receipts need it

    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", border=1, xmldecl=False)
    return drawn.getvalue().decode()


def _furniture(data: Mapping[str, Any], script: str, missing: Mapping[str, str]) -> dict[str, Any]:
    """What stands on a sheet whatever it is about: marks, page numbers, letters to write by hand."""
    marks, across = [], ""
    if clock.is_exercise():
        marks.append(gettext("演练：按 %(day)s的规定", day=zh_date(clock.today())))
        across = gettext("演练")
    if not current_app.config["LIVE"]:
        marks.append(gettext("演示站，不受理真实申请"))
        across = across or gettext("演示")
    if data.get("sample"):
        across = gettext("样例")
    # Cut where the numbers stand: only the typesetter knows how many pages there are.
    page = gettext("第 %(page)s 页，共 %(pages)s 页", page="\0", pages="\0").split("\0")
    note = gettext("红框里是本站字体没有的字的编号，请在旁边手写这个字。")
    author = current_app.config["OPERATOR_NAME"] or gettext("生育服务·就近办")
    return {
        "author": author,
        "marks": marks,
        "missing": missing,
        "missing_note": note,
        "page": page,
        "region": REGIONS[script],
        "watermark": across or None,
    }


def _as_text(value: object) -> str:
    """A day as people write it; a text of gettext's that waits for its script."""
    return zh_date(value) if isinstance(value, date) else str(value)


def _texts(data: Any) -> Iterator[str]:
    """Every text in the data, at any depth."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        yield from _texts(list(data.values()))
    elif isinstance(data, list):
        for part in data:
            yield from _texts(part)


# --- The press ---


class Press:
    """One compiler with its fonts, for one sheet at a time."""

    def __init__(self, folders: list[Path], more: Path | None) -> None:
        import typst

        fonts = typst.Fonts(False, False, [*folders, *([more] if more else [])])
        known = [font for font in fonts.fonts() if font.path]
        beside = {f.family for f in known if more and Path(f.path or "").is_relative_to(more)}
        self.more_families = sorted(beside)
        wanted = beside.union(*FONTS.values())
        self._faces = {f.path: f.index for f in known if f.family in wanted}
        self._drawn: frozenset[str] = frozenset()
        self._compiler = typst.Compiler(root=TEMPLATES, font_paths=fonts, ignore_system_fonts=True)
        self._one_at_a_time = threading.Lock()

    def missing(self, text: str) -> dict[str, str]:
        """Each character of `text` that no font draws, with its number such as U+20000."""
        strange = {c for c in text if not (c.isascii() and c.isprintable())}
        return {c: f"U+{ord(c):04X}" for c in sorted(strange) if not self._can_draw(c)}

    def print(self, template: str, data: Mapping[str, Any], made_at: datetime) -> bytes:
        return self._compiled(
            template,
            data,
            format="pdf",
            pdf_standards=["a-2a", "ua-1"],
            timestamp=int(made_at.timestamp()),
        )

    def draw(self, template: str, data: Mapping[str, Any]) -> bytes:
        return self._compiled(template, data, format="png", ppi=PICTURE_DENSITY)

    def _compiled(self, template: str, data: Mapping[str, Any], **how: Any) -> bytes:
        text = json.dumps(data, ensure_ascii=False)
        with self._one_at_a_time:
            made = self._compiler.compile(TEMPLATES / template, sys_inputs={"data": text}, **how)
        return cast("bytes", made)

    def _can_draw(self, character: str) -> bool:
        kind = unicodedata.category(character)
        if kind in UNSEEN:
            return character in "\n\t"
        return kind in SPACES or character in self._known() or bool(VARIANTS.match(character))

    def _known(self) -> frozenset[str]:
        """Every character that one of the fonts has."""
        if not self._drawn:
            from fontTools.ttLib import TTFont

            for path, number in self._faces.items():
                with TTFont(path, fontNumber=number, lazy=True) as font:
                    self._drawn |= {chr(letter) for letter in font.getBestCmap()}
        return self._drawn


def _press() -> Press:
    """The press of this process, made when first needed."""
    with _making:
        if "press" not in current_app.extensions:
            current_app.extensions["press"] = Press(*_font_folders())
        press: Press = current_app.extensions["press"]
        return press


def _font_folders() -> tuple[list[Path], Path | None]:
    """Where the packaged fonts lie, and the folder of the operator's own."""
    import noto_cjk_sans_otc
    import pylopdf_fonts_zh_cn

    packaged = [Path(str(noto_cjk_sans_otc.FONT_PATH)), pylopdf_fonts_zh_cn.serif_path()]
    more = current_app.config["FONTS_FOLDER"]
    return [font.parent for font in packaged], Path(more) if more else None
