"""How people prove who they are: citizens by a code to their phone, staff by password and code.

The code is six digits that live ten minutes, once, in the browser that asked. Chance of guessing: 8 codes
a day and phone (16 where two windows meet) with 5 tries each are at most 80 guesses of a million, below
1 in 10,000. Codes are capped for each phone, address, browser and for the site, so that nobody can make
the site send messages at will.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Iterable
from datetime import timedelta
from functools import cache

from flask import current_app
from sqlalchemy import delete, select, update

from app import clock, limits
from app.accounts.models import Citizen, Officer, Role, SignInCode
from app.extensions import db
from app.language import current_script
from app.notifications import service as notifications
from app.vault import keyed_hash
from app.web import visitor_address

LIVES = timedelta(minutes=10)
APART = timedelta(seconds=60)
TRIES = 5
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# What a gateway lets through as well; more would be paid for by people who wait in vain.
PER_PHONE_HOURLY = 5
PER_PHONE_DAILY = 8
PER_BROWSER_DAILY = 20
# A town may share one gateway address.
PER_ADDRESS_HOURLY = 60
PER_ADDRESS_DAILY = 300
WRONG_PER_ADDRESS_HOURLY = 100
STAFF_WINDOW = timedelta(minutes=15)
WRONG_PER_OFFICER = 10
WRONG_PER_STAFF_ADDRESS = 50
TOTP_SECONDS = 30


class TooMany(Exception):
    """A limit was reached; `wait` is how many seconds to wait. The caller has to commit."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"wait {wait} seconds")
        self.wait = wait


# --- Citizens -------------------------------------------------------------------------------------


