"""What officers write down while they work on a case: their look at each paper, and notes.

Both are only added to; the latest look at a paper counts. Words are sealed under the key of the
application and go with it.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Officer
from app.applications.models import Application
from app.clock import now
from app.extensions import Base, Instant
from app.vault import sealed_text

FINE = "fine"


class Examination(Base):
    """One look at one paper: it is `FINE`, or a `Fault` as in a notice, with a word about it."""

    __tablename__ = "paper_examinations"
    __table_args__ = (Index(None, "application_id", "document_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"))
    document_id: Mapped[str] = mapped_column(String(60))
    finding: Mapped[str] = mapped_column(String(20))
    words_sealed: Mapped[bytes | None]
    # The pages that were looked at: another page since makes it an old look.
    pages: Mapped[list[str]] = mapped_column(JSON, default=list)
    officer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("officers.id"))
    examined_at: Mapped[datetime] = mapped_column(Instant, default=now)

    words = sealed_text("words_sealed")
    application: Mapped[Application] = relationship()
    officer: Mapped[Officer] = relationship()

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals the words."""
        return self.application


class CaseNote(Base):
    """A line from one officer to the next, inside the offices of the case."""

    __tablename__ = "case_notes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"), index=True)
    words_sealed: Mapped[bytes | None]
    officer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("officers.id"))
    noted_at: Mapped[datetime] = mapped_column(Instant, default=now)

    words = sealed_text("words_sealed")
    application: Mapped[Application] = relationship()
    officer: Mapped[Officer] = relationship()

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals the words."""
        return self.application
