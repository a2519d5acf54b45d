"""What the site holds about one citizen, room by room: to read, to take along, and to destroy.

Each room that holds something has a module `holding` with its `HOLDING`; a test sees to it that every
table with a citizen's id in it is spoken for. The rooms are asked from the top of the house down, so
that what leans on something is gone before it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

from flask import Flask, current_app
from sqlalchemy import ColumnElement, func, select

from app import audit, clock
from app.accounts import sessions
from app.accounts.models import Citizen
from app.extensions import Base, db, take_write_lock


@dataclass(frozen=True)
class Record:
    """One thing that is held: what a person reads of it, and all of it for a program."""

    title: str
    # (label, value), in the reader's script
    facts: Sequence[tuple[str, str]]
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class Consent:
    """Something a citizen agreed to, and where they take it back."""

    title: str
    purposes: Sequence[str]
    given_at: datetime | None
    # Where it is taken back, and what that means; None when it no longer can be.
    url: str | None
    action: str
    after: str


@dataclass(frozen=True)
class Holding:
    """What a room holds; each room overrides what it has something to say about."""

    # Of its part of the copy; never changes.
    name: str
    # The tables it speaks for.
    tables: frozenset[str] = field(default_factory=frozenset)

    def title(self) -> str:
        """What its part is called, in the reader's script."""
        raise NotImplementedError

    def copy(self, citizen: Citizen) -> list[Record]:
        """Everything held about this citizen."""
        raise NotImplementedError

    def consents(self, citizen: Citizen) -> list[Consent]:
        """What this citizen agreed to."""
        return []

    def kept(self, citizen: Citizen) -> list[str]:
        """What stays when the account is closed, and why and how long; one sentence each."""
        return []

    def forget(self, citizen: Citizen) -> None:
        """Destroy what need not be kept; the caller commits."""


def init_app(app: Flask, rooms: Sequence[str]) -> None:
    """Collect the holdings of the rooms."""
    app.extensions["holdings"] = [
        import_module(f"app.{room}.holding").HOLDING for room in reversed(rooms)
    ]


def holdings() -> list[Holding]:
    """Those of every room, from the top of the house down."""
    found: list[Holding] = current_app.extensions["holdings"]
    return found


def copied(citizen: Citizen) -> Iterator[tuple[Holding, list[Record]]]:
    """Everything held about a citizen, the account itself first."""
    for holding in reversed(holdings()):
        yield holding, holding.copy(citizen)


def kept(citizen: Citizen) -> list[str]:
    """What stays when the account is closed."""
    return [sentence for holding in holdings() for sentence in holding.kept(citizen)]


def close(citizen: Citizen) -> None:
    """Destroy all that need not be kept, and the account. The caller commits: all of it or nothing.

    What was filed stays with the office; then the account's row stays too, with nothing in it that
    says whose it was.
    """
    take_write_lock()
    db.session.execute(select(Citizen.id).where(Citizen.id == citizen.id).with_for_update())
    for holding in holdings():
        holding.forget(citizen)
    sessions.end_all(citizen)
    db.session.flush()
    audit.record(
        "citizen.account_closed", actor=f"citizen:{citizen.id}", subject=f"citizen:{citizen.id}"
    )
    if _is_referred_to(citizen.id):
        citizen.phone, citizen.phone_hash = None, None
        citizen.closed_at = clock.now()
    else:
        db.session.delete(citizen)
    db.session.flush()


def _is_referred_to(citizen_id: uuid.UUID) -> bool:
    """Whether any row anywhere still points at this account."""
    return any(
        db.session.scalar(select(func.count()).where(column == citizen_id))
        for column in columns_of_citizens()
    )


def columns_of_citizens() -> list[ColumnElement[Any]]:
    """Every column of every table that names a citizen."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table.name == Citizen.__tablename__ for key in column.foreign_keys)
    ]
