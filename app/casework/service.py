"""The desk: which cases an officer may see, in which order, and what becomes of them by an act.

Loading is authorising: `get_case_for` answers 404 for every case outside the officer's office (a
township or street) or county, just as for one that does not exist.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from flask import abort
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import load_only, selectinload
from sqlalchemy.orm.exc import StaleDataError

from app import audit
from app.accounts.guards import deny
from app.accounts.models import Officer, Role
from app.applications import events
from app.applications.deadlines import Deadline, deadlines_for
from app.applications.models import (
    ENDED,
    LIVE,
    Application,
    Event,
    Happened,
    SearchKey,
    State,
    Upload,
)
from app.applications.receipts import lookup_hash, read_number, search_hash
from app.applications.records import phone_of_filer, promised_days
from app.casework.acts import Act, Holder, Move, Route, acts_for, holder_of, move_for, route_of
from app.clock import today
from app.extensions import db
from app.fields import read_id_number, read_mobile
from app.notifications import service as notifications
from app.places.models import Office
from app.places.service import county_office

PAGE_SIZE = 25
# Nobody leafs further; they search.
LAST_PAGE = 1000
# A lamp is amber from this many days before the due day on.
AMBER_DAYS = 3
# Searching by the last four looks at the newest cases of the own office, never at all.
SEARCHED_BY_TAIL = 5000
MOST_FOUND = 50
_TAIL = re.compile(r"\d{3}[\dXx]")
_NUMBER_PART = re.compile(r"(JJB-?)?[0-9A-Z]{4}(-?[0-9A-Z]{4}){1,2}", re.IGNORECASE)
_MESSAGES: Mapping[str, str] = {
    Happened.FORWARDED_WITH_OPINION: "application_forwarded",
    Happened.REGISTERED: "application_registered",
    Happened.APPROVED: "application_approved",
    Happened.REFUSED: "application_refused",
}


class View(StrEnum):
    """The lists of the desk."""

    MINE = "mine"
    DUE = "due"
    ALL = "all"
    DONE = "done"


class Lamp(StrEnum):
    """How near the due day is."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    NONE = "none"


class ChangedMeanwhileError(Exception):
    """Someone else was first: the case is no longer what the form was made from."""


class OwnCaseError(Exception):
    """The officer or a relative stands in this case; a colleague has to act."""


@dataclass(frozen=True)
class Desk:
    """An officer and the office they sit in."""

    officer: Officer
    office: Office

    @property
    def holder(self) -> Holder:
        """Which of the two offices of a case this one can be."""
        return Holder(self.office.level)

    @property
    def is_supervisor(self) -> bool:
        """Whether this desk watches and does not act."""
        return self.officer.role == Role.SUPERVISOR

    @property
    def actor(self) -> str:
        """How the audit trail names the officer."""
        return f"officer:{self.officer.id}"


@dataclass(frozen=True)
class Counts:
    """What waits for this desk. `soon`: due within three days; `late`: past the day."""

    waiting: int
    soon: int
    late: int
    due_today: int


def desk_of(officer: Officer) -> Desk:
    """The desk of a signed-in officer; 404 when their office is no longer known here."""
    office = db.session.get(Office, officer.office_id)
    if office is None:
        abort(404)
    return Desk(officer, office)


def lamp_of(due_on: date | None) -> Lamp:
    """Green, amber (three days or fewer left) or red (past); none where no text names a day."""
    if due_on is None:
        return Lamp.NONE
    left = (due_on - today()).days
    return Lamp.RED if left < 0 else Lamp.AMBER if left <= AMBER_DAYS else Lamp.GREEN


# --- Reading ---


def get_case_for(desk: Desk, case_id: uuid.UUID) -> Application:
    """The case, if it lies with this desk; else 404 as for a missing one, and the try is written down."""
    found = db.session.scalar(
        select(Application)
        .where(Application.id == case_id, _in_reach(desk))
        .options(selectinload(Application.events), selectinload(Application.uploads))
        .execution_options(populate_existing=True)
    )
    if found is None:
        deny()
        abort(404)
    return found


def upload_of(application: Application, upload_id: uuid.UUID) -> Upload:
    """A file of this case; 404 for any other."""
    found = next((each for each in application.uploads if each.id == upload_id), None)
    return found if found is not None else abort(404)


def queue_for(desk: Desk, view: View, page: int) -> tuple[list[Application], bool]:
    """One page (from 1) of a list by due day, and whether there is a next one."""
    query = select(Application).where(_in_reach(desk), _listed(desk, view))
    if view is View.DONE:
        query = query.order_by(
            func.coalesce(Application.decided_on, Application.submitted_on).desc(),
            Application.number,
        )
    else:
        query = query.order_by(
            Application.due_on.asc().nulls_last(), Application.submitted_at, Application.number
        )
    rows = list(db.session.scalars(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)))
    return rows[:PAGE_SIZE], len(rows) > PAGE_SIZE


