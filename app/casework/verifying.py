"""Questions between offices at the desk: which ones a desk sees, and what its officers do with them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort
from sqlalchemy import ColumnElement, ScalarSelect, and_, func, not_, or_, select
from sqlalchemy.orm import joinedload

from app import audit
from app.accounts.guards import deny
from app.accounts.models import Role
from app.applications import events
from app.applications.models import Application, Happened, State
from app.applications.records import promised_days
from app.casework.acts import Holder
from app.casework.service import (
    ChangedMeanwhileError,
    Desk,
    first_come,
    of_offices,
    refuse_own_case,
)
from app.clock import today
from app.extensions import db
from app.language import gettext
from app.verification import results, service
from app.verification.models import (
    About,
    Finding,
    ResultNote,
    Stage,
    VerificationRequest,
)
from app.verification.service import Addressee, Clerk, NotOpenError, TooEarlyError

MOST_SHOWN = 100
_IN_HAND = (State.SUBMITTED, State.ACCEPTED, State.FORWARDED)


@dataclass(frozen=True)
class Enquiries:
    """What stands on the list of a desk: asked of it, overdue for a supervisor, and results told.

    A question stands once: for a supervisor among the overdue ones, `mine` if it was put to one of
    the own offices and may be opened.
    """

    asked: list[VerificationRequest]
    late: list[VerificationRequest]
    mine: set[uuid.UUID]
    told: list[ResultNote]


def clerk_of(desk: Desk) -> Clerk:
    """Who acts, as the room of questions knows them."""
    return Clerk(desk.officer.id, desk.office.id)


# --- Asking ---


def may_ask(desk: Desk, application: Application) -> bool:
    """Whether this desk has the case in hand and may ask another office about it."""
    if desk.is_supervisor or application.state not in _IN_HAND:
        return False
    turn = Holder.COUNTY if application.state == State.FORWARDED else Holder.TOWNSHIP
    return desk.holder is turn


def ask(
    desk: Desk,
    application: Application,
    to: Addressee,
    *,
    about: About,
    whom: str,
    words: str,
) -> VerificationRequest:
    """Ask another office. Commits. Raises `OwnCaseError`, and `ChangedMeanwhileError`."""
    if not may_ask(desk, application):
        raise ChangedMeanwhileError
    refuse_own_case(desk, application)
    with first_come():
        return service.ask(clerk_of(desk), application, to, about=about, whom=whom, words=words)


def request_of(application: Application, request_id: uuid.UUID) -> VerificationRequest:
    """A question about this case; 404 for any other."""
    found = [each for each in service.requests_of(application) if each.id == request_id]
    return found[0] if found else abort(404)


def leave(
    desk: Desk, application: Application, request: VerificationRequest, promise: str, version: int
) -> None:
    """Go on without the answer, on a written promise. Commits. Raises `ChangedMeanwhileError`."""
    if not may_ask(desk, application) or request.version != version:
        raise ChangedMeanwhileError
    refuse_own_case(desk, application)
    try:
        with first_come():
            service.leave(clerk_of(desk), request, promise)
    except (NotOpenError, TooEarlyError) as error:
        db.session.rollback()
        raise ChangedMeanwhileError from error


# --- Answering ---


def enquiries_for(desk: Desk) -> Enquiries:
    """The list of this desk, the most urgent first."""
    shown = select(VerificationRequest).options(joinedload(VerificationRequest.application))
    by_day = shown.order_by(VerificationRequest.due_on, VerificationRequest.asked_at)
    wanted, late, mine = _asked_of(desk), [], set()
    if desk.is_supervisor:
        wanted = and_(wanted, not_(_is_late()))
        to_own = of_offices(desk, VerificationRequest.to_office_id)
        for each, is_mine in db.session.execute(
            by_day.add_columns(to_own).where(_late_for(desk)).limit(MOST_SHOWN)
        ):
            late.append(each)
            if is_mine:
                mine.add(each.id)
    asked = db.session.scalars(by_day.where(wanted).limit(MOST_SHOWN)).all()
    told = db.session.scalars(
        select(ResultNote)
        .where(of_offices(desk, ResultNote.office_id))
        .options(joinedload(ResultNote.application))
        .order_by(ResultNote.told_on.desc(), ResultNote.id)
        .limit(MOST_SHOWN)
    ).all()
    return Enquiries(list(asked), late, mine, list(told))


def open_enquiries(desk: Desk, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many questions wait for this desk, or for a supervisor's word."""
    wanted = _late_for(desk) if desk.is_supervisor else _asked_of(desk)
    return (
        select(func.count())
        .select_from(VerificationRequest)
        .where(wanted, *conditions)
        .scalar_subquery()
    )


