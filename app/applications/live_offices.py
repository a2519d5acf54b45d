"""The offices that take applications here, by county, kept in the memory of each process for a minute.

They change by a command a few times a year, while every page of every journey asks for them. The process
that changes one knows at once, every other within the minute; an office that stops being live is there
still, and sends on what reaches it meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from flask import current_app, has_app_context
from sqlalchemy import event, or_, select

from app.applications.steps import OfficeChoice
from app.extensions import db
from app.language import WRITTEN_IN
from app.places.models import Office

KEPT_SECONDS: Final = 60
_KEPT: Final = "live_offices"


class _County(NamedTuple):
    until: float
    in_simplified: tuple[OfficeChoice, ...]
    in_traditional: tuple[OfficeChoice, ...]


def live_offices(counties: Sequence[str], script: str) -> dict[str, tuple[OfficeChoice, ...]]:
    """The live offices in each of these counties, by their codes of six digits, named in `script`."""
    kept: dict[str, _County] = current_app.extensions.setdefault(_KEPT, {})
    now = time.monotonic()
    fresh = {
        county: found for county in counties if (found := kept.get(county)) and found.until > now
    }
    if len(fresh) < len(counties):
        asked = _asked_for([county for county in counties if county not in fresh], now)
        kept.update(asked)
        fresh |= asked
    simplified = script == WRITTEN_IN
    return {
        county: found.in_simplified if simplified else found.in_traditional
        for county, found in fresh.items()
    }


def _asked_for(counties: Sequence[str], now: float) -> dict[str, _County]:
    within = (Office.code.between(county, f"{county}~") for county in counties)
    found: dict[str, list[Office]] = {county: [] for county in counties}
    for office in db.session.scalars(
        select(Office).where(Office.live, or_(*within)).order_by(Office.code)
    ):
        found[office.code[:6]].append(office)
    return {
        county: _County(
            now + KEPT_SECONDS,
            tuple(OfficeChoice(each.id, each.code, each.name) for each in offices),
            tuple(OfficeChoice(each.id, each.code, each.name_hant) for each in offices),
        )
        for county, offices in found.items()
    }


@event.listens_for(Office, "after_insert")
@event.listens_for(Office, "after_update")
@event.listens_for(Office, "after_delete")
def forget(*_: object) -> None:
    """Ask anew: an office was changed in this process, or the database is another."""
    if has_app_context():
        current_app.extensions.pop(_KEPT, None)
