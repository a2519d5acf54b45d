"""The response of `POST /api/v1/decision`: a decision as plain JSON in the reader's script.

Statements, papers and limits are the same objects for every couple, so their JSON is made once for
each script and shared: nobody changes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from app.policy.criteria import Truth
from app.policy.decision import Decision, NeededDocument, Place
from app.policy.law import Citation
from app.policy.rulebook import Rulebook, TimeLimit

Translate = Callable[[str], str]


def decision_json(decision: Decision, translate: Translate) -> dict[str, Any]:
    """The whole response; its texts go through `translate`, its shape never changes."""
    best = decision.best
    return {
        "outcome": decision.outcome,
        "needs_staff": decision.needs_staff,
        "missing": list(decision.missing),
        "places": [
            _place(place, translate, recommended=place is best) for place in decision.places
        ],
        "fee": decision.fee,
        "if_late": _said(decision.if_late, translate),
        "reasons": [reason_json(cite, holds, translate) for cite, holds in decision.reasons],
        "rulebooks": [_rulebook(book, decision.facts.on, translate) for book in decision.rulebooks],
    }


def _said(text: str | None, translate: Translate) -> str | None:
    return translate(text) if text else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _place(place: Place, translate: Translate, *, recommended: bool) -> dict[str, Any]:
    procedure = place.procedure
    return {
        "role": place.role,
        "division": place.division,
        "allowed": place.allowed,
        "recommended": recommended,
        "outcome": place.outcome,
        "needs_staff": place.needs_staff,
        "opens_on": _iso(place.opens_on),
        "why_not": translate(place.why_not.text) if place.why_not else None,
        "online": place.online,
        "any_township": place.any_township,
        "certificate": _said(place.certificate, translate),
        "decided_by": procedure.decided_by if procedure else None,
        "decided_by_text": _said(procedure.decided_by_text if procedure else None, translate),
        "time_limits": [_time_limit(limit, translate) for limit in place.time_limits],
        "documents": [_document(document, translate) for document in place.documents],
        "notes": [translate(note) for note in procedure.notes] if procedure else [],
        "if_late": _said(place.if_late, translate),
        "rulebooks": [book.id for book in place.rulebooks],
    }


@lru_cache(maxsize=4096)
def _time_limit(limit: TimeLimit, translate: Translate) -> dict[str, Any]:
    return {
        "who": limit.who,
        "value": limit.value,
        "unit": limit.unit,
        "from": limit.start,
        "text": translate(limit.text),
    }


@lru_cache(maxsize=4096)
def _document(needed: NeededDocument, translate: Translate) -> dict[str, Any]:
    use, document = needed.use, needed.document
    replaceable = use.replaceable_by if use.replaceable_by is not None else document.replaceable_by
    return {
        "id": use.id,
        "name": translate(needed.name),
        "of": list(use.of),
        "form": use.form,
        "copies": use.copies,
        "note": _said(use.note or document.note, translate),
        "where_to_get": _said(document.where_to_get, translate),
        "replaceable_by": list(replaceable),
        "condition": _said(needed.condition, translate),
    }


@lru_cache(maxsize=4096)
def reason_json(cite: Citation, holds: Truth, translate: Translate) -> dict[str, Any]:
    """One statement of law and whether it held for this couple (null: not known yet)."""
    return {
        "rule": cite.id,
        "holds": holds,
        "text": translate(cite.text),
        "instrument": translate(cite.instrument),
        "article": translate(cite.article),
        "strength": cite.strength,
        "link": cite.link,
    }


def _rulebook(book: Rulebook, on: date, translate: Translate) -> dict[str, Any]:
    return {
        "id": book.id,
        "title": translate(book.title),
        "from": _iso(book.start),
        "to": _iso(book.end),
        "strength": book.strength,
        "checked_on": _iso(book.checked_on),
        "version": book.version,
        "not_held": [translate(gap.text) for gap in book.gaps_on(on)],
    }
