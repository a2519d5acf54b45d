"""The conditions a rule may name, each true, false or unknown for a couple.

A rulebook writes `when: {living_children: 1, only_child: one}`; every key is a criterion of this
module and a rule holds when all of them hold. There is no expression language: a new kind of
condition is a new class here.

Kleene logic: `None` is unknown. A criterion that answers `None` can say which facts it waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from app.policy.facts import AT_HUKOU, OUTSIDE_MAINLAND, Facts, Person, Residence

Truth = bool | None
Range = tuple[int, int]
MANY = 99


class Couple:
    """Facts made ready for rules: implied facts filled in, counts as (least, most).

    Implied: nobody in a first marriage has children from before it unless they say so; of no joint
    children none is disabled, adopted or a girl; no man, no children of his.
    """

    __slots__ = (
        "adopted", "disabled", "died", "facts", "foreign", "foreign_waits", "girls", "joint", "man",
        "man_prior", "marriage", "on", "provinces", "woman", "woman_prior",
    )  # fmt: skip

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.on = facts.on
        self.marriage = facts.marriage
        self.woman = facts.woman
        self.man = facts.man
        self.joint = _span(facts.joint_children)
        most = self.joint[1]
        children = facts.children
        self.disabled = _span(children.disabled, most)
        self.adopted = _span(children.adopted, most)
        self.girls = _span(children.girls, most)
        self.died = _span(children.died)
        self.woman_prior = _prior(facts.woman, facts)
        self.man_prior = (0, 0) if facts.man is None else _prior(facts.man, facts)
        self.foreign, self.foreign_waits = _foreign(facts)
        self.provinces = (
            facts.woman.province,
            None if facts.man is None else facts.man.province,
        )

    @property
    def abroad(self) -> bool:
        """Whether a spouse is a foreigner or settled abroad, not a resident of Hong Kong, Macao or Taiwan."""
        people = (self.woman, self.man)
        return any(person is not None and person.hukou == "abroad" for person in people)

    @property
    def prior(self) -> Range:
        """Living children of both from before this marriage."""
        woman, man = self.woman_prior, self.man_prior
        return woman[0] + man[0], woman[1] + man[1]

    @property
    def living(self) -> Range:
        """All living children of both together."""
        prior = self.prior
        return self.joint[0] + prior[0], self.joint[1] + prior[1]

    @property
    def births(self) -> Range:
        """Children ever, the dead ones included."""
        living = self.living
        return living[0] + self.died[0], living[1] + self.died[1]

    @property
    def joint_born(self) -> Range:
        """Joint children that this couple bore, without adopted ones."""
        return max(0, self.joint[0] - self.adopted[1]), self.joint[1] - self.adopted[0]


def _span(value: int | None, most: int = MANY) -> Range:
    if value is None:
        return 0, most
    return value, value


def _prior(person: Person, facts: Facts) -> Range:
    if person.prior_children is None and facts.marriage == "first":
        return 0, 0
    return _span(person.prior_children)


def _foreign(facts: Facts) -> tuple[Truth, tuple[str, ...]]:
    """Whether a spouse's hukou lies outside the mainland, and which hukou would tell."""
    waits = []
    for name, person in (("woman.hukou", facts.woman), ("man.hukou", facts.man)):
        if person is None:
            continue
        if person.hukou is None:
            waits.append(name)
        elif person.hukou in OUTSIDE_MAINLAND:
            return True, ()
    return (None, tuple(waits)) if waits else (False, ())


class Criterion(Protocol):
    """One condition. `waits_for` is only meaningful right after `test` answered None."""

    def test(self, couple: Couple) -> Truth: ...

    def waits_for(self, couple: Couple) -> Sequence[str]: ...


