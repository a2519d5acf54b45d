"""The five levels of 好差评: one judgement for each person and application, after its end."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.applications.models import Application
from app.clock import now
from app.extensions import Base, Instant
from app.language import gettext as _
from app.vault import sealed_text


class Level(StrEnum):
    """From the best to the worst."""

    VERY_GOOD = "very_good"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    VERY_POOR = "very_poor"

    @property
    def text(self) -> str:
        """In the reader's script."""
        texts = {
            "very_good": _("非常满意"),
            "good": _("满意"),
            "fair": _("基本满意"),
            "poor": _("不满意"),
            "very_poor": _("非常不满意"),
        }
        return str(texts[self.value])

    @property
    def is_low(self) -> bool:
        """Whether somebody has to look into it."""
        return self in LOW


LOW = frozenset({Level.POOR, Level.VERY_POOR})


class Rating(Base):
    """One person's judgement of how one application was handled; `service_rating` in the glossary."""

    __tablename__ = "service_ratings"
    __table_args__ = (
        UniqueConstraint("application_id", "citizen_id"),
        # What was judged of an office since a day, counted without reading the rows.
        Index(None, "office_id", "rated_on", "service", "level"),
        # What is counted in a month.
        Index(None, "rated_on"),
        # The low ones since a day, and which of them nobody has looked into.
        Index(None, "office_id", "level", "rated_on", "followed_on"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"))
    citizen_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("citizens.id"), index=True)
    # Of whom and of what: for the supervisor, who sees no case.
    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    service: Mapped[str] = mapped_column(String(40))
    level: Mapped[str] = mapped_column(String(10))
    reason_sealed: Mapped[bytes | None]
    rated_on: Mapped[date]
    changed_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # What a supervisor did about a low one.
    followed_on: Mapped[date | None]
    followed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("officers.id"))
    follow_up_sealed: Mapped[bytes | None]
    version: Mapped[int] = mapped_column()

    reason = sealed_text("reason_sealed")
    follow_up = sealed_text("follow_up_sealed")

    application: Mapped[Application] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own spelling

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals the words."""
        return self.application
