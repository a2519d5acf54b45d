"""The papers of a draft: photographed, looked at, taken back, or replaced by something else."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import abort, request, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_or_clerk
from app.applications import drafts, forms, promises, slots, uploads
from app.applications import filing as filings
from app.applications.models import Draft
from app.applications.slots import PageAct
from app.applications.step_pages import (
    bp,
    card,
    documents,
    draft_of,
    filler,
    note_looked,
    step_page,
    step_url,
)
from app.applications.steps import WRITTEN_PROMISE, Filing, journey_of
from app.extensions import db
from app.files.stores import StoreAwayError
from app.web import see, takes_files


@bp.post("/apply/<uuid:draft_id>/documents/<document_id>")
@citizen_or_clerk
@takes_files
def upload(draft_id: uuid.UUID, document_id: str) -> Response:
    """Take photos or PDFs of one paper; those that are fine are kept, the rest is said at the paper."""
    draft = draft_of(draft_id)
    paper_in(filings.filing_of(draft), document_id)
    cleaned, errors = slots.received(filler())
    draft = draft_of(draft_id, to_change=True)
    try:
        errors += slots.keep(draft, document_id, cleaned)
        db.session.commit()
    except StoreAwayError as away:
        db.session.rollback()
        draft = draft_of(draft_id)
        return slots.later(_documents_page(draft, document_id, [slots.away_text()]), away)
    if errors:
        return _documents_page(draft, document_id, errors)
    return see(step_url(draft, "documents") + f"#{document_id}")


@bp.get("/apply/<uuid:draft_id>/documents/<document_id>")
@citizen_or_clerk
def upload_again(draft_id: uuid.UUID, document_id: str) -> Response:
    """A reload after a file was refused: the page of papers, at this one."""
    draft = draft_of(draft_id)
    return see(step_url(draft, "documents") + f"#{document_id}")


@bp.post("/apply/<uuid:draft_id>/documents/<document_id>/without")
@citizen_or_clerk
def without(draft_id: uuid.UUID, document_id: str) -> Response:
    """Note what takes the place of a paper, or that it is at hand after all."""
    draft = draft_of(draft_id, to_change=True)
    paper = paper_in(filings.filing_of(draft), document_id)
    instead = request.form.get("instead", "")
    if instead == WRITTEN_PROMISE and promises.allows_promise(paper):
        # Nothing is promised before it is signed.
        db.session.rollback()
        return see(url_for(".promise", draft_id=draft_id, document_id=document_id))
    if instead in {*paper["replaceable_by"], forms.BRING}:
        drafts.choose_without(draft, document_id, instead)
    elif instead == "":
        drafts.forget_without(draft, document_id)
    else:
        abort(400)
    db.session.commit()
    return see(step_url(draft, "documents") + f"#{document_id}")


@bp.get("/apply/<uuid:draft_id>/uploads/<uuid:upload_id>")
@citizen_or_clerk
def show_upload(draft_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """A page the citizen sent, as it was kept; never run, whatever it is."""
    draft = draft_of(draft_id)
    upload = uploads.upload_of(draft, upload_id)
    note_looked(draft, "file_read", upload=upload.id)
    return slots.shown(upload)


@bp.get("/apply/<uuid:draft_id>/uploads/<uuid:upload_id>/small")
@citizen_or_clerk
def show_small(draft_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """The small picture of a photo."""
    draft = draft_of(draft_id)
    return slots.shown_small(uploads.upload_of(draft, upload_id))


@bp.post(f"/apply/<uuid:draft_id>/uploads/<uuid:upload_id>/<any({','.join(PageAct)}):act>")
@citizen_or_clerk
def change_upload(draft_id: uuid.UUID, upload_id: uuid.UUID, act: str) -> Response:
    """Take a page back, put it earlier or later, or say that it is good as it is."""
    draft = draft_of(draft_id, to_change=True)
    kept = uploads.upload_of(draft, upload_id)
    document_id = kept.document_id
    slots.change(kept, PageAct(act))
    drafts.touch(draft)
    db.session.commit()
    return see(step_url(draft, "documents") + f"#{document_id}")


def paper_in(filing: Filing, document_id: str) -> Mapping[str, Any]:
    """The paper of this id, when this filing asks for it; else 404."""
    paper = next((paper for paper in filing.documents if paper["id"] == document_id), None)
    return paper if paper is not None else abort(404)


def _documents_page(draft: Draft, document_id: str, errors: list[str]) -> Response:
    filing = filings.filing_of(draft)
    kept = uploads.uploads_by_document(draft)
    cards = [
        card(draft, filing, paper, kept, "\n".join(errors) if paper["id"] == document_id else "")
        for paper in filing.documents
    ]
    return step_page(
        draft, filing, journey_of(filing), "documents", documents(filing), status=422, cards=cards
    )
