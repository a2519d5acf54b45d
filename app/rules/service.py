"""The law of this installation in the reader's script: what is in force where, and how well it is held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from flask import current_app

from app.appearance import said
from app.language import gettext, lazy_gettext
from app.policy import sheet as held
from app.policy.jurisdictions import NAMES, NATION, PARTS, REGIONS, provinces_of
from app.policy.law import Law
from app.policy.rulebook import Document, DocumentUse, Rulebook
from app.policy.sheet import Sheet, Standing, Statement, Way

# In plain words, best first; the tone is that of a tag.
STANDINGS: Final[Mapping[str, tuple[Any, str]]] = {
    "full": (lazy_gettext("全文"), "jade"),
    "excerpt": (lazy_gettext("摘录"), "amber"),
    "later_not_held": (lazy_gettext("缺后续"), "amber"),
    "not_held": (lazy_gettext("未收录"), ""),
}
STRENGTHS: Final[Mapping[str, Any]] = {
    "statute": lazy_gettext("看过法律全文"),
    "seed": lazy_gettext("看过文件原文"),
    "secondary": lazy_gettext("只见到转载的摘录"),
    "derived": lazy_gettext("没有明文，是本站的理解"),
}
ROLES: Final[Mapping[str, Any]] = {
    "woman_hukou": lazy_gettext("女方户籍地"),
    "man_hukou": lazy_gettext("男方户籍地"),
    "woman_residence": lazy_gettext("女方现居住地"),
    "man_residence": lazy_gettext("男方现居住地"),
}
PAPERS: Final[Mapping[str, Any]] = {
    "registration": lazy_gettext("生育登记"),
    "approval": lazy_gettext("再生育审批"),
}


def the_law() -> Law:
    """The rulebooks of this installation."""
    law: Law = current_app.extensions["law"]
    return law


def name_of(code: str) -> str:
    """What a jurisdiction is called: 湖北, 全国, 泛长三角; a region nobody named by the title of its text."""
    known = {**NAMES, **REGIONS}.get(code)
    return said(known or next(book.title for book in regions() if book.jurisdiction == code))


def overview(on: date) -> list[tuple[str, list[tuple[str, str, Standing]]]]:
    """(part of the country, [(code, name, standing)]) for a grid of the 31 provinces."""
    return [
        (
            said(part),
            [
                (code, name_of(code), held.standing_of(the_law().shelf, code, on))
                for code in provinces_of(digit)
            ],
        )
        for digit, part in PARTS.items()
    ]


def regions() -> list[Rulebook]:
    """The texts of regions, whenever they are in force."""
    return [book for book in the_law().shelf.rulebooks if book.provinces]


def jurisdiction(word: str) -> str | None:
    """The jurisdiction an address names (cn, 42, pyrd), or None."""
    known = {NATION, *NAMES, *(book.jurisdiction for book in regions())}
    return next((code for code in known if code.lower() == word), None)


def sheet(code: str, on: date) -> Sheet:
    """What is in force in a jurisdiction (as `jurisdiction` gives it) on a day."""
    return held.sheet(the_law().shelf, code, on)


# --- The same as JSON ---


def as_json(found: Sheet) -> dict[str, Any]:
    """The sheet for other programs; texts in the reader's script."""
    return {
        "jurisdiction": found.code,
        "name": name_of(found.code),
        "on": found.on.isoformat(),
        "standing": found.standing,
        "registration": [statement_json(one) for one in found.registers],
        "approval": [statement_json(one) for one in found.approves],
        "needs_staff": [statement_json(one) for one in found.asks],
        "otherwise": [statement_json(one) for one in found.otherwise],
        "favourable": statement_json(found.favourable) if found.favourable else None,
        "filing": {
            paper: [statement_json(one) for one in filing] for paper, filing in found.filing.items()
        },
        "procedures": {
            paper: [_way_json(way) for way in ways] for paper, ways in found.ways.items()
        },
        "certificates": [
            {**statement_json(one), "documents": [paper_json(*paper) for paper in papers]}
            for one, papers in found.certificates
        ],
        "not_held": [said(text) for text in found.not_held],
        "rulebooks": [book_json(book) for book in found.books],
    }


def book_json(book: Rulebook) -> dict[str, Any]:
    """A text with its period, how well it is held, and its version."""
    return {
        "id": book.id,
        "title": said(book.title),
        "instrument": said(book.instrument),
        "from": book.start.isoformat(),
        "to": book.end.isoformat() if book.end else None,
        "strength": book.strength,
        "checked_on": book.checked_on.isoformat(),
        "sources": list(book.sources),
        "link": book.link,
        "version": book.version,
    }


def statement_json(one: Statement) -> dict[str, Any]:
    body: dict[str, Any] = {
        "rule": f"{one.book.id}.{one.part.id}",
        "text": said(one.part.text),
        "instrument": said(one.instrument),
        "article": said(one.part.article),
        "strength": one.part.strength,
        "sources": list(one.part.source),
        "link": one.link,
    }
    return body | ({"at": list(one.at)} if one.at else {})


def _way_json(way: Way) -> dict[str, Any]:
    procedure = way.procedure
    return {
        "rulebook": way.book.id,
        "fills_silence": way.fills,
        "certificate": said(procedure.certificate) or None,
        "decided_by_text": said(procedure.decided_by_text) or None,
        "online": way.online,
        "time_limits": [
            {"who": limit.who, "value": limit.value, "unit": limit.unit, "text": said(limit.text)}
            for limit in procedure.time_limits
        ],
        "documents": [paper_json(*paper) for paper in way.documents],
        "if_late": said(procedure.if_late) or None,
        "notes": [said(note) for note in procedure.notes],
    }


def paper_json(use: DocumentUse, document: Document) -> dict[str, Any]:
    return {
        "id": use.id,
        "name": said(use.name or document.name),
        "condition": said(use.condition) or None,
        "note": said(use.note or document.note) or None,
        "where_to_get": said(document.where_to_get) or None,
    }


def advice(found: Sheet) -> str | None:
    """What to do where the province's later texts are not held."""
    if found.standing in {"later_not_held", "not_held"} and found.code != NATION:
        return str(gettext("本站未收录该省后续文件，请以窗口答复为准，可拨 12345。"))
    return None
