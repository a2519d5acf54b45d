"""What the pages of this room share: who is signed in, and the powers they may look at."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from app.accounts.guards import current_citizen, deny
from app.accounts.models import Citizen
from app.delegation import asking, powers, wording
from app.delegation.authority import OVER, Status, acts_left
from app.delegation.models import PowerOfAttorney
from app.notifications.wording import SERVICES

bp = Blueprint("delegation", __name__)


@bp.app_context_processor
def words() -> dict[str, object]:
    """How powers of attorney are put into words, for the templates."""
    return {"powers_in_words": wording, "matter_title": lambda code: SERVICES[code]()}


def me() -> Citizen:
    """The citizen signed in; the guard of every view that asks has seen to it that there is one."""
    citizen = current_citizen()
    return citizen if citizen is not None else abort(401)


def power_for_me(power_id: uuid.UUID) -> PowerOfAttorney:
    """The power, for its principals at any time and for its agent while it is not over; else 404."""
    found = powers.by_id(power_id)
    if found is None or not _is_in(me(), found):
        deny()
        abort(404)
    return found


def _is_in(citizen: Citizen, found: PowerOfAttorney) -> bool:
    if powers.person_of(citizen, found) is not None:
        return True
    return found.agent_citizen_id == citizen.id and powers.status_of(found) not in OVER


def shown(found: PowerOfAttorney) -> dict[str, Any]:
    """A power with what its pages say about it."""
    state = powers.status_of(found)
    return {
        "power": found,
        "state": state,
        "acts": acts_left(found.as_rules_see_it),
        "is_open": state not in OVER,
        "tone": {Status.IN_FORCE: "jade", Status.WAITING: "amber"}.get(state, ""),
    }


def later(response: Response, limit: asking.TooMany) -> Response:
    """The answer to somebody who tried too often."""
    response.headers["Retry-After"] = str(limit.wait)
    return response
