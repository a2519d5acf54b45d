"""What changed in a jurisdiction between two days, for readers and for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from app.appearance import said
from app.language import lazy_gettext
from app.policy.amendment import DAY, Amendment, PlaceTurn, Point, Turn, amendment, days_of_change
from app.rules.service import book_json, paper_json, statement_json, the_law

POINTS: Final[Mapping[str, Any]] = {
    "certificate": lazy_gettext("拿到什么"),
    "decided_by": lazy_gettext("谁来定"),
    "online": lazy_gettext("网上"),
    "limits": lazy_gettext("多久"),
    "documents": lazy_gettext("带什么"),
    "if_late": lazy_gettext("到期没办好"),
    "notes": lazy_gettext("还要知道"),
}


def days(code: str) -> list[date]:
    """The days on which something changed in a jurisdiction, the newest first."""
    return days_of_change(the_law().shelf, code)[::-1]


def between(code: str, first: date | None, second: date) -> Amendment:
    """What differs between two days, the earlier one first; without a first day, at the last change."""
    if first is None:
        past = [day for day in days(code) if day <= second]
        first = (past[0] if past else second) - DAY
    return amendment(the_law().shelf, code, min(first, second), max(first, second))


def as_json(found: Amendment) -> dict[str, Any]:
    """The amendment for other programs; texts in the reader's script."""
    return {
        "jurisdiction": found.after.code,
        "from": found.before.on.isoformat(),
        "to": found.after.on.isoformat(),
        "changed": found.any,
        "rulebooks_ended": [book_json(book) for book in found.ended],
        "rulebooks_began": [book_json(book) for book in found.began],
        "not_held": _point(found.gaps) if found.gaps else None,
        "statements": [_turn(turn) for turn in found.substance],
        "favourable": [_turn(turn) for turn in found.favourable],
        "places": {
            paper: [_place(turn) for turn in turns] for paper, turns in found.places.items()
        },
        "procedures": {
            paper: {point.name: _point(point) for point in points}
            for paper, points in found.points.items()
        },
        "certificates": [_turn(turn) for turn in found.certificates],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "was": statement_json(turn.was) if turn.was else None,
        "becomes": statement_json(turn.becomes) if turn.becomes else None,
        "same_words": turn.same_words,
    }


def _place(turn: PlaceTurn) -> dict[str, Any]:
    return {
        "roles": list(turn.roles),
        "was": [statement_json(one) for one in turn.was],
        "becomes": [statement_json(one) for one in turn.becomes],
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "was": [_value(point.name, value) for value in point.was],
        "becomes": [_value(point.name, value) for value in point.becomes],
    }


def _value(name: str, value: Any) -> Any:
    if name == "documents":
        return paper_json(*value)
    return value if isinstance(value, bool) else said(value)
