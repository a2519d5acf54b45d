"""Which texts speak for an office on a day, put in order once and kept.

Substance (register or ask) comes from the province's own texts and the national ones, the newest
first: a national law later than a local text is asked before it, and from then on the older text's
"no" is no longer final. Procedure (where, how long, which papers) comes from the province, then its
region, then the nation: the first that speaks of that kind of place decides, also by refusing.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from app.policy import criteria as is_
from app.policy.criteria import ALWAYS, All, Criterion
from app.policy.facts import PROVINCES
from app.policy.rulebook import (
    ROLES,
    Cited,
    Document,
    Filing,
    HonorCertificate,
    MaritalCertificate,
    Otherwise,
    Procedure,
    Role,
    Rule,
    Rulebook,
    Shelf,
    When,
)

Part = TypeVar("Part", bound=Cited)


@dataclass(frozen=True, slots=True, eq=False)
class Citation:
    """One statement of law, ready to be shown."""

    id: str
    text: str
    instrument: str
    article: str
    strength: str
    link: str | None
    rulebook: Rulebook | None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """A rule with its criteria made callable, the rulebook's own scope included."""

    cite: Citation
    grants: str
    when: All
    flagged_when: All | None
    beyond: str | None
    due: str | None
    secondary: bool
    local: bool


@dataclass(frozen=True, slots=True, eq=False)
class CompiledOtherwise:
    """What a text answers when nothing grants; `flagged` when a person must confirm it."""

    cite: Citation
    scope: All
    outcome: str
    flagged: bool


@dataclass(frozen=True, slots=True, eq=False)
class CompiledFiling:
    """Whether a text opens a place, with the procedure of the same text."""

    cite: Citation
    filing: Filing
    when: All
    here: Criterion
    procedure: Procedure | None
    online: bool
    documents: tuple[tuple[Any, Document, All], ...]


@dataclass(frozen=True, slots=True, eq=False)
class ProvinceLaw:
    """Everything that speaks for the offices of one province on a day."""

    province: str
    books: tuple[Rulebook, ...]
    rules: dict[str, tuple[CompiledRule, ...]]
    otherwise: tuple[CompiledOtherwise, ...]
    filing: dict[tuple[str, Role], tuple[CompiledFiling, ...]]
    foreign: tuple[tuple[Rulebook, str, Criterion], ...]
    honor: tuple[Citation, HonorCertificate, tuple[tuple[Any, Document, All], ...]] | None
    marital: tuple[Citation, MaritalCertificate, tuple[tuple[Any, Document, All], ...]] | None


@dataclass(frozen=True, slots=True, eq=False)
class Nationwide:
    """What holds in every province on a day.

    `favourable`: the rule that the better of two provinces' rules applies (law of 2021, art. 18(4)).
    `marital_certificate_abolished`: the statement that the 婚育证明 is no longer required.
    `may_choose_side`: for each region whose guideline is in force, whether a couple may choose.
    """

    favourable: Citation | None
    marital_certificate_abolished: Citation | None
    may_choose_side: tuple[Criterion, ...]