# Which facts each count rests on, so that an unknown count can name them.
_PARTS: dict[str, tuple[str, ...]] = {
    "joint": ("joint_children",),
    "joint_born": ("joint_children", "children.adopted"),
    "prior": ("woman.prior_children", "man.prior_children"),
    "living": ("joint_children", "woman.prior_children", "man.prior_children"),
    "births": ("joint_children", "woman.prior_children", "man.prior_children", "children.died"),
    "disabled": ("children.disabled",),
    "adopted": ("children.adopted",),
    "girls": ("children.girls",),
    "died": ("children.died",),
}
_SPANS: dict[str, Callable[[Couple], Range]] = {
    "joint_children": lambda couple: couple.joint,
    "woman.prior_children": lambda couple: couple.woman_prior,
    "man.prior_children": lambda couple: couple.man_prior,
    "children.disabled": lambda couple: couple.disabled,
    "children.adopted": lambda couple: couple.adopted,
    "children.girls": lambda couple: couple.girls,
    "children.died": lambda couple: couple.died,
}


def _unknown_parts(names: Sequence[str], couple: Couple) -> list[str]:
    return [name for name in names if (span := _SPANS[name](couple))[0] != span[1]]


@dataclass(frozen=True, slots=True)
class Count:
    """A count of children lies within `least..most`, both included."""

    what: str
    least: int
    most: int

    def test(self, couple: Couple) -> Truth:
        low, high = getattr(couple, self.what)
        if low >= self.least and high <= self.most:
            return True
        return False if high < self.least or low > self.most else None

    def waits_for(self, couple: Couple) -> Sequence[str]:
        return _unknown_parts(_PARTS[self.what], couple)


@dataclass(frozen=True, slots=True)
class PriorPattern:
    """One spouse brings children as in `first`, the other as in `second`, in either order ("2 + 1")."""

    first: Range
    second: Range

    def test(self, couple: Couple) -> Truth:
        one = _both(couple.woman_prior, self.first, couple.man_prior, self.second)
        other = _both(couple.woman_prior, self.second, couple.man_prior, self.first)
        return _or(one, other)

    def waits_for(self, couple: Couple) -> Sequence[str]:
        return _unknown_parts(_PARTS["prior"], couple)


def _within(span: Range, bounds: Range) -> Truth:
    if span[0] >= bounds[0] and span[1] <= bounds[1]:
        return True
    return False if span[1] < bounds[0] or span[0] > bounds[1] else None


def _both(a: Range, a_bounds: Range, b: Range, b_bounds: Range) -> Truth:
    return _and(_within(a, a_bounds), _within(b, b_bounds))


def _and(one: Truth, other: Truth) -> Truth:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _or(one: Truth, other: Truth) -> Truth:
    if one is True or other is True:
        return True
    return None if one is None or other is None else False


@dataclass(frozen=True, slots=True)
class MarriageIs:
    """The marriage is one of `kinds`."""

    kinds: frozenset[str]

    def test(self, couple: Couple) -> Truth:
        return None if couple.marriage is None else couple.marriage in self.kinds

    def waits_for(self, couple: Couple) -> Sequence[str]:
        return ("marriage",)


@dataclass(frozen=True, slots=True)
class HouseholdIs:
    """Urban, rural or mixed household: only old rules ask."""

    kinds: frozenset[str]

    def test(self, couple: Couple) -> Truth:
        household = couple.facts.household
        return None if household is None else household in self.kinds

    def waits_for(self, couple: Couple) -> Sequence[str]:
        return ("household",)


@dataclass(frozen=True, slots=True)
class Spouses:
    """A yes-or-no fact about each spouse (`only_child`, `minority`) is true of one, of both, or of none."""

    attribute: str
    how: str

    def test(self, couple: Couple) -> Truth:
        woman: Truth = getattr(couple.woman, self.attribute)
        man: Truth = False if couple.man is None else getattr(couple.man, self.attribute)
        if self.how == "both":
            return _and(woman, man)
        either = _or(woman, man)
        if self.how == "none":
            return None if either is None else not either
        return either

    def waits_for(self, couple: Couple) -> Sequence[str]:
        names = []
        if getattr(couple.woman, self.attribute) is None:
            names.append(f"woman.{self.attribute}")
        if couple.man is not None and getattr(couple.man, self.attribute) is None:
            names.append(f"man.{self.attribute}")
        return names


