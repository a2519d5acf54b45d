"""Signing in with a province's unified identity, beside the phone."""

from __future__ import annotations

import logging

from flask import abort, current_app, request, url_for
from flask import session as browser_session
from werkzeug.wrappers import Response

from app import audit
from app.accounts import sessions, unified
from app.accounts.pages import bp, next_page
from app.accounts.sessions import current_citizen
from app.extensions import db
from app.web import public, see

log = logging.getLogger(__name__)
_NEXT, FAILED = "unified-next", "unified-failed"


@bp.get("/sign-in/unified")
@public
def ask_unified() -> Response:
    """Off to the provider."""
    if not unified.is_offered():
        abort(404)
    if current_citizen() is not None:
        return see(next_page(request.args.get("next")))
    try:
        answer = unified.ask(current_app.config["PUBLIC_URL"] + url_for(".back_from_unified"))
    except unified.UnifiedError as error:
        return _failed(error, request.args.get("next"))
    browser_session[_NEXT] = request.args.get("next")
    return answer


@bp.get("/sign-in/unified/back")
@public
def back_from_unified() -> Response:
    """Back from the provider: signed in, or asked for a phone, or told that it did not work."""
    if not unified.is_offered():
        abort(404)
    target = browser_session.pop(_NEXT, None)
    try:
        told = unified.claims()
    except unified.UnifiedError as error:
        return _failed(error, target)
    citizen = unified.citizen_for(told)
    if citizen is None:
        db.session.commit()
        return see(url_for(".sign_in", next=target))
    sessions.begin(citizen)
    audit.record(
        "citizen.signed_in",
        actor=f"citizen:{citizen.id}",
        subject="site",
        data={"by": "unified"},
    )
    db.session.commit()
    return see(next_page(target))


def _failed(error: unified.UnifiedError, target: str | None) -> Response:
    log.warning("unified identity: %s", error)
    db.session.rollback()
    browser_session[FAILED] = True
    return see(url_for(".sign_in", next=target))
