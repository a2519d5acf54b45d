"""What a change of law changed in one jurisdiction: two days laid side by side, statement by statement.

It compares what is in force on the two days, so it tells the same of a new text, of a text that ended
and of a rule that began inside a text. Nothing here decides for a couple; see `comparison` for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher
from itertools import product
from typing import Any, Final

from app.policy.rulebook import ROLES, Role, Rule, Rulebook, Shelf
from app.policy.sheet import PAPERS, NeededPaper, Sheet, Statement, Way, sheet

# Two statements that share this much of their wording are one statement, put otherwise.
ALIKE: Final = 0.6
DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Turn:
    """One statement that ended (`becomes` is None), began (`was` is None) or was put otherwise."""

    was: Statement | None
    becomes: Statement | None

    @property
    def same_words(self) -> bool:
        """Whether only the text changed in which the statement stands."""
        return (
            self.was is not None
            and self.becomes is not None
            and self.was.part.text == self.becomes.part.text
            and _means(self.was) == _means(self.becomes)
        )


@dataclass(frozen=True)
class PlaceTurn:
    """What is said of filing in some kinds of place (`roles`) on the two days; never the same."""

    roles: tuple[Role, ...]
    was: tuple[Statement, ...]
    becomes: tuple[Statement, ...]


@dataclass(frozen=True)
class Point:
    """One point of how a paper is handled: what was said before only, and what is said now only.

    `name` is certificate, decided_by, online, limits, documents, if_late or notes; the values are
    texts, for `online` truths, for `documents` papers.
    """

    name: str
    was: tuple[Any, ...]
    becomes: tuple[Any, ...]


@dataclass(frozen=True)
class Amendment:
    """Everything that differs between `before` and `after`; see `amendment`."""

    before: Sheet
    after: Sheet
    ended: tuple[Rulebook, ...]
    began: tuple[Rulebook, ...]
    gaps: Point | None
    substance: tuple[Turn, ...]
    favourable: tuple[Turn, ...]
    places: Mapping[str, tuple[PlaceTurn, ...]]
    points: Mapping[str, tuple[Point, ...]]
    certificates: tuple[Turn, ...]
    certificate_papers: Mapping[str, Point]

    @property
    def any(self) -> bool:
        """Whether anything differs at all."""
        return bool(
            self.ended
            or self.began
            or self.gaps
            or self.substance
            or self.favourable
            or any(self.places.values())
            or any(self.points.values())
            or self.certificates
            or self.certificate_papers
        )


def amendment(shelf: Shelf, code: str, first: date, second: date) -> Amendment:
    """What differs in a jurisdiction between two days, told from `first` to `second`."""
    before, after = sheet(shelf, code, first), sheet(shelf, code, second)
    return Amendment(
        before=before,
        after=after,
        ended=tuple(book for book in before.books if book not in after.books),
        began=tuple(book for book in after.books if book not in before.books),
        gaps=_point("gaps", before.not_held, after.not_held),
        substance=_turns(_substance(before), _substance(after)),
        favourable=_turns(_one(before.favourable), _one(after.favourable)),
        places={paper: _places(before.filing[paper], after.filing[paper]) for paper in PAPERS},
        points={paper: _points(before.ways[paper], after.ways[paper]) for paper in PAPERS},
        certificates=_turns(
            [one for one, _papers in before.certificates],
            [one for one, _papers in after.certificates],
        ),
        certificate_papers=_certificate_papers(before, after),
    )


def days_of_change(shelf: Shelf, code: str) -> list[date]:
    """The days on which something differs in a jurisdiction from the day before, in order."""
    days: set[date] = set()
    for book in shelf.rulebooks:
        if code in {book.jurisdiction, *book.provinces} or book.jurisdiction == "CN":
            for part in (book, *book.dated()):
                days |= {day for day in (part.start, getattr(part, "online_from", None)) if day}
                days |= {part.end + DAY} if part.end else set()
            for gap in book.not_held:
                days |= {gap.start, *([gap.end + DAY] if gap.end else [])}
    return [day for day in sorted(days) if amendment(shelf, code, day - DAY, day).any]


# --- Statements ---


def _substance(found: Sheet) -> list[Statement]:
    return [*found.registers, *found.approves, *found.asks, *found.otherwise]


def _one(statement: Statement | None) -> list[Statement]:
    return [statement] if statement else []


def _turns(before: Sequence[Statement], after: Sequence[Statement]) -> tuple[Turn, ...]:
    """Statements of the two days that are not the same, paired where one took the other's place."""
    left = [one for one in before if not any(_same(one, other) for other in after)]
    right = [one for one in after if not any(_same(one, other) for other in before)]
    pairs: dict[int, Statement] = {}
    for alike in (_same_sentence, _same_name, _much_alike, _only_ones(left, right)):
        for one, other in product(left, right):
            if id(one) not in pairs and other not in pairs.values() and alike(one, other):
                pairs[id(one)] = other
    taken = list(pairs.values())
    return (
        *(Turn(one, pairs.get(id(one))) for one in left),
        *(Turn(None, other) for other in right if not any(other is each for each in taken)),
    )


