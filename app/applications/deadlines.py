"""The clock of an application: what its events and its pinned decision add up to, never stored guesses.

Each step of the office keeps the unit its own rulebook uses (日, 工作日, 当场). The one term without
a source, the days to accept or to say what is missing, is the operator's promise (本单位承诺).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from app.applications.models import Application, Happened
from app.policy.deadlines import due_on, left_in

DECIDED = (Happened.REGISTERED, Happened.APPROVED, Happened.REFUSED)
ENDED = (*DECIDED, Happened.WITHDRAWN)
ACCEPTANCE, WHOLE = "acceptance", "whole"

# What starts a term ("from" in a rulebook), and what fulfils it. "received" is the file reaching the
# second office; at the first office it is the citizen's complete papers.
_COMPLETE: Collection[str] = (Happened.SUBMITTED, Happened.CORRECTED)
_STARTS: Mapping[str, Collection[str]] = {
    "accepted": (Happened.ACCEPTED,),
    "received": (Happened.FORWARDED_WITH_OPINION,),
    "request_received": (Happened.VERIFICATION_ASKED,),
    "reply_received": (Happened.VERIFICATION_ANSWERED, Happened.VERIFICATION_LEFT),
    "registered": (Happened.REGISTERED,),
}
_FULFILLED: Mapping[str, Collection[str]] = {
    ACCEPTANCE: (Happened.ACCEPTED, Happened.CORRECTION_ASKED, *ENDED),
    "township": (Happened.FORWARDED_WITH_OPINION, *ENDED),
    "county": ENDED,
    "hukou_township": (Happened.VERIFICATION_ANSWERED, Happened.VERIFICATION_LEFT, *ENDED),
    WHOLE: ENDED,
}
# CN-2009: the residence office has several terms, told apart by what starts them.
_RESIDENCE_FULFILLED: Mapping[str, Collection[str]] = {
    "accepted": (Happened.VERIFICATION_ASKED, *ENDED),
    "received": (Happened.VERIFICATION_ASKED, *ENDED),
    "reply_received": ENDED,
    "registered": (Happened.RESULT_REPORTED,),
}


class Occurrence(Protocol):
    """What this module reads of an event."""

    @property
    def kind(self) -> str: ...
    @property
    def happened_on(self) -> date: ...
    @property
    def counts_from(self) -> date: ...
    @property
    def is_whole(self) -> bool: ...


@dataclass(frozen=True)
class Deadline:
    """One step's term. Days are legal days; `due_on` is None while the step has not started.

    `step`: acceptance, township, county, residence_township, hukou_township or whole.
    `unit`: day, working_day or at_once, and `text`, as the rulebook says. `is_promise`: the
    operator's own term, which no law names.
    """

    step: str
    start: str
    value: int
    unit: str
    text: str | None
    is_promise: bool
    started_on: date | None
    ended_on: date | None
    due_on: date | None
    provisional: bool

    @property
    def is_running(self) -> bool:
        """Whether the office still owes this step."""
        return self.started_on is not None and self.ended_on is None

    def is_late(self, today: date) -> bool:
        """Whether the step was, or is, done after its day."""
        return self.due_on is not None and (self.ended_on or today) > self.due_on

    def left(self, today: date) -> int | None:
        """How many of the rulebook's own units (日 or 工作日) are left; 0 on the last day, then negative."""
        return None if self.due_on is None else left_in(self.unit, self.due_on, today)


def deadlines_for(
    application: Application, events: Sequence[Occurrence], *, promise: int
) -> tuple[Deadline, ...]:
    """Every step of the office for this application, in order, with its day where it has begun.

    `promise`: working days in which the operator accepts or says what is missing. After a
    correction that term starts again; a term of law never stops, and sending a case on to another
    office starts nothing anew.
    """
    return fold(time_limits(application), events, promise=promise)


def time_limits(application: Application) -> list[dict[str, Any]]:
    """The limits of the pinned decision at the place it was filed at; none once the data is gone."""
    for place in (application.decision or {}).get("places", ()):
        if place["role"] == application.filing_role:
            return list(place["time_limits"])
    return []


