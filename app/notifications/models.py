"""Messages to people, and what is still to be put into messages: written in the transaction of what they
tell, sent by the worker."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base, Instant
from app.language import gettext
from app.vault import sealed_json, sealed_text


class MessageState(StrEnum):
    """What became of a message: `FAILED` was refused for good, `GIVEN_UP` was tried often enough."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given_up"

    @property
    def title(self) -> str:  # type: ignore[override]  # no one titles a code
        """What the operator reads, in the reader's script."""
        titles = {
            "queued": gettext("等待发出"),
            "sent": gettext("已发出"),
            "failed": gettext("被拒绝"),
            "given_up": gettext("已放弃"),
        }
        return str(titles[self.value])


class OutboxMessage(Base):
    """One text message; its id goes with it to the provider, so a repetition can be told."""

    __tablename__ = "outbox_messages"
    __table_args__ = (Index(None, "state", "next_try_at"), Index(None, "state", "created_at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    # Keyed hash of what happened, the kind and the recipient: nobody is told the same thing twice.
    # NULL in rows written before there was such a key.
    once_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(60))
    # What it is about, as "application:<id>".
    subject: Mapped[str] = mapped_column(String(120), index=True)
    script: Mapped[str] = mapped_column(String(10))
    # Of the recipient, so that they can be shown, and spared, what was written to them.
    phone_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    phone_sealed: Mapped[bytes]
    text_sealed: Mapped[bytes]
    # The values in the text, in words, for gateways that take a template's code and its values.
    params_sealed: Mapped[bytes | None]
    # Messages of 70 or 67 characters that the text takes on its way, with the signature.
    segments: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default=MessageState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now, index=True)
    next_try_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # After this it would only confuse: a sign-in code that no longer works.
    useless_at: Mapped[datetime | None] = mapped_column(Instant)
    # Since when it may have arrived without our knowing: an attempt began and has no answer.
    unsure_since: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    # Why the last attempt failed, as a code: the gateway's own, or one of ours ("timeout").
    problem: Mapped[str | None] = mapped_column(String(60))
    # What the gateway calls it, for whoever asks there what became of it.
    gateway_id: Mapped[str | None] = mapped_column(String(60))

    phone = sealed_text("phone_sealed")
    text = sealed_text("text_sealed")
    params = sealed_json("params_sealed")

    @property
    def fate(self) -> MessageState:
        """What became of it."""
        return MessageState(self.state)


class Errand(Base):
    """That something is to be told, before it is put into messages; see `errands`. Ids only."""

    __tablename__ = "errands"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[uuid.UUID]
    # Of whoever caused it: those who never chose a script are written to in theirs.
    script: Mapped[str] = mapped_column(String(10))
    next_try_at: Mapped[datetime] = mapped_column(Instant, index=True)
