"""One writer at a time on SQLite, in the order of asking.

SQLite lets one connection write and makes the others poll for their turn, so that under load somebody
waits for ever and is told that the database is locked. Within a process the threads queue here
instead, one lock a database; between processes SQLite's own waiting is enough.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections import defaultdict
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import Pool

# Seconds to wait for the database before a person is told.
PATIENCE: Final = 2

_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_WRITING = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|BEGIN IMMEDIATE)\b", re.I
)
# Where a connection notes that it is the one that writes.
_MINE = "writes"


@event.listens_for(Engine, "before_cursor_execute")
def _queue(
    connection: Connection, _cursor: Any, statement: str, _given: Any, _context: Any, _many: bool
) -> None:
    """Before its first writing statement a transaction waits for the one before it to end."""
    if connection.dialect.name != "sqlite" or not _WRITING.match(statement):
        return
    database = connection.engine.url.database
    if not database or _MINE in connection.info:
        return
    if not _locks[database].acquire(timeout=PATIENCE):
        reason = sqlite3.OperationalError("database is locked")
        raise OperationalError(statement, None, reason, hide_parameters=True)
    connection.info[_MINE] = database


@event.listens_for(Pool, "checkin")
@event.listens_for(Pool, "invalidate")
def _let_the_next(_connection: Any, record: Any, _fault: Any = None) -> None:
    """A session gives its connection back once it has committed or rolled back."""
    database = record.info.pop(_MINE, None)
    if database is not None:
        _locks[database].release()
