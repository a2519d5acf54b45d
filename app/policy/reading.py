"""Facts as text: one JSON object, read strictly.

What could be understood in two ways is refused, with the field and what was expected.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final

from app.policy.facts import Facts, FactsError

LONGEST: Final = 16 * 1024
DEEPEST: Final = 8


def read_facts(text: str, today: date) -> Facts:
    """The facts of a request of the JSON contract; `today` when it names no day.

    Raises `FactsError` for everything `read_object` and the contract refuse.
    """
    return Facts.from_json(read_object(text), today=today)


def read_object(text: str) -> dict[str, Any]:
    """One JSON object in which every name stands once and every number is a short whole one.

    Raises `FactsError`; length and depth are looked at before parsing.
    """
    if len(text) > LONGEST:
        raise FactsError("request", "at most %(most)s characters", most=LONGEST)
    if _depth(text) > DEEPEST:
        raise FactsError("request", "at most %(most)s levels deep", most=DEEPEST)
    try:
        body = json.loads(
            text,
            object_pairs_hook=_each_name_once,
            parse_int=_short_integer,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    except json.JSONDecodeError as error:
        raise FactsError(
            "request",
            "one JSON object; it breaks off at line %(line)s, character %(column)s",
            line=error.lineno,
            column=error.colno,
        ) from error
    if not isinstance(body, dict):
        raise FactsError("request", "one JSON object")
    return body


def _depth(text: str) -> int:
    """How deep brackets nest at most, strings left aside; counted without parsing."""
    brackets = text.count("[") + text.count("{")
    if brackets <= DEEPEST:
        return brackets
    deepest = depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, value in pairs:
        if name in body:
            raise FactsError(name, "each field only once")
        body[name] = value
    return body


def _short_integer(digits: str) -> int:
    if len(digits) > 9:
        raise FactsError("request", "whole numbers of at most 9 digits")
    return int(digits)


def _refuse(text: str) -> None:
    raise FactsError("request", "whole numbers, not %(text)s", text=text[:20])
