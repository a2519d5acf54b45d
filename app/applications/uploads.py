"""The files of a draft or an application: each one page of one paper, sealed, under a name that says nothing.

A page of a draft that is taken back is gone. A page of an application stays, with the moment it was
replaced: whoever decided may have seen it.
"""

from __future__ import annotations

import uuid

from flask_babel import gettext
from sqlalchemy import ColumnElement, func, select

from app import files, vault
from app.applications.drafts import NoDraftError, forget_without, touch
from app.applications.models import Application, Draft, Upload
from app.clock import now
from app.extensions import db, take_write_lock

# What lies in the store for one owner, sealed, with what was replaced.
MOST_FILES, MOST_BYTES = 60, 120 * 1024 * 1024
_SEAL = vault.HEADER_LENGTH + vault.TAG_LENGTH

Owner = Draft | Application


def save_upload(owner: Owner, document_id: str, name: str, cleaned: files.CleanFile) -> Upload:
    """Keep a cleaned file sealed, and note it on its owner. The caller holds the owner's row, and commits.

    Raises `files.FileRefusedError` with a sentence for the person.
    """
    sealed_size = len(cleaned.content) + _SEAL
    count, size = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Upload.size + _SEAL), 0)).where(_of(owner))
    ).one()
    if count >= MOST_FILES or size + sealed_size > MOST_BYTES:
        raise files.FileRefusedError(gettext("传的文件太多了，请先删掉不需要的"))
    page = db.session.scalar(
        select(func.coalesce(func.max(Upload.page), 0) + 1).where(
            _of(owner), Upload.document_id == document_id
        )
    )
    upload = Upload(
        draft=owner if isinstance(owner, Draft) else None,
        application=owner if isinstance(owner, Application) else None,
        document_id=document_id,
        page=page,
        key=files.new_key(),
        sha256=cleaned.sha256,
        size=len(cleaned.content),
        media_type=cleaned.media_type,
        name=shown_name(name),
    )
    db.session.add(upload)
    sealed = vault.seal_bytes(cleaned.content, owner=owner, place=_file_place(upload))
    # Before the row is committed: a file without a row is swept, a row without a file is a loss.
    files.store().put(upload.key, sealed)
    if isinstance(owner, Draft):
        forget_without(owner, document_id)
        touch(owner)
    return upload


def hold(application: Application) -> None:
    """Keep other uploads of this application waiting until this transaction ends, as `get_draft` does."""
    take_write_lock()
    db.session.execute(
        select(Application.id).where(Application.id == application.id).with_for_update()
    )


def take_back(upload: Upload) -> str | None:
    """Take a page back. The caller commits, and then deletes the file under the key returned, if any."""
    if upload.application_id is not None:
        upload.replaced_at = upload.replaced_at or now()
        return None
    db.session.delete(upload)
    return upload.key


def read_upload(upload: Upload) -> bytes:
    """The clean content of an upload. Raises `vault.VaultError` or `FileNotFoundError`."""
    sealed = files.store().get(upload.key)
    return vault.open_bytes(sealed, owner=upload.vault_owner, place=_file_place(upload))


def upload_of(owner: Owner, upload_id: uuid.UUID) -> Upload:
    """An upload of this owner. Raises `NoDraftError` for any other."""
    upload = db.session.scalar(select(Upload).where(Upload.id == upload_id, _of(owner)))
    if upload is None:
        raise NoDraftError
    return upload


def uploads_by_document(owner: Owner) -> dict[str, list[Upload]]:
    """The pages of each document that count, in order: not those replaced."""
    grouped: dict[str, list[Upload]] = {}
    for upload in owner.uploads:
        if upload.replaced_at is None:
            grouped.setdefault(upload.document_id, []).append(upload)
    return grouped


def _of(owner: Owner) -> ColumnElement[bool]:
    if isinstance(owner, Draft):
        return Upload.draft_id == owner.id
    return Upload.application_id == owner.id


def _file_place(upload: Upload) -> str:
    return f"uploads.file.{upload.id}"


def shown_name(name: str) -> str:
    """The sender's name for a file, only ever shown: no folders, nothing invisible, 100 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable()).strip(". ")[:100]
