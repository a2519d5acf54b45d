"""What is known about a couple, in the terms of the public JSON contract.

Inside the core `None` always means *unknown*. The two places where JSON's `null` says something
else (`residence: null` is "lives at the hukou place", `man: null` with `unmarried` is "no man") get
values of their own here, so that no rule can mistake them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any, Final, Literal, get_args

from app.policy.finding import Words

Service = Literal[
    "childbirth", "single_child_honor_certificate", "marital_childbearing_certificate"
]
Marriage = Literal["first", "remarried", "unmarried"]
Household = Literal["urban", "rural", "mixed"]
Stage = Literal["planned", "pregnant", "born"]

PROVINCES: Final = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65".split()
)
OUTSIDE_MAINLAND: Final = frozenset({"hk", "mo", "tw", "abroad"})

# The one order in which facts are asked for: what opens a whole law first, the most private last.
ORDER: Final = (
    "woman.hukou",
    "marriage",
    "man.hukou",
    "joint_children",
    "woman.prior_children",
    "man.prior_children",
    "pledge",
    "child_born_on",
    "woman.residence",
    "man.residence",
    "woman.only_child",
    "man.only_child",
    "woman.residence.since",
    "man.residence.since",
    "woman.residence.permit",
    "man.residence.permit",
    "stage",
    "born_on",
    "household",
    "children.girls",
    "woman.minority",
    "man.minority",
    "children.adopted",
    "children.disabled",
    "children.died",
)
RANK: Final = {name: position for position, name in enumerate(ORDER)}

MOST_CHILDREN: Final = 30
EARLIEST: Final = date(1900, 1, 1)


class FactsError(ValueError):
    """A fact that cannot be used: `field` is its request path; `rule` says in English what is expected,
    for programs, and `words` says the same to people. The English sentence is a key of `RULES`."""

    def __init__(self, field: str, rule: str, **values: object) -> None:
        self.field = field
        self.rule = rule % values if values else rule
        self.words = Words(RULES[rule], values)
        super().__init__(f"{field}: {self.rule}")


RULES: Final = {
    "an ISO date such as 2026-11-21": "一个日子，如 2026-11-21",
    "a date from 1900 to 2199": "1900 年到 2199 年之间的日子",
    "one of %(choices)s": " %(choices)s 之一",
    "true, false or null": "true、false 或 null",
    "a whole number from 0 to %(most)s": "0 到 %(most)s 的整数",
    "an object": "一项一项的内容（JSON 对象）",
    "a field of the contract; this one is unknown": "接口里有的字段，没有这一项",
    "a division code of 2, 4, 6 or 9 digits that begins with a mainland province, or hk, mo, tw, abroad": (
        "2、4、6 或 9 位的行政区划代码，开头是内地的省；或者 hk、mo、tw、abroad"
    ),
    "not after the filing date": "不晚于办理那一天的日子",
    "only given with stage born": "stage 为 born 时才写的日子",
    "at most joint_children, of whom they are a part": "不多于 joint_children 的数，他们是其中的一部分",
    "at most %(most)s characters": "最多 %(most)s 个字符",
    "at most %(most)s bytes": "最多 %(most)s 个字节",
    "at most %(most)s levels deep": "最多套 %(most)s 层的内容",
    "one JSON object": "一个 JSON 对象",
    "one JSON object; it breaks off at line %(line)s, character %(column)s": (
        "一个 JSON 对象，写到第 %(line)s 行第 %(column)s 个字符就断了"
    ),
    "each field only once": "只写一次的字段，这里写了两次",
    "whole numbers of at most 9 digits": "最多 9 位的整数",
    "whole numbers, not %(text)s": "整数，不是 %(text)s",
    "application/json": "application/json",
    "charset utf-8": "charset utf-8",
    "none; send the body as it is": "不压缩，照原样发",
    "UTF-8 text": "UTF-8 文字",
}


class AtHukou(Enum):
    """Lives at the hukou place: known, and not a residence of its own."""

    AT_HUKOU = "at_hukou"


AT_HUKOU: Final = AtHukou.AT_HUKOU


@dataclass(frozen=True, slots=True)
class Residence:
    """Where a person really lives, away from the hukou place. `since` is the first day there."""

    division: str | None = None
    since: date | None = None
    permit: bool | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One spouse. `hukou` is a division code (prefix of GB/T 2260 + township) or `hk`/`mo`/`tw`/`abroad`."""

    hukou: str | None = None
    prior_children: int | None = None
    only_child: bool | None = None
    minority: bool | None = None
    residence: Residence | AtHukou | None = None

    @property
    def province(self) -> str | None:
        """Two-digit province of the hukou; None when unknown or outside the mainland."""
        return self.hukou[:2] if self.hukou and self.hukou not in OUTSIDE_MAINLAND else None


