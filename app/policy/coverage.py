"""Rulebooks beside each other: days nobody answers for, texts that contradict, papers nobody takes.

* **Gaps.** From the first day on which a jurisdiction's own texts answer for a service at a kind of
  place (childbirth at a hukou place, childbirth at a residence, 光荣证, 婚育证明), every later day is
  answered by one of them, or by a national text, or is declared by a `not_held` of one of them. A
  `not_held` without `to` inside its own text's period is a remark on that text and declares nothing.
* **Overlaps.** Two texts of one jurisdiction are in force on one day only when the newer names the
  older in `beside`. Within a text no two rules, and no two openings, have the same conditions for
  the same kind of place on one day: the second would never be asked.
* **Openings.** On every day a text grants a paper, some text says which hukou place takes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

from app.policy.finding import Finding, RulebookError, Words, words
from app.policy.loading import RULEBOOKS, Held, load
from app.policy.rulebook import Cited, Filing, Procedure, Rule, Rulebook, Shelf

DAY: Final = timedelta(days=1)


def load_sound(folder: Path = RULEBOOKS) -> Shelf:
    """`load`, and no undeclared gaps or overlaps. Raises `RulebookError` with the first mistake."""
    shelf = load(folder)
    held = [
        Held(path, book)
        for path, book in zip(sorted(folder.glob("*.yaml")), shelf.rulebooks, strict=True)
    ]
    for finding in (*gaps(held), *overlaps(held)):
        raise RulebookError(finding)
    return shelf


# --- Days ---


class Period(NamedTuple):
    """Days from `start` to `end`, both included; without `end` for ever."""

    start: date
    end: date | None

    @property
    def words(self) -> Words:
        """The period as findings name it."""
        if self.end is None:
            return words("%(start)s 起", start=self.start)
        return words("%(start)s 到 %(end)s", start=self.start, end=self.end)


def period(part: Cited | Procedure, book: Rulebook) -> Period:
    """The days on which a part of a text is in force."""
    return Period(part.start or book.start, part.end or book.end)


def common(one: Period, other: Period) -> Period | None:
    """The days two periods share."""
    start = max(one.start, other.start)
    end = min(one.end or date.max, other.end or date.max)
    if end < start:
        return None
    return Period(start, None if end == date.max else end)


def without(whole: Period, taken: Iterable[Period]) -> list[Period]:
    """What is left of `whole` on the days of none of `taken`, in order."""
    left: list[Period] = []
    start: date | None = whole.start
    for one in sorted(taken, key=lambda each: each.start):
        if start is None or (whole.end and start > whole.end):
            break
        if one.start > start:
            end = min(one.start - DAY, whole.end or date.max)
            left.append(Period(start, end))
        if one.end is None:
            start = None
        elif one.end >= start:
            start = one.end + DAY
    if start is not None and (whole.end is None or start <= whole.end):
        left.append(Period(start, whole.end))
    return left


# --- Gaps, overlaps, openings ---

# Each service at each kind of place, in words; a text answers for it by having such a part.
SERVICES: Final = {
    "hukou": "在户籍地办的生育登记、审批",
    "residence": "在现居住地办的生育登记、审批",
    "honor_certificate": "光荣证",
    "marital_certificate": "婚育证明",
}


def answers(book: Rulebook, service: str) -> list[Period]:
    """The days on which a text says something of its own about a service (a key of `SERVICES`)."""
    parts: list[Cited | None] = []
    if service in {"hukou", "residence"}:
        parts = [*(rule for rule in book.rules if service in rule.at), book.otherwise]
    else:
        parts = [getattr(book, service)]
    return [period(part, book) for part in parts if part is not None]


def gaps(held: Sequence[Held]) -> Iterator[Finding]:
    """Days after a jurisdiction's first text on a service that nobody answers for and nobody declares."""
    national = [one.book for one in held if one.book.jurisdiction == "CN"]
    for own in _by_jurisdiction(held).values():
        for service, name in SERVICES.items():
            spoken = [days for one in own for days in answers(one.book, service)]
            if not spoken:
                continue
            whole = Period(min(days.start for days in spoken), None)
            covered = [days for book in national for days in answers(book, service)]
            declared = [days for one in own for days in _declared(one.book)]
            for gap in without(whole, [*spoken, *covered, *declared]):
                last = _last_before(own, gap.start)
                expected = words(
                    "%(days)s，应有一份文件管%(service)s，没有的话用 `not_held` 写明这些日子",
                    days=gap.words,
                    service=words(name),
                )
                yield last.finding(("to",), expected)


