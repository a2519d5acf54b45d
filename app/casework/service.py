"""The desk: which cases an officer may see, and what becomes of them by an act.

Loading is authorising: `get_case_for` answers 404 for every case outside the officer's office (a
township or street) or county, just as for one that does not exist.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import abort
from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, load_only, selectinload
from sqlalchemy.orm.exc import StaleDataError

from app import audit
from app.accounts.guards import deny
from app.accounts.models import Officer, Role
from app.applications import events
from app.applications.deadlines import Deadline, deadlines_for
from app.applications.models import (
    ENDED,
    Application,
    Event,
    Happened,
    SearchKey,
    State,
    Upload,
)
from app.applications.notices import close_open
from app.applications.records import papers_decided_on, promised_days, tell
from app.casework.acts import (
    PLAIN,
    Act,
    ActNotPossibleError,
    Holder,
    Move,
    Route,
    acts_for,
    move_for,
    route_of,
)
from app.clock import now, today
from app.extensions import db
from app.places.models import Office
from app.places.service import county_office

_MESSAGES: Mapping[str, str] = {
    Happened.CORRECTION_ASKED: "correction_asked",
    Happened.SENT_ON: "application_sent_on",
    Happened.FORWARDED_WITH_OPINION: "application_forwarded",
    Happened.REGISTERED: "application_registered",
    Happened.APPROVED: "application_approved",
    Happened.REFUSED: "application_refused",
}


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


def desk_of(officer: Officer) -> Desk:
    """The desk of a signed-in officer; 404 when their office is no longer known here."""
    office = db.session.get(Office, officer.office_id)
    if office is None:
        abort(404)
    return Desk(officer, office)


# --- Reading ---


def get_case_for(desk: Desk, case_id: uuid.UUID) -> Application:
    """The case, if it lies with this desk; else 404 as for a missing one, and the try is written down."""
    found = db.session.scalar(
        select(Application)
        .where(Application.id == case_id, in_reach(desk))
        .options(selectinload(Application.events), selectinload(Application.uploads))
        .execution_options(populate_existing=True)
    )
    if found is None:
        deny()
        abort(404)
    return found


def upload_of(application: Application, upload_id: uuid.UUID) -> Upload:
    """A file of this case; 404 for any other, and for one that waits for the virus scanner."""
    found = next((each for each in application.uploads if each.id == upload_id), None)
    return found if found is not None and found.quarantined_at is None else abort(404)


def in_reach(desk: Desk) -> ColumnElement[bool]:
    """A township's own cases; at the county, those of all its townships and streets."""
    return of_offices(desk, Application.office_id)


def of_offices(desk: Desk, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Rows whose office, in `column`, is this desk's own, or at the county any below it."""
    if desk.holder is Holder.TOWNSHIP:
        return column == desk.office.id
    return column.in_(offices_in_reach(desk))


def offices_in_reach(desk: Desk) -> Select[uuid.UUID]:
    """The own office; at the county, all its townships and streets as well."""
    if desk.holder is Holder.TOWNSHIP:
        return select(Office.id).where(Office.id == desk.office.id)
    return select(Office.id).where(Office.code.startswith(desk.office.code[:6]))


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
    ground: str | None = None,
) -> None:
    """Do one act: event, clock, message and audit in one transaction. Commits.

    `version`: that of the case when the form was made. `reasons`: written reasons, sealed. `meets`:
    the township's opinion. `ground`: of a refusal, from the catalogue. Raises `ActNotPossibleError`, or `ChangedMeanwhileError` when someone
    else was first, or `OwnCaseError` for a case of the officer's own family; no act is written then.
    """
    if act not in PLAIN:
        raise ActNotPossibleError(f"{act} needs more than a word")
    move = allowed(desk, application, act, version=version)
    with first_come():
        noted = {"meets": meets, "ground": ground}
        data = {name: value for name, value in noted.items() if value is not None}
        write(desk, application, move, reasons=reasons, data=data)


