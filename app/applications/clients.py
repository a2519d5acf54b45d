"""An agent's list of the people they act for: what is open for whom, and until when they may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from app.accounts.models import Citizen
from app.applications.models import Application, Draft, Entrusted, Service, State
from app.clock import now
from app.delegation import powers
from app.delegation.authority import OVER, Status
from app.delegation.models import PowerOfAttorney
from app.delegation.wording import couple, known_by
from app.extensions import db

# A village worker may have hundreds; the list is in pages.
PAGE_SIZE = 25
LAST_PAGE = 400


@dataclass(frozen=True)
class Client:
    """One couple in one matter. `power` is None while nobody has been asked; `is_open`: may be opened."""

    names: str
    service: Service
    record: Draft | Application
    state: str
    power: PowerOfAttorney | None
    status: Status | None
    until: date | None
    is_open: bool

    @property
    def is_draft(self) -> bool:
        """Whether it has yet to be sent."""
        return isinstance(self.record, Draft)


def clients_of(agent: Citizen, page: int) -> tuple[list[Client], bool]:
    """One page (from 1) of what this agent fills in or has sent for others, and whether there is more."""
    mine = {power.root_id: power for power in reversed(powers.as_agent(agent))}
    about = db.session.execute(
        select(Entrusted.draft_id, Entrusted.application_id, Entrusted.power_id).where(
            Entrusted.power_id.in_(mine)
        )
    ).all()
    under: dict[Any, list[PowerOfAttorney]] = {}
    for draft_id, application_id, root_id in about:
        under.setdefault(draft_id or application_id, []).append(mine[root_id])
    begun = _drafts(agent, [row.draft_id for row in about if row.draft_id])
    sent = _applications([row.application_id for row in about if row.application_id])
    records: list[Draft | Application] = [*begun, *sent]
    start = (page - 1) * PAGE_SIZE
    shown = records[start : start + PAGE_SIZE]
    return [_client(each, under.get(each.id, ())) for each in shown], len(records) > (
        start + PAGE_SIZE
    )


def count_of(agent: Citizen) -> int:
    """How many powers this agent was given, whatever became of them, and drafts begun for others."""
    begun = len(_drafts(agent, []))
    return begun + len(powers.as_agent(agent))


def _drafts(agent: Citizen, entrusted: Sequence[Any]) -> list[Draft]:
    own = (Draft.citizen_id == agent.id) & Draft.by_agent
    return list(
        db.session.scalars(
            select(Draft)
            .where(
                or_(own, Draft.id.in_(entrusted)),
                Draft.submitted_at.is_(None),
                Draft.expires_at > now(),
            )
            .order_by(Draft.updated_at.desc())
        )
    )


def _applications(ids: Sequence[Any]) -> list[Application]:
    return list(
        db.session.scalars(
            select(Application)
            .where(Application.id.in_(ids))
            .order_by(Application.submitted_at.desc())
        )
    )


def _client(record: Draft | Application, under: Sequence[PowerOfAttorney]) -> Client:
    power = _best(under)
    status = powers.status_of(power) if power else None
    return Client(
        names=_names(record, power),
        service=Service(record.service),
        record=record,
        state=State(record.state).title if isinstance(record, Application) else "",
        power=power,
        status=status,
        until=power.until_on if power else None,
        is_open=status not in OVER if isinstance(record, Draft) else _may_look(status, power),
    )


def _may_look(status: Status | None, power: PowerOfAttorney | None) -> bool:
    """A paper that nobody has checked yet is enough to look at what was sent on it."""
    waits_for_check = status is Status.WAITING and power is not None and power.how == "paper"
    return status is Status.IN_FORCE or waits_for_check


def _best(under: Sequence[PowerOfAttorney]) -> PowerOfAttorney | None:
    """The one in force, else the latest."""
    latest = sorted(under, key=lambda each: each.created_at, reverse=True)
    in_force = (each for each in latest if powers.status_of(each) is Status.IN_FORCE)
    return next(in_force, latest[0] if latest else None)


def _names(record: Draft | Application, power: PowerOfAttorney | None) -> str:
    """As the agent tells them apart: by the power, for a draft also by what is typed so far."""
    named: list[Mapping[str, Any]] = []
    if isinstance(record, Draft) or power is None:
        answers = record.answers or {}
        named = [answers[who] for who in ("woman", "man") if answers.get(who)]
    if power is not None and (not named or powers.status_of(power) in OVER):
        named = [each.named or {} for each in power.people]
    return couple([known_by(each["name"]) for each in named if each.get("name")])
