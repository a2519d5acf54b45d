"""What the record of filings holds about a citizen: drafts, what was sent, and who looked at it."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.accounts.models import Citizen, Officer
from app.accounts.my_data import Consent, Holding, Record
from app.appearance import zh_date
from app.applications import drafts, entrusting
from app.applications.models import Application, Draft, Event, Party, Service, State, Upload
from app.applications.promises import Promise, promises_in
from app.applications.records import subjects_of
from app.applications.told import told
from app.audit import AuditEvent
from app.checker.questions import QUESTIONS
from app.checker.routes import answer_text
from app.extensions import db
from app.language import gettext
from app.vault import DESTROYED

LOOKED = (
    "case.opened",
    "case.personal_data_viewed",
    "case.file_read",
    "case.letter_read",
    "certificate.opened",
    "certificate.printed",
    "application.filled_at_window",
    # At a window, before it was sent.
    "draft.filled_at_window",
    "draft.opened",
    "draft.file_read",
    "draft.printed",
    "draft.asked",
    "draft.offered",
)
CONSENTS = ("processing", "sensitive", "children")


class Filings(Holding):
    """Drafts and applications, with everything typed and sent for them."""

    def title(self) -> str:
        """Of this part."""
        return str(gettext("草稿和申请"))

    def copy(self, citizen: Citizen) -> list[Record]:
        """All that was typed, what was sent, what happened, and which officers looked."""
        begun, filed = _drafts(citizen), _filed(citizen)
        at_window = {f"draft:{each.id}": each.id for each in begun if each.officer_id}
        looks = _looks({**at_window, **subjects_of(filed)})
        promised = promises_in(filed)
        return [
            *(_draft(each, looks[each.id]) for each in begun),
            *(
                _application(citizen, each, looks[each.id], promised[each.id])
                if _is_theirs(citizen, each)
                else _as_agent(each)
                for each in filed
            ),
        ]

    def consents(self, citizen: Citizen) -> list[Consent]:
        """Those given for each draft and each application."""
        return [
            *(_draft_consent(each) for each in _drafts(citizen)),
            *(
                _application_consent(each)
                for each in _filed(citizen)
                if each.citizen_id == citizen.id and not each.by_agent
            ),
        ]

    def kept(self, citizen: Citizen) -> list[str]:
        """What was filed belongs to the office's records."""
        count = len(_filed(citizen))
        if not count:
            return []
        return [
            gettext(
                "交了的申请 %(count)s 份，和随它们交的材料、催办和评价：这是办理单位的档案，要能查到当时是怎么办的。"
                "保存多久由办理单位按档案规定定，可以打 12345 问。没办完的照样办，通知发到申请里填的手机号。",
                count=count,
            )
        ]

    def forget(self, citizen: Citizen) -> None:
        """Drafts with their keys; a draft that was sent is only its empty cover."""
        for draft in db.session.scalars(select(Draft).where(Draft.citizen_id == citizen.id)):
            if draft.by_agent and entrusting.has_owner(draft):
                # It is the couple's, who can go on with it once the power has ended.
                continue
            draft.data_key = DESTROYED
            db.session.flush()
            drafts.drop(draft)
        db.session.flush()


def _drafts(citizen: Citizen) -> Sequence[Draft]:
    mine = (
        select(Draft)
        .where(Draft.citizen_id == citizen.id, Draft.submitted_at.is_(None))
        .options(selectinload(Draft.uploads))
        .order_by(Draft.created_at)
    )
    # What somebody fills in for others holds the others' data, once those have said whose it is.
    return [
        draft
        for draft in db.session.scalars(mine)
        if not (draft.by_agent and entrusting.is_entrusted(draft))
    ]


def _filed(citizen: Citizen) -> Sequence[Application]:
    """What they sent, and what was sent with their yes."""
    sent = select(Application.id).where(Application.citizen_id == citizen.id)
    beside = select(Party.application_id).where(Party.citizen_id == citizen.id)
    # Each of the two by its index, then these rows alone: an OR of both would read the whole table.
    ids = db.session.scalars(sent.union(beside)).all()
    mine = (
        select(Application)
        .where(Application.id.in_(ids))
        .options(
            selectinload(Application.events),
            selectinload(Application.uploads),
            selectinload(Application.parties),
        )
        .order_by(Application.submitted_at)
    )
    return db.session.scalars(mine).all()


