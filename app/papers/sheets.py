"""The forms of this site, each described once: blank, as a filled sample, and filled with real answers.

A form is a list of parts; an `Entry` in it is a line to be answered, found under its name in the
answers. `sheet_of` makes of a form and answers what `typesetting.pdf("sheet", …)` prints:

    pdf("sheet", sheet_of(FORMS["power_of_attorney"], answers), script)

What is not answered is left as room for a pen. A form asks what the filing needs and no more: no
kind of hukou, no employer, no photo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.language import lazy_gettext as _l


@dataclass(frozen=True)
class Entry:
    """A line to be answered. With `choices` (value and text) the answer is one value or several."""

    name: str
    label: Any
    hint: Any = None
    wide: bool = False
    choices: Sequence[tuple[str, Any]] = ()
    lines: int = 1


@dataclass(frozen=True)
class Rows:
    """Entries in two columns, under a heading."""

    entries: Sequence[Entry]
    heading: Any = None


@dataclass(frozen=True)
class Table:
    """Lines of the same kind: the answer is a sequence of mappings. `room` lines stand in a blank."""

    name: str
    columns: Sequence[tuple[str, Any, float]]
    room: int
    heading: Any = None
    remark: Any = None


@dataclass(frozen=True)
class Words:
    """What the form itself says."""

    paragraphs: Sequence[Any]
    heading: Any = None
    small: bool = False


@dataclass(frozen=True)
class Signatures:
    """Who signs. Nobody's name is ever printed as a signature."""

    signers: Sequence[Any]


Part = Rows | Table | Words | Signatures


@dataclass(frozen=True)
class Form:
    """A form of this site; `sample` are the answers of invented people."""

    id: str
    title: Any
    parts: Sequence[Part]
    sample: Mapping[str, Any] = field(default_factory=dict)


FOOT: Final = _l("本站样表，以窗口提供的表格为准")


def sheet_of(
    form: Form,
    answers: Mapping[str, Any],
    *,
    number: Any = None,
    date: Any = None,
    foot: Any = FOOT,
) -> dict[str, Any]:
    """The form with these answers, for `typesetting.pdf("sheet", …)`. No answers: a blank form."""
    parts = [printed for part in form.parts for printed in _printed(part, answers)]
    return {"title": form.title, "number": number, "date": date, "foot": foot, "parts": parts}


def sample_of(form: Form) -> dict[str, Any]:
    """The form as an invented couple would fill it in, marked as a sample."""
    return sheet_of(form, form.sample) | {"sample": True}


def _printed(part: Part, answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    heading = getattr(part, "heading", None)
    above = [{"kind": "heading", "text": heading}] if heading is not None else []
    match part:
        case Rows():
            rows = [_row(entry, answers.get(entry.name)) for entry in part.entries]
            return [*above, {"kind": "rows", "rows": rows}]
        case Table():
            below = [] if part.remark is None else [{"kind": "remark", "paragraphs": [part.remark]}]
            return [*above, _table(part, answers.get(part.name) or ()), *below]
        case Words():
            kind = "remark" if part.small else "text"
            return [*above, {"kind": kind, "paragraphs": list(part.paragraphs)}]
        case Signatures():
            signers = [
                {"label": signer, "day": _l("　　　　年　　月　　日")} for signer in part.signers
            ]
            return [{"kind": "signature", "signers": signers}]


def _row(entry: Entry, answer: Any) -> dict[str, Any]:
    row = {"label": entry.label, "wide": entry.wide, "lines": entry.lines}
    if entry.choices:
        chosen = [answer] if isinstance(answer, str) else answer or ()
        row["choices"] = [{"text": text, "on": value in chosen} for value, text in entry.choices]
    else:
        row["value"] = answer
    # A hint helps who writes; beside an answer it is only in the way. Texts that wait for their
    # script are not looked into here: nobody knows the script yet.
    unanswered = answer is None or (isinstance(answer, str) and not answer)
    return row | {"hint": entry.hint} if unanswered else row


def _table(part: Table, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    empty: list[Mapping[str, Any]] = [{}] * max(0, part.room - len(lines))
    return {
        "kind": "table",
        "columns": [width for _name, _head, width in part.columns],
        "heads": [head for _name, head, _width in part.columns],
        "lines": [
            [line.get(name) for name, _head, _width in part.columns] for line in [*lines, *empty]
        ],
    }
