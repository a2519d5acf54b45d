"""A paper as the law of a day asks for it: where, for what, in which form, and what may stand in for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.language import gettext
from app.papers.advice import ADVICE, KINDS, Advice, Legal
from app.papers.own_forms import FORMS
from app.papers.sheets import Form
from app.policy.law import in_force
from app.policy.rulebook import Document, DocumentUse, Rulebook
from app.rules.service import PAPERS, name_of, the_law


@dataclass(frozen=True)
class Asking:
    """One text that asks for the paper: `where` and `matter` are in the reader's script."""

    book: Rulebook
    matter: str
    use: DocumentUse
    document: Document

    @property
    def where(self) -> str:
        """湖北, 全国; a region by the title of its text."""
        return self.book.title if self.book.provinces else name_of(self.book.jurisdiction)

    @property
    def instead(self) -> Sequence[str]:
        """`shared_data`, `written_promise`, both or none: what this text lets stand in for the paper."""
        own = self.use.replaceable_by
        return self.document.replaceable_by if own is None else own


@dataclass(frozen=True)
class Paper:
    """Everything that is said of a paper."""

    id: str
    document: Document
    advice: Advice
    form: Form | None
    asked: Sequence[Asking]
    legal: Sequence[Legal]


def papers_by_kind() -> list[tuple[Any, list[tuple[str, Document, bool]]]]:
    """[(kind in words, [(id, paper, whether there is a form to print)])] in the catalogue's order."""
    documents = the_law().shelf.documents
    return [
        (
            word,
            [
                (name, document, name in FORMS)
                for name, document in documents.items()
                if name in ADVICE and ADVICE[name].kind == kind
            ],
        )
        for kind, word in KINDS
    ]


def paper(name: str, on: date) -> Paper | None:
    """The paper of this id under the law of a day, or None."""
    document = the_law().shelf.documents.get(name)
    if document is None or name not in ADVICE:
        return None
    advice = ADVICE[name]
    return Paper(
        id=name,
        document=document,
        advice=advice,
        form=FORMS.get(name),
        asked=[one for one in _asked(on) if one.use.id == name],
        legal=[one for one in advice.legal if one.since <= on],
    )


def promised_instead(on: date) -> list[Asking]:
    """The papers for which a written promise may stand in on the day."""
    return [one for one in _asked(on) if "written_promise" in one.instead]


def _asked(on: date) -> Iterator[Asking]:
    """Every paper that a text in force asks for, the nation first, then by province."""
    shelf = the_law().shelf
    books = [book for book in shelf.rulebooks if in_force(book, book, on)]
    for book in sorted(books, key=lambda book: (book.jurisdiction != "CN", book.jurisdiction)):
        for matter, uses in _matters(book, on):
            for use in uses:
                yield Asking(book, matter, use, shelf.documents[use.id])


def _matters(book: Rulebook, on: date) -> Iterator[tuple[str, Sequence[DocumentUse]]]:
    for procedure in book.procedures:
        if in_force(procedure, book, on):
            yield str(PAPERS[procedure.paper]), procedure.documents
    honor, marital = book.honor_certificate, book.marital_certificate
    if honor and in_force(honor, book, on):
        yield str(gettext("光荣证")), honor.documents
    if marital and in_force(marital, book, on):
        yield str(gettext("婚育证明")), marital.documents
