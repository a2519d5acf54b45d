"""What an office may do with a case, in one table. Pure: no database, no clock, no request.

`(route, state, act) -> Move`. A case is on one of three routes, by its service and by who decides
under its pinned rulebook. The citizen's own acts, to answer a notice and to withdraw, are in `tracking`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.applications.models import Happened, Service, State


class Act(StrEnum):
    """What a clerk or approver does, one button each."""

    ACCEPT = "accept"
    ASK_CORRECTION = "ask_correction"
    ASK_AGAIN = "ask_again"
    REGISTER = "register"
    FORWARD_WITH_OPINION = "forward_with_opinion"
    APPROVE = "approve"
    REFUSE = "refuse"
    SEND_ON = "send_on"
    REASSIGN = "reassign"


# Those that need more than a word: each has pages of its own.
WITH_NOTICE = (Act.ASK_CORRECTION, Act.ASK_AGAIN)
SENDING = (Act.SEND_ON, Act.REASSIGN)
PLAIN = tuple(act for act in Act if act not in (*WITH_NOTICE, *SENDING))


class Route(StrEnum):
    """Which way a case goes through the offices."""

    REGISTRATION = "registration"
    APPROVAL_BY_TOWNSHIP = "approval_by_township"
    APPROVAL_BY_COUNTY = "approval_by_county"


class Holder(StrEnum):
    """Who has the case in hand: the office that received it, the county office above it, or the
    citizen, who was asked for something."""

    TOWNSHIP = "township"
    COUNTY = "county"
    CITIZEN = "citizen"


class Reasons(StrEnum):
    """Whether the act needs written reasons; `IF_AGAINST`: when the opinion is against the citizen."""

    NONE = "none"
    IF_AGAINST = "if_against"
    REQUIRED = "required"


@dataclass(frozen=True)
class Move:
    """What one act does to a case, and who may do it."""

    to: State
    event: Happened
    holder: Holder
    roles: frozenset[str]
    reasons: Reasons = Reasons.NONE


class ActNotPossibleError(Exception):
    """The case is not in a state in which this act exists, or not with this office or role."""


_WINDOW = frozenset({"clerk"})
_DECIDING = frozenset({"clerk", "approver"})
_COUNTY = frozenset({"approver"})
_WATCHING = frozenset({"supervisor"})
_TOWNSHIP_MOVES = {
    Act.ACCEPT: Move(State.ACCEPTED, Happened.ACCEPTED, Holder.TOWNSHIP, _WINDOW),
    # Not accepting is a refusal too: in writing, with reasons and the way to complain of it.
    Act.REFUSE: Move(State.REFUSED, Happened.REFUSED, Holder.TOWNSHIP, _DECIDING, Reasons.REQUIRED),
    Act.REGISTER: Move(State.REGISTERED, Happened.REGISTERED, Holder.TOWNSHIP, _WINDOW),
    Act.APPROVE: Move(State.APPROVED, Happened.APPROVED, Holder.TOWNSHIP, _DECIDING),
    Act.FORWARD_WITH_OPINION: Move(
        State.FORWARDED,
        Happened.FORWARDED_WITH_OPINION,
        Holder.TOWNSHIP,
        _WINDOW,
        Reasons.IF_AGAINST,
    ),
}
_COUNTY_MOVES = {
    Act.APPROVE: Move(State.APPROVED, Happened.APPROVED, Holder.COUNTY, _COUNTY),
    Act.REFUSE: Move(State.REFUSED, Happened.REFUSED, Holder.COUNTY, _COUNTY, Reasons.REQUIRED),
}
# Everything that is missing is said at once. More, which could have been seen the first time, only
# when a supervisor of the county agrees, in writing.
_ASKING_MOVES = {
    Act.ASK_CORRECTION: Move(
        State.CORRECTION_ASKED, Happened.CORRECTION_ASKED, Holder.TOWNSHIP, _WINDOW
    ),
    Act.ASK_AGAIN: Move(
        State.CORRECTION_ASKED,
        Happened.CORRECTION_ASKED,
        Holder.COUNTY,
        _WATCHING,
        Reasons.REQUIRED,
    ),
}
# Nobody refuses to receive: an office that is the wrong one hands the whole case to the right one.
# Back to an office that had it, or on from an office that will not, only by a supervisor.
_SENDING_MOVES = {
    (state, act): Move(state, Happened.SENT_ON, holder, roles, Reasons.REQUIRED)
    for state in (State.SUBMITTED, State.ACCEPTED)
    for act, holder, roles in (
        (Act.SEND_ON, Holder.TOWNSHIP, _WINDOW),
        (Act.REASSIGN, Holder.COUNTY, _WATCHING),
    )
}
_ON_ARRIVAL = (Act.ACCEPT, Act.REFUSE)
_ONCE_ACCEPTED: Mapping[Route, tuple[Act, ...]] = {
    Route.REGISTRATION: (Act.REGISTER, Act.REFUSE),
    Route.APPROVAL_BY_TOWNSHIP: (Act.APPROVE, Act.REFUSE),
    Route.APPROVAL_BY_COUNTY: (Act.FORWARD_WITH_OPINION,),
}

TABLE: Mapping[tuple[Route, State, Act], Move] = {
    **{
        (route, State.SUBMITTED, act): _TOWNSHIP_MOVES[act]
        for route in Route
        for act in _ON_ARRIVAL
    },
    **{
        (route, State.SUBMITTED, act): move
        for route in Route
        for act, move in _ASKING_MOVES.items()
    },
    # What was asked for may be brought to the window instead.
    **{(route, State.CORRECTION_ASKED, Act.ACCEPT): _TOWNSHIP_MOVES[Act.ACCEPT] for route in Route},
    **{
        (route, State.ACCEPTED, act): _TOWNSHIP_MOVES[act]
        for route, acts in _ONCE_ACCEPTED.items()
        for act in acts
    },
    **{
        (Route.APPROVAL_BY_COUNTY, State.FORWARDED, act): move
        for act, move in _COUNTY_MOVES.items()
    },
    **{(route, *key): move for route in Route for key, move in _SENDING_MOVES.items()},
}


def route_of(service: str, decided_by: str | None) -> Route:
    """The way of a case. `decided_by`: township or county as the pinned rulebook says, or None.

    A registration is finished where it was received. An approval whose text names nobody goes to
    the county, which can never be the lesser care.
    """
    if service == Service.CHILDBIRTH_REGISTRATION:
        return Route.REGISTRATION
    return Route.APPROVAL_BY_TOWNSHIP if decided_by == "township" else Route.APPROVAL_BY_COUNTY


def holder_of(state: str) -> Holder:
    """Whose turn it is while the case is in this state."""
    if state == State.CORRECTION_ASKED:
        return Holder.CITIZEN
    return Holder.COUNTY if state == State.FORWARDED else Holder.TOWNSHIP


def move_for(route: Route, state: str, act: str, *, holder: Holder, role: str) -> Move:
    """What `act` would do, for an officer with this role at the office that is `holder`.

    Raises `ActNotPossibleError` for everything outside the table.
    """
    try:
        move = TABLE[route, State(state), Act(act)]
    except (KeyError, ValueError) as error:
        raise ActNotPossibleError(f"{act} of a case that is {state}") from error
    if move.holder != holder or role not in move.roles:
        raise ActNotPossibleError(f"{act} by a {role} of the {holder}")
    return move


def acts_for(route: Route, state: str, *, holder: Holder, role: str) -> tuple[Act, ...]:
    """The buttons for this officer, in the order of the table."""
    return tuple(
        act
        for (on, at, act), move in TABLE.items()
        if (on, at, move.holder) == (route, state, holder) and role in move.roles
    )