def fold(
    limits: Sequence[Mapping[str, Any]], events: Sequence[Occurrence], *, promise: int
) -> tuple[Deadline, ...]:
    """The steps for these limits (`who`, `value`, `unit`, `from`) after these events in order."""
    acceptance = _deadline(
        ACCEPTANCE,
        {"from": "submitted", "value": promise, "unit": "working_day"},
        (Happened.SUBMITTED, Happened.CORRECTED),
        events,
        is_promise=True,
    )
    steps = [
        _deadline(limit["who"], limit, _starts(limit), events)
        for limit in limits
        if not _tells_when_it_is_ready(limit)
    ]
    whole = _whole(limits)
    if whole is not None:
        steps.append(_deadline(WHOLE, whole, _starts(whole), events))
    return (acceptance, *steps)


def nearest(deadlines: Iterable[Deadline]) -> Deadline | None:
    """The running step whose day comes, or passed, first: the one that the lamp of a case shows.

    Of two with the same day the one in working days: of those fewer are left.
    """
    return min(
        (each for each in deadlines if each.is_running and each.due_on),
        key=lambda each: (each.due_on or date.max, each.unit != "working_day"),
        default=None,
    )


def clock_of(deadlines: Sequence[Deadline]) -> dict[str, Any]:
    """What the columns of the queue say of these steps."""
    first = nearest(deadlines)
    return {
        "due_on": first.due_on if first else None,
        "due_unit": first.unit if first else None,
        "overall_due_on": next((each.due_on for each in deadlines if each.step == WHOLE), None),
        "provisional": any(
            each.provisional for each in deadlines if each.is_running and each.due_on
        ),
    }


def keep_clock(
    application: Application, events: Sequence[Occurrence], *, promise: int
) -> tuple[Deadline, ...]:
    """Bring the columns of the queue up to the events.

    Called by whoever adds an event, in the same transaction.
    """
    deadlines = deadlines_for(application, events, promise=promise)
    for column, value in clock_of(deadlines).items():
        setattr(application, column, value)
    return deadlines


def _whole(limits: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Township and then county in one unit: together they are what the citizen waits at most.

    Hubei 2014 says so itself (10 日 + 20 日, the whole not over 30 日); other texts only by addition.
    """
    chain = [limit for limit in limits if limit["who"] in {"township", "county"}]
    if len(chain) < 2 or len({limit["unit"] for limit in chain}) != 1:
        return None
    total = sum(limit["value"] for limit in chain)
    return {"who": WHOLE, "from": chain[0]["from"], "value": total, "unit": chain[0]["unit"]}


def _starts(limit: Mapping[str, Any]) -> Collection[str]:
    """What starts this term."""
    if limit["from"] != "received" or limit["who"] == "county":
        return _STARTS[limit["from"]]
    # 当场 is counted from when the window takes it up, not from an evening upload.
    return _STARTS["accepted"] if limit["unit"] == "at_once" else _COMPLETE


def _tells_when_it_is_ready(limit: Mapping[str, Any]) -> bool:
    """From when a slip can be printed (Beijing 2022), which is no term for the office."""
    return bool(limit["who"] == "township" and limit["from"] == "registered")


def _deadline(
    step: str,
    limit: Mapping[str, Any],
    starts: Collection[str],
    events: Sequence[Occurrence],
    *,
    is_promise: bool = False,
) -> Deadline:
    fulfilled = (
        _RESIDENCE_FULFILLED[limit["from"]] if step == "residence_township" else _FULFILLED[step]
    )
    started_on, ended_on = None, None
    # Papers that had to be completed were not complete when they came; once accepted, they were.
    open_to_correction = starts is _COMPLETE
    for event in events:
        if not event.is_whole:
            continue
        if event.kind == Happened.ACCEPTED:
            open_to_correction = False
        if event.kind in starts and (started_on is None or is_promise):
            started_on, ended_on = event.counts_from, None
        elif open_to_correction and event.kind == Happened.CORRECTION_ASKED:
            started_on = None
        elif event.kind in fulfilled and started_on is not None and ended_on is None:
            ended_on = event.happened_on
    due = due_on(started_on, limit["value"], limit["unit"]) if started_on else None
    return Deadline(
        step=step,
        start=limit["from"],
        value=limit["value"],
        unit=limit["unit"],
        text=limit.get("text"),
        is_promise=is_promise,
        started_on=started_on,
        ended_on=ended_on,
        due_on=due.on if due else None,
        provisional=due.provisional if due else False,
    )
