"""The files of a draft and of a case: each one page of one paper, sealed, under a name that says nothing."""

from __future__ import annotations

import uuid

from flask_babel import gettext
from sqlalchemy import func, select

from app import files, vault
from app.applications.drafts import NoDraftError, forget_without, touch
from app.applications.models import Draft, Upload
from app.clock import now
from app.extensions import db

MOST_FILES, MOST_BYTES = 60, 120 * 1024 * 1024


def save_upload(draft: Draft, document_id: str, name: str, cleaned: files.CleanFile) -> Upload:
    """Keep a cleaned file sealed, and note it on the draft. The caller commits.

    Raises `files.FileRefusedError` with a sentence for the person.
    """
    count, size = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Upload.size), 0)).where(
            Upload.draft_id == draft.id
        )
    ).one()
    if count >= MOST_FILES or size + len(cleaned.content) > MOST_BYTES:
        raise files.FileRefusedError(gettext("传的文件太多了，请先删掉不需要的"))
    page = db.session.scalar(
        select(func.coalesce(func.max(Upload.page), 0) + 1).where(
            Upload.draft_id == draft.id, Upload.document_id == document_id
        )
    )
    upload = Upload(
        draft=draft,
        document_id=document_id,
        page=page,
        key=files.new_key(),
        sha256=cleaned.sha256,
        size=len(cleaned.content),
        media_type=cleaned.media_type,
        name=shown_name(name),
    )
    db.session.add(upload)
    sealed = vault.seal_bytes(cleaned.content, owner=draft, place=_file_place(upload))
    # Before the row is committed: a file without a row is swept, a row without a file is a loss.
    files.store().put(upload.key, sealed)
    forget_without(draft, document_id)
    touch(draft)
    return upload


def read_upload(upload: Upload) -> bytes:
    """The clean content of an upload. Raises `vault.VaultError` or `FileNotFoundError`."""
    sealed = files.store().get(upload.key)
    return vault.open_bytes(sealed, owner=upload.vault_owner, place=_file_place(upload))


def upload_of(draft: Draft, upload_id: uuid.UUID) -> Upload:
    """An upload of this draft. Raises `NoDraftError` for any other."""
    upload = db.session.get(Upload, upload_id)
    if upload is None or upload.draft_id != draft.id:
        raise NoDraftError
    return upload


def uploads_by_document(draft: Draft) -> dict[str, list[Upload]]:
    """The pages of each document, in order."""
    grouped: dict[str, list[Upload]] = {}
    for upload in draft.uploads:
        grouped.setdefault(upload.document_id, []).append(upload)
    return grouped


def sweep_files() -> int:
    """Delete stored files that no row knows; how many. Nightly work, after the drafts' own sweep.

    A file is left alone for an hour: its row may not be committed yet.
    """
    known = set(db.session.scalars(select(Upload.key)))
    old = now().timestamp() - 3600
    swept = 0
    for key, written in list(files.store().listing()):
        if key not in known and written < old:
            files.store().delete(key)
            swept += 1
    return swept


def _file_place(upload: Upload) -> str:
    return f"uploads.file.{upload.id}"


def shown_name(name: str) -> str:
    """The sender's name for a file, only ever shown: no folders, nothing invisible, 100 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable()).strip(". ")[:100]
