"""What comes next for the couple of an application, once it is granted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.applications.models import Application, State
from app.clock import today
from app.guide.afterwards import Couple, Next, steps_for
from app.policy.facts import Facts


def next_steps(application: Application) -> list[Next]:
    """The steps after a birth was registered or approved; nothing before, nor after a refusal."""
    if application.state not in {State.REGISTERED, State.APPROVED}:
        return []
    return steps_for(_couple_of(application), today())


def _couple_of(application: Application) -> Couple:
    """As in the decision; the day of the birth is what was said while filing."""
    couple = Couple.of(Facts.from_json(application.facts or {}))
    child = (application.answers or {}).get("children") or {}
    day = child.get("born_on") or child.get("expected_on")
    if not day:
        return couple
    return replace(couple, birth_on=date.fromisoformat(day), expected=not child.get("born_on"))
