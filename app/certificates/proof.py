"""What anyone may learn of a certificate: whether a number is one, and whether it counts.

A number cannot be guessed, and it tells nothing of a person. Whether somebody is the one it was
issued to is answered yes or no, to whoever knows a surname and the last four of the ID number.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from app import limits
from app.applications.receipts import read_number
from app.certificates.issuing import SERIES
from app.certificates.models import Certificate
from app.extensions import db
from app.fields import comparable_name

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A hospital's counter looks up many that exist; only a guesser meets many that do not.
PER_ADDRESS_HOURLY = 300
MISSES_PER_ADDRESS_HOURLY = 30
PER_SITE_HOURLY = 20_000
# A surname and four digits against one certificate bear few tries.
PER_NUMBER_HOURLY, PER_NUMBER_DAILY = 8, 20
TRIES_PER_ADDRESS_HOURLY = 60
_NUMBER = re.compile(rf"{SERIES}(-[0-9A-Z]{{4}}){{3}}")


@dataclass(frozen=True)
class TooMany(Exception):
    """A limit was reached; `wait` is how many seconds to wait. The caller has to commit."""

    wait: int


def read_certificate_number(typed: str) -> str | None:
    """The number in its one spelling, however it was typed; None for what cannot be one."""
    number = read_number(unicodedata.normalize("NFKC", typed[:100]), SERIES)
    return number if _NUMBER.fullmatch(number) else None


def look_up(typed: str, address: str) -> Certificate | None:
    """The certificate of this number, if there is one. The caller commits. Raises `TooMany`."""
    if limits.exceeded("verify-miss", address, limit=MISSES_PER_ADDRESS_HOURLY):
        raise TooMany(limits.seconds_left("verify-miss", address))
    _count(("verify-address", address, PER_ADDRESS_HOURLY, HOUR))
    _count(("verify-site", "site", PER_SITE_HOURLY, HOUR))
    number = read_certificate_number(typed)
    found = db.session.scalar(_with_all().where(Certificate.number == number)) if number else None
    if found is None:
        limits.hit("verify-miss", address, limit=MISSES_PER_ADDRESS_HOURLY, window=HOUR)
    return found


def is_holder(certificate: Certificate, surname: str, tail: str, address: str) -> bool:
    """Whether it was issued to somebody of this surname and these last four; the try is counted.

    A surname may be the whole name. One answer for all that is wrong, also once the data is gone.
    The caller commits. Raises `TooMany`.
    """
    _count(("verify-try-address", address, TRIES_PER_ADDRESS_HOURLY, HOUR))
    _count(("verify-try-hour", certificate.number, PER_NUMBER_HOURLY, HOUR))
    _count(("verify-try", certificate.number, PER_NUMBER_DAILY, DAY))
    typed, tail = comparable_name(surname), tail.upper()
    holders = (certificate.data or {}).get("holders", ())
    matches = [
        comparable_name(holder["name"]).startswith(typed)
        and secrets.compare_digest(holder["id_number"][-4:].upper().encode(), tail.encode())
        for holder in holders
    ]
    if not typed or not any(matches):
        return False
    # Whoever knows the answer may ask as often as they like.
    limits.forget("verify-try-hour", certificate.number)
    limits.forget("verify-try", certificate.number)
    return True


def _count(of: tuple[str, str, int, timedelta]) -> None:
    scope, subject, limit, window = of
    if not limits.hit(scope, subject, limit=limit, window=window):
        raise TooMany(limits.seconds_left(scope, subject))


def _with_all() -> Select[Certificate]:
    return select(Certificate).options(
        selectinload(Certificate.events), joinedload(Certificate.application)
    )
