"""Answering by the code of a letter: few tries, once, and nothing shown that the letter does not say."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from app import limits
from app.clock import now
from app.extensions import db
from app.verification.models import VerificationRequest
from app.verification.service import code_hash

HOUR = timedelta(hours=1)
MISSES_PER_ADDRESS_HOURLY = 10
MISSES_PER_SITE_HOURLY = 2000
GRANTED_FOR = timedelta(minutes=30)


@dataclass(frozen=True)
class TooMany(Exception):
    """A limit was reached; `wait` is how many seconds to wait. The caller has to commit."""

    wait: int


def find(code: str, address: str) -> VerificationRequest | None:
    """The open request with this code. The caller commits. Raises `TooMany`."""
    for scope, subject, limit in (
        ("reply-miss", address, MISSES_PER_ADDRESS_HOURLY),
        ("reply-miss-site", "site", MISSES_PER_SITE_HOURLY),
    ):
        if limits.exceeded(scope, subject, limit=limit):
            raise TooMany(limits.seconds_left(scope, subject))
    found = db.session.scalar(
        select(VerificationRequest).where(
            VerificationRequest.reply_code_hash == code_hash(code[:100])
        )
    )
    if found is None:
        limits.hit("reply-miss", address, limit=MISSES_PER_ADDRESS_HOURLY, window=HOUR)
        limits.hit("reply-miss-site", "site", limit=MISSES_PER_SITE_HOURLY, window=HOUR)
    return found


def grant_for(request: VerificationRequest) -> list[object]:
    """What this browser keeps: which request, and until when (Unix time)."""
    return [str(request.id), int((now() + GRANTED_FOR).timestamp())]


def granted(kept: list[object] | None) -> VerificationRequest | None:
    """The request that this browser gave the code of, while it can still be answered."""
    if not kept or int(str(kept[1])) < now().timestamp():
        return None
    request = db.session.get(VerificationRequest, uuid.UUID(str(kept[0])), populate_existing=True)
    return request if request is not None and request.reply_code_hash else None
