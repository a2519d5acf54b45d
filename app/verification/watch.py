"""What the worker does about questions that nobody answers: a reminder, then both supervisors.

Each happens once, however many workers look: the row is taken by the statement that changes it.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, select, update

from app import audit
from app.applications import events
from app.applications.models import ENDED, Application, Happened
from app.applications.records import promised_days
from app.clock import today
from app.extensions import db
from app.verification.models import Stage, VerificationRequest


def watch() -> int:
    """Remind the offices whose day is near and tell both supervisors of those that let it pass; how many."""
    waiting = VerificationRequest.stage == Stage.WAITING
    due = waiting & (VerificationRequest.remind_on <= today())
    late = waiting & (VerificationRequest.due_on < today())
    return _each(
        due & VerificationRequest.reminded_on.is_(None), "verification.reminded", "reminded_on"
    ) + _each(
        late & VerificationRequest.escalated_on.is_(None), "verification.escalated", "escalated_on"
    )


def _each(wanted: ColumnElement[bool], kind: str, column: str) -> int:
    found = db.session.scalars(
        select(VerificationRequest.id).where(wanted).order_by(VerificationRequest.due_on)
    ).all()
    return sum(_take(each, wanted, kind, column) for each in found)


def _take(request_id: uuid.UUID, wanted: ColumnElement[bool], kind: str, column: str) -> bool:
    """Take this one and write it down in one transaction, unless another worker has it."""
    values: dict[str, Any] = {column: today(), "version": VerificationRequest.version + 1}
    application_id = db.session.execute(
        update(VerificationRequest)
        .where(VerificationRequest.id == request_id, wanted)
        .values(**values)
        .returning(VerificationRequest.application_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    application = db.session.get(Application, application_id) if application_id else None
    if application is not None:
        audit.record(
            kind,
            actor="system",
            subject=f"application:{application.id}",
            data={"request": request_id},
        )
        if column == "escalated_on" and application.state not in ENDED:
            events.append(
                application,
                Happened.VERIFICATION_ESCALATED,
                actor_kind="system",
                actor_id=None,
                data={"request": str(request_id)},
                promise=promised_days(),
            )
    db.session.commit()
    return application is not None
