"""Who may see a view: each guard goes directly under the route decorator."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import abort, current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from app import audit
from app.accounts import sessions, typed
from app.accounts.models import Officer, Role
from app.accounts.sessions import current_citizen, current_officer
from app.extensions import db
from app.web import guarded_by, see

__all__ = [
    "citizen_only",
    "citizen_or_clerk",
    "current_citizen",
    "current_officer",
    "deny",
    "staff_only",
]

View = TypeVar("View", bound=Callable[..., Any])


def citizen_only(view: View) -> View:
    """Only for a signed-in citizen; anyone else is sent to sign in and then back here."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if current_citizen() is None:
            return _sign_in_first("accounts.sign_in")
        return view(*args, **kwargs)

    return guarded_by("citizen_only")(guarded)  # type: ignore[return-value]


def citizen_or_clerk(view: View) -> View:
    """For a signed-in citizen, and for those at a window with whom somebody fills in.

    Nobody signed in: sent to sign in as what they were before. Anyone else as with `staff_only`.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        officer = current_officer()
        if officer is None and current_citizen() is None:
            before = sessions.ended()
            is_staff = before is not None and before.officer_id is not None
            return _sign_in_first("accounts.staff_sign_in" if is_staff else "accounts.sign_in")
        if officer is not None and officer.role == Role.SUPERVISOR:
            deny()
        return view(*args, **kwargs)

    return guarded_by("citizen_or_clerk")(guarded)  # type: ignore[return-value]


def staff_only(*roles: str) -> Callable[[View], View]:
    """Only for officers with one of `roles` (any role when none is named).

    Nobody signed in: sent to sign in. Anyone else: 404 as for a missing page, and written down.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            officer = current_officer()
            if officer is None and current_citizen() is None:
                return _sign_in_first("accounts.staff_sign_in")
            if officer is None or (roles and officer.role not in roles):
                deny()
            return view(*args, **kwargs)

        return guarded_by(f"staff_only:{','.join(roles)}")(guarded)  # type: ignore[return-value]

    return guard


def deny() -> None:
    """Write down that whoever is signed in tried what they may not, and answer 404.

    For loaders too, when a record exists that this person may not see.
    """
    db.session.rollback()
    audit.record("access.denied", actor=current_actor(), subject=f"view:{request.endpoint}")
    db.session.commit()
    abort(404)


def current_actor() -> str:
    """Who acts, as the audit trail names them: "officer:<id>", "citizen:<id>" or "visitor"."""
    person = current_officer() or current_citizen()
    if person is None:
        return "visitor"
    return f"{'officer' if isinstance(person, Officer) else 'citizen'}:{person.id}"


def _sign_in_first(endpoint: str) -> Response:
    return typed.keep(see(url_for(endpoint, next=_way_back())))


def _way_back() -> str | None:
    """This page with its query; for a form, its page if it has one, else none."""
    here = request.full_path.removesuffix("?")
    if request.method in {"GET", "HEAD"}:
        return here
    try:
        current_app.create_url_adapter(request).match(request.path, "GET")  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect):
        return None
    return here
