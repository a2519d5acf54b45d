"""What citizens say of an office, at the desk: who answers it, by when, and what became of a low judgement."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from flask import abort
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import contains_eager, selectinload

from app import audit
from app.accounts.guards import deny
from app.applications.complaints import Complaint, Voice
from app.applications.models import Application, Service
from app.applications.ratings import LOW, Level, Rating
from app.applications.records import phone_of_filer
from app.casework.acts import Holder
from app.casework.lists import PAGE_SIZE
from app.casework.service import (
    ChangedMeanwhileError,
    Desk,
    first_come,
    in_reach,
    offices_in_reach,
    refuse_own_case,
)
from app.clock import today
from app.extensions import db
from app.notifications import service as notifications

# Judgements of the last year are counted.
COUNTED = timedelta(days=365)


# --- Hurrying and complaining ---


def complaints_for(desk: Desk, page: int, *, answered: bool) -> tuple[list[Complaint], bool]:
    """One page (from 1) of what was said of this desk's cases, and whether there is a next one."""
    query = _theirs(desk)
    if answered:
        query = query.where(Complaint.answered_on.is_not(None)).order_by(
            Complaint.answered_on.desc(), Complaint.id
        )
    else:
        query = query.where(Complaint.answered_on.is_(None)).order_by(
            Complaint.due_on, Complaint.made_at
        )
    rows = list(db.session.scalars(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)))
    return rows[:PAGE_SIZE], len(rows) > PAGE_SIZE


def complaint_for(desk: Desk, complaint_id: uuid.UUID) -> Complaint:
    """One of them; else 404 as for a missing one, and the try is written down."""
    found = db.session.scalar(
        _theirs(desk)
        .where(Complaint.id == complaint_id)
        .options(selectinload(Complaint.application, Application.events))
        .execution_options(populate_existing=True)
    )
    if found is None:
        deny()
        abort(404)
    return found


def may_answer(desk: Desk, complaint: Complaint) -> bool:
    """Who is hurried answers himself; of a complaint nobody judges who is complained of.

    It goes to a supervisor, or to the county's approver who has done nothing in the case.
    """
    if complaint.kind == Voice.HURRY or desk.is_supervisor:
        return True
    acted = {event.actor_id for event in complaint.application.events}
    return desk.holder is Holder.COUNTY and desk.officer.id not in acted


def answer(desk: Desk, complaint: Complaint, words: str, *, version: int) -> None:
    """Answer once, and tell whoever filed. Commits.

    Raises `ChangedMeanwhileError` when a colleague was first, `OwnCaseError` for one's own family.
    """
    if not may_answer(desk, complaint):
        deny()
        abort(404)
    if complaint.version != version or complaint.answered_on is not None:
        raise ChangedMeanwhileError
    refuse_own_case(desk, complaint.application)
    with first_come():
        complaint.answer, complaint.answered_on = words, today()
        complaint.answered_by = desk.officer.id
        db.session.flush()
        phone = phone_of_filer(complaint.application)
        if phone:
            notifications.queue(
                "complaint_answered",
                phone,
                {"number": complaint.application.number},
                subject=f"application:{complaint.application_id}",
                event=complaint.id,
            )
        audit.record(
            f"{complaint.kind}.answered",
            actor=desk.actor,
            subject=f"application:{complaint.application_id}",
            data={"complaint": complaint.id},
        )


def open_complaints(desk: Desk, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    """How many wait, as a part of a query."""
    return (
        select(func.count())
        .select_from(Complaint)
        .join(Complaint.application)
        .where(Complaint.answered_on.is_(None), in_reach(desk), *conditions)
        .scalar_subquery()
    )


def _theirs(desk: Desk) -> Select[Complaint]:
    return (
        select(Complaint)
        .join(Complaint.application)
        .where(in_reach(desk))
        .options(contains_eager(Complaint.application))
    )


# --- Judgements ---


@dataclass(frozen=True)
class Judgements:
    """Of one office and service in a year: how many of each level."""

    office_id: uuid.UUID
    service: Service
    counts: dict[Level, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    @property
    def contented(self) -> int:
        """Of a hundred, how many were at least content, rounded."""
        low = sum(self.counts.get(level, 0) for level in LOW)
        return round(100 * (self.total - low) / self.total) if self.total else 0


def judgements_for(desk: Desk) -> list[Judgements]:
    """What was judged of the offices of this desk, by office and service."""
    rows = db.session.execute(
        select(Rating.office_id, Rating.service, Rating.level, func.count())
        .where(Rating.office_id.in_(offices_in_reach(desk)), Rating.rated_on > _since())
        .group_by(Rating.office_id, Rating.service, Rating.level)
        .order_by(Rating.office_id, Rating.service)
    )
    found: dict[tuple[uuid.UUID, str], dict[Level, int]] = {}
    for office_id, service, level, count in rows:
        found.setdefault((office_id, service), {})[Level(level)] = count
    return [
        Judgements(office_id, Service(service), counts)
        for (office_id, service), counts in found.items()
    ]


def low_ratings_for(desk: Desk, page: int) -> tuple[list[Rating], bool]:
    """One page (from 1) of the low judgements of the last year, and whether there is a next one.

    Those that nobody has looked into come first.
    """
    order = (Rating.followed_on.is_not(None), Rating.rated_on.desc(), Rating.id)
    # Sorted by what an index holds; only what is shown is read whole.
    shown = (
        select(Rating.id)
        .where(
            Rating.office_id.in_(offices_in_reach(desk)),
            Rating.rated_on > _since(),
            Rating.level.in_(LOW),
        )
        .order_by(*order)
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    )
    rows = db.session.scalars(
        select(Rating)
        .where(Rating.id.in_(shown))
        .order_by(*order)
        .options(selectinload(Rating.application))
    ).all()
    return list(rows[:PAGE_SIZE]), len(rows) > PAGE_SIZE


def open_low_ratings(desk: Desk) -> ColumnElement[int]:
    """How many nobody has looked into, as a part of a query."""
    return (
        select(func.count())
        .select_from(Rating)
        .where(
            Rating.office_id.in_(offices_in_reach(desk)),
            Rating.rated_on > _since(),
            Rating.level.in_(LOW),
            Rating.followed_on.is_(None),
        )
        .scalar_subquery()
    )


def rating_for(desk: Desk, rating_id: uuid.UUID) -> Rating:
    """A judgement of this desk's offices; else 404 as for a missing one, and the try is written down."""
    rating = db.session.scalar(
        select(Rating)
        .where(Rating.id == rating_id, Rating.office_id.in_(offices_in_reach(desk)))
        .execution_options(populate_existing=True)
    )
    if rating is None:
        deny()
        abort(404)
    return rating


def follow_up(desk: Desk, rating: Rating, words: str, *, version: int) -> None:
    """Note what was done about a low judgement. Commits.

    Raises `ChangedMeanwhileError` when it was done already, or judged anew.
    """
    if rating.version != version or rating.followed_on or rating.level not in LOW:
        raise ChangedMeanwhileError
    with first_come():
        rating.follow_up, rating.followed_on = words, today()
        rating.followed_by = desk.officer.id
        audit.record(
            "service_rating.followed_up",
            actor=desk.actor,
            subject=f"rating:{rating.id}",
        )


def _since() -> date:
    return today() - COUNTED