@dataclass(frozen=True, slots=True)
class Children:
    """`disabled`, `adopted` and `girls` are among the joint children; `died` are besides them."""

    disabled: int | None = None
    died: int | None = None
    adopted: int | None = None
    girls: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision may rest on. `man` is None when there is no man in this filing."""

    service: Service
    on: date
    woman: Person = field(default_factory=Person)
    man: Person | None = field(default_factory=Person)
    marriage: Marriage | None = None
    joint_children: int | None = None
    children: Children = field(default_factory=Children)
    household: Household | None = None
    stage: Stage | None = None
    born_on: date | None = None
    pledge: bool | None = None
    child_born_on: date | None = None

    @classmethod
    def from_json(cls, body: Mapping[str, Any], *, today: date | None = None) -> Facts:
        """Read a request of the JSON contract. `today` is the filing date when the body names none.

        Raises `FactsError` for an unknown field, a bad value, or facts that contradict each other.
        """
        _only(body, "", _FIELDS)
        on = _date(body, "on", "") or today
        if on is None:
            raise FactsError("on", "an ISO date such as 2026-11-21")
        if body.get("service") is None:
            raise FactsError("service", "one of %(choices)s", choices=", ".join(get_args(Service)))
        marriage = _choice(body, "marriage", "", Marriage)
        facts = cls(
            service=_choice(body, "service", "", Service),
            on=on,
            woman=_person(body.get("woman"), "woman") or Person(),
            man=_man(body, marriage),
            marriage=marriage,
            joint_children=_count(body, "joint_children", ""),
            children=_children(body.get("children")),
            household=_choice(body, "household", "", Household),
            stage=_choice(body, "stage", "", Stage),
            born_on=_date(body, "born_on", ""),
            pledge=_truth(body, "pledge", ""),
            child_born_on=_date(body, "child_born_on", ""),
        )
        _refuse_contradictions(facts)
        return facts

    def to_json(self) -> dict[str, Any]:
        """The request that `from_json` would read back as these facts; unknown facts are left out."""
        body: dict[str, Any] = {
            "service": self.service,
            "on": self.on.isoformat(),
            "woman": _person_json(self.woman),
            "man": None if self.man is None else _person_json(self.man),
            "marriage": self.marriage,
            "joint_children": self.joint_children,
            "children": _without_unknown(
                {name: getattr(self.children, name) for name in _CHILDREN_FIELDS}
            ),
            "household": self.household,
            "stage": self.stage,
            "born_on": _iso(self.born_on),
            "pledge": self.pledge,
            "child_born_on": _iso(self.child_born_on),
        }
        return {k: v for k, v in body.items() if v is not None or (k == "man" and self.man is None)}


_FIELDS = frozenset(
    "service on woman man marriage joint_children children household stage born_on pledge child_born_on".split()
)
_PERSON_FIELDS = frozenset("hukou prior_children only_child minority residence".split())
_RESIDENCE_FIELDS = frozenset("division since permit".split())
_CHILDREN_FIELDS = ("disabled", "died", "adopted", "girls")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CODE = re.compile(r"\d{2}(\d{2}(\d{2}(\d{3})?)?)?", re.ASCII)


_CHOICES = {kind: frozenset(get_args(kind)) for kind in (Service, Marriage, Household, Stage)}


def _only(body: object, path: str, known: frozenset[str]) -> None:
    if not isinstance(body, Mapping):
        raise FactsError(path or "request", "an object")
    for name in body:
        if name not in known:
            raise FactsError(_join(path, str(name)), "a field of the contract; this one is unknown")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _choice(body: Mapping[str, Any], name: str, path: str, kind: Any) -> Any:
    value = body.get(name)
    if value is None or (isinstance(value, str) and value in _CHOICES[kind]):
        return value
    raise FactsError(_join(path, name), "one of %(choices)s", choices=", ".join(get_args(kind)))


def _truth(body: Mapping[str, Any], name: str, path: str) -> bool | None:
    value = body.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise FactsError(_join(path, name), "true, false or null")


def _count(body: Mapping[str, Any], name: str, path: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_CHILDREN:
        raise FactsError(_join(path, name), "a whole number from 0 to %(most)s", most=MOST_CHILDREN)
    return value


def _date(body: Mapping[str, Any], name: str, path: str) -> date | None:
    value = body.get(name)
    if value is None:
        return None
    try:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValueError
        parsed = date.fromisoformat(value)
    except ValueError:
        raise FactsError(_join(path, name), "an ISO date such as 2026-11-21") from None
    if not EARLIEST <= parsed < date(2200, 1, 1):
        raise FactsError(_join(path, name), "a date from 1900 to 2199")
    return parsed


def _place(body: Mapping[str, Any], name: str, path: str) -> str | None:
    value = body.get(name)
    if value is None or (isinstance(value, str) and value in OUTSIDE_MAINLAND):
        return value
    if isinstance(value, str) and _CODE.fullmatch(value) and value[:2] in PROVINCES:
        return value
    raise FactsError(
        _join(path, name),
        "a division code of 2, 4, 6 or 9 digits that begins with a mainland province, or hk, mo, tw, abroad",
    )


def _person(body: Any, path: str) -> Person | None:
    if body is None:
        return None
    _only(body, path, _PERSON_FIELDS)
    return Person(
        hukou=_place(body, "hukou", path),
        prior_children=_count(body, "prior_children", path),
        only_child=_truth(body, "only_child", path),
        minority=_truth(body, "minority", path),
        residence=_residence(body, path),
    )


def _residence(body: Mapping[str, Any], path: str) -> Residence | AtHukou | None:
    if "residence" not in body:
        return None
    inner, path = body["residence"], _join(path, "residence")
    if inner is None:
        return AT_HUKOU
    _only(inner, path, _RESIDENCE_FIELDS)
    return Residence(
        division=_place(inner, "division", path),
        since=_date(inner, "since", path),
        permit=_truth(inner, "permit", path),
    )


def _man(body: Mapping[str, Any], marriage: Marriage | None) -> Person | None:
    """An unmarried woman who names no man files alone; otherwise a man not described is unknown."""
    man = _person(body.get("man"), "man")
    return man if man is not None or marriage == "unmarried" else Person()


def _children(body: Any) -> Children:
    if body is None:
        return Children()
    _only(body, "children", frozenset(_CHILDREN_FIELDS))
    return Children(**{name: _count(body, name, "children") for name in _CHILDREN_FIELDS})


def _refuse_contradictions(facts: Facts) -> None:
    """Facts that cannot all be true are refused by the name of the one to look at."""
    if facts.born_on and facts.born_on > facts.on:
        raise FactsError("born_on", "not after the filing date")
    if facts.born_on and facts.stage not in (None, "born"):
        raise FactsError("born_on", "only given with stage born")
    if facts.child_born_on and facts.child_born_on > facts.on:
        raise FactsError("child_born_on", "not after the filing date")
    if facts.joint_children is not None:
        for name in ("disabled", "adopted", "girls"):
            value = getattr(facts.children, name)
            if value is not None and value > facts.joint_children:
                raise FactsError(
                    f"children.{name}", "at most joint_children, of whom they are a part"
                )
    for path, person in (("woman", facts.woman), ("man", facts.man)):
        if person is None:
            continue
        residence = person.residence
        if isinstance(residence, Residence) and residence.since and residence.since > facts.on:
            raise FactsError(f"{path}.residence.since", "not after the filing date")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _without_unknown(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _person_json(person: Person) -> dict[str, Any]:
    body = _without_unknown(
        {
            "hukou": person.hukou,
            "prior_children": person.prior_children,
            "only_child": person.only_child,
            "minority": person.minority,
        }
    )
    if person.residence is AT_HUKOU:
        body["residence"] = None
    elif isinstance(person.residence, Residence):
        home = person.residence
        body["residence"] = _without_unknown(
            {"division": home.division, "since": _iso(home.since), "permit": home.permit}
        )
    return body
