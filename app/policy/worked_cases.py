"""Worked cases: what the sources support, compared key by key with what the rulebooks answer.

tests/policy/cases/README.md says what a case holds and what the keys of `expect` mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.policy.decide import decide
from app.policy.facts import Facts, FactsError
from app.policy.law import Law
from app.policy.rulebook import RulebookError, compose, plain

Body = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One worked case and where it stands. `outside_contract`: documentation, not a test."""

    file: str
    line: int
    id: str
    request: Body
    expect: Body
    outside_contract: bool


def read_cases(folder: Path) -> Iterator[Case]:
    """The cases of every file named after a rulebook. Raises `RulebookError` for an unreadable one."""
    for path in sorted(folder.glob("*-*.yaml")):
        node = compose(path, yaml.SequenceNode)
        for part in node.value:
            body, line = plain(part), part.start_mark.line + 1
            try:
                outside = bool(body.get("outside_contract"))
                yield Case(
                    path.name, line, str(body["id"]), body["request"], body["expect"], outside
                )
            except (AttributeError, KeyError) as error:
                raise RulebookError(
                    f"{path.name}, line {line}, {error}: expected id, request and expect"
                ) from error


def mismatches(case: Case, law: Law) -> list[str]:
    """What the rulebooks answer otherwise than the case expects: `key: expected …, found …`."""
    try:
        body = decide(Facts.from_json(case.request), law).to_json()
    except FactsError as error:
        return [f"request.{error.field}: expected {error.rule}"]
    found = _Found(body, case.request, case.expect.get("at"))
    wrong = []
    for key, expected in case.expect.items():
        if key == "at":
            continue
        look = getattr(found, key, None)
        if look is None:
            wrong.append(f"{key}: not a key of `expect`")
            continue
        actual = look(expected)
        if actual is not _AS_EXPECTED:
            wrong.append(f"{key}: expected {expected}, found {actual}")
    if not body["reasons"]:
        wrong.append("reasons: expected at least one, found none")
    return wrong


_AS_EXPECTED = object()


def _same(actual: Any, right: bool) -> Any:
    return _AS_EXPECTED if right else actual


class _Found:
    """A decision looked at through the keys of `expect`: each gives `_AS_EXPECTED`, or what is there."""

    def __init__(self, body: Body, request: Body, at: str | None) -> None:
        self.body = body
        self.request = request
        self.by_code = {place["division"]: place for place in body["places"]}
        recommended = next((p for p in body["places"] if p["recommended"]), None)
        self.place: Body = (self._role(at) if at else recommended) or {}

    def _role(self, name: str) -> Any:
        if name == "residence":
            return self._role("woman_residence") or self._role("man_residence")
        # A role merged into an earlier one is found by its code.
        person, kind = name.split("_")
        facts = self.request.get(person) or {}
        home = facts.get("residence") or {}
        code = facts.get("hukou") if kind == "hukou" else home.get("division")
        return self.by_code.get(code)

    def _part(self, name: str, expected: Any) -> Any:
        return _same(self.place.get(name), self.place.get(name) == expected)

    def outcome(self, expected: str | list[str]) -> Any:
        wanted = expected if isinstance(expected, list) else [expected]
        return _same(self.body["outcome"], self.body["outcome"] in wanted)

    def needs_staff(self, expected: bool) -> Any:
        return _same(self.body["needs_staff"], self.body["needs_staff"] is expected)

    def allowed_roles(self, expected: list[str]) -> Any:
        places = {role: self._role(role) for role in expected}
        open_ = [role for role, place in places.items() if place and place["allowed"] is True]
        return _same(open_, open_ == expected)

    def refused_roles(self, expected: list[str]) -> Any:
        shut = [role for role in expected if self._does_not_work(self._role(role))]
        return _same(shut, shut == expected)

    def _does_not_work(self, place: Body | None) -> bool:
        if place is None or place["allowed"] is None:
            return False
        return not place["allowed"] or place["outcome"] in ("not_eligible", "needs_staff")

    def opens_on(self, expected: str) -> Any:
        days = [place["opens_on"] for place in self.body["places"]]
        return _same(days, str(expected) in days)

    def recommended_role(self, expected: str) -> Any:
        return self._part("role", expected)

    def online(self, expected: bool) -> Any:
        return self._part("online", expected)

    def any_township(self, expected: bool) -> Any:
        return self._part("any_township", expected)

    def certificate(self, expected: str) -> Any:
        name = self.place.get("certificate")
        return _same(name, expected in (name or ""))

    def time_limits(self, expected: list[Body]) -> Any:
        found = [(limit["value"], limit["unit"]) for limit in self.place.get("time_limits", ())]
        rest = iter(found)
        return _same(found, all((limit["value"], limit["unit"]) in rest for limit in expected))

    def documents(self, expected: list[str]) -> Any:
        names = self._papers()
        there = all(
            any(part in name for part in alternatives.split("|") for name in names)
            for alternatives in expected
        )
        return _same(names, there)

    def no_documents(self, expected: list[str]) -> Any:
        names = self._papers()
        return _same(names, not [name for name in names for part in expected if part in name])

    def _papers(self) -> list[str]:
        return [document["name"] for document in self.place.get("documents", ())]

    def if_late(self, expected: bool) -> Any:
        return _same(self.body["if_late"], bool(self.body["if_late"]) is expected)

    def missing(self, expected: list[str]) -> Any:
        return _same(self.body["missing"], set(expected) <= set(self.body["missing"]))

    def not_missing(self, expected: list[str]) -> Any:
        return _same(self.body["missing"], not set(expected) & set(self.body["missing"]))
