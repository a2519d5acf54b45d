"""Queue a message in the transaction of what it tells; the worker sends what is queued."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from flask import current_app
from sqlalchemy import Executable, bindparam, delete, func, select, update
from sqlalchemy.orm import make_transient_to_detached

from app import clock
from app.accounts.models import Citizen
from app.accounts.sessions import current_officer
from app.extensions import db, upsert_into
from app.language import SCRIPTS, current_script, spoken
from app.notifications.channels import ChannelError, Letter, current_channel
from app.notifications.models import MessageState, OutboxMessage
from app.notifications.wording import in_words, segments, template, wording
from app.statements import plainly
from app.vault import keyed_hash

log = logging.getLogger(__name__)

BATCH = 50
# How long one attempt may take before another worker may try the message again.
LEASE = timedelta(minutes=1)
BACK_OFF = [timedelta(seconds=s) for s in (10, 30, 120, 600, 1800, 7200, 21600, 43200)]
KEPT = timedelta(days=30)
COUNTED = timedelta(days=7)
LAST_PAGE = 200
_COLUMNS = [column.key for column in OutboxMessage.__table__.columns]
_SCRIPT = select(Citizen.script).where(Citizen.phone_hash == bindparam("phone_hash"))
GONE_WRONG = (MessageState.FAILED, MessageState.GIVEN_UP)


def queue(
    kind: str,
    phone: str,
    params: Mapping[str, object],
    *,
    subject: str,
    event: uuid.UUID | str,
    script: str | None = None,
    useless_at: datetime | None = None,
) -> OutboxMessage:
    """Add a message to the current transaction, once for each event; the caller commits.

    `kind` and `params` as in `wording`; `phone` as 11 digits; `subject` such as "application:<id>";
    `event`: what happened (the id of an event, of a code, or a word such as "submitted" for what
    happens to a subject once), so that a second call or a job done again tells nobody twice.
    Written in `script`, by default the one the person chose. Raises `KeyError` for unknown wording.
    """
    script = _spoken(kind, script or _script_of(phone))
    text = wording(kind, params, script)
    values, wanted = in_words(params, script), template(kind, script)
    message = OutboxMessage(
        once_key=keyed_hash("message", f"{subject}|{event}|{kind}|{phone}"),
        kind=kind,
        subject=subject,
        script=script,
        phone_hash=keyed_hash("phone", phone),
        phone=phone,
        text=text,
        params={name: values[name] for name in values if f"${{{name}}}" in wanted},
        segments=segments(text, current_app.config["SMS_SIGNATURE"]),
        state=MessageState.QUEUED,
        attempts=0,
        useless_at=useless_at,
        created_at=clock.now(),
        next_try_at=clock.now(),
    )
    return _once(message)


def _once(message: OutboxMessage) -> OutboxMessage:
    """The row of this message in the outbox: this one, or the one that told the same before."""
    columns = {name: message.__dict__[name] for name in _COLUMNS if name in message.__dict__}
    # The database itself decides, so that two at one moment are told apart from one.
    made = plainly(_queueing(db.session.get_bind().dialect.name), columns).scalar()
    if made is None:
        known = select(OutboxMessage).where(OutboxMessage.once_key == message.once_key)
        return db.session.scalars(known).one()
    # It is the row that was just written: nothing has to be read back.
    make_transient_to_detached(message)
    db.session.add(message)
    return message


@cache
def _queueing(dialect: str) -> Executable:
    """Write a message unless its like is there; its id when it was written. Made once a database."""
    new = upsert_into(OutboxMessage, dialect)
    return new.on_conflict_do_nothing(index_elements=["once_key"]).returning(OutboxMessage.id)


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


def listed(fate: MessageState | None, page: int) -> tuple[list[OutboxMessage], bool]:
    """One page (from 1) of the messages of this fate, newest first, and whether there is a next one."""
    query = (
        select(OutboxMessage)
        .where(OutboxMessage.created_at > clock.now() - KEPT)
        .order_by(OutboxMessage.created_at.desc())
    )
    if fate is not None:
        query = query.where(OutboxMessage.state == fate)
    rows = list(db.session.scalars(query.offset((page - 1) * BATCH).limit(BATCH + 1)))
    return rows[:BATCH], len(rows) > BATCH


def counts() -> dict[str, int]:
    """How many messages of the last `COUNTED` days had each fate."""
    query = (
        select(OutboxMessage.state, func.count().label("number"))
        .where(OutboxMessage.state.in_(MessageState))
        .where(OutboxMessage.created_at > clock.now() - COUNTED)
        .group_by(OutboxMessage.state)
    )
    found = {row.state: row.number for row in db.session.execute(query)}
    return {state: found.get(state, 0) for state in MessageState}


def may_retry(message: OutboxMessage) -> bool:
    """Whether it did not leave and would still help."""
    return message.state in GONE_WRONG and (
        message.useless_at is None or message.useless_at > clock.now()
    )


def retry(message_id: uuid.UUID) -> bool:
    """Queue a message again that was refused or given up, under its old id; the caller commits.

    False for any other.
    """
    helps = OutboxMessage.useless_at.is_(None) | (OutboxMessage.useless_at > clock.now())
    again = (
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.state.in_(GONE_WRONG), helps)
        .values(state=MessageState.QUEUED, attempts=0, next_try_at=clock.now())
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(again).scalar_one_or_none() is not None


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
    claimed = _claim(message_id)
    if claimed is None:
        return False
    message, unsure_since = claimed
    if message.useless_at is not None and message.useless_at <= clock.now():
        message.state, message.problem = MessageState.GIVEN_UP, "too_late"
        db.session.commit()
        return False
    try:
        message.gateway_id = current_channel().send(_letter(message, unsure_since)) or None
    except ChannelError as problem:
        log.warning("message %s, attempt %s: %s", message.id, message.attempts, problem)
        _put_off(message, problem)
        return False
    message.state = MessageState.SENT
    message.sent_at = clock.now()
    message.problem = message.unsure_since = None
    db.session.commit()
    return True


def _claim(message_id: uuid.UUID) -> tuple[OutboxMessage, datetime | None] | None:
    """Take the message for one attempt, unless another worker has just done so.

    Also since when it may have been taken by the gateway: whoever dies now leaves that behind.
    """
    taken = (
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.state == MessageState.QUEUED)
        .where(OutboxMessage.next_try_at <= clock.now())
        .values(attempts=OutboxMessage.attempts + 1, next_try_at=clock.now() + LEASE)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    won = db.session.execute(taken).scalar_one_or_none()
    if won is None:
        db.session.commit()
        return None
    message = db.session.get_one(OutboxMessage, won, populate_existing=True)
    unsure_since = message.unsure_since
    message.unsure_since = unsure_since or clock.now()
    db.session.commit()
    return message, unsure_since


def _letter(message: OutboxMessage, unsure_since: datetime | None) -> Letter:
    return Letter(
        message.id,
        message.phone or "",
        message.text or "",
        message.kind,
        message.script,
        message.params or {},
        unsure_since,
    )


def _put_off(message: OutboxMessage, problem: ChannelError) -> None:
    if not problem.unsure:
        message.unsure_since = None
    message.problem = problem.code
    if problem.final:
        message.state = MessageState.FAILED
    elif message.attempts > len(BACK_OFF):
        message.state = MessageState.GIVEN_UP
    else:
        message.next_try_at = clock.now() + BACK_OFF[message.attempts - 1]
    db.session.commit()


def _spoken(kind: str, script: str) -> str:
    """The script itself, or the one that this installation's gateway has the text in."""
    return script if current_channel().speaks(kind, script) else SCRIPTS[0]


def _script_of(phone: str) -> str:
    """The script this person chose when signing in, else that of the relative who files with them."""
    chosen = plainly(_SCRIPT, {"phone_hash": keyed_hash("phone", phone)}).scalar()
    if chosen in SCRIPTS:
        return str(chosen)
    if spoken() and current_officer() is None:
        return current_script()
    return SCRIPTS[0]
