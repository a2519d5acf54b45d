"""From the checker's result into a draft: go on with one that is there, or begin another."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import replace

from flask import request, url_for
from flask import session as browser_session
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_or_clerk, current_officer
from app.appearance import only_again
from app.applications import drafts, forms, open_drafts, walk_in
from app.applications import filing as filings
from app.applications.models import Draft, Service
from app.applications.step_pages import bp, consent, draft_of, me, step_url
from app.applications.steps import Filing, journey_of
from app.checker import service as checker
from app.extensions import db
from app.language import gettext as _
from app.web import page, see, shows_again


@bp.get("/apply/start")
@citizen_or_clerk
def start() -> Response:
    """What will be filed and where, and the consent without which nothing is collected.

    Whoever has drafts of this service is first asked whether they mean one of those.
    """
    filing = _beginning(request.args.get("role"))
    if filing is not None and filing.choices and "another" not in request.args:
        begun = open_drafts.told(_may_be_meant(filing.service))
        if begun:
            return page("applications/go_on.html", filing=filing, begun=begun)
    return _start_page(filing)


@bp.post("/apply/start")
@citizen_or_clerk
@shows_again
def begin() -> Response:
    """With consent, open a draft: one for each form, however often it is sent."""
    role, token = request.form.get("role"), request.form.get("begin", "")
    filing = _beginning(role)
    if not token or filing is None or not filing.choices:
        return see(url_for(".start", role=role))
    form = consent(filing)
    if only_again(form) or not form.validate_on_submit():
        return _start_page(filing, form)
    agreed = replace(filing, answers={**filing.answers, "consent": form.answer()})
    try:
        draft = _begun(agreed, token)
    except drafts.TooManyDraftsError as error:
        db.session.rollback()
        form.form_errors = [
            *form.form_errors,
            _("您已经有 %(most)s 份没交的草稿，请先交掉或删掉几份，再开新的", most=error.most),
        ]
        return _start_page(filing, form)
    db.session.commit()
    browser_session.pop(walk_in.RECHECKED, None)
    return see(step_url(draft, journey_of(agreed).first_incomplete or "check"))


@bp.post("/apply/<uuid:draft_id>/facts")
@citizen_or_clerk
def take_facts(draft_id: uuid.UUID) -> Response:
    """Let this draft, and no other, rest on what the checker was told last."""
    draft = draft_of(draft_id, to_change=True)
    filing = _beginning(request.form.get("role"))
    if filing is None or not filing.choices:
        return see(url_for(".start", role=request.form.get("role")))
    drafts.take_facts(draft, filing)
    db.session.commit()
    browser_session.pop(walk_in.RECHECKED, None)
    return see(url_for(".resume", draft_id=draft_id))


@bp.post("/apply/<uuid:draft_id>/recheck")
@citizen_or_clerk
def recheck(draft_id: uuid.UUID) -> Response:
    """Answer the checker anew from what this draft rests on, on whatever device that is."""
    draft = draft_of(draft_id)
    if draft.window_office_id is not None:
        browser_session[walk_in.RECHECKED] = str(draft_id)
    token = checker.reopen(draft.facts or {})
    db.session.commit()
    first = url_for("checker.question", path="joint_children")
    response = see(first if Service(draft.service).is_about_a_birth else url_for("checker.result"))
    if token:
        checker.set_cookie(response, token)
    return response


def _may_be_meant(service: Service) -> Sequence[Draft]:
    """What one has begun. At a window each is somebody else: only whose answers are being put right."""
    officer = current_officer()
    if officer is None:
        return drafts.open_drafts(me(), service)
    meant = browser_session.get(walk_in.RECHECKED)
    return [draft for draft in walk_in.drafts_of(officer) if str(draft.id) == meant]


def _begun(filing: Filing, token: str) -> Draft:
    officer = current_officer()
    if officer is None:
        return drafts.begin(me(), filing, token)
    draft = drafts.begin_at_window(officer, filing, token)
    walk_in.note_changed(draft, officer, "begin")
    return draft


def _beginning(role: str | None) -> Filing | None:
    facts = checker.current_facts()
    if facts is None:
        return None
    return filings.beginning(facts.to_json(), role, at_window=current_officer() is not None)


def _start_page(filing: Filing | None, form: forms.StepForm | None = None) -> Response:
    if filing is None:
        return page(
            "applications/nothing_to_start.html", has_answers=checker.current_facts() is not None
        )
    if not filing.choices:
        return page("applications/not_here.html", draft=None, filing=filing, other=None)
    return page(
        "applications/start.html",
        422 if form and form.errors else 200,
        form=form or consent(filing),
        filing=filing,
        token=request.form.get("begin") or secrets.token_urlsafe(),
    )
