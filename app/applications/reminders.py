"""Reminding people of the papers they were asked for, a few times and then no more."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import current_app
from sqlalchemy import case, select, update

from app.applications.models import Application
from app.applications.notices import Notice, NoticeState
from app.applications.records import phone_of_filer
from app.clock import today
from app.extensions import db
from app.notifications import service as notifications

MOST = 3


def reminder_days() -> int:
    """Days from a notice to its first reminder, and from each to the next."""
    return int(current_app.config["CORRECTION_REMINDER_DAYS"])


def remind() -> int:
    """Remind everyone whose day it is; how many. Commits each by itself; several workers may do this."""
    due = db.session.scalars(
        select(Notice.id).where(Notice.remind_on <= today()).order_by(Notice.remind_on)
    ).all()
    return sum(_remind(each) for each in due)


def _remind(notice_id: uuid.UUID) -> bool:
    """Take this reminder and queue its message in one transaction, unless another worker has it."""
    following = case(
        (Notice.reminders + 1 < MOST, today() + timedelta(days=reminder_days())), else_=None
    )
    taken = db.session.execute(
        update(Notice)
        .where(
            Notice.id == notice_id,
            Notice.state == NoticeState.SENT,
            Notice.remind_on <= today(),
        )
        .values(reminders=Notice.reminders + 1, remind_on=following)
        .returning(Notice.application_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    application = db.session.get(Application, taken) if taken else None
    phone = phone_of_filer(application) if application else None
    if application and phone:
        notifications.queue(
            "correction_reminder",
            phone,
            {"number": application.number},
            subject=f"application:{application.id}",
            event=f"{notice_id}:{today()}",
        )
    db.session.commit()
    return taken is not None
