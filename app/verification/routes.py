"""The public page on which an office outside answers a letter by its code."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask import session as browser_session
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from app.appearance import only_again
from app.applications.records import office_names
from app.extensions import db
from app.language import gettext
from app.verification import (
    replies,
    results,  # noqa: F401  follows the events of applications
    service,
)
from app.verification.forms import CodeForm, OutsideForm
from app.verification.letter import number_of
from app.verification.models import Finding, VerificationRequest
from app.verification.replies import TooMany
from app.verification.service import NotOpenError
from app.web import page, public, see, shows_again, visitor_address

bp = Blueprint("verification", __name__)
_GRANT = "reply"


@bp.route("/reply", methods=["GET", "POST"])
@public
@shows_again
def code() -> Response:
    """Ask for the code; one answer for all that is no code, or none any more."""
    form = CodeForm()
    if only_again(form) or not form.validate_on_submit():
        return page("verification/code.html", 422 if form.errors else 200, form=form)
    try:
        request = replies.find(form.code.data, visitor_address())
    except TooMany as limit:
        db.session.commit()
        minutes = -(-limit.wait // 60)
        form.code.errors = [gettext("试得太多了，请 %(count)s 分钟后再试", count=minutes)]
        response = page("verification/code.html", 429, form=form)
        response.headers["Retry-After"] = str(limit.wait)
        return response
    db.session.commit()
    if request is None:
        form.code.errors = [gettext("没有这个答复码，或者已经用过了。请照协查函核对一遍")]
        return page("verification/code.html", 422, form=form)
    browser_session[_GRANT] = replies.grant_for(request)
    return see(url_for(".reply"))


@bp.route("/reply/answer", methods=["GET", "POST"])
@public
@shows_again
def reply() -> Response:
    """Answer the letter, once. Of the couple nothing is shown: it stands in the letter."""
    request = replies.granted(browser_session.get(_GRANT))
    if request is None:
        return see(url_for(".code"))
    form = OutsideForm(version=request.version)
    if only_again(form) or not form.validate_on_submit():
        return _reply_page(request, form, 422 if form.errors else 200)
    said = {name: form[name].data for name in ("words", "office", "person")}
    try:
        service.answer(request, Finding(form.finding.data), said, clerk=None)
        db.session.commit()
    except (NotOpenError, StaleDataError):
        db.session.rollback()
        return see(url_for(".code"))
    browser_session.pop(_GRANT, None)
    return page("verification/thanks.html", number=number_of(request))


def _reply_page(request: VerificationRequest, form: OutsideForm, status: int) -> Response:
    return page(
        "verification/reply.html",
        status,
        form=form,
        number=number_of(request),
        asked_on=request.asked_on,
        due_on=request.due_on,
        sender=office_names(request.office_id)[request.office_id],
    )
