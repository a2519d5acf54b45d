"""What the nightly look at everything stored found last."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Base, Instant


class Inspection(Base):
    """The last result of one kind of inspection: database, audit or files."""

    __tablename__ = "inspections"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    inspected_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # How much was looked at, and ids and codes of what is wrong: at most a hundred of them.
    looked_at: Mapped[int] = mapped_column(default=0)
    problems: Mapped[list[Any]] = mapped_column(JSON, default=list)
