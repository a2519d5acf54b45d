"""The citizen's pages to hurry, to complain, and to judge."""

from __future__ import annotations

import uuid

from flask import request, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only
from app.appearance import only_again
from app.applications.complaints import Complaint, Grievance, Voice, answer_days, answer_due
from app.applications.models import Application
from app.applications.ratings import LOW, Level
from app.applications.standing import Right, case_for
from app.language import gettext
from app.tracking import voicing
from app.tracking.forms import ComplainForm, HurryForm, RateForm
from app.tracking.pages import bp, case_page, me
from app.tracking.service import ChangedMeanwhileError
from app.tracking.timeline import tracked
from app.web import page, see, shows_again


@bp.route("/my/<uuid:case_id>/hurry", methods=["GET", "POST"])
@citizen_only
@shows_again
def hurry(case_id: uuid.UUID) -> Response:
    """Ask the office to get on with it; once a day."""
    citizen = me()
    application = case_for(citizen, case_id, Right.HURRY)
    form = HurryForm()
    if request.method == "GET" and not voicing.may_hurry(application):
        return see(url_for(".view_case", case_id=case_id))
    if only_again() or not form.validate_on_submit():
        return _voice_page(application, Voice.HURRY, form)
    try:
        said = voicing.say(citizen, application, Voice.HURRY, text=form.text.data or "")
    except voicing.AlreadySaidError:
        form.text.errors = [gettext("今天已经催过一次了，窗口看得到。明天还可以再催，急的打 12345")]
        return _voice_page(_again(case_id, Right.HURRY), Voice.HURRY, form)
    except ChangedMeanwhileError:
        return case_page(_again(case_id, Right.VIEW), is_owner=True, status=409)
    return _said(case_id, said)


@bp.route("/my/<uuid:case_id>/complain", methods=["GET", "POST"])
@citizen_only
@shows_again
def complain(case_id: uuid.UUID) -> Response:
    """Complain of how it is handled, also after its end."""
    citizen = me()
    application = case_for(citizen, case_id, Right.COMPLAIN)
    form = ComplainForm()
    if only_again() or not form.validate_on_submit():
        return _voice_page(application, Voice.COMPLAINT, form)
    try:
        said = voicing.say(
            citizen,
            application,
            Voice.COMPLAINT,
            text=form.text.data,
            grievance=Grievance(form.grievance.data),
        )
    except voicing.AlreadySaidError:
        form.text.errors = [gettext("今天已经投诉过一次了。还有别的要说，请明天再写，急的打 12345")]
        return _voice_page(_again(case_id, Right.COMPLAIN), Voice.COMPLAINT, form)
    return _said(case_id, said)


@bp.route("/my/<uuid:case_id>/rate", methods=["GET", "POST"])
@citizen_only
@shows_again
def rate(case_id: uuid.UUID) -> Response:
    """Judge in five levels; may be changed for some days."""
    citizen = me()
    application = case_for(citizen, case_id, Right.RATE)
    rating = voicing.rating_of(citizen, application)
    form = RateForm(level=rating.level if rating else None, reason=rating.reason if rating else "")
    if request.method == "GET" and not voicing.may_rate(application, rating):
        return see(url_for(".view_case", case_id=case_id))
    if only_again() or not form.validate_on_submit():
        status = 422 if form.errors and not only_again() else 200
        return page(
            "tracking/rate.html",
            status,
            case=application,
            form=form,
            rating=rating,
            days=voicing.CHANGEABLE.days,
            low=[str(level) for level in LOW],
        )
    try:
        voicing.rate(citizen, application, Level(form.level.data), form.reason.data or "")
    except ChangedMeanwhileError:
        return case_page(_again(case_id, Right.VIEW), is_owner=True, status=409)
    return see(url_for(".view_case", case_id=case_id) + "#rating")


def _again(case_id: uuid.UUID, right: Right) -> Application:
    """The application read afresh, after a change that did not come about."""
    return case_for(me(), case_id, right)


def _said(case_id: uuid.UUID, said: Complaint) -> Response:
    return see(url_for(".view_case", case_id=case_id) + f"#said-{said.id}")


def _voice_page(application: Application, kind: Voice, form: HurryForm | ComplainForm) -> Response:
    return page(
        "tracking/voice.html",
        422 if form.errors and not only_again() else 200,
        case=application,
        kind=kind,
        form=form,
        shown=tracked(application),
        days=answer_days(),
        due=answer_due(),
    )
