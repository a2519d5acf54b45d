"""The interview: ask the first fact a decision misses, then decide again.

Nothing is remembered but the answers. The questions are replayed from them each time, so a changed
answer keeps every later one that is still asked, and Back is always true. Adding a province adds
nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from app.policy.decide import decide
from app.policy.decision import Decision
from app.policy.facts import ORDER, Facts
from app.policy.law import Citation, Law

UNSURE: Final = "unsure"
"""The answer "不确定": the fact stays unknown and is not asked again."""

# What most couples would answer, only to estimate how many questions are left.
_TYPICAL: Final[Mapping[str, Any]] = {
    "woman.hukou": "421181",
    "marriage": "first",
    "man.hukou": "450102",
    "joint_children": 1,
    "woman.residence": {"division": "320576"},
    "man.residence": None,
    "pledge": True,
    "child_born_on": "1900-01-01",
    "woman.residence.since": "1900-01-01",
    "man.residence.since": "1900-01-01",
    "woman.residence.permit": True,
    "man.residence.permit": True,
    "stage": "pregnant",
    "born_on": "1900-01-01",
    "household": "urban",
    "woman.prior_children": 0,
    "man.prior_children": 0,
    "woman.only_child": True,
    "man.only_child": True,
}


@dataclass(frozen=True, slots=True)
class Interview:
    """Where a couple stands. `asked` in order, `next` to ask, the decision so far."""

    facts: Facts
    decision: Decision
    asked: tuple[str, ...]
    next: str | None
    law: Law
    taken: Mapping[str, Any]
    left_open: frozenset[str]

    @property
    def remaining(self) -> int:
        """About how many questions are left, the next one included, if answered as most would."""
        if not self.taken and not self.left_open:
            # Everybody's first question, and the same for all: asking the law was a fifth of that page.
            return _from_the_start(self.law, self.facts.service, self.facts.on)
        return self._guess()

    def _guess(self) -> int:
        guess, open_, count, question = dict(self.taken), set(self.left_open), 0, self.next
        while question is not None:
            count += 1
            open_.add(question)
            guess[question] = _TYPICAL.get(
                question, 0 if question.startswith("children") else False
            )
            facts = facts_from(guess, service=self.facts.service, on=self.facts.on)
            missing = decide(facts, self.law).missing
            question = next((name for name in missing if name not in open_), None)
        return count

    @property
    def because(self) -> tuple[Citation, ...]:
        """The statements of law that need the next answer."""
        return self.decision.because.get(self.next, ()) if self.next else ()


def replay(
    answers: Mapping[str, Any],
    law: Law,
    *,
    service: str = "childbirth",
    on: date,
    upto: str | None = None,
) -> Interview:
    """Ask again from the start with `answers` (request path -> JSON value, or `UNSURE`).

    Answers nobody asks for any more are left aside, not lost. With `upto` the replay stops at that
    question, as if it had not been answered. Raises `FactsError` when the answers contradict.
    """
    taken: dict[str, Any] = {}
    unsure: set[str] = set()
    asked: list[str] = []
    while True:
        facts = facts_from(taken, service=service, on=on)
        decision = decide(facts, law)
        question = next((name for name in decision.missing if name not in unsure), None)
        if question is None or question not in answers or question == upto:
            break
        if question in taken:
            # Answered, but too coarsely for the law (a province where a county is needed).
            unsure.add(question)
            continue
        asked.append(question)
        if answers[question] == UNSURE:
            unsure.add(question)
        else:
            taken[question] = answers[question]
    return Interview(facts, decision, tuple(asked), question, law, taken, frozenset(unsure))


@lru_cache(maxsize=16)
def _from_the_start(law: Law, service: str, on: date) -> int:
    return replay({}, law, service=service, on=on)._guess()


def facts_from(answers: Mapping[str, Any], *, service: str, on: date) -> Facts:
    """Facts from answers keyed by request path. Raises `FactsError` as `Facts.from_json` does."""
    body: dict[str, Any] = {"service": service, "on": on.isoformat()}
    for name in ORDER:
        if name not in answers:
            continue
        value = answers[name]
        *parents, last = name.split(".")
        target = body
        for parent in parents:
            if target.get(parent) is None and parent in target:
                break  # the residence turned out to be the hukou place: nothing to add
            target = target.setdefault(parent, {})
        else:
            target[last] = dict(value) if isinstance(value, dict) else value
    return Facts.from_json(body)
