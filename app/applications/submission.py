"""The one transaction that turns a draft into an application."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from app import audit, vault
from app.accounts.models import Citizen, Officer
from app.applications import entrusting, promises, spouses
from app.applications.deadlines import keep_clock
from app.applications.drafts import NoDraftError, drop_orphans
from app.applications.filing import filing_of
from app.applications.models import (
    Application,
    Draft,
    Event,
    Happened,
    Party,
    SearchKey,
    State,
    Upload,
)
from app.applications.receipts import lookup_hash, new_number, search_hash
from app.applications.records import phone_of_filer, promised_days
from app.applications.steps import SIGNED_FORM, Filing, holders_of, journey_of
from app.clock import now, today
from app.delegation import authority, powers
from app.delegation.authority import Act
from app.delegation.models import PowerOfAttorney
from app.extensions import db, take_write_lock
from app.notifications import errands
from app.notifications import service as notifications
from app.statements import insert, insert_values, new, plainly, values_of

# The errand that everybody is told: of an application that was just sent.
_SENT = "application_submitted"
_BY_TOKEN = (
    select(Draft).where(Draft.token == bindparam("token")).execution_options(populate_existing=True)
)
_HELD = _BY_TOKEN.with_for_update()
# Nothing when somebody changed the draft, or sent it, since it was read.
_EMPTYING = (
    update(Draft.__table__)  # type: ignore[arg-type]
    .where(
        Draft.id == bindparam("draft"),
        Draft.submitted_at.is_(None),
        Draft.updated_at == bindparam("seen"),
    )
    .values(
        submitted_at=bindparam("at"),
        answers_sealed=None,
        facts_sealed=None,
        # What it sealed has moved on, and the key with it.
        data_key=vault.DESTROYED,
    )
)


class NotFinishedError(Exception):
    """The draft cannot be sent yet; `step` is the first page that is not done."""

    def __init__(self, draft_id: uuid.UUID, step: str) -> None:
        super().__init__(step)
        self.draft_id = draft_id
        self.step = step


class AlreadyOpenError(Exception):
    """An application for the same people and the same birth is being worked on."""


class _ChangedMeanwhileError(Exception):
    """The draft is no longer what the application was made of."""


@dataclass(frozen=True)
class Seen:
    """A form that somebody signed at a window: the officer who saw it and sends it, and its script."""

    by: Officer
    script: str


def submit(
    citizen: Citizen, token: str, *, seen: Seen | None = None, held: bool = False
) -> Application:
    """Make the application of a draft, once, however often and from wherever it is asked. Commits.

    `seen`: it was signed at a window. `held`: the caller holds the draft, and what it wrote so far
    belongs to it.
    Raises `NoDraftError`, `NotFinishedError` (with the page to go to) or `AlreadyOpenError`.
    """
    if not token.isprintable():
        # PostgreSQL cannot even compare a NUL.
        raise NoDraftError
    citizen_id = citizen.id
    try:
        return _submit(citizen, token, seen, hold=held)
    except (_ChangedMeanwhileError, NoDraftError, NotFinishedError):
        if held:
            raise
        # It may have been changed, or sent, while it was read: once more, with nobody else about.
        db.session.rollback()
        return submit(citizen, token, seen=seen, held=True)
    except IntegrityError:
        # Another one was first: with this very draft, or with the same people and birth.
        db.session.rollback()
        made = _made_from(citizen_id, token)
        if made is None:
            raise AlreadyOpenError from None
        return made


def _submit(sender: Citizen, token: str, seen: Seen | None, *, hold: bool) -> Application:
    """Work everything out before the first row is written, so that others wait for the writing alone.

    `hold`: nobody may change the draft, or end a power, from the first look on.
    """
    if hold:
        take_write_lock()
    draft = db.session.scalar(_HELD if hold else _BY_TOKEN, {"token": token})
    if draft is not None and draft.by_agent and not hold:
        return _submit(sender, token, seen, hold=True)
    if draft is None or draft.submitted_at is not None:
        made = _made_from(sender.id, token)
        if made is None:
            raise NoDraftError
        return made
    if draft.expires_at <= now() or not entrusting.may_fill(sender, draft):
        raise NoDraftError
    # The law may have moved on since the last answer: what it no longer asks for is not sent.
    found = filing_of(draft)
    filing = drop_orphans(draft, found, found)
    missing = journey_of(filing).first_incomplete
    if missing is not None:
        raise NotFinishedError(draft.id, missing)
    power = _power_to_send(sender.id, draft) if draft.by_agent else None
    seen_by = seen.by if seen else None
    application, event = _application(sender, draft, filing, seen_by)
    keys = _search_keys(application, filing)
    _empty(draft)
    _write(application, event, keys)
    if filing.pages:
        _take_uploads(draft, application)
    promises.carry_over(filing, application, form_in=seen.script if seen else None)
    audit.record(
        "application.submitted",
        actor=f"officer:{seen_by.id}" if seen_by else f"citizen:{application.citizen_id}",
        subject=f"application:{application.id}",
    )
    _note_window(draft, application, seen_by)
    errands.leave(_SENT, application.id)
    if power is not None:
        _stand_under(power, draft, application)
    db.session.commit()
    # What it was made of is the application's now.
    db.session.expire(draft)
    return application


def _made_from(citizen_id: uuid.UUID, token: str) -> Application | None:
    return db.session.scalar(
        select(Application).where(Application.token == token, Application.citizen_id == citizen_id)
    )


def _power_to_send(agent_id: uuid.UUID, draft: Draft) -> PowerOfAttorney:
    """The power that lets this agent send the draft now, held against being ended meanwhile."""
    power = entrusting.held_for(Act.SUBMIT, agent_id, draft)
    if power is None:
        raise NotFinishedError(draft.id, "check")
    return power


def _stand_under(power: PowerOfAttorney, draft: Draft, application: Application) -> None:
    """The application stays under its powers, and belongs to the principals who said yes by phone."""
    entrusting.move_on(draft, application)
    said = authority.confirmed(power.as_rules_see_it)
    for principal in power.people:
        if principal.person in said:
            spouses.note_entrusted(application, principal.person)
        if principal.citizen_id is not None:
            application.parties.append(
                Party(citizen_id=principal.citizen_id, person=principal.person, is_principal=True)
            )
    powers.note_act(power, Act.SUBMIT, application.citizen_id, application.number)


def _application(
    sender: Citizen, draft: Draft, filing: Filing, seen_by: Officer | None
) -> tuple[Application, Event]:
    """The application with everything pinned that the citizen was told, and its first event."""
    office, collect = filing.office, filing.collect_office
    if office is None or collect is None or filing.chosen is None:
        raise NotFinishedError(draft.id, "where")
    number = new_number()
    application = new(
        Application,
        {
            "id": uuid.uuid4(),
            "number": number,
            "service": draft.service,
            "citizen_id": sender.id,
            "by_agent": draft.by_agent,
            "token": draft.token,
            "live_key": live_key(filing),
            "lookup_hashes": _lookup_hashes(number, filing),
            # The key moves on with what it seals.
            "data_key": draft.data_key,
            "rulebooks": list(filing.decision["rulebooks"]),
            "filing_role": filing.chosen.role,
            "office_id": office.id,
            "first_office_id": office.id,
            "collect_office_id": collect.id,
            "state": State.SUBMITTED,
            "submitted_on": today(),
            "submitted_at": now(),
            "version": 1,
        },
    )
    vault.hand_on(draft, application)
    application.answers = {**_answers_kept(filing), **({SIGNED_FORM: True} if seen_by else {})}
    application.facts = {**filing.facts, "on": today().isoformat()}
    application.decision = dict(filing.decision)
    event = _submitted(application, draft, seen_by)
    keep_clock(application, [event], promise=promised_days())
    return application, event


def _write(application: Application, event: Event, keys: list[dict[str, Any]]) -> None:
    insert(application)
    insert_values(Event, [values_of(event)])
    insert_values(SearchKey, keys)
    # Nobody else stands in it yet.
    set_committed_value(application, "parties", [])


def _take_uploads(draft: Draft, application: Application) -> None:
    """Their owner is now the application alone, under the same key."""
    db.session.execute(
        update(Upload)
        .where(Upload.draft_id == draft.id)
        .values(application_id=application.id, draft_id=None)
    )


def _submitted(application: Application, draft: Draft, seen_by: Officer | None) -> Event:
    helped = {"helped_by": str(draft.officer_id)} if draft.window_office_id else {}
    sender = "agent" if application.by_agent else "citizen"
    return new(
        Event,
        {
            "id": uuid.uuid4(),
            "application_id": application.id,
            "sequence": 1,
            "kind": Happened.SUBMITTED,
            "happened_on": today(),
            "actor_kind": "officer" if seen_by else sender,
            "actor_id": seen_by.id if seen_by else application.citizen_id,
            "office_id": application.office_id,
            "data": {"role": application.filing_role, **helped},
        },
    )


def _answers_kept(filing: Filing) -> dict[str, Any]:
    """Only what the filing rests on: nothing of pages that a changed answer made pointless."""
    wanted = {*journey_of(filing).visible, "without"}
    return {name: value for name, value in filing.answers.items() if name in wanted}


def _note_window(draft: Draft, application: Application, seen_by: Officer | None) -> None:
    """Who filled it in with them, for their list of who has seen what."""
    if draft.window_office_id is not None:
        audit.record(
            "application.filled_at_window",
            actor=f"officer:{draft.officer_id}",
            subject=f"application:{application.id}",
            data={"how": "signed" if seen_by else "phone"},
        )


@errands.does(_SENT)
def tell(application_id: uuid.UUID) -> None:
    """Tell whoever sent it, and ask the spouses. The caller commits; nothing once the data is gone."""
    application = db.session.get(Application, application_id)
    if application is None or application.answers is None:
        return
    sender = db.session.get_one(Citizen, application.citizen_id)
    phone = phone_of_filer(application)
    if phone:
        own = sender.phone_hash == vault.keyed_hash("phone", phone)
        notifications.queue(
            "application_submitted",
            phone,
            {"number": application.number, "service": application.service},
            subject=f"application:{application.id}",
            event=Happened.SUBMITTED,
            script=sender.script if own else None,
        )
    spouses.ask_both(application, sender)


def _empty(draft: Draft) -> None:
    """A draft that was sent keeps only its token, for whoever taps again.

    Raises `_ChangedMeanwhileError` when it is not as it was read.
    """
    given = {"draft": draft.id, "at": now(), "seen": draft.updated_at}
    if plainly(_EMPTYING, given).rowcount != 1:
        raise _ChangedMeanwhileError


def is_open(filing: Filing) -> bool:
    """Whether an application for the same people and the same birth is being worked on."""
    known = select(Application.id).where(Application.live_key == live_key(filing))
    return db.session.scalar(known) is not None


def live_key(filing: Filing) -> str:
    """The keyed hash of a matter: service, the applicants' papers in order, and which one it is.

    That is which birth; of a 光荣证 that two provinces issue, whose.
    """
    people = [filing.answers[who] for who in filing.applicants]
    papers = [f"{person['id_kind']}:{person['id_number']}" for person in people]
    if filing.service.is_about_a_birth:
        which = str(int(filing.facts.get("joint_children") or 0) + 1)
    else:
        which = "+".join(holders_of(filing.service, filing.facts, filing.answers["where"]["role"]))
    return vault.keyed_hash("live", "|".join([filing.service, *papers, which]))


def _people(filing: Filing) -> dict[str, Mapping[str, Any]]:
    who = [
        "woman",
        *(["man"] if filing.has_man else []),
        *(["agent"] if filing.filer == "agent" else []),
    ]
    return {name: filing.answers[name] for name in who}


def _lookup_hashes(number: str, filing: Filing) -> list[str]:
    tails = {
        person[kind][-4:]
        for person in _people(filing).values()
        for kind in ("phone", "id_number")
        if person.get(kind)
    }
    return sorted(lookup_hash(number, tail) for tail in tails)


def _search_keys(application: Application, filing: Filing) -> list[dict[str, Any]]:
    return [
        {
            "application_id": application.id,
            "person": who,
            "kind": kind,
            "hash": search_hash(kind, person[kind]),
        }
        for who, person in _people(filing).items()
        for kind in ("name", "id_number", "phone")
        if person.get(kind)
    ]
