"""What a result says before anything is unfolded: the ground, the favourable rule, the missing permit."""

from __future__ import annotations

from typing import Any

from app.policy.decide import decide
from app.policy.decision import Decision
from app.policy.facts import Facts
from app.policy.law import Law


def decided(law: Law, **facts: Any) -> Decision:
    body = {"service": "childbirth", "on": "2026-11-21", "marriage": "first", **facts}
    return decide(Facts.from_json(body), law)


def at(hukou: str, **more: Any) -> dict[str, Any]:
    return {"hukou": hukou, "residence": None, "minority": False, **more}


def test_the_ground_is_that_of_the_best_place(law: Law) -> None:
    """Guangdong registers a fourth child, Shanghai does not: the words are Guangdong's."""
    found = decided(
        law, woman=at("310104"), man=at("440106"), joint_children=3, children={"disabled": 0}
    )
    assert found.ground is not None
    assert found.ground.id == "gd-2022.every-birth"
    assert found.favourable is not None
    assert found.favourable.article == "第十八条第四款"


def test_no_favourable_rule_is_named_where_both_say_the_same(law: Law) -> None:
    for one, other in (("310104", "440106"), ("440106", "440106")):
        found = decided(law, woman=at(one), man=at(other), joint_children=1)
        assert found.outcome == "registration"
        assert found.favourable is None


def test_no_favourable_rule_before_there_was_one(law: Law) -> None:
    found = decided(law, on="2014-06-03", woman=at("421181"), man=at("450102"), joint_children=1)
    assert found.favourable is None


def test_a_refusal_and_an_open_answer_have_no_ground(law: Law) -> None:
    couple = {"woman": at("310104"), "man": at("310104"), "joint_children": 3}
    assert decided(law, **couple, children={"disabled": 0}).ground is None
    assert decided(law, joint_children=1).ground is None


def test_a_place_that_wants_a_permit(law: Law) -> None:
    home = {"division": "410105", "since": "2020-01-01"}

    def residence(permit: bool | None) -> bool:
        spouses = {
            name: {"hukou": "421181", "residence": {**home, "permit": permit}}
            for name in ("woman", "man")
        }
        place = decided(law, **spouses, joint_children=1).place("woman_residence")
        assert place is not None
        return place.needs_permit

    assert residence(False)
    assert not residence(True)
    assert not residence(None)
