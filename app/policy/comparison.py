"""What a change of rulebooks changes: worked cases and random couples, decided under both.

The couples are the same for the same two folders and seed. Half of them live where a text changed
and file around the days it speaks of; the other half live anywhere and file around any first or
last day of any text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from typing import Any, Final, NamedTuple

from app.policy.decide import decide
from app.policy.decision import Decision, NeededDocument, Place
from app.policy.facts import Facts
from app.policy.jurisdictions import NATION, reach
from app.policy.law import Law
from app.policy.random_couples import ALL, Body, couples
from app.policy.rulebook import Rulebook

ASPECTS: Final = ("outcome", "flag", "places", "documents", "deadlines")


@dataclass(frozen=True)
class Change:
    """One couple who is told something else: `was` and `becomes` by aspect (a word of `ASPECTS`).

    `label` is what `compare` was given for a case; a random couple has its number instead.
    """

    label: str
    request: Body
    was: dict[str, Any]
    becomes: dict[str, Any]


@dataclass
class Comparison:
    """What changed: texts by id, how many couples and cases per aspect, and each of the changes."""

    added: list[str]
    removed: list[str]
    reworded: list[str]
    couples: int = 0
    cases: int = 0
    changed_couples: list[Change] = field(default_factory=list)
    changed_cases: list[Change] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether anybody is told something else."""
        return bool(self.changed_couples or self.changed_cases)

    def count(self, aspect: str) -> tuple[int, int]:
        """(couples, cases) for whom this aspect changes."""
        return (
            sum(aspect in change.was for change in self.changed_couples),
            sum(aspect in change.was for change in self.changed_cases),
        )

    def turns(self) -> list[tuple[str, str, int]]:
        """(old outcome, new outcome, how many couples), the most frequent first."""
        counted = Counter(
            (change.was["outcome"], change.becomes["outcome"])
            for change in self.changed_couples
            if "outcome" in change.was
        )
        return [(old, new, count) for (old, new), count in counted.most_common()]


def compare(
    old: Law, new: Law, cases: Iterable[tuple[str, Body]], count: int, seed: int
) -> Comparison:
    """Decide every case, given as (label, request), and `count` random couples under both laws."""
    found = _texts(old, new)
    for label, request in cases:
        found.cases += 1
        change = _change(label, request, old, new)
        if change is not None:
            found.changed_cases.append(change)
    for number, request in enumerate(_couples(old, new, count, seed), 1):
        found.couples += 1
        change = _change(str(number), request, old, new)
        if change is not None:
            found.changed_couples.append(change)
    return found


def _texts(old: Law, new: Law) -> Comparison:
    before = {book.id: book.version for book in old.shelf.rulebooks}
    after = {book.id: book.version for book in new.shelf.rulebooks}
    return Comparison(
        added=sorted(after.keys() - before.keys()),
        removed=sorted(before.keys() - after.keys()),
        reworded=sorted(id_ for id_ in before.keys() & after.keys() if before[id_] != after[id_]),
    )


def _couples(old: Law, new: Law, count: int, seed: int) -> Iterator[Body]:
    texts = _texts(old, new)
    ids = {*texts.added, *texts.removed, *texts.reworded}
    shelves = [*old.shelf.rulebooks, *new.shelf.rulebooks]
    touched = [book for book in shelves if book.id in ids]
    near = count // 2 if touched else 0
    # Days that only one of the two knows are where something begins or ends now: four in five of the near.
    moved = _edges(old.shelf.rulebooks) ^ _edges(new.shelf.rulebooks)
    days = _around(day for _text, day in moved)
    often = days * (4 * len(_days(touched)) // len(days) + 1) if moved else []
    return chain(
        couples(near, seed, [*_days(touched), *often], _provinces(touched)),
        couples(count - near, seed + 1, _days(shelves), _provinces(shelves)),
    )


def _provinces(books: Sequence[Rulebook]) -> list[str]:
    """Where the texts speak, as often as anywhere else: those who moved in matter as much."""
    own = sorted({code for book in books for code in reach(book) if code != NATION})
    return [*ALL, *own * (len(ALL) // max(1, len(own)))] if own else list(ALL)


def _days(books: Sequence[Rulebook]) -> list[date]:
    return _around(day for _text, day in _edges(books))


def _around(days: Iterable[date]) -> list[date]:
    """The days themselves, those beside them, and some a while after: today's law among them."""
    found = {day + timedelta(days=after) for day in days for after in (-1, 0, 1, 45, 400)}
    return sorted(found) or [date(2000, 1, 1)]


def _edges(books: Sequence[Rulebook]) -> set[tuple[str, date]]:
    """(text, day) for each first and last day of a text or of a part of it."""
    return {
        (book.id, day)
        for book in books
        for part in (book, *book.dated())
        for day in (part.start, part.end, getattr(part, "online_from", None))
        if day is not None
    }


def _change(label: str, request: Body, old: Law, new: Law) -> Change | None:
    facts = Facts.from_json(request)
    was, becomes = told(decide(facts, old)), told(decide(facts, new))
    changed = [aspect for aspect in ASPECTS if was[aspect] != becomes[aspect]]
    if not changed:
        return None
    return Change(
        label,
        request,
        {aspect: was[aspect] for aspect in changed},
        {aspect: becomes[aspect] for aspect in changed},
    )


def told(decision: Decision) -> dict[str, Any]:
    """What a couple is told, by aspect, in values that compare; the parts of a list are places."""
    return {
        "outcome": decision.outcome,
        "flag": decision.needs_staff,
        "places": [
            {
                **_place(place),
                "outcome": place.outcome,
                "flag": place.needs_staff,
                "open": place.allowed,
                "opens_on": place.opens_on.isoformat() if place.opens_on else None,
                "any_township": place.any_township,
                "online": place.online,
                "recommended": place.role == decision.recommended,
            }
            for place in decision.places
        ],
        "documents": [
            {
                **_place(place),
                "certificate": place.certificate,
                "papers": [_paper(needed) for needed in place.documents],
            }
            for place in decision.places
        ],
        "deadlines": [
            {
                **_place(place),
                "limits": [
                    (limit.who, limit.start, limit.value, limit.unit) for limit in place.time_limits
                ],
                "if_late": place.if_late,
            }
            for place in decision.places
        ],
    }


def _place(place: Place) -> dict[str, str]:
    return {"role": place.role, "division": place.division}


class Paper(NamedTuple):
    """A paper as a couple sees it: what, in which form, when, and what may stand in for it."""

    name: str
    id: str
    form: str
    copies: int
    condition: str | None
    instead: tuple[str, ...]


def _paper(needed: NeededDocument) -> Paper:
    use, own = needed.use, needed.use.replaceable_by
    instead = needed.document.replaceable_by if own is None else own
    return Paper(needed.name, use.id, use.form, use.copies, needed.condition, tuple(instead))
