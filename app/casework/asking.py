"""Asking a citizen for what is missing: everything in one notice, a second one only with two signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import abort, current_app

from app import audit
from app.applications.models import Application
from app.applications.notices import (
    Askable,
    Fault,
    Notice,
    NoticeItem,
    NoticeState,
    needs_supervisor,
    notices_of,
    waiting_for_supervisor,
)
from app.casework.acts import Act, Move
from app.casework.service import ChangedMeanwhileError, Desk, allowed, first_come, write
from app.clock import now, today
from app.extensions import db


@dataclass(frozen=True)
class Wanted:
    """One thing a clerk asks for."""

    about: Askable
    fault: Fault
    words: str


class WhyError(Exception):
    """The notice asks for what could be seen the first time, and says no reason."""


def ask(
    desk: Desk,
    application: Application,
    wanted: Sequence[Wanted],
    *,
    version: int,
    why: str = "",
) -> Notice:
    """Send a notice, or propose it where a supervisor has to agree first. Commits.

    `why`: why something was not asked for the first time. Raises `WhyError` without it, and as
    `service.perform` does.
    """
    move = allowed(desk, application, Act.ASK_CORRECTION, version=version)
    earlier = notices_of(application)
    if waiting_for_supervisor(earlier) is not None:
        raise ChangedMeanwhileError
    late = [each for each in wanted if needs_supervisor(application, earlier, each.about.key)]
    if late and not why:
        raise WhyError
    notice = _made(desk, application, wanted, ordinal=len(earlier) + 1, why=why if late else None)
    with first_come():
        db.session.add(notice)
        if late:
            _propose(desk, notice)
        else:
            _send(desk, notice, move)
    return notice


def decide(
    desk: Desk, application: Application, *, agree: bool, reasons: str, version: int
) -> None:
    """A supervisor of the county lets a further notice go, or not; both with reasons. Commits.

    Raises as `service.perform` does; 404 when nothing waits for them.
    """
    move = allowed(desk, application, Act.ASK_AGAIN, version=version)
    notice = waiting_for_supervisor(notices_of(application))
    if notice is None:
        abort(404)
    with first_come():
        notice.decision = reasons
        notice.decided_by, notice.decided_at = desk.officer.id, now()
        if agree:
            _send(desk, notice, move)
        else:
            notice.state, notice.open_key = NoticeState.DECLINED, None
        audit.record(
            "notice.agreed" if agree else "notice.declined",
            actor=desk.actor,
            subject=f"application:{application.id}",
            data={"notice": notice.id},
        )


def _made(
    desk: Desk, application: Application, wanted: Sequence[Wanted], *, ordinal: int, why: str | None
) -> Notice:
    notice = Notice(
        application=application,
        ordinal=ordinal,
        open_key=application.id,
        office_id=application.office_id,
        asked_by=desk.officer.id,
        why=why,
        state=NoticeState.PROPOSED,
    )
    for position, each in enumerate(wanted, start=1):
        NoticeItem(
            notice=notice,
            position=position,
            document_id=each.about.document_id,
            rule=each.about.rule,
            fault=each.fault,
            words=each.words or None,
        )
    return notice


def _propose(desk: Desk, notice: Notice) -> None:
    audit.record(
        "notice.proposed",
        actor=desk.actor,
        subject=f"application:{notice.application_id}",
        data={"notice": notice.id},
    )


def _send(desk: Desk, notice: Notice, move: Move) -> None:
    notice.state = NoticeState.SENT
    notice.sent_on, notice.sent_at = today(), now()
    notice.remind_on = today() + timedelta(days=current_app.config["CORRECTION_REMINDER_DAYS"])
    write(
        desk,
        notice.application,
        move,
        data={"notice": str(notice.id), "items": len(notice.items), "ordinal": notice.ordinal},
    )
