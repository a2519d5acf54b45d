"""Powers of attorney, what happened to them, and the what people are asked to confirm on their own phones.

Names, ID numbers and phones are only in sealed columns, under the data key of their power; the
open columns hold ids, codes, days and keyed hashes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.delegation.authority import Act, How, Power, Scope
from app.extensions import Base, Instant
from app.vault import new_data_key, sealed_json, sealed_text


class PowerOfAttorney(Base):
    """Who may act for whom, in what and until when; what became of it are its events."""

    __tablename__ = "powers_of_attorney"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    # On the paper and in the code on it; nobody can guess another one.
    number: Mapped[str] = mapped_column(String(24), unique=True)
    # NULL until the agent has taken it on, when a principal or another agent named them.
    agent_citizen_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("citizens.id"), index=True
    )
    # The power it was passed on under, and the one at the beginning (itself when there is none).
    parent_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("powers_of_attorney.id"), index=True
    )
    root_id: Mapped[uuid.UUID] = mapped_column(index=True)
    matters: Mapped[list[str]] = mapped_column(JSON)
    acts: Mapped[list[str]] = mapped_column(JSON)
    from_on: Mapped[date]
    until_on: Mapped[date]
    may_delegate: Mapped[bool] = mapped_column(default=False)
    # phone, window or paper: how the principals say yes.
    how: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    data_key: Mapped[bytes] = mapped_column(default=new_data_key)
    # name, id_kind, id_number, phone, relation
    agent_sealed: Mapped[bytes | None]

    agent = sealed_json("agent_sealed")

    principals: Mapped[list[Principal]] = relationship(
        back_populates="power", order_by="Principal.person.desc()", lazy="selectin"
    )
    events: Mapped[list[PowerEvent]] = relationship(
        back_populates="power", order_by="PowerEvent.sequence", lazy="selectin"
    )
    parent: Mapped[PowerOfAttorney | None] = relationship(
        remote_side=[id], lazy="selectin", join_depth=1
    )

    @property
    def as_rules_see_it(self) -> Power:
        """Without names and numbers, for the rules in `authority`."""
        return Power(
            scope=self.scope,
            principals=frozenset(each.person for each in self.principals),
            how=How(self.how),
            events=tuple(self.events),
            has_agent=self.agent_citizen_id is not None,
            parent=self.parent.as_rules_see_it if self.parent else None,
        )

    @property
    def scope(self) -> Scope:
        """What was agreed."""
        return Scope(
            matters=frozenset(self.matters),
            acts=frozenset(Act(each) for each in self.acts),
            from_on=self.from_on,
            until_on=self.until_on,
            may_delegate=self.may_delegate,
        )

    @property
    def people(self) -> Sequence[Principal]:
        """The principals: those of the power at the beginning, when this one was passed on."""
        return self.parent.people if self.parent else self.principals


class Principal(Base):
    """One person who entrusts: the woman or the man of a couple."""

    __tablename__ = "power_principals"
    __table_args__ = (UniqueConstraint("power_id", "person"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    power_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("powers_of_attorney.id"))
    # woman or man
    person: Mapped[str] = mapped_column(String(10))
    # The account of the phone on which they said yes; that alone lets them see and end the power.
    citizen_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("citizens.id"), index=True)
    # name, id_kind, id_number, phone
    named_sealed: Mapped[bytes | None]

    named = sealed_json("named_sealed")

    power: Mapped[PowerOfAttorney] = relationship(back_populates="principals")

    @property
    def vault_owner(self) -> PowerOfAttorney:
        """The row whose data key seals the name."""
        return self.power


class PowerEvent(Base):
    """Something that happened to a power or under it: written once, never changed, ids only."""

    __tablename__ = "power_events"
    __table_args__ = (UniqueConstraint("power_id", "sequence"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    power_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("powers_of_attorney.id"))
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # citizen, agent, officer or system
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[uuid.UUID | None]
    office_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("office.id"))
    # The principal it is about: woman or man.
    whom: Mapped[str | None] = mapped_column(String(10))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    note_sealed: Mapped[bytes | None]

    note = sealed_text("note_sealed")

    power: Mapped[PowerOfAttorney] = relationship(back_populates="events")

    @property
    def vault_owner(self) -> PowerOfAttorney:
        """The row whose data key seals the note."""
        return self.power

    @property
    def without(self) -> Sequence[str]:
        """The acts that a principal left out in saying yes."""
        return list(self.data.get("without", ()))


class ConfirmationRequest(Base):
    """Something one person is asked to say yes or no to, on the phone that is their own.

    The link in the message leads here once its token and the last four of their ID number fit.
    """

    __tablename__ = "confirmation_requests"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "person"),
        # The nightly reminders: the open ones, by when they were last sent.
        Index(None, "closed_at", "sent_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    # What is asked (see `asking.Kind`), about which row, and which person there is asked.
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[uuid.UUID]
    person: Mapped[str] = mapped_column(String(10))
    phone_hash: Mapped[str] = mapped_column(String(64), index=True)
    phone_sealed: Mapped[bytes]
    # Keyed hash of the last four of the ID number, and how often another one was tried.
    tail_hash: Mapped[str] = mapped_column(String(64))
    tail_tries: Mapped[int] = mapped_column(default=0)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    first_sent_at: Mapped[datetime] = mapped_column(Instant, default=now)
    sent_at: Mapped[datetime] = mapped_column(Instant, default=now)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    reminders: Mapped[int] = mapped_column(default=0)
    # The code that proves the phone: works once, in the browser that asked for it.
    code_hash: Mapped[str | None] = mapped_column(String(64))
    code_browser_hash: Mapped[str | None] = mapped_column(String(64))
    code_tries: Mapped[int] = mapped_column(default=0)
    code_expires_at: Mapped[datetime | None] = mapped_column(Instant)
    # Answered, taken back, or no longer of any matter.
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    # Answered with no, and not asked again since.
    refused_at: Mapped[datetime | None] = mapped_column(Instant)

    phone = sealed_text("phone_sealed")
