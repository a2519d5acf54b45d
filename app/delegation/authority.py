"""What a power of attorney allows, and when. Pure: no database, no clock, no request.

A power is what was agreed (`Scope`) and what happened to it since (`PowerHappened`, in the past
tense). Whether it is in force on a day follows from both, every time it is asked; nothing is
stored that could be wrong the next morning. The last day of a period belongs to it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class Act(StrEnum):
    """What an agent may be allowed to do, one tick of the principal each."""

    FILL = "fill"
    SUBMIT = "submit"
    CORRECT = "correct"
    HURRY = "hurry"
    CHANGE_WINDOW = "change_window"
    WITHDRAW = "withdraw"
    DOWNLOAD = "download"
    COLLECT = "collect"


class How(StrEnum):
    """How the principals say yes: on their own phone, in person at a window, or by signing a paper."""

    PHONE = "phone"
    WINDOW = "window"
    PAPER = "paper"


class PowerHappened(StrEnum):
    """Kinds of events of a power, in the past tense."""

    MADE = "made"
    TAKEN_ON = "taken_on"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ENDED = "ended"
    REJECTED = "rejected"
    ACTED = "acted"


class Status(StrEnum):
    """What has become of a power by a day. Only `IN_FORCE` gives authority of itself."""

    WAITING = "waiting"
    NOT_YET = "not_yet"
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    REFUSED = "refused"
    REJECTED = "rejected"
    ENDED = "ended"


OVER = frozenset({Status.EXPIRED, Status.REFUSED, Status.REJECTED, Status.ENDED})
# What a signed paper that no clerk has looked at yet is enough for.
ON_AN_UNCHECKED_PAPER = frozenset({Act.FILL, Act.SUBMIT})
# After one of these nothing brings the power back; a new one has to be made.
_FINAL = {
    PowerHappened.REFUSED: Status.REFUSED,
    PowerHappened.REJECTED: Status.REJECTED,
    PowerHappened.ENDED: Status.ENDED,
}


class Occurrence(Protocol):
    """What this module reads of an event.

    `whom`: the principal it is about, if one. `without`: acts that a principal left out in saying yes.
    """

    @property
    def kind(self) -> str: ...
    @property
    def whom(self) -> str | None: ...
    @property
    def without(self) -> Collection[str]: ...


@dataclass(frozen=True)
class Scope:
    """What was agreed. `matters` are service codes; `until_on` is the last day, included."""

    matters: frozenset[str]
    acts: frozenset[Act]
    from_on: date
    until_on: date
    may_delegate: bool = False

    def is_within(self, other: Scope) -> bool:
        """Whether this allows nothing that `other` does not."""
        return (
            self.matters <= other.matters
            and self.acts <= other.acts
            and other.from_on <= self.from_on
            and self.until_on <= other.until_on
            and (other.may_delegate or not self.may_delegate)
        )


@dataclass(frozen=True)
class Power:
    """A power as the rules see it. `principals`: woman and man, or one of them, by these names.

    `how` is how they are asked. `parent` is the power this one was passed on under: its principals
    are the parent's, who agreed to passing on when they agreed to the parent.
    """

    scope: Scope
    principals: frozenset[str]
    how: How
    events: tuple[Occurrence, ...]
    has_agent: bool = True
    parent: Power | None = None


def status_on(power: Power, day: date) -> Status:
    """What has become of the power by this day."""
    if power.parent is not None:
        above = status_on(power.parent, day)
        if above in OVER:
            return above
    for event in power.events:
        if event.kind in _FINAL:
            return _FINAL[PowerHappened(event.kind)]
    if day > power.scope.until_on:
        return Status.EXPIRED
    if not power.has_agent or confirmed(power) != power.principals:
        return Status.WAITING
    if power.parent is not None and above is Status.WAITING:
        return Status.WAITING
    return Status.NOT_YET if day < power.scope.from_on else Status.IN_FORCE


def confirmed(power: Power) -> frozenset[str]:
    """The principals who have said yes; all of them under a power that was passed on."""
    if power.parent is not None:
        return power.principals
    said = {event.whom for event in power.events if event.kind == PowerHappened.CONFIRMED}
    return frozenset(power.principals & said)


def acts_left(power: Power) -> frozenset[Act]:
    """The acts that every principal agreed to: what one of them left out is not allowed."""
    left_out = {
        act
        for event in power.events
        if event.kind == PowerHappened.CONFIRMED
        for act in event.without
    }
    return frozenset(act for act in power.scope.acts if act not in left_out)


def allows(power: Power, act: Act, matter: str, day: date, *, paper_in_hand: bool = False) -> bool:
    """Whether the agent may do this in this matter on this day.

    `paper_in_hand`: the signed paper was uploaded. Until a clerk has looked at it, it is enough to
    fill in and to submit, and for nothing else.
    """
    if matter not in power.scope.matters or act not in acts_left(power):
        return False
    if power.parent is not None and not (
        power.parent.scope.may_delegate and allows(power.parent, act, matter, day)
    ):
        return False
    status = status_on(power, day)
    if status is Status.IN_FORCE:
        return True
    return (
        paper_in_hand
        and act in ON_AN_UNCHECKED_PAPER
        and status is Status.WAITING
        and rests_on_paper(power)
        and power.scope.from_on <= day
    )


def may_see(power: Power, matter: str, day: date, *, paper_in_hand: bool = False) -> bool:
    """Whether the agent may look: whoever may do anything in a matter may also see it."""
    return any(
        allows(power, act, matter, day, paper_in_hand=paper_in_hand) for act in power.scope.acts
    )


def rests_on_paper(power: Power) -> bool:
    """Whether all that is missing is a clerk's look at the signed paper."""
    return power.how is How.PAPER and power.has_agent and power.parent is None


class Misfit(StrEnum):
    """Why a scope cannot be agreed."""

    NO_MATTER = "no_matter"
    NO_ACT = "no_act"
    BACKWARDS = "backwards"
    IN_THE_PAST = "in_the_past"
    WIDER = "wider"
    NOT_TO_BE_PASSED_ON = "not_to_be_passed_on"


def misfits(scope: Scope, day: date, parent: Power | None = None) -> Sequence[Misfit]:
    """What is wrong with a scope that somebody wants to agree on this day, under `parent` if given.

    Passed on once, it is not passed on further: the principals agreed to one step.
    """
    found: list[Misfit] = []
    if not scope.matters:
        found.append(Misfit.NO_MATTER)
    if not scope.acts:
        found.append(Misfit.NO_ACT)
    if scope.until_on < scope.from_on:
        found.append(Misfit.BACKWARDS)
    if scope.until_on < day:
        found.append(Misfit.IN_THE_PAST)
    if parent is None:
        return found
    if not parent.scope.may_delegate or parent.parent is not None or scope.may_delegate:
        found.append(Misfit.NOT_TO_BE_PASSED_ON)
    if not scope.is_within(parent.scope):
        found.append(Misfit.WIDER)
    return found
