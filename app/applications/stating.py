"""What an answer of the wizard says of the facts that the law is asked with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.clock import today
from app.policy.facts import Facts

MARRIED = ("first", "remarried")


def stated(facts: Mapping[str, Any], step: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with what the answer of this step says, checked as of today.

    Raises `FactsError` when it contradicts another fact. A step that says nothing changes nothing.
    """
    if step not in STATING:
        return dict(facts)
    body = STATING[step]({**facts, "on": today().isoformat()}, answer)
    return Facts.from_json(body).to_json()


def _child(body: dict[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    body = {name: value for name, value in body.items() if name != "born_on"}
    body["stage"] = answer["stage"]
    if answer.get("born_on"):
        body["born_on"] = answer["born_on"]
    return body


def _marriage(body: dict[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Divorced or widowed is unmarried now; without a husband there is no man in it."""
    marriage = answer["marriage"] if answer["marriage"] in MARRIED else "unmarried"
    body = {name: value for name, value in body.items() if name not in {"man", "marriage"}}
    return {**body, "marriage": marriage}


STATING: Mapping[str, Callable[[dict[str, Any], Mapping[str, Any]], dict[str, Any]]] = {
    "children": _child,
    "marriage": _marriage,
}
