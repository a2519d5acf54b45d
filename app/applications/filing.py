"""The filing as it stands today: what the law says now, and which offices here could take it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import current_app
from sqlalchemy import bindparam, func, select

from app.applications.decisions import decision_for
from app.applications.entrusting import latest_powers, with_power
from app.applications.live_offices import live_offices
from app.applications.models import Draft, Service, Upload
from app.applications.steps import Filing, OfficeChoice, PlaceChoice, service_at
from app.clock import today
from app.language import current_script
from app.places.online import taken_online
from app.places.service import canonical
from app.statements import plainly


def rules_changed(draft: Draft, decision: Mapping[str, Any] | None = None) -> bool:
    """Whether what the law says to these facts rests on other texts, versions or parts than at first.

    `decision`: today's, where it was made already.
    """
    kept = {book["id"]: book.get("version") for book in draft.rulebooks}
    now_speaking = (decision or decision_for(draft.facts or {}))["rulebooks"]
    if kept != {book["id"]: book["version"] for book in now_speaking}:
        return True
    held = current_app.extensions["law"].shelf.rulebooks
    return any(book.moved(draft.as_of, today()) for book in held if book.id in kept)


@dataclass(frozen=True)
class Circumstances:
    """What the law and this installation say to the facts of a draft, each looked up once, when needed."""

    facts: Mapping[str, Any]
    draft_id: uuid.UUID | None = None
    # Whether the people stand at a window, where what may not be sent from a phone is taken as well.
    at_window: bool = False

    @cached_property
    def decision(self) -> Mapping[str, Any]:
        """Today's decision in the terms of the JSON contract."""
        return decision_for(self.facts)

    @cached_property
    def offices(self) -> tuple[OfficeChoice, ...]:
        """The live offices in the counties of the decision."""
        return _in_order(self.decision, _live_offices([self.decision]))

    @cached_property
    def pages(self) -> Mapping[str, int]:
        """How many pages of each paper were sent so far; none before there is a draft."""
        return _pages([self.draft_id]).get(self.draft_id, {}) if self.draft_id else {}

    def choices(self, service: Service) -> tuple[PlaceChoice, ...]:
        """The places open for this service that an office here serves: online, but at a window."""
        found = []
        for place in self.decision["places"]:
            if not place["allowed"] or service_at(place, self.facts) is not service:
                continue
            by_law = bool(place["online"])
            if not (self.at_window or taken_online(self.facts["service"], by_law=by_law)):
                continue
            serving = _serving(place, self.offices)
            if serving:
                found.append(PlaceChoice(place, serving))
        return tuple(found)


def filing_of(draft: Draft) -> Filing:
    """The draft with today's decision, the offices that could take it and the pages sent so far."""
    return _filings([draft])[0]


def filings_of(drafts: Sequence[Draft]) -> list[Filing]:
    """The same for many drafts, in their order, with as many questions to the database as for one."""
    filings = _filings(drafts)
    offices = _live_offices([filing.decision for filing in filings])
    pages = _pages([draft.id for draft in drafts])
    for draft, filing in zip(drafts, filings, strict=True):
        # As if looked up one by one.
        vars(filing.circumstances).update(
            offices=_in_order(filing.decision, offices), pages=pages.get(draft.id, {})
        )
    return filings


def _filings(drafts: Sequence[Draft]) -> list[Filing]:
    powers = latest_powers(drafts)
    found = []
    for draft in drafts:
        facts = draft.facts or {}
        at_window = draft.window_office_id is not None
        known = Circumstances(facts, draft.id, at_window)
        filing = Filing(
            Service(draft.service), draft.answers or {}, facts, known, at_window=at_window
        )
        found.append(with_power(filing, powers.get(draft.id)))
    return found


def beginning(
    facts: Mapping[str, Any], role: str | None, *, at_window: bool = False
) -> Filing | None:
    """A filing that is only thought of: at the place with this role, else at the recommended one.

    `at_window`: its people stand there. None when the law answers neither registration nor approval there, or not yet.
    """
    known = Circumstances(facts, at_window=at_window)
    places = known.decision["places"]
    wanted = [place for place in places if place["role"] == role and place["allowed"]]
    for place in [*wanted, *(place for place in places if place["recommended"])]:
        service = service_at(place, facts)
        if service is not None:
            where = {"where": {"role": place["role"]}}
            return Filing(service, where, facts, known, at_window=at_window)
    return None


def other_service(filing: Filing) -> Service | None:
    """The other service, when that is what today's decision answers and this one no longer."""
    for place in sorted(filing.decision["places"], key=lambda place: not place["recommended"]):
        service = service_at(place, filing.facts) if place["allowed"] else None
        if service is not None and service is not filing.service:
            return service
    return None


def _serving(
    place: Mapping[str, Any], offices: tuple[OfficeChoice, ...]
) -> tuple[OfficeChoice, ...]:
    """The township itself; every township when only the county is known; else the county's office."""
    division = canonical(place["division"])
    scope = division[:2] if place["any_township"] else division
    townships = tuple(one for one in offices if len(one.code) == 9 and one.code.startswith(scope))
    return townships or tuple(one for one in offices if one.code == division[:6])


def _live_offices(decisions: Iterable[Mapping[str, Any]]) -> Mapping[str, Sequence[OfficeChoice]]:
    """The offices live on this installation in the counties of these decisions, by county."""
    counties = {county for decision in decisions for county in _counties(decision["places"])}
    return live_offices(sorted(counties), current_script())


def _in_order(
    decision: Mapping[str, Any], live: Mapping[str, Sequence[OfficeChoice]]
) -> tuple[OfficeChoice, ...]:
    """The offices of this decision's counties, by county."""
    counties = _counties(decision["places"])
    return tuple(office for county in counties for office in live.get(county, ()))


def _counties(places: Iterable[Mapping[str, Any]]) -> list[str]:
    """The counties of these places, in order."""
    divisions = (place["division"] for place in places)
    return sorted({canonical(division)[:6] for division in divisions if division.isdigit()})


_PAGES = (
    select(Upload.draft_id, Upload.document_id, func.count().filter(Upload.replaced_at.is_(None)))
    .where(Upload.draft_id.in_(bindparam("drafts", expanding=True)))
    .group_by(Upload.draft_id, Upload.document_id)
)


def _pages(drafts: Sequence[uuid.UUID]) -> dict[uuid.UUID | None, dict[str, int]]:
    """How many pages of each paper are there, by draft; 0 where there are only replaced ones."""
    rows = plainly(_PAGES, {"drafts": list(drafts)}).all()
    pages: dict[uuid.UUID | None, dict[str, int]] = {}
    for draft_id, document_id, count in rows:
        pages.setdefault(draft_id, {})[document_id] = count
    return pages
