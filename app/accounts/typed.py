"""What was typed when the session had ended: kept sealed for half an hour, and shown again after signing in.

A form that is sent without a living session is not taken. If its view can show a form again without
storing anything (`shows_again`), its fields are kept under a random cookie; files are not, nor
passwords and codes. Whoever then signs in on this browser and opens the page gets it with everything
as it was typed, if it was theirs: the request is turned into the POST it was, marked as one that is
only shown again, and the view authorises it like any other.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from flask import current_app, g, request
from sqlalchemy import delete, select
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from app import clock, limits
from app.accounts import sessions
from app.accounts.models import KeptForm
from app.accounts.sessions import current_session
from app.appearance import AGAIN_FIELDS, ERRORS_FIELD
from app.errors import SECRETS
from app.extensions import db
from app.vault import keyed_hash
from app.web import visitor_address

KEPT_FOR = timedelta(minutes=30)
LARGEST = 64 * 1024
PER_ADDRESS_HOURLY = 120
COOKIE = "typed"
_NOT_TYPED = {"csrf_token", ERRORS_FIELD, *AGAIN_FIELDS}


def keep(response: Response) -> Response:
    """Keep the fields of this request, which `response` sends away to sign in. Commits."""
    if request.method != "POST" or current_session() is not None:
        return response
    if not _can_be_shown_again() or not _comes_from_here():
        return response
    fields = [pair for pair in request.form.items(multi=True) if pair[0] not in _NOT_TYPED]
    size = sum(len(name.encode()) + len(value.encode()) for name, value in fields)
    if not 0 < size <= LARGEST or SECRETS & {name for name, _value in fields}:
        return response
    hour = timedelta(hours=1)
    if limits.hit("kept-form", visitor_address(), limit=PER_ADDRESS_HOURLY, window=hour):
        _store(response, fields)
    db.session.commit()
    return response


def has_kept() -> bool:
    """Whether this browser typed something that waits for somebody to sign in; for the page that asks."""
    return _kept() is not None


def show() -> None:
    """Turn the opening of a page into the form that could not be taken there. Runs before each view."""
    kept = _kept() if request.method == "GET" and current_session() is not None else None
    if kept is None or kept.path != request.path or not _is_theirs(kept):
        return
    try:
        adapter = current_app.create_url_adapter(request)
        rule, values = adapter.match(request.path, "POST", return_rule=True)  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect):
        return
    request.url_rule, request.view_args = rule, dict(values)
    request.method = "POST"
    request.form = ImmutableMultiDict([(name, value) for name, value in kept.fields or ()])
    request.files = ImmutableMultiDict()
    g.stale_form = True


def forget_when_taken(response: Response) -> Response:
    """The form was taken: what was kept of it is of no more use. Runs after each view.

    Other forms are taken meanwhile, that of signing in for one.
    """
    taken = request.method == "POST" and response.status_code == 303
    token = sessions.cookie(COOKIE) if taken and "stale_form" not in g else ""
    if token and current_session() is not None:
        db.session.rollback()
        this = (KeptForm.token_hash == _hash(token)) & (KeptForm.path == request.path)
        gone = db.session.execute(delete(KeptForm).where(this).returning(KeptForm.path)).all()
        db.session.commit()
        if gone:
            sessions.put_cookie(response, COOKIE, "", lasting=timedelta(0))
    return response


def forget_old() -> None:
    """Delete what nobody came back for; every few minutes. The caller commits."""
    db.session.execute(delete(KeptForm).where(KeptForm.expires_at <= clock.now()))


def _store(response: Response, fields: list[tuple[str, str]]) -> None:
    old = sessions.cookie(COOKIE)
    if old:
        db.session.execute(delete(KeptForm).where(KeptForm.token_hash == _hash(old)))
    ended = sessions.ended()
    token = sessions.new_token()
    db.session.add(
        KeptForm(
            token_hash=_hash(token),
            path=request.path,
            citizen_id=ended.citizen_id if ended else None,
            officer_id=ended.officer_id if ended else None,
            fields=[list(pair) for pair in fields],
            expires_at=clock.now() + KEPT_FOR,
        )
    )
    g.typed_kept = True
    sessions.put_cookie(response, COOKIE, token, lasting=KEPT_FOR)


def _can_be_shown_again() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, "shows_again", False)) and len(request.path) <= 200


def _comes_from_here() -> bool:
    """A form whose token is of no use any more must at least come from a page of ours."""
    if "stale_form" not in g:
        return True
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.host


def _kept() -> KeptForm | None:
    token = sessions.cookie(COOKIE)
    if not token:
        return None
    living = KeptForm.expires_at > clock.now()
    return db.session.scalar(select(KeptForm).where(KeptForm.token_hash == _hash(token), living))


def _is_theirs(kept: KeptForm) -> bool:
    """Whether it was typed by whoever is signed in now, or nobody knows by whom.

    Then the view alone decides whose draft or case it is.
    """
    session = current_session()
    if session is None or (kept.citizen_id is None and kept.officer_id is None):
        return session is not None
    return (session.citizen_id, session.officer_id) == (kept.citizen_id, kept.officer_id)


def _hash(token: str) -> str:
    return keyed_hash("kept-form", token)
