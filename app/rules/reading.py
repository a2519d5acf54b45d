"""Facts as an editor hands them in: one JSON object, read strictly."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final

from app.policy.facts import Facts, FactsError

LONGEST: Final = 16 * 1024


def read_facts(text: str, today: date) -> Facts:
    """The facts of a request of the JSON contract; `today` when it names no day.

    Raises `FactsError` for text that is not such an object, a name that stands twice, a number that
    is not a whole one, and everything the contract refuses.
    """
    if len(text) > LONGEST:
        raise FactsError("request", f"at most {LONGEST} characters")
    try:
        body = json.loads(
            text,
            object_pairs_hook=_each_name_once,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    except FactsError:
        raise
    except (ValueError, RecursionError) as error:
        where = f"; it breaks off at line {error.lineno}" if isinstance(error, _Broken) else ""
        raise FactsError("request", f"one JSON object{where}") from error
    if not isinstance(body, dict):
        raise FactsError("request", "one JSON object")
    return Facts.from_json(body, today=today)


_Broken = json.JSONDecodeError


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, value in pairs:
        if name in body:
            raise FactsError(name, "each field only once")
        body[name] = value
    return body


def _refuse(text: str) -> None:
    raise FactsError("request", f"whole numbers, not {text[:20]}")
