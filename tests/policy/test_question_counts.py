"""How many questions a couple is asked: few today, and even under the long list of 2014 not many."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pytest

from app.policy.interview import replay
from app.policy.law import Law
from tests.policy.couples import COUNTIES
from tests.policy.test_properties import choices

TODAY = date(2026, 11, 21)
HUBEI = ["421181", "421126", "420106"]


def asked(given: dict[str, list[Any]], on: date, law: Law, seed: int) -> tuple[str, ...]:
    """The questions of one couple; what `given` leaves open is answered at random."""
    random, answers = Random(seed), dict[str, Any]()
    while (interview := replay(answers, law, on=on)).next is not None:
        name = interview.next
        answers[name] = random.choice(given.get(name) or choices(name, on, answers))
    return interview.asked


@pytest.mark.parametrize("seed", range(60))
def test_a_first_marriage_today_is_asked_at_most_eight(seed: int, law: Law) -> None:
    """Up to three children, wherever they come from and live on the mainland."""
    homes = [None, *({"division": code} for code in COUNTIES)]
    couple = {
        "woman.hukou": COUNTIES,
        "man.hukou": COUNTIES,
        "marriage": ["first"],
        "joint_children": [0, 1, 2],
        "woman.residence": homes,
        "man.residence": homes,
    }
    assert len(asked(couple, TODAY, law, seed)) <= 8


HUBEI_SECOND_CHILD: dict[str, list[Any]] = {
    "woman.hukou": HUBEI,
    "man.hukou": HUBEI,
    "marriage": ["first"],
    "joint_children": [1],
    "woman.residence": [None, {"division": "420106"}],
    "man.residence": [None, {"division": "420106"}, {"division": "420583"}],
}


@pytest.mark.parametrize("seed", range(60))
def test_hubei_2014_asks_at_most_fourteen(seed: int, law: Law) -> None:
    assert len(asked(HUBEI_SECOND_CHILD, date(2014, 6, 3), law, seed)) <= 14


def test_hubei_2014_asks_an_only_child_eight(law: Law) -> None:
    couple = {
        **HUBEI_SECOND_CHILD,
        "woman.residence": [{"division": "420583"}],
        "man.residence": [{"division": "420583"}],
        "woman.only_child": [True],
        "woman.residence.since": ["2013-10-01"],
    }
    assert len(asked(couple, date(2014, 6, 3), law, 1)) == 8
