"""Drafts: begun, gone on with on any device, changed, dropped, and swept after ninety days."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import vault
from app.accounts.models import Citizen, Officer, Role
from app.applications import entrusting
from app.applications.filing import filing_of, rules_changed
from app.applications.models import Draft, Service
from app.applications.review import with_grounds
from app.applications.stating import STATING, stated
from app.applications.steps import PROMISES, Filing
from app.clock import SHANGHAI, now, today
from app.delegation.models import PowerOfAttorney
from app.extensions import db, take_write_lock
from app.notifications import service as notifications
from app.policy.facts import FactsError

DRAFT_LIFE = timedelta(days=90)
WARNED_BEFORE = timedelta(days=14)
# Among the answers: the names of papers that the last answer made pointless, for the next page to say.
DROPPED = "dropped"


class NoDraftError(LookupError):
    """There is no such draft for this person: it never was theirs, or it has expired."""


class TooManyDraftsError(Exception):
    """This person has as many open drafts as this site keeps for one."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


def get_draft(person: Citizen | Officer, draft_id: uuid.UUID, *, to_change: bool = False) -> Draft:
    """An open draft of the citizen's own, or one they may fill in for others; of an officer, one of
    their window. Raises `NoDraftError`.

    `to_change` keeps a second tab waiting, so that neither loses what the other saved.
    """
    if to_change:
        take_write_lock()
    draft = db.session.get(Draft, draft_id, with_for_update=to_change or None)
    if draft is None or draft.submitted_at is not None or draft.expires_at <= now():
        raise NoDraftError
    if isinstance(person, Officer):
        if not is_of_window(draft, person):
            raise NoDraftError
    elif not entrusting.may_fill(person, draft):
        raise NoDraftError
    if draft.by_agent or draft.window_office_id:
        entrusting.say_for_whom(draft.answers or {})
    return draft


def is_of_window(draft: Draft, officer: Officer) -> bool:
    """Whether it is filled in at the window of this officer, who acts there."""
    return draft.window_office_id == officer.office_id and officer.role != Role.SUPERVISOR


def begin(citizen: Citizen, filing: Filing, token: str | None = None) -> Draft:
    """Start a draft from what the checker knows; the caller commits.

    `token` is that of the form which asks: asked again with the same one, the draft that it made is
    the answer, as it stands. No other draft is touched. Raises `TooManyDraftsError`.
    """
    _one_at_a_time(citizen)
    key = vault.keyed_hash("begin", f"{citizen.id}:{token or secrets.token_urlsafe()}")
    made = db.session.scalar(select(Draft).where(Draft.begin_key == key))
    if made is not None:
        return made
    most = current_app.config["DRAFTS_PER_CITIZEN"]
    if len(open_drafts(citizen)) >= most:
        raise TooManyDraftsError(most)
    return _new(citizen, filing, key)


def begin_at_window(officer: Officer, filing: Filing, token: str) -> Draft:
    """Start a draft for somebody who stands at this officer's window; the caller commits.

    Asked again with the same token, the draft that it made is the answer, as it stands.
    """
    take_write_lock()
    db.session.execute(select(Officer.id).where(Officer.id == officer.id).with_for_update())
    key = vault.keyed_hash("begin", f"officer:{officer.id}:{token}")
    made = db.session.scalar(select(Draft).where(Draft.begin_key == key))
    if made is not None:
        return made
    nobody = Citizen()
    db.session.add(nobody)
    draft = _new(nobody, filing, key)
    draft.window_office_id, draft.officer_id = officer.office_id, officer.id
    return draft


def _new(owner: Citizen, filing: Filing, key: str) -> Draft:
    draft = Draft(
        citizen=owner,
        service=filing.service,
        begin_key=key,
        token=secrets.token_urlsafe(32),
        expires_at=now() + DRAFT_LIFE,
        answers=dict(filing.answers),
    )
    db.session.add(draft)
    _rest_on(draft, filing)
    db.session.flush()
    return draft


