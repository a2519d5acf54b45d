"""What a power allows and when: the last day, what is missing, what is over, and what is passed on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.delegation.authority import (
    OVER,
    Act,
    How,
    Misfit,
    Power,
    PowerHappened,
    Scope,
    Status,
    acts_left,
    allows,
    may_see,
    misfits,
    status_on,
)

REGISTRATION, APPROVAL = "childbirth_registration", "additional_birth_approval"
FIRST, LAST = date(2026, 3, 1), date(2026, 8, 31)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Told:
    """An event as the rules read it."""

    kind: str
    whom: str | None = None
    without: tuple[str, ...] = ()


def scope(**changes: object) -> Scope:
    agreed = Scope(
        matters=frozenset({REGISTRATION}),
        acts=frozenset({Act.FILL, Act.SUBMIT, Act.CORRECT}),
        from_on=FIRST,
        until_on=LAST,
    )
    return replace(agreed, **changes)  # type: ignore[arg-type]


YES = tuple(Told(PowerHappened.CONFIRMED, who) for who in ("woman", "man"))


def power(*events: Told, **changes: object) -> Power:
    made = Power(
        scope=scope(),
        principals=frozenset({"woman", "man"}),
        how=How.PHONE,
        events=(Told(PowerHappened.MADE), *events),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (FIRST - DAY, Status.NOT_YET),
        (FIRST, Status.IN_FORCE),
        (LAST - DAY, Status.IN_FORCE),
        (LAST, Status.IN_FORCE),
        (LAST + DAY, Status.EXPIRED),
    ],
)
def test_both_ends_of_the_period_belong_to_it(day: date, status: Status) -> None:
    confirmed = power(*YES)
    assert status_on(confirmed, day) is status
    assert allows(confirmed, Act.SUBMIT, REGISTRATION, day) is (status is Status.IN_FORCE)


def test_a_power_of_one_day() -> None:
    one = power(*YES, scope=scope(until_on=FIRST))
    assert [status_on(one, FIRST + n * DAY) for n in (-1, 0, 1)] == [
        Status.NOT_YET,
        Status.IN_FORCE,
        Status.EXPIRED,
    ]


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ((), Status.WAITING),
        (YES[:1], Status.WAITING),
        ((YES[0], YES[0]), Status.WAITING),
        (YES, Status.IN_FORCE),
        ((*YES, Told(PowerHappened.ACTED)), Status.IN_FORCE),
        ((Told(PowerHappened.REFUSED, "man"),), Status.REFUSED),
        ((YES[0], Told(PowerHappened.REFUSED, "man"), YES[1]), Status.REFUSED),
        ((*YES, Told(PowerHappened.ENDED, "woman")), Status.ENDED),
        ((*YES, Told(PowerHappened.ENDED)), Status.ENDED),
        ((Told(PowerHappened.ENDED), *YES), Status.ENDED),
        ((*YES, Told(PowerHappened.REJECTED)), Status.REJECTED),
    ],
)
def test_what_happened_decides(events: tuple[Told, ...], status: Status) -> None:
    assert status_on(power(*events), FIRST) is status
    assert allows(power(*events), Act.SUBMIT, REGISTRATION, FIRST) is (status is Status.IN_FORCE)
    assert may_see(power(*events), REGISTRATION, FIRST) is (status is Status.IN_FORCE)


def test_one_principal_is_enough_where_one_entrusts() -> None:
    hers = power(YES[0], principals=frozenset({"woman"}))
    assert status_on(hers, FIRST) is Status.IN_FORCE
    # A yes of somebody who is not asked is no yes.
    assert status_on(replace(hers, events=(YES[1],)), FIRST) is Status.WAITING


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("matter", [REGISTRATION, APPROVAL])
def test_only_the_acts_and_matters_that_were_agreed(act: Act, matter: str) -> None:
    wanted = matter == REGISTRATION and act in scope().acts
    assert allows(power(*YES), act, matter, FIRST) is wanted


def test_what_one_principal_leaves_out_is_not_allowed() -> None:
    she, he = YES
    narrowed = power(she, replace(he, without=(Act.CORRECT,)))
    assert acts_left(narrowed) == {Act.FILL, Act.SUBMIT}
    assert not allows(narrowed, Act.CORRECT, REGISTRATION, FIRST)
    assert allows(narrowed, Act.SUBMIT, REGISTRATION, FIRST)


def test_nobody_has_taken_it_on_yet() -> None:
    assert status_on(power(*YES, has_agent=False), FIRST) is Status.WAITING
    assert not allows(power(*YES, has_agent=False), Act.SUBMIT, REGISTRATION, FIRST)


# --- On paper ---

EVERY_ACT = scope(acts=frozenset(Act))


@pytest.mark.parametrize("act", Act)
def test_a_paper_nobody_has_checked_is_enough_to_fill_in_and_submit(act: Act) -> None:
    paper = power(scope=EVERY_ACT, how=How.PAPER)
    early = act in {Act.FILL, Act.SUBMIT}
    assert not allows(paper, act, REGISTRATION, FIRST)
    assert allows(paper, act, REGISTRATION, LAST, paper_in_hand=True) is early
    assert not allows(paper, act, REGISTRATION, LAST + DAY, paper_in_hand=True)
    assert not allows(paper, act, REGISTRATION, FIRST - DAY, paper_in_hand=True)
    checked = replace(paper, events=(*paper.events, *YES))
    assert allows(checked, act, REGISTRATION, FIRST)
    rejected = replace(paper, events=(*paper.events, Told(PowerHappened.REJECTED)))
    assert not allows(rejected, act, REGISTRATION, FIRST, paper_in_hand=True)


@pytest.mark.parametrize("how", [How.PHONE, How.WINDOW])
def test_a_paper_is_no_way_around_the_phone_or_the_window(how: How) -> None:
    assert not allows(power(how=how), Act.SUBMIT, REGISTRATION, FIRST, paper_in_hand=True)


# --- Passed on ---


def passed_on(parent: Power, *events: Told, **changes: object) -> Power:
    return Power(
        scope=replace(parent.scope, may_delegate=False, **changes),  # type: ignore[arg-type]
        principals=frozenset(),
        how=parent.how,
        events=(Told(PowerHappened.MADE), *events),
        parent=parent,
    )


def test_what_is_passed_on_lives_and_dies_with_what_it_came_from() -> None:
    above = power(*YES, scope=scope(may_delegate=True))
    child = passed_on(above)
    assert status_on(child, LAST) is Status.IN_FORCE
    assert allows(child, Act.SUBMIT, REGISTRATION, LAST)
    ended = replace(above, events=(*above.events, Told(PowerHappened.ENDED, "woman")))
    assert status_on(passed_on(ended), LAST) is Status.ENDED
    assert not allows(passed_on(ended), Act.SUBMIT, REGISTRATION, LAST)
    waiting = replace(above, events=above.events[:2])
    assert status_on(passed_on(waiting), LAST) is Status.WAITING
    # Ending what was passed on leaves the first agent where they were.
    assert status_on(passed_on(above, Told(PowerHappened.ENDED)), LAST) is Status.ENDED
    assert status_on(above, LAST) is Status.IN_FORCE


def test_without_the_principals_word_nothing_is_passed_on() -> None:
    above = power(*YES)
    assert Misfit.NOT_TO_BE_PASSED_ON in misfits(scope(), FIRST, above)
    assert not allows(passed_on(above), Act.SUBMIT, REGISTRATION, FIRST)


def test_an_unchecked_paper_cannot_be_passed_on() -> None:
    above = power(scope=replace(EVERY_ACT, may_delegate=True), how=How.PAPER)
    assert not allows(passed_on(above), Act.FILL, REGISTRATION, FIRST, paper_in_hand=True)


def test_it_is_passed_on_once() -> None:
    above = power(*YES, scope=scope(may_delegate=True))
    assert misfits(scope(), FIRST, above) == []
    assert misfits(scope(), FIRST, passed_on(above)) == [
        Misfit.NOT_TO_BE_PASSED_ON,
    ]
    assert misfits(scope(may_delegate=True), FIRST, above) == [Misfit.NOT_TO_BE_PASSED_ON]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"from_on": LAST}, []),
        ({"matters": frozenset()}, [Misfit.NO_MATTER]),
        ({"acts": frozenset()}, [Misfit.NO_ACT]),
        ({"from_on": LAST + DAY}, [Misfit.BACKWARDS]),
        ({"until_on": FIRST - DAY, "from_on": FIRST - DAY}, [Misfit.IN_THE_PAST]),
    ],
)
def test_what_cannot_be_agreed(changes: dict[str, object], wrong: list[Misfit]) -> None:
    assert misfits(scope(**changes), FIRST) == wrong


# --- Any powers at all ---

# A machine that is busy with something else draws slowly, and that is no fault of the rules.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

days = st.dates(FIRST - 40 * DAY, LAST + 40 * DAY)
people = st.sampled_from(["woman", "man"])
scopes = st.builds(
    Scope,
    matters=st.frozensets(st.sampled_from([REGISTRATION, APPROVAL])),
    acts=st.frozensets(st.sampled_from(list(Act))),
    from_on=days,
    until_on=days,
    may_delegate=st.booleans(),
)
happenings = st.lists(
    st.builds(
        Told,
        kind=st.sampled_from([str(kind) for kind in PowerHappened]),
        whom=st.none() | people,
        without=st.lists(st.sampled_from(list(Act)), max_size=2).map(tuple),
    ),
    max_size=6,
).map(tuple)
powers = st.builds(
    Power,
    scope=scopes,
    principals=st.frozensets(people, min_size=1),
    how=st.sampled_from(list(How)),
    events=happenings,
    has_agent=st.booleans(),
)
matters = st.sampled_from([REGISTRATION, APPROVAL])
acts = st.sampled_from(list(Act))


@patient
@given(parent=powers, inner=scopes, events=happenings, act=acts, matter=matters, day=days)
def test_what_is_passed_on_is_never_wider(
    parent: Power, inner: Scope, events: tuple[Told, ...], act: Act, matter: str, day: date
) -> None:
    child = Power(inner, frozenset(), parent.how, events, parent=parent)
    for paper in (True, False):
        if allows(child, act, matter, day, paper_in_hand=paper):
            assert allows(parent, act, matter, day)
            assert parent.scope.may_delegate
    if not misfits(inner, day, parent):
        assert inner.is_within(parent.scope)
        assert not inner.may_delegate


@patient
@given(power=powers, act=acts, matter=matters, day=days, paper=st.booleans())
def test_nothing_is_allowed_outside_period_scope_and_word(
    power: Power, act: Act, matter: str, day: date, paper: bool
) -> None:
    if not allows(power, act, matter, day, paper_in_hand=paper):
        return
    assert power.scope.from_on <= day <= power.scope.until_on
    assert act in acts_left(power) <= power.scope.acts
    assert matter in power.scope.matters
    assert power.has_agent
    kinds = {event.kind for event in power.events}
    assert not kinds & {PowerHappened.ENDED, PowerHappened.REFUSED, PowerHappened.REJECTED}
    said = {event.whom for event in power.events if event.kind == PowerHappened.CONFIRMED}
    assert power.principals <= said or (paper and power.how is How.PAPER)


@patient
@given(power=powers, more=happenings, day=days, later=days)
def test_what_is_over_stays_over(
    power: Power, more: tuple[Told, ...], day: date, later: date
) -> None:
    if status_on(power, day) in OVER and later >= day:
        again = replace(power, events=(*power.events, *more))
        assert status_on(again, later) in OVER


@patient
@given(power=powers, matter=matters, day=days)
def test_whoever_may_act_may_look(power: Power, matter: str, day: date) -> None:
    may_act = any(allows(power, act, matter, day) for act in Act)
    assert may_see(power, matter, day) is may_act
