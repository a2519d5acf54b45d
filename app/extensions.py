"""The extensions, made once here and bound to an app in `create_app`."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import DateTime, MetaData, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from app.writers import PATIENCE, begin_to_write


class Base(DeclarativeBase):
    """The base of every model: `class Case(Base)`."""

    # Named constraints from day one, or SQLite could never alter them in a batch migration.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def every_table() -> MetaData:
    """All tables of the site: for work that must not overlook one whose room was not loaded yet."""
    for models in Path(__file__).parent.glob("*/models.py"):
        import_module(f"app.{models.parent.name}.models")
    return Base.metadata


class Instant(TypeDecorator[datetime]):
    """An instant in UTC that is timezone-aware on both databases; SQLite alone would drop the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone; use clock.now()")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


WAL_BYTES = 16 * 1024 * 1024

db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
csrf = CSRFProtect()
babel = Babel()
htmx = Htmx()


def engine_options(address: str) -> dict[str, Any]:
    """How to reach the database at `address`, so that nobody waits longer than a moment for one that is away.

    What is tried within a request ends after about two seconds; `errors` then answers 503.
    """
    # What a statement was given is personal; it must not reach a log with the statement's fault.
    options: dict[str, Any] = {"hide_parameters": True}
    if address in {"sqlite://", "sqlite:///:memory:"}:
        return options
    options |= {"pool_size": 5, "max_overflow": 25, "pool_timeout": PATIENCE}
    if address.startswith("postgresql"):
        # A connection that died with its server is found out before it is used.
        options["pool_pre_ping"] = True
        options["connect_args"] = {"connect_timeout": PATIENCE, "tcp_user_timeout": 1000}
    return options


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Give every SQLite connection the settings a service needs; other databases are left alone."""
    if type(connection).__module__ != "sqlite3":
        return
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        f"busy_timeout={PATIENCE * 1000}",
        # A receipt that was shown must survive a power cut.
        "synchronous=FULL",
        # The log grows while somebody reads for long, and is cut back to this afterwards.
        f"journal_size_limit={WAL_BYTES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def take_write_lock() -> None:
    """Before reading what this transaction will change: let nobody else write until it ends.

    SQLite has one write lock for all, and knows no `with_for_update`; PostgreSQL locks those rows.
    """
    begin_to_write(db.session.connection())


def upsert(model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows `on_conflict_do_update`, in the words of the database in use."""
    return upsert_into(model, db.session.get_bind().dialect.name)


def upsert_into(model: type[Base], dialect: str) -> sqlite.Insert | postgresql.Insert:
    """The same for statements that are made once and kept. They go to the table itself, not through
    the model, which would look at each value again."""
    table: Any = model.__table__
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
