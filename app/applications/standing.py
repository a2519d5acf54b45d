"""Who stands in an application as a citizen, and what they may do with it there.

Loading is authorising: whoever may not is answered 404, as for an application that does not exist.
An agent's authority is asked of their power of attorney each time, and again when an act is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask import abort
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import selectinload

from app.accounts.guards import deny
from app.accounts.models import Citizen
from app.applications import entrusting
from app.applications.models import Application, Happened, Party
from app.applications.receipts import read_number
from app.delegation import powers
from app.delegation.authority import Act
from app.extensions import db


class Right(StrEnum):
    """What somebody may do with an application, one right for each thing a citizen's page offers."""

    VIEW = "view"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    HURRY = "hurry"
    COMPLAIN = "complain"
    CHANGE_WINDOW = "change_window"
    DOWNLOAD = "download"
    RATE = "rate"


class Role(StrEnum):
    """As whom a citizen stands in an application."""

    SENDER = "sender"
    PRINCIPAL = "principal"
    SPOUSE = "spouse"
    AGENT = "agent"


# Both are applicants, so the one who confirmed may do what helps both. What ends the filing or
# moves the place of collection stays with whoever sent it; see docs/decisions/delegation.md.
SPOUSES = frozenset(Right) - {Right.WITHDRAW, Right.CHANGE_WINDOW}
# What an agent may do by which tick of the principal. To look, any of them; to rate the office is
# for those whose matter it is.
_BY_ACT: Mapping[Right, Act] = {
    Right.CORRECT: Act.CORRECT,
    Right.WITHDRAW: Act.WITHDRAW,
    Right.HURRY: Act.HURRY,
    Right.COMPLAIN: Act.HURRY,
    Right.CHANGE_WINDOW: Act.CHANGE_WINDOW,
    Right.DOWNLOAD: Act.DOWNLOAD,
}
# The right that somebody used who is not of the office, by what then happened.
USED: Mapping[str, Act] = {
    Happened.SUBMITTED: Act.SUBMIT,
    Happened.CORRECTED: Act.CORRECT,
    Happened.PAPERS_CHANGED: Act.CORRECT,
    Happened.WITHDRAWN: Act.WITHDRAW,
    Happened.COLLECT_OFFICE_CHANGED: Act.CHANGE_WINDOW,
}


@dataclass(frozen=True)
class Standing:
    """As whom a citizen stands in an application, and their rights there; none for a stranger."""

    role: Role | None
    rights: frozenset[Right]


NO_STANDING = Standing(None, frozenset())


def case_for(citizen: Citizen, case_id: uuid.UUID, right: Right) -> Application:
    """The application in which this citizen has this right; else 404, and the try is written down."""
    return _authorised(citizen, Application.id == case_id, right)


def case_by_number(citizen: Citizen, number: str, right: Right) -> Application:
    """The same by the number on the receipt, in any spelling."""
    return _authorised(citizen, Application.number == read_number(number), right)


def whole() -> Select[Application]:
    """Applications with their events, read afresh."""
    return (
        select(Application)
        .options(selectinload(Application.events))
        .execution_options(populate_existing=True)
    )


def _authorised(citizen: Citizen, wanted: ColumnElement[bool], right: Right) -> Application:
    found = db.session.scalar(whole().where(wanted))
    standing = standing_of(citizen.id, found) if found else NO_STANDING
    if found is None or right not in standing.rights:
        deny()
        abort(404)
    if standing.role is Role.AGENT:
        entrusting.say_for_whom(found.answers or {})
    return found


def rights_of(citizen: Citizen, application: Application) -> frozenset[Right]:
    """What this citizen may do with the application; nothing when it is not theirs."""
    return standing_of(citizen.id, application).rights


def standing_of(citizen_id: uuid.UUID, application: Application) -> Standing:
    """As whom this citizen stands in the application today."""
    if application.citizen_id == citizen_id and not application.by_agent:
        return Standing(Role.SENDER, frozenset(Right))
    is_principal = db.session.scalar(
        select(Party.is_principal).where(
            Party.application_id == application.id, Party.citizen_id == citizen_id
        )
    )
    if is_principal is not None:
        role = Role.PRINCIPAL if is_principal else Role.SPOUSE
        return Standing(role, frozenset(Right) if is_principal else SPOUSES)
    acts = entrusting.acts_allowed(citizen_id, application)
    if not acts:
        return NO_STANDING
    ticked = {right for right, act in _BY_ACT.items() if act in acts}
    return Standing(Role.AGENT, frozenset({Right.VIEW, *ticked}))


def actor_of(citizen_id: uuid.UUID, application: Application, act: Act) -> str:
    """How the record names a citizen who is doing this: citizen, spouse or agent.

    For an agent the power is asked once more, held against being ended in this moment, and the
    principals are told. 404 for whoever may no longer do it. The caller commits.
    """
    role = standing_of(citizen_id, application).role
    if role is Role.AGENT:
        power = entrusting.held_for(act, citizen_id, application)
        if power is None:
            abort(404)
        powers.note_act(power, act, citizen_id, application.number)
        return "agent"
    return "spouse" if role is Role.SPOUSE else "citizen" if role else abort(404)
