"""What the desk shows of a case: personal data masked until an officer asks, days in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.appearance import zh_day
from app.applications.complaints import ANSWER_UNIT, Complaint, Grievance, Voice
from app.applications.deadlines import Deadline
from app.applications.models import ENDED, Application, Event, Service, State, Upload
from app.applications.notices import Asked, Notice, NoticeState, asked
from app.applications.promises import Promise, promises_of
from app.applications.records import filed_place, office_names
from app.applications.steps import ROLE_NAMES, papers_for
from app.applications.told import instead_text, told
from app.applications.wording import because, offices_in, title_of
from app.casework import service
from app.casework.lists import Lamp, View, lamp_of
from app.casework.service import Desk
from app.clock import today
from app.language import current_script, gettext
from app.places.models import Office
from app.policy.deadlines import left_in
from app.vault import mask_name


@dataclass(frozen=True)
class Line:
    """A row of the list."""

    case: Application
    number: str
    service: str
    applicants: str
    state: str
    source: str
    lamp: Lamp
    when: str


@dataclass(frozen=True)
class Paper:
    """A document of the decision, with what is there of it."""

    id: str
    name: str
    uploads: tuple[Upload, ...]
    # Pages that were replaced or taken back.
    earlier: tuple[Upload, ...]
    promise: Promise | None
    signer: str
    instead: str | None
    # Whether the applicant asked the office to look it up.
    to_look_up: bool
    condition: str | None


@dataclass(frozen=True)
class Entry:
    """A line of the event log."""

    title: str
    day: date
    who: str
    note: str | None


@dataclass(frozen=True)
class Shown:
    """A case as its page shows it."""

    line: Line
    service: Service
    state: State
    role: str
    office: str
    first_office: str
    people: Sequence[Any]
    homes: Sequence[tuple[str, str]]
    papers: tuple[Paper, ...]
    deadlines: tuple[Deadline, ...]
    log: tuple[Entry, ...]


def views_for(desk: Desk) -> list[tuple[View, str]]:
    """The lists in the side bar."""
    lists = [
        (View.MINE, gettext("待我办")),
        (View.DUE, gettext("今天到期和超期")),
        (View.LATE, gettext("超期的")),
        (View.ASKED, gettext("等申请人补正")),
        (View.ELSEWHERE, gettext("等别处答复")),
        (View.ALL, gettext("本单位在办")),
        (View.DONE, gettext("已办结")),
    ]
    if desk.is_supervisor:
        # Who only watches has no list of their own: all that is open is theirs to watch.
        lists[0] = (View.MINE, gettext("全部在办"))
        lists[5] = (View.UNOPENED, gettext("没有人动过"))
        lists.insert(6, (View.AGAIN, gettext("再次告知，等您同意")))
    return lists


def line_of(application: Application) -> Line:
    """A row of the list, names masked."""
    answers = application.answers or {}
    names = [mask_name(answers[who]["name"]) for who in ("woman", "man") if answers.get(who)]
    ended = application.state in ENDED
    return Line(
        case=application,
        number=application.number.removeprefix("JJB-"),
        service=Service(application.service).title,
        applicants=gettext("、").join(names),
        state=_step(application),
        source=(
            gettext("代办") if answers.get("who", {}).get("filer") == "agent" else gettext("本人")
        ),
        lamp=Lamp.NONE if ended else lamp_of(application.due_on, application.due_unit),
        when=_when(application),
    )


def case_of(application: Application, *, revealed: bool) -> Shown:
    """Everything the page of a case shows besides its acts."""
    answers = application.answers or {}
    names = office_names(application.office_id, application.first_office_id)
    return Shown(
        line=line_of(application),
        service=Service(application.service),
        state=State(application.state),
        role=str(ROLE_NAMES[application.filing_role]),
        office=names.get(application.office_id, ""),
        first_office=names.get(application.first_office_id, ""),
        people=told(answers, masked=not revealed) if answers else (),
        homes=_homes(application.facts or {}),
        papers=_papers(application, revealed=revealed),
        deadlines=service.deadlines_of(application),
        log=log_of(application),
    )


def log_of(application: Application, *, after: int = 0) -> tuple[Entry, ...]:
    """What happened after the event numbered `after`, the latest last, with who did it."""
    rows = [event for event in application.events if event.sequence > after]
    officers = service.officers_of(rows)
    offices = office_names(*offices_in(rows))

    def who(event: Event) -> str:
        officer = officers.get(event.actor_id) if event.actor_id else None
        if event.actor_kind == "system":
            return str(gettext("系统"))
        if officer is None:
            agent = event.actor_kind == "agent"
            return str(gettext("代办人") if agent else gettext("申请人"))
        office = offices.get(event.office_id, "") if event.office_id else ""
        return f"{office} {officer.display_name}".strip()

    return tuple(
        Entry(title_of(row, offices), row.happened_on, who(row), row.note or because(row))
        for row in rows
    )


@dataclass(frozen=True)
class NoticeShown:
    """A notice with its items in words, and who asked and who agreed."""

    notice: Notice
    items: tuple[Asked, ...]
    state: str


def notices_shown(application: Application, notices: Sequence[Notice]) -> tuple[NoticeShown, ...]:
    """The notices of a case, the latest first."""
    states = {
        NoticeState.PROPOSED: gettext("等县级督办同意"),
        NoticeState.DECLINED: gettext("督办不同意，没有发出"),
        NoticeState.SENT: gettext("已发给申请人，等补正"),
        NoticeState.ANSWERED: gettext("申请人已补正"),
        NoticeState.CLOSED: gettext("没有等补正，件已往下办"),
    }
    return tuple(
        NoticeShown(each, asked(application, each), str(states[NoticeState(each.state)]))
        for each in reversed(notices)
    )


@dataclass(frozen=True)
class ComplaintLine:
    """A row of the list of what citizens say."""

    number: str
    kind: str
    about: str
    lamp: Lamp
    when: str


def complaint_line(complaint: Complaint) -> ComplaintLine:
    """A row, with its lamp while it waits for an answer."""
    waits = complaint.answered_on is None
    return ComplaintLine(
        number=complaint.application.number.removeprefix("JJB-"),
        kind=Voice(complaint.kind).title,
        about=Grievance(complaint.grievance).text if complaint.grievance else gettext("请快点办"),
        lamp=lamp_of(complaint.due_on, ANSWER_UNIT) if waits else Lamp.NONE,
        when=_days_left(complaint.due_on, ANSWER_UNIT)
        if waits
        else zh_day(complaint.answered_on or complaint.due_on),
    )


def purpose_of(desk: service.Desk, application: Application) -> str:
    """What is drawn across a paper that this desk is shown: for whom, what for, which day."""
    office = office_names(desk.office.id)[desk.office.id]
    text = gettext(
        "仅供%(office)s办理%(service)s使用",
        office=office,
        service=Service(application.service).title,
    )
    return f"{text} {today().isoformat()}"


def step_of(state: str) -> str:
    """Where the case stands, in the clerk's words."""
    steps = {
        State.SUBMITTED: gettext("等受理"),
        State.CORRECTION_ASKED: gettext("等申请人补正"),
        State.ACCEPTED: gettext("审核"),
        State.FORWARDED: gettext("县级审批"),
        State.REGISTERED: gettext("已登记"),
        State.APPROVED: gettext("已批准"),
        State.REFUSED: gettext("已书面拒绝"),
        State.WITHDRAWN: gettext("申请人已撤回"),
    }
    return str(steps[State(state)])