def give_to(draft: Draft, citizen: Citizen) -> None:
    """From now on the draft is this citizen's own. The caller commits."""
    before = draft.citizen
    draft.citizen = citizen
    db.session.flush()
    if draft.window_office_id is not None and before.phone_hash is None:
        db.session.delete(before)


def take_facts(draft: Draft, filing: Filing) -> None:
    """Let this draft rest on what the checker knows now, at its owner's wish; the caller commits.

    What was typed stays, and what was typed about birth or marriage counts. What that makes pointless goes.
    """
    before = filing_of(draft)
    draft.service = filing.service
    _rest_on(draft, filing)
    draft.answers = {**(draft.answers or {}), **filing.answers}
    for step in STATING:
        if step not in draft.answers:
            continue
        try:
            draft.facts = stated(draft.facts or {}, step, draft.answers[step])
        except FactsError:
            draft.answers = {name: one for name, one in draft.answers.items() if name != step}
    touch(draft)
    db.session.flush()
    drop_orphans(draft, before)


def _rest_on(draft: Draft, filing: Filing) -> None:
    draft.facts = dict(filing.facts)
    draft.as_of, draft.rulebooks = today(), filing.decision["rulebooks"]


def save_answer(
    draft: Draft, step: str, answer: Mapping[str, Any], before: Filing | None = None
) -> Filing:
    """Keep the answer of a step; what it makes pointless goes. The filing as it then is. Caller commits.

    `before` is the filing as it was, for a caller that has it. Raises `FactsError` when the answer
    contradicts a fact, and `entrusting.EntrustedError` when somebody has entrusted this draft to its
    agent and it would become the agent's own.
    """
    before = before or filing_of(draft)
    answers = {name: value for name, value in before.answers.items() if name != DROPPED}
    after = replace(before, answers={**answers, step: dict(answer)})
    if step in STATING:
        after = _of_other_facts(draft, after, stated(after.facts, step, answer))
    after = replace(after, answers=with_grounds(after, step))
    draft.answers = dict(after.answers)
    touch(draft)
    if step == "who":
        entrusting.say_who_files(draft, by_agent=answer.get("filer") == "agent")
    if step in {*STATING, "where", "who"}:
        after = drop_orphans(draft, before, after)
    return after


def _of_other_facts(draft: Draft, filing: Filing, facts: dict[str, Any]) -> Filing:
    """The filing resting on these facts, and what the law says then."""
    if facts == filing.facts:
        return filing
    changed = rules_changed(draft)
    draft.facts, draft.answers = facts, dict(filing.answers)
    filing = filing_of(draft)
    if not changed:
        # Other texts may speak because the facts are others; that is no change of the law.
        draft.rulebooks = filing.decision["rulebooks"]
    return filing


def change_service(draft: Draft, service: Service) -> None:
    """Go on with the same answers under the other service. The caller commits."""
    before = filing_of(draft)
    draft.service = service
    touch(draft)
    drop_orphans(draft, before)


def choose_without(draft: Draft, document_id: str, instead: str) -> None:
    """Note what takes the place of a paper. The caller commits."""
    answers = draft.answers or {}
    draft.answers = {**answers, "without": {**answers.get("without", {}), document_id: instead}}
    touch(draft)


def forget_without(draft: Draft, document_id: str) -> None:
    """The paper is at hand after all. The caller commits."""
    answers = draft.answers or {}
    kept = {
        name: {key: value for key, value in answers[name].items() if key != document_id}
        for name in ("without", PROMISES)
        if document_id in answers.get(name, {})
    }
    draft.answers = {**answers, **kept}


def drop(draft: Draft) -> None:
    """Delete a draft with its files; the files themselves go with the next sweep. Caller commits."""
    for upload in list(draft.uploads):
        db.session.delete(upload)
    entrusting.leave(draft)
    db.session.flush()
    owner = draft.citizen
    db.session.delete(draft)
    if draft.window_office_id is not None and owner.phone_hash is None:
        db.session.flush()
        db.session.delete(owner)


