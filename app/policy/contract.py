"""The response of `POST /api/v1/decision`: a decision as plain JSON in the reader's script.

Statements, papers and limits are the same objects for every couple, so their JSON is made once for
each script and shared: nobody changes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, Final

from app.policy.criteria import Truth
from app.policy.decision import Decision, NeededDocument, Place
from app.policy.law import Citation
from app.policy.rulebook import Rulebook, TimeLimit

Translate = Callable[[str], str]


def decision_json(decision: Decision, translate: Translate) -> dict[str, Any]:
    """The whole response; its texts go through `translate`, its shape never changes."""
    body = _frame(decision, translate)
    for place, shown in zip(decision.places, body["places"], strict=True):
        shown["documents"] = [_document(needed, translate) for needed in place.documents]
    body["reasons"] = [reason_json(cite, holds, translate) for cite, holds in decision.reasons]
    on = decision.facts.on
    body["rulebooks"] = [_rulebook(book, on, translate) for book in decision.rulebooks]
    return body


def decision_text(decision: Decision, translate: Translate) -> str:
    """`decision_json` as text. What is the same for every couple is written once and pasted in.

    In JSON no text holds an unescaped quotation mark, so a name with its value is found surely.
    """
    text, *after = _text(_frame(decision, translate)).split('"documents":0')
    for place, more in zip(decision.places, after, strict=True):
        papers = ",".join(_document_text(needed, translate) for needed in place.documents)
        text += f'"documents":[{papers}]{more}'
    reasons = ",".join(_reason_text(cite, holds, translate) for cite, holds in decision.reasons)
    on = decision.facts.on
    books = ",".join(_rulebook_text(book, on, translate) for book in decision.rulebooks)
    return f'{text.removesuffix("}")},"reasons":[{reasons}],"rulebooks":[{books}]}}'


def _frame(decision: Decision, translate: Translate) -> dict[str, Any]:
    """The response without its reasons and rulebooks, and with a 0 where the papers of a place come."""
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
    }


# Plain and short: the order of the contract, characters as they are.
_text: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(maxsize=4096)
def _reason_text(cite: Citation, holds: Truth, translate: Translate) -> str:
    return _text(reason_json(cite, holds, translate))


@lru_cache(maxsize=4096)
def _document_text(needed: NeededDocument, translate: Translate) -> str:
    return _text(_document(needed, translate))


@lru_cache(maxsize=4096)
def _rulebook_text(book: Rulebook, on: date, translate: Translate) -> str:
    return _text(_rulebook(book, on, translate))


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
        "documents": 0,
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