def _draft(draft: Draft, looks: list[dict[str, str]]) -> Record:
    answers, facts = draft.answers or {}, draft.facts or {}
    return Record(
        gettext("草稿：%(service)s", service=Service(draft.service).title),
        [
            (gettext("开始填"), zh_date(draft.created_at)),
            (gettext("到期删除"), zh_date(draft.expires_at)),
            *_in_words(answers, facts),
            *_papers(draft.uploads),
            *_seen(looks),
        ],
        {
            "kind": "draft",
            "service": draft.service,
            "created_at": draft.created_at.isoformat(),
            "expires_at": draft.expires_at.isoformat(),
            "facts": facts,
            "answers": answers,
            "uploads": [_upload(each) for each in draft.uploads],
            "looked_at": looks,
        },
    )


def _promise(promise: Promise) -> dict[str, str | None]:
    return {
        "paper": promise.document_id,
        "signer": promise.signer,
        "text": promise.text,
        "way": promise.way,
        "signed_on": promise.signed_on.isoformat(),
        "due_on": promise.due_on.isoformat(),
        "fulfilled_at": promise.fulfilled_at.isoformat() if promise.fulfilled_at else None,
    }


def _application(
    citizen: Citizen,
    application: Application,
    looks: list[dict[str, str]],
    promised: Sequence[Promise],
) -> Record:
    answers = _own_part(citizen, application)
    own = promised if application.citizen_id == citizen.id else ()
    return Record(
        f"{Service(application.service).title} {application.number}",
        [
            (gettext("提交"), zh_date(application.submitted_on)),
            (gettext("现在"), State(application.state).title),
            *_in_words(answers, application.facts or {}),
            *_papers(application.uploads),
            *((gettext("承诺书"), each.text or "") for each in own),
            (
                gettext("经过"),
                gettext("%(count)s 步，见申请的进度页", count=len(application.events)),
            ),
            *_seen(looks),
        ],
        {
            "kind": "application",
            "number": application.number,
            "service": application.service,
            "state": application.state,
            "submitted_on": str(application.submitted_on),
            "promises": [_promise(each) for each in own],
            "facts": application.facts,
            "answers": answers,
            "decision": application.decision,
            "uploads": [_upload(each) for each in application.uploads],
            "events": [_event(each) for each in application.events],
            "looked_at": looks,
        },
    )


def _is_theirs(citizen: Citizen, application: Application) -> bool:
    """Whether it is about them, and not only sent by them for others."""
    if application.citizen_id == citizen.id and not application.by_agent:
        return True
    return any(party.citizen_id == citizen.id for party in application.parties)


def _as_agent(application: Application) -> Record:
    """What an application holds about the agent who sent it: who they are, and nothing of the couple."""
    agent = (application.answers or {}).get("agent") or {}
    return Record(
        gettext("替别人交的申请 %(number)s", number=application.number),
        [
            (gettext("提交"), zh_date(application.submitted_on)),
            (gettext("姓名"), agent.get("name", "")),
            (gettext("证件号码"), agent.get("id_number", "")),
            (gettext("手机号"), agent.get("phone", "")),
        ],
        {"kind": "application_as_agent", "number": application.number, "agent": agent},
    )


def _own_part(citizen: Citizen, application: Application) -> dict[str, Any]:
    """The answers as far as they are this citizen's: all for whoever sent it for themselves, else their own."""
    answers = application.answers or {}
    if application.citizen_id == citizen.id and not application.by_agent:
        return answers
    own = {each.person for each in application.parties if each.citizen_id == citizen.id}
    others = {"woman", "man", "agent"} - own
    return {name: value for name, value in answers.items() if name not in others}