def _asked_of(desk: Desk) -> ColumnElement[bool]:
    return and_(
        of_offices(desk, VerificationRequest.to_office_id),
        VerificationRequest.stage.in_((Stage.WAITING, Stage.LEFT)),
    )


def _late_for(desk: Desk) -> ColumnElement[bool]:
    """Both supervisors are told: of the office that asks, and of the one that does not answer."""
    return and_(
        or_(
            of_offices(desk, VerificationRequest.to_office_id),
            of_offices(desk, VerificationRequest.office_id),
        ),
        _is_late(),
    )


def _is_late() -> ColumnElement[bool]:
    return and_(VerificationRequest.stage == Stage.WAITING, VerificationRequest.due_on < today())


def enquiry_for(desk: Desk, request_id: uuid.UUID) -> VerificationRequest:
    """A question that was put to this desk; else 404 as for a missing one, and the try is written down."""
    found = db.session.scalar(
        select(VerificationRequest)
        .where(
            VerificationRequest.id == request_id,
            of_offices(desk, VerificationRequest.to_office_id),
        )
        .options(joinedload(VerificationRequest.application).selectinload(Application.events))
        .execution_options(populate_existing=True)
    )
    if found is None:
        deny()
        abort(404)
    return found


def may_answer(desk: Desk, request: VerificationRequest) -> bool:
    """Whoever sits in the office that was asked, while an answer is wanted."""
    return (
        desk.officer.role != Role.SUPERVISOR
        and request.to_office_id == desk.office.id
        and request.is_open
    )


def answer(
    desk: Desk, request: VerificationRequest, finding: Finding, words: str, *, version: int
) -> None:
    """Answer it. Commits. Raises `OwnCaseError`, and `ChangedMeanwhileError` for who comes second."""
    if not may_answer(desk, request) or request.version != version:
        raise ChangedMeanwhileError
    refuse_own_case(desk, request.application)
    with first_come():
        service.answer(request, finding, {"words": words}, clerk=clerk_of(desk))


def note_revealed(desk: Desk, request: VerificationRequest) -> None:
    """Names and numbers were shown to the office that was asked: audited, told to the citizen. Commits."""
    events.append(
        request.application,
        Happened.PERSONAL_DATA_VIEWED,
        actor_kind="officer",
        actor_id=desk.officer.id,
        office_id=desk.office.id,
        promise=promised_days(),
    )
    audit.record(
        "case.personal_data_viewed",
        actor=desk.actor,
        subject=f"application:{request.application_id}",
        data={"request": request.id},
    )
    db.session.commit()


def note_letter_read(desk: Desk, request: VerificationRequest) -> None:
    """A letter with names and numbers was printed. Commits."""
    audit.record(
        "verification.letter",
        actor=desk.actor,
        subject=f"application:{request.application_id}",
        data={"request": request.id},
    )
    db.session.commit()


# --- The result ---


def may_note_told(desk: Desk, application: Application) -> bool:
    """Whether the place of hukou has still to be told of the result, by this office."""
    if application.state not in {State.REGISTERED, State.APPROVED}:
        return False
    told = [each for each in application.events if each.kind == Happened.RESULT_REPORTED]
    return (
        not desk.is_supervisor
        and desk.holder is Holder.TOWNSHIP
        and application.filing_role.endswith("_residence")
        and not any(each.is_whole for each in told)
    )


def note_told(desk: Desk, application: Application) -> None:
    """The clerk told the places of hukou by letter or phone. Commits."""
    if not may_note_told(desk, application):
        raise ChangedMeanwhileError
    with first_come():
        results.note_told(
            application,
            0,
            actor_kind="officer",
            actor_id=desk.officer.id,
            office_id=desk.office.id,
        )
        audit.record(
            "application.result_reported",
            actor=desk.actor,
            subject=f"application:{application.id}",
        )


# --- In words ---


def stage_text(request: VerificationRequest) -> str:
    """Where it stands."""
    texts: Mapping[Any, Any] = {
        Stage.WAITING: gettext("等答复"),
        Stage.ANSWERED: gettext("已答复"),
        Stage.LEFT: gettext("没等到答复，按书面承诺往下办"),
        Stage.CLOSED: gettext("件已办结，不用答复"),
    }
    return str(texts[Stage(request.stage)])
