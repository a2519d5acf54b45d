"""Worked cases: what the sources support, compared key by key with what the rulebooks answer.

tests/policy/cases/README.md says what a case holds and what the keys of `expect` mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.policy.decide import decide
from app.policy.facts import Facts, FactsError
from app.policy.finding import Finding, RulebookError, Words, words
from app.policy.law import Law
from app.policy.yaml_file import compose, plain

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
                expected = words("应写 id、request 和 expect")
                raise RulebookError(
                    Finding(f"cases/{path.name}", line, str(error).strip("'"), expected)
                ) from error


def mismatches(case: Case, law: Law) -> list[tuple[str, Words]]:
    """[(key of `expect`, what the rulebooks answer instead)]; empty when all is as expected."""
    try:
        body = decide(Facts.from_json(case.request), law).to_json()
    except FactsError as error:
        return [(f"request.{error.field}", words("应为%(rule)s", rule=error.words))]
    found = _Found(body, case.request, case.expect.get("at"))
    wrong = []
    for key, expected in case.expect.items():
        if key == "at":
            continue
        look = getattr(found, key, None)
        if look is None:
            wrong.append((key, words("不是 `expect` 可以写的")))
            continue
        actual = look(expected)
        if actual is not _AS_EXPECTED:
            values = {"expected": _shown(expected), "actual": _shown(actual)}
            wrong.append((key, words("写的是 %(expected)s，规定答的是 %(actual)s", **values)))
    if not body["reasons"]:
        wrong.append(("reasons", words("应至少有一条依据，却没有")))
    return wrong


def _shown(value: Any) -> str:
    """A value as YAML writes it in one line."""
    return json.dumps(value, ensure_ascii=False).replace('"', "") if value is not None else "null"


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
