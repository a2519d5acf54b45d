"""A power of attorney that has expired, given once more: the same people, the same matters, new days."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select

from app.accounts.models import Citizen
from app.applications import entrusting
from app.applications.entrusting import Record
from app.applications.models import Application, Draft, Entrusted
from app.clock import today
from app.delegation import powers
from app.delegation.authority import OVER, Act, How, Status
from app.delegation.models import PowerOfAttorney
from app.extensions import db


def may_renew(citizen: Citizen, power: PowerOfAttorney) -> bool:
    """Whether this citizen gave the power, it has run out, and what it was about is still there
    without a newer one for the same agent."""
    if powers.person_of(citizen, power) is None or power.parent_id is not None:
        return False
    if powers.status_of(power) is not Status.EXPIRED or power.agent_citizen_id is None:
        return False
    about = _records(power)
    return bool(about) and not any(
        powers.status_of(each) not in OVER
        for record in about
        for each in entrusting.powers_of(power.agent_citizen_id, record)
    )


def renew(
    citizen: Citizen, power: PowerOfAttorney, acts: Collection[str], until_on: date
) -> PowerOfAttorney:
    """A new power from today, which this citizen has said yes to; the other one of the couple is asked.

    The caller commits, also after `asking.TooMany`.
    """
    everybody = {each.person: each.named or {} for each in power.principals}
    how = How.PHONE if all(named.get("phone") for named in everybody.values()) else How.WINDOW
    by = powers.Actor("citizen", citizen.id)
    kept = {Act(each) for each in acts} & power.scope.acts
    scope = replace(
        power.scope, acts=frozenset({Act.FILL, *kept}), from_on=today(), until_on=until_on
    )
    new = powers.make(
        scope,
        how,
        agent=power.agent or {},
        agent_id=power.agent_citizen_id,
        principals=everybody,
        by=by,
    )
    for record in _records(power):
        entrusting.entrust(record, new)
        if isinstance(record, Draft):
            _say_the_same(record, new)
    powers.confirm(new, str(powers.person_of(citizen, power)), How.PHONE, by=by)
    if how is How.PHONE:
        entrusting.ask_principals(new, asker=citizen)
    return new


def _say_the_same(draft: Draft, power: PowerOfAttorney) -> None:
    """What the agent had filled in about the power, as it is now; else it would be asked for again."""
    answers = draft.answers or {}
    agreed = {
        "acts": [act for act in power.acts if act != Act.FILL],
        "until_on": power.until_on.isoformat(),
    }
    draft.answers = {
        **answers,
        "entrust": {**answers.get("entrust", {}), **agreed},
        "confirming": {"how": power.how},
    }


def _records(power: PowerOfAttorney) -> Sequence[Record]:
    """The drafts and applications the power is about."""
    about = select(Entrusted).where(Entrusted.power_id == power.id).subquery()
    drafts = db.session.scalars(select(Draft).join(about, about.c.draft_id == Draft.id)).all()
    sent = db.session.scalars(
        select(Application).join(about, about.c.application_id == Application.id)
    ).all()
    return [*drafts, *sent]
