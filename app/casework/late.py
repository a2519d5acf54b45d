"""What a rulebook says happens when the time is over happens by itself.

Hubei 2014 alone says it: what cannot be shown to be ineligible within the time, the accepting unit
must issue *on time*. So it is issued on the last day, once the office has closed, and not the day
after; see docs/decisions/late.md. Under every other text a late case stays red and is for people.
"""

from __future__ import annotations

import uuid
from datetime import date

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.exc import StaleDataError

from app import audit, clock
from app.applications import events
from app.applications.deadlines import WHOLE, deadlines_for
from app.applications.models import Application, Happened, Service, State
from app.applications.records import filed_place, papers_decided_on, promised_days, tell
from app.applications.standing import whole
from app.clock import today
from app.extensions import db, take_write_lock
from app.verification.models import Finding

# The last day is the office's to its end.
CLOSING_HOUR = 17


def issue_overdue() -> int:
    """Approve each application whose time is over where its rulebook says so; how many. Commits each."""
    waiting = db.session.scalars(
        select(Application.id)
        .where(
            Application.state.in_((State.ACCEPTED, State.FORWARDED)),
            Application.service == Service.ADDITIONAL_BIRTH_APPROVAL,
            Application.overall_due_on <= today(),
        )
        .order_by(Application.overall_due_on)
    ).all()
    return sum(_issue(each) for each in waiting)


def rule_that_issues(application: Application) -> str | None:
    """The rule of the pinned place by which lateness issues, such as `hb-2014.if_late`."""
    place = filed_place(application) or {}
    if not place.get("if_late"):
        return None
    return next(
        (
            f"{book.id}.if_late"
            for book in current_app.extensions["law"].shelf.rulebooks
            if book.id in place["rulebooks"]
            and any(each.late_issues and each.paper == "approval" for each in book.procedures)
        ),
        None,
    )


def is_contested(application: Application, last_day: date) -> bool:
    """Whether an office said in time what speaks against it: an opinion, or an answer that it is not so."""
    return any(
        (event.kind == Happened.FORWARDED_WITH_OPINION and not event.data.get("meets"))
        or event.data.get("finding") == Finding.NOT_CONFIRMED
        for event in application.events
        if event.happened_on <= last_day
    )


def _issue(case_id: uuid.UUID) -> bool:
    """Issue one, unless an office or another worker was first."""
    # What was read so far may be old by now.
    db.session.rollback()
    take_write_lock()
    application = db.session.scalar(
        whole()
        .options(selectinload(Application.uploads))
        .where(Application.id == case_id, Application.state.in_((State.ACCEPTED, State.FORWARDED)))
    )
    last_day = _last_day(application) if application else None
    rule = rule_that_issues(application) if application else None
    if (
        application is None
        or rule is None
        or last_day is None
        or not _is_over(last_day)
        or is_contested(application, last_day)
    ):
        db.session.rollback()
        return False
    try:
        _write(application, rule, last_day)
        db.session.commit()
    except (StaleDataError, IntegrityError):
        db.session.rollback()
        return False
    return True


def _last_day(application: Application) -> date | None:
    steps = deadlines_for(application, application.events, promise=promised_days())
    return next((each.due_on for each in steps if each.step == WHOLE and each.is_running), None)


def _is_over(last_day: date) -> bool:
    """After the last day, and on it once the office has closed; an exercise has no hours."""
    if today() != last_day or clock.is_exercise():
        return today() >= last_day
    return clock.now().astimezone(clock.SHANGHAI).hour >= CLOSING_HOUR


def _write(application: Application, rule: str, last_day: date) -> None:
    before = application.state
    application.state = State.APPROVED
    application.live_key = None
    application.decided_on = today()
    event = events.append(
        application,
        Happened.APPROVED,
        actor_kind="system",
        actor_id=None,
        office_id=application.office_id,
        data={
            "from": before,
            "by": "late",
            "rule": rule,
            "last_day": last_day.isoformat(),
            "papers": papers_decided_on(application),
        },
        promise=promised_days(),
    )
    tell(application, "application_approved_by_rule", event=event.id, day=last_day)
    audit.record(
        "application.approved",
        actor="system",
        subject=f"application:{application.id}",
        data={"from": before, "to": State.APPROVED, "rule": rule},
    )
