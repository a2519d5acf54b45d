"""Telling the place of hukou what was decided at another place: by itself where it has a desk here."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from app.applications import events
from app.applications.models import Application, Event, Happened
from app.applications.records import promised_days
from app.clock import today
from app.extensions import db
from app.places.models import Office
from app.places.service import offices_for
from app.verification.models import ResultNote

_RESULTS = (Happened.REGISTERED, Happened.APPROVED)


@events.follow
def tell_hukou(application: Application, event: Event) -> None:
    """A result at a residence: a note on the desk of each hukou office that is live here."""
    if event.kind not in _RESULTS or not application.filing_role.endswith("_residence"):
        return
    codes = _hukou_places(application)
    offices = offices_for(codes)
    told = _live(offices.values(), application.office_id)
    for office in told:
        db.session.add(
            ResultNote(
                application=application,
                office_id=office.id,
                from_office_id=application.office_id,
                result=event.kind,
                told_on=today(),
            )
        )
    # A place without a desk here is told by the clerk, who then notes it.
    untold = sum(code not in offices or offices[code] not in told for code in codes)
    if told:
        note_told(application, untold, actor_kind="system", actor_id=None, office_id=None)


def note_told(
    application: Application,
    untold: int,
    *,
    actor_kind: str,
    actor_id: uuid.UUID | None,
    office_id: uuid.UUID | None,
) -> None:
    """That places of hukou know the result now; `untold`: how many do not yet. The caller commits."""
    events.append(
        application,
        Happened.RESULT_REPORTED,
        actor_kind=actor_kind,
        actor_id=actor_id,
        office_id=office_id,
        data={"open": untold} if untold else {},
        promise=promised_days(),
    )


def notes_for(office_ids: Iterable[uuid.UUID], limit: int) -> list[ResultNote]:
    """What these offices were told, the latest first."""
    return list(
        db.session.scalars(
            select(ResultNote)
            .where(ResultNote.office_id.in_(list(office_ids)))
            .order_by(ResultNote.told_on.desc(), ResultNote.id)
            .limit(limit)
        )
    )


def _hukou_places(application: Application) -> list[str]:
    facts = application.facts or {}
    codes = [(facts.get(who) or {}).get("hukou") for who in ("woman", "man")]
    return [code for code in dict.fromkeys(codes) if code and code.isdigit()]


def _live(offices: Iterable[Office], own: uuid.UUID) -> list[Office]:
    return list({o.id: o for o in offices if o.live and o.id != own}.values())
