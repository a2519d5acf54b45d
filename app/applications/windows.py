"""At which window a paper is collected: any of the jurisdiction that has the case."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from app.applications.models import LIVE, Application, State
from app.extensions import db
from app.places.models import Office

# Where a paper is still to come, or to be collected.
WITH_PAPER = (*LIVE, State.REGISTERED, State.APPROVED)


def windows_for(application: Application) -> Sequence[Office]:
    """The windows of the county that has the case, those that work on this site."""
    office = db.session.get_one(Office, application.office_id)
    return db.session.scalars(
        select(Office)
        .where(Office.live, Office.code.startswith(office.code[:6]))
        .order_by(Office.code)
    ).all()


def window_of(application: Application, office_id: uuid.UUID) -> Office | None:
    """One of them; None for every other office."""
    return next((each for each in windows_for(application) if each.id == office_id), None)
