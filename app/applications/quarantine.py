"""Files that came while the virus scanner was away: scanned once it is back, and kept or thrown away."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import audit, files, vault
from app.applications.models import Draft, Upload
from app.applications.records import phone_of_filer
from app.applications.uploads import read_upload
from app.extensions import db
from app.files.scanning import InfectedError, ScannerAwayError, refuse_infected
from app.files.stores import SMALL, StoreAwayError
from app.notifications import service as notifications

BATCH = 200


def check_waiting() -> int:
    """Scan what waits, the oldest first, until the scanner goes away again; how many. Commits each."""
    ids = db.session.scalars(
        select(Upload.id)
        .where(Upload.quarantined_at.is_not(None))
        .order_by(Upload.quarantined_at)
        .limit(BATCH)
    ).all()
    db.session.commit()
    done = 0
    for upload_id in ids:
        upload = db.session.get(
            Upload, upload_id, options=[joinedload(Upload.draft), joinedload(Upload.application)]
        )
        if upload is None:
            continue
        try:
            _check(upload)
        except (ScannerAwayError, StoreAwayError):
            db.session.rollback()
            break
        db.session.commit()
        done += 1
    return done


def _check(upload: Upload) -> None:
    try:
        refuse_infected(read_upload(upload))
    except InfectedError:
        _throw_away(upload)
    except (vault.VaultError, FileNotFoundError):
        # Nobody can open it either; the nightly inspection says so.
        return
    else:
        upload.quarantined_at = None


def _throw_away(upload: Upload) -> None:
    """Delete the file and its row, and tell whoever sent it that the page is missing."""
    owner = upload.vault_owner
    if isinstance(owner, Draft):
        kind, phone = "draft", owner.citizen.phone
    else:
        kind, phone = "application", phone_of_filer(owner)
    audit.record(
        "upload.infected",
        actor="system",
        subject=f"{kind}:{owner.id}",
        data={"upload": upload.id},
    )
    if phone:
        notifications.queue(
            "upload_infected",
            phone,
            {"service": owner.service},
            subject=f"{kind}:{owner.id}",
            event=upload.id,
        )
    for key in (upload.key, upload.key + SMALL):
        files.store().delete(key)
    db.session.delete(upload)
