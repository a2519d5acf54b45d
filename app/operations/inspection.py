"""Looking at everything stored: what was lost or changed is found in the night, not by a citizen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from app import audit, clock
from app.applications import uploads
from app.applications.models import Upload
from app.extensions import db, upsert
from app.operations.models import Inspection
from app.vault import VaultError, is_destroyed

BATCH = 200
MOST_TOLD = 100


@dataclass(frozen=True)
class Found:
    """How much was looked at, and what is wrong: ids and codes, nothing personal."""

    looked_at: int
    problems: list[str]


def inspect_everything() -> dict[str, Found]:
    """The database's own pages, the chain of the audit, and every stored file. Commits."""
    found = {
        "database": _look_at_database(),
        "audit": _look_at_audit(),
        "files": _look_at_files(),
    }
    for name, one in found.items():
        _note(name, one)
    db.session.commit()
    return found


def last_results() -> list[Inspection]:
    """What was found last, by name."""
    return list(db.session.scalars(select(Inspection).order_by(Inspection.name)))


def _look_at_database() -> Found:
    """SQLite checks its pages here; PostgreSQL checks them as it reads, when it was made so."""
    if db.session.get_bind().dialect.name != "sqlite":
        return Found(0, [])
    try:
        said = [row[0] for row in db.session.execute(text("PRAGMA integrity_check"))]
    except DatabaseError:
        # So badly damaged that SQLite cannot even look.
        db.session.rollback()
        return Found(1, ["integrity_check: not possible"])
    return Found(1, [] if said == ["ok"] else [f"integrity_check: {len(said)} faults"])


def _look_at_audit() -> Found:
    try:
        return Found(audit.verify(), [])
    except audit.AuditError as error:
        return Found(0, [str(error)])


def _look_at_files() -> Found:
    """Each row has its file, and the file is the one the row names."""
    count, problems = 0, []
    for upload in _uploads():
        count += 1
        wrong = _wrong_with(upload)
        if wrong:
            problems.append(f"{upload.id}: {wrong}")
    return Found(count, problems)


def _uploads() -> Iterator[Upload]:
    page = select(Upload).order_by(Upload.id).limit(BATCH)
    rows = db.session.scalars(page).all()
    while rows:
        yield from rows
        last = rows[-1].id
        db.session.expunge_all()
        rows = db.session.scalars(page.where(Upload.id > last)).all()


def _wrong_with(upload: Upload) -> str | None:
    if is_destroyed(upload):
        # Its data was deleted at its owner's wish; nobody can read the file any more, nor should.
        return None
    try:
        content = uploads.read_upload(upload)
    except FileNotFoundError:
        return "no file"
    except VaultError:
        return "changed"
    return None if hashlib.sha256(content).hexdigest() == upload.sha256 else "another file"


def _note(name: str, found: Found) -> None:
    values = {
        "inspected_at": clock.now(),
        "looked_at": found.looked_at,
        "problems": found.problems[:MOST_TOLD],
    }
    noted = upsert(Inspection).values(name=name, **values)
    db.session.execute(noted.on_conflict_do_update(index_elements=["name"], set_=values))
