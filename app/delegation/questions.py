"""What people are asked about powers of attorney: a principal whether it is so, an agent whether to take it on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.clock import today
from app.delegation import asking, powers
from app.delegation.authority import OVER, Act, How, PowerHappened
from app.delegation.models import ConfirmationRequest, PowerOfAttorney, Principal
from app.extensions import db

PRINCIPAL, AGENT = "power", "agent"


class ByPrincipal:
    """Whether somebody entrusts an agent. About a row of `Principal`."""

    template = "delegation/_asked_power.html"
    needs_account = False

    def message(self, asked: ConfirmationRequest) -> tuple[str, Mapping[str, object]]:
        """Nothing of the power is in the message."""
        return "power_confirmation", {}

    def told(self, asked: ConfirmationRequest) -> Mapping[str, Any] | None:
        """The power, while this principal has not answered and it is not over."""
        principal = db.session.get(Principal, asked.subject_id)
        if principal is None or powers.status_of(principal.power) in OVER:
            return None
        if principal.person in _confirmed(principal.power):
            return None
        return {"power": principal.power, "principal": principal, "today": today()}

    def take(self, asked: ConfirmationRequest, answer: asking.Answer) -> None:
        """Confirmed as theirs, but for what they left out; or refused for all."""
        principal = db.session.get_one(Principal, asked.subject_id)
        by = powers.Actor("citizen", answer.citizen.id)
        if answer.yes:
            # Whoever may do anything has to be able to fill in.
            without = answer.without - {Act.FILL}
            powers.confirm(principal.power, principal.person, How.PHONE, by=by, without=without)
        else:
            powers.refuse(principal.power, principal.person, by=by)


class ByAgent:
    """Whether somebody takes on what a principal, or another agent, entrusts them with."""

    template = "delegation/_asked_agent.html"
    needs_account = True

    def message(self, asked: ConfirmationRequest) -> tuple[str, Mapping[str, object]]:
        """Nothing of the power is in the message."""
        return "power_invitation", {}

    def told(self, asked: ConfirmationRequest) -> Mapping[str, Any] | None:
        """The power, while nobody has taken it on and it is not over."""
        power = db.session.get(PowerOfAttorney, asked.subject_id)
        if power is None or power.agent_citizen_id or powers.status_of(power) in OVER:
            return None
        return {"power": power}

    def take(self, asked: ConfirmationRequest, answer: asking.Answer) -> None:
        """Taken on, or declined, which ends it."""
        power = db.session.get_one(PowerOfAttorney, asked.subject_id)
        if answer.yes:
            powers.take_on(power, answer.citizen)
        else:
            powers.end(power, by=powers.Actor("agent", answer.citizen.id))


def _confirmed(power: PowerOfAttorney) -> set[str | None]:
    return {event.whom for event in power.events if event.kind == PowerHappened.CONFIRMED}


asking.register(PRINCIPAL, ByPrincipal())
asking.register(AGENT, ByAgent())
