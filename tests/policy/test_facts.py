"""Bad facts are refused by the name of the field."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

from app.config import ROOT
from app.policy.facts import AT_HUKOU, RULES, Facts, FactsError

GOOD: dict[str, Any] = {"service": "childbirth", "on": "2026-11-21"}


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"colour": 1}, "colour"),
        ({"woman": {"name": "王"}}, "woman.name"),
        ({"woman": {"residence": {"street": "x"}}}, "woman.residence.street"),
        ({"woman": {"hukou": "99"}}, "woman.hukou"),
        ({"woman": {"hukou": "421"}}, "woman.hukou"),
        ({"woman": {"hukou": 42}}, "woman.hukou"),
        ({"woman": {"hukou": "４２"}}, "woman.hukou"),
        ({"on": "2026-02-30"}, "on"),
        ({"on": "20261121"}, "on"),
        ({"service": "marriage"}, "service"),
        ({"service": None}, "service"),
        ({"joint_children": -1}, "joint_children"),
        ({"joint_children": True}, "joint_children"),
        ({"joint_children": "2"}, "joint_children"),
        ({"joint_children": 1, "children": {"disabled": 2}}, "children.disabled"),
        ({"joint_children": 0, "children": {"girls": 1}}, "children.girls"),
        ({"stage": "born", "born_on": "2026-11-22"}, "born_on"),
        ({"stage": "pregnant", "born_on": "2026-11-01"}, "born_on"),
        ({"child_born_on": "2030-01-01"}, "child_born_on"),
        ({"man": {"residence": {"division": "42", "since": "2026-11-22"}}}, "man.residence.since"),
        ({"marriage": "divorced"}, "marriage"),
        ({"woman": []}, "woman"),
        ({"children": 3}, "children"),
    ],
)
def test_refused_by_name(extra: dict[str, Any], field: str) -> None:
    with pytest.raises(FactsError) as error:
        Facts.from_json({**GOOD, **extra})
    assert error.value.field == field


def test_null_and_left_out_are_different_for_a_residence() -> None:
    assert Facts.from_json({**GOOD, "woman": {"residence": None}}).woman.residence is AT_HUKOU
    assert Facts.from_json({**GOOD, "woman": {}}).woman.residence is None


def test_no_man_only_when_unmarried() -> None:
    assert Facts.from_json({**GOOD, "marriage": "unmarried", "man": None}).man is None
    assert Facts.from_json({**GOOD, "marriage": "first", "man": None}).man is not None


def test_a_child_from_before_a_first_marriage_is_a_fact() -> None:
    body = {**GOOD, "marriage": "first", "woman": {"prior_children": 1}}
    assert Facts.from_json(body).woman.prior_children == 1


# --- In words ---


def refusals() -> set[str]:
    """Every sentence with which some code refuses a fact."""
    found = set()
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "FactsError":
                rule = node.args[1]
                assert isinstance(rule, ast.Constant), f"{path}: {node.lineno}"
                found.add(str(rule.value))
    return found


def test_every_refusal_is_told_to_programs_and_to_people() -> None:
    assert refusals() == set(RULES)
    places = re.compile(r"%\(\w+\)s")
    for english, chinese in RULES.items():
        assert set(places.findall(english)) == set(places.findall(chinese))


def test_a_refusal_in_both_tongues() -> None:
    error = FactsError("joint_children", "a whole number from 0 to %(most)s", most=30)
    assert error.rule == "a whole number from 0 to 30"
    assert error.words.said() == "0 到 30 的整数"
    assert str(error) == "joint_children: a whole number from 0 to 30"
