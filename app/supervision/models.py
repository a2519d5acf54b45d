"""What is counted: how each case ended, why it was late, and the sums by month, office and service.

Days, codes and numbers only, but for the words about a delay, which are sealed.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.applications.models import Application
from app.clock import now, today
from app.extensions import Base, Instant
from app.language import gettext as _
from app.vault import sealed_text


class Cause(StrEnum):
    """Why a case was, or is, late."""

    OTHER_OFFICE = "other_office"
    PAPERS = "papers"
    DISPUTED = "disputed"
    STAFF = "staff"
    SYSTEM = "system"
    SENT_ON = "sent_on"
    OVERSIGHT = "oversight"
    OTHER = "other"

    @property
    def text(self) -> str:
        """In the reader's script."""
        texts = {
            "other_office": _("等别的单位答复"),
            "papers": _("等申请人的材料"),
            "disputed": _("情况复杂，或者有争议"),
            "staff": _("人手不够"),
            "system": _("系统或网络故障"),
            "sent_on": _("从别的单位转来时已经晚了"),
            "oversight": _("漏办"),
            "other": _("别的原因"),
        }
        return str(texts[self.value])


class Outcome(Base):
    """How one case ended: written with the event that ended it, so that no report opens a case."""

    __tablename__ = "case_outcomes"
    # A month of all offices.
    __table_args__ = (Index(None, "ended_on", "office_id"),)

    application_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("applications.id"), primary_key=True
    )
    # The office at which the case lay: for one that the county decided, its town or street.
    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    service: Mapped[str] = mapped_column(String(40))
    # registered, approved, refused or withdrawn
    result: Mapped[str] = mapped_column(String(20))
    received_on: Mapped[date]
    ended_on: Mapped[date]
    # The last day that a text allowed; NULL where none names one.
    due_on: Mapped[date | None]
    # Days it lay with the couple, who had been asked for something.
    waited: Mapped[int] = mapped_column(default=0)

    application: Mapped[Application] = relationship()

    @property
    def is_late(self) -> bool:
        """Whether it ended after its last day."""
        return self.due_on is not None and self.ended_on > self.due_on


class LateReason(Base):
    """Why a case is late, as its office says; `late_reason` in the glossary."""

    __tablename__ = "late_reasons"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"), unique=True)
    cause: Mapped[str] = mapped_column(String(20))
    words_sealed: Mapped[bytes | None]
    noted_on: Mapped[date] = mapped_column(default=today)
    noted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("officers.id"))
    version: Mapped[int] = mapped_column()

    words = sealed_text("words_sealed")

    application: Mapped[Application] = relationship()

    # Two officers at once: one is first.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own spelling

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals the words."""
        return self.application


class Figure(StrEnum):
    """What is counted in a month; in brackets what its `detail` tells apart."""

    RECEIVED = "received"
    MOVED_IN = "moved_in"
    MOVED_OUT = "moved_out"
    ENDED = "ended"  # (result)
    KEPT = "kept"  # (on_time, late, no_term), of decided cases
    CAUSE = "cause"  # (why late, or nothing where nobody wrote it)
    DAYS = "days"  # (days from receipt to decision)
    WAITED = "waited"  # (cases, days), that lay with the couple
    ASKED_ELSEWHERE = "asked_elsewhere"
    TOLD_ELSEWHERE = "told_elsewhere"
    SAID = "said"  # (hurry, complaint)
    ANSWERED_LATE = "answered_late"
    RATED = "rated"  # (level)


class MonthlyFigure(Base):
    """One number of one office, service and month, counted anew by the worker; see `counting`."""

    __tablename__ = "monthly_figures"
    # Counted anew month by month.
    __table_args__ = (Index(None, "month"),)

    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"), primary_key=True)
    figure: Mapped[str] = mapped_column(String(20), primary_key=True)
    # Its first day.
    month: Mapped[date] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(String(40), primary_key=True)
    detail: Mapped[str] = mapped_column(String(20), primary_key=True)
    count: Mapped[int]
    counted_at: Mapped[datetime] = mapped_column(Instant, default=now)
