"""A copy of everything, made while the site runs, and brought back on an empty machine.

A backup is a folder. Each run adds `database-<time>` (SQLite's own online copy, or `pg_dump`) and
`manifest-<time>.json`, and to `files/` whatever is new there: stored files never change under their
key, so running it every hour into one folder copies only what came since. Files are listed after
the database: each row of the copy has its file. All of it is as sealed as the site keeps it; the
keys are not in it, and without them nobody can read it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, func, inspect, select, text
from sqlalchemy.engine import URL

from app import clock, files
from app.extensions import Base, db

CHUNK = 1 << 20


class BackupError(Exception):
    """A backup cannot be made or brought back; the message says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: rows of each table, and how many files were in the store."""

    at: str
    dialect: str
    database: str
    sha256: str
    rows: dict[str, int]
    files: int

    @property
    def receipts(self) -> int:
        """How many applications it holds: each of them has a receipt in somebody's hands."""
        return self.rows.get("applications", 0)


# --- Making one ---


def back_up(folder: Path) -> Manifest:
    """Copy the database, then the files that are not there yet. Raises `BackupError`."""
    folder.mkdir(parents=True, exist_ok=True)
    at = clock.now().strftime("%Y%m%dT%H%M%SZ")
    dialect = db.engine.dialect.name
    name = f"database-{at}.{'sqlite3' if dialect == 'sqlite' else 'dump'}"
    unfinished = folder / f"{name}.part"
    copy = _copy_sqlite if dialect == "sqlite" else _copy_postgres
    rows = copy(unfinished)
    unfinished.replace(folder / name)
    count = _copy_files(folder / "files")
    manifest = Manifest(at, dialect, name, _digest(folder / name), rows, count)
    # Last: a backup without its manifest is one that was cut off.
    written = folder / f"manifest-{at}.json.part"
    written.write_text(json.dumps(manifest.__dict__, indent=1), encoding="utf-8")
    written.replace(folder / f"manifest-{at}.json")
    return manifest


def _copy_sqlite(target: Path) -> dict[str, int]:
    with db.engine.connect() as connection, closing(sqlite3.connect(target)) as copy:
        source: Any = connection.connection.dbapi_connection
        source.backup(copy)
    engine = create_engine(f"sqlite:///{target}")
    try:
        with engine.connect() as connection:
            return _rows(connection)
    finally:
        engine.dispose()


def _copy_postgres(target: Path) -> dict[str, int]:
    """`pg_dump` and our own counting see the very same moment."""
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        _postgres_tool(
            "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}", "--no-owner"
        )
        return _rows(connection)


def _copy_files(folder: Path) -> int:
    store = files.store()
    count = 0
    for key, _written in list(store.listing()):
        target = folder / key[:2] / key
        count += 1
        if target.exists():
            continue
        try:
            content = store.get(key)
        except FileNotFoundError:
            # Taken back by its owner since the listing was made.
            count -= 1
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        part.write_bytes(content)
        part.replace(target)
    return count


# --- Bringing one back ---


def read_manifest(folder: Path, at: str | None = None) -> Manifest:
    """The newest backup in a folder, or the one made `at` that time. Raises `BackupError`."""
    found = sorted(folder.glob(f"manifest-{at or '*'}.json"))
    if not found:
        raise BackupError(f"{folder} holds no complete backup{f' made at {at}' if at else ''}")
    return Manifest(**json.loads(found[-1].read_text(encoding="utf-8")))


def restore(folder: Path, at: str | None = None) -> Manifest:
    """Bring a backup back into an empty database and an empty store, and count. Raises `BackupError`."""
    manifest = read_manifest(folder, at)
    copy = folder / manifest.database
    if not copy.is_file() or _digest(copy) != manifest.sha256:
        raise BackupError(f"{copy} is missing or is not what the manifest says")
    dialect = db.engine.dialect.name
    if dialect != manifest.dialect:
        raise BackupError(f"the backup is of {manifest.dialect}, DATABASE_URL is {dialect}")
    _refuse_used()
    if dialect == "sqlite":
        _fill_sqlite(copy)
    else:
        _postgres_tool("pg_restore", "--no-owner", "--exit-on-error", "--dbname={name}", str(copy))
    _fill_store(folder / "files")
    with db.engine.connect() as connection:
        rows = _rows(connection)
    if rows != manifest.rows:
        wrong = sorted(name for name in rows if rows[name] != manifest.rows.get(name))
        raise BackupError(f"other numbers of rows than the manifest says: {', '.join(wrong)}")
    return manifest


def _refuse_used() -> None:
    """Nothing that exists is ever overwritten."""
    if set(inspect(db.engine).get_table_names()) & set(Base.metadata.tables):
        raise BackupError("the database of DATABASE_URL is not empty; restore into a new one")
    if next(files.store().listing(), None) is not None:
        raise BackupError("the file store is not empty; restore into a new one")


def _fill_sqlite(copy: Path) -> None:
    with db.engine.connect() as connection, closing(sqlite3.connect(copy)) as source:
        target: Any = connection.connection.dbapi_connection
        source.backup(target)
    db.engine.dispose()


def _fill_store(folder: Path) -> None:
    store = files.store()
    for path in sorted(folder.glob("*/*")):
        if path.suffix != ".part":
            store.put(path.name, path.read_bytes())


# --- Small parts ---


def _rows(connection: Connection) -> dict[str, int]:
    """How many rows every table of ours has."""
    there = set(inspect(connection).get_table_names())
    return {
        name: connection.scalar(select(func.count()).select_from(table)) or 0
        for name, table in sorted(Base.metadata.tables.items())
        if name in there
    }


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _postgres_tool(program: str, *arguments: str) -> None:
    """Run a tool of PostgreSQL's own on our database; the password goes by the environment."""
    url: URL = db.engine.url
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    where = {
        "PGHOST": url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGDATABASE": url.database,
    }
    # A socket's folder may stand in the query of the address instead of its host.
    where["PGHOST"] = url.host or _first(url.query.get("host"))
    environment |= {name: str(value) for name, value in where.items() if value}
    filled = [each.format(name=url.database) for each in arguments]
    try:
        subprocess.run([program, *filled], env=environment, check=True, capture_output=True)  # noqa: S603  our own words
    except FileNotFoundError:
        raise BackupError(
            f"{program} is not installed; install PostgreSQL's client tools"
        ) from None
    except subprocess.CalledProcessError as failure:
        said = failure.stderr.decode(errors="replace").strip().splitlines()
        raise BackupError(f"{program} failed: {said[0] if said else failure.returncode}") from None


def _first(value: str | tuple[str, ...] | None) -> str | None:
    return value[0] if isinstance(value, tuple) else value
