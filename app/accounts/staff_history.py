"""What was done to a staff account, by whom: from the audit trail, for whoever looks after it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.accounts.models import Officer
from app.audit import AuditEvent
from app.clock import SHANGHAI
from app.extensions import db
from app.language import gettext

MOST = 20


@dataclass(frozen=True)
class Change:
    """One thing that was done to an account."""

    day: date
    what: str
    who: str


def history_of(officer: Officer) -> list[Change]:
    """The last twenty, the latest first."""
    rows = db.session.execute(
        select(AuditEvent.kind, AuditEvent.actor, AuditEvent.recorded_at)
        .where(AuditEvent.subject == f"officer:{officer.id}", AuditEvent.kind.in_(_titles()))
        .order_by(AuditEvent.sequence.desc())
        .limit(MOST)
    ).all()
    names = _names({row.actor for row in rows})
    return [
        Change(
            row.recorded_at.astimezone(SHANGHAI).date(),
            _titles()[row.kind],
            names.get(row.actor, str(gettext("运维"))),
        )
        for row in rows
    ]


def _titles() -> dict[str, str]:
    titles = {
        "officer.added": gettext("新建，给了启用码"),
        "officer.changed": gettext("改了岗位、单位或权限"),
        "officer.disabled": gettext("停用"),
        "officer.invited": gettext("给了新的启用码"),
        "officer.enrolled": gettext("本人启用，设了密码"),
        "officer.password_changed": gettext("本人改了密码"),
    }
    return {kind: str(text) for kind, text in titles.items()}


def _names(actors: set[str]) -> dict[str, str]:
    """The names of those who are officers, in one query."""
    ids = [uuid.UUID(each.removeprefix("officer:")) for each in actors if ":" in each]
    rows = db.session.execute(select(Officer.id, Officer.display_name).where(Officer.id.in_(ids)))
    return {f"officer:{row.id}": row.display_name for row in rows}
