"""Taking a copy of everything that was sent."""

from __future__ import annotations

import uuid

from flask import Response, stream_with_context
from werkzeug.wrappers import Response as Answer

from app import audit
from app.accounts.guards import citizen_only
from app.applications.slots import harmless
from app.applications.standing import Right, actor_of, case_for
from app.delegation.authority import Act
from app.extensions import db
from app.tracking.pages import bp, me
from app.tracking.sent import archive_of


@bp.get("/my/<uuid:case_id>/sent.zip")
@citizen_only
def download(case_id: uuid.UUID) -> Answer:
    """The answers as a PDF and every page of every paper, in one archive."""
    citizen = me()
    application = case_for(citizen, case_id, Right.DOWNLOAD)
    actor_of(citizen.id, application, Act.DOWNLOAD)
    archive = archive_of(application)
    audit.record(
        "application.downloaded",
        actor=f"citizen:{citizen.id}",
        subject=f"application:{application.id}",
    )
    db.session.commit()
    response = Response(stream_with_context(archive), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{application.number}.zip"'
    return harmless(response)
