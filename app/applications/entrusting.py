"""Which powers of attorney a draft or an application stands under, and what they let somebody do."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from flask import g
from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import selectinload

from app.accounts.models import Citizen
from app.applications.models import Application, Draft, Entrusted, Upload
from app.applications.steps import POWER_OF_ATTORNEY, Entrustment, Filing
from app.clock import today
from app.delegation import asking, authority, powers
from app.delegation.authority import OVER, Act, How, Scope, Status
from app.delegation.models import PowerOfAttorney
from app.delegation.wording import couple
from app.extensions import db

Record = Draft | Application
_UNDECIDED = {Status.WAITING, Status.NOT_YET}


class EntrustedError(Exception):
    """Somebody entrusted this draft to an agent: it is theirs, and never becomes the agent's own."""


def say_who_files(draft: Draft, *, by_agent: bool) -> None:
    """Note whether an agent fills this in. The caller commits. Raises `EntrustedError`."""
    about = powers_about(draft) if draft.by_agent and not by_agent else ()
    if any(authority.confirmed(each.as_rules_see_it) for each in about):
        raise EntrustedError
    for power in about:
        if power.agent_citizen_id is not None:
            powers.end(power, by=powers.Actor("agent", power.agent_citizen_id))
    if about:
        leave(draft)
    draft.by_agent = by_agent


def entrust(record: Record, power: PowerOfAttorney) -> None:
    """Let this power be about this draft or application. The caller commits."""
    if db.session.scalar(select(Entrusted.id).where(_about(record), _under(power))) is None:
        is_draft = isinstance(record, Draft)
        db.session.add(
            Entrusted(
                power_id=power.root_id,
                draft_id=record.id if is_draft else None,
                application_id=None if is_draft else record.id,
            )
        )
        db.session.flush()


def leave(draft: Draft) -> None:
    """No power is about this draft any more. The caller commits."""
    db.session.execute(delete(Entrusted).where(_about(draft)))


def move_on(draft: Draft, application: Application) -> None:
    """What the draft was entrusted under holds for the application made of it. The caller commits."""
    for row in db.session.scalars(select(Entrusted).where(_about(draft))):
        row.draft_id, row.application_id = None, application.id


# --- What the wizard agrees with the principals ---


def latest_powers(drafts: Sequence[Draft]) -> dict[uuid.UUID, PowerOfAttorney]:
    """The last power that each draft is filled in under, by draft; as many questions as for one."""
    wanted = [draft.id for draft in drafts if draft.by_agent]
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Entrusted.draft_id, PowerOfAttorney)
        .join(PowerOfAttorney, Entrusted.power_id == PowerOfAttorney.id)
        .where(Entrusted.draft_id.in_(wanted))
        .order_by(PowerOfAttorney.created_at)
        .execution_options(populate_existing=True)
    )
    return {draft_id: power for draft_id, power in rows if draft_id is not None}


def with_power(filing: Filing, power: PowerOfAttorney | None) -> Filing:
    """The filing with the power of attorney it is filled in under, if there is one."""
    if power is None:
        return filing
    rules, day = power.as_rules_see_it, today()
    paper = bool(filing.pages.get(POWER_OF_ATTORNEY))
    return replace(
        filing,
        power=Entrustment(
            id=power.id,
            number=power.number,
            how=How(power.how),
            status=authority.status_on(rules, day),
            fits=_fits(power, filing),
            may_submit=authority.allows(
                rules, Act.SUBMIT, filing.service, day, paper_in_hand=paper
            ),
            waiting_for=tuple(sorted(rules.principals - authority.confirmed(rules), reverse=True)),
        ),
    )


