"""The papers of a draft: photographed, looked at, taken back, or replaced by something else."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from flask import abort, request, send_file
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import files
from app.accounts.guards import citizen_only
from app.applications import drafts, forms, uploads
from app.applications import filing as filings
from app.applications.models import Draft
from app.applications.step_pages import (
    bp,
    card,
    documents,
    me,
    step_page,
    step_url,
)
from app.applications.steps import Filing, journey_of
from app.extensions import db
from app.web import see


@bp.post("/apply/<uuid:draft_id>/documents/<document_id>")
@citizen_only
def upload(draft_id: uuid.UUID, document_id: str) -> Response:
    """Take photos or PDFs of one paper; those that are fine are kept, the rest is said at the paper."""
    draft = drafts.get_draft(me(), draft_id)
    _paper(filings.filing_of(draft), document_id)
    # Reading photos takes long; nobody has to wait for it.
    cleaned, errors = _cleaned_files()
    draft = drafts.get_draft(me(), draft_id, to_change=True)
    errors += _keep_files(draft, document_id, cleaned)
    db.session.commit()
    if errors:
        return _documents_page(draft, document_id, errors)
    return see(step_url(draft, "documents") + f"#{document_id}")


@bp.get("/apply/<uuid:draft_id>/documents/<document_id>")
@citizen_only
def upload_again(draft_id: uuid.UUID, document_id: str) -> Response:
    """A reload after a file was refused: the page of papers, at this one."""
    draft = drafts.get_draft(me(), draft_id)
    return see(step_url(draft, "documents") + f"#{document_id}")


@bp.post("/apply/<uuid:draft_id>/documents/<document_id>/without")
@citizen_only
def without(draft_id: uuid.UUID, document_id: str) -> Response:
    """Note what takes the place of a paper, or that it is at hand after all."""
    draft = drafts.get_draft(me(), draft_id, to_change=True)
    paper = _paper(filings.filing_of(draft), document_id)
    instead = request.form.get("instead", "")
    if instead in {*paper["replaceable_by"], forms.BRING}:
        drafts.choose_without(draft, document_id, instead)
    elif instead == "":
        drafts.forget_without(draft, document_id)
    else:
        abort(400)
    db.session.commit()
    return see(step_url(draft, "documents") + f"#{document_id}")


@bp.get("/apply/<uuid:draft_id>/uploads/<uuid:upload_id>")
@citizen_only
def show_upload(draft_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """A page the citizen sent, as it was kept; never run, whatever it is."""
    draft = drafts.get_draft(me(), draft_id)
    kept = uploads.upload_of(draft, upload_id)
    response = send_file(
        BytesIO(uploads.read_upload(kept)),
        mimetype=kept.media_type,
        as_attachment=kept.media_type != files.JPEG,
        download_name=f"{kept.document_id}-{kept.page}.{'jpg' if kept.media_type == files.JPEG else 'pdf'}",
        conditional=False,
        max_age=None,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/apply/<uuid:draft_id>/uploads/<uuid:upload_id>/remove")
@citizen_only
def remove_upload(draft_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """Take a page back."""
    draft = drafts.get_draft(me(), draft_id, to_change=True)
    kept = uploads.upload_of(draft, upload_id)
    document_id, key = kept.document_id, kept.key
    db.session.delete(kept)
    db.session.commit()
    files.store().delete(key)
    return see(step_url(draft, "documents") + f"#{document_id}")


def _paper(filing: Filing, document_id: str) -> Mapping[str, Any]:
    """The paper of this id, when this filing asks for it; else 404."""
    paper = next((paper for paper in filing.documents if paper["id"] == document_id), None)
    return paper if paper is not None else abort(404)


def _cleaned_files() -> tuple[list[tuple[str, files.CleanFile]], list[str]]:
    """The files sent that are fine, with their names, and a sentence for each that is not."""
    sent = [file for file in request.files.getlist("file") if file.filename]
    cleaned, errors = [], [] if sent else [_("请先拍照或选择文件")]
    for file in sent:
        name = file.filename or ""
        try:
            cleaned.append((name, files.clean(file.read())))
        except files.FileRefusedError as error:
            errors.append(_refused(name, error))
        finally:
            file.close()
    return cleaned, errors


def _keep_files(
    draft: Draft, document_id: str, cleaned: list[tuple[str, files.CleanFile]]
) -> list[str]:
    """Keep these files while the draft has room; a sentence for each that found none."""
    errors = []
    for name, file in cleaned:
        try:
            uploads.save_upload(draft, document_id, name, file)
        except files.FileRefusedError as error:
            errors.append(_refused(name, error))
    return errors


def _refused(name: str, error: files.FileRefusedError) -> str:
    return f"{uploads.shown_name(name)}：{error}"


def _documents_page(draft: Draft, document_id: str, errors: list[str]) -> Response:
    filing = filings.filing_of(draft)
    kept = uploads.uploads_by_document(draft)
    cards = [
        card(filing, paper, kept, "\n".join(errors) if paper["id"] == document_id else "")
        for paper in filing.documents
    ]
    return step_page(
        draft, filing, journey_of(filing), "documents", documents(filing), status=422, cards=cards
    )