class Law:
    """All rulebooks, asked by province and day. Answers are kept per period between two changes."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._kept: dict[tuple[str, int], ProvinceLaw] = {}
        self._kept_nationwide: dict[int, Nationwide] = {}
        changes: set[date] = set()
        for book in self.shelf.rulebooks:
            dates: list[Rulebook | Cited | Procedure] = [book, *book.dated()]
            for dated in dates:
                if dated.start:
                    changes.add(dated.start)
                online_from = getattr(dated, "online_from", None)
                if online_from:
                    changes.add(online_from)
                if dated.end:
                    changes.add(dated.end + timedelta(days=1))
        self._changes = sorted(changes)
        self._core: dict[str, Citation] = {
            name: Citation(
                f"core.{name}", text.text, text.instrument, text.article, "derived", None, None
            )
            for name, text in self.shelf.core.items()
        }

    def __repr__(self) -> str:
        return f"<Law of {len(self.shelf.rulebooks)} rulebooks>"

    def core(self, name: str) -> Citation:
        """A statement of the core itself, such as `no-rulebook`."""
        return self._core[name]

    def at(self, province: str, on: date) -> ProvinceLaw:
        """The law for offices in `province` on the day `on`."""
        key = (province, bisect_right(self._changes, on))
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = _compose(self.shelf, province, on)
        return found

    def nationwide(self, on: date) -> Nationwide:
        """What holds in every province on the day."""
        period = bisect_right(self._changes, on)
        found = self._kept_nationwide.get(period)
        if found is None:
            found = self._kept_nationwide[period] = _nationwide(self.shelf, on)
        return found


def in_force(dated: Any, book: Rulebook, on: date) -> bool:
    """Whether a text, or a part of it with days of its own, is in force on a day."""
    start, end = dated.start or book.start, dated.end or book.end
    return start <= on and (end is None or on <= end)


def _nationwide(shelf: Shelf, on: date) -> Nationwide:
    books = [book for book in shelf.rulebooks if in_force(book, book, on)]
    national = [book for book in books if book.jurisdiction == "CN"]
    newest = max(national, key=lambda book: book.start, default=None)
    return Nationwide(
        favourable=_cite(newest, newest.favourable) if newest and newest.favourable else None,
        marital_certificate_abolished=next(
            (
                _cite(book, part)
                for book in national
                if (part := book.marital_certificate)
                and not part.required
                and in_force(part, book, on)
            ),
            None,
        ),
        may_choose_side=tuple(
            is_.TwoPlaceMarriage(frozenset(book.provinces)) for book in books if book.provinces
        ),
    )


def _compose(shelf: Shelf, province: str, on: date) -> ProvinceLaw:
    books = sorted(
        (b for b in shelf.rulebooks if in_force(b, b, on)), key=lambda b: b.start, reverse=True
    )
    local = [b for b in books if b.jurisdiction == province]
    regional = [b for b in books if province in b.provinces]
    national = [b for b in books if b.jurisdiction == "CN"]
    substance = [b for b in books if b in local or b in national]
    procedure = [*local, *regional, *national]
    newest_national = national[0].start if national else date.min
    return ProvinceLaw(
        province=province,
        books=tuple(procedure),
        rules={
            kind: tuple(
                _rule(book, rule)
                for book, rule in newest_first([(b, r) for b in substance for r in b.rules])
                if kind in rule.at and in_force(rule, book, on)
            )
            for kind in ("hukou", "residence")
        },
        otherwise=tuple(
            _otherwise(book, otherwise, older=(otherwise.start or book.start) < newest_national)
            for book, otherwise in newest_first(
                [(b, b.otherwise) for b in substance if b.otherwise]
            )
            if in_force(otherwise, book, on)
        ),
        filing={
            (paper, role): tuple(
                _filing(shelf, book, filing, _procedures(procedure, book, paper, on), on)
                for book in procedure
                for filing in book.filing
                if paper in filing.paper and role in filing.at and in_force(filing, book, on)
            )
            for paper in ("registration", "approval")
            for role in ROLES
        },
        foreign=tuple(
            (book, book.foreign_spouse, _here(book, "one"))
            for book in local
            if book.foreign_spouse != "ask"
        ),
        honor=next(
            (
                (_cite(book, part), part, _documents(shelf, book, part.documents))
                for book in procedure
                if (part := book.honor_certificate) and in_force(part, book, on)
            ),
            None,
        ),
        marital=next(
            (
                (_cite(book, proof), proof, _documents(shelf, book, proof.documents))
                for book in procedure
                if (proof := book.marital_certificate) and in_force(proof, book, on)
            ),
            None,
        ),
    )


def newest_first(parts: list[tuple[Rulebook, Part]]) -> list[tuple[Rulebook, Part]]:
    """Parts by their own first day, the newest first; on one day the province before the nation."""
    return sorted(
        parts,
        key=lambda each: (
            -(each[1].start or each[0].start).toordinal(),
            each[0].jurisdiction == "CN",
        ),
    )


def _cite(book: Rulebook, cited: Cited) -> Citation:
    return Citation(
        id=f"{book.id}.{cited.id}",
        text=cited.text,
        instrument=cited.instrument or book.instrument,
        article=cited.article,
        strength=cited.strength,
        link=cited.link or book.link,
        rulebook=book,
    )


def _provinces(book: Rulebook) -> frozenset[str]:
    if book.jurisdiction == "CN":
        return PROVINCES
    return frozenset(book.provinces) or frozenset({book.jurisdiction})


def _here(book: Rulebook, how: str) -> Criterion:
    return is_.HukouHere(_provinces(book), how)


def _scope(book: Rulebook) -> tuple[Criterion, ...]:
    return (_here(book, "one"),) if book.one_hukou_here else ()


def _rule(book: Rulebook, rule: Rule) -> CompiledRule:
    marriage = () if rule.when.marriage else (is_.MarriageIs(frozenset({"first", "remarried"})),)
    return CompiledRule(
        cite=_cite(book, rule),
        grants=rule.grants,
        when=All((*_scope(book), *marriage, *_criteria(book, rule.when))),
        flagged_when=All(_criteria(book, rule.flagged_when)) if rule.flagged_when else None,
        beyond=rule.beyond,
        due=rule.due,
        secondary=rule.strength == "secondary",
        local=book.jurisdiction != "CN",
    )


def _otherwise(book: Rulebook, otherwise: Otherwise, *, older: bool) -> CompiledOtherwise:
    """An older text's "no" is no longer final; an excerpt of a re-post never refuses flatly."""
    outcome = "needs_staff" if older else otherwise.outcome
    excerpt = any(rule.strength == "secondary" for rule in book.rules)
    return CompiledOtherwise(
        cite=_cite(book, otherwise),
        scope=All(_scope(book)),
        outcome=outcome,
        flagged=outcome == "needs_staff" or excerpt or otherwise.strength == "secondary",
    )


