"""The page where anyone checks a certificate."""

from __future__ import annotations

from flask import url_for
from werkzeug.wrappers import Response

from app.appearance import only_again
from app.certificates import (
    issuing,  # it follows the events of applications
    my_routes,
    proof,
    showing,
)
from app.certificates.forms import HolderForm, NumberForm
from app.certificates.models import Certificate
from app.certificates.pages import bp
from app.certificates.proof import TooMany
from app.extensions import db
from app.language import gettext
from app.web import page, public, see, shows_again, visitor_address

__all__ = ["bp", "issuing", "my_routes"]


@bp.route("/verify", methods=["GET", "POST"])
@public
@shows_again
def verify() -> Response:
    """Ask for the number on a certificate."""
    form = NumberForm()
    if only_again(form) or not form.validate_on_submit():
        return _ask(form, 422 if form.errors else 200)
    number = proof.read_certificate_number(form.number.data)
    if number is None:
        form.number.errors = [_no_number(form.number.data)]
        return _ask(form, 422)
    return see(url_for(".verified", number=number))


@bp.route("/verify/<number>", methods=["GET", "POST"])
@public
@shows_again
def verified(number: str) -> Response:
    """What a certificate is, and whether it counts; then whether somebody is who it was issued to."""
    try:
        certificate = proof.look_up(number, visitor_address())
    except TooMany as limit:
        db.session.commit()
        form = NumberForm(formdata=None, number=number)
        return _later(_ask(form, 429, error=_wait(limit)), limit)
    db.session.commit()
    if certificate is None:
        return _ask(NumberForm(formdata=None, number=number), 404, error=_no_number(number))
    holder = HolderForm()
    if only_again(holder) or not holder.validate_on_submit():
        return _shown(certificate, holder, 422 if holder.errors else 200)
    try:
        matches = proof.is_holder(
            certificate, holder.surname.data, holder.tail.data, visitor_address()
        )
    except TooMany as limit:
        db.session.commit()
        holder.surname.errors = [_wait(limit)]
        return _later(_shown(certificate, holder, 429), limit)
    db.session.commit()
    # The answer comes at once: what was typed is in no address.
    return _shown(certificate, HolderForm(formdata=None) if matches else holder, matches=matches)


def _ask(form: NumberForm, status: int, *, error: str = "") -> Response:
    if error:
        form.number.errors = [error]
    return _not_listed(page("certificates/verify.html", status, form=form))


def _shown(
    certificate: Certificate, form: HolderForm, status: int = 200, *, matches: bool | None = None
) -> Response:
    shown = showing.public_face(certificate)
    return _not_listed(
        page("certificates/verified.html", status, shown=shown, form=form, matches=matches)
    )


def _not_listed(response: Response) -> Response:
    """No search engine keeps a number that somebody put into a link."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _no_number(typed: str) -> str:
    if typed.upper().replace(" ", "").startswith("JJB"):
        return str(gettext("这是办件编号，不是证件编号。查办到哪一步，请到“查进度”"))
    return str(gettext("没有这个编号的证。请照证上的核对一遍；还是没有，请打 12345 问"))


def _wait(limit: TooMany) -> str:
    minutes = -(-limit.wait // 60)
    return str(gettext("查得太多了，请 %(count)s 分钟后再试", count=minutes))


def _later(response: Response, limit: TooMany) -> Response:
    response.headers["Retry-After"] = str(limit.wait)
    return response