def _declared(book: Rulebook) -> Iterator[Period]:
    """The days a text says it has nothing for: all those with an end, and those outside its period."""
    for gap in book.not_held:
        days = Period(gap.start, gap.end)
        if gap.end is not None:
            yield days
        else:
            yield from without(days, [_whole(book)])


def _last_before(own: Sequence[Held], day: date) -> Held:
    """The text after which the gap opens."""
    ended = [one for one in own if one.book.start < day]
    return max(ended or own, key=lambda one: (one.book.end or date.max, one.book.start))


def _by_jurisdiction(held: Sequence[Held]) -> dict[str, list[Held]]:
    found: dict[str, list[Held]] = {}
    for one in held:
        found.setdefault(one.book.jurisdiction, []).append(one)
    return found


def overlaps(held: Sequence[Held]) -> Iterator[Finding]:
    """Texts, rules and openings that speak for the same thing on the same day."""
    by_id = {one.book.id: one.book for one in held}
    for one in held:
        for index, name in enumerate(one.book.beside):
            named = by_id.get(name)
            if named is None or named.jurisdiction != one.book.jurisdiction:
                expected = words("应为同一个地方的文件，%(name)s 不是", name=name)
                yield one.finding(("beside", index), expected)
            elif named.start >= one.book.start:
                expected = words(
                    "应为更早的文件，%(name)s 从 %(day)s 才开始", name=name, day=named.start
                )
                yield one.finding(("beside", index), expected)
        yield from _same_conditions(one, "rules", one.book.rules)
        yield from _same_conditions(one, "filing", one.book.filing)
    for own in _by_jurisdiction(held).values():
        for older, newer in combinations(sorted(own, key=lambda each: each.book.start), 2):
            both = common(_whole(older.book), _whole(newer.book))
            if both and older.book.id not in newer.book.beside:
                yield older.finding(
                    ("to",) if older.book.end else ("from",),
                    words(
                        "最后一天应在 %(day)s 之前，%(newer)s 从那天开始；两份都施行的，在 %(file)s 里写 "
                        "`beside: [%(older)s]`",
                        day=newer.book.start,
                        newer=newer.book.id,
                        file=newer.path.name,
                        older=older.book.id,
                    ),
                )


def _whole(book: Rulebook) -> Period:
    return Period(book.start, book.end)


def _same_conditions(held: Held, name: str, parts: Sequence[Rule | Filing]) -> Iterator[Finding]:
    """Two of `parts` that ask the same of the same couple: the second is never reached."""
    for one, (second, other) in (
        (parts[first], (second, parts[second]))
        for first, second in combinations(range(len(parts)), 2)
    ):
        both = common(period(one, held.book), period(other, held.book))
        # A ground that hangs on a fact nobody is asked never decides, so it hides no other.
        unasked = getattr(one, "beyond", None) or getattr(other, "beyond", None)
        if both and not unasked and set(one.at) & set(other.at) and _asks(one) & _asks(other):
            expected = words(
                "条件或者日子应和 %(other)s 不同：%(days)s，两条管的是同样的夫妻，只会问到一条",
                other=one.id,
                days=both.words,
            )
            yield held.finding((name, second), expected)


def _asks(part: Rule | Filing) -> set[str]:
    """The conditions of a rule, or of an opening for each paper, in a form that compares."""
    when = part.when.model_dump_json(exclude_none=True) if part.when else "{}"
    return {f"{paper} {when}" for paper in part.paper} if isinstance(part, Filing) else {when}


def openings(held: Sequence[Held]) -> Iterator[Finding]:
    """Papers a text grants on days when no text says which hukou place takes them."""
    for one in held:
        book = one.book
        provinces = [book.jurisdiction] if book.jurisdiction != "CN" else []
        beside = [
            other.book
            for other in held
            if other.book.jurisdiction in {book.jurisdiction, "CN"}
            or set(provinces) & set(other.book.provinces)
        ]
        for index, rule in enumerate(book.rules):
            if rule.grants == "needs_staff" or "hukou" not in rule.at:
                continue
            opened = [
                period(filing, other)
                for other in beside
                for filing in other.filing
                if rule.grants in filing.paper and any(at.endswith("hukou") for at in filing.at)
            ]
            for days in without(period(rule, book), opened):
                expected = words(
                    "%(days)s，应有一条 `filing` 写明哪个户籍地受理 %(paper)s",
                    days=days.words,
                    paper=rule.grants,
                )
                yield one.finding(("rules", index, "grants"), expected)
