"""How the owner of a staff account makes it their own.

A new account, and one whose owner lost phone or password, waits for a code that its owner was handed;
whoever types it chooses a password and proves their own code generator. Nobody is ever told another's
password.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import current_app
from sqlalchemy import select, update

from app import audit, clock, limits
from app.accounts import sessions
from app.accounts.models import Officer
from app.accounts.service import (
    STAFF_WINDOW,
    WRONG_PER_OFFICER,
    WRONG_PER_STAFF_ADDRESS,
    TooMany,
    hash_password,
    step_of,
    verify_password,
)
from app.extensions import db
from app.vault import keyed_hash
from app.web import visitor_address

INVITED_FOR = timedelta(days=3)
SHORTEST_PASSWORD = 12
# Read aloud at a desk: no 0 O 1 I L U.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def invite(officer: Officer) -> str:
    """Let the account wait for its owner alone; the code to hand them, kept nowhere. The caller commits.

    The old password and generator are gone, and whoever is signed in with it is out.
    """
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    officer.password_hash = hash_password(secrets.token_urlsafe())
    officer.totp_secret = officer.totp_pending = None
    officer.invitation_hash = code_hash(code)
    officer.invited_until = clock.now() + INVITED_FOR
    sessions.end_all(officer)
    return code


def uninvite(officer: Officer) -> None:
    """The code opens nothing any more. The caller commits."""
    officer.invitation_hash = officer.invited_until = officer.totp_pending = None


def is_waiting(officer: Officer) -> bool:
    """Whether its owner may still use the code they were handed."""
    return officer.invited_until is not None and officer.invited_until > clock.now()


def enrolling(username: str, code: str) -> Officer | None:
    """The account that waits for whoever knows this code. The caller commits. Raises `TooMany`."""
    subjects = (
        ("staff-wrong", username.casefold(), WRONG_PER_OFFICER),
        ("staff-wrong-address", visitor_address(), WRONG_PER_STAFF_ADDRESS),
    )
    for scope, subject, limit in subjects:
        if limits.exceeded(scope, subject, limit=limit):
            raise TooMany(limits.seconds_left(scope, subject))
    officer = db.session.scalar(select(Officer).where(Officer.username == username.casefold()))
    if officer is not None and may_enrol(officer, code_hash(code)):
        return officer
    for scope, subject, limit in subjects:
        limits.hit(scope, subject, limit=limit, window=STAFF_WINDOW)
    audit.record("officer.enrolment_failed", actor="visitor", subject="site")
    return None


def may_enrol(officer: Officer, hashed: str) -> bool:
    """Whether the account still waits for the code of this hash."""
    return (
        officer.disabled_at is None
        and is_waiting(officer)
        and secrets.compare_digest(officer.invitation_hash or "", hashed)
    )


def pending_secret(officer: Officer) -> str:
    """The secret of the generator to set up, the same until it is proven. The caller commits."""
    from pyotp import random_base32

    if officer.totp_pending is None:
        officer.totp_pending = random_base32()
    return officer.totp_pending or ""


def enrol(officer: Officer, password: str, digits: str) -> bool:
    """Set the owner's password and generator, and use the code up. Commits when it is done.

    False when the digits are not of the generator shown, or when the code was used meanwhile.
    """
    step = step_of(officer.totp_pending, digits) if officer.totp_pending else None
    if step is None and current_app.config["STAFF_TOTP_REQUIRED"]:
        return False
    if not _used_up(officer):
        return False
    officer.password_hash = hash_password(password)
    if step is not None:
        officer.totp_secret, officer.totp_step = officer.totp_pending, step
    uninvite(officer)
    sessions.end_all(officer)
    limits.forget("staff-wrong", officer.username)
    audit.record("officer.enrolled", actor=f"officer:{officer.id}", subject=f"officer:{officer.id}")
    db.session.commit()
    return True


def change_password(officer: Officer, old: str, new: str) -> bool:
    """The own password; every other browser is signed out. The caller commits.

    False for a wrong old one. Raises `TooMany`.
    """
    if limits.exceeded("staff-wrong", officer.username, limit=WRONG_PER_OFFICER):
        raise TooMany(limits.seconds_left("staff-wrong", officer.username))
    if not verify_password(officer.password_hash, old):
        limits.hit("staff-wrong", officer.username, limit=WRONG_PER_OFFICER, window=STAFF_WINDOW)
        return False
    officer.password_hash = hash_password(new)
    sessions.end_others(officer)
    audit.record(
        "officer.password_changed", actor=f"officer:{officer.id}", subject=f"officer:{officer.id}"
    )
    return True


def code_hash(code: str) -> str:
    """How a code is kept, however it was typed: with or without dashes, in small letters."""
    plain = "".join(letter for letter in code.upper() if letter.isascii() and letter.isalnum())
    return keyed_hash("staff-invitation", plain)


def _used_up(officer: Officer) -> bool:
    """Take the code in the database itself: of two browsers at the same moment, one has it."""
    taken = (
        update(Officer)
        .where(Officer.id == officer.id, Officer.invitation_hash == officer.invitation_hash)
        .values(invitation_hash=None)
        .returning(Officer.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(taken).scalar_one_or_none() is not None