def name_of(office: Office) -> str:
    """In the reader's script."""
    return office.name_hant if current_script() == "zh_Hant" else office.name


def _step(application: Application) -> str:
    """The same of this case, and whether it came there because nobody answered."""
    step = step_of(application.state)
    if application.accepted_by_silence and application.state == State.ACCEPTED:
        return str(gettext("%(step)s（到期自动受理）", step=step))
    return step


def _when(application: Application) -> str:
    if application.state in ENDED:
        return ""
    if application.due_on is None:
        return str(gettext("没有期限"))
    return _days_left(application.due_on, application.due_unit or "day")


def _days_left(due_on: date, unit: str) -> str:
    """剩 5 天 · 剩 5 个工作日 · 今天到期 · 超 2 个工作日, in the unit that runs."""
    left = left_in(unit, due_on, today())
    if due_on < today():
        return _late_by(-left, unit)
    if left == 0:
        return str(gettext("今天到期"))
    if unit == "working_day":
        return str(gettext("剩 %(count)s 个工作日", count=left))
    return str(gettext("剩 %(count)s 天", count=left))


def _late_by(count: int, unit: str) -> str:
    if count == 0:
        return str(gettext("已经超期"))
    if unit == "working_day":
        return str(gettext("超 %(count)s 个工作日", count=count))
    return str(gettext("超 %(count)s 天", count=count))


def _homes(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """(label, division code) of each hukou and residence; the page turns codes into names."""
    found = []
    for who, hukou, residence in (
        ("woman", gettext("女方户籍"), gettext("女方现居")),
        ("man", gettext("男方户籍"), gettext("男方现居")),
    ):
        person = facts.get(who) or {}
        if person.get("hukou"):
            found.append((hukou, person["hukou"]))
        home = person.get("residence")
        if home:
            found.append((residence, home["division"]))
    return found


def _papers(application: Application, *, revealed: bool) -> tuple[Paper, ...]:
    place = filed_place(application) or {"documents": []}
    instead = (application.answers or {}).get("without", {})
    filer = (application.answers or {}).get("who", {}).get("filer")
    promised = promises_of(application)
    papers = []
    for document in papers_for(place["documents"], filer):
        sent = [each for each in application.uploads if each.document_id == document["id"]]
        chosen = instead.get(document["id"])
        promise = promised.get(document["id"])
        papers.append(
            Paper(
                id=document["id"],
                name=document["name"],
                uploads=tuple(each for each in sent if each.replaced_at is None),
                promise=promise,
                signer=_signer(promise, revealed=revealed),
                earlier=tuple(each for each in sent if each.replaced_at is not None),
                instead=_instead(document["form"], chosen),
                condition=document["condition"],
                to_look_up=chosen == "shared_data",
            )
        )
    return tuple(papers)


def _signer(promise: Promise | None, *, revealed: bool) -> str:
    name = (promise.signer if promise else None) or ""
    return name if revealed else mask_name(name)


def _instead(form: str, chosen: str | None) -> str | None:
    """What stands for a paper that was not sent: forms to be filled in are this application."""
    if form == "filled_in":
        return str(gettext("就是这份网上申请"))
    return instead_text(chosen) if chosen else None
