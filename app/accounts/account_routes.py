"""The account: where one is signed in, what one agreed to, and what is held about one."""

from __future__ import annotations

import json
import uuid

from flask import Response, make_response, url_for
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock
from app.accounts import my_data, sessions
from app.accounts.guards import citizen_only
from app.accounts.pages import bp, me
from app.accounts.sessions import current_session
from app.extensions import db
from app.vault import mask_phone
from app.web import page, see


@bp.get("/account")
@citizen_only
def account() -> Response:
    """What one can do about one's own account, in one list."""
    citizen = me()
    return page(
        "accounts/account.html",
        phone=mask_phone(citizen.phone or ""),
        citizen=citizen,
        devices=len(sessions.living(citizen)),
    )


# --- Devices --------------------------------------------------------------------------------------


@bp.get("/account/devices")
@citizen_only
def devices() -> Response:
    """Every browser this citizen is signed in with."""
    return page("accounts/devices.html", sessions=sessions.living(me()), this=current_session())


@bp.post("/account/sessions/<uuid:session_id>/end")
@citizen_only
def end_session(session_id: uuid.UUID) -> BaseResponse:
    """Sign another device out."""
    sessions.end(session_id, me())
    db.session.commit()
    return see(url_for(".devices"))


@bp.post("/account/sessions/end-all")
@citizen_only
def end_everywhere() -> BaseResponse:
    """Sign every device out, this one too."""
    citizen = me()
    sessions.end_current()
    sessions.end_all(citizen)
    audit.record("citizen.signed_out_everywhere", actor=f"citizen:{citizen.id}", subject="site")
    db.session.commit()
    return see(url_for(".sign_in"))


# --- What is held ---------------------------------------------------------------------------------


@bp.get("/account/consents")
@citizen_only
def consents() -> Response:
    """What this citizen agreed to, when, for what, and how to take it back."""
    citizen = me()
    given = [each for holding in my_data.holdings() for each in holding.consents(citizen)]
    return page("accounts/consents.html", consents=given)


@bp.get("/account/data")
@citizen_only
def data() -> Response:
    """Everything held about this citizen, to read."""
    return page("accounts/data.html", parts=list(my_data.copied(me())))


@bp.get("/account/data.json")
@citizen_only
def data_file() -> Response:
    """The same for another program, as a file."""
    citizen = me()
    copied = {
        holding.name: {
            "title": holding.title(),
            "items": [{"title": each.title, **each.raw} for each in records],
        }
        for holding, records in my_data.copied(citizen)
    }
    made = {"made_at": clock.now().isoformat(), "held": copied}
    response = make_response(json.dumps(made, ensure_ascii=False, indent=2, default=str))
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    audit.record("citizen.data_copied", actor=f"citizen:{citizen.id}", subject="site")
    db.session.commit()
    return response
