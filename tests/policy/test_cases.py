"""Every worked case, as data. Build the rule, not the case."""

from __future__ import annotations

import dataclasses

import pytest

from app.policy.law import Law
from app.policy.worked_cases import Case, mismatches, read_cases
from tests.policy.conftest import CASES

ALL = list(read_cases(CASES))
TESTED = [
    pytest.param(case, id=f"{case.file.removesuffix('.yaml')}-{case.id}")
    for case in ALL
    if not case.outside_contract
]


def test_every_rulebook_has_cases(law: Law) -> None:
    assert {case.file for case in ALL} == {f"{book.id}.yaml" for book in law.shelf.rulebooks}


@pytest.mark.parametrize("case", TESTED)
def test_worked_case(case: Case, law: Law) -> None:
    assert mismatches(case, law) == []


CASE = next(case for case in ALL if case.id == "C004")


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("outcome", "registration"),
        ("needs_staff", True),
        ("allowed_roles", ["residence"]),
        ("refused_roles", ["woman_hukou"]),
        ("opens_on", "2014-05-01"),
        ("recommended_role", "man_hukou"),
        ("online", False),
        ("any_township", True),
        ("certificate", "生育登记"),
        ("time_limits", [{"value": 20, "unit": "day"}, {"value": 10, "unit": "day"}]),
        ("documents", ["护照|居住证"]),
        ("no_documents", ["结婚证"]),
        ("if_late", False),
        ("missing", ["woman.hukou"]),
        ("at", "residence"),
        ("outcom", "approval"),
    ],
)
def test_a_case_that_expects_otherwise_fails(law: Law, key: str, wrong: object) -> None:
    changed = dataclasses.replace(CASE, expect={**CASE.expect, key: wrong})
    found = mismatches(changed, law)
    assert found
    if key != "at":
        assert found[0][0] == key


def test_a_case_with_bad_facts_names_the_field(law: Law) -> None:
    changed = dataclasses.replace(CASE, request={**CASE.request, "on": "2014-02-30"})
    ((key, wrong),) = mismatches(changed, law)
    assert (key, wrong.said()) == ("request.on", "应为一个日子，如 2026-11-21")
