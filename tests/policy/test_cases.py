"""Every worked case, as data. Build the rule, not the case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from app.policy.decide import decide
from app.policy.facts import Facts
from app.policy.law import Law
from tests.policy.conftest import CASES


def _cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*-*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            if not case.get("outside_contract"):
                yield pytest.param(case, id=f"{path.stem}-{case['id']}")


def test_every_rulebook_has_cases(law: Law) -> None:
    assert {path.stem for path in CASES.glob("*-*.yaml")} == {b.id for b in law.shelf.rulebooks}


@pytest.mark.parametrize("case", list(_cases()))
def test_worked_case(case: dict[str, Any], law: Law) -> None:
    body = decide(Facts.from_json(case["request"]), law).to_json()
    found = Found(body, case["request"], case["expect"].get("at"))
    for key, expected in case["expect"].items():
        if key != "at":
            getattr(found, key)(expected)
    assert body["reasons"], "every decision cites at least one rule"


class Found:
    """What the decision says, compared key by key with what the sources support."""

    def __init__(self, body: dict[str, Any], request: dict[str, Any], at: str | None) -> None:
        self.body = body
        self.request = request
        self.by_code = {place["division"]: place for place in body["places"]}
        recommended = next((p for p in body["places"] if p["recommended"]), None)
        self.place = self._role(at) if at else recommended

    def _role(self, name: str) -> Any:
        if name == "residence":
            return self._role("woman_residence") or self._role("man_residence")
        # A role merged into an earlier one is found by its code.
        person, kind = name.split("_")
        facts = self.request.get(person) or {}
        home = facts.get("residence") or {}
        return self.by_code.get(facts.get("hukou") if kind == "hukou" else home.get("division"))

    def outcome(self, expected: str | list[str]) -> None:
        assert self.body["outcome"] in (expected if isinstance(expected, list) else [expected])

    def needs_staff(self, expected: bool) -> None:
        assert self.body["needs_staff"] is expected

    def allowed_roles(self, expected: list[str]) -> None:
        for role in expected:
            assert self._role(role) and self._role(role)["allowed"] is True, role

    def refused_roles(self, expected: list[str]) -> None:
        for role in expected:
            place = self._role(role)
            assert place is not None, role
            works = place["allowed"] and place["outcome"] not in ("not_eligible", "needs_staff")
            assert not works, role
            assert place["allowed"] is not None, role

    def opens_on(self, expected: str) -> None:
        assert expected in [place["opens_on"] for place in self.body["places"]]

    def recommended_role(self, expected: str) -> None:
        assert self.place["role"] == expected

    def online(self, expected: bool) -> None:
        assert self.place["online"] is expected

    def any_township(self, expected: bool) -> None:
        assert self.place["any_township"] is expected

    def certificate(self, expected: str) -> None:
        assert expected in self.place["certificate"]

    def time_limits(self, expected: list[dict[str, Any]]) -> None:
        limits = iter([(limit["value"], limit["unit"]) for limit in self.place["time_limits"]])
        for limit in expected:
            assert (limit["value"], limit["unit"]) in limits

    def documents(self, expected: list[str]) -> None:
        names = [document["name"] for document in self.place["documents"]]
        for alternatives in expected:
            assert any(part in name for part in alternatives.split("|") for name in names), names

    def no_documents(self, expected: list[str]) -> None:
        names = [document["name"] for document in self.place["documents"]]
        assert not [name for name in names for part in expected if part in name]

    def if_late(self, expected: bool) -> None:
        assert bool(self.body["if_late"]) is expected

    def missing(self, expected: list[str]) -> None:
        assert set(expected) <= set(self.body["missing"])

    def not_missing(self, expected: list[str]) -> None:
        assert not set(expected) & set(self.body["missing"])
