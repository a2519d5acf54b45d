"""Adding to the record of an application: the one way in which something is noted to have happened."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from sqlalchemy import func, select

from app.applications.deadlines import keep_clock
from app.applications.models import Application, Event, Happened, Service, State
from app.clock import now, today
from app.extensions import db


def append(
    application: Application,
    kind: Happened,
    *,
    actor_kind: str,
    actor_id: uuid.UUID | None,
    promise: int,
    office_id: uuid.UUID | None = None,
    data: Mapping[str, Any] | None = None,
    note: str | None = None,
) -> Event:
    """Note what happened next and bring the clock up to it; flushes, and the caller commits.

    `data`: ids, codes and numbers only. `note`: words for the citizen, kept sealed. `promise`: see
    `deadlines_for`. Raises `StaleDataError` when another change of the application was committed
    since it was read.
    """
    before = [each for each in application.events if each.sequence is not None]
    # The change itself first: it takes the row, so that whoever comes second finds it changed.
    db.session.flush()
    db.session.execute(
        select(Application.id).where(Application.id == application.id).with_for_update()
    )
    event = Event(
        application=application,
        kind=kind,
        happened_on=today(),
        recorded_at=now(),
        actor_kind=actor_kind,
        actor_id=actor_id,
        office_id=office_id,
        data=dict(data or {}),
        note=note,
    )
    # Counted by the database while it holds the lock: two events never take the same number.
    event.sequence = (  # type: ignore[assignment]
        select(func.coalesce(func.max(Event.sequence), 0) + 1)
        .where(Event.application_id == application.id)
        .scalar_subquery()
    )
    db.session.add(event)
    keep_clock(application, [*before, event], promise=promise)
    db.session.flush()
    return event


def title_of(event: Event) -> str:
    """What happened, in two to ten characters, in the reader's script."""
    if event.kind == Happened.REFUSED:
        return _refusal(event)
    if event.kind == Happened.FORWARDED_WITH_OPINION:
        return (
            gettext("乡镇（街道）意见：符合条件")
            if event.data.get("meets")
            else gettext("乡镇（街道）意见：不符合条件")
        )
    titles = {
        Happened.SUBMITTED: gettext("提交"),
        Happened.CORRECTION_ASKED: gettext("一次告知要补的材料"),
        Happened.CORRECTED: gettext("补好材料"),
        Happened.ACCEPTED: gettext("受理"),
        Happened.SENT_ON: gettext("转送有关单位"),
        Happened.VERIFICATION_ASKED: gettext("请外地核实"),
        Happened.VERIFICATION_ANSWERED: gettext("外地核实完成"),
        Happened.REGISTERED: gettext("登记办结"),
        Happened.APPROVED: gettext("批准"),
        Happened.WITHDRAWN: gettext("申请人撤回"),
        Happened.RESULT_REPORTED: gettext("结果已通报户籍地"),
        Happened.COLLECT_OFFICE_CHANGED: gettext("换了领证窗口"),
        Happened.PERSONAL_DATA_VIEWED: gettext("查看了姓名、证件号和手机号"),
    }
    return str(titles[Happened(event.kind)])


def _refusal(event: Event) -> str:
    """A refusal has three names, by what was refused."""
    if event.data.get("from") == State.SUBMITTED:
        return gettext("不予受理")
    if event.application.service == Service.CHILDBIRTH_REGISTRATION:
        return gettext("不予登记")
    return gettext("不予批准")