def _in_words(answers: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for step in told(answers, masked=False):
        for label, text in step.rows:
            yield (label if step.title in label else f"{step.title} · {label}"), text
    for path, asked in QUESTIONS.items():
        value = _at(facts, path)
        if value is not None:
            yield str(asked.short), answer_text(asked, {"value": value})


def _at(facts: Mapping[str, Any], path: str) -> Any:
    """The value of `woman.residence.since` and the like; a place that has a day is shown by its place."""
    value: Any = facts
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _papers(uploads: Sequence[Upload]) -> Iterable[tuple[str, str]]:
    if uploads:
        yield gettext("材料的照片和文件"), gettext("%(count)s 个", count=len(uploads))


def _upload(upload: Upload) -> dict[str, Any]:
    return {
        "document": upload.document_id,
        "page": upload.page,
        "name": upload.name,
        "type": upload.media_type,
        "bytes": upload.size,
        "sha256": upload.sha256,
        "created_at": upload.created_at.isoformat(),
        "replaced_at": upload.replaced_at.isoformat() if upload.replaced_at else None,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "on": str(event.happened_on),
        "by": event.actor_kind,
        "data": event.data,
        "note": event.note,
    }


def _looks(subjects: Mapping[str, uuid.UUID]) -> dict[uuid.UUID, list[dict[str, str]]]:
    """Who of the staff looked at each of these cases and drafts, and when, by the audit trail."""
    rows = db.session.scalars(
        select(AuditEvent)
        .where(AuditEvent.subject.in_(subjects), AuditEvent.kind.in_(LOOKED))
        .order_by(AuditEvent.sequence)
    ).all()
    ids = {uuid.UUID(row.actor.removeprefix("officer:")) for row in rows}
    names = {
        row.id: row.display_name
        for row in db.session.execute(
            select(Officer.id, Officer.display_name).where(Officer.id.in_(ids))
        )
    }
    found: dict[uuid.UUID, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        officer = names.get(uuid.UUID(row.actor.removeprefix("officer:")), "")
        found[subjects[row.subject]].append(
            {
                "kind": row.kind,
                "officer": officer,
                "at": row.recorded_at.isoformat(),
                "day": zh_date(row.recorded_at),
            }
        )
    return found


def _seen(looks: Sequence[Mapping[str, str]]) -> Iterable[tuple[str, str]]:
    """One line for each officer and day; the copy for a program has every single look."""
    for (officer, day), times in Counter((look["officer"], look["day"]) for look in looks).items():
        often = gettext("（%(count)s 次）", count=times) if times > 1 else ""
        yield gettext("工作人员看过"), f"{officer} {day}{often}"


# --- Consents ---


def _draft_consent(draft: Draft) -> Consent:
    return Consent(
        gettext("草稿：%(service)s", service=Service(draft.service).title),
        _purposes(draft.answers or {}),
        _given_at(draft.answers or {}, draft.created_at),
        url_for("applications.mine"),
        gettext("撤回同意：删除这份草稿"),
        gettext("撤回就是不用这些信息了，草稿和照片一起删除。可以到窗口办，结果一样。"),
    )


def _application_consent(application: Application) -> Consent:
    live = application.is_live
    return Consent(
        f"{Service(application.service).title} {application.number}",
        _purposes(application.answers or {}),
        _given_at(application.answers or {}, application.submitted_at),
        url_for("tracking.view_case", case_id=application.id) if live else None,
        gettext("撤回同意：撤回这份申请"),
        gettext("撤回申请以后，窗口就不再办了。")
        if live
        else gettext("已经办结。档案由办理单位按规定保存，不再作别的用。"),
    )


def _purposes(answers: Mapping[str, Any]) -> list[str]:
    words = {
        "processing": gettext("收下这份申请，联系您，向有关窗口核实，发证"),
        "sensitive": gettext("单独同意：证件号码、婚姻和生育情况这些敏感信息"),
        "children": gettext("单独同意：不满十四岁孩子的人数和出生日期"),
    }
    given = answers.get("consent") or {}
    return [words[name] for name in CONSENTS if given.get(name)]


def _given_at(answers: Mapping[str, Any], otherwise: datetime) -> datetime:
    given = (answers.get("consent") or {}).get("given_at")
    return datetime.fromisoformat(given) if given else otherwise


HOLDING = Filings("filings", frozenset({"drafts", "applications", "application_parties"}))
