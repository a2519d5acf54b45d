"""Statements of every request, made once and run plainly.

What a session does for models around each statement costs several times the statement itself. Where a
request asks the same few things of the database each time, it asks them through here instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    CursorResult,
    Executable,
    Insert,
    Update,
    bindparam,
    inspect,
    update,
)
from sqlalchemy import insert as insert_into
from sqlalchemy.orm import class_mapper, make_transient, make_transient_to_detached

from app.extensions import Base, db

Row = TypeVar("Row", bound=Base)


def plainly(
    statement: Executable, given: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
) -> CursorResult[*tuple[Any, ...]]:
    """Run a statement that was made once, past what a session does for models around each one.

    For what is asked with every request. In the session's transaction, after its pending changes.
    """
    db.session.flush()
    return db.session.connection().execute(statement, given)


def new(model: type[Row], values: Mapping[str, Any]) -> Row:
    """A row for `insert`, with all its values but the sealed ones; nothing of the model's own is run."""
    row: Row = class_mapper(model).class_manager.new_instance()
    row.__dict__.update(values)
    return row


def insert(row: Base) -> None:
    """Write a new row now, past the session's unit of work; it is then in it as if loaded.

    Its id is set. Raises `IntegrityError`.
    """
    insert_values(type(row), [values_of(row)])
    make_transient_to_detached(row)
    db.session.add(row)


def values_of(row: Base) -> dict[str, Any]:
    """The values of a row that was made with `new`, as `insert_values` takes them."""
    given = row.__dict__
    return {name: given[name] for name in _columns(type(row)) if name in given}


def save(row: Base) -> None:
    """Write what was changed in a loaded row now, past the session's unit of work.

    For a row whose model counts no versions. Nothing when nothing was changed.
    """
    state = inspect(row)
    changed = [name for name in _columns(type(row)) if name in state.committed_state]
    if not changed:
        return
    given = {name: row.__dict__[name] for name in changed}
    # The session knows it as it is now, or it would write it once more.
    make_transient(row)
    make_transient_to_detached(row)
    db.session.add(row)
    plainly(_updating(type(row), tuple(changed)), {**given, "this_row": row.__dict__["id"]})


@cache
def _updating(model: type[Base], names: tuple[str, ...]) -> Update:
    table: Any = model.__table__
    new: dict[str, Any] = {name: bindparam(name) for name in names}
    return update(table).where(table.c.id == bindparam("this_row")).values(new)


def insert_values(model: type[Base], values: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that nobody looks at again in this transaction; nothing of the model's own is run."""
    plainly(_inserting(model), values)


@cache
def _columns(model: type[Base]) -> list[str]:
    return [column.key for column in model.__table__.columns]


@cache
def _inserting(model: type[Base]) -> Insert:
    return insert_into(model.__table__)  # type: ignore[arg-type]