def send(phone: str, browser: str, *, kind: str = "sign_in_code") -> None:
    """Make a code for `phone` (11 digits), end the one before, and queue the message.

    `browser` is the random cookie of the browser that asks; `kind` the message that brings it. The
    caller commits, also after `TooMany`, which is raised when a limit is reached.
    """
    count_code(phone, browser)
    now = clock.now()
    phone_hash = keyed_hash("phone", phone)
    db.session.execute(delete(SignInCode).where(SignInCode.phone_hash == phone_hash))
    code = f"{secrets.randbelow(1_000_000):06}"
    row = SignInCode(
        phone_hash=phone_hash,
        phone=phone,
        browser_hash=_browser_hash(browser),
        created_at=now,
        expires_at=now + LIVES,
    )
    row.code_hash = _code_hash(row, code)
    db.session.add(row)
    notifications.queue(
        kind,
        phone,
        {"code": code, "minutes": LIVES // timedelta(minutes=1)},
        subject=f"sign-in:{row.id}",
        event=row.id,
        script=current_script(),
        useless_at=row.expires_at,
    )


def pending(browser: str) -> SignInCode | None:
    """The newest code this browser asked for, whether it still works or not; None after signing in."""
    if not browser:
        return None
    mine = select(SignInCode).where(SignInCode.browser_hash == _browser_hash(browser))
    return db.session.scalars(
        mine.where(SignInCode.used_at.is_(None)).order_by(SignInCode.created_at.desc())
    ).first()


def was_just_sent(phone: str, browser: str) -> bool:
    """Whether this browser got a code for this very phone less than a minute ago: a double tap."""
    code = pending(browser)
    return (
        code is not None
        and code.phone_hash == keyed_hash("phone", phone)
        and clock.now() - code.created_at < APART
    )


def redeem(browser: str, typed: str) -> Citizen | None:
    """The citizen this code proves, made when new; None for any code that does not work.

    The caller commits, also after None: the try has been counted. Raises `TooMany`.
    """
    phone = prove(browser, typed)
    return citizen_of(phone) if phone else None


def prove(browser: str, typed: str) -> str | None:
    """The phone whose code was typed in the browser that asked for it; None for any that fails.

    The caller commits, also after None: the try has been counted. Raises `TooMany`.
    """
    refuse_guessing()
    code = pending(browser)
    if code is None or not _try_once(code, typed):
        count_wrong_code()
        return None
    return code.phone


def refuse_guessing() -> None:
    """Raises `TooMany` for an address from which too many wrong codes came."""
    if limits.exceeded("wrong-code-address", visitor_address(), limit=WRONG_PER_ADDRESS_HOURLY):
        raise TooMany(limits.seconds_left("wrong-code-address", visitor_address()))


def count_wrong_code() -> None:
    """A code was wrong. The caller commits."""
    limits.hit("wrong-code-address", visitor_address(), limit=WRONG_PER_ADDRESS_HOURLY, window=HOUR)


def citizen_of(phone: str) -> Citizen:
    """The account of a phone that was proved just now, made when there is none. The caller commits.

    The row of the code, held by whoever used it, keeps two from being made.
    """
    phone_hash = keyed_hash("phone", phone)
    citizen = db.session.scalar(select(Citizen).where(Citizen.phone_hash == phone_hash))
    if citizen is None:
        citizen = Citizen(phone_hash=phone_hash, phone=phone)
        db.session.add(citizen)
        db.session.flush()
    citizen.script = current_script()
    return citizen


def forget_dead_codes() -> None:
    """Delete codes that no longer work; nightly work. The caller commits."""
    db.session.execute(delete(SignInCode).where(SignInCode.expires_at < clock.now()))


# --- Staff ----------------------------------------------------------------------------------------


def add_officer(
    username: str,
    display_name: str,
    role: str,
    office_id: uuid.UUID,
    *,
    password: str,
    totp_secret: str | None = None,
    kin_keys: Iterable[str] = (),
    may_export: bool = False,
) -> Officer:
    """A new member of staff; the caller commits. Raises `ValueError` for an unknown role.

    `kin_keys`: see `Officer.kin_keys`.
    """
    officer = Officer(
        username=username.casefold(),
        display_name=display_name,
        role=Role(role),
        office_id=office_id,
        password_hash=hash_password(password),
        totp_secret=totp_secret,
        kin_keys=list(kin_keys),
        may_export=may_export,
    )
    db.session.add(officer)
    return officer


def kin_key(kind: str, value: str) -> str:
    """The keyed hash of an `id_number` or `phone` under which a case would be found by it."""
    return keyed_hash(f"search.{kind}", value)


def officer_by_password(username: str, password: str, digits: str) -> Officer | None:
    """The officer who knows the password and, where it is required, has the code generator.

    None for everything that does not match, without saying what. The caller commits, also after
    None: the try has been counted. Raises `TooMany`.
    """
    subjects = (
        ("staff-wrong", username.casefold(), WRONG_PER_OFFICER),
        ("staff-wrong-address", visitor_address(), WRONG_PER_STAFF_ADDRESS),
    )
    for scope, subject, limit in subjects:
        if limits.exceeded(scope, subject, limit=limit):
            raise TooMany(limits.seconds_left(scope, subject))
    officer = db.session.scalar(select(Officer).where(Officer.username == username.casefold()))
    if officer is not None and officer.disabled_at is not None:
        officer = None
    # The same work for an unknown name, so that the answer takes as long.
    known = verify_password(officer.password_hash if officer else _nobodys_hash(), password)
    if officer is not None and known and has_generator(officer, digits):
        limits.forget("staff-wrong", username.casefold())
        return officer
    for scope, subject, limit in subjects:
        limits.hit(scope, subject, limit=limit, window=STAFF_WINDOW)
    return None


def has_generator(officer: Officer, digits: str) -> bool:
    """Whether these are the digits of the officer's generator now, each used once; True where none is asked for."""
    if not current_app.config["STAFF_TOTP_REQUIRED"]:
        return True
    if not officer.totp_secret:
        return False
    step = step_of(officer.totp_secret, digits)
    if step is None:
        return False
    once = (
        update(Officer)
        .where(Officer.id == officer.id, Officer.totp_step < step)
        .values(totp_step=step)
        .returning(Officer.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(once).scalar_one_or_none() is not None


def step_of(secret: str, digits: str) -> int | None:
    """The 30-second step, now or beside it, in which a generator with this secret shows these digits."""
    from pyotp import TOTP

    generator = TOTP(secret, interval=TOTP_SECONDS)
    present = int(clock.now().timestamp()) // TOTP_SECONDS
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(generator.generate_otp(step).encode(), digits.encode()):
            return step
    return None


def hash_password(password: str) -> str:
    """The password as the table keeps it."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


def verify_password(password_hash: str, password: str) -> bool:
    """Whether it is the password of this hash."""
    from argon2 import PasswordHasher
    from argon2.exceptions import VerificationError

    try:
        return PasswordHasher().verify(password_hash, password)
    except VerificationError:
        return False


@cache
def _nobodys_hash() -> str:
    return hash_password(secrets.token_urlsafe())


# --- Inside ---------------------------------------------------------------------------------------


def count_code(phone: str, browser: str) -> None:
    """Count this request against every limit; the narrowest first, so that it is the one named."""
    phone_hash = keyed_hash("phone", phone)
    known = db.session.scalar(select(Citizen.id).where(Citizen.phone_hash == phone_hash))
    # A flood of invented numbers must not keep those out who already have an account.
    site = "known" if known else "new"
    for scope, subject, limit, window in (
        ("code-phone-wait", phone_hash, 1, APART),
        ("code-phone-hour", phone_hash, PER_PHONE_HOURLY, HOUR),
        ("code-phone", phone_hash, PER_PHONE_DAILY, DAY),
        ("code-browser", _browser_hash(browser), PER_BROWSER_DAILY, DAY),
        ("code-address-hour", visitor_address(), PER_ADDRESS_HOURLY, HOUR),
        ("code-address", visitor_address(), PER_ADDRESS_DAILY, DAY),
        ("code-site", site, current_app.config["CODES_PER_HOUR"], HOUR),
    ):
        if not limits.hit(scope, subject, limit=limit, window=window):
            raise TooMany(limits.seconds_left(scope, subject))


def _try_once(code: SignInCode, typed: str) -> bool:
    """Count the try in the database itself, then compare: tries at one moment are all counted."""
    now = clock.now()
    alive = (SignInCode.used_at.is_(None)) & (SignInCode.expires_at > now)
    this = (SignInCode.id == code.id) & alive
    quiet = {"synchronize_session": False}
    counted = db.session.execute(
        update(SignInCode)
        .where(this, SignInCode.tries < TRIES)
        .values(tries=SignInCode.tries + 1)
        .returning(SignInCode.code_hash)
        .execution_options(**quiet)
    ).scalar_one_or_none()
    if counted is None or not hmac.compare_digest(counted, _code_hash(code, typed)):
        return False
    used = update(SignInCode).where(this).values(used_at=now).returning(SignInCode.id)
    return db.session.execute(used.execution_options(**quiet)).scalar_one_or_none() is not None


def _browser_hash(browser: str) -> str:
    return keyed_hash("sign-in-browser", browser)


def _code_hash(code: SignInCode, digits: str) -> str:
    return keyed_hash("sign-in-code", f"{code.id}:{digits}")
