"""The agent's list of people, and going on with what an agent began for oneself."""

from __future__ import annotations

import uuid

from flask import request, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only
from app.appearance import only_again
from app.applications import clients, drafts, handing_over
from app.applications.forms import HandOverForm, as_choices
from app.applications.step_pages import bp, me
from app.delegation import asking
from app.delegation.wording import person_title, too_many_links
from app.extensions import db
from app.web import page, see, shows_again


@bp.get("/clients")
@citizen_only
def people() -> Response:
    """Whom I act for: what is open for each, and until when I may."""
    number = min(max(1, request.args.get("page", 1, type=int)), clients.LAST_PAGE)
    found, more = clients.clients_of(me(), number)
    return page("applications/clients.html", clients=found, number=number, more=more)


@bp.route("/apply/<uuid:draft_id>/hand-over", methods=["GET", "POST"])
@citizen_only
@shows_again
def hand_over(draft_id: uuid.UUID) -> Response:
    """The agent gives what is filled in back to the couple, to go on with and to send themselves."""
    draft = drafts.get_draft(me(), draft_id, to_change=request.method == "POST")
    if not draft.by_agent:
        return see(url_for(".resume", draft_id=draft_id))
    form = HandOverForm()
    able = handing_over.able_to_take(draft, me())
    form.person.choices = as_choices([(who, person_title(who)) for who in able])
    if only_again() or not able or not form.validate_on_submit():
        status = 422 if form.errors and not only_again() else 200
        return page("applications/hand_over.html", status, draft=draft, form=form)
    try:
        handing_over.offer(draft, form.person.data, me())
    except asking.TooMany as limit:
        db.session.commit()
        form.person.errors = [too_many_links(limit.wait)]
        return page("applications/hand_over.html", 429, draft=draft, form=form)
    db.session.commit()
    return see(url_for(".people"))


@bp.post("/apply/<uuid:draft_id>/take")
@citizen_only
def take(draft_id: uuid.UUID) -> Response:
    """Go on oneself with what an agent had begun; only for the principals of a power that is over."""
    draft = handing_over.draft_left_to(me(), draft_id)
    handing_over.hand_over(draft, me())
    db.session.commit()
    return see(url_for(".resume", draft_id=draft_id))