@dataclass(frozen=True, slots=True)
class HukouHere:
    """The hukou provinces lie in this jurisdiction: of `one` (at least), `both`, `none`, or the `woman`'s."""

    provinces: frozenset[str]
    how: str

    def test(self, couple: Couple) -> Truth:
        woman = self._here(couple.woman)
        if self.how == "woman":
            return woman
        if self.how == "not_woman":
            return None if woman is None else not woman
        man: Truth = False if couple.man is None else self._here(couple.man)
        if self.how == "both":
            return _and(woman, man)
        either = _or(woman, man)
        if self.how == "none":
            return None if either is None else not either
        return either

    def _here(self, person: Person) -> Truth:
        return None if person.hukou is None else person.hukou[:2] in self.provinces

    def waits_for(self, couple: Couple) -> Sequence[str]:
        return [
            name
            for name, person in (("woman.hukou", couple.woman), ("man.hukou", couple.man))
            if person is not None and person.hukou is None
        ]


@dataclass(frozen=True, slots=True)
class CrossProvince:
    """Both hukou lie in the region and in different provinces of it."""

    provinces: frozenset[str]

    def test(self, couple: Couple) -> Truth:
        if couple.man is None:
            return False
        woman, man = couple.woman.hukou, couple.man.hukou
        for hukou in (woman, man):
            if hukou is not None and hukou[:2] not in self.provinces:
                return False
        if woman is None or man is None:
            return None
        return woman[:2] != man[:2]

    def waits_for(self, couple: Couple) -> Sequence[str]:
        return HukouHere(self.provinces, "one").waits_for(couple)


@dataclass(frozen=True, slots=True)
class TwoPlaceMarriage:
    """两地婚姻 (PYRD-2010 三(一)): a cross-province marriage within the region, living at one's hukou place."""

    provinces: frozenset[str]

    def test(self, couple: Couple) -> Truth:
        cross = CrossProvince(self.provinces).test(couple)
        if cross is not True or couple.man is None:
            return cross
        woman, man = couple.woman, couple.man
        return _or(_lives_at(woman, man), _lives_at(man, woman))

    def waits_for(self, couple: Couple) -> Sequence[str]:
        unknown = list(CrossProvince(self.provinces).waits_for(couple))
        if unknown or couple.man is None:
            return unknown
        return [
            f"{name}.residence"
            for name, person in (("woman", couple.woman), ("man", couple.man))
            if person.residence is None
        ]


def _lives_at(guest: Person, host: Person) -> Truth:
    """Whether the couple lives at `host`'s hukou place: the host is there, or the guest lives in that county."""
    if host.residence is AT_HUKOU:
        return True
    if guest.residence is None or host.residence is None:
        return None
    if not isinstance(guest.residence, Residence) or not guest.residence.division or not host.hukou:
        return False
    return guest.residence.division[:6] == host.hukou[:6] or guest.residence.division == host.hukou


@dataclass(frozen=True, slots=True)
class BornAfter:
    """The child is not born yet, or was born after `day`."""

    day: date

    def test(self, couple: Couple) -> Truth:
        facts = couple.facts
        if facts.stage is None:
            return None
        if facts.stage != "born":
            return True
        return None if facts.born_on is None else facts.born_on > self.day

    def waits_for(self, couple: Couple) -> Sequence[str]:
        return ("stage",) if couple.facts.stage is None else ("born_on",)


@dataclass(frozen=True, slots=True)
class All:
    """Every criterion holds. Answers false as soon as one is false, so that nothing needless is asked."""

    parts: tuple[Criterion, ...]

    def test(self, couple: Couple) -> Truth:
        unknown = False
        for part in self.parts:
            truth = part.test(couple)
            if truth is False:
                return False
            if truth is None:
                unknown = True
        return None if unknown else True

    def waits_for(self, couple: Couple) -> Sequence[str]:
        names: list[str] = []
        for part in self.parts:
            if part.test(couple) is None:
                names.extend(part.waits_for(couple))
        return names


ALWAYS = All(())


def add_months(day: date, months: int) -> date:
    """The corresponding day `months` later, or the last day of a shorter month (Civil Code art. 202)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        if last <= day.day:
            try:
                return date(year, month + 1, last)
            except ValueError:
                continue
    raise ValueError(f"no day {months} months after {day}")


def range_of(value: Any) -> Range:
    """`2` means exactly 2; `{at_least: 2}` and `{at_most: 3}` leave an end open."""
    if isinstance(value, int):
        return value, value
    return value.at_least, value.at_most
