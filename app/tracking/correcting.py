"""Answering a one-time notice: each item saved at once, all of them handed to the office together."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import abort
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from app.accounts.models import Citizen
from app.applications import events, uploads
from app.applications.models import Application, Event, Happened, State
from app.applications.notices import (
    Asked,
    Notice,
    NoticeItem,
    NoticeState,
    Reply,
    asked,
    notices_of,
    waiting_for_citizen,
)
from app.applications.records import phone_of_filer
from app.clock import now, today
from app.extensions import db
from app.notifications import service as notifications
from app.tracking.service import ChangedMeanwhileError

# Besides what the rulebook lets replace a paper, nobody is ever stuck for one.
ALWAYS = (Reply.BRING, Reply.WORDS, Reply.LEFT)


class UnansweredError(Exception):
    """Some items have no answer yet; `items` are they."""

    def __init__(self, items: Sequence[Asked]) -> None:
        super().__init__()
        self.items = items


def open_notice(application: Application) -> Notice:
    """The notice that waits for the citizen. Raises `ChangedMeanwhileError` when none does any more."""
    if application.state != State.CORRECTION_ASKED:
        raise ChangedMeanwhileError
    notice = waiting_for_citizen(notices_of(application))
    if notice is None:
        raise ChangedMeanwhileError
    return notice


def item_of(application: Application, notice: Notice, item_id: uuid.UUID) -> Asked:
    """An item of this notice; 404 for any other."""
    found = (each for each in asked(application, notice) if each.item.id == item_id)
    return next(found, None) or abort(404)


def ways(one: Asked) -> tuple[Reply, ...]:
    """What may be said to an item instead of sending pages: what the rulebook allows first."""
    lawful = (one.about.paper or {}).get("replaceable_by", ())
    return (*(Reply(way) for way in lawful if way in set(Reply)), *ALWAYS)


def reply(application: Application, item: NoticeItem, way: Reply, words: str) -> None:
    """Save an answer to one item; it goes to the office with the others. Commits.

    Raises `ChangedMeanwhileError` when the notice waits no more.
    """
    uploads.hold(application)
    db.session.refresh(item)
    db.session.refresh(item.notice)
    if item.notice.state != NoticeState.SENT:
        db.session.rollback()
        raise ChangedMeanwhileError
    item.reply, item.reply_words, item.replied_at = way, words or None, now()
    db.session.commit()


def send(citizen: Citizen, application: Application) -> None:
    """Hand all answers to the office; its time starts again today. Commits.

    Raises `UnansweredError`, or `ChangedMeanwhileError` when there is nothing to answer any more.
    """
    notice = open_notice(application)
    items = asked(application, notice)
    unanswered = [each for each in items if not each.is_settled]
    if unanswered:
        raise UnansweredError(unanswered)
    notice.state, notice.open_key = NoticeState.ANSWERED, None
    notice.answered_on, notice.remind_on = today(), None
    application.state = State.SUBMITTED
    left = sum(each.item.reply == Reply.LEFT and not each.pages for each in items)
    try:
        event = events.append_by_citizen(
            application,
            Happened.CORRECTED,
            citizen,
            data={"notice": str(notice.id), "items": len(items), "left": left},
        )
        _tell(application, event)
        db.session.commit()
    except (StaleDataError, IntegrityError) as error:
        db.session.rollback()
        raise ChangedMeanwhileError from error


def _tell(application: Application, event: Event) -> None:
    phone = phone_of_filer(application)
    if phone and application.due_on:
        notifications.queue(
            "correction_received",
            phone,
            {"number": application.number, "due": application.due_on},
            subject=f"application:{application.id}",
            event=event.id,
        )
