"""Proving a phone once more before something that cannot be undone: a code for this purpose alone.

A code that was sent for one purpose works for no other: the browser's cookie is bound to it.
"""

from __future__ import annotations

from enum import StrEnum

from app.accounts import service


class Purpose(StrEnum):
    """What a code is asked for."""

    OLD_PHONE = "old-phone"
    NEW_PHONE = "new-phone"
    CLOSING = "closing"


def send(purpose: Purpose, phone: str, browser: str) -> None:
    """Send a code, unless one was sent for this a moment ago. The caller commits. Raises `TooMany`."""
    bound = _bound(purpose, browser)
    if not service.was_just_sent(phone, bound):
        service.send(phone, bound, kind="account_code")


def asked_phone(purpose: Purpose, browser: str) -> str | None:
    """The phone a code was last sent to for this, from this browser; None when there is none."""
    code = service.pending(_bound(purpose, browser)) if browser else None
    return code.phone if code else None


def prove(purpose: Purpose, browser: str, typed: str) -> str | None:
    """The phone that the code proves; None for any other code. The caller commits. Raises `TooMany`."""
    return service.prove(_bound(purpose, browser), typed) if browser else None


def _bound(purpose: Purpose, browser: str) -> str:
    return f"{purpose}:{browser}"
