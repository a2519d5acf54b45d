"""What an office puts into people's hands: certificates that prove a decision, and letters.

Names, ID numbers and reasons are only in the sealed columns, under the application's own data key.
What is true of a certificate now is what its events add up to.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.applications.models import Application
from app.clock import now
from app.extensions import Base, Instant
from app.files import StoredKey
from app.language import gettext
from app.vault import sealed_json, sealed_text


class Standing(StrEnum):
    """What a certificate is worth now."""

    VALID = "valid"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class CertificateHappened(StrEnum):
    """Kinds of events of a certificate, in the past tense."""

    ISSUED = "issued"
    PRINTED = "printed"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class LetterKind(StrEnum):
    """What an office writes on the way to a decision, or instead of a certificate."""

    ACCEPTANCE = "acceptance"
    ONE_TIME_NOTICE = "one_time_notice"
    REFUSAL_TO_ACCEPT = "refusal_to_accept"
    REFUSAL_TO_REGISTER = "refusal_to_register"
    REFUSAL_TO_APPROVE = "refusal_to_approve"

    @property
    def title(self) -> str:  # type: ignore[override]  # no one titles a code
        """What stands at its head, in the reader's script."""
        titles = {
            "acceptance": gettext("受理通知书"),
            "one_time_notice": gettext("一次性告知书"),
            "refusal_to_accept": gettext("不予受理决定书"),
            "refusal_to_register": gettext("不予登记决定书"),
            "refusal_to_approve": gettext("不予批准决定书"),
        }
        return str(titles[self.value])


class _Issued:
    """What a certificate and a letter have in common."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"))
    issued_on: Mapped[date]
    issued_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # officer, or system where a rulebook says that it issues by itself
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[uuid.UUID | None]
    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    # Made on a demo site or as of another day: it proves nothing, whatever the site becomes later.
    is_practice: Mapped[bool]
    data_sealed: Mapped[bytes | None]

    # Everything that is printed, as it was on the day; legal texts in the words of the rulebook.
    data = sealed_json("data_sealed")

    @declared_attr
    @classmethod
    def application(cls) -> Mapped[Application]:
        return relationship(Application)

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals the data and the files."""
        return self.application


class Certificate(_Issued, Base):
    """The paper of a decision, such as a 生育登记凭证; one that counts for each application."""

    __tablename__ = "certificates"
    # Two decisions at one moment cannot both have a first one.
    __table_args__ = (UniqueConstraint("application_id", "sequence"),)

    number: Mapped[str] = mapped_column(String(24), unique=True)
    # 1, and one more for each corrected one that took its place.
    sequence: Mapped[int] = mapped_column(default=1)
    # The service it comes from, and its name in the rulebook of the place.
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(60))
    # The rule that issued it where no officer did.
    rule: Mapped[str | None] = mapped_column(String(80))

    events: Mapped[list[CertificateEvent]] = relationship(
        back_populates="certificate", order_by="CertificateEvent.sequence"
    )

    @property
    def standing(self) -> Standing:
        """Whether it counts; needs `events`."""
        happened = {event.kind for event in self.events}
        if CertificateHappened.WITHDRAWN in happened:
            return Standing.WITHDRAWN
        return Standing.REPLACED if CertificateHappened.REPLACED in happened else Standing.VALID

    def last(self, kind: CertificateHappened) -> CertificateEvent | None:
        """The latest event of this kind."""
        return next((event for event in reversed(self.events) if event.kind == kind), None)


class CertificateEvent(Base):
    """Something that happened to a certificate: written once, never changed, ids and codes only."""

    __tablename__ = "certificate_events"
    __table_args__ = (UniqueConstraint("certificate_id", "sequence"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    certificate_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("certificates.id"))
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant, default=now)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[uuid.UUID | None]
    office_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("office.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # Why it was withdrawn.
    note_sealed: Mapped[bytes | None]

    note = sealed_text("note_sealed")

    certificate: Mapped[Certificate] = relationship(back_populates="events")

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals the note."""
        return self.certificate.application


class Letter(_Issued, Base):
    """What an office wrote to the applicants, as it was written."""

    __tablename__ = "letters"
    __table_args__ = (Index(None, "application_id"),)

    # The application's number and that of the event it belongs to: JJB-7F3K-92QD-H4TM-02.
    number: Mapped[str] = mapped_column(String(30), unique=True)
    kind: Mapped[str] = mapped_column(String(30))


class PrintedFile(Base):
    """A PDF of a certificate or a letter in one script; the file is in the store, sealed.

    A later `version` is one that had to be made again, because the earlier file was lost or spoilt.
    """

    __tablename__ = "printed_files"
    __table_args__ = (
        UniqueConstraint("certificate_id", "script", "version"),
        UniqueConstraint("letter_id", "script", "version"),
        CheckConstraint("(certificate_id IS NULL) <> (letter_id IS NULL)", name="one_owner"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    certificate_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("certificates.id"))
    letter_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("letters.id"))
    script: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    key: Mapped[str] = mapped_column(StoredKey(64), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    is_signed: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(Instant, default=now)
