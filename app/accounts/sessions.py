"""Signed-in browsers: a row in our table each, found by an opaque cookie, ended at once.

The cookie holds 256 random bits and the table only their keyed hash, so neither a copy of the
database nor a forged cookie opens a session.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta

from flask import current_app, g, request
from flask import session as form_session
from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.wrappers import Response

from app import clock
from app.accounts.models import Citizen, Officer, Session
from app.extensions import db
from app.vault import keyed_hash

CITIZEN_IDLE = timedelta(minutes=30)
OFFICER_IDLE = timedelta(minutes=20)
LONGEST = timedelta(hours=12)
# Noting every request would write on every read; this is exact enough for half an hour.
NOTED_EVERY = timedelta(minutes=1)

# Sign in the browser's name -> a word that is the same in both scripts.
_KINDS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "HarmonyOS": "HarmonyOS",
    "OpenHarmony": "HarmonyOS",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "Linux": "Linux",
}
_BROWSERS = {
    "MicroMessenger": "微信",
    "AlipayClient": "Alipay",
    "DingTalk": "DingTalk",
    "Edg": "Edge",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}


def current_citizen() -> Citizen | None:
    """The citizen signed in on this browser, or None."""
    session = current_session()
    return session.citizen if session else None


def current_officer() -> Officer | None:
    """The officer signed in on this browser and not disabled, or None."""
    session = current_session()
    return session.officer if session else None


def current_session() -> Session | None:
    """The living session of this request."""
    session: Session | None = g.get("session")
    return session


def ended() -> Session | None:
    """The session this browser had, when it is over but not forgotten."""
    token = cookie("session")
    if not token or current_session() is not None:
        return None
    return db.session.scalar(select(Session).where(Session.token_hash == _hash(token)))


def load() -> None:
    """Look the session up before anything else of the request, since it may commit."""
    token = cookie("session")
    g.session = _find(token) if token and request.endpoint != "static" else None


def begin(person: Citizen | Officer) -> None:
    """Sign `person` in on this browser under a new id; whatever session it had is over.

    The caller commits.
    """
    end_current()
    token = new_token()
    now = clock.now()
    session = Session(
        token_hash=_hash(token),
        citizen=person if isinstance(person, Citizen) else None,
        officer=person if isinstance(person, Officer) else None,
        device=_device(request.user_agent.string),
        created_at=now,
        last_seen_at=now,
    )
    db.session.add(session)
    g.session = session
    g.new_token = token


def end_current() -> None:
    """Sign this browser out; the caller commits. CSRF tokens of the old pages die with it."""
    session = current_session()
    if session is not None:
        db.session.delete(session)
    drop_cookie()


def drop_cookie() -> None:
    """Let the browser forget a session that is over already."""
    g.session = None
    g.new_token = ""
    form_session.clear()


def end(session_id: uuid.UUID, citizen: Citizen) -> None:
    """Sign another device of this citizen out; the caller commits."""
    own = (Session.id == session_id) & (Session.citizen_id == citizen.id)
    db.session.execute(delete(Session).where(own))


def end_all(person: Citizen | Officer) -> None:
    """Sign every browser of `person` out; the caller commits."""
    column = _column(person)
    db.session.execute(delete(Session).where(column == person.id))


def end_others(person: Citizen | Officer) -> None:
    """Sign every browser of `person` out but this one; the caller commits."""
    this = current_session()
    others = _column(person) == person.id
    if this is not None:
        others &= Session.id != this.id
    db.session.execute(delete(Session).where(others))


def living(person: Citizen | Officer) -> Sequence[Session]:
    """The browsers `person` is signed in on, the latest first."""
    since = clock.now() - (CITIZEN_IDLE if isinstance(person, Citizen) else OFFICER_IDLE)
    mine = select(Session).where(_column(person) == person.id, Session.last_seen_at > since)
    return db.session.scalars(mine.order_by(Session.last_seen_at.desc())).all()


def forget_dead() -> None:
    """Delete the sessions nobody can use any more; nightly work. The caller commits."""
    now = clock.now()
    dead = or_(Session.last_seen_at < now - CITIZEN_IDLE, Session.created_at < now - LONGEST)
    db.session.execute(delete(Session).where(dead))


def new_token() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def set_cookie(response: Response) -> Response:
    """Give the browser the id of the session that began or ended in this request."""
    token: str | None = g.get("new_token")
    if token is not None:
        put_cookie(response, "session", token, lasting=None if token else timedelta(0))
    return response


def put_cookie(
    response: Response, name: str, value: str, *, lasting: timedelta | None = None
) -> None:
    """A cookie scripts cannot read; `__Host-` when the site is served over HTTPS."""
    secure = current_app.config["SECURE_COOKIES"]
    response.set_cookie(
        _cookie(name), value, max_age=lasting, httponly=True, samesite="Lax", secure=secure
    )


def cookie(name: str) -> str:
    """The value of one of our cookies in this request, or ''."""
    return request.cookies.get(_cookie(name), "")


# Every request of somebody signed in asks it: made once.
_BY_TOKEN = select(Session).where(Session.token_hash == bindparam("token_hash"))


def _find(token: str) -> Session | None:
    session = db.session.scalar(_BY_TOKEN, {"token_hash": _hash(token)})
    if session is None or not _is_living(session):
        return None
    now = clock.now()
    if now - session.last_seen_at > NOTED_EVERY:
        noted = update(Session).where(Session.id == session.id).values(last_seen_at=now)
        db.session.execute(noted)
        db.session.commit()
    return session


def _is_living(session: Session) -> bool:
    idle = CITIZEN_IDLE if session.officer_id is None else OFFICER_IDLE
    now = clock.now()
    if now - session.last_seen_at >= idle or now - session.created_at >= LONGEST:
        return False
    return session.officer is None or session.officer.disabled_at is None


def _column(person: Citizen | Officer) -> InstrumentedAttribute[uuid.UUID | None]:
    return Session.citizen_id if isinstance(person, Citizen) else Session.officer_id


def _hash(token: str) -> str:
    return keyed_hash("session", token)


def _cookie(name: str) -> str:
    return f"__Host-{name}" if current_app.config["SECURE_COOKIES"] else f"own-{name}"


def _device(user_agent: str) -> str:
    found = (
        next((word for sign, word in words.items() if sign in user_agent), None)
        for words in (_KINDS, _BROWSERS)
    )
    return " · ".join(word for word in found if word)
