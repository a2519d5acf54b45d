"""Hurrying an office, and complaining of it: records of their own, with a clock of their own.

The term is the operator's promise (本单位承诺). They are no events of the case: whoever works on it
does not stumble over them.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from flask import current_app
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.applications.models import Application
from app.clock import now, today
from app.extensions import Base, Instant, db
from app.language import gettext as _
from app.policy.deadlines import Due, due_on
from app.vault import sealed_text

# What the operator's promise is counted in.
ANSWER_UNIT = "working_day"


class Voice(StrEnum):
    """The two kinds."""

    HURRY = "hurry"
    COMPLAINT = "complaint"

    @property
    def title(self) -> str:  # type: ignore[override]  # no one titles a code
        """In the reader's script."""
        return str(_("催办") if self is Voice.HURRY else _("投诉"))


class Grievance(StrEnum):
    """What a complaint is about."""

    SLOW = "slow"
    MORE_PAPERS = "more_papers"
    MANNER = "manner"
    FEE = "fee"
    RESULT = "result"
    OTHER = "other"

    @property
    def text(self) -> str:
        """In the reader's script."""
        texts = {
            "slow": _("办得太慢，或者超期了"),
            "more_papers": _("多要材料，或者一次没说清"),
            "manner": _("态度不好，或者推来推去"),
            "fee": _("收了钱"),
            "result": _("对结果有意见"),
            "other": _("别的事"),
        }
        return str(texts[self.value])


class Complaint(Base):
    """One time somebody hurried an office or complained of it, and what was answered."""

    __tablename__ = "complaints"
    __table_args__ = (
        # One of each kind a day at most, kept by the database itself.
        UniqueConstraint("application_id", "kind", "made_on"),
        # The open ones, the most urgent first.
        Index(None, "answered_on", "due_on"),
        # What is counted in a month.
        Index(None, "made_on"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"))
    citizen_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("citizens.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    grievance: Mapped[str | None] = mapped_column(String(20))
    text_sealed: Mapped[bytes | None]
    made_on: Mapped[date] = mapped_column(default=today)
    made_at: Mapped[datetime] = mapped_column(Instant, default=now)
    due_on: Mapped[date]
    provisional: Mapped[bool]
    answered_on: Mapped[date | None]
    answered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("officers.id"))
    answer_sealed: Mapped[bytes | None]
    version: Mapped[int] = mapped_column()

    text = sealed_text("text_sealed")
    answer = sealed_text("answer_sealed")

    application: Mapped[Application] = relationship()

    # Two officers may answer at once: one is first.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own spelling

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals the words."""
        return self.application

    @property
    def is_late(self) -> bool:
        """Whether the answer came, or is still to come, after its day."""
        return (self.answered_on or today()) > self.due_on


def answer_days() -> int:
    """Working days in which this operator answers (本单位承诺)."""
    return int(current_app.config["COMPLAINT_ANSWER_WORKING_DAYS"])


def answer_due() -> Due:
    """The day by which what is said today is answered."""
    return due_on(today(), answer_days(), ANSWER_UNIT)


def complaints_of(application: Application) -> list[Complaint]:
    """All of an application, the latest first."""
    rows = db.session.scalars(
        select(Complaint)
        .where(Complaint.application_id == application.id)
        .order_by(Complaint.made_at.desc())
        .execution_options(populate_existing=True)
    )
    return list(rows)
