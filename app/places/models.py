"""Divisions, their edition, and the offices that take filings."""

from __future__ import annotations

import uuid

from sqlalchemy import Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Division(Base):
    """The database's copy of one line of `data/divisions.csv`, for joins and reports.

    Pages read the file through `places.service`; both hold the same edition (see `Edition`).
    `parent` is the division people name next: placeholders such as 市辖区 are passed over.
    """

    __tablename__ = "division"

    code: Mapped[str] = mapped_column(String(9), primary_key=True)
    parent: Mapped[str | None] = mapped_column(String(9), index=True)
    level: Mapped[str] = mapped_column(String(11))
    name: Mapped[str] = mapped_column(String(60))
    name_hant: Mapped[str] = mapped_column(String(60))
    pinyin: Mapped[str] = mapped_column(String(240))
    initials: Mapped[str] = mapped_column(String(60))
    is_office: Mapped[bool]


class Edition(Base):
    """Which edition of a data file a table holds, so that loading it again does nothing."""

    __tablename__ = "places_edition"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    version: Mapped[str] = mapped_column(String(64))


class Office(Base):
    """An office known to this installation; `live` ones take applications online.

    `level` is `township` or `county`; `code` is the division it answers for.
    """

    __tablename__ = "office"
    __table_args__ = (Index(None, "code", unique=True),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    code: Mapped[str] = mapped_column(String(9))
    level: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(80))
    name_hant: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(20))
    address: Mapped[str | None] = mapped_column(String(200))
    live: Mapped[bool] = mapped_column(default=False)
