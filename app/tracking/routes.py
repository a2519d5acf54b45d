"""Where an application stands: by number and last four, or signed in; and taking it back."""

from __future__ import annotations

import uuid

from flask import session as browser_session
from flask import url_for
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only
from app.appearance import only_again
from app.applications.standing import Right, case_for
from app.extensions import db
from app.language import gettext
from app.tracking import (
    after_routes,
    correct_routes,
    sent_routes,
    service,
    voice_routes,
    window_routes,
)
from app.tracking.forms import FindForm, WithdrawForm
from app.tracking.pages import bp, case_page, me
from app.tracking.service import ChangedMeanwhileError, TooMany
from app.tracking.timeline import tracked
from app.tracking.viewed import looks_at
from app.web import page, public, see, shows_again, visitor_address

__all__ = ["after_routes", "bp", "correct_routes", "sent_routes", "voice_routes", "window_routes"]
_GRANT = "tracked"


@bp.route("/track", methods=["GET", "POST"])
@public
@shows_again
def find() -> Response:
    """Ask for the number and the last four; one answer for all that does not fit."""
    form = FindForm()
    if only_again(form) or not form.validate_on_submit():
        status = 422 if form.errors else 200
        return page("tracking/find.html", status, form=form)
    try:
        application = service.find(form.number.data, form.tail.data, visitor_address())
    except TooMany as limit:
        db.session.commit()
        return _later(form, limit)
    db.session.commit()
    if application is None:
        form.number.errors = [gettext("没有找到。请核对编号和后四位；还不行，请打 12345")]
        return page("tracking/find.html", 422, form=form)
    browser_session[_GRANT] = service.grant_for(application)
    return see(url_for(".found"))


@bp.get("/track/case")
@public
def found() -> Response:
    """The application looked up in this browser, for half an hour; nothing of it is in the address."""
    application = service.granted(browser_session.get(_GRANT))
    if application is None:
        return see(url_for(".find"))
    return case_page(application, is_owner=False)


@bp.get("/my/<uuid:case_id>")
@citizen_only
def view_case(case_id: uuid.UUID) -> Response:
    """The citizen's own application."""
    return case_page(case_for(me(), case_id, Right.VIEW), is_owner=True)


@bp.get("/my/<uuid:case_id>/views")
@citizen_only
def viewed(case_id: uuid.UUID) -> Response:
    """Every look of the staff at the application."""
    application = case_for(me(), case_id, Right.VIEW)
    return page("tracking/views.html", case=application, looks=looks_at(application))


@bp.route("/my/<uuid:case_id>/withdraw", methods=["GET", "POST"])
@citizen_only
def withdraw(case_id: uuid.UUID) -> Response:
    """Ask once more, then take the application back."""
    citizen = me()
    application = case_for(citizen, case_id, Right.WITHDRAW)
    form = WithdrawForm()
    if not form.validate_on_submit():
        if not application.is_live:
            return see(url_for(".view_case", case_id=case_id))
        return page(
            "tracking/withdraw.html", case=application, shown=tracked(application), form=form
        )
    try:
        service.withdraw(citizen, application)
    except ChangedMeanwhileError:
        changed = case_for(citizen, case_id, Right.VIEW)
        return case_page(changed, is_owner=True, status=409)
    return see(url_for(".view_case", case_id=case_id))


def _later(form: FindForm, limit: TooMany) -> Response:
    minutes = -(-limit.wait // 60)
    form.number.errors = [
        gettext("查得太多了，请 %(count)s 分钟后再试，或者登录后查看", count=minutes)
    ]
    response = page("tracking/find.html", 429, form=form)
    response.headers["Retry-After"] = str(limit.wait)
    return response
