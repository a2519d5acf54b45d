"""Written promises (承诺书): a paper that is not at hand is promised in writing, with a day by which it comes.

While a draft is filled in, a promise is one of its answers; with the application it becomes a row, and
its day is counted from then. At a window the answer is only the wish: what is promised is signed with
all the rest, in the yes on the person's own phone or under the printed form. The term is the operator's
own (`PROMISE_DAYS`): no text held names one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import current_app
from sqlalchemy import ForeignKey, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import audit
from app.appearance import said
from app.applications.models import LIVE, Application, Draft, State, Upload
from app.applications.records import phone_of_filer
from app.applications.steps import PROMISES, WRITTEN_PROMISE, Filing
from app.clock import now, today
from app.extensions import Base, Instant, db
from app.language import current_script, gettext, speaking
from app.notifications import service as notifications
from app.vault import sealed_text

# Days before the last one on which a person is reminded, once.
REMINDED_BEFORE = timedelta(days=5)
# The paper may still be handed in: the case goes on, or it was granted on the word given.
_AWAITED = (*LIVE, State.REGISTERED, State.APPROVED)


class Way(StrEnum):
    """What a signature is: a typed name, a yes on the own phone, or ink under the form of a window."""

    NAME = "name"
    PHONE = "phone"
    FORM = "form"


class Promise(Base):
    """One paper promised in one application, in the words that were signed."""

    __tablename__ = "promises"
    __table_args__ = (UniqueConstraint("application_id", "document_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("applications.id"))
    document_id: Mapped[str] = mapped_column(String(60))
    signed_on: Mapped[date]
    way: Mapped[str] = mapped_column(String(10), default=Way.NAME, server_default=Way.NAME)
    # In the script in which it was read.
    script: Mapped[str] = mapped_column(String(10))
    signer_sealed: Mapped[bytes | None]
    text_sealed: Mapped[bytes | None]
    due_on: Mapped[date] = mapped_column(index=True)
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    fulfilled_at: Mapped[datetime | None] = mapped_column(Instant)

    signer = sealed_text("signer_sealed")
    text = sealed_text("text_sealed")

    application: Mapped[Application] = relationship()

    @property
    def vault_owner(self) -> Application:
        """The row whose data key seals name and words."""
        return self.application

    @property
    def is_open(self) -> bool:
        """Whether the paper is still to come."""
        return self.fulfilled_at is None

    @property
    def is_late(self) -> bool:
        """Whether its day has gone by without the paper."""
        return self.is_open and self.due_on < today()


def promise_days() -> int:
    """Days after the application is sent, by which a promised paper comes (the operator's own term)."""
    return int(current_app.config["PROMISE_DAYS"])


def allows_promise(paper: Mapping[str, Any]) -> bool:
    """Whether the rulebook lets a written promise stand in for this paper."""
    return WRITTEN_PROMISE in paper["replaceable_by"]


def statement(paper: Mapping[str, Any], service: str, days: int) -> list[str]:
    """What is signed, line by line."""
    return [
        str(line)
        for line in (
            gettext(
                "我办理%(service)s，现在拿不出这份材料：%(paper)s。",
                service=service,
                paper=said(paper["name"]),
            ),
            gettext("我填写的内容，和这份材料要说明的情况，都属实。"),
            gettext("我在 %(days)s 天以内补交这份材料。", days=days),
            gettext("窗口可以向有关单位核实。"),
            gettext("不属实的，我依法承担责任，已经办好的可以撤销。"),
        )
    ]


def consequence() -> str:
    """What follows when the paper does not come, or the words are not true."""
    return str(
        gettext(
            "窗口会再联系您；这一项没弄清以前，事情可能办不下去。写的不是实情，要依法承担责任，已经办好的可以撤销。"
        )
    )


# --- In a draft ---


def sign_in_draft(draft: Draft, filing: Filing, paper: Mapping[str, Any], name: str) -> None:
    """Keep the promise among the answers, in place of the paper. The caller commits."""
    days = promise_days()
    signed = {
        "name": name,
        "text": "\n".join(statement(paper, filing.service.title, days)),
        "days": days,
        "on": today().isoformat(),
        "script": current_script(),
    }
    _keep(draft, paper, signed)


def wish_at_window(draft: Draft, paper: Mapping[str, Any], name: str) -> None:
    """Whoever stands there will sign for this paper, together with the rest. The caller commits."""
    _keep(draft, paper, {"name": name, "days": promise_days()})


def _keep(draft: Draft, paper: Mapping[str, Any], signed: Mapping[str, Any]) -> None:
    answers = draft.answers or {}
    draft.answers = {
        **answers,
        "without": {**answers.get("without", {}), paper["id"]: WRITTEN_PROMISE},
        PROMISES: {**answers.get(PROMISES, {}), paper["id"]: signed},
    }


@dataclass(frozen=True)
class Word:
    """One paper promised in a draft of a window, in the script of whoever reads it, and the days it has."""

    paper: Mapping[str, Any]
    days: int
    lines: Sequence[str]


def words_in(filing: Filing) -> list[Word]:
    """What is promised in this filing, as it is to be read and signed at a window."""
    service = filing.service.title
    return [
        Word(paper, given["days"], statement(paper, service, given["days"]))
        for paper, given in _promised(filing)
    ]


def carry_over(filing: Filing, application: Application, *, form_in: str | None = None) -> None:
    """What was promised in the draft, now with its day. The caller commits.

    `form_in`: the script of the form of a window, if it was signed under that.
    """
    for paper, given in _promised(filing):
        signed = _as_signed_now(filing, paper, given, form_in) if filing.at_window else given
        _add(
            application,
            paper["id"],
            signer=signed["name"],
            text=signed["text"],
            script=signed["script"],
            signed_on=date.fromisoformat(signed["on"]),
            due_on=application.submitted_on + timedelta(days=signed["days"]),
            way=signed.get("way", Way.NAME),
        )


def _promised(filing: Filing) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for paper in filing.documents:
        given = filing.promise(paper["id"])
        if given is not None and filing.without(paper["id"]) == WRITTEN_PROMISE:
            yield paper, given


def _as_signed_now(
    filing: Filing, paper: Mapping[str, Any], given: Mapping[str, Any], form_in: str | None
) -> Mapping[str, Any]:
    """What was only wished at the window, in the words and the script that were just signed."""
    script = form_in or current_script()
    with speaking(script):
        lines = statement(paper, filing.service.title, given["days"])
    way = Way.FORM if form_in else Way.PHONE
    on = today().isoformat()
    return {**given, "text": "\n".join(lines), "script": script, "on": on, "way": way}


# --- In an application ---


def sign(application: Application, paper: Mapping[str, Any], service: str, name: str) -> Promise:
    """A promise given after the application was sent; its days count from today. The caller commits.

    Raises `IntegrityError` on flush when this paper was promised already.
    """
    days = promise_days()
    return _add(
        application,
        paper["id"],
        signer=name,
        text="\n".join(statement(paper, service, days)),
        script=current_script(),
        signed_on=today(),
        due_on=today() + timedelta(days=days),
    )


def _add(
    application: Application,
    document_id: str,
    *,
    signer: str,
    text: str,
    script: str,
    signed_on: date,
    due_on: date,
    way: Way = Way.NAME,
) -> Promise:
    promise = Promise(
        application=application,
        document_id=document_id,
        signed_on=signed_on,
        script=script,
        signer=signer,
        text=text,
        due_on=due_on,
        way=way,
    )
    db.session.add(promise)
    return promise


def promises_of(application: Application) -> dict[str, Promise]:
    """What was promised in this application, by paper."""
    found = db.session.scalars(select(Promise).where(Promise.application_id == application.id))
    return {promise.document_id: promise for promise in found}


def promises_in(applications: Sequence[Application]) -> dict[uuid.UUID, list[Promise]]:
    """What was promised in each of these applications, in one query."""
    given: dict[uuid.UUID, list[Promise]] = {each.id: [] for each in applications}
    for promise in db.session.scalars(select(Promise).where(Promise.application_id.in_(given))):
        given[promise.application_id].append(promise)
    return given


def is_awaited(application: Application, promise: Promise | None) -> bool:
    """Whether a promised paper may still be handed in: also when the case was granted on the word given."""
    return promise is not None and promise.is_open and application.state in _AWAITED


def settle(application: Application, document_id: str) -> None:
    """Fulfilled when a page of the paper is there, open again when the last one was taken back."""
    promise = promises_of(application).get(document_id)
    if promise is None:
        return
    db.session.flush()
    has_page = db.session.scalar(
        select(Upload.id)
        .where(
            Upload.application_id == application.id,
            Upload.document_id == document_id,
            Upload.replaced_at.is_(None),
        )
        .limit(1)
    )
    promise.fulfilled_at = (promise.fulfilled_at or now()) if has_page else None


def note_brought(application: Application, document_id: str, officer: str) -> None:
    """The paper was handed over at the window. The caller commits."""
    promise = promises_of(application).get(document_id)
    if promise is None or not promise.is_open:
        return
    promise.fulfilled_at = now()
    audit.record(
        "promise.brought",
        actor=officer,
        subject=f"application:{application.id}",
        data={"promise": promise.id},
    )


def remind() -> int:
    """Remind everyone whose day is near, once; how many. Commits each by itself."""
    due = db.session.scalars(
        select(Promise.id)
        .join(Application, Promise.application_id == Application.id)
        .where(
            Promise.due_on <= today() + REMINDED_BEFORE,
            Promise.fulfilled_at.is_(None),
            Promise.reminded_at.is_(None),
            Application.state.in_(_AWAITED),
        )
    ).all()
    return sum(_remind(each) for each in due)


def _remind(promise_id: uuid.UUID) -> bool:
    """Take this reminder and queue its message in one transaction, unless another worker has it."""
    taken = db.session.scalar(
        update(Promise)
        .where(Promise.id == promise_id, Promise.reminded_at.is_(None))
        .values(reminded_at=now())
        .returning(Promise.id)
        .execution_options(synchronize_session=False)
    )
    promise = db.session.get(Promise, promise_id, populate_existing=True) if taken else None
    phone = phone_of_filer(promise.application) if promise else None
    if promise and phone:
        notifications.queue(
            "promise_reminder",
            phone,
            {"number": promise.application.number, "day": promise.due_on},
            subject=f"application:{promise.application_id}",
            event=promise_id,
        )
    db.session.commit()
    return taken is not None
