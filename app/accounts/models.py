"""Who may sign in, the codes they prove themselves with, and the sessions they then have."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Base, Instant
from app.vault import sealed_json, sealed_text


class Role(StrEnum):
    """What a member of staff may do."""

    CLERK = "clerk"
    APPROVER = "approver"
    SUPERVISOR = "supervisor"


class Citizen(Base):
    """A person known by a phone number they proved to hold."""

    __tablename__ = "citizens"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    # keyed_hash("phone", 11 digits); NULL in an account that was closed and stands for what was filed.
    phone_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    phone_sealed: Mapped[bytes | None]
    # The script of messages to them: the one they last signed in with.
    script: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    phone = sealed_text("phone_sealed")


class Officer(Base):
    """A member of staff of one office."""

    __tablename__ = "officers"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(20))
    office_id: Mapped[uuid.UUID] = mapped_column(index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    totp_secret_sealed: Mapped[bytes | None]
    # The last 30-second step whose code was used: no code works twice.
    totp_step: Mapped[int] = mapped_column(default=0)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    # Keyed hashes of the ID numbers and phones of this officer and of relatives: their cases are
    # for a colleague.
    kin_keys: Mapped[list[str]] = mapped_column(JSON, default=list)
    # Whether they may take lists out of the house, besides what their role lets them do.
    may_export: Mapped[bool] = mapped_column(default=False)
    # While an account waits for its owner: the keyed hash of the code they were handed, and the
    # secret of a generator that was shown and not yet proven.
    invitation_hash: Mapped[str | None] = mapped_column(String(64))
    invited_until: Mapped[datetime | None] = mapped_column(Instant)
    totp_pending_sealed: Mapped[bytes | None]

    totp_secret = sealed_text("totp_secret_sealed")
    totp_pending = sealed_text("totp_pending_sealed")


class SignInCode(Base):
    """The one living code of a phone; a new one takes its place."""

    __tablename__ = "sign_in_codes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    phone_hash: Mapped[str] = mapped_column(String(64), unique=True)
    phone_sealed: Mapped[bytes]
    # The cookie of the browser that asked: the code works in no other.
    browser_hash: Mapped[str] = mapped_column(String(64), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    phone = sealed_text("phone_sealed")


class Identity(Base):
    """Somebody as a province's unified identity knows them; opens an account once a phone is proved."""

    __tablename__ = "identities"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    # keyed_hash("identity", issuer and subject)
    subject_hash: Mapped[str] = mapped_column(String(64), unique=True)
    citizen_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("citizens.id"), index=True)
    # name, id_number: to fill in a form, never to prove anything.
    claims_sealed: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    last_used_at: Mapped[datetime] = mapped_column(Instant)

    claims = sealed_json("claims_sealed")


class KeptForm(Base):
    """The fields of a form that was sent when the session had ended; see `typed`."""

    __tablename__ = "kept_forms"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    path: Mapped[str] = mapped_column(String(200))
    # Whose session it was; both NULL when that is no longer known.
    citizen_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("citizens.id"), index=True)
    officer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("officers.id"), index=True)
    fields_sealed: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)

    fields = sealed_json("fields_sealed", list)


class Session(Base):
    """A signed-in browser, of a citizen or of an officer; deleted when it ends."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("(citizen_id IS NULL) <> (officer_id IS NULL)", name="one_person"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    citizen_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("citizens.id"), index=True)
    officer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("officers.id"), index=True)
    # "iPhone · 微信": enough to know one's own device again.
    device: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant, index=True)

    citizen: Mapped[Citizen | None] = relationship(lazy="joined")
    # Looked up by itself: nearly all requests are citizens', and would carry its columns for nothing.
    officer: Mapped[Officer | None] = relationship()