def _same(one: Statement, other: Statement) -> bool:
    return one.part is other.part


def _same_sentence(one: Statement, other: Statement) -> bool:
    return one.part.text == other.part.text and _kind(one) == _kind(other)


def _same_name(one: Statement, other: Statement) -> bool:
    return one.part.id == other.part.id and type(one.part) is type(other.part)


def _much_alike(one: Statement, other: Statement) -> bool:
    """The same kind of statement in nearly the same words."""
    same = SequenceMatcher(None, one.part.text, other.part.text, autojunk=False).ratio() >= ALIKE
    return same and _kind(one) == _kind(other)


def _only_ones(
    left: Sequence[Statement], right: Sequence[Statement]
) -> Callable[[Statement, Statement], bool]:
    """The last of a kind that is left on either side: what is said when nothing else holds, and the like."""

    def alike(one: Statement, other: Statement) -> bool:
        kind = _kind(one)
        return kind == _kind(other) and all(
            [_kind(each) for each in side].count(kind) == 1 for side in (left, right)
        )

    return alike


def _kind(statement: Statement) -> tuple[str, ...]:
    """What a statement is about: another kind never takes its place."""
    part = statement.part
    return ("rule", part.grants) if isinstance(part, Rule) else (type(part).__name__,)


def _means(statement: Statement) -> dict[str, Any]:
    """All that a statement says to the machine, without its days, its name and its source."""
    own: dict[str, Any] = statement.part.model_dump(
        mode="json",
        exclude={"id", "text", "instrument", "article", "source", "strength", "checked_on"}
        | {"link", "start", "end"},
    )
    return own


# --- Places ---


def _places(before: Sequence[Statement], after: Sequence[Statement]) -> tuple[PlaceTurn, ...]:
    """Kinds of place of which something else is said; those of which the same is said stand together."""
    found: dict[tuple[tuple[Statement, ...], tuple[Statement, ...]], list[Role]] = {}
    for role in ROLES:
        was, becomes = (tuple(o for o in each if role in o.at) for each in (before, after))
        if [one.part for one in was] != [one.part for one in becomes]:
            found.setdefault((was, becomes), []).append(role)
    return tuple(PlaceTurn(tuple(roles), *sides) for sides, roles in found.items())


# --- How papers are handled ---


def _points(before: Sequence[Way], after: Sequence[Way]) -> tuple[Point, ...]:
    """The points on which the procedures of the two days differ."""
    found = (_point(name, read(before), read(after)) for name, read in _READ.items())
    return tuple(point for point in found if point)


def _texts(name: str) -> Callable[[Sequence[Way]], list[Any]]:
    return lambda ways: [
        value
        for way in ways
        if not way.fills and (value := getattr(way.procedure, name)) is not None
    ]


def _each(name: str) -> Callable[[Sequence[Way]], list[Any]]:
    return lambda ways: [one for values in _texts(name)(ways) for one in values]


def _documents(ways: Sequence[Way]) -> list[NeededPaper]:
    """The papers of the texts that speak, and of the one that fills in where one of them names none."""
    silent = any(not way.documents for way in ways if not way.fills)
    return [paper for way in ways if silent or not way.fills for paper in way.documents]


_READ: Final[Mapping[str, Callable[[Sequence[Way]], list[Any]]]] = {
    "certificate": _texts("certificate"),
    "decided_by": _texts("decided_by_text"),
    "online": lambda ways: [way.online for way in ways if way.online is not None][:1],
    "limits": lambda ways: [limit.text for limit in _each("time_limits")(ways)],
    "documents": _documents,
    "if_late": _texts("if_late"),
    "notes": _each("notes"),
}


def _point(name: str, before: Iterable[Any], after: Iterable[Any]) -> Point | None:
    """What only one of the two says, or None when they say the same."""
    read = _asked if name == "documents" else _itself
    was, becomes = {read(one): one for one in before}, {read(one): one for one in after}
    if was.keys() == becomes.keys():
        return None
    return Point(
        name,
        tuple(one for key, one in was.items() if key not in becomes),
        tuple(one for key, one in becomes.items() if key not in was),
    )


def _itself(value: Any) -> Any:
    return value


def _asked(paper: NeededPaper) -> tuple[Any, ...]:
    """A paper as people see it: two that read the same are the same."""
    use, document = paper
    instead = document.replaceable_by if use.replaceable_by is None else use.replaceable_by
    return (
        use.name or document.name,
        use.condition or bool(use.for_rules),
        use.form,
        use.copies,
        use.note or document.note or tuple(instead),
    )


def _certificate_papers(before: Sheet, after: Sheet) -> Mapping[str, Point]:
    """光荣证 and 婚育证明 (by the name of their part) whose papers differ while both days issue them."""
    own, other = (
        {type(one.part).__name__: papers for one, papers in each.certificates}
        for each in (before, after)
    )
    return {
        name: point
        for name in own.keys() & other.keys()
        if (point := _point("documents", own[name], other[name]))
    }
