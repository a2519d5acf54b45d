"""Collecting the paper at another window than was chosen at first."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from app.accounts.models import Citizen
from app.applications import events
from app.applications.models import Application, Happened
from app.applications.windows import WITH_PAPER
from app.extensions import db
from app.places.models import Office
from app.tracking.service import ChangedMeanwhileError


def may_move(application: Application) -> bool:
    """Whether there is, or will be, a paper to collect."""
    return application.state in WITH_PAPER


def move(citizen: Citizen, application: Application, window: Office) -> None:
    """Collect it at this window of the jurisdiction; both windows see it. Commits.

    Raises `ChangedMeanwhileError` when there is no paper to come any more, or an office was first.
    """
    if not may_move(application):
        raise ChangedMeanwhileError
    before = application.collect_office_id
    if before == window.id:
        return
    application.collect_office_id = window.id
    try:
        events.append_by_citizen(
            application,
            Happened.COLLECT_OFFICE_CHANGED,
            citizen,
            # The office of the event is the one that loses it, so that it can be listed there.
            office_id=before,
            data={"from_office": str(before), "to_office": str(window.id)},
        )
        db.session.commit()
    except (StaleDataError, IntegrityError) as error:
        db.session.rollback()
        raise ChangedMeanwhileError from error