def counts_for(desk: Desk) -> Counts:
    """The numbers above the list, in one query."""
    day = today()
    soon = and_(Application.due_on >= day, Application.due_on <= day + timedelta(days=AMBER_DAYS))
    row = db.session.execute(
        select(
            func.count(),
            _count(soon),
            _count(Application.due_on < day),
            _count(Application.due_on <= day),
        ).where(_in_reach(desk), _listed(desk, View.MINE))
    ).one()
    return Counts(*row)


def search_for(desk: Desk, text: str) -> list[Application]:
    """Cases of this desk by number, name, ID number, phone, or the last four of the latter two.

    Nothing outside the desk's reach is ever looked at. The try is written down, not what was typed.
    """
    found = list(db.session.scalars(_searched(desk, text).limit(MOST_FOUND)))
    audit.record(
        "case.searched",
        actor=desk.actor,
        subject=f"office:{desk.office.id}",
        data={"found": len(found)},
    )
    return found


def _searched(desk: Desk, text: str) -> Select[Application]:
    text = text.strip()
    matches: list[ColumnElement[bool]] = [_has_key("name", text)]
    for kind, read in _READERS.items():
        try:
            matches.append(_has_key(kind, read(text)))
        except ValueError:
            continue
    if _NUMBER_PART.fullmatch(text):
        matches.append(Application.number.startswith(read_number(text)))
    if _TAIL.fullmatch(text):
        matches.append(Application.id.in_(_with_tail(desk, text)))
    return (
        select(Application)
        .where(_in_reach(desk), or_(*matches))
        .order_by(Application.submitted_at.desc())
    )


_READERS: Mapping[str, Callable[[str], str]] = {"id_number": read_id_number, "phone": read_mobile}


def _has_key(kind: str, value: str) -> ColumnElement[bool]:
    return Application.id.in_(
        select(SearchKey.application_id).where(
            SearchKey.kind == kind, SearchKey.hash == search_hash(kind, value)
        )
    )


def _with_tail(desk: Desk, tail: str) -> list[uuid.UUID]:
    """Ids of the desk's newest cases in which someone's phone or ID number ends so."""
    rows = db.session.execute(
        select(Application.id, Application.number, Application.lookup_hashes)
        .where(_in_reach(desk))
        .order_by(Application.submitted_at.desc())
        .limit(SEARCHED_BY_TAIL)
    )
    return [row.id for row in rows if lookup_hash(row.number, tail) in row.lookup_hashes]


def _in_reach(desk: Desk) -> ColumnElement[bool]:
    """A township's own cases; at the county, those of all its townships and streets."""
    if desk.holder is Holder.TOWNSHIP:
        return Application.office_id == desk.office.id
    return Application.office_id.in_(
        select(Office.id).where(Office.code.startswith(desk.office.code[:6]))
    )


def _listed(desk: Desk, view: View) -> ColumnElement[bool]:
    if view is View.DONE:
        return Application.state.in_(ENDED)
    if view is View.ALL or desk.is_supervisor:
        waiting = Application.state.in_(LIVE)
    else:
        waiting = Application.state.in_([s for s in LIVE if holder_of(s) is desk.holder])
    if view is View.DUE:
        return and_(waiting, Application.due_on <= today())
    return waiting


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


# --- What may be done ---


def route_for(application: Application) -> Route:
    """Which way this case goes, by the rulebooks that were pinned with it."""
    return route_of(application.service, _decided_by(application))


def open_acts(desk: Desk, application: Application) -> tuple[Act, ...]:
    """The acts this desk may do with the case now."""
    return acts_for(
        route_for(application), application.state, holder=desk.holder, role=desk.officer.role
    )


def deadlines_of(application: Application) -> tuple[Deadline, ...]:
    """The steps of this case with their days."""
    return deadlines_for(application, application.events, promise=promised_days())


def _decided_by(application: Application) -> str | None:
    """Who decides at the place of filing, township or county, as pinned with the decision."""
    places = (application.decision or {}).get("places", ())
    place = next((p for p in places if p["role"] == application.filing_role), None)
    return place["decided_by"] if place else None


# --- Acting ---


