"""The papers of a case side by side, what was found of each, and notes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import staff_only
from app.appearance import only_again
from app.applications.models import Application
from app.casework import examining, forms, service, showing
from app.casework.pages import bp, case_page, frame_of, is_revealed, my_desk
from app.casework.service import Desk, OwnCaseError
from app.web import page, see, shows_again

ZOOMS = (1, 2, 3)


@bp.get("/cases/<uuid:case_id>/papers")
@staff_only()
def papers(case_id: uuid.UUID) -> Response:
    """Two papers beside each other, as large as asked for."""
    desk = my_desk()
    return _papers_page(desk, service.get_case_for(desk, case_id))


@bp.post("/cases/<uuid:case_id>/papers/<document_id>")
@staff_only("clerk", "approver")
@shows_again
def examine(case_id: uuid.UUID, document_id: str) -> Response:
    """Keep what was found of one paper."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    form = forms.examine_form(document_id)
    if only_again() or not form.validate():
        return _papers_page(desk, application, tried=form, status=200 if only_again() else 422)
    try:
        examining.examine(desk, application, document_id, form.finding.data, form.words.data or "")
    except OwnCaseError:
        return case_page(desk, application, status=403)
    return see(url_for(".papers", case_id=case_id, **_shown_args()) + f"#{document_id}")


@bp.get("/cases/<uuid:case_id>/papers/<document_id>")
@staff_only()
def examine_again(case_id: uuid.UUID, document_id: str) -> Response:
    """A reload after an answer to the form: the papers."""
    return see(url_for(".papers", case_id=case_id))


@bp.post("/cases/<uuid:case_id>/notes")
@staff_only()
@shows_again
def leave_note(case_id: uuid.UUID) -> Response:
    """Leave a note for whoever reads the case next."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    form = forms.NoteForm()
    if only_again() or not form.validate():
        return case_page(desk, application, noting=form, status=200 if only_again() else 422)
    try:
        examining.leave_note(desk, application, form.words.data)
    except OwnCaseError:
        return case_page(desk, application, noting=form, status=403)
    return see(url_for(".case", case_id=case_id) + "#notes")


@bp.get("/cases/<uuid:case_id>/notes")
@staff_only()
def note_again(case_id: uuid.UUID) -> Response:
    """A reload after an answer to the form: the case."""
    return see(url_for(".case", case_id=case_id))


def _papers_page(
    desk: Desk,
    application: Application,
    *,
    tried: forms.ExamineForm | None = None,
    status: int = 200,
) -> Response:
    shown = showing.case_of(application, revealed=is_revealed(application.id))
    sent = [paper for paper in shown.papers if paper.uploads]
    found = examining.examinations_of(application)
    return page(
        "casework/papers.html",
        status,
        **frame_of(desk, application),
        case=application,
        shown=shown,
        sent=sent,
        panes=_panes(sent),
        zoom=_zoom(),
        zooms=ZOOMS,
        found=found,
        old={name for name, each in found.items() if examining.is_old(each)},
        may_examine=examining.may_examine(desk, application),
        form_of=lambda paper: (
            tried
            if tried is not None and tried.document_id == paper.id
            else forms.examine_form(paper.id, found.get(paper.id))
        ),
        kept_args=_shown_args(),
    )


def _panes(sent: Sequence[showing.Paper]) -> list[showing.Paper]:
    """The two papers asked for, else the first two."""
    by_id = {paper.id: paper for paper in sent}
    asked = [
        by_id[name] for name in (request.args.get("a"), request.args.get("b")) if name in by_id
    ]
    rest = [paper for paper in sent if paper not in asked]
    return [*asked, *rest][:2]


def _zoom() -> int:
    asked = request.args.get("zoom", 1, type=int)
    return asked if asked in ZOOMS else 1


def _shown_args() -> dict[str, Any]:
    """What the page shows, to come back to the same; ids of papers and a size, nothing else."""
    return {name: request.args[name] for name in ("a", "b", "zoom") if name in request.args}