def drop_orphans(draft: Draft, before: Filing, after: Filing | None = None) -> Filing:
    """Delete the papers that are no longer asked for, and note their names to be said. The filing then.

    `before` knows what the papers were called, `after` what is asked for now.
    """
    after = after or filing_of(draft)
    wanted = {paper["id"] for paper in after.documents}
    # Most drafts hold nothing that is not asked for; only then are their files looked at.
    uploads = draft.uploads if after.pages.keys() - wanted else ()
    orphans = [upload for upload in uploads if upload.document_id not in wanted]
    for upload in orphans:
        db.session.delete(upload)
    if orphans:
        db.session.flush()
        db.session.expire(draft, ["uploads"])
    answers = dict(after.answers)
    for name in ("without", PROMISES):
        known = answers.get(name, {})
        if known.keys() - wanted:
            answers[name] = {key: value for key, value in known.items() if key in wanted}
    if orphans:
        gone = {upload.document_id for upload in orphans}
        answers[DROPPED] = [paper["name"] for paper in before.documents if paper["id"] in gone]
    if answers == after.answers:
        return after
    draft.answers = answers
    return replace(after, answers=answers)


def open_drafts(citizen: Citizen, service: Service | None = None) -> list[Draft]:
    """The citizen's open drafts, of one service if it is named, the latest first."""
    mine = select(Draft).where(
        Draft.citizen_id == citizen.id, Draft.submitted_at.is_(None), Draft.expires_at > now()
    )
    if service is not None:
        mine = mine.where(Draft.service == service)
    return list(db.session.scalars(mine.order_by(Draft.updated_at.desc())))


def warn_expiring() -> int:
    """Give notice of each draft that will be deleted in two weeks; how many. The caller commits."""
    drafts = db.session.scalars(
        select(Draft)
        .options(joinedload(Draft.citizen))
        .where(
            Draft.expires_at <= now() + WARNED_BEFORE,
            Draft.expires_at > now(),
            Draft.submitted_at.is_(None),
            Draft.warned_at.is_(None),
            # Nobody has an account there to go on with it.
            Draft.window_office_id.is_(None),
        )
        .limit(1000)
    ).all()
    about = entrusting.powers_about_each([draft for draft in drafts if draft.by_agent])
    for draft in drafts:
        draft.warned_at = now()
        for phone in _able_to_go_on(draft, about.get(draft.id, [])):
            notifications.queue(
                "draft_expiring",
                phone,
                {"service": draft.service, "day": draft.expires_at.astimezone(SHANGHAI).date()},
                subject=f"draft:{draft.id}",
                event=draft.expires_at.isoformat(),
            )
    return len(drafts)


def _able_to_go_on(draft: Draft, about: Sequence[PowerOfAttorney]) -> list[str]:
    """The phones of those who can: its owner; the couple, who may take over what an agent may not fill in."""
    if entrusting.may_fill(draft.citizen, draft, about):
        return [draft.citizen.phone or ""]
    couple = [each for power in about for each in power.people if each.citizen_id]
    return sorted({str((each.named or {}).get("phone") or "") for each in couple} - {""})


def sweep() -> None:
    """Delete expired drafts; nightly work. The caller commits."""
    for draft in db.session.scalars(
        select(Draft).where(Draft.expires_at <= now(), Draft.submitted_at.is_(None)).limit(1000)
    ):
        drop(draft)


def _one_at_a_time(citizen: Citizen) -> None:
    """A second tap waits for the first and then finds the draft it made; drafts are counted exactly."""
    take_write_lock()
    db.session.execute(select(Citizen.id).where(Citizen.id == citizen.id).with_for_update())


def touch(draft: Draft) -> None:
    draft.updated_at = now()
    draft.expires_at = now() + DRAFT_LIFE
    draft.warned_at = None
