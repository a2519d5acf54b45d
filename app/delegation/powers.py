"""Powers of attorney as rows: made, confirmed, ended, and looked up for whoever is in them.

Everything here adds to the caller's transaction; the caller commits.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select

from app import audit
from app.accounts.models import Citizen
from app.clock import now, today
from app.delegation import asking
from app.delegation.authority import (
    OVER,
    Act,
    How,
    PowerHappened,
    Scope,
    Status,
    misfits,
    status_on,
)
from app.delegation.models import PowerEvent, PowerOfAttorney, Principal
from app.extensions import db, take_write_lock
from app.notifications import service as notifications
from app.vault import keyed_hash

# As for receipts: no 0 O 1 I L U, since it is read aloud and typed from paper.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_BEGINS = "SQ"


@dataclass(frozen=True)
class Actor:
    """Who does something to a power: a principal or another citizen, the agent, or an officer."""

    kind: str
    id: uuid.UUID
    office_id: uuid.UUID | None = None

    @property
    def audited_as(self) -> str:
        """How the audit trail names them."""
        return f"{'officer' if self.kind == 'officer' else 'citizen'}:{self.id}"


class PowerOverError(asking.OverError):
    """The power has ended, expired or been refused: nothing can be added to it."""


def make(
    scope: Scope,
    how: How,
    *,
    agent: Mapping[str, Any],
    agent_id: uuid.UUID | None,
    principals: Mapping[str, Mapping[str, Any]],
    by: Actor,
    parent: PowerOfAttorney | None = None,
) -> PowerOfAttorney:
    """A new power. `agent` and each of `principals` (by woman or man): name, id_kind, id_number, phone.

    `agent_id` is None while the agent has yet to take it on. One that is passed on under `parent`
    has no principals of its own.
    """
    power_id = uuid.uuid4()
    power = PowerOfAttorney(
        id=power_id,
        number=_new_number(),
        agent_citizen_id=agent_id,
        parent=parent,
        root_id=parent.root_id if parent else power_id,
        matters=sorted(scope.matters),
        acts=sorted(scope.acts),
        from_on=scope.from_on,
        until_on=scope.until_on,
        may_delegate=scope.may_delegate,
        how=how,
        agent=dict(agent),
        events=[],
        principals=[],
    )
    db.session.add(power)
    for person, named in principals.items():
        db.session.add(Principal(power=power, person=person, named=dict(named)))
    db.session.flush()
    note(power, PowerHappened.MADE, by=by)
    return power


def note(
    power: PowerOfAttorney,
    kind: PowerHappened,
    *,
    by: Actor,
    whom: str | None = None,
    data: Mapping[str, Any] | None = None,
    words: str | None = None,
) -> PowerEvent:
    """Write down what happened to the power, in the audit trail as well. `data`: ids and codes only."""
    event = PowerEvent(
        power=power,
        kind=kind,
        happened_on=today(),
        recorded_at=now(),
        actor_kind=by.kind,
        actor_id=by.id,
        office_id=by.office_id,
        whom=whom,
        data=dict(data or {}),
        note=words or None,
    )
    # Counted by the database while it holds the power: two events never take the same number.
    event.sequence = (
        select(func.coalesce(func.max(PowerEvent.sequence), 0) + 1)
        .where(PowerEvent.power_id == power.id)
        .scalar_subquery()
    )
    db.session.add(event)
    db.session.flush()
    audit.record(
        f"power.{kind}",
        actor=by.audited_as,
        subject=f"power:{power.id}",
        data={"whom": whom} if whom else None,
    )
    return event


def confirm(
    power: PowerOfAttorney,
    person: str,
    how: How,
    *,
    by: Actor,
    without: Collection[str] = (),
) -> None:
    """This principal has said yes, but for the acts `without`.

    By phone, `by` is their own account, and is kept as theirs. Raises `PowerOverError`.
    """
    held = hold(power)
    _refuse_over(held)
    principal = next(each for each in held.principals if each.person == person)
    if how is How.PHONE:
        principal.citizen_id = by.id
    left_out = sorted(held.scope.acts & set(without))
    data = {"how": str(how), "without": left_out}
    event = note(held, PowerHappened.CONFIRMED, by=by, whom=person, data=data)
    if status_of(held) in {Status.IN_FORCE, Status.NOT_YET}:
        _tell(held, event, "power_confirmed", "power_confirmed_agent", day=held.until_on)


def refuse(power: PowerOfAttorney, person: str, *, by: Actor) -> None:
    """This principal says no: the power never comes into force. Raises `PowerOverError`."""
    held = hold(power)
    _refuse_over(held)
    event = note(held, PowerHappened.REFUSED, by=by, whom=person)
    _tell(held, event, None, "power_refused_agent")


def pass_on(
    power: PowerOfAttorney, scope: Scope, *, agent: Mapping[str, Any], by: Actor
) -> PowerOfAttorney:
    """The agent passes it on, once, within what they have; the principals are told.

    Raises `PowerOverError` when it is not in force, and `ValueError` for a scope that is wider.
    """
    held = hold(power)
    rules = held.as_rules_see_it
    if status_on(rules, today()) is not Status.IN_FORCE:
        raise PowerOverError
    wrong = misfits(scope, today(), rules)
    if wrong:
        raise ValueError(", ".join(wrong))
    child = make(
        scope, How(held.how), agent=agent, agent_id=None, principals={}, by=by, parent=held
    )
    _tell(child, child.events[0], "power_passed_on", None)
    return child


def take_on(power: PowerOfAttorney, agent: Citizen) -> None:
    """The agent who was named takes it on. Raises `PowerOverError`."""
    held = hold(power)
    _refuse_over(held)
    held.agent_citizen_id = agent.id
    event = note(held, PowerHappened.TAKEN_ON, by=Actor("agent", agent.id))
    _tell(held, event, "power_taken_on", None)


def end(power: PowerOfAttorney, *, by: Actor, whom: str | None = None) -> None:
    """A principal (`whom`) or the agent ends it, at once. Ending what is over changes nothing."""
    held = hold(power)
    if status_of(held) in OVER:
        return
    event = note(held, PowerHappened.ENDED, by=by, whom=whom)
    _tell(held, event, "power_ended", "power_ended_agent")


def reject(power: PowerOfAttorney, *, by: Actor, reasons: str) -> None:
    """An office does not accept it, for these reasons. Raises `PowerOverError`."""
    held = hold(power)
    _refuse_over(held)
    event = note(held, PowerHappened.REJECTED, by=by, words=reasons)
    _tell(held, event, "power_rejected", "power_rejected_agent")


def note_act(power: PowerOfAttorney, act: Act, agent_id: uuid.UUID, number: str) -> None:
    """The agent did something under this power: written down, and told to each principal once."""
    event = note(
        power,
        PowerHappened.ACTED,
        by=Actor("agent", agent_id),
        data={"act": str(act), "number": number},
    )
    _tell(power, event, "agent_acted", None, number=number)


def hold(power: PowerOfAttorney) -> PowerOfAttorney:
    """The power read afresh, which nobody else may change until this transaction ends.

    What was passed on is held by what it came from, so that ending either stops both.
    """
    take_write_lock()
    db.session.execute(
        select(PowerOfAttorney.id)
        .where(or_(PowerOfAttorney.id == power.id, PowerOfAttorney.id == power.root_id))
        .order_by(PowerOfAttorney.parent_id.is_not(None))
        .with_for_update()
    )
    return db.session.scalars(_afresh().where(PowerOfAttorney.id == power.id)).one()


def status_of(power: PowerOfAttorney) -> Status:
    """What has become of it by today."""
    return status_on(power.as_rules_see_it, today())


# --- Who is in them ---


def as_agent(citizen: Citizen) -> Sequence[PowerOfAttorney]:
    """The powers under which this citizen may act or could, the latest first."""
    mine = PowerOfAttorney.agent_citizen_id == citizen.id
    return db.session.scalars(
        _afresh().where(mine).order_by(PowerOfAttorney.created_at.desc())
    ).all()


def as_principal(citizen: Citizen) -> Sequence[PowerOfAttorney]:
    """The powers that this citizen gave, the latest first, with those passed on under them."""
    given = select(Principal.power_id).where(Principal.citizen_id == citizen.id)
    return db.session.scalars(
        _afresh()
        .where(PowerOfAttorney.root_id.in_(given))
        .order_by(PowerOfAttorney.created_at.desc())
    ).all()


def by_id(power_id: uuid.UUID) -> PowerOfAttorney | None:
    """The power with this id."""
    return db.session.scalar(_afresh().where(PowerOfAttorney.id == power_id))


def by_number(number: str) -> PowerOfAttorney | None:
    """The power with this number, in any spelling."""
    return db.session.scalar(_afresh().where(PowerOfAttorney.number == read_number(number)))


def person_of(citizen: Citizen, power: PowerOfAttorney) -> str | None:
    """Which principal of the power this citizen is: woman, man, or None."""
    found = (each.person for each in power.people if each.citizen_id == citizen.id)
    return next(found, None)


def read_number(typed: str) -> str:
    """The number of a power in its one spelling, from what a person typed."""
    plain = "".join(c for c in typed.upper() if c.isascii() and c.isalnum())
    body = plain.removeprefix(_BEGINS)
    return "-".join([_BEGINS, *(body[start : start + 4] for start in range(0, len(body), 4))])


def phone_hash(phone: str) -> str:
    """The keyed hash under which the account of this phone is found."""
    return keyed_hash("phone", phone)


# --- Inside ---


def _afresh() -> Select[PowerOfAttorney]:
    return select(PowerOfAttorney).execution_options(populate_existing=True)


def _refuse_over(power: PowerOfAttorney) -> None:
    if status_of(power) in OVER:
        raise PowerOverError


def _new_number() -> str:
    characters = [secrets.choice(_ALPHABET) for _ in range(12)]
    groups = ["".join(characters[start : start + 4]) for start in (0, 4, 8)]
    return "-".join([_BEGINS, *groups])


def _tell(
    power: PowerOfAttorney,
    event: PowerEvent,
    to_principals: str | None,
    to_agent: str | None,
    **params: object,
) -> None:
    """One message to each principal and to the agent, of these kinds, about this event."""
    agents = str((power.agent or {}).get("phone") or "")
    phones = {str((each.named or {}).get("phone") or "") for each in power.people} - {"", agents}
    wanted = [(to_principals, phone) for phone in sorted(phones)] if to_principals else []
    if to_agent and agents:
        wanted.append((to_agent, agents))
    for kind, phone in wanted:
        notifications.queue(kind, phone, params, subject=f"power:{power.id}", event=event.id)