def _procedures(
    books: list[Rulebook], own: Rulebook, paper: str, on: date
) -> list[tuple[Rulebook, Procedure]]:
    """The procedure of the text itself, then the national one that speaks where it is silent."""
    return [
        (book, procedure)
        for book in (own, *books)
        for procedure in book.procedures
        if procedure.paper == paper
        and in_force(procedure, book, on)
        and (book is own or procedure.fills_silence)
    ]


def _filing(
    shelf: Shelf,
    book: Rulebook,
    filing: Filing,
    procedures: list[tuple[Rulebook, Procedure]],
    on: date,
) -> CompiledFiling:
    own = next((procedure for source, procedure in procedures if source is book), None)
    papers = next(((b, p) for b, p in procedures if p.documents), None)
    return CompiledFiling(
        cite=_cite(book, filing),
        filing=filing,
        when=All((*_scope(book), *(_criteria(book, filing.when) if filing.when else ()))),
        here=_here(book, "one"),
        procedure=own,
        online=own is not None and _online([p for _, p in procedures], on),
        documents=_documents(shelf, papers[0], papers[1].documents) if own and papers else (),
    )


def _online(procedures: list[Procedure], on: date) -> bool:
    """What the first procedure that speaks of it says about filing online on the day."""
    for procedure in procedures:
        if procedure.online_from is not None:
            return procedure.online_from <= on
        if procedure.online is not None:
            return procedure.online
    return False


def _documents(
    shelf: Shelf, book: Rulebook, uses: list[Any]
) -> tuple[tuple[Any, Document, All], ...]:
    return tuple(
        (use, shelf.documents[use.id], All(_criteria(book, use.when)) if use.when else ALWAYS)
        for use in uses
    )


_COUNTS = {
    "living_children": "living",
    "joint_children": "joint",
    "joint_born_children": "joint_born",
    "prior_children": "prior",
    "births": "births",
    "disabled": "disabled",
    "adopted": "adopted",
    "girls": "girls",
    "died": "died",
}


def _criteria(book: Rulebook, when: When) -> tuple[Criterion, ...]:
    found: list[Criterion] = []
    if when.marriage:
        found.append(is_.MarriageIs(frozenset(when.marriage)))
    if when.hukou_here:
        found.append(_here(book, when.hukou_here))
    if when.cross_province:
        found.append(is_.CrossProvince(_provinces(book)))
    if when.two_place_marriage:
        found.append(is_.TwoPlaceMarriage(_provinces(book)))
    for name, what in _COUNTS.items():
        bounds = getattr(when, name)
        if bounds is not None:
            found.append(is_.Count(what, bounds.at_least, bounds.at_most))
    if when.prior_pattern:
        found.append(is_.PriorPattern(*(is_.range_of(bounds) for bounds in when.prior_pattern)))
    for attribute in ("only_child", "minority"):
        how = getattr(when, attribute)
        if how:
            found.append(is_.Spouses(attribute, how))
    if when.household:
        found.append(is_.HouseholdIs(frozenset(when.household)))
    if when.born_after is not None:
        found.append(is_.BornAfter(when.born_after))
    return tuple(found)
