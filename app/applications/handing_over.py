"""A draft that an agent or a window began becomes the couple's own: handed over, or left when the power ended."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app import audit
from app.accounts.models import Citizen
from app.applications import drafts, entrusting
from app.applications.drafts import NoDraftError
from app.applications.filing import filing_of
from app.applications.models import Draft, Entrusted
from app.applications.records import office_names
from app.applications.steps import PROMISES
from app.clock import now
from app.delegation import asking, powers
from app.delegation.authority import OVER
from app.delegation.models import ConfirmationRequest, PowerOfAttorney, Principal
from app.extensions import db, take_write_lock
from app.notifications.wording import SERVICES

DRAFT = "draft"
# What belongs to the agent, or was agreed to or only wished elsewhere; the couple says it anew.
_AGENTS = {"agent", "entrust", "confirming", "consent", "declaration", "rests_on", PROMISES}


def drafts_left_to(citizen: Citizen) -> Sequence[Draft]:
    """What agents began for this citizen and may not go on with, the latest first."""
    given = select(Principal.power_id).where(Principal.citizen_id == citizen.id)
    about = select(Entrusted.draft_id).where(Entrusted.power_id.in_(given))
    begun = db.session.scalars(
        select(Draft)
        .where(Draft.id.in_(about), Draft.submitted_at.is_(None), Draft.expires_at > now())
        .order_by(Draft.updated_at.desc())
    ).all()
    under = entrusting.powers_about_each(begun) if begun else {}
    return [draft for draft in begun if _is_left(draft, under[draft.id])]


def draft_left_to(citizen: Citizen, draft_id: uuid.UUID) -> Draft:
    """One of them, held. Raises `NoDraftError` for any other."""
    take_write_lock()
    draft = db.session.get(Draft, draft_id, with_for_update=True)
    if draft is None or draft.submitted_at is not None or draft.expires_at <= now():
        raise NoDraftError
    about = entrusting.powers_about(draft)
    mine = any(powers.person_of(citizen, power) for power in about)
    if not mine or not _is_left(draft, about):
        raise NoDraftError
    return draft


def _is_left(draft: Draft, about: Sequence[PowerOfAttorney]) -> bool:
    return draft.by_agent and all(powers.status_of(power) in OVER for power in about)


def hand_over(draft: Draft, citizen: Citizen, person: str | None = None) -> None:
    """From now on the draft is this citizen's own; its powers end. The caller commits."""
    about = entrusting.powers_about(draft)
    person = person or next(
        (each for power in about if (each := powers.person_of(citizen, power))), "woman"
    )
    before = filing_of(draft)
    entrusting.leave(draft)
    for power in about:
        if not entrusting.is_about_anything(power):
            powers.end(power, by=powers.Actor("citizen", citizen.id), whom=person)
    answers = {name: one for name, one in (draft.answers or {}).items() if name not in _AGENTS}
    drafts.give_to(draft, citizen)
    draft.by_agent, draft.window_office_id = False, None
    draft.answers = {**answers, "who": {"filer": person}}
    drafts.touch(draft)
    db.session.flush()
    drafts.drop_orphans(draft, before)
    audit.record("draft.handed_over", actor=f"citizen:{citizen.id}", subject=f"draft:{draft.id}")


def able_to_take(draft: Draft, agent: Citizen) -> list[str]:
    """Which of the couple, woman or man, have a phone of their own in this draft."""
    answers = draft.answers or {}
    phones = {who: (answers.get(who) or {}).get("phone") for who in ("woman", "man")}
    others = {(answers.get("agent") or {}).get("phone"), agent.phone}
    return [who for who, phone in phones.items() if phone and phone not in others]


def offer(draft: Draft, person: str, asker: Citizen) -> None:
    """Ask this principal to take the draft over. The caller commits, also after `asking.TooMany`."""
    named = (draft.answers or {})[person]
    asking.ask(
        DRAFT,
        draft.id,
        person,
        phone=named["phone"],
        id_number=named["id_number"],
        asker=f"citizen:{asker.id}",
    )


class ByPrincipal:
    """Whether somebody takes over what was filled in for them. About a row of `Draft`."""

    template = "applications/_asked_draft.html"
    needs_account = True

    def message(self, asked: ConfirmationRequest) -> tuple[str, Mapping[str, object]]:
        """Which service, and nobody's name."""
        draft = db.session.get_one(Draft, asked.subject_id)
        return "draft_handed_over", {"service": draft.service}

    def told(self, asked: ConfirmationRequest) -> Mapping[str, Any] | None:
        """The draft, while it is an agent's or a window's, and not sent."""
        draft = db.session.get(Draft, asked.subject_id)
        if draft is None or draft.submitted_at is not None or draft.expires_at <= now():
            return None
        answers = draft.answers or {}
        named = answers.get(asked.person) or {}
        elsewhere = draft.by_agent or draft.window_office_id
        if not elsewhere or powers.phone_hash(named.get("phone") or "") != asked.phone_hash:
            return None
        window = draft.window_office_id
        return {
            "draft": draft,
            "answers": answers,
            "service": SERVICES[draft.service](),
            "window": office_names(window)[window] if window else "",
        }

    def take(self, asked: ConfirmationRequest, answer: asking.Answer) -> None:
        """It is theirs; or it stays where it is."""
        if answer.yes:
            draft = db.session.get_one(Draft, asked.subject_id, with_for_update=True)
            hand_over(draft, answer.citizen, asked.person)


asking.register(DRAFT, ByPrincipal())
