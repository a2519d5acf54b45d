"""Drafts: begun, gone on with on any device, changed, dropped, and swept after ninety days."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.accounts.models import Citizen
from app.applications import entrusting
from app.applications.filing import decision_for, filing_of, rules_changed
from app.applications.models import Draft, Service
from app.applications.steps import Filing
from app.clock import SHANGHAI, now, today
from app.extensions import db, take_write_lock
from app.notifications import service as notifications
from app.policy.facts import Facts

DRAFT_LIFE = timedelta(days=90)


WARNED_BEFORE = timedelta(days=14)


class NoDraftError(LookupError):
    """There is no such draft for this person: it never was theirs, or it has expired."""


def get_draft(citizen: Citizen, draft_id: uuid.UUID, *, to_change: bool = False) -> Draft:
    """An open draft of the citizen's own, or one they may fill in for others. Raises `NoDraftError`.

    `to_change` keeps a second tab waiting, so that neither loses what the other saved.
    """
    if to_change:
        take_write_lock()
    draft = db.session.get(Draft, draft_id, with_for_update=to_change or None)
    if draft is None or draft.submitted_at is not None or draft.expires_at <= now():
        raise NoDraftError
    if not entrusting.may_fill(citizen, draft):
        raise NoDraftError
    return draft


def open_draft(citizen: Citizen, service: Service) -> Draft | None:
    """The citizen's open draft for this service, if there is one that has not expired."""
    return db.session.scalar(
        select(Draft).where(Draft.open_key == _open_key(citizen, service), Draft.expires_at > now())
    )


def begin(citizen: Citizen, filing: Filing, *, afresh: bool = False) -> Draft:
    """Start a draft from what the checker knows; the caller commits.

    An open draft of the same service goes on with the new facts, so that nothing typed is lost;
    `afresh` deletes it first, for another couple.
    """
    service = filing.service
    _one_at_a_time(citizen)
    draft = db.session.scalar(select(Draft).where(Draft.open_key == _open_key(citizen, service)))
    if draft is not None and (afresh or draft.expires_at <= now()):
        drop(draft)
        db.session.flush()
        draft = None
    if draft is None:
        draft = Draft(
            citizen_id=citizen.id,
            service=service,
            open_key=_open_key(citizen, service),
            token=secrets.token_urlsafe(32),
            expires_at=now() + DRAFT_LIFE,
            answers={},
        )
        db.session.add(draft)
    draft.facts = dict(filing.facts)
    draft.as_of, draft.rulebooks = today(), filing.decision["rulebooks"]
    draft.answers = {**(draft.answers or {}), **filing.answers}
    touch(draft)
    db.session.flush()
    drop_orphans(draft)
    return draft


def save_answer(draft: Draft, step: str, answer: Mapping[str, Any]) -> None:
    """Keep the answer of a step; what it makes pointless goes. The caller commits.

    Raises `FactsError` when the answer contradicts a fact, and `entrusting.EntrustedError` when
    somebody has entrusted this draft to its agent and it would become the agent's own.
    """
    if step == "children":
        changed = rules_changed(draft)
        draft.facts = _with_child(draft.facts or {}, answer)
        if not changed:
            # Other texts may speak because the facts are others; that is no change of the law.
            draft.rulebooks = decision_for(draft.facts)["rulebooks"]
    draft.answers = {**(draft.answers or {}), step: dict(answer)}
    touch(draft)
    if step == "who":
        entrusting.say_who_files(draft, by_agent=answer.get("filer") == "agent")
    if step in {"children", "where", "who"}:
        drop_orphans(draft)


def change_service(draft: Draft, service: Service) -> None:
    """Go on with the same answers under the other service. The caller commits.

    Raises `IntegrityError` on flush when the citizen has an open draft of that service already.
    """
    draft.service = service
    draft.open_key = f"{draft.citizen_id}:{service}"
    db.session.flush()


def choose_without(draft: Draft, document_id: str, instead: str) -> None:
    """Note what takes the place of a paper. The caller commits."""
    answers = draft.answers or {}
    draft.answers = {**answers, "without": {**answers.get("without", {}), document_id: instead}}
    touch(draft)


def forget_without(draft: Draft, document_id: str) -> None:
    """The paper is at hand after all. The caller commits."""
    answers = draft.answers or {}
    rest = {key: value for key, value in answers.get("without", {}).items() if key != document_id}
    draft.answers = {**answers, "without": rest}


def drop(draft: Draft) -> None:
    """Delete a draft with its files; the files themselves go with the next sweep. Caller commits."""
    for upload in list(draft.uploads):
        db.session.delete(upload)
    entrusting.leave(draft)
    db.session.flush()
    db.session.delete(draft)


def drop_orphans(draft: Draft) -> None:
    """Papers that the new answers no longer ask for are not kept."""
    wanted = {paper["id"] for paper in filing_of(draft).documents}
    for upload in list(draft.uploads):
        if upload.document_id not in wanted:
            db.session.delete(upload)
    db.session.flush()
    db.session.expire(draft, ["uploads"])
    answers = draft.answers or {}
    kept = {key: value for key, value in answers.get("without", {}).items() if key in wanted}
    draft.answers = {**answers, "without": kept}


def drafts_of(citizen: Citizen) -> list[Draft]:
    """The citizen's open drafts, the latest first."""
    return list(
        db.session.scalars(
            select(Draft)
            .where(
                Draft.citizen_id == citizen.id,
                Draft.submitted_at.is_(None),
                Draft.expires_at > now(),
            )
            .order_by(Draft.updated_at.desc())
        )
    )


def warn_expiring() -> int:
    """Queue a notice for each draft that will be deleted in two weeks; how many. The caller commits."""
    drafts = db.session.scalars(
        select(Draft)
        .options(joinedload(Draft.citizen))
        .where(
            Draft.expires_at <= now() + WARNED_BEFORE,
            Draft.expires_at > now(),
            Draft.submitted_at.is_(None),
            Draft.warned_at.is_(None),
        )
        .limit(1000)
    ).all()
    for draft in drafts:
        draft.warned_at = now()
        notifications.queue(
            "draft_expiring",
            draft.citizen.phone or "",
            {"service": draft.service, "day": draft.expires_at.astimezone(SHANGHAI).date()},
            subject=f"draft:{draft.id}",
            script=draft.citizen.script,
        )
    return len(drafts)


def sweep() -> None:
    """Delete expired drafts; nightly work. The caller commits."""
    for draft in db.session.scalars(
        select(Draft).where(Draft.expires_at <= now(), Draft.submitted_at.is_(None)).limit(1000)
    ):
        drop(draft)


def _one_at_a_time(citizen: Citizen) -> None:
    """A second tap waits for the first and then finds the draft it made."""
    take_write_lock()
    db.session.execute(select(Citizen.id).where(Citizen.id == citizen.id).with_for_update())


def _open_key(citizen: Citizen, service: Service) -> str:
    return f"{citizen.id}:{service}"


def touch(draft: Draft) -> None:
    draft.updated_at = now()
    draft.expires_at = now() + DRAFT_LIFE
    draft.warned_at = None


def _with_child(facts: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with what was said of the child; checked as of today."""
    body = {name: value for name, value in facts.items() if name != "born_on"}
    body |= {"stage": answer["stage"], "on": today().isoformat()}
    if answer.get("born_on"):
        body["born_on"] = answer["born_on"]
    return Facts.from_json(body).to_json()
