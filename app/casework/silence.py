"""What nobody has to press a button for: silence past the promised days accepts a filing by itself.

The worker does this. Whatever happens to it in the middle, a filing is accepted once, as of the day
its papers were received, and the citizen, the case and the audit trail all say why.
"""

from __future__ import annotations

import uuid

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from app import audit
from app.applications import events
from app.applications.deadlines import ACCEPTANCE, Deadline, deadlines_for
from app.applications.models import Application, Happened, State
from app.applications.notices import close_open
from app.applications.records import promised_days, tell
from app.applications.standing import whole
from app.clock import today
from app.extensions import db, take_write_lock
from app.policy.silence import law_on_silence


def accept_unanswered() -> int:
    """Accept each filing whose office let its time pass; how many. Commits each by itself."""
    waiting = db.session.scalars(
        select(Application.id)
        .where(Application.state == State.SUBMITTED, Application.due_on < today())
        .order_by(Application.due_on)
    ).all()
    return sum(_accept(each) for each in waiting)


def _accept(case_id: uuid.UUID) -> bool:
    """Accept one, unless an office or another worker was first."""
    # What was read so far may be old by now.
    db.session.rollback()
    take_write_lock()
    application = db.session.scalar(
        whole().where(Application.id == case_id, Application.state == State.SUBMITTED)
    )
    term = _acceptance(application) if application else None
    if application is None or term is None or not term.is_late(today()):
        db.session.rollback()
        return False
    try:
        _write(application, term)
        db.session.commit()
    except (StaleDataError, IntegrityError):
        db.session.rollback()
        return False
    return True


def _acceptance(application: Application) -> Deadline | None:
    steps = deadlines_for(application, application.events, promise=promised_days())
    return next((each for each in steps if each.step == ACCEPTANCE), None)


def _write(application: Application, term: Deadline) -> None:
    licensed = application.service in current_app.config["LICENSED_SERVICES"]
    law = law_on_silence(today(), is_licence=licensed)
    received_on = str(term.started_on)
    application.state = State.ACCEPTED
    application.accepted_by_silence = True
    close_open(application)
    event = events.append(
        application,
        Happened.ACCEPTED,
        actor_kind="system",
        actor_id=None,
        office_id=application.office_id,
        data={
            "from": State.SUBMITTED,
            "by": "silence",
            "received_on": received_on,
            "days": term.value,
            "basis": "law" if law else "promise",
        },
        promise=promised_days(),
    )
    tell(application, "application_accepted_by_silence", event=event.id, day=term.started_on)
    audit.record(
        "application.accepted",
        actor="system",
        subject=f"application:{application.id}",
        data={"from": State.SUBMITTED, "to": State.ACCEPTED, "received_on": received_on},
    )
