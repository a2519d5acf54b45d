"""An agent's power of attorney in the wizard: asking the principals again, and the sheet to sign."""

from __future__ import annotations

import uuid

from flask import abort, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only
from app.applications import drafts, entrusting
from app.applications import filing as filings
from app.applications.forms import StepForm
from app.applications.models import Draft
from app.applications.step_pages import bp, me, step_page
from app.applications.steps import journey_of
from app.delegation import asking, sheet
from app.delegation.wording import too_many_links
from app.extensions import db
from app.language import speaking
from app.web import printed, see


@bp.post("/apply/<uuid:draft_id>/power/again")
@citizen_only
def ask_again(draft_id: uuid.UUID) -> Response:
    """Send those who have not answered a new link."""
    draft = drafts.get_draft(me(), draft_id, to_change=True)
    power = entrusting.latest_powers([draft]).get(draft.id)
    if power is None:
        return see(url_for(".resume", draft_id=draft_id))
    try:
        entrusting.ask_principals(power, asker=me())
    except asking.TooMany as limit:
        db.session.commit()
        return _waiting_page(draft, too_many_links(limit.wait))
    db.session.commit()
    return see(url_for(".resume", draft_id=draft_id))


@bp.get("/apply/<uuid:draft_id>/power/again")
@citizen_only
def asked_again(draft_id: uuid.UUID) -> Response:
    """A reload after asking too often: the draft."""
    drafts.get_draft(me(), draft_id)
    return see(url_for(".resume", draft_id=draft_id))


@bp.get("/apply/<uuid:draft_id>/power/<any(hans,hant):script>.pdf")
@citizen_only
def power_sheet(draft_id: uuid.UUID, script: str) -> Response:
    """The power of attorney to print and sign, in either script."""
    draft = drafts.get_draft(me(), draft_id)
    power = entrusting.latest_powers([draft]).get(draft.id)
    if power is None:
        abort(404)
    with speaking(sheet.SCRIPTS[script]):
        return printed(sheet.as_pdf(power, script), sheet.title_of(power))


def _waiting_page(draft: Draft, problem: str) -> Response:
    filing = filings.filing_of(draft)
    return step_page(
        draft,
        filing,
        journey_of(filing),
        "check",
        StepForm(),
        status=429,
        problem=problem,
    )