def agree(agent: Citizen, draft: Draft, filing: Filing) -> None:
    """Make the power that the answers ask for and ask the principals; what there was is replaced.

    Nothing is done when it says so already: nobody is asked twice. The caller commits, also after `asking.TooMany`.
    """
    latest = latest_powers([draft]).get(draft.id)
    if latest and powers.status_of(latest) not in OVER and _fits(latest, filing):
        return
    for old in powers_about(draft):
        if old.agent_citizen_id == agent.id and powers.status_of(old) not in OVER:
            powers.end(old, by=powers.Actor("agent", agent.id))
            db.session.execute(delete(Entrusted).where(_about(draft), _under(old)))
    scope, how, _people = _wanted(filing)
    power = powers.make(
        scope,
        how,
        agent=filing.answers["agent"],
        agent_id=agent.id,
        principals={who: filing.answers[who] for who in filing.principals},
        by=powers.Actor("agent", agent.id),
    )
    entrust(draft, power)
    if how is How.PHONE:
        ask_principals(power, asker=agent)


def ask_principals(power: PowerOfAttorney, *, asker: Citizen) -> None:
    """Send each principal who has not answered their link. The caller commits, also after `TooMany`."""
    said = authority.confirmed(power.as_rules_see_it)
    for principal in power.principals:
        named = principal.named or {}
        if principal.person not in said and named.get("phone"):
            asking.ask(
                "power",
                principal.id,
                principal.person,
                phone=named["phone"],
                id_number=named["id_number"],
                asker=f"citizen:{asker.id}",
            )


def _wanted(filing: Filing) -> tuple[Scope, How, Mapping[str, Any]]:
    """What the answers ask for: scope, how it is confirmed, and who everybody is."""
    agreed = filing.answers["entrust"]
    scope = Scope(
        matters=frozenset({str(filing.service)}),
        acts=frozenset({Act.FILL, *(Act(each) for each in agreed["acts"])}),
        from_on=today(),
        until_on=date.fromisoformat(agreed["until_on"]),
        may_delegate=agreed["may_delegate"] == "yes",
    )
    how = How(filing.answers["confirming"]["how"])
    return scope, how, _who({who: filing.answers[who] for who in ("agent", *filing.principals)})


def _fits(power: PowerOfAttorney, filing: Filing) -> bool:
    """Whether the power says what the answers say now."""
    named = {"agent", "entrust", "confirming", *filing.principals}
    return named <= filing.answers.keys() and _says(power) == _wanted(filing)


def _says(power: PowerOfAttorney) -> tuple[Scope, How, Mapping[str, Any]]:
    people = {each.person: each.named or {} for each in power.principals}
    # It began when it was made; what is asked for now would begin today.
    scope = replace(power.scope, from_on=today())
    return scope, How(power.how), _who({"agent": power.agent or {}, **people})


