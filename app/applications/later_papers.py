"""Papers that come after the application was sent: one paper a page, its pages added, shown, taken back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import abort, request, url_for
from sqlalchemy.orm.attributes import flag_modified
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only, deny
from app.applications import drafts, events, promises, slots, uploads
from app.applications.gate import takes_files
from app.applications.models import Application, Happened, Upload
from app.applications.records import papers_of, promised_days
from app.applications.slots import PageAct
from app.applications.standing import Right, actor_of, case_for
from app.applications.step_pages import bp, me
from app.delegation.authority import Act
from app.extensions import db
from app.files.stores import StoreAwayError
from app.web import own_path, page, see


@bp.get("/my/<uuid:case_id>/papers/<document_id>")
@citizen_only
def later_paper(case_id: uuid.UUID, document_id: str) -> Response:
    """One paper of an application: the pages that are there, and a field for more."""
    case = case_for(me(), case_id, Right.CORRECT)
    return _paper_page(case, paper_of(case, document_id))


@bp.post("/my/<uuid:case_id>/papers/<document_id>")
@citizen_only
@takes_files
def add_paper(case_id: uuid.UUID, document_id: str) -> Response:
    """Take photos or PDFs for a paper of an application that is still being worked on."""
    case = case_for(me(), case_id, Right.CORRECT)
    paper = paper_of(case, document_id)
    if not _is_open(case, document_id):
        return _paper_page(case, paper, status=409)
    cleaned, errors = slots.received(me())
    uploads.hold(case)
    case = case_for(me(), case_id, Right.CORRECT)
    if not _is_open(case, document_id):
        return _paper_page(case, paper, status=409)
    try:
        errors += slots.keep(case, document_id, cleaned)
        if cleaned:
            promises.settle(case, document_id)
            note_change(case)
        db.session.commit()
    except StoreAwayError as away:
        db.session.rollback()
        case = case_for(me(), case_id, Right.CORRECT)
        return slots.later(_paper_page(case, paper, slots.away_text()), away)
    if errors:
        return _paper_page(case, paper, "\n".join(errors), status=422)
    return see(_way_back(case, document_id))


@bp.get("/my/<uuid:case_id>/uploads/<uuid:upload_id>")
@citizen_only
def show_page(case_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """A page of an application, as it was kept."""
    case = case_for(me(), case_id, Right.DOWNLOAD)
    return slots.shown(_page_of(case, upload_id))


@bp.get("/my/<uuid:case_id>/uploads/<uuid:upload_id>/small")
@citizen_only
def show_small_page(case_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """The small picture of a photo."""
    case = case_for(me(), case_id, Right.DOWNLOAD)
    return slots.shown_small(_page_of(case, upload_id))


@bp.post(f"/my/<uuid:case_id>/uploads/<uuid:upload_id>/<any({','.join(PageAct)}):act>")
@citizen_only
def change_page(case_id: uuid.UUID, upload_id: uuid.UUID, act: str) -> Response:
    """A page counts no longer (the office still sees that it was there), stands elsewhere, or is good."""
    case = case_for(me(), case_id, Right.CORRECT)
    uploads.hold(case)
    case = case_for(me(), case_id, Right.CORRECT)
    kept = _page_of(case, upload_id)
    if not _is_open(case, kept.document_id):
        return _paper_page(case, paper_of(case, kept.document_id), status=409)
    slots.change(kept, PageAct(act))
    if act == PageAct.REMOVE:
        promises.settle(case, kept.document_id)
        note_change(case)
    db.session.commit()
    return see(_way_back(case, kept.document_id))


def note_change(case: Application) -> None:
    """Whoever has the case open at the office finds, when acting, that its papers are others now."""
    # Nothing else of the case changes, and its version has to count up.
    flag_modified(case, "state")
    who, last = me(), case.events[-1]
    if last.kind == Happened.PAPERS_CHANGED and last.actor_id == who.id:
        return  # one line, and one message to an agent's principals, for six photos
    events.append(
        case,
        Happened.PAPERS_CHANGED,
        actor_kind=actor_of(who.id, case, Act.CORRECT),
        actor_id=who.id,
        promise=promised_days(),
    )


def _is_open(case: Application, document_id: str) -> bool:
    """While the case goes on; and after it was granted, for a paper that was promised."""
    if case.is_live:
        return True
    return promises.is_awaited(case, promises.promises_of(case).get(document_id))


def paper_of(case: Application, document_id: str) -> Mapping[str, Any]:
    """The paper of this id, when the application asks for it; else 404."""
    papers = (paper for paper, _pages, _instead in papers_of(case))
    paper = next((paper for paper in papers if paper["id"] == document_id), None)
    return paper if paper is not None else abort(404)


def _page_of(case: Application, upload_id: uuid.UUID) -> Upload:
    try:
        return uploads.upload_of(case, upload_id)
    except drafts.NoDraftError:
        deny()
        abort(404)


def _way_back(case: Application, document_id: str) -> str:
    here = url_for(".later_paper", case_id=case.id, document_id=document_id)
    return own_path(request.args.get("next"), here)


def _paper_page(
    case: Application, paper: Mapping[str, Any], error: str = "", status: int = 200
) -> Response:
    back = own_path(request.args.get("next"), url_for("tracking.view_case", case_id=case.id))
    kept = uploads.uploads_by_document(case).get(paper["id"], [])
    promise = promises.promises_of(case).get(paper["id"])
    may_promise = case.is_live and not (kept or promise) and promises.allows_promise(paper)
    return page(
        "applications/later_paper.html",
        status,
        case=case,
        back=back,
        is_open=case.is_live or promises.is_awaited(case, promise),
        promise=promise,
        may_promise=may_promise,
        slot=slots.case_slot(case, paper, kept, error, back=request.args.get("next")),
    )
