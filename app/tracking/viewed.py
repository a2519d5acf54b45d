"""Who of the staff looked at an application, when, and at what: for the citizen to read."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.accounts.models import Officer
from app.applications.models import Application
from app.applications.records import office_names, subjects_of
from app.audit import AuditEvent
from app.clock import SHANGHAI
from app.extensions import db
from app.language import gettext
from app.vault import mask_name

MOST = 500
_OPENED, _REVEALED, _FILE = "case.opened", "case.personal_data_viewed", "case.file_read"
_LETTER, _PAPER, _PRINTED = "case.letter_read", "certificate.opened", "certificate.printed"
# At a window, before it was sent.
_FILLED = ("application.filled_at_window", "draft.filled_at_window")
_DRAFT, _DRAFT_FILE, _FORM = "draft.opened", "draft.file_read", "draft.printed"
_ASKED, _OFFERED = "draft.asked", "draft.offered"
_AT_DESK = (_OPENED, _REVEALED, _FILE, _LETTER, _PAPER, _PRINTED)
_AT_WINDOW = (*_FILLED, _DRAFT, _DRAFT_FILE, _FORM, _ASKED, _OFFERED)


@dataclass(frozen=True)
class Look:
    """What one officer looked at on one day, and how often."""

    day: date
    who: str
    what: str
    times: int


def looks_at(application: Application) -> list[Look]:
    """Every look at it, the latest day first; the same look twice on one day is one line."""
    rows = db.session.execute(
        select(AuditEvent.kind, AuditEvent.actor, AuditEvent.recorded_at, AuditEvent.data)
        .where(
            AuditEvent.subject.in_(subjects_of([application])),
            AuditEvent.kind.in_((*_AT_DESK, *_AT_WINDOW)),
        )
        .order_by(AuditEvent.sequence.desc())
        .limit(MOST)
    ).all()
    names = _names({row.actor for row in rows})
    counted = Counter(
        (row.recorded_at.astimezone(SHANGHAI).date(), names[row.actor], _what(row.kind, row.data))
        for row in rows
    )
    return [Look(day, who, what, times) for (day, who, what), times in counted.items()]


def _what(kind: str, data: dict[str, object]) -> str:
    if kind == _FILE:
        return str(gettext("下载了您交的材料"))
    if kind in _AT_WINDOW:
        return _at_window(kind)
    if kind == _REVEALED:
        return str(gettext("看了完整的姓名、证件号和手机号"))
    if kind == _LETTER:
        return str(gettext("打开了给您的文书，看得到姓名"))
    if kind == _PAPER:
        return str(gettext("打开了您的证，姓名和号码遮着一部分"))
    if kind == _PRINTED:
        return str(gettext("打印了您的证，看得到姓名"))
    if data.get("revealed"):
        return str(gettext("打开了申请，看得到完整的姓名和号码"))
    return str(gettext("打开了申请，姓名和号码遮着一部分"))


def _at_window(kind: str) -> str:
    if kind == _DRAFT:
        return str(gettext("打开了在窗口填的这份申请，看得到完整的姓名和号码"))
    if kind == _DRAFT_FILE:
        return str(gettext("看了在窗口拍的材料"))
    if kind == _FORM:
        return str(gettext("打印了要签字的申请表"))
    if kind == _ASKED:
        return str(gettext("发到您手机上，请您确认"))
    if kind == _OFFERED:
        return str(gettext("发到您手机上，请您接着填"))
    return str(gettext("在窗口和您一起填了这份申请，看得到完整的姓名和号码"))


def _names(actors: set[str]) -> dict[str, str]:
    """Office and masked name of each "officer:<id>"."""
    ids = {actor: uuid.UUID(actor.removeprefix("officer:")) for actor in actors}
    officers = {
        row.id: row
        for row in db.session.execute(
            select(Officer.id, Officer.display_name, Officer.office_id).where(
                Officer.id.in_(ids.values())
            )
        )
    }
    offices = office_names(*{row.office_id for row in officers.values()})
    return {
        actor: f"{offices.get(officers[key].office_id, '')} {mask_name(officers[key].display_name)}"
        if key in officers
        else str(gettext("工作人员"))
        for actor, key in ids.items()
    }