def _who(people: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    known = ("name", "id_kind", "id_number", "phone")
    return {who: [str(person.get(name) or "") for name in known] for who, person in people.items()}


# --- What a power lets an agent do ---


def say_for_whom(answers: Mapping[str, Any]) -> None:
    """Name the couple at the top of the page: whoever has many clients never mistakes one for another."""
    named = (answers.get(who) or {} for who in ("woman", "man"))
    g.acting_for = couple([str(person["name"]) for person in named if person.get("name")])


def is_about_anything(power: PowerOfAttorney) -> bool:
    """Whether a draft or an application still stands under this power."""
    return db.session.scalar(select(Entrusted.id).where(_under(power)).limit(1)) is not None


def is_entrusted(draft: Draft) -> bool:
    """Whether somebody was ever asked to entrust this draft to an agent."""
    return db.session.scalar(select(Entrusted.id).where(_about(draft)).limit(1)) is not None


def has_owner(draft: Draft) -> bool:
    """Whether a principal who said yes on their own phone can go on with this draft themselves."""
    return any(each.citizen_id for power in powers_about(draft) for each in power.people)


def powers_about(record: Record) -> Sequence[PowerOfAttorney]:
    """Every power about this record, with those passed on under them; the latest first."""
    return db.session.scalars(
        select(PowerOfAttorney)
        .join(Entrusted, Entrusted.power_id == PowerOfAttorney.root_id)
        .where(_about(record))
        .order_by(PowerOfAttorney.created_at.desc())
        .execution_options(populate_existing=True)
    ).all()


def powers_about_each(drafts: Sequence[Draft]) -> dict[uuid.UUID, list[PowerOfAttorney]]:
    """The same for many drafts at once, by draft."""
    rows = db.session.execute(
        select(Entrusted.draft_id, PowerOfAttorney)
        .join(PowerOfAttorney, Entrusted.power_id == PowerOfAttorney.root_id)
        .where(Entrusted.draft_id.in_([draft.id for draft in drafts]))
        .order_by(PowerOfAttorney.created_at.desc())
        .execution_options(populate_existing=True)
    )
    about: dict[uuid.UUID, list[PowerOfAttorney]] = {draft.id: [] for draft in drafts}
    for draft_id, power in rows:
        if draft_id is not None:
            about[draft_id].append(power)
    return about


def powers_of(agent_id: uuid.UUID, record: Record) -> list[PowerOfAttorney]:
    """Those of them that are this agent's."""
    return [each for each in powers_about(record) if each.agent_citizen_id == agent_id]


def applications_under(power: PowerOfAttorney) -> Sequence[Application]:
    """The applications this power is about, held until this transaction ends.

    Before the power itself is: whoever acts under it takes the application first.
    """
    about = select(Entrusted.application_id).where(_under(power))
    return db.session.scalars(
        select(Application)
        .where(Application.id.in_(about))
        .order_by(Application.id)
        .options(selectinload(Application.events))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def principals_of(application: Application) -> set[str]:
    """Who entrusted the agent: woman, man or both; nobody when no agent sent it."""
    about = powers_about(application) if application.by_agent else ()
    return {each.person for power in about for each in power.people}


def paper_in_hand(record: Record) -> bool:
    """Whether the signed paper was uploaded with this record."""
    owner = Upload.draft_id if isinstance(record, Draft) else Upload.application_id
    sent = exists().where(
        owner == record.id, Upload.document_id == POWER_OF_ATTORNEY, Upload.replaced_at.is_(None)
    )
    return bool(db.session.scalar(select(sent)))


def acts_allowed(agent_id: uuid.UUID, record: Record) -> dict[Act, PowerOfAttorney]:
    """What this agent may do with the record today, each act with the power that allows it."""
    mine = powers_of(agent_id, record)
    if not mine:
        return {}
    paper, day = paper_in_hand(record), today()
    return {
        act: power
        for power in reversed(mine)
        for act in power.scope.acts
        if authority.allows(power.as_rules_see_it, act, record.service, day, paper_in_hand=paper)
    }


def held_for(act: Act, agent_id: uuid.UUID, record: Record) -> PowerOfAttorney | None:
    """The power that lets this agent do this now; nobody can end it until this transaction does."""
    for power in powers_of(agent_id, record):
        powers.hold(power)
    return acts_allowed(agent_id, record).get(act)


def may_fill(
    citizen: Citizen, draft: Draft, about: Sequence[PowerOfAttorney] | None = None
) -> bool:
    """Whether this citizen may see and change the draft; `about`: the powers about it, if known.

    An agent's own draft is the agent's while no power is about it, or while those that are have
    not been answered; from the first answer on, what the powers allow decides.
    """
    if about is None:
        about = powers_about(draft) if draft.by_agent else ()
    if not about:
        return draft.citizen_id == citizen.id
    mine = [each for each in about if each.agent_citizen_id == citizen.id]
    if any(_lets_fill(each) for each in mine):
        return True
    return bool(mine) and all(powers.status_of(each) in _UNDECIDED for each in about)


def _lets_fill(power: PowerOfAttorney) -> bool:
    """In whatever matter: which one it becomes is only known once it is filled in."""
    return any(
        authority.allows(power.as_rules_see_it, Act.FILL, matter, today())
        for matter in power.matters
    )


def _about(record: Record) -> ColumnElement[bool]:
    if isinstance(record, Draft):
        return Entrusted.draft_id == record.id
    return Entrusted.application_id == record.id


def _under(power: PowerOfAttorney) -> ColumnElement[bool]:
    return Entrusted.power_id == power.root_id