def allowed(desk: Desk, application: Application, act: Act, *, version: int) -> Move:
    """What this act would do, when this desk may do it to the case as its form was made from.

    Raises as `perform` does.
    """
    if application.version != version:
        raise ChangedMeanwhileError
    refuse_own_case(desk, application)
    return move_for(
        route_for(application),
        application.state,
        act,
        holder=desk.holder,
        role=desk.officer.role,
    )


@contextmanager
def first_come() -> Iterator[None]:
    """Commit what is written inside; whoever comes second writes nothing.

    Raises `ChangedMeanwhileError` for them.
    """
    try:
        yield
        db.session.commit()
    except (StaleDataError, IntegrityError) as error:
        db.session.rollback()
        raise ChangedMeanwhileError from error


def refuse_own_case(desk: Desk, application: Application) -> None:
    """Nobody acts on a case in which they or a relative of theirs stand; the attempt is kept.

    `Officer.kin_keys` are keyed hashes of ID numbers and phones, the officer's own first.
    """
    if not desk.officer.kin_keys:
        return
    named = db.session.scalar(
        select(SearchKey.hash).where(
            SearchKey.application_id == application.id, SearchKey.hash.in_(desk.officer.kin_keys)
        )
    )
    if named is not None:
        audit.record("case.kin", actor=desk.actor, subject=f"application:{application.id}")
        db.session.commit()
        raise OwnCaseError


def write(
    desk: Desk,
    application: Application,
    move: Move,
    *,
    reasons: str | None = None,
    data: Mapping[str, object] | None = None,
) -> None:
    """Write a move: state, event, clock, message, audit. `data`: more for the event. The caller commits."""
    noted: dict[str, object] = {"from": application.state, **(data or {})}
    application.state = move.to
    if move.to in ENDED:
        application.live_key = None
        application.decided_on = today()
        noted["papers"] = papers_decided_on(application)
    if move.to != State.CORRECTION_ASKED:
        close_open(application)
    event = events.append(
        application,
        move.event,
        actor_kind="officer",
        actor_id=desk.officer.id,
        office_id=desk.office.id,
        data=noted,
        note=reasons or None,
        promise=promised_days(),
    )
    _tell(application, move, event)
    audit.record(
        f"application.{move.event}",
        actor=desk.actor,
        subject=f"application:{application.id}",
        data={"from": str(noted["from"]), "to": str(move.to)},
    )


def _tell(application: Application, move: Move, event: Event) -> None:
    """A message about what was done, if this is one that is told."""
    params: dict[str, object] = {}
    if move.event == Happened.APPROVED:
        params["service"] = application.service
    kind = _MESSAGES.get(move.event)
    if move.event == Happened.ACCEPTED:
        due = application.overall_due_on or application.due_on
        kind = "application_accepted" if due else "application_accepted_without_day"
        params["due"] = due or ""
    if move.event == Happened.FORWARDED_WITH_OPINION:
        county = _county_of(application)
        params["office"] = county.name if county else ""
    if move.event == Happened.SENT_ON:
        params["office"] = db.session.get_one(Office, application.office_id).name
    if kind is not None:
        tell(application, kind, event=event.id, **params)


def _county_of(application: Application) -> Office | None:
    office = db.session.get(Office, application.office_id)
    return county_office(office.code) if office else None


# --- Looking at what is masked ---


def note_opened(desk: Desk, application: Application, *, revealed: bool) -> None:
    """Every look at a case is written down; a first one by those who act ends "nobody has opened it". Commits."""
    if application.opened_at is None and not desk.is_supervisor:
        # A statement, not the mapper: looking is no new version for others to stumble over.
        db.session.execute(
            update(Application)
            .where(Application.id == application.id, Application.opened_at.is_(None))
            .values(opened_at=now())
            .execution_options(synchronize_session=False)
        )
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


def note_letter_read(desk: Desk, application: Application, letter_id: uuid.UUID) -> None:
    """A letter with the couple's names was opened by this officer. Commits."""
    audit.record(
        "case.letter_read",
        actor=desk.actor,
        subject=f"application:{application.id}",
        data={"letter": letter_id},
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
