"""What is in force where on a day, how well it is held, and what is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from flask import current_app
from flask_babel import gettext, lazy_gettext

from app.appearance import said
from app.policy.jurisdictions import NAMES, NATION, PARTS, provinces_of
from app.policy.law import Law, in_force, newest_first
from app.policy.rulebook import (
    Cited,
    Document,
    DocumentUse,
    HonorCertificate,
    MaritalCertificate,
    Procedure,
    Rule,
    Rulebook,
)

Standing = Literal["full", "excerpt", "later_not_held", "not_held"]
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


@dataclass(frozen=True)
class Statement:
    """One statement of law in force, the text it stands in, and the kinds of place it is for."""

    book: Rulebook
    part: Cited
    at: tuple[str, ...] = ()

    @property
    def instrument(self) -> str:
        return self.part.instrument or self.book.instrument

    @property
    def link(self) -> str | None:
        return self.part.link or self.book.link


@dataclass(frozen=True)
class Way:
    """How a text has a paper handled on the day."""

    book: Rulebook
    procedure: Procedure
    online: bool | None
    documents: tuple[tuple[DocumentUse, Document], ...]


@dataclass(frozen=True)
class Sheet:
    """Everything in force for one jurisdiction on a day; `books` in the order in which they are asked."""

    code: str
    name: str
    on: date
    standing: Standing
    books: tuple[Rulebook, ...]
    own: tuple[Rulebook, ...]
    registers: tuple[Statement, ...]
    approves: tuple[Statement, ...]
    asks: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]
    filing: Mapping[str, tuple[Statement, ...]]
    ways: Mapping[str, tuple[Way, ...]]
    certificates: tuple[tuple[Statement, tuple[tuple[DocumentUse, Document], ...]], ...]
    favourable: Statement | None
    not_held: tuple[str, ...]
    versions: tuple[Rulebook, ...]


def the_law() -> Law:
    """The rulebooks of this installation."""
    law: Law = current_app.extensions["law"]
    return law


def name_of(code: str) -> str:
    """What a jurisdiction is called: 湖北, 全国, or a region by the title of its text."""
    return said(NAMES[code]) if code in NAMES else code


def standing_of(code: str, on: date) -> Standing:
    """How well a jurisdiction's own texts are held on a day."""
    own = [book for book in the_law().shelf.rulebooks if book.jurisdiction == code]
    now = [book for book in own if in_force(book, book, on)]
    if any(book.strength in {"statute", "seed"} for book in now):
        return "full"
    if now:
        return "excerpt"
    return "later_not_held" if any(book.start <= on for book in own) else "not_held"


