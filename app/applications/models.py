"""The record of a filing: draft, application (the clerk's case), what happened, and its files.

Names, ID numbers, phones, answers and decisions are only in the sealed columns; every other
column may be read by whoever reads the database, so it holds ids, days, states and keyed hashes.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Citizen
from app.clock import now
from app.extensions import Base, Instant
from app.files import StoredKey
from app.language import gettext as _
from app.vault import new_data_key, sealed_json, sealed_text


class Service(StrEnum):
    """What is applied for."""

    CHILDBIRTH_REGISTRATION = "childbirth_registration"
    ADDITIONAL_BIRTH_APPROVAL = "additional_birth_approval"
    SINGLE_CHILD_HONOR_CERTIFICATE = "single_child_honor_certificate"
    MARITAL_CHILDBEARING_CERTIFICATE = "marital_childbearing_certificate"

    @property
    def is_about_a_birth(self) -> bool:
        """Whether one birth is what it is about: a registration or an approval."""
        return self in {Service.CHILDBIRTH_REGISTRATION, Service.ADDITIONAL_BIRTH_APPROVAL}

    @property
    def title(self) -> str:  # type: ignore[override]  # no one titles a code
        """The legal term, in the reader's script."""
        titles = {
            "childbirth_registration": _("生育登记"),
            "additional_birth_approval": _("再生育审批"),
            "single_child_honor_certificate": _("独生子女父母光荣证"),
            "marital_childbearing_certificate": _("婚育证明"),
        }
        return str(titles[self.value])


class State(StrEnum):
    """Where an application stands: the `LIVE` states hold the live key, the `ENDED` ones do not."""

    SUBMITTED = "submitted"
    CORRECTION_ASKED = "correction_asked"
    ACCEPTED = "accepted"
    FORWARDED = "forwarded"
    REGISTERED = "registered"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def title(self) -> str:  # type: ignore[override]  # no one titles a code
        """What a citizen reads, in the reader's script."""
        titles = {
            "submitted": _("已提交，等窗口受理"),
            "correction_asked": _("等您补材料"),
            "accepted": _("已受理，正在办"),
            "forwarded": _("乡镇已出意见，县里正在办"),
            "registered": _("已登记"),
            "approved": _("已批准"),
            "refused": _("没有批准"),
            "withdrawn": _("已撤回"),
        }
        return str(titles[self.value])


LIVE = (State.SUBMITTED, State.CORRECTION_ASKED, State.ACCEPTED, State.FORWARDED)
ENDED = (State.REGISTERED, State.APPROVED, State.REFUSED, State.WITHDRAWN)


class Happened(StrEnum):
    """Kinds of events, in the past tense."""

    SUBMITTED = "submitted"
    CORRECTION_ASKED = "correction_asked"
    CORRECTED = "corrected"
    ACCEPTED = "accepted"
    SENT_ON = "sent_on"
    FORWARDED_WITH_OPINION = "forwarded_with_opinion"
    VERIFICATION_ASKED = "verification_asked"
    VERIFICATION_ANSWERED = "verification_answered"
    # The day passed without an answer: both supervisors know.
    VERIFICATION_ESCALATED = "verification_escalated"
    # The office went on without an answer, on a written promise.
    VERIFICATION_LEFT = "verification_left"
    REGISTERED = "registered"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RESULT_REPORTED = "result_reported"
    COLLECT_OFFICE_CHANGED = "collect_office_changed"
    PERSONAL_DATA_VIEWED = "personal_data_viewed"
    PAPERS_CHANGED = "papers_changed"
    SPOUSE_CONFIRMED = "spouse_confirmed"
    SPOUSE_DISAGREED = "spouse_disagreed"
    POWER_CHECKED = "power_checked"
    POWER_REJECTED = "power_rejected"


_PAGES = "(Upload.document_id, Upload.page, Upload.created_at)"


