"""Queue a message in the transaction of what it tells; the worker sends what is queued."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from flask import has_request_context
from sqlalchemy import delete, select, update

from app import clock
from app.accounts.models import Citizen
from app.accounts.sessions import current_officer
from app.extensions import db
from app.language import SCRIPTS, current_script
from app.notifications.channels import ChannelError, current_channel
from app.notifications.models import MessageState, OutboxMessage
from app.notifications.wording import wording
from app.vault import keyed_hash

log = logging.getLogger(__name__)

BATCH = 50
# How long one attempt may take before another worker may try the message again.
LEASE = timedelta(minutes=1)
BACK_OFF = [timedelta(seconds=s) for s in (10, 30, 120, 600, 1800, 7200, 21600, 43200)]
KEPT = timedelta(days=30)


def queue(
    kind: str,
    phone: str,
    params: Mapping[str, object],
    *,
    subject: str,
    script: str | None = None,
    useless_at: datetime | None = None,
) -> OutboxMessage:
    """Add a message to the current transaction; the caller commits.

    `kind` and `params` as in `wording`; `phone` as 11 digits; `subject` such as "application:<id>".
    Written in `script`, by default the one the person chose. Raises `KeyError` for unknown wording.
    """
    script = script or _script_of(phone)
    message = OutboxMessage(
        kind=kind,
        subject=subject,
        script=script,
        phone=phone,
        text=wording(kind, params, script),
        useless_at=useless_at,
        created_at=clock.now(),
        next_try_at=clock.now(),
    )
    db.session.add(message)
    return message


def deliver_pending() -> int:
    """Send what is due, each message in a transaction of its own; the number that left.

    Several workers may do this at once. A message leaves at least once: a worker that dies after
    sending and before writing so is followed by another, with the same message id.
    """
    return sum(_deliver(message_id) for message_id in _due())


def latest(limit: int = BATCH) -> Sequence[OutboxMessage]:
    """The newest messages first."""
    query = select(OutboxMessage).order_by(OutboxMessage.created_at.desc()).limit(limit)
    return db.session.scalars(query).all()


def forget_old() -> None:
    """Delete what was sent or given up long ago; nightly work. The caller commits."""
    old = OutboxMessage.created_at < clock.now() - KEPT
    done = OutboxMessage.state != MessageState.QUEUED
    db.session.execute(delete(OutboxMessage).where(old, done))


def _due() -> Sequence[uuid.UUID]:
    query = (
        select(OutboxMessage.id)
        .where(OutboxMessage.state == MessageState.QUEUED)
        .where(OutboxMessage.next_try_at <= clock.now())
        .order_by(OutboxMessage.next_try_at)
        .limit(BATCH)
    )
    return db.session.scalars(query).all()


def _deliver(message_id: uuid.UUID) -> bool:
    message = _claim(message_id)
    if message is None:
        return False
    if message.useless_at is not None and message.useless_at <= clock.now():
        message.state = MessageState.FAILED
        db.session.commit()
        return False
    try:
        current_channel().send(message.id, message.phone or "", message.text or "")
    except ChannelError as problem:
        log.warning("message %s, attempt %s: %s", message.id, message.attempts, problem)
        _put_off(message, final=problem.final)
        return False
    message.state = MessageState.SENT
    message.sent_at = clock.now()
    db.session.commit()
    return True


def _claim(message_id: uuid.UUID) -> OutboxMessage | None:
    """Take the message for one attempt, unless another worker has just done so."""
    taken = (
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.state == MessageState.QUEUED)
        .where(OutboxMessage.next_try_at <= clock.now())
        .values(attempts=OutboxMessage.attempts + 1, next_try_at=clock.now() + LEASE)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    won = db.session.execute(taken).scalar_one_or_none()
    db.session.commit()
    if won is None:
        return None
    return db.session.get(OutboxMessage, won, populate_existing=True)


def _put_off(message: OutboxMessage, *, final: bool) -> None:
    if final or message.attempts > len(BACK_OFF):
        message.state = MessageState.FAILED
    else:
        message.next_try_at = clock.now() + BACK_OFF[message.attempts - 1]
    db.session.commit()


def _script_of(phone: str) -> str:
    """The script this person chose when signing in, else that of the relative who files with them."""
    known = select(Citizen.script).where(Citizen.phone_hash == keyed_hash("phone", phone))
    chosen = db.session.scalar(known)
    if chosen in SCRIPTS:
        return str(chosen)
    if has_request_context() and current_officer() is None:
        return current_script()
    return SCRIPTS[0]
