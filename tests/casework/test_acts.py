"""The table of acts: what is in it is written out once more here, and nothing else is possible."""

from __future__ import annotations

import itertools

import pytest

from app.applications.models import ENDED, LIVE, Happened, Service, State
from app.casework.acts import (
    TABLE,
    Act,
    ActNotPossibleError,
    Holder,
    Reasons,
    Route,
    acts_for,
    holder_of,
    move_for,
    route_of,
)

CLERK, APPROVER, BOTH = {"clerk"}, {"approver"}, {"clerk", "approver"}
HERE, ABOVE = Holder.TOWNSHIP, Holder.COUNTY
# (route, state, act): (to, event, whose turn, roles, reasons)
EXPECTED = {
    ("registration", "submitted", "accept"): ("accepted", "accepted", HERE, CLERK, "none"),
    ("registration", "submitted", "refuse"): ("refused", "refused", HERE, BOTH, "required"),
    ("registration", "accepted", "register"): ("registered", "registered", HERE, CLERK, "none"),
    ("registration", "accepted", "refuse"): ("refused", "refused", HERE, BOTH, "required"),
    ("approval_by_township", "submitted", "accept"): ("accepted", "accepted", HERE, CLERK, "none"),
    ("approval_by_township", "submitted", "refuse"): ("refused", "refused", HERE, BOTH, "required"),
    ("approval_by_township", "accepted", "approve"): ("approved", "approved", HERE, BOTH, "none"),
    ("approval_by_township", "accepted", "refuse"): ("refused", "refused", HERE, BOTH, "required"),
    ("approval_by_county", "submitted", "accept"): ("accepted", "accepted", HERE, CLERK, "none"),
    ("approval_by_county", "submitted", "refuse"): ("refused", "refused", HERE, BOTH, "required"),
    ("approval_by_county", "accepted", "forward_with_opinion"): (
        "forwarded",
        "forwarded_with_opinion",
        HERE,
        CLERK,
        "if_against",
    ),
    ("approval_by_county", "forwarded", "approve"): (
        "approved",
        "approved",
        ABOVE,
        APPROVER,
        "none",
    ),
    ("approval_by_county", "forwarded", "refuse"): (
        "refused",
        "refused",
        ABOVE,
        APPROVER,
        "required",
    ),
}
WATCHER = {"supervisor"}
EXPECTED |= {
    (route, *step): row
    for route in ("registration", "approval_by_township", "approval_by_county")
    for step, row in {
        ("submitted", "ask_correction"): (
            "correction_asked",
            "correction_asked",
            HERE,
            CLERK,
            "none",
        ),
        ("submitted", "ask_again"): (
            "correction_asked",
            "correction_asked",
            ABOVE,
            WATCHER,
            "required",
        ),
        ("correction_asked", "accept"): ("accepted", "accepted", HERE, CLERK, "none"),
        ("submitted", "send_on"): ("submitted", "sent_on", HERE, CLERK, "required"),
        ("accepted", "send_on"): ("accepted", "sent_on", HERE, CLERK, "required"),
        ("submitted", "reassign"): ("submitted", "sent_on", ABOVE, WATCHER, "required"),
        ("accepted", "reassign"): ("accepted", "sent_on", ABOVE, WATCHER, "required"),
    }.items()
}
EVERYTHING = list(itertools.product(Route, State, Act, Holder, ("clerk", "approver", "supervisor")))


def test_the_table_is_this_and_no_more() -> None:
    told = {
        tuple(map(str, key)): (move.to, move.event, move.holder, set(move.roles), move.reasons)
        for key, move in TABLE.items()
    }
    assert told == {
        key: (State(to), Happened(event), holder, roles, Reasons(reasons))
        for key, (to, event, holder, roles, reasons) in EXPECTED.items()
    }


def test_no_act_outside_the_table() -> None:
    """All routes, states, acts, offices and roles: what the table does not grant is refused."""
    possible = 0
    for route, state, act, holder, role in EVERYTHING:
        row = EXPECTED.get((str(route), str(state), str(act)))
        granted = row is not None and row[2] is holder and role in row[3]
        if granted:
            assert move_for(route, state, act, holder=holder, role=role).to == row[0]
            possible += 1
        else:
            with pytest.raises(ActNotPossibleError):
                move_for(route, state, act, holder=holder, role=role)
        assert (act in acts_for(route, state, holder=holder, role=role)) is granted
    assert possible == sum(len(row[3]) for row in EXPECTED.values())


@pytest.mark.parametrize(("state", "act"), [("nonsense", "accept"), ("submitted", "delete")])
def test_unknown_words_are_no_acts(state: str, act: str) -> None:
    with pytest.raises(ActNotPossibleError):
        move_for(Route.REGISTRATION, state, act, holder=HERE, role="clerk")


def test_what_has_ended_stays_ended_and_every_way_ends() -> None:
    assert all(key[1] in LIVE for key in TABLE)
    for route in Route:
        reached = {State.SUBMITTED}
        for _ in State:
            reached |= {
                move.to for key, move in TABLE.items() if key[0] is route and key[1] in reached
            }
        assert reached & set(ENDED)
        # Nobody is left at a state without a way on.
        stuck = {s for s in reached if s in LIVE and not any(k[:2] == (route, s) for k in TABLE)}
        assert stuck == set()


def test_every_refusal_needs_written_reasons() -> None:
    against = [move for move in TABLE.values() if move.to is State.REFUSED]
    assert against
    assert {move.reasons for move in against} == {Reasons.REQUIRED}


@pytest.mark.parametrize(
    ("service", "decided_by", "route"),
    [
        (Service.CHILDBIRTH_REGISTRATION, "township", Route.REGISTRATION),
        (Service.CHILDBIRTH_REGISTRATION, None, Route.REGISTRATION),
        (Service.ADDITIONAL_BIRTH_APPROVAL, "township", Route.APPROVAL_BY_TOWNSHIP),
        (Service.ADDITIONAL_BIRTH_APPROVAL, "county", Route.APPROVAL_BY_COUNTY),
        (Service.ADDITIONAL_BIRTH_APPROVAL, None, Route.APPROVAL_BY_COUNTY),
    ],
)
def test_the_way_follows_the_service_and_who_decides(
    service: str, decided_by: str | None, route: Route
) -> None:
    assert route_of(service, decided_by) is route


def test_whose_turn_it_is() -> None:
    assert {state for state in LIVE if holder_of(state) is Holder.COUNTY} == {State.FORWARDED}
    asked = {state for state in LIVE if holder_of(state) is Holder.CITIZEN}
    assert asked == {State.CORRECTION_ASKED}
