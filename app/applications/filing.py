"""The filing as it stands today: what the law says now, and which offices here could take it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import current_app
from sqlalchemy import func, or_, select

from app.applications.entrusting import latest_powers, with_power
from app.applications.models import Draft, Service, Upload
from app.applications.steps import SERVICE_OF, Filing, OfficeChoice, PlaceChoice
from app.clock import today
from app.extensions import db
from app.language import current_script
from app.places.models import Office
from app.places.service import canonical
from app.policy.decide import decide
from app.policy.facts import Facts


def decision_for(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the law says today to these facts, in the terms of the JSON contract."""
    as_of_today = Facts.from_json({**facts, "on": today().isoformat()})
    return decide(as_of_today, current_app.extensions["law"]).to_json(str)


def rules_changed(draft: Draft) -> bool:
    """Whether what the law says to these facts rests on other texts, versions or parts than at first."""
    kept = {book["id"]: book.get("version") for book in draft.rulebooks}
    now_speaking = decision_for(draft.facts or {})["rulebooks"]
    if kept != {book["id"]: book["version"] for book in now_speaking}:
        return True
    held = current_app.extensions["law"].shelf.rulebooks
    return any(book.moved(draft.as_of, today()) for book in held if book.id in kept)


def filing_of(draft: Draft) -> Filing:
    """The draft with today's decision, the offices that could take it and the pages sent so far."""
    return filings_of([draft])[0]


def filings_of(drafts: Sequence[Draft]) -> list[Filing]:
    """The same for many drafts, in their order, with as many questions to the database as for one."""
    pages = _pages(drafts)
    decisions = [decision_for(draft.facts or {}) for draft in drafts]
    offices = _live_offices(decisions)
    powers = latest_powers(drafts)
    return [
        with_power(
            _filing(
                Service(draft.service),
                draft.facts or {},
                draft.answers or {},
                decision,
                offices,
                pages.get(draft.id, {}),
            ),
            powers.get(draft.id),
        )
        for draft, decision in zip(drafts, decisions, strict=True)
    ]


def beginning(facts: Mapping[str, Any], role: str | None) -> Filing | None:
    """A filing that is only thought of: at the place with this role, else at the recommended one.

    None when the law answers neither registration nor approval there, or not yet.
    """
    decision = decision_for(facts)
    places = decision["places"]
    wanted = [place for place in places if place["role"] == role and place["allowed"]]
    for place in [*wanted, *(place for place in places if place["recommended"])]:
        service = SERVICE_OF.get(place["outcome"])
        if service is not None:
            answers = {"where": {"role": place["role"]}}
            return _filing(service, facts, answers, decision, _live_offices([decision]), {})
    return None


def other_service(filing: Filing) -> Service | None:
    """The other service, when that is what today's decision answers and this one no longer."""
    for place in sorted(filing.decision["places"], key=lambda place: not place["recommended"]):
        service = SERVICE_OF.get(place["outcome"]) if place["allowed"] else None
        if service is not None and service is not filing.service:
            return service
    return None


def _filing(
    service: Service,
    facts: Mapping[str, Any],
    answers: Mapping[str, Any],
    decision: Mapping[str, Any],
    live: Mapping[str, Sequence[OfficeChoice]],
    pages: Mapping[str, int],
) -> Filing:
    places = decision["places"]
    offices = tuple(office for county in _counties(places) for office in live.get(county, ()))
    return Filing(
        service=service,
        answers=answers,
        facts=facts,
        decision=decision,
        choices=_choices(places, offices, service),
        collect_offices=offices,
        pages=pages,
    )


def _choices(
    places: Iterable[Mapping[str, Any]], offices: tuple[OfficeChoice, ...], service: Service
) -> tuple[PlaceChoice, ...]:
    """The places that the law opens for this service online and that an office here serves."""
    found = []
    for place in places:
        if not (place["allowed"] and place["online"]):
            continue
        if SERVICE_OF.get(place["outcome"]) is not service:
            continue
        serving = _serving(place, offices)
        if serving:
            found.append(PlaceChoice(place, serving))
    return tuple(found)


def _serving(
    place: Mapping[str, Any], offices: tuple[OfficeChoice, ...]
) -> tuple[OfficeChoice, ...]:
    """The township itself; every township when only the county is known; else the county's office."""
    division = canonical(place["division"])
    scope = division[:2] if place["any_township"] else division
    townships = tuple(one for one in offices if len(one.code) == 9 and one.code.startswith(scope))
    return townships or tuple(one for one in offices if one.code == division[:6])


def _live_offices(decisions: Iterable[Mapping[str, Any]]) -> dict[str, list[OfficeChoice]]:
    """The offices live on this installation in the counties of these decisions, by county."""
    counties = {county for decision in decisions for county in _counties(decision["places"])}
    if not counties:
        return {}
    rows = db.session.scalars(
        select(Office)
        .where(
            Office.live,
            or_(*(Office.code.startswith(county) for county in sorted(counties))),
        )
        .order_by(Office.code)
    )
    traditional = current_script() == "zh_Hant"
    found: dict[str, list[OfficeChoice]] = {}
    for row in rows:
        name = row.name_hant if traditional else row.name
        found.setdefault(row.code[:6], []).append(OfficeChoice(row.id, row.code, name))
    return found


def _counties(places: Iterable[Mapping[str, Any]]) -> list[str]:
    """The counties of these places, in order."""
    divisions = (place["division"] for place in places)
    return sorted({canonical(division)[:6] for division in divisions if division.isdigit()})


def _pages(drafts: Sequence[Draft]) -> dict[uuid.UUID | None, dict[str, int]]:
    """How many pages of each paper are there, by draft."""
    rows = db.session.execute(
        select(Upload.draft_id, Upload.document_id, func.count())
        .where(Upload.draft_id.in_([draft.id for draft in drafts]), Upload.replaced_at.is_(None))
        .group_by(Upload.draft_id, Upload.document_id)
    )
    pages: dict[uuid.UUID | None, dict[str, int]] = {}
    for draft_id, document_id, count in rows:
        pages.setdefault(draft_id, {})[document_id] = count
    return pages
