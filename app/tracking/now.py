"""Who has an application now: since when, until when, whether the time runs or stands still, and why."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.applications.deadlines import ACCEPTANCE, WHOLE, Deadline
from app.applications.models import Application, Event, Happened, State
from app.applications.wording import left_text, length_text, step_title
from app.clock import today
from app.language import current_script, gettext
from app.places.models import Office

# What brings an application to whoever has it in this state.
_ARRIVES: Mapping[str, Sequence[str]] = {
    State.SUBMITTED: (Happened.SUBMITTED, Happened.SENT_ON, Happened.CORRECTED),
    State.CORRECTION_ASKED: (Happened.CORRECTION_ASKED,),
    State.ACCEPTED: (Happened.SUBMITTED, Happened.SENT_ON, Happened.CORRECTED),
    State.FORWARDED: (Happened.FORWARDED_WITH_OPINION,),
}


@dataclass(frozen=True)
class Now:
    """One who has it, and their clock. `until` is None where no text names a day."""

    who: str
    officer: str | None
    since: date
    task: str
    until: date | None
    left: str
    provisional: bool
    clock: str
    stands_still: bool
    following: str | None
    county: str | None


def now_of(
    application: Application,
    steps: Sequence[Deadline],
    holder: Office,
    county: Office | None,
    officers: Mapping[uuid.UUID, str],
    certificate: str | None,
) -> Now:
    """Of an application that is being worked on."""
    arrived = _last(application, _ARRIVES[application.state])
    waits_for_citizen = application.state == State.CORRECTION_ASKED
    running = [each for each in steps if each.is_running and each.step != WHOLE]
    step = min(running, key=lambda each: each.due_on or date.max, default=None)
    acted = next(
        (
            event
            for event in reversed(application.events)
            if event.office_id == holder.id and event.actor_kind == "officer"
        ),
        None,
    )
    return Now(
        who=str(gettext("您这里")) if waits_for_citizen else name_of(holder),
        officer=officers.get(acted.actor_id) if acted and acted.actor_id else None,
        since=arrived.happened_on,
        task=_task(application, step),
        until=step.due_on if step else None,
        left=left_text(step, today()) if step else "",
        provisional=bool(step and step.provisional),
        clock=_clock(application, step),
        stands_still=waits_for_citizen,
        following=_following(application, steps, certificate),
        county=name_of(county) if county and county.id != holder.id else None,
    )


def name_of(office: Office) -> str:
    """In the reader's script."""
    return office.name_hant if current_script() == "zh_Hant" else office.name


def _task(application: Application, step: Deadline | None) -> str:
    if application.state == State.CORRECTION_ASKED:
        return str(gettext("等您补材料"))
    return step_title(step) if step else str(gettext("办理"))


def _clock(application: Application, step: Deadline | None) -> str:
    """Running or not, and why, in a sentence."""
    if application.state == State.CORRECTION_ASKED:
        return str(gettext("停着：在等您补材料，补好那天重新算"))
    if step is None:
        return str(gettext("规定没有写办理天数"))
    if step.step == ACCEPTANCE:
        return str(gettext("在走：本单位承诺 %(length)s", length=length_text(step)))
    if step.step == "hukou_township":
        return str(gettext("在走：户籍地要在 %(length)s内答复", length=length_text(step)))
    return str(gettext("在走：限 %(length)s", length=length_text(step)))


def _following(
    application: Application, steps: Sequence[Deadline], certificate: str | None
) -> str | None:
    """What comes after this."""
    if application.state == State.CORRECTION_ASKED:
        return str(gettext("您补好以后，窗口受理（收下开始办）"))
    waiting = [
        each
        for each in steps
        if each.started_on is None and each.step not in {WHOLE, "hukou_township"}
    ]
    if waiting:
        return step_title(waiting[0])
    return str(gettext("发《%(paper)s》", paper=certificate)) if certificate else None


def _last(application: Application, kinds: Sequence[str]) -> Event:
    """The last event of these kinds; there is always the first one of all."""
    found = (event for event in reversed(application.events) if event.kind in kinds)
    return next(found, application.events[0])