def perform(
    desk: Desk,
    application: Application,
    act: Act,
    *,
    version: int,
    reasons: str | None = None,
    meets: bool | None = None,
) -> None:
    """Do one act: event, clock, message and audit in one transaction. Commits.

    `version`: that of the case when the form was made. `reasons`: written reasons, sealed. `meets`:
    the township's opinion. Raises `ActNotPossibleError`, or `ChangedMeanwhileError` when someone
    else was first, or `OwnCaseError` for a case of the officer's own family; no act is written then.
    """
    if application.version != version:
        raise ChangedMeanwhileError
    _refuse_own_case(desk, application)
    move = move_for(
        route_for(application),
        application.state,
        act,
        holder=desk.holder,
        role=desk.officer.role,
    )
    try:
        _write(desk, application, move, reasons, meets)
        db.session.commit()
    except (StaleDataError, IntegrityError) as error:
        db.session.rollback()
        raise ChangedMeanwhileError from error


def _refuse_own_case(desk: Desk, application: Application) -> None:
    """Nobody acts on a case in which they or a relative of theirs stand; the attempt is kept.

    `Officer.kin_keys` are keyed hashes of ID numbers and phones, the officer's own first.
    """
    if not desk.officer.kin_keys:
        return
    named = db.session.scalar(
        select(SearchKey.id).where(
            SearchKey.application_id == application.id, SearchKey.hash.in_(desk.officer.kin_keys)
        )
    )
    if named is not None:
        audit.record("case.kin", actor=desk.actor, subject=f"application:{application.id}")
        db.session.commit()
        raise OwnCaseError


def _write(
    desk: Desk, application: Application, move: Move, reasons: str | None, meets: bool | None
) -> None:
    data: dict[str, object] = {"from": application.state}
    if meets is not None:
        data["meets"] = meets
    application.state = move.to
    if move.to in ENDED:
        application.live_key = None
        application.decided_on = today()
    event = events.append(
        application,
        move.event,
        actor_kind="officer",
        actor_id=desk.officer.id,
        office_id=desk.office.id,
        data=data,
        note=reasons or None,
        promise=promised_days(),
    )
    _tell(application, move, event)
    audit.record(
        f"application.{move.event}",
        actor=desk.actor,
        subject=f"application:{application.id}",
        data={"from": str(data["from"]), "to": str(move.to)},
    )


def _tell(application: Application, move: Move, event: Event) -> None:
    """A message to whoever filed, if they gave a phone."""
    phone = phone_of_filer(application)
    if not phone:
        return
    params: dict[str, object] = {"number": application.number}
    kind = _MESSAGES.get(move.event)
    if move.event == Happened.ACCEPTED:
        due = application.overall_due_on or application.due_on
        kind = "application_accepted" if due else "application_accepted_without_day"
        params["due"] = due or ""
    if move.event == Happened.FORWARDED_WITH_OPINION:
        county = _county_of(application)
        params["office"] = county.name if county else ""
    if kind is not None:
        subject = f"application:{application.id}"
        notifications.queue(kind, phone, params, subject=subject, event=event.id)


def _county_of(application: Application) -> Office | None:
    office = db.session.get(Office, application.office_id)
    return county_office(office.code) if office else None


# --- Looking at what is masked ---


def note_opened(desk: Desk, application: Application, *, revealed: bool) -> None:
    """Every look at a case is written down; the first one ends "nobody has opened it". Commits."""
    audit.record(
        "case.opened",
        actor=desk.actor,
        subject=f"application:{application.id}",
        data={"revealed": int(revealed)},
    )
    db.session.commit()


def note_revealed(desk: Desk, application: Application) -> None:
    """The officer asked to see ID numbers and phones: audited, and told to the citizen. Commits."""
    events.append(
        application,
        Happened.PERSONAL_DATA_VIEWED,
        actor_kind="officer",
        actor_id=desk.officer.id,
        office_id=desk.office.id,
        promise=promised_days(),
    )
    audit.record(
        "case.personal_data_viewed", actor=desk.actor, subject=f"application:{application.id}"
    )
    db.session.commit()


def note_file_read(desk: Desk, upload: Upload) -> None:
    """A file left the store for this officer. Commits."""
    audit.record(
        "case.file_read",
        actor=desk.actor,
        subject=f"application:{upload.application_id}",
        data={"upload": upload.id},
    )
    db.session.commit()


# --- Names on the page ---


def officers_of(rows: Sequence[Event]) -> dict[uuid.UUID, Officer]:
    """The officers named in these events, in one query."""
    ids = {event.actor_id for event in rows if event.actor_kind == "officer" and event.actor_id}
    found = db.session.scalars(
        select(Officer)
        .where(Officer.id.in_(ids))
        .options(load_only(Officer.display_name, Officer.office_id))
    )
    return {officer.id: officer for officer in found}


def is_waiting_for(desk: Desk, application: Application) -> bool:
    """Whether it is this desk's turn."""
    return State(application.state) in LIVE and holder_of(application.state) is desk.holder
