"""The files of a draft or an application: each one page of one paper, sealed, under a name that says nothing.

A page of a draft that is taken back is gone. A page of an application stays, with the moment it was
replaced: whoever decided may have seen it.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import ColumnElement, func, select

from app import files, limits, vault
from app.accounts.models import Citizen, Officer
from app.applications.drafts import NoDraftError, forget_without, touch
from app.applications.models import Application, Draft, Upload
from app.clock import now
from app.extensions import db, take_write_lock
from app.files.cleaning import CleanFile, FileRefusedError
from app.files.stores import SMALL, new_key
from app.language import gettext

# What lies in the store for one owner, sealed, with what was replaced.
MOST_FILES, MOST_BYTES = 60, 120 * 1024 * 1024
# What lies in all the drafts of one person; a village worker may have forty couples under way.
MOST_FILES_OF_ONE, MOST_BYTES_OF_ONE = 1500, 1024 * 1024 * 1024
# Requests of one person in an hour, whatever comes of them: each costs a processor half a second.
MOST_SENT_HOURLY = 300
_SEAL = vault.HEADER_LENGTH + vault.TAG_LENGTH

Owner = Draft | Application


@dataclass(frozen=True)
class Place:
    """Where a file belongs among the pages of its paper, as the page that sends it says."""

    # Pages stand in the order of these numbers; by default after all that are there.
    page: int | None = None
    # What the sending page calls the file; the same name again is the same page, and is kept once.
    name: str | None = None
    # The page whose place it takes.
    replaces: Upload | None = None


ANYWHERE = Place()


def save_upload(
    owner: Owner, document_id: str, name: str, cleaned: CleanFile, place: Place = ANYWHERE
) -> Upload:
    """Keep a cleaned file sealed, and note it on its owner. The caller holds the owner's row, and commits.

    Raises `FileRefusedError` with a sentence for the person.
    """
    token = _token(owner, place.name)
    known = db.session.scalar(select(Upload).where(Upload.token == token)) if token else None
    if known is not None:
        return known
    stored = len(cleaned.content) + _SEAL + (len(cleaned.small) + _SEAL if cleaned.small else 0)
    _refuse_too_much(owner, stored)
    upload = Upload(
        draft=owner if isinstance(owner, Draft) else None,
        application=owner if isinstance(owner, Application) else None,
        document_id=document_id,
        page=_page(owner, document_id, place),
        key=new_key(),
        sha256=cleaned.sha256,
        size=len(cleaned.content),
        stored=stored,
        media_type=cleaned.media_type,
        name=shown_name(name),
        token=token,
        look=cleaned.look,
        quarantined_at=now() if cleaned.unchecked else None,
    )
    db.session.add(upload)
    # Before the row is committed: a file without a row is swept, a row without a file is a loss.
    _put(upload, cleaned)
    if place.replaces is not None:
        take_back(place.replaces)
    if isinstance(owner, Draft):
        forget_without(owner, document_id)
        touch(owner)
    return upload


def _token(owner: Owner, name: str | None) -> str | None:
    """Another owner's page of the same name is another page."""
    return hashlib.sha256(f"{owner.id}:{name}".encode()).hexdigest() if name else None


def _refuse_too_much(owner: Owner, stored: int) -> None:
    total = select(func.count(), func.coalesce(func.sum(Upload.stored), 0))
    if isinstance(owner, Draft):
        theirs = select(Draft.id).where(Draft.citizen_id == owner.citizen_id)
        count, size = db.session.execute(total.where(Upload.draft_id.in_(theirs))).one()
        if count >= MOST_FILES_OF_ONE or size + stored > MOST_BYTES_OF_ONE:
            raise FileRefusedError(
                gettext("您的草稿里文件太多了，请先交上去几份，或删掉不要的草稿")
            )
    count, size = db.session.execute(total.where(_of(owner))).one()
    if count >= MOST_FILES or size + stored > MOST_BYTES:
        raise FileRefusedError(
            gettext(
                "一份申请最多传 %(count)s 个文件、共 %(size)s MB，已经满了。请先删掉不需要的",
                count=MOST_FILES,
                size=MOST_BYTES // 1024 // 1024,
            )
        )


def _page(owner: Owner, document_id: str, place: Place) -> int:
    if place.replaces is not None:
        return place.replaces.page
    if place.page is not None:
        return place.page
    last = select(func.coalesce(func.max(Upload.page), 0)).where(
        _of(owner), Upload.document_id == document_id
    )
    return (db.session.scalar(last) or 0) + 1


def _put(upload: Upload, cleaned: CleanFile) -> None:
    seal = partial(vault.seal_bytes, owner=upload.vault_owner)
    files.store().put(upload.key, seal(cleaned.content, place=_file_place(upload)))
    if cleaned.small:
        small = seal(cleaned.small, place=_small_place(upload))
        files.store().put(upload.key + SMALL, small)


def may_send(person: Citizen | Officer) -> bool:
    """Count a request with files, and say whether this person has sent too many. The caller commits."""
    hour = timedelta(hours=1)
    return limits.hit("upload", str(person.id), limit=MOST_SENT_HOURLY, window=hour)


def hold(application: Application) -> None:
    """Keep other uploads of this application waiting until this transaction ends, as `get_draft` does."""
    take_write_lock()
    db.session.execute(
        select(Application.id).where(Application.id == application.id).with_for_update()
    )


def take_back(upload: Upload) -> None:
    """Take a page back. The caller commits; a file that no row knows goes with the next sweep."""
    if upload.application_id is not None:
        upload.replaced_at = upload.replaced_at or now()
    else:
        db.session.delete(upload)


def move(upload: Upload, by: int) -> None:
    """One place earlier (-1) or later (1) among the pages that count. The caller commits."""
    owner = upload.application or upload.draft
    pages = uploads_by_document(owner)[upload.document_id] if owner else []
    at = pages.index(upload) if upload in pages else -1
    if at < 0 or not 0 <= at + by < len(pages):
        return
    pages.insert(at + by, pages.pop(at))
    # Two tabs may have given the same number: numbered anew, and every number counts once.
    numbers = sorted(page.page for page in pages)
    for at, (page, number) in enumerate(zip(pages, numbers, strict=True)):
        page.page = max(number, pages[at - 1].page + 1) if at else number


def read_upload(upload: Upload) -> bytes:
    """The clean content of an upload. Raises `vault.VaultError` or `FileNotFoundError`."""
    sealed = files.store().get(upload.key)
    return vault.open_bytes(sealed, owner=upload.vault_owner, place=_file_place(upload))


def read_small(upload: Upload) -> bytes:
    """The small picture of a photo. Raises as `read_upload`; a PDF has none: `FileNotFoundError`."""
    sealed = files.store().get(upload.key + SMALL)
    return vault.open_bytes(sealed, owner=upload.vault_owner, place=_small_place(upload))


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


def _small_place(upload: Upload) -> str:
    return f"uploads.small.{upload.id}"


def shown_name(name: str) -> str:
    """The sender's name for a file, only ever shown: no folders, nothing invisible, 100 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable()).strip(". ")[:100]
