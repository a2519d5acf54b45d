"""The interview: ask the first fact a decision misses, then decide again.

Nothing is remembered but the answers. The questions are replayed from them each time, so a changed
answer keeps every later one that is still asked, and Back is always true. Adding a province adds
nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app.policy.decide import Decision, decide
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
    "child_born_on": "2000-01-01",
    "woman.residence.since": "2000-01-01",
    "man.residence.since": "2000-01-01",
    "woman.residence.permit": True,
    "man.residence.permit": True,
    "stage": "pregnant",
    "born_on": "2000-01-01",
    "household": "urban",
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
    remaining: int

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
    remaining = 0 if question is None else _remaining(taken, unsure, question, law, service, on)
    return Interview(facts, decision, tuple(asked), question, remaining)


def _remaining(
    taken: Mapping[str, Any], unsure: set[str], question: str, law: Law, service: str, on: date
) -> int:
    """About how many questions are left, this one included, if the rest is answered as most would."""
    guess, skip, count = dict(taken), set(unsure), 0
    following: str | None = question
    while following is not None and count < len(ORDER):
        count += 1
        skip.add(following)
        if following in _TYPICAL:
            guess[following] = _TYPICAL[following]
        else:
            guess[following] = (
                0 if following.startswith(("children", "woman.p", "man.p")) else False
            )
        decision = decide(facts_from(guess, service=service, on=on, check=False), law)
        following = next((name for name in decision.missing if name not in skip), None)
    return count


def facts_from(answers: Mapping[str, Any], *, service: str, on: date, check: bool = True) -> Facts:
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
    if not check:
        _drop_contradictions(body)
    return Facts.from_json(body)


def _drop_contradictions(body: dict[str, Any]) -> None:
    """A guess must never fail: keep only what cannot contradict."""
    if body.get("stage") != "born":
        body.pop("born_on", None)
    for person in ("woman", "man"):
        home = (body.get(person) or {}).get("residence")
        if home:
            home.pop("since", None) if home.get("since", "") > body["on"] else None
