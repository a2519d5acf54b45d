"""Messages to people: written in the transaction of what they tell, sent by the worker."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base, Instant
from app.vault import sealed_text


class MessageState(StrEnum):
    """What became of a message."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class OutboxMessage(Base):
    """One text message; its id goes with it to the provider, so a repetition can be told."""

    __tablename__ = "outbox_messages"
    __table_args__ = (Index(None, "state", "next_try_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    # What it is about, as "application:<id>".
    subject: Mapped[str] = mapped_column(String(120), index=True)
    script: Mapped[str] = mapped_column(String(10))
    phone_sealed: Mapped[bytes]
    text_sealed: Mapped[bytes]
    state: Mapped[str] = mapped_column(String(10), default=MessageState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now, index=True)
    next_try_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # After this it would only confuse: a sign-in code that no longer works.
    useless_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)

    phone = sealed_text("phone_sealed")
    text = sealed_text("text_sealed")
