"""Signing in and out."""

from __future__ import annotations

from flask import current_app, request, url_for
from flask import session as browser_session
from werkzeug.wrappers import Response as BaseResponse

from app import audit
from app.accounts import (
    account_routes,  # noqa: F401  its views belong to the same blueprint
    changing_routes,  # noqa: F401
    enrol_routes,  # noqa: F401
    service,
    sessions,
    staff_routes,  # noqa: F401
    typed,
    unified,
    unified_routes,
)
from app.accounts.forms import CodeForm, PhoneForm, StaffForm
from app.accounts.pages import bp, browser, later, next_page, remember_browser, too_many, wrong_code
from app.accounts.sessions import current_citizen, current_officer
from app.appearance import only_again, url_if
from app.extensions import db
from app.language import gettext
from app.late_commands import LateCommands
from app.vault import mask_phone
from app.web import own_path, page, public, see, shows_again

bp.cli.add_command(
    LateCommands("staff", "app.accounts.commands", help="The accounts of the staff.")
)
bp.before_app_request(sessions.load)
bp.after_app_request(sessions.set_cookie)


@bp.app_context_processor
def who_is_signed_in() -> dict[str, object]:
    """`current_citizen()` and `current_officer()` for the templates."""
    return {"current_citizen": current_citizen, "current_officer": current_officer}


# --- Citizens -------------------------------------------------------------------------------------


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@shows_again
def sign_in() -> BaseResponse:
    """Ask for the phone number and send the code."""
    if current_citizen() is not None:
        return see(next_page(request.args.get("next")))
    form = PhoneForm()
    if only_again(form) or not form.validate_on_submit():
        return _sign_in_page(form, _status(form))
    cookie = browser()
    if not service.was_just_sent(form.phone.data, cookie):
        try:
            service.send(form.phone.data, cookie)
        except service.TooMany as limit:
            db.session.commit()
            form.phone.errors = [too_many(limit)]
            return later(_sign_in_page(form, 429), limit)
        db.session.commit()
    return remember_browser(see(url_for(".enter_code", next=request.args.get("next"))), cookie)


@bp.route("/sign-in/code", methods=["GET", "POST"])
@public
@shows_again
def enter_code() -> BaseResponse:
    """Take the code and sign in."""
    if current_citizen() is not None:
        return see(next_page(request.args.get("next")))
    form = CodeForm()
    if only_again(form) or not form.validate_on_submit():
        return _code_page(form, _status(form))
    try:
        citizen = service.redeem(sessions.cookie("browser"), form.code.data)
    except service.TooMany as limit:
        form.code.errors = [too_many(limit)]
        return later(_code_page(form, 429), limit)
    if citizen is None:
        db.session.commit()
        form.code.errors = [wrong_code()]
        return _code_page(form, 422)
    db.session.flush()
    unified.link(unified.pending(), citizen)
    sessions.begin(citizen)
    audit.record("citizen.signed_in", actor=f"citizen:{citizen.id}", subject="site")
    db.session.commit()
    return see(next_page(request.args.get("next")))


@bp.post("/sign-in/again")
@public
def send_again() -> BaseResponse:
    """Send a new code to the same phone; the old one no longer works."""
    code = service.pending(sessions.cookie("browser"))
    if code is None or code.phone is None:
        return see(url_for(".sign_in", next=request.args.get("next")))
    form = CodeForm(formdata=None)
    try:
        service.send(code.phone, sessions.cookie("browser"))
    except service.TooMany as limit:
        db.session.commit()
        form.code.errors = [too_many(limit)]
        return later(_code_page(form, 429), limit)
    db.session.commit()
    return see(url_for(".enter_code", next=request.args.get("next")))


@bp.get("/sign-in/again")
@public
def sent_again() -> BaseResponse:
    """A reload after asking too often: the page of the code."""
    return see(url_for(".enter_code", next=request.args.get("next")))


@bp.post("/sign-out")
@public
def sign_out() -> BaseResponse:
    """End this browser's session at once."""
    was_staff = current_officer() is not None
    sessions.end_current()
    db.session.commit()
    return see(url_for(".staff_sign_in") if was_staff else "/")


# --- Staff ----------------------------------------------------------------------------------------


@bp.route("/staff/sign-in", methods=["GET", "POST"])
@public
@shows_again
def staff_sign_in() -> BaseResponse:
    """Name, password and the code of the generator."""
    if current_officer() is not None:
        return see(_next_for_staff())
    form = StaffForm()
    if not current_app.config["STAFF_TOTP_REQUIRED"]:
        del form.digits
    if only_again(form) or not form.validate_on_submit():
        return page("accounts/staff_sign_in.html", _status(form), form=form, kept=typed.has_kept())
    digits = form.digits.data if form.digits else ""
    try:
        officer = service.officer_by_password(form.username.data, form.password.data, digits)
    except service.TooMany as limit:
        form.password.errors = [too_many(limit)]
        return later(page("accounts/staff_sign_in.html", 429, form=form), limit)
    if officer is None:
        audit.record("officer.sign_in_failed", actor="visitor", subject="site")
        db.session.commit()
        form.password.errors = [gettext("账号、密码或动态验证码不对，请重新输入")]
        return page("accounts/staff_sign_in.html", 422, form=form)
    sessions.begin(officer)
    audit.record("officer.signed_in", actor=f"officer:{officer.id}", subject="site")
    db.session.commit()
    return see(_next_for_staff())


# --- Inside ---------------------------------------------------------------------------------------


def _next_for_staff() -> str:
    return own_path(request.args.get("next"), url_if("casework.queue") or "/")


def _status(form: PhoneForm | CodeForm | StaffForm) -> int:
    return 422 if form.errors else 200


def _sign_in_page(form: PhoneForm, status: int) -> BaseResponse:
    return page(
        "accounts/sign_in.html",
        status,
        form=form,
        kept=typed.has_kept(),
        unified=unified.is_offered(),
        unified_waits=unified.pending() is not None,
        unified_failed=browser_session.pop(unified_routes.FAILED, False),
    )


def _code_page(form: CodeForm, status: int) -> BaseResponse:
    code = service.pending(sessions.cookie("browser"))
    if code is None and status == 200:
        return see(url_for(".sign_in", next=request.args.get("next")))
    # Without a code there is nothing to say about a phone, and a wrong try looks as any other.
    phone = mask_phone(code.phone or "") if code else None
    return page("accounts/code.html", status, form=form, phone=phone)
