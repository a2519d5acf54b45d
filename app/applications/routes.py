"""Applying: one question a page, saved at each step, sent once."""

from __future__ import annotations

import uuid

from flask import abort, current_app, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only, citizen_or_clerk, current_officer
from app.appearance import only_again
from app.applications import (
    client_routes,  # noqa: F401
    clients,
    document_routes,  # noqa: F401  its views belong to the same blueprint
    drafts,
    entrust_routes,  # noqa: F401
    entrusting,
    forms,
    later_papers,  # noqa: F401  so do these
    open_drafts,
    power_routes,  # noqa: F401
    promise_routes,  # noqa: F401
    promises,
    records,
    renew_routes,  # noqa: F401
    spouse_routes,  # noqa: F401
    start_routes,  # noqa: F401
    submission,
    walk_in,
    walk_in_routes,  # noqa: F401
)
from app.applications import filing as filings
from app.applications.deadlines import deadlines_for
from app.applications.handing_over import drafts_left_to
from app.applications.models import Draft, Service, State
from app.applications.standing import Right, case_by_number
from app.applications.step_pages import (
    FORMS,
    PEOPLE,
    bp,
    draft_of,
    me,
    mine_url,
    step_page,
    step_url,
)
from app.applications.steps import ROLE_NAMES, Filing, journey_of
from app.applications.told import instead_text, told
from app.delegation import asking
from app.delegation.wording import too_many_links
from app.extensions import db
from app.language import gettext as _
from app.policy.facts import FactsError
from app.statements import save
from app.web import page, see, shows_again


@bp.get("/apply/<uuid:draft_id>")
@citizen_or_clerk
def resume(draft_id: uuid.UUID) -> Response:
    """Go on where the draft was left."""
    draft = draft_of(draft_id)
    journey = journey_of(filings.filing_of(draft))
    return see(step_url(draft, journey.first_incomplete or "check"))


@bp.route("/apply/<uuid:draft_id>/<step>", methods=["GET", "POST"])
@citizen_or_clerk
@shows_again
def answer(draft_id: uuid.UUID, step: str) -> Response:
    """Show a step, or keep its answer and go on."""
    draft = draft_of(draft_id, to_change=request.method == "POST")
    filing = filings.filing_of(draft)
    journey = journey_of(filing)
    if step not in FORMS:
        abort(404)
    if not journey.is_reachable(step):
        return see(step_url(draft, journey.first_incomplete or "check"))
    if step == "where" and not filing.choices:
        other = filings.other_service(filing)
        return page("applications/not_here.html", draft=draft, filing=filing, other=other)
    form = FORMS[step](filing)
    if not only_again(form) and form.validate_on_submit():
        kept = _kept(draft, step, form, filing)
        if kept is not None:
            return see(_after(draft, kept, step))
    return step_page(draft, filing, journey, step, form)


def _kept(draft: Draft, step: str, form: forms.StepForm, before: Filing) -> Filing | None:
    """Store the answer; or put what contradicts it at its field, and None."""
    officer = current_officer()
    if officer is not None and step in PEOPLE and walk_in.is_kin(officer, form.answer()):
        walk_in.note_kin(draft, officer)
        db.session.commit()
        form.errors_at("id_number", _("这是您本人或亲属的件，请同事来办。这次已经记下"))
        return None
    try:
        after = drafts.save_answer(draft, step, form.answer(), before)
        if step == "confirming":
            entrusting.agree(me(), draft, after)
    except entrusting.EntrustedError:
        form.errors_at("filer", _("这份是他们委托您办的，不能改成您自己办。要给自己办，请另开一份"))
        return None
    except asking.TooMany as limit:
        db.session.rollback()
        form.errors_at("how", too_many_links(limit.wait))
        return None
    except FactsError as error:
        field = next(name for name in (error.field, "stage", "marriage") if name in form)
        form.errors_at(field, _("这和您前面的回答对不上，请核对"))
        return None
    if draft.by_agent:
        # The power may no longer say what the answers say.
        after = filings.filing_of(draft)
    save(draft)
    db.session.commit()
    return after


def _after(draft: Draft, filing: Filing, step: str) -> str:
    """The next page; back to the check page when the change came from there and all is still done."""
    journey = journey_of(filing)
    if request.args.get("from") == "check":
        return step_url(draft, journey.first_incomplete or "check")
    return step_url(draft, journey.next(step) or "check")


@bp.post("/apply/<uuid:draft_id>/service")
@citizen_or_clerk
def change_service(draft_id: uuid.UUID) -> Response:
    """Go on under the service that today's answers call for."""
    draft = draft_of(draft_id, to_change=True)
    other = filings.other_service(filings.filing_of(draft))
    if other is None:
        return see(step_url(draft, "where"))
    drafts.change_service(draft, other)
    db.session.commit()
    return see(step_url(draft, "where"))


@bp.post("/apply/<uuid:draft_id>/drop")
@citizen_or_clerk
def drop(draft_id: uuid.UUID) -> Response:
    """Delete a draft now, at its owner's wish."""
    drafts.drop(draft_of(draft_id, to_change=True))
    db.session.commit()
    return see(mine_url())


@bp.route("/apply/submit", methods=["GET", "POST"])
@citizen_only
def submit() -> Response:
    """Send the draft, once, however often this is asked; a reload of the answer leads to what is mine."""
    if request.method != "POST":
        return see(url_for(".mine"))
    try:
        application = submission.submit(me(), request.form.get("token", ""))
    except submission.NotFinishedError as error:
        return see(url_for(".answer", draft_id=error.draft_id, step=error.step))
    except submission.AlreadyOpenError:
        return page("applications/already_open.html", 409)
    return see(url_for(".receipt", number=application.number))


@bp.get("/apply/receipt/<number>")
@citizen_only
def receipt(number: str) -> Response:
    """What was sent, to whom, and the clock that runs from now."""
    application = case_by_number(me(), number, Right.VIEW)
    place = records.filed_place(application)
    return page(
        "applications/receipt.html",
        application=application,
        service=Service(application.service),
        state=State(application.state),
        place=place,
        role=ROLE_NAMES[application.filing_role],
        offices=records.office_names(application.office_id, application.collect_office_id),
        told=told(application.answers or {}, masked=True) if application.answers else [],
        papers=records.papers_of(application),
        instead_text=instead_text,
        promised=promises.promises_of(application),
        deadlines=deadlines_for(application, application.events, promise=records.promised_days()),
        qr=_track_code(),
    )


def _track_code() -> Markup:
    """The address of the look-up page as a picture; it holds no number and no name."""
    import segno  # only the receipt needs it

    code = segno.make(current_app.config["PUBLIC_URL"] + "/track", error="m")
    return Markup(code.svg_inline(scale=4, border=2, light="#fff"))  # noqa: S704  made by segno from our own address


@bp.get("/my")
@citizen_only
def mine() -> Response:
    """Drafts to go on with, and what was sent."""
    citizen = me()
    applications = records.applications_of(citizen)
    return page(
        "applications/mine.html",
        drafts=open_drafts.told([one for one in drafts.open_drafts(citizen) if not one.by_agent]),
        left=open_drafts.told(drafts_left_to(citizen)),
        clients=clients.count_of(citizen),
        applications=[(one, Service(one.service), State(one.state)) for one in applications],
        offices=records.office_names(*(one.office_id for one in applications)),
    )
