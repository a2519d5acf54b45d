"""Signing a written promise in place of a paper: in a draft, and in an application that was sent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import abort, request, send_file, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only, citizen_or_clerk
from app.appearance import only_again
from app.applications import drafts, forms, promise_sheets, promises, slots, uploads
from app.applications import filing as filings
from app.applications.document_routes import paper_in
from app.applications.later_papers import note_change, paper_of
from app.applications.models import Application, Service
from app.applications.standing import Right, Role, case_for, standing_of
from app.applications.step_pages import bp, draft_of, me, note_looked, step_url
from app.extensions import db
from app.language import current_script
from app.web import own_path, page, see, shows_again


@bp.route("/apply/<uuid:draft_id>/documents/<document_id>/promise", methods=["GET", "POST"])
@citizen_or_clerk
@shows_again
def promise(draft_id: uuid.UUID, document_id: str) -> Response:
    """What is promised, by when, what follows; the typed name is the signature.

    At a window it is read out and noted, and signed with all the rest.
    """
    draft = draft_of(draft_id, to_change=request.method == "POST")
    filing = filings.filing_of(draft)
    paper = paper_in(filing, document_id)
    at_window = filing.at_window
    form = _form(paper, [filing.signer] if filing.signer else [], at_window=at_window)
    back = step_url(draft, "documents") + f"#{document_id}"
    if only_again() or not form.validate_on_submit():
        note_looked(draft, "opened", view="promise")
        who = {"by_agent": filing.filer == "agent", "at_window": at_window}
        return _page(form, paper, filing.service, back, **who)
    if not at_window:
        promises.sign_in_draft(draft, filing, paper, form.name.data)
    elif filing.signer:
        promises.wish_at_window(draft, paper, filing.signer)
    drafts.touch(draft)
    db.session.commit()
    return see(back)


@bp.route("/my/<uuid:case_id>/papers/<document_id>/promise", methods=["GET", "POST"])
@citizen_only
@shows_again
def later_promise(case_id: uuid.UUID, document_id: str) -> Response:
    """The same for a paper that is missing from an application; its days count from today."""
    case = case_for(me(), case_id, Right.CORRECT)
    paper = paper_of(case, document_id)
    by_agent = standing_of(me().id, case).role is Role.AGENT
    form = _form(paper, [] if by_agent else _couple(case))
    default = url_for(".later_paper", case_id=case.id, document_id=document_id)
    back = own_path(request.args.get("next"), default)
    if not case.is_live or document_id in promises.promises_of(case):
        return see(default)
    if only_again() or not form.validate_on_submit():
        return _page(form, paper, Service(case.service), back, by_agent=by_agent, is_sent=True)
    uploads.hold(case)
    promises.sign(case, paper, Service(case.service).title, form.name.data)
    note_change(case)
    try:
        db.session.commit()
    except IntegrityError:
        # Two taps: it is signed.
        db.session.rollback()
    return see(back)


@bp.get("/my/<uuid:case_id>/papers/<document_id>/promise.pdf")
@citizen_only
def promise_pdf(case_id: uuid.UUID, document_id: str) -> Response:
    """The promise as it was signed, to be kept or printed."""
    case = case_for(me(), case_id, Right.DOWNLOAD)
    signed = promises.promises_of(case).get(document_id)
    content = promise_sheets.promise_pdf(signed, current_script()) if signed else None
    if content is None:
        abort(404)
    name = f"{case.number}-promise.pdf"
    return slots.harmless(
        send_file(content, "application/pdf", as_attachment=True, download_name=name, max_age=None)
    )


def _form(
    paper: Mapping[str, Any], names: list[str], *, at_window: bool = False
) -> forms.PromiseForm:
    """At a window nobody types a name: it is signed later, by the person themselves."""
    if not promises.allows_promise(paper):
        abort(404)
    form = forms.PromiseForm()
    form.names = names
    if at_window:
        del form.name
    return form


def _couple(case: Application) -> list[str]:
    answers = case.answers or {}
    return [answers[who]["name"] for who in ("woman", "man") if answers.get(who, {}).get("name")]


def _page(
    form: forms.PromiseForm,
    paper: Mapping[str, Any],
    service: Service,
    back: str,
    *,
    by_agent: bool,
    at_window: bool = False,
    is_sent: bool = False,
) -> Response:
    days = promises.promise_days()
    return page(
        "applications/promise.html",
        422 if form.errors else 200,
        form=form,
        paper=paper,
        back=back,
        lines=promises.statement(paper, service.title, days),
        days=days,
        consequence=promises.consequence(),
        by_agent=by_agent,
        at_window=at_window,
        is_sent=is_sent,
    )