class Draft(Base):
    """An application being filled in; returns on any device and is gone after 90 days."""

    __tablename__ = "drafts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    citizen_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("citizens.id"), index=True)
    service: Mapped[str] = mapped_column(String(40))
    # Makes beginning idempotent: keyed hash of the citizen and the token of the form that began it.
    begin_key: Mapped[str] = mapped_column(String(64), unique=True)
    # Filled in for others; which power of attorney covers it is in `Entrusted`.
    by_agent: Mapped[bool] = mapped_column(default=False, server_default=false())
    # At a window: whose window, and the officer who began it there. Until its person takes it, it
    # lies under an account without a phone, which nobody can sign in to. See `walk_in`.
    window_office_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("office.id"), index=True)
    officer_id: Mapped[uuid.UUID | None]
    # Makes sending idempotent: the application made from this draft carries the same token.
    token: Mapped[str] = mapped_column(String(64), unique=True)
    data_key: Mapped[bytes] = mapped_column(default=new_data_key)
    answers_sealed: Mapped[bytes | None]
    facts_sealed: Mapped[bytes | None]
    # The legal day it was begun, and the rulebooks the first decision came from.
    as_of: Mapped[date]
    rulebooks: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    updated_at: Mapped[datetime] = mapped_column(Instant, default=now)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    warned_at: Mapped[datetime | None] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)

    answers = sealed_json("answers_sealed")
    facts = sealed_json("facts_sealed")

    citizen: Mapped[Citizen] = relationship()
    uploads: Mapped[list[Upload]] = relationship(back_populates="draft", order_by=_PAGES)


class Application(Base):
    """One filing: the citizen's application, the clerk's case."""

    __tablename__ = "applications"
    __table_args__ = (
        # The desk's queue: the cases of one office in one state, by due date; and, without reading
        # their rows, what lamps they have and how many of them nobody has opened since which day.
        Index(
            "ix_applications_queue",
            "office_id",
            "state",
            "due_on",
            "due_unit",
            "opened_at",
            "submitted_on",
        ),
        # What ended last at an office, and what came to it last.
        Index(None, "office_id", "decided_on"),
        Index(None, "office_id", "submitted_at"),
        # What is collected at a window.
        Index(None, "collect_office_id", "state", "decided_on"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    service: Mapped[str] = mapped_column(String(40))
    # Who sent it: the woman, the man, or their agent (then `by_agent`).
    citizen_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("citizens.id"), index=True)
    by_agent: Mapped[bool] = mapped_column(default=False, server_default=false())
    token: Mapped[str] = mapped_column(String(64), unique=True)
    # Keyed hash of the service, the adults' ID numbers in order, and the birth order; NULL once
    # the case has ended. Unique: one live application per matter, whoever files it.
    live_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    # Keyed hashes of the number with the last four of each phone and ID, for the public look-up.
    lookup_hashes: Mapped[list[str]] = mapped_column(JSON, default=list)

    data_key: Mapped[bytes] = mapped_column(default=new_data_key)
    answers_sealed: Mapped[bytes | None]
    facts_sealed: Mapped[bytes | None]
    decision_sealed: Mapped[bytes | None]
    # [{"id", "title", "from", "to", "strength", "checked_on"}]: public, so that a change of law
    # can list the cases it touches without opening them.
    rulebooks: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    # The place of the decision it was filed at: woman_hukou, man_hukou, woman_residence …
    filing_role: Mapped[str] = mapped_column(String(20))
    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    first_office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    collect_office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))

    state: Mapped[str] = mapped_column(String(30), index=True)
    version: Mapped[int] = mapped_column()
    # The day of the nearest running step, and the unit its own rulebook counts it in.
    due_on: Mapped[date | None] = mapped_column(index=True)
    due_unit: Mapped[str | None] = mapped_column(String(12))
    overall_due_on: Mapped[date | None]
    # A date counted past the published holiday calendar may still move.
    provisional: Mapped[bool] = mapped_column(default=False)
    submitted_on: Mapped[date] = mapped_column(index=True)
    submitted_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # When it ended: decided by an office, or taken back.
    decided_on: Mapped[date | None]
    # When an officer first looked at it: until then nobody has touched it.
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    # The office let its time pass, and the filing was accepted by itself.
    accepted_by_silence: Mapped[bool] = mapped_column(default=False, server_default=false())

    answers = sealed_json("answers_sealed")
    facts = sealed_json("facts_sealed")
    decision = sealed_json("decision_sealed")

    events: Mapped[list[Event]] = relationship(
        back_populates="application", order_by="Event.sequence"
    )
    uploads: Mapped[list[Upload]] = relationship(back_populates="application", order_by=_PAGES)
    search_keys: Mapped[list[SearchKey]] = relationship(back_populates="application")
    parties: Mapped[list[Party]] = relationship(back_populates="application")

    # Every UPDATE counts up and fails when another one came first.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own spelling

    @property
    def is_live(self) -> bool:
        """Whether the case is still being worked on."""
        return self.state in LIVE


