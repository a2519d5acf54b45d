"""What happened, written once and never changed: rows in a chain of keyed hashes.

Rows hold ids, states and codes, never personal data. Each row's hash covers the row before it, so
a row changed, removed or put in between is found by `flask audit verify`; the hash is keyed, so
that whoever can write to the database alone cannot mend the chain.
"""

from __future__ import annotations

import hmac
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, NoReturn

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import JSON, Executable, Integer, String, bindparam, event, select
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from app import clock
from app.extensions import Base, Instant, db, upsert_into
from app.statements import new
from app.vault import keyed_hash

BEGINNING = "0" * 64
BATCH = 1000
_PENDING = "audit.pending"
_CODE = re.compile(r"[A-Za-z0-9 ._:/@+-]{0,120}")
# A phone or identity number standing alone: not a stretch of digits inside a UUID.
_PERSONAL = re.compile(r"(?<![\w-])(1[3-9]\d{9}|\d{6}(?:18|19|20)\d{9}[\dXx])(?![\w-])")


class AuditError(Exception):
    """The chain is broken; the message says at which sequence and how."""


class AuditEvent(Base):
    """One thing that happened."""

    __tablename__ = "audit_events"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(60))
    # Who and about what, as "citizen:<id>", "officer:<id>", "system"; "application:<id>".
    actor: Mapped[str] = mapped_column(String(120), index=True)
    subject: Mapped[str] = mapped_column(String(120), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class AuditHead(Base):
    """The end of the chain: one row, whose lock puts all writers in a line on every database."""

    __tablename__ = "audit_heads"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


def init_app(app: Flask) -> None:
    """Add `flask audit verify`."""
    app.cli.add_command(commands)


def record(
    kind: str, *, actor: str, subject: str, data: Mapping[str, object] | None = None
) -> None:
    """Write down that something happened, in the current transaction; the caller commits.

    `kind` in the past tense ("application.accepted"). `data` holds ids, codes, states, numbers and
    lists of them; raises `ValueError` for anything that could be personal. The row is written as
    the last act of the commit, so that the line of writers is as short as it can be.
    """
    if not db.session().in_transaction():
        db.session.begin()
    db.session.info.setdefault(_PENDING, []).append(
        {
            "kind": _plain(kind),
            "actor": _plain(actor),
            "subject": _plain(subject),
            "data": _plain(data or {}),
            "happened_on": clock.today(),
            "recorded_at": clock.now(),
        }
    )


def verify() -> int:
    """Check the whole chain; the number of its events. Raises `AuditError` at the first break."""
    expected, previous = 1, BEGINNING
    for row in _in_order():
        if row.sequence != expected:
            raise AuditError(f"event {expected} is missing")
        if row.previous_hash != previous:
            raise AuditError(f"event {row.sequence} does not follow the one before it")
        if not hmac.compare_digest(row.hash, _hash(row)):
            raise AuditError(f"event {row.sequence} was changed")
        expected, previous = row.sequence + 1, row.hash
    head = db.session.get(AuditHead, 1, populate_existing=True)
    end = (head.sequence, head.hash) if head else (0, BEGINNING)
    if end != (expected - 1, previous):
        raise AuditError(f"events after {expected - 1} are missing: there were {end[0]}")
    return expected - 1


commands = AppGroup("audit", help="The record of what happened.")


@commands.command("verify")
def verify_command() -> None:
    """Check that no event was changed, removed or put in between."""
    try:
        count = verify()
    except AuditError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{count} events, the chain is whole")


@event.listens_for(db.session, "before_commit")
def _write_pending(session: Session) -> None:
    pending: list[dict[str, Any]] = session.info.pop(_PENDING, [])
    if not pending:
        return
    # Everything else first: whoever holds the head waits for nobody, so there is no deadlock.
    session.flush()
    sequence, previous = _take_head(session, len(pending))
    rows = []
    for number, values in enumerate(pending, start=sequence - len(pending) + 1):
        row = {**values, "sequence": number, "previous_hash": previous}
        row["hash"] = previous = _hash(new(AuditEvent, row))
        rows.append(row)
    connection = session.connection()
    connection.execute(_NEW_EVENTS, rows)
    connection.execute(_NEW_HASH, {"new_hash": previous})


@event.listens_for(db.session, "after_transaction_end")
def _drop_pending(session: Session, transaction: SessionTransaction) -> None:
    """What was not committed did not happen."""
    if transaction.parent is None:
        session.info.pop(_PENDING, None)


@event.listens_for(AuditEvent, "before_update")
@event.listens_for(AuditEvent, "before_delete")
def _refuse_change(*_: object) -> NoReturn:
    raise AuditError("an audit event is written once")


def _take_head(session: Session, count: int) -> tuple[int, str]:
    """Lock the end of the chain until the commit and move it by `count`: new sequence, old hash."""
    given = {"id": 1, "count": count, "hash": BEGINNING}
    moved = session.connection().execute(_moving(session.get_bind().dialect.name), given).one()
    return moved.sequence, moved.hash


@cache
def _moving(dialect: str) -> Executable:
    """Count up the end of the chain, which the first event of all makes; made once a database."""
    count = bindparam("count", type_=Integer)
    new = upsert_into(AuditHead, dialect).values(sequence=count)
    return new.on_conflict_do_update(
        index_elements=["id"], set_={"sequence": AuditHead.sequence + count}
    ).returning(AuditHead.sequence, AuditHead.hash)


# To the tables themselves: nothing reads these rows again in the transaction that writes them.
_NEW_EVENTS = AuditEvent.__table__.insert()  # type: ignore[attr-defined]
_NEW_HASH = (
    AuditHead.__table__.update()  # type: ignore[attr-defined]
    .where(AuditHead.id == 1)
    .values(hash=bindparam("new_hash"))
)


def _in_order() -> Iterator[AuditEvent]:
    last = 0
    query = select(AuditEvent).order_by(AuditEvent.sequence).limit(BATCH)
    while rows := db.session.scalars(
        query.where(AuditEvent.sequence > last), execution_options={"populate_existing": True}
    ).all():
        yield from rows
        last = rows[-1].sequence
        for row in rows:
            db.session.expunge(row)


_written = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _hash(row: AuditEvent) -> str:
    content = [
        row.sequence,
        row.kind,
        row.actor,
        row.subject,
        row.data,
        row.happened_on.isoformat(),
        row.recorded_at.isoformat(),
        row.previous_hash,
    ]
    return keyed_hash("audit", _written(content))


def _plain(value: object) -> Any:
    """The value as JSON keeps it; UUIDs and days become text, and anything else is refused."""
    if isinstance(value, Mapping):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, uuid.UUID | date):
        return str(value)
    if isinstance(value, str) and _CODE.fullmatch(value) and not _PERSONAL.search(value):
        return str(value)
    if value is None or isinstance(value, int):
        return value
    raise ValueError("audit events hold ids, codes and numbers only")