def overview(on: date) -> list[tuple[str, list[tuple[str, str, Standing]]]]:
    """(part of the country, [(code, name, standing)]) for a grid of the 31 provinces."""
    return [
        (said(part), [(code, name_of(code), standing_of(code, on)) for code in provinces_of(digit)])
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
    shelf = the_law().shelf
    own = tuple(book for book in shelf.rulebooks if book.jurisdiction == code)
    books = _asked(code, on)
    rules = [
        Statement(book, rule, tuple(rule.at))
        for book, rule in newest_first([(book, rule) for book in books for rule in book.rules])
        if in_force(rule, book, on)
    ]
    filing = {paper: _filing(books, paper, on) for paper in PAPERS}
    return Sheet(
        code=code,
        name=name_of(code),
        on=on,
        standing=standing_of(code, on),
        books=books,
        own=tuple(book for book in own if book in books),
        registers=_granting(rules, "registration"),
        approves=_granting(rules, "approval"),
        asks=_granting(rules, "needs_staff"),
        otherwise=_first_for_all(
            Statement(book, otherwise)
            for book, otherwise in newest_first([(b, b.otherwise) for b in books if b.otherwise])
            if in_force(otherwise, book, on)
        ),
        filing=filing,
        ways={paper: _ways(books, paper, on, filing[paper]) for paper in PAPERS},
        certificates=_certificates(books, on),
        favourable=next(
            (
                Statement(book, book.favourable)
                for book in books
                if book.favourable and in_force(book.favourable, book, on)
            ),
            None,
        ),
        not_held=_not_held(code, on, books, own),
        versions=tuple(sorted(own, key=_begins)),
    )


def _asked(code: str, on: date) -> tuple[Rulebook, ...]:
    """The texts in force: the province's own, its regions', the nation's; of one kind the newest first."""
    found = [book for book in the_law().shelf.rulebooks if in_force(book, book, on)]
    kinds = (
        [book for book in found if book.jurisdiction == code],
        [book for book in found if code in book.provinces],
        [
            book
            for book in found
            if book.jurisdiction == NATION and code in NAMES and code != NATION
        ],
    )
    return tuple(book for kind in kinds for book in sorted(kind, key=_begins, reverse=True))


def _begins(book: Rulebook) -> date:
    return book.start


def _granting(rules: Sequence[Statement], paper: str) -> tuple[Statement, ...]:
    return tuple(one for one in rules if isinstance(one.part, Rule) and one.part.grants == paper)


def _filing(books: Sequence[Rulebook], paper: str, on: date) -> tuple[Statement, ...]:
    """Which text says what of each kind of place; not those that an earlier one never lets speak."""
    found: list[Statement] = []
    settled: set[str] = set()
    for book in books:
        for filing in book.filing:
            if paper not in filing.paper or not in_force(filing, book, on):
                continue
            at = tuple(role for role in filing.at if role not in settled)
            if at:
                found.append(Statement(book, filing, at))
            if filing.when is None and not book.one_hukou_here:
                settled.update(at)
    return tuple(found)


def _first_for_all(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Statements up to the first that is for every couple: no later one is ever reached."""
    found: list[Statement] = []
    for one in statements:
        found.append(one)
        if not one.book.one_hukou_here:
            break
    return tuple(found)


def _ways(
    books: Sequence[Rulebook], paper: str, on: date, filing: Sequence[Statement]
) -> tuple[Way, ...]:
    """The procedures of the texts that say where, and the national one where these name no papers."""
    speaking = {one.book for one in filing}
    ways = [
        Way(book, procedure, _online(procedure, on), _documents(procedure.documents))
        for book in books
        for procedure in book.procedures
        if procedure.paper == paper and in_force(procedure, book, on)
    ]
    own = [way for way in ways if way.book in speaking]
    silent = any(not way.documents or way.online is None for way in own)
    return tuple(way for way in ways if way in own or (silent and way.procedure.fills_silence))


def _online(part: Any, on: date) -> bool | None:
    """Whether a text lets people file online on the day; None when it does not say."""
    if part.online_from is not None:
        return bool(part.online_from <= on)
    return None if part.online is None else bool(part.online)


def _documents(uses: Iterable[DocumentUse]) -> tuple[tuple[DocumentUse, Document], ...]:
    catalogue = the_law().shelf.documents
    return tuple((use, catalogue[use.id]) for use in uses)


def _certificates(
    books: Sequence[Rulebook], on: date
) -> tuple[tuple[Statement, tuple[tuple[DocumentUse, Document], ...]], ...]:
    """光荣证 and 婚育证明, each by the first text that speaks of it."""
    found = []
    for name in ("honor_certificate", "marital_certificate"):
        for book in books:
            part: HonorCertificate | MaritalCertificate | None = getattr(book, name)
            if part is not None and in_force(part, book, on):
                found.append((Statement(book, part), _documents(part.documents)))
                break
    return tuple(found)


def _not_held(
    code: str, on: date, books: Sequence[Rulebook], own: Sequence[Rulebook]
) -> tuple[str, ...]:
    """What is known to be missing on the day, in the reader's script."""
    texts = [gap.text for book in (*books, *own) for gap in book.gaps_on(on)]
    ended = [book for book in own if book.end and book.end < on]
    if ended and not any(book.jurisdiction == code for book in books):
        newest = max(ended, key=_begins)
        texts += [newest.end_note] if newest.end_note else []
    return tuple(said(text) for text in dict.fromkeys(texts))


# --- The same as JSON ---


def as_json(found: Sheet) -> dict[str, Any]:
    """The sheet for other programs; texts in the reader's script."""
    return {
        "jurisdiction": found.code,
        "name": found.name,
        "on": found.on.isoformat(),
        "standing": found.standing,
        "registration": [_statement_json(one) for one in found.registers],
        "approval": [_statement_json(one) for one in found.approves],
        "needs_staff": [_statement_json(one) for one in found.asks],
        "otherwise": [_statement_json(one) for one in found.otherwise],
        "favourable": _statement_json(found.favourable) if found.favourable else None,
        "filing": {
            paper: [_statement_json(one) for one in filing]
            for paper, filing in found.filing.items()
        },
        "procedures": {
            paper: [_way_json(way) for way in ways] for paper, ways in found.ways.items()
        },
        "certificates": [
            {**_statement_json(one), "documents": [_paper_json(*paper) for paper in papers]}
            for one, papers in found.certificates
        ],
        "not_held": list(found.not_held),
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


def _statement_json(one: Statement) -> dict[str, Any]:
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
        "certificate": said(procedure.certificate) or None,
        "decided_by_text": said(procedure.decided_by_text) or None,
        "online": way.online,
        "time_limits": [
            {"who": limit.who, "value": limit.value, "unit": limit.unit, "text": said(limit.text)}
            for limit in procedure.time_limits
        ],
        "documents": [_paper_json(*paper) for paper in way.documents],
        "if_late": said(procedure.if_late) or None,
        "notes": [said(note) for note in procedure.notes],
    }


def _paper_json(use: DocumentUse, document: Document) -> dict[str, Any]:
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
