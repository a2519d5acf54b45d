"""What a citizen reads about their application: where it is, until when, and what happened so far."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.accounts.models import Officer
from app.appearance import zh_day
from app.applications.deadlines import ACCEPTANCE, WHOLE, Deadline, deadlines_for
from app.applications.models import Application, Event, Happened, Service, State
from app.applications.records import (
    filed_place,
    is_unopened,
    office_names,
    promised_days,
    promised_days_to_open,
)
from app.applications.refusals import ground
from app.applications.wording import (
    because,
    finished_text,
    left_text,
    length_text,
    offices_in,
    refusal_title,
    step_title,
    title_of,
    used_text,
)
from app.clock import today
from app.extensions import db
from app.language import gettext
from app.places.models import Office
from app.places.service import county_office
from app.policy.appeal import NOT_HELD, Remedy, against_delay_on, all_held_on, remedies_on
from app.tracking.now import Now, now_of
from app.vault import mask_name

# Which step of the office an event ends.
_ENDS: Mapping[str, Sequence[str]] = {
    Happened.ACCEPTED: (ACCEPTANCE,),
    Happened.FORWARDED_WITH_OPINION: ("township",),
    Happened.REGISTERED: ("county", "township"),
    Happened.APPROVED: ("county", "township"),
    Happened.REFUSED: ("county", "township"),
}


@dataclass(frozen=True)
class Item:
    """A line of the timeline; `state` is done, now or todo."""

    title: str
    text: str
    state: str
    note: str | None = None


@dataclass(frozen=True)
class Refusal:
    """Why it was refused, and what can be done about it."""

    title: str
    ground: str | None
    reasons: str | None
    remedies: tuple[Remedy, ...]
    not_held: str | None


@dataclass(frozen=True)
class Tracked:
    """An application as its citizen sees it; `now` is None once it has ended."""

    number: str
    what: str
    state: State
    heading: str
    due: Deadline | None
    left: str
    is_late: bool
    without_days: bool
    if_late: str | None
    against_delay: Remedy | None
    certificate: str | None
    office_phone: str
    now: Now | None
    collect_office: str
    unopened_days: int | None
    asked: int
    items: tuple[Item, ...]
    refusal: Refusal | None


def tracked(application: Application, *, in_full: bool = True) -> Tracked:
    """Everything the page shows, names masked, texts as pinned on the day of filing.

    `in_full`: False for whoever only knows the number: no reasons, no words of anybody.
    """
    steps = deadlines_for(application, application.events, promise=promised_days())
    place = filed_place(application) or {}
    certificate = gettext(place["certificate"]) if place.get("certificate") else None
    state = State(application.state)
    due = _due(application, steps)
    holder, county = _offices(application)
    names = office_names(application.collect_office_id, *offices_in(application.events))
    officers = _officers(application.events)
    return Tracked(
        number=application.number,
        what=_what(application, certificate),
        state=state,
        heading=_heading(application, steps),
        due=due,
        left=left_text(due, today()) if due else "",
        is_late=bool(due and due.is_late(today())),
        without_days=state in {State.ACCEPTED, State.FORWARDED} and due is None,
        if_late=gettext(place["if_late"]) if place.get("if_late") else None,
        against_delay=_against_delay(application, due),
        certificate=certificate,
        office_phone=holder.phone,
        now=now_of(application, steps, holder, county, officers, certificate)
        if application.is_live
        else None,
        collect_office=names[application.collect_office_id],
        unopened_days=_unopened_days(application),
        asked=_asked(application),
        items=tuple(_items(application, steps, officers, names, certificate, in_full=in_full)),
        refusal=_refusal(application, in_full=in_full),
    )


def _what(application: Application, certificate: str | None) -> str:
    """再生育审批《生育证》 · 张某、李某 · 代办人 王某."""
    answers = application.answers or {}
    names = [mask_name(answers[who]["name"]) for who in ("woman", "man") if answers.get(who)]
    service = Service(application.service).title
    parts = [service + (f"《{certificate}》" if certificate and certificate != service else "")]
    if names:
        parts.append(gettext("、").join(names))
    if answers.get("who", {}).get("filer") == "agent" and answers.get("agent"):
        parts.append(gettext("代办人 %(name)s", name=mask_name(answers["agent"]["name"])))
    return " · ".join(parts)


def _heading(application: Application, steps: Sequence[Deadline]) -> str:
    by_county = any(step.step == "county" for step in steps)
    if application.state == State.REFUSED:
        return _refused_heading(application)
    if application.state == State.SUBMITTED and _last(application, Happened.CORRECTED):
        return str(gettext("补好了，等窗口受理（收下开始办）"))
    headings = {
        State.SUBMITTED: gettext("交上去了，等窗口受理（收下开始办）"),
        State.CORRECTION_ASKED: gettext("等您补材料"),
        State.ACCEPTED: gettext("乡镇（街道）正在审核") if by_county else gettext("窗口正在办"),
        State.FORWARDED: gettext("县里正在审批"),
        State.REGISTERED: gettext("登记好了"),
        State.APPROVED: gettext("批准了"),
        State.WITHDRAWN: gettext("您已经撤回"),
    }
    return str(headings[State(application.state)])


def _refused_heading(application: Application) -> str:
    event = _last(application, Happened.REFUSED)
    if event is not None and event.data.get("from") == State.SUBMITTED:
        return str(gettext("没有受理"))
    if application.service == Service.CHILDBIRTH_REGISTRATION:
        return str(gettext("没有登记"))
    return str(gettext("没有批准"))


def _due(application: Application, steps: Sequence[Deadline]) -> Deadline | None:
    """The day that matters to the citizen: of the whole way once it has begun, else of this step."""
    running = [step for step in steps if step.is_running and step.due_on]
    whole = next((step for step in running if step.step == WHOLE), None)
    if whole is not None or not running:
        return whole
    return max(running, key=lambda step: step.due_on or date.min)


def _against_delay(application: Application, due: Deadline | None) -> Remedy | None:
    """Only a term of law that is over: the operator's own promise is nothing to sue for."""
    if not application.is_live or due is None or due.is_promise or not due.is_late(today()):
        return None
    return against_delay_on(today())


