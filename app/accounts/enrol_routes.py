"""A staff account in the hands of its owner: set up with a code, and its password changed."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import current_app, request, url_for
from flask import session as browser_session
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.accounts import enrolling, service
from app.accounts.guards import current_officer, staff_only
from app.accounts.models import Officer
from app.accounts.pages import bp, later, too_many
from app.accounts.staff_forms import EnrolForm, OwnerForm, PasswordForm
from app.appearance import only_again
from app.clock import now
from app.extensions import db
from app.language import gettext
from app.web import page, public, see, shows_again

# How long a browser may take to set up a generator.
ENROLLING_FOR = timedelta(minutes=20)
_ENROLLING = "enrolling"


@bp.route("/staff/enrol", methods=["GET", "POST"])
@public
@shows_again
def enrol() -> Response:
    """Whoever was handed a code for an account says which."""
    form = EnrolForm()
    if only_again(form) or not form.validate_on_submit():
        return page("accounts/enrol.html", 422 if form.errors else 200, form=form)
    try:
        found = enrolling.enrolling(form.username.data, form.code.data)
    except service.TooMany as limit:
        form.code.errors = [too_many(limit)]
        return later(page("accounts/enrol.html", 429, form=form), limit)
    db.session.commit()
    if found is None:
        form.code.errors = [gettext("账号或启用码不对，或者过期了。请找督办人重新给一个")]
        return page("accounts/enrol.html", 422, form=form)
    browser_session[_ENROLLING] = {
        "officer": str(found.id),
        "code": found.invitation_hash,
        "until": (now() + ENROLLING_FOR).timestamp(),
    }
    return see(url_for(".enrol_owner"))


@bp.route("/staff/enrol/owner", methods=["GET", "POST"])
@public
@shows_again
def enrol_owner() -> Response:
    """A password of their own, and the generator: its code is shown until it is proven."""
    found = _who_enrols()
    if found is None:
        return see(url_for(".enrol"))
    form = OwnerForm(found.username)
    if not current_app.config["STAFF_TOTP_REQUIRED"]:
        del form.digits
    if only_again(form) or not form.validate_on_submit():
        return _owner_page(found, form, 422 if form.errors else 200)
    if enrolling.enrol(found, form.password.data, form.digits.data if form.digits else ""):
        browser_session.pop(_ENROLLING)
        return see(url_for(".staff_sign_in"))
    if not form.digits:
        return see(url_for(".enrol"))
    form.digits.errors = [gettext("数字不对。请看手机时间准不准，用最新的 6 位再试")]
    return _owner_page(found, form, 422)


@bp.route("/staff/password", methods=["GET", "POST"])
@staff_only()
@shows_again
def staff_password() -> Response:
    """Another password for oneself."""
    me = current_officer()
    assert me is not None  # noqa: S101  the guard has seen to it
    form = PasswordForm(me.username)
    if only_again(form) or not form.validate_on_submit():
        return _password_page(me, form, 422 if form.errors else 200)
    try:
        changed = enrolling.change_password(me, form.old.data, form.password.data)
    except service.TooMany as limit:
        form.old.errors = [too_many(limit)]
        return later(_password_page(me, form, 429), limit)
    db.session.commit()
    if not changed:
        form.old.errors = [gettext("现在的密码不对")]
        return _password_page(me, form, 422)
    return see(url_for(".staff_password", changed=1))


# --- Inside ---


def _password_page(me: Officer, form: PasswordForm, status: int) -> Response:
    changed = status == 200 and "changed" in request.args
    return page("accounts/staff_password.html", status, form=form, me=me, changed=changed)


def _who_enrols() -> Officer | None:
    """The account this browser may set up, while its code is still good."""
    kept = browser_session.get(_ENROLLING)
    if not kept or float(kept["until"]) <= now().timestamp():
        return None
    found = db.session.get(Officer, uuid.UUID(kept["officer"]))
    return found if found is not None and enrolling.may_enrol(found, kept["code"]) else None


def _owner_page(found: Officer, form: OwnerForm, status: int) -> Response:
    code, secret = None, ""
    if form.digits:
        secret = enrolling.pending_secret(found)
        db.session.commit()
        code = _generator_code(found.username, secret)
    return page(
        "accounts/enrol_owner.html",
        status,
        form=form,
        officer=found,
        code=code,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    )


def _generator_code(username: str, secret: str) -> Markup:
    import segno  # only here and on receipts
    from pyotp import TOTP

    address = TOTP(secret).provisioning_uri(name=username, issuer_name="就近办")
    drawn = segno.make(address, error="m").svg_inline(scale=4, border=2, light="#fff")
    return Markup(drawn)  # noqa: S704  made by segno from an account name of plain letters
