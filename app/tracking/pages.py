"""What the citizen's pages of a case share."""

from __future__ import annotations

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from app.accounts.guards import current_citizen
from app.accounts.models import Citizen
from app.applications.models import Application
from app.certificates.showing import issued_in
from app.tracking import voicing
from app.tracking.timeline import tracked
from app.web import page

bp = Blueprint("tracking", __name__)


def me() -> Citizen:
    """Whoever is signed in."""
    citizen = current_citizen()
    return citizen if citizen is not None else abort(401)


def case_page(application: Application, *, is_owner: bool, status: int = 200) -> Response:
    """Where the application stands; 409 says that an office was first. Without an owner only what is safe."""
    rating = voicing.rating_of(me(), application) if is_owner else None
    return page(
        "tracking/case.html",
        status,
        case=application,
        voices=voicing.said_about(application) if is_owner else (),
        rating=voicing.judged(application, rating),
        may_rate=is_owner and voicing.may_rate(application, rating),
        shown=tracked(application, in_full=is_owner),
        issued=issued_in(application),
        is_owner=is_owner,
        has_changed=status == 409,
    )