def _items(
    application: Application,
    steps: Sequence[Deadline],
    officers: Mapping[uuid.UUID, str],
    offices: Mapping[uuid.UUID, str],
    certificate: str | None,
    *,
    in_full: bool,
) -> list[Item]:
    named = [None, *(event.office_id for event in application.events)][:-1]
    items = [
        Item(
            f"{zh_day(event.happened_on)} {title_of(event, offices)}",
            _event_text(event, steps, offices, officers, before),
            "done",
            # The reasons of a refusal stand above, with what can be done about it.
            _note(event, in_full=in_full),
        )
        for event, before in zip(application.events, named, strict=True)
    ]
    if not application.is_live:
        return items
    if application.state == State.CORRECTION_ASKED:
        items.append(Item(gettext("等您补材料"), gettext("期限停着，补好再接着算"), "now"))
    items += [_running(step) for step in steps if step.is_running and step.step != WHOLE]
    if not any(item.state == "now" for item in items):
        items.append(Item(gettext("办理"), gettext("规定没有写天数"), "now"))
    items += [
        Item(step_title(step), gettext("限 %(length)s", length=length_text(step)), "todo")
        for step in steps
        if step.started_on is None and step.step not in {WHOLE, "hukou_township"}
    ]
    if certificate:
        items.append(Item(gettext("发《%(paper)s》", paper=certificate), "", "todo"))
    return items


def _note(event: Event, *, in_full: bool) -> str | None:
    """Words of an office at an event; the reasons of a refusal stand above, with what can be done."""
    if event.kind == Happened.REFUSED or not in_full:
        return because(event)
    return event.note or because(event)


def _running(step: Deadline) -> Item:
    text = gettext(
        "限 %(length)s，已用 %(used)s",
        length=length_text(step),
        used=used_text(step, today()),
    )
    if step.is_promise:
        text = gettext("本单位承诺 %(length)s", length=length_text(step))
    return Item(step_title(step), text, "now")


def _event_text(
    event: Event,
    steps: Sequence[Deadline],
    offices: Mapping[uuid.UUID, str],
    officers: Mapping[uuid.UUID, str],
    before: uuid.UUID | None,
) -> str:
    office = offices.get(event.office_id, "") if event.office_id else ""
    if event.kind == Happened.SUBMITTED:
        return str(gettext("%(office)s首接负责（先收到的管到底）", office=office))
    # An office is named where the case comes to it, not at each thing it does.
    parts = [office] if office and event.office_id != before else []
    if event.kind == Happened.CORRECTION_ASKED:
        parts.append(gettext("一共 %(count)s 项，期限从这天停下", count=event.data["items"]))
    if event.kind == Happened.COLLECT_OFFICE_CHANGED:
        there = offices.get(uuid.UUID(event.data["to_office"]), "")
        return str(gettext("从%(before)s换到%(after)s", before=office, after=there))
    if event.kind == Happened.CORRECTED:
        parts.append(gettext("期限从这天重新算"))
    officer = officers.get(event.actor_id) if event.actor_id else None
    if officer:
        parts.append(gettext("经办人 %(name)s", name=officer))
    ended = next(
        (
            step
            for name in _ENDS.get(event.kind, ())
            for step in steps
            if step.step == name and step.ended_on == event.happened_on and step.started_on
        ),
        None,
    )
    if ended is not None and ended.unit != "at_once":
        parts.append(finished_text(ended, event.happened_on))
    return str(gettext("，")).join(str(part) for part in parts)


def _refusal(application: Application, *, in_full: bool) -> Refusal | None:
    event = _last(application, Happened.REFUSED)
    if event is None:
        return None
    chosen = ground(event.data.get("ground"))
    return Refusal(
        title=refusal_title(event.data.get("from"), application.service),
        ground=gettext(chosen.text) if chosen and in_full else None,
        reasons=(event.note or gettext("理由已按期限删除，书面决定上有。")) if in_full else None,
        remedies=remedies_on(event.happened_on),
        not_held=None if all_held_on(event.happened_on) else gettext(NOT_HELD),
    )


def _unopened_days(application: Application) -> int | None:
    """The operator's promise in working days, when it has passed and no officer looked yet."""
    return promised_days_to_open() if is_unopened(application) else None


def _asked(application: Application) -> int:
    """How many things the citizen is asked for now."""
    event = _last(application, Happened.CORRECTION_ASKED)
    waits = application.state == State.CORRECTION_ASKED and event is not None
    return int(event.data["items"]) if waits and event else 0


def _offices(application: Application) -> tuple[Office, Office | None]:
    """The office that has it, and the county's, in one query."""
    own = db.session.get_one(Office, application.office_id)
    county = county_office(own.code)
    return (county or own) if application.state == State.FORWARDED else own, county


def _officers(rows: Sequence[Event]) -> dict[uuid.UUID, str]:
    """Masked names of the officers in these events, in one query."""
    ids = {row.actor_id for row in rows if row.actor_kind == "officer" and row.actor_id}
    found = db.session.execute(select(Officer.id, Officer.display_name).where(Officer.id.in_(ids)))
    return {row.id: mask_name(row.display_name) for row in found}


def _last(application: Application, kind: Happened) -> Event | None:
    return next((event for event in reversed(application.events) if event.kind == kind), None)
