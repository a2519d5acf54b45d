"""Changing the account: another phone, the script of messages, and closing it for good."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import session as browser_session
from flask import url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from app import audit, clock
from app.accounts import my_data, proving, service, sessions
from app.accounts.forms import CodeForm, PhoneForm, ScriptForm, SureForm
from app.accounts.guards import citizen_only
from app.accounts.pages import bp, browser, later, me, remember_browser, too_many, wrong_code
from app.accounts.proving import Purpose
from app.accounts.sessions import current_session
from app.appearance import only_again
from app.extensions import db
from app.language import gettext
from app.notifications import service as notifications
from app.vault import keyed_hash, mask_phone
from app.web import page, public, see, shows_again

# How long a new number may be given after the old one was proved.
PROVED_FOR = timedelta(minutes=10)
_PROVED = "old-phone-proved"

# --- The script of messages -----------------------------------------------------------------------


@bp.route("/account/script", methods=["GET", "POST"])
@citizen_only
@shows_again
def script() -> Response:
    """Whether messages come in Simplified or Traditional."""
    citizen = me()
    form = ScriptForm(data={"script": citizen.script})
    if only_again(form) or not form.validate_on_submit():
        return page("accounts/script.html", 422 if form.errors else 200, form=form)
    citizen.script = form.script.data
    db.session.commit()
    return see(url_for(".account"))


# --- Another phone --------------------------------------------------------------------------------


@bp.route("/account/phone", methods=["GET", "POST"])
@citizen_only
@shows_again
def change_phone() -> Response:
    """Say how it goes, and send a code to the number as it is."""
    phone = me().phone or ""
    form = SureForm()
    if only_again(form) or not form.validate_on_submit():
        return page("accounts/phone.html", form=form, phone=mask_phone(phone))
    return _send(Purpose.OLD_PHONE, phone, form, "accounts/phone.html", ".prove_old_phone")


@bp.route("/account/phone/old", methods=["GET", "POST"])
@citizen_only
@shows_again
def prove_old_phone() -> Response:
    """Take the code that went to the old number."""
    proved = _proved(Purpose.OLD_PHONE, url_for(".change_phone"))
    if isinstance(proved, Response):
        return proved
    browser_session[_PROVED] = {
        "session": str(_session_id()),
        "until": (clock.now() + PROVED_FOR).timestamp(),
    }
    return see(url_for(".new_phone"))


@bp.route("/account/phone/new", methods=["GET", "POST"])
@citizen_only
@shows_again
def new_phone() -> Response:
    """Ask for the new number and send it a code."""
    if not _has_proved_old_phone():
        return see(url_for(".change_phone"))
    form = PhoneForm()
    if only_again(form) or not form.validate_on_submit():
        return page("accounts/new_phone.html", 422 if form.errors else 200, form=form)
    if form.phone.data == me().phone:
        form.phone.errors = [gettext("这就是现在的号码，请填新的手机号")]
        return page("accounts/new_phone.html", 422, form=form)
    return _send(
        Purpose.NEW_PHONE, form.phone.data, form, "accounts/new_phone.html", ".prove_new_phone"
    )


@bp.route("/account/phone/new/code", methods=["GET", "POST"])
@citizen_only
@shows_again
def prove_new_phone() -> Response:
    """Take the code that went to the new number, and change to it."""
    if not _has_proved_old_phone():
        return see(url_for(".change_phone"))
    proved = _proved(Purpose.NEW_PHONE, url_for(".new_phone"))
    if isinstance(proved, Response):
        return proved
    return _take(proved)


def _take(phone: str) -> Response:
    """Change to this number; the old one is told, and every other device is signed out."""
    citizen = me()
    old = citizen.phone or ""
    citizen.phone, citizen.phone_hash = phone, keyed_hash("phone", phone)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        form = PhoneForm(formdata=None, data={"phone": phone})
        form.phone.errors = [
            gettext("这个号码已经有另一个账号。请用它登录，或者先在那个账号里注销，再来换")
        ]
        return page("accounts/new_phone.html", 409, form=form)
    browser_session.pop(_PROVED, None)
    sessions.end_others(citizen)
    audit.record("citizen.phone_changed", actor=f"citizen:{citizen.id}", subject="site")
    subject = f"citizen:{citizen.id}"
    event = clock.now().isoformat()
    notifications.queue(
        "phone_changed", old, {}, subject=subject, event=event, script=citizen.script
    )
    db.session.commit()
    return see(url_for(".account"))


def _has_proved_old_phone() -> bool:
    proved = browser_session.get(_PROVED)
    return bool(
        proved
        and proved["session"] == str(_session_id())
        and proved["until"] > clock.now().timestamp()
    )


def _session_id() -> object:
    session = current_session()
    return session.id if session else None


# --- Closing --------------------------------------------------------------------------------------


@bp.route("/account/close", methods=["GET", "POST"])
@citizen_only
@shows_again
def close() -> Response:
    """Say what goes and what stays, and send a code."""
    citizen = me()
    form = SureForm()
    phone, kept = citizen.phone or "", my_data.kept(citizen)
    if only_again(form) or not form.validate_on_submit():
        return page("accounts/close.html", form=form, kept=kept, phone=mask_phone(phone))
    return _send(Purpose.CLOSING, phone, form, "accounts/close.html", ".prove_closing", kept=kept)


@bp.route("/account/close/code", methods=["GET", "POST"])
@citizen_only
@shows_again
def prove_closing() -> Response:
    """Take the code and close the account: all at once or not at all."""
    proved = _proved(Purpose.CLOSING, url_for(".close"), closing=True)
    if isinstance(proved, Response):
        return proved
    my_data.close(me())
    db.session.commit()
    sessions.drop_cookie()
    return see(url_for(".closed"))


@bp.get("/account/closed")
@public
def closed() -> Response:
    """The account is gone; what that means for what was filed."""
    return page("accounts/closed.html")


# --- Inside ---------------------------------------------------------------------------------------


def _send(
    purpose: Purpose, phone: str, form: PhoneForm | SureForm, template: str, then: str, **shown: Any
) -> Response:
    """Send a code for this and go on to where it is typed."""
    cookie = browser()
    try:
        proving.send(purpose, phone, cookie)
    except service.TooMany as limit:
        db.session.commit()
        form.form_errors = [too_many(limit)]
        return later(page(template, 429, form=form, phone=mask_phone(phone), **shown), limit)
    db.session.commit()
    return remember_browser(see(url_for(then)), cookie)


def _proved(purpose: Purpose, back: str, *, closing: bool = False) -> str | Response:
    """The phone whose code was typed for this; or the answer, when none was or it is wrong."""
    cookie = sessions.cookie("browser")
    phone = proving.asked_phone(purpose, cookie)
    if phone is None:
        return see(back)
    form = CodeForm()
    shown = {"form": form, "phone": mask_phone(phone), "back": back, "closing": closing}
    if only_again(form) or not form.validate_on_submit():
        return page("accounts/prove.html", 422 if form.errors else 200, **shown)
    try:
        proved = proving.prove(purpose, cookie, form.code.data)
    except service.TooMany as limit:
        form.code.errors = [too_many(limit)]
        return later(page("accounts/prove.html", 429, **shown), limit)
    if proved is None:
        db.session.commit()
        form.code.errors = [wrong_code()]
        return page("accounts/prove.html", 422, **shown)
    return proved