class Event(Base):
    """Something that happened to an application: written once, never changed, ids only."""

    __tablename__ = "application_events"
    __table_args__ = (
        UniqueConstraint("application_id", "sequence"),
        # What an office did of one kind, such as the cases it sent on.
        Index(None, "office_id", "kind"),
        # What is counted in a month.
        Index(None, "kind", "happened_on"),
        # What moved away from a window.
        Index(
            "ix_application_events_moved",
            "office_id",
            "happened_on",
            sqlite_where=text("kind = 'collect_office_changed'"),
            postgresql_where=text("kind = 'collect_office_changed'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"))
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # citizen (who sent it), spouse, agent, officer or system
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[uuid.UUID | None]
    office_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("office.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    note_sealed: Mapped[bytes | None]

    note = sealed_text("note_sealed")

    application: Mapped[Application] = relationship(back_populates="events")

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals the note."""
        return self.application

    @property
    def is_whole(self) -> bool:
        """Whether it settles its step: an answer while others still wait settles nothing."""
        return not self.data.get("open")

    @property
    def counts_from(self) -> date:
        """The day from which terms that it starts are counted: silence accepts as of the day of receipt."""
        received_on = self.data.get("received_on")
        return date.fromisoformat(received_on) if received_on else self.happened_on


class Upload(Base):
    """One page of one document; the file itself is in the file store, encrypted, under `key`."""

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint("draft_id IS NOT NULL OR application_id IS NOT NULL", "owned"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    draft_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("drafts.id"), index=True)
    application_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("applications.id"), index=True
    )
    # `id` of a document of the decision, and the page of it, from 1.
    document_id: Mapped[str] = mapped_column(String(60))
    page: Mapped[int]
    key: Mapped[str] = mapped_column(StoredKey(64), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    # Bytes in the store, sealed, with the small picture.
    stored: Mapped[int] = mapped_column(default=0, server_default="0")
    media_type: Mapped[str] = mapped_column(String(40))
    name_sealed: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # What the sending page calls this file: sent again after a lost answer, it is the same page.
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    # blurred or dark: what a person was told and has not answered yet.
    look: Mapped[str | None] = mapped_column(String(10))
    # Set while the virus scanner has not answered: nobody but the citizen may open it.
    quarantined_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    # Set when a later file of the citizen took its place: both stay visible, by version.
    replaced_at: Mapped[datetime | None] = mapped_column(Instant)

    name = sealed_text("name_sealed")

    draft: Mapped[Draft | None] = relationship(back_populates="uploads")
    application: Mapped[Application | None] = relationship(back_populates="uploads")

    @property
    def is_photo(self) -> bool:
        """A photo has a small picture of itself; a PDF has none."""
        return self.media_type == "image/jpeg"

    @property
    def vault_owner(self) -> Draft | Application:
        """The row whose data key seals the name and the file."""
        owner = self.application or self.draft
        if owner is None:
            raise LookupError("an upload belongs to a draft or to an application")
        return owner


class SearchKey(Base):
    """Keyed hash of an ID number, a phone or a name, so that a case can be found by it exactly."""

    __tablename__ = "application_search_keys"

    application_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("applications.id"), primary_key=True
    )
    # woman, man or agent
    person: Mapped[str] = mapped_column(String(10), primary_key=True)
    # id_number, phone or name
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), index=True)

    application: Mapped[Application] = relationship(back_populates="search_keys")


class Party(Base):
    """A citizen who stands in an application beside whoever sent it: its woman or its man.

    Made when that person says yes on their own phone; until then nobody but the sender sees it.
    """

    __tablename__ = "application_parties"
    __table_args__ = (UniqueConstraint("application_id", "citizen_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"))
    citizen_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("citizens.id"), index=True)
    # woman or man
    person: Mapped[str] = mapped_column(String(10))
    # An agent sent it in this person's name, so that it is theirs as if they had sent it.
    is_principal: Mapped[bool] = mapped_column(default=False)

    application: Mapped[Application] = relationship(back_populates="parties")


class Entrusted(Base):
    """A draft or an application that a power of attorney is about.

    `power_id` is the power at the beginning; what was passed on under it counts through it.
    """

    __tablename__ = "entrusted"
    __table_args__ = (
        CheckConstraint("(draft_id IS NULL) <> (application_id IS NULL)", "about_one"),
        UniqueConstraint("power_id", "draft_id"),
        UniqueConstraint("power_id", "application_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    power_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("powers_of_attorney.id"))
    draft_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("drafts.id"), index=True)
    application_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("applications.id"), index=True
    )
