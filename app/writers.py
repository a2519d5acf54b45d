"""One writer at a time on SQLite, nobody left waiting for ever.

SQLite lets one connection write. It makes the others look again after ever longer pauses, while whoever
has just written is at once at it again: under load somebody is told that the database is locked. Here the
threads of a process queue up, and only the first of them looks, every millisecond, whether the other
processes leave a gap. A transaction begins with the right to write when its first writing statement comes.
"""

from __future__ import annotations

import random
import re
import sqlite3
import threading
import time
from collections import defaultdict
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import Pool

# Seconds to wait for the database before a person is told.
PATIENCE: Final = 2

_queues: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_WRITING = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.I)
# Where a connection notes that it is the one that writes.
_MINE = "writes"


def begin_to_write(connection: Connection) -> None:
    """Wait for one's turn, and begin the transaction as the only writer; nothing on other databases.

    Raises `OperationalError` after `PATIENCE` seconds.
    """
    database = connection.engine.url.database
    if connection.dialect.name != "sqlite" or not database or _MINE in connection.info:
        return
    until = time.monotonic() + PATIENCE
    if not _queues[database].acquire(timeout=PATIENCE):
        raise _locked(sqlite3.OperationalError("database is locked"))
    connection.info[_MINE] = database
    raw: Any = connection.connection.dbapi_connection
    if raw.in_transaction:
        return
    raw.execute("PRAGMA busy_timeout=0")
    try:
        _look_until(raw, until)
    finally:
        raw.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")


def _look_until(raw: sqlite3.Connection, until: float) -> None:
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if time.monotonic() > until:
                raise _locked(error) from error
            time.sleep(random.uniform(0.0005, 0.0015))  # noqa: S311  no secret, only out of step
        else:
            return


def _locked(reason: sqlite3.OperationalError) -> OperationalError:
    return OperationalError("BEGIN IMMEDIATE", None, reason, hide_parameters=True)


@event.listens_for(Engine, "before_cursor_execute")
def _before_the_first(
    connection: Connection, _cursor: Any, statement: str, _given: Any, _context: Any, _many: bool
) -> None:
    if connection.dialect.name == "sqlite" and _WRITING.match(statement):
        begin_to_write(connection)


@event.listens_for(Pool, "checkin")
@event.listens_for(Pool, "invalidate")
def _let_the_next(_connection: Any, record: Any, _fault: Any = None) -> None:
    """A session gives its connection back once it has committed or rolled back."""
    database = record.info.pop(_MINE, None)
    if database is not None:
        _queues[database].release()
