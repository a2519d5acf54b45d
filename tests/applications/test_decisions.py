"""A decision is kept for a while by its facts, and made anew whenever it could be another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from app.applications import decisions
from app.applications.decisions import KEPT_SECONDS, MOST, decision_for
from app.policy.law import Law
from tests import factories as make

FACTS = make.FIRST_CHILD


@pytest.fixture
def made(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Law]]:
    """The law of each decision that was made, not remembered."""
    decide, held = decisions.decide, app.extensions["law"]
    laws: list[Law] = []

    def noted(facts: Any, law: Law) -> Any:
        laws.append(law)
        return decide(facts, law)

    monkeypatch.setattr(decisions, "decide", noted)
    app.extensions.pop("decisions", None)
    yield laws
    app.extensions["law"] = held


def test_the_same_facts_are_decided_once(app: Flask, made: list[Law]) -> None:
    with app.app_context():
        first = decision_for(FACTS)
        assert decision_for(dict(reversed(FACTS.items()))) == first
        assert len(made) == 1
        decision_for({**FACTS, "joint_children": 1})
    assert len(made) == 2


def test_another_day_another_law_and_five_minutes_later_it_is_decided_anew(
    app: Flask, made: list[Law], as_of: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        decision_for(FACTS)
        as_of("2026-03-02")
        decision_for(FACTS)
        assert len(made) == 2
        app.extensions["law"] = Law(app.extensions["law"].shelf)
        decision_for(FACTS)
        assert made[2] is app.extensions["law"] is not made[1]
        later = decisions.time.monotonic() + KEPT_SECONDS
        monkeypatch.setattr(decisions.time, "monotonic", lambda: later)
        decision_for(FACTS)
    assert len(made) == 4


def test_what_is_kept_tells_no_facts_and_does_not_grow(app: Flask, made: list[Law]) -> None:
    with app.app_context():
        for number in range(MOST + 2):
            since = (date(2000, 1, 1) + timedelta(days=number)).isoformat()
            home = {"division": make.LOUFENG, "since": since}
            decision_for({**FACTS, "woman": {"hukou": make.BAIGUO, "residence": home}})
        names = list(app.extensions["decisions"])
    assert all(len(name) == 64 for name in names)
    assert len(names) <= MOST
