"""What one office asks another about a couple (协查), and what an office is told of a result.

The question, the answer and the promise that stood in for one are sealed under the key of the
application. Which office is asked, and until when, may be read: the backlog is counted by it.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.applications.models import Application
from app.clock import now
from app.extensions import Base, Instant
from app.language import gettext
from app.vault import sealed_json, sealed_text


class About(StrEnum):
    """What is to be looked up."""

    BIRTHS = "births"
    MARRIAGE = "marriage"
    ONLY_CHILD = "only_child"
    HUKOU = "hukou"
    RESIDENCE = "residence"
    OTHER = "other"

    @property
    def text(self) -> str:
        """The question as it stands in the letter."""
        texts = {
            "births": gettext("生育和收养过几个孩子？"),
            "marriage": gettext("婚姻状况是什么？"),
            "only_child": gettext("是不是独生子女？"),
            "hukou": gettext("户口在不在贵单位辖区？"),
            "residence": gettext("在贵单位辖区住过吗？从哪天到哪天？"),
            "other": gettext("见下面写的"),
        }
        return str(texts[self.value])


class Finding(StrEnum):
    """What the other office says."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    CANNOT_FIND = "cannot_find"

    @property
    def text(self) -> str:
        """In the reader's script."""
        texts = {
            "confirmed": gettext("属实"),
            "not_confirmed": gettext("与事实不符"),
            "cannot_find": gettext("查不到"),
        }
        return str(texts[self.value])


class Stage(StrEnum):
    """What became of a request."""

    WAITING = "waiting"
    ANSWERED = "answered"
    # The office went on without an answer, on a written promise; an answer may still come.
    LEFT = "left"
    # The case ended first.
    CLOSED = "closed"


class VerificationRequest(Base):
    """One question to one office about one person or the couple."""

    __tablename__ = "verification_requests"
    __table_args__ = (
        UniqueConstraint("application_id", "ordinal"),
        # The desk of the office that is asked.
        Index(None, "to_office_id", "stage", "due_on"),
        # The desk of the office that asks, and what the worker looks for.
        Index(None, "office_id", "stage", "due_on"),
        Index(None, "stage", "due_on"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"))
    # Which request of this application, from 1.
    ordinal: Mapped[int]
    stage: Mapped[str] = mapped_column(String(10), default=Stage.WAITING)
    about: Mapped[str] = mapped_column(String(20))
    # woman, man or couple
    whom: Mapped[str] = mapped_column(String(10))
    question_sealed: Mapped[bytes | None]
    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("officers.id"))
    asked_on: Mapped[date]
    asked_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # An office of this installation, or the division and name of one outside it.
    to_office_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("office.id"))
    to_code: Mapped[str] = mapped_column(String(9))
    to_name: Mapped[str] = mapped_column(String(80))
    # The term: `value` of `unit`, of the pinned rulebook, or the operator's own (本单位承诺).
    value: Mapped[int]
    unit: Mapped[str] = mapped_column(String(12))
    is_promise: Mapped[bool]
    due_on: Mapped[date]
    provisional: Mapped[bool] = mapped_column(default=False)
    remind_on: Mapped[date]
    reminded_on: Mapped[date | None]
    escalated_on: Mapped[date | None]
    # What an outside office types on the public page; NULL once it was used.
    reply_code_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    reply_code_sealed: Mapped[bytes | None]
    finding: Mapped[str | None] = mapped_column(String(20))
    answered_on: Mapped[date | None]
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("officers.id"))
    # Words of the answer, and outside: who gave it for which office.
    reply_sealed: Mapped[bytes | None]
    # What the citizen promised in writing when no answer came (容缺).
    promise_sealed: Mapped[bytes | None]
    left_on: Mapped[date | None]
    left_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("officers.id"))
    version: Mapped[int] = mapped_column()

    question = sealed_text("question_sealed")
    reply_code = sealed_text("reply_code_sealed")
    reply = sealed_json("reply_sealed")
    promise = sealed_text("promise_sealed")

    application: Mapped[Application] = relationship()

    # Two clerks answer at once: one of them is first.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own spelling

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals the words."""
        return self.application

    @property
    def is_open(self) -> bool:
        """Whether an answer may still be given."""
        return self.stage in OPEN

    @property
    def words(self) -> dict[str, Any]:
        """The answer in words: `words`, and from outside `office` and `person`."""
        return self.reply or {}


# A late answer still helps whoever went on without it.
OPEN = (Stage.WAITING, Stage.LEFT)


class ResultNote(Base):
    """A result that the place of hukou is told of, since it was reached at another place."""

    __tablename__ = "result_notes"
    __table_args__ = (
        UniqueConstraint("application_id", "office_id"),
        Index(None, "office_id", "told_on"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"))
    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    from_office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    # registered or approved
    result: Mapped[str] = mapped_column(String(20))
    told_on: Mapped[date]

    application: Mapped[Application] = relationship()
