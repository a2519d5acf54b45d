"""Everything in force for one jurisdiction on a day, put in the order in which it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

from app.policy.jurisdictions import NAMES, NATION
from app.policy.law import in_force, newest_first
from app.policy.rulebook import (
    Cited,
    Document,
    DocumentUse,
    HonorCertificate,
    MaritalCertificate,
    Procedure,
    Rule,
    Rulebook,
    Shelf,
)

Standing = Literal["full", "excerpt", "later_not_held", "not_held"]
PAPERS: Final = ("registration", "approval")
NeededPaper = tuple[DocumentUse, Document]


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
    """How a text has a paper handled on the day.

    `fills`: it is only read together with another that is silent on papers or on filing online.
    """

    book: Rulebook
    procedure: Procedure
    online: bool | None
    documents: tuple[NeededPaper, ...]
    fills: bool = False


@dataclass(frozen=True)
class Sheet:
    """Everything in force for one jurisdiction on a day; `books` in the order in which they are asked."""

    code: str
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
    certificates: tuple[tuple[Statement, tuple[NeededPaper, ...]], ...]
    favourable: Statement | None
    not_held: tuple[str, ...]
    versions: tuple[Rulebook, ...]


def standing_of(shelf: Shelf, code: str, on: date) -> Standing:
    """How well a jurisdiction's own texts are held on a day."""
    own = [book for book in shelf.rulebooks if book.jurisdiction == code]
    now = [book for book in own if in_force(book, book, on)]
    if any(book.strength in {"statute", "seed"} for book in now):
        return "full"
    if now:
        return "excerpt"
    return "later_not_held" if any(book.start <= on for book in own) else "not_held"


def sheet(shelf: Shelf, code: str, on: date) -> Sheet:
    """What is in force in a jurisdiction (CN, a region's id, a province) on a day."""
    own = tuple(book for book in shelf.rulebooks if book.jurisdiction == code)
    books = _asked(shelf, code, on)
    rules = [
        Statement(book, rule, tuple(rule.at))
        for book, rule in newest_first([(book, rule) for book in books for rule in book.rules])
        if in_force(rule, book, on)
    ]
    filing = {paper: _filing(books, paper, on) for paper in PAPERS}
    return Sheet(
        code=code,
        on=on,
        standing=standing_of(shelf, code, on),
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
        ways={paper: _ways(shelf, books, paper, on, filing[paper]) for paper in PAPERS},
        certificates=_certificates(shelf, books, on),
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


def _asked(shelf: Shelf, code: str, on: date) -> tuple[Rulebook, ...]:
    """The texts in force: the province's own, its regions', the nation's; of one kind the newest first."""
    found = [book for book in shelf.rulebooks if in_force(book, book, on)]
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
    shelf: Shelf, books: Sequence[Rulebook], paper: str, on: date, filing: Sequence[Statement]
) -> tuple[Way, ...]:
    """The procedures of the texts that say where, and the national one where these name no papers."""
    speaking = {one.book for one in filing}
    ways = [
        Way(book, procedure, _online(procedure, on), _documents(shelf, procedure.documents))
        for book in books
        for procedure in book.procedures
        if procedure.paper == paper and in_force(procedure, book, on)
    ]
    own = [way for way in ways if way.book in speaking]
    silent = any(not way.documents or way.online is None for way in own)
    filling = [
        replace(way, fills=True)
        for way in ways
        if silent and way.book not in speaking and way.procedure.fills_silence
    ]
    return (*own, *filling)


def _online(part: Any, on: date) -> bool | None:
    """Whether a text lets people file online on the day; None when it does not say."""
    if part.online_from is not None:
        return bool(part.online_from <= on)
    return None if part.online is None else bool(part.online)


def _documents(shelf: Shelf, uses: Iterable[DocumentUse]) -> tuple[NeededPaper, ...]:
    return tuple((use, shelf.documents[use.id]) for use in uses)


def _certificates(
    shelf: Shelf, books: Sequence[Rulebook], on: date
) -> tuple[tuple[Statement, tuple[NeededPaper, ...]], ...]:
    """光荣证 and 婚育证明, each by the first text that speaks of it."""
    found = []
    for name in ("honor_certificate", "marital_certificate"):
        for book in books:
            part: HonorCertificate | MaritalCertificate | None = getattr(book, name)
            if part is not None and in_force(part, book, on):
                found.append((Statement(book, part), _documents(shelf, part.documents)))
                break
    return tuple(found)


def _not_held(
    code: str, on: date, books: Sequence[Rulebook], own: Sequence[Rulebook]
) -> tuple[str, ...]:
    """What is known to be missing on the day."""
    texts = [gap.text for book in (*books, *own) for gap in book.gaps_on(on)]
    ended = [book for book in own if book.end and book.end < on]
    if ended and not any(book.jurisdiction == code for book in books):
        newest = max(ended, key=_begins)
        texts += [newest.end_note] if newest.end_note else []
    return tuple(dict.fromkeys(texts))
