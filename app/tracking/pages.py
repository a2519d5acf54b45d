"""What the citizen's pages of a case share."""

from __future__ import annotations

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from app.accounts.guards import current_citizen
from app.accounts.models import Citizen
from app.applications import promises, spouses
from app.applications.models import Application
from app.applications.promises import Promise
from app.applications.records import papers_of
from app.applications.standing import NO_STANDING, Right, standing_of
from app.applications.wording import word_text
from app.certificates.showing import issued_in
from app.delegation.wording import person_title
from app.tracking import voicing
from app.tracking.afterwards import next_steps
from app.tracking.timeline import tracked
from app.web import page

bp = Blueprint("tracking", __name__)


def me() -> Citizen:
    """Whoever is signed in."""
    citizen = current_citizen()
    return citizen if citizen is not None else abort(401)


def _promised(application: Application) -> list[tuple[str, Promise]]:
    """The name of each paper that was promised and is still to come, with its promise."""
    names = {paper["id"]: paper["name"] for paper, _pages, _instead in papers_of(application)}
    found = promises.promises_of(application)
    return [
        (names[name], promise)
        for name, promise in found.items()
        if name in names and promises.is_awaited(application, promise)
    ]


def case_page(application: Application, *, is_owner: bool, status: int = 200) -> Response:
    """Where the application stands; 409 says that an office was first. Without an owner only what is safe."""
    standing = standing_of(me().id, application) if is_owner else NO_STANDING
    rating = voicing.rating_of(me(), application) if Right.RATE in standing.rights else None
    return page(
        "tracking/case.html",
        status,
        case=application,
        voices=voicing.said_about(application) if is_owner else (),
        rating=voicing.judged(application, rating),
        may_rate=Right.RATE in standing.rights and voicing.may_rate(application, rating),
        shown=tracked(application, in_full=is_owner),
        issued=issued_in(application),
        promised=_promised(application) if is_owner else (),
        next_steps_told=next_steps(application) if is_owner else (),
        is_owner=is_owner,
        rights=standing.rights,
        role=standing.role,
        words=spouses.words_and_asking(application),
        word_text=word_text,
        person_title=person_title,
        has_changed=status == 409,
    )
