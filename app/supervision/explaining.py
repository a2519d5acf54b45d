"""Why a case is late, as its office writes it: a cause from the list, and words."""

from __future__ import annotations

from sqlalchemy import select

from app import audit
from app.applications.models import LIVE, Application
from app.casework.service import ChangedMeanwhileError, Desk, first_come
from app.clock import today
from app.extensions import db
from app.supervision.models import Cause, LateReason, Outcome


def is_late(application: Application) -> bool:
    """Whether the case is past its day, or ended after its last one."""
    if application.state in LIVE:
        return application.due_on is not None and application.due_on < today()
    outcome = db.session.get(Outcome, application.id)
    return outcome is not None and outcome.is_late


def reason_for(application: Application) -> LateReason | None:
    """What was written, read afresh."""
    return db.session.scalar(
        select(LateReason)
        .where(LateReason.application_id == application.id)
        .execution_options(populate_existing=True)
    )


def explain(
    desk: Desk, application: Application, cause: Cause, words: str, *, version: int
) -> None:
    """Write it down, or write it anew over `version` (0: nothing was there). Commits.

    Raises `ChangedMeanwhileError` when somebody else wrote meanwhile.
    """
    found = reason_for(application)
    if (found.version if found else 0) != version:
        raise ChangedMeanwhileError
    reason = found or LateReason(application=application)
    with first_come():
        reason.cause, reason.words = cause, words
        reason.noted_on, reason.noted_by = today(), desk.officer.id
        db.session.add(reason)
        audit.record(
            "case.late_explained",
            actor=desk.actor,
            subject=f"application:{application.id}",
            data={"cause": str(cause)},
        )
