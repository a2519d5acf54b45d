"""The PDF of a certificate or letter: made when first asked for, and from then on always the same.

It lies sealed in the file store with its hash in the row. A file that was lost or spoilt is made
again from the pinned data: the same bytes take its place, others (a new signature, a new wording of
the house) become a new version of it.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError

from app import audit, files, vault
from app.certificates import signing
from app.certificates.letters import letter_sheet
from app.certificates.models import Certificate, Letter, PrintedFile
from app.certificates.sheets import certificate_sheet
from app.extensions import db
from app.files.stores import new_key
from app.language import speaking
from app.typesetting import pdf

Issued = Certificate | Letter


class NothingToPrintError(Exception):
    """The personal data behind it were deleted when their time was over."""


def content_of(issued: Issued, script: str) -> bytes:
    """The PDF in this script. Commits when it had to be made. Raises `NothingToPrintError`."""
    if issued.data is None:
        raise NothingToPrintError
    kept = _latest(issued, script)
    content = _read(issued, kept) if kept else None
    if content is not None:
        return content
    content, is_signed = _made(issued, script)
    if kept is not None and kept.sha256 == _hash(content):
        _put(issued, kept, content)
        return content
    try:
        version = kept.version + 1 if kept else 1
        _keep(issued, script, content, version=version, is_signed=is_signed)
        db.session.commit()
    except IntegrityError:
        # Somebody else made it in the same moment: theirs is the one.
        db.session.rollback()
        return content_of(issued, script)
    return content


def _latest(issued: Issued, script: str) -> PrintedFile | None:
    return db.session.scalars(
        select(PrintedFile)
        .where(_of(issued), PrintedFile.script == script)
        .order_by(PrintedFile.version.desc())
        .limit(1)
    ).first()


def _of(issued: Issued) -> ColumnElement[bool]:
    if isinstance(issued, Certificate):
        return PrintedFile.certificate_id == issued.id
    return PrintedFile.letter_id == issued.id


def _read(issued: Issued, file: PrintedFile) -> bytes | None:
    """The kept file, or None when it is not there or not what was kept."""
    try:
        sealed = files.store().get(file.key)
        content = vault.open_bytes(sealed, owner=issued.application, place=_place(file))
    except (FileNotFoundError, vault.VaultError):
        return None
    return content if _hash(content) == file.sha256 else None


def _made(issued: Issued, script: str) -> tuple[bytes, bool]:
    """The PDF, and whether it is signed. What only practises is never signed."""
    signed = signing.is_signing() and not issued.is_practice
    with speaking(script):
        if isinstance(issued, Certificate):
            name, data = "certificate", certificate_sheet(issued, script, is_signed=signed)
        else:
            name, data = "sheet", letter_sheet(issued, script)
    content = pdf(name, data, script, made_at=issued.issued_at)
    if not signed:
        return content, False
    return signing.sign(content, office=(issued.data or {})["office"][script]), True


def _keep(issued: Issued, script: str, content: bytes, *, version: int, is_signed: bool) -> None:
    file = PrintedFile(
        certificate_id=issued.id if isinstance(issued, Certificate) else None,
        letter_id=issued.id if isinstance(issued, Letter) else None,
        script=script,
        version=version,
        key=new_key(),
        sha256=_hash(content),
        size=len(content),
        is_signed=is_signed,
    )
    db.session.add(file)
    db.session.flush()
    # Before the row is committed: a file without a row is swept, a row without a file is a loss.
    _put(issued, file, content)
    if version > 1:
        audit.record(
            "certificate.file_remade",
            actor="system",
            subject=f"application:{issued.application_id}",
            data={"file": file.id, "version": version},
        )


def _put(issued: Issued, file: PrintedFile, content: bytes) -> None:
    sealed = vault.seal_bytes(content, owner=issued.application, place=_place(file))
    files.store().put(file.key, sealed)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _place(file: PrintedFile) -> str:
    return f"printed_files.file.{file.id}"
