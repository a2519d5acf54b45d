"""One-time notices (一次性告知): everything that is missing, said once, and what the citizen answers to each.

An item is about a paper, or about a point of law, of the pinned decision; what the clerk wrote and
what the citizen answers is sealed. A notice that asks for more than an earlier one could have asked
for waits as `PROPOSED` until a supervisor of the county agrees.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from app.applications.models import Application, Upload
from app.applications.records import filed_place
from app.applications.steps import papers_for
from app.clock import now
from app.extensions import Base, Instant, db
from app.language import gettext as _
from app.vault import sealed_text


class NoticeState(StrEnum):
    """What became of a notice."""

    PROPOSED = "proposed"
    DECLINED = "declined"
    SENT = "sent"
    ANSWERED = "answered"
    # The case went on without an answer: taken back, or accepted at the window.
    CLOSED = "closed"


OPEN = (NoticeState.PROPOSED, NoticeState.SENT)
# What a citizen was really told.
TOLD = (NoticeState.SENT, NoticeState.ANSWERED, NoticeState.CLOSED)


class Fault(StrEnum):
    """What is the matter, in a word that reads the same in both scripts."""

    MISSING = "missing"
    UNCLEAR = "unclear"
    INCOMPLETE = "incomplete"
    EXPIRED = "expired"
    DIFFERS = "differs"
    OTHER = "other"

    @property
    def text(self) -> str:
        """What the citizen reads; nothing for `OTHER`, whose words say it all."""
        texts = {
            "missing": _("还没有交"),
            "unclear": _("看不清，请重新拍"),
            "incomplete": _("缺页，请补上"),
            "expired": _("过期了，请换有效的"),
            "differs": _("和您填的对不上"),
            "other": "",
        }
        return str(texts[self.value])


class Reply(StrEnum):
    """What the citizen says to an item instead of sending pages."""

    SHARED_DATA = "shared_data"
    WRITTEN_PROMISE = "written_promise"
    BRING = "bring"
    WORDS = "words"
    # Said on purpose: nothing more will come for this one.
    LEFT = "left"


class Notice(Base):
    """One notice to the citizen, with all its items."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("application_id", "ordinal"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"))
    # Which notice of this application, from 1.
    ordinal: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), index=True)
    # The application while the notice is open, else NULL: the database itself keeps one open.
    open_key: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    office_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("office.id"))
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("officers.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant, default=now)
    # Why it could not have been said the first time, and what the supervisor says to that.
    why_sealed: Mapped[bytes | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("officers.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decision_sealed: Mapped[bytes | None]
    sent_on: Mapped[date | None]
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_on: Mapped[date | None]
    # The next legal day to remind the citizen on, while they have not answered.
    remind_on: Mapped[date | None] = mapped_column(index=True)
    reminders: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    why = sealed_text("why_sealed")
    decision = sealed_text("decision_sealed")

    application: Mapped[Application] = relationship()
    items: Mapped[list[NoticeItem]] = relationship(
        back_populates="notice", order_by="NoticeItem.position"
    )

    # Two supervisors, or the citizen in two tabs: one of them is first.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own spelling

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals the words."""
        return self.application


class NoticeItem(Base):
    """One thing that is missing: of a paper (`document_id`) or of a point of law (`rule`)."""

    __tablename__ = "notice_items"
    __table_args__ = (UniqueConstraint("notice_id", "position"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    notice_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("notices.id"))
    position: Mapped[int]
    document_id: Mapped[str | None] = mapped_column(String(60))
    rule: Mapped[str | None] = mapped_column(String(120))
    fault: Mapped[str] = mapped_column(String(20))
    words_sealed: Mapped[bytes | None]
    reply: Mapped[str | None] = mapped_column(String(20))
    reply_words_sealed: Mapped[bytes | None]
    replied_at: Mapped[datetime | None] = mapped_column(Instant)

    words = sealed_text("words_sealed")
    reply_words = sealed_text("reply_words_sealed")

    notice: Mapped[Notice] = relationship(back_populates="items")

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals the words."""
        return self.notice.application

    @property
    def about(self) -> str:
        """The key of what it is about; see `Askable`."""
        return key_of(self.document_id, self.rule)


# --- What may be asked ---


@dataclass(frozen=True)
class Askable:
    """Something of the pinned decision that a notice may be about. `basis`: instrument and article."""

    key: str
    document_id: str | None
    rule: str | None
    name: str
    basis: tuple[str, ...]
    paper: Mapping[str, Any] | None = None


def key_of(document_id: str | None, rule: str | None) -> str:
    """One key for both kinds, fit for the name of a form field."""
    return f"document-{document_id}" if document_id else f"rule-{rule}"


def askable(application: Application) -> tuple[Askable, ...]:
    """The papers of the place it was filed at, then the points that held; none once the data is gone."""
    answers = application.answers or {}
    place = filed_place(application) or {"documents": ()}
    papers = papers_for(place["documents"], answers.get("who", {}).get("filer"))
    points = {
        reason["rule"]: reason
        for reason in (application.decision or {}).get("reasons", ())
        if reason["holds"]
    }
    return (
        *(
            Askable(key_of(paper["id"], None), paper["id"], None, paper["name"], (), paper)
            for paper in papers
        ),
        *(
            Askable(
                key_of(None, rule),
                None,
                rule,
                point["text"],
                (point["instrument"], point["article"]),
            )
            for rule, point in points.items()
        ),
    )


@dataclass(frozen=True)
class Asked:
    """An item as people read it: what it is about, what is the matter, and the answer so far."""

    item: NoticeItem
    about: Askable
    fault: Fault
    words: str
    pages: tuple[Upload, ...]

    @property
    def is_settled(self) -> bool:
        """Whether the citizen has said something to it: pages, another way, words, or that nothing comes."""
        return bool(self.pages or self.item.reply)


def asked(application: Application, notice: Notice) -> tuple[Asked, ...]:
    """The items of a notice in order; `pages` are those sent since and not taken back."""
    known = {each.key: each for each in askable(application)}
    return tuple(
        Asked(
            item,
            known.get(item.about) or _forgotten(item),
            Fault(item.fault),
            item.words or "",
            pages_since(application.uploads, item.document_id, notice.sent_at),
        )
        for item in notice.items
    )


def pages_since(
    uploads: Iterable[Upload], document_id: str | None, sent_at: datetime | None
) -> tuple[Upload, ...]:
    """The pages of a paper that came after a notice was sent."""
    if document_id is None or sent_at is None:
        return ()
    return tuple(
        each
        for each in uploads
        if each.document_id == document_id
        and each.replaced_at is None
        and each.created_at > sent_at
    )


def needs_supervisor(application: Application, earlier: Sequence[Notice], about: str) -> bool:
    """Whether asking for this now breaks "everything at once": it could be seen the first time.

    Free is what an earlier notice asked for already, and a paper of which pages came in since.
    """
    told = [notice for notice in earlier if notice.state in TOLD]
    if not told or any(item.about == about for notice in told for item in notice.items):
        return False
    document_id = about.removeprefix("document-") if about.startswith("document-") else None
    return not pages_since(application.uploads, document_id, told[0].sent_at)


# --- Reading and ending them ---


def notices_of(application: Application) -> list[Notice]:
    """All notices of an application with their items, the first one first."""
    found = db.session.scalars(
        select(Notice)
        .where(Notice.application_id == application.id)
        .options(selectinload(Notice.items))
        .order_by(Notice.ordinal)
        .execution_options(populate_existing=True)
    )
    return list(found)


def waiting_for_citizen(notices: Iterable[Notice]) -> Notice | None:
    """The notice that the citizen has to answer now, if any."""
    return next((each for each in notices if each.state == NoticeState.SENT), None)


def waiting_for_supervisor(notices: Iterable[Notice]) -> Notice | None:
    """The notice that a supervisor has to agree to, if any."""
    return next((each for each in notices if each.state == NoticeState.PROPOSED), None)


def close_open(application: Application) -> None:
    """The case goes on: no notice of it waits for anybody any more. The caller commits."""
    db.session.execute(
        update(Notice)
        .where(Notice.open_key == application.id)
        .values(state=NoticeState.CLOSED, open_key=None, remind_on=None, version=Notice.version + 1)
    )


def _forgotten(item: NoticeItem) -> Askable:
    """After the personal data of a case was destroyed, nobody knows its decision any more."""
    return Askable(item.about, item.document_id, item.rule, _("已按期限删除"), ())
