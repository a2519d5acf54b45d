"""What the checker keeps: the answers for a day, and results that were shared for half a year."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base, Instant
from app.vault import sealed_json

CHECK_LIFE: Final = timedelta(hours=24)
SHARE_LIFE: Final = timedelta(days=180)


class CheckSession(Base):
    """One visitor's answers under a random cookie; only the cookie's keyed hash is stored.

    `answers` maps a request path to `{"value": …}`, `{"unknown": true}` or `{"with": "woman"}`.
    """

    __tablename__ = "check_session"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    service: Mapped[str] = mapped_column(String(40))
    answers_sealed: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)

    answers = sealed_json("answers_sealed")


class SharedResult(Base):
    """A result somebody made a link of: places to county level, no dates of birth, no names.

    `rulebooks` maps the ids of the rulebooks that spoke to a fingerprint of their content.
    """

    __tablename__ = "shared_result"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(
        String(32), unique=True, default=lambda: secrets.token_urlsafe(16)
    )
    facts_sealed: Mapped[bytes | None]
    rulebooks: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)

    facts = sealed_json("facts_sealed")
