"""What the accounts hold about a citizen: the number, where they are signed in, and that they were."""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app
from flask_babel import format_datetime
from sqlalchemy import delete, select

from app.accounts import sessions
from app.accounts.models import Citizen, Identity, KeptForm, Session, SignInCode
from app.accounts.my_data import Consent, Holding, Record
from app.appearance import zh_date
from app.audit import AuditEvent
from app.extensions import db
from app.language import gettext

MOST_NOTED = 1000


class Accounts(Holding):
    """The account itself."""

    def title(self) -> str:
        """Of this part."""
        return str(gettext("账号"))

    def copy(self, citizen: Citizen) -> list[Record]:
        """The number, the devices, and what was noted of what they did here."""
        return [
            Record(
                gettext("手机号"),
                [
                    (gettext("手机号"), citizen.phone or ""),
                    (gettext("短信用哪种字"), _script(citizen)),
                    (gettext("第一次登录"), zh_date(citizen.created_at)),
                ],
                {
                    "id": str(citizen.id),
                    "phone": citizen.phone,
                    "script": citizen.script,
                    "created_at": citizen.created_at.isoformat(),
                },
            ),
            *(_device(each) for each in sessions.living(citizen)),
            *(_identity(each) for each in _identities(citizen)),
            *(_typed(each) for each in _kept_forms(citizen)),
            _noted(citizen),
        ]

    def consents(self, citizen: Citizen) -> list[Consent]:
        """The phone number, given by signing in."""
        return [
            Consent(
                gettext("手机号"),
                [gettext("用来登录，和告诉您申请办到哪一步。不打广告，不给别人。")],
                citizen.created_at,
                "/account/close",
                gettext("注销账号"),
                gettext("没有手机号就不能在网上办；可以到窗口办，结果一样。"),
            )
        ]

    def forget(self, citizen: Citizen) -> None:
        """Codes and sessions; the account's own row goes last, see `my_data.close`."""
        db.session.execute(delete(Session).where(Session.citizen_id == citizen.id))
        db.session.execute(delete(Identity).where(Identity.citizen_id == citizen.id))
        db.session.execute(delete(KeptForm).where(KeptForm.citizen_id == citizen.id))
        db.session.execute(delete(SignInCode).where(SignInCode.phone_hash == citizen.phone_hash))


def _script(citizen: Citizen) -> str:
    return str(gettext("繁体") if citizen.script == "zh_Hant" else gettext("简体"))


def _device(session: Session) -> Record:
    return Record(
        gettext("登录着的设备：%(device)s", device=session.device or gettext("其他设备")),
        [
            (gettext("登录时间"), _moment(session.created_at)),
            (gettext("最近一次用"), _moment(session.last_seen_at)),
        ],
        {
            "device": session.device,
            "created_at": session.created_at.isoformat(),
            "last_seen_at": session.last_seen_at.isoformat(),
        },
    )


def _identities(citizen: Citizen) -> Sequence[Identity]:
    mine = select(Identity).where(Identity.citizen_id == citizen.id)
    return db.session.scalars(mine.order_by(Identity.created_at)).all()


def _identity(identity: Identity) -> Record:
    claims = identity.claims or {}
    return Record(
        gettext("用来登录的%(name)s", name=current_app.config["OIDC_NAME"]),
        [
            (gettext("姓名"), claims.get("name", "")),
            (gettext("证件号"), claims.get("id_number", "")),
            (gettext("最近一次用"), _moment(identity.last_used_at)),
        ],
        {
            "claims": claims,
            "created_at": identity.created_at.isoformat(),
            "last_used_at": identity.last_used_at.isoformat(),
        },
    )


def _kept_forms(citizen: Citizen) -> Sequence[KeptForm]:
    mine = select(KeptForm).where(KeptForm.citizen_id == citizen.id)
    return db.session.scalars(mine.order_by(KeptForm.created_at)).all()


def _typed(kept: KeptForm) -> Record:
    fields = kept.fields or []
    return Record(
        gettext("登录过期时没交成的一页"),
        [
            (gettext("填写时间"), _moment(kept.created_at)),
            (gettext("填了"), gettext("%(count)s 项，30 分钟后删除", count=len(fields))),
        ],
        {"path": kept.path, "fields": fields, "created_at": kept.created_at.isoformat()},
    )


def _noted(citizen: Citizen) -> Record:
    """The latest lines of the audit trail that name this citizen as the one who acted."""
    mine = (
        select(AuditEvent)
        .where(AuditEvent.actor == f"citizen:{citizen.id}")
        .order_by(AuditEvent.sequence.desc())
        .limit(MOST_NOTED)
    )
    rows = db.session.scalars(mine).all()
    times = [_moment(row.recorded_at) for row in rows if row.kind == "citizen.signed_in"]
    return Record(
        gettext("操作记录"),
        [
            (gettext("记下的操作"), gettext("%(count)s 次，只有编号和时间", count=len(rows))),
            (gettext("最近几次登录"), "、".join(times[:5])),
        ],
        {
            "events": [
                {"kind": row.kind, "subject": row.subject, "at": row.recorded_at.isoformat()}
                for row in rows
            ]
        },
    )


def _moment(instant: object) -> str:
    return f"{zh_date(instant)} {format_datetime(instant, 'HH:mm')}"  # type: ignore[arg-type]


HOLDING = Accounts("account", frozenset({"citizens", "sessions", "kept_forms", "identities"}))
