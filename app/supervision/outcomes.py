"""How a case ended, written down in the transaction that ends it.

The last day comes from the pinned decision, which is sealed: here it is read once, so that reports
are sums of plain columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.applications import events
from app.applications.deadlines import DECIDED, ENDED, WHOLE, deadlines_for, time_limits
from app.applications.models import ENDED as ENDED_STATES
from app.applications.models import Application, Event, Happened
from app.applications.records import promised_days
from app.extensions import db
from app.supervision.models import Outcome

BATCH = 500


@events.follow
def note_end(application: Application, event: Event) -> None:
    """An event that ends a case writes its outcome."""
    if event.kind in ENDED:
        before = [each for each in application.events if each is not event]
        db.session.add(outcome_of(application, [*before, event]))


def outcome_of(application: Application, happened: Sequence[Event]) -> Outcome:
    """What these events of an ended case, in order, add up to."""
    end = next(event for event in happened if event.kind in ENDED)
    return Outcome(
        application_id=application.id,
        office_id=application.office_id,
        service=application.service,
        result=end.kind,
        received_on=application.submitted_on,
        ended_on=end.happened_on,
        due_on=last_day(application, happened) if end.kind in DECIDED else None,
        waited=_waited(happened, end.happened_on),
    )


def last_day(application: Application, happened: Sequence[Event]) -> date | None:
    """The last day a text allows for the decision: of the whole way, else of its latest step.

    What the operator promises on top is no such day.
    """
    steps = [
        each
        for each in deadlines_for(application, happened, promise=promised_days())
        if each.due_on and not each.is_promise and each.start != "registered"
    ]
    whole = [each for each in steps if each.step == WHOLE]
    return max((each.due_on for each in whole or steps if each.due_on), default=None)


def write_all() -> int:
    """Write the outcome of every ended case anew from its events; how many. Commits in batches.

    A case whose data was destroyed keeps the outcome it has, since its last day is known no more.
    """
    written, after = 0, None
    while rows := _ended_after(after):
        for application in rows:
            if time_limits(application) or not db.session.get(Outcome, application.id):
                db.session.merge(outcome_of(application, application.events))
                written += 1
        after = rows[-1].id
        db.session.commit()
        db.session.expunge_all()
    return written


def _ended_after(after: object) -> Sequence[Application]:
    """The next cases by id."""
    query = select(Application).where(Application.state.in_(ENDED_STATES))
    if after is not None:
        query = query.where(Application.id > after)
    return db.session.scalars(
        query.order_by(Application.id).options(selectinload(Application.events)).limit(BATCH)
    ).all()


def _waited(happened: Sequence[Event], end: date) -> int:
    """Days between a notice and its answer, or what else went on."""
    days, since = 0, None
    for event in happened:
        if event.kind == Happened.CORRECTION_ASKED:
            since = since or event.happened_on
        elif since and event.kind in {Happened.CORRECTED, Happened.ACCEPTED, *ENDED}:
            days, since = days + (event.happened_on - since).days, None
    return days + ((end - since).days if since else 0)
