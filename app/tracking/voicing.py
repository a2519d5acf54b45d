"""Hurrying the office, complaining of it, and judging it at the end."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from app import audit
from app.accounts.models import Citizen
from app.applications.complaints import (
    Complaint,
    Grievance,
    Voice,
    answer_due,
    complaints_of,
)
from app.applications.models import ENDED, Application, State
from app.applications.ratings import Level, Rating
from app.applications.standing import actor_of
from app.clock import now, today
from app.delegation.authority import Act
from app.extensions import db
from app.tracking.service import ChangedMeanwhileError

# A judgement may be thought over for this long.
CHANGEABLE = timedelta(days=10)


class AlreadySaidError(Exception):
    """The same was said today already."""


def may_hurry(application: Application) -> bool:
    """Whether an office has it in hand, so that it can be hurried."""
    return application.is_live and application.state != State.CORRECTION_ASKED


def say(
    citizen: Citizen,
    application: Application,
    kind: Voice,
    *,
    text: str,
    grievance: Grievance | None = None,
) -> Complaint:
    """Hurry or complain; its time to be answered begins today. Commits.

    Raises `AlreadySaidError` for a second of the kind on one day, `ChangedMeanwhileError` when
    there is nothing to hurry any more.
    """
    if kind is Voice.HURRY and not may_hurry(application):
        raise ChangedMeanwhileError
    # An agent's word is told to those for whom it was said.
    actor_of(citizen.id, application, Act.HURRY)
    due = answer_due()
    complaint = Complaint(
        application=application,
        citizen_id=citizen.id,
        kind=kind,
        grievance=grievance,
        text=text or None,
        due_on=due.on,
        provisional=due.provisional,
    )
    db.session.add(complaint)
    audit.record(
        f"{kind}.made",
        actor=f"citizen:{citizen.id}",
        subject=f"application:{application.id}",
        data={"complaint": complaint.id, "about": grievance},
    )
    try:
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        raise AlreadySaidError from error
    return complaint


def rating_of(citizen: Citizen, application: Application) -> Rating | None:
    """What this person judged so far; nothing before the end."""
    if application.state not in ENDED:
        return None
    return db.session.scalar(
        select(Rating).where(
            Rating.application_id == application.id, Rating.citizen_id == citizen.id
        )
    )


def may_rate(application: Application, rating: Rating | None) -> bool:
    """Once it has ended, and for some days after the first judgement."""
    if application.state not in ENDED:
        return False
    return rating is None or today() <= rating.rated_on + CHANGEABLE


def rate(citizen: Citizen, application: Application, level: Level, reason: str) -> None:
    """Judge, or judge anew; a low one waits for a supervisor. Commits.

    Raises `ChangedMeanwhileError` when it is too early or too late, or another tab was first.
    """
    rating = rating_of(citizen, application)
    if not may_rate(application, rating):
        raise ChangedMeanwhileError
    if rating is None:
        rating = Rating(
            application=application,
            citizen_id=citizen.id,
            office_id=application.office_id,
            service=application.service,
            rated_on=today(),
        )
        db.session.add(rating)
    if rating.level != level:
        # A changed judgement is looked into anew.
        rating.followed_on = rating.followed_by = rating.follow_up = None
    rating.level, rating.changed_at = level, now()
    rating.reason = reason or None if level.is_low else None
    audit.record(
        "service.rated", actor=f"citizen:{citizen.id}", subject=f"application:{application.id}"
    )
    try:
        db.session.commit()
    except (IntegrityError, StaleDataError) as error:
        db.session.rollback()
        raise ChangedMeanwhileError from error


# --- As the citizen's page shows it ---


@dataclass(frozen=True)
class Said:
    """One thing that was said, and what was answered."""

    id: uuid.UUID
    kind_title: str
    about: str | None
    text: str | None
    made_on: date
    due_on: date
    provisional: bool
    is_late: bool
    answered_on: date | None
    answer: str | None


@dataclass(frozen=True)
class Judged:
    """A judgement in words."""

    text: str
    may_change: bool


def said_about(application: Application) -> list[Said]:
    """Everything that was said about it, the latest first."""
    return [
        Said(
            each.id,
            Voice(each.kind).title,
            Grievance(each.grievance).text if each.grievance else None,
            each.text,
            each.made_on,
            each.due_on,
            each.provisional,
            each.is_late,
            each.answered_on,
            each.answer,
        )
        for each in complaints_of(application)
    ]


def judged(application: Application, rating: Rating | None) -> Judged | None:
    """What somebody judged."""
    if rating is None:
        return None
    return Judged(Level(rating.level).text, may_rate(application, rating))
