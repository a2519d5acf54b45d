"""Drafts, their files, and the one transaction that turns a draft into an application."""

from __future__ import annotations

import secrets
import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from flask import current_app
from flask_babel import gettext
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from app import audit, files, vault
from app.accounts.models import Citizen
from app.applications.deadlines import keep_clock
from app.applications.models import (
    Application,
    Draft,
    Event,
    Happened,
    SearchKey,
    Service,
    State,
    Upload,
)
from app.applications.steps import (
    SERVICE_OF,
    Filing,
    OfficeChoice,
    PlaceChoice,
    journey_of,
    papers_for,
)
from app.clock import SHANGHAI, now, today
from app.extensions import db, take_write_lock
from app.fields import comparable_name
from app.language import current_script
from app.notifications import service as notifications
from app.places.models import Office
from app.places.service import canonical
from app.policy.decide import decide
from app.policy.facts import Facts

DRAFT_LIFE = timedelta(days=90)
WARNED_BEFORE = timedelta(days=14)
MOST_FILES, MOST_BYTES = 60, 120 * 1024 * 1024
# No 0 O 1 I L U: the number is read aloud on the phone.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_submitting = threading.Lock()


class NoDraftError(LookupError):
    """There is no such draft for this person: it never was theirs, or it has expired."""


class NotFinishedError(Exception):
    """The draft cannot be sent yet; `step` is the first page that is not done."""

    def __init__(self, draft_id: uuid.UUID, step: str) -> None:
        super().__init__(step)
        self.draft_id = draft_id
        self.step = step


class AlreadyOpenError(Exception):
    """An application for the same people and the same birth is being worked on."""


# --- Drafts ---


def get_draft(citizen: Citizen, draft_id: uuid.UUID, *, to_change: bool = False) -> Draft:
    """The citizen's own open draft. Raises `NoDraftError` for any other.

    `to_change` keeps a second tab waiting, so that neither loses what the other saved.
    """
    if to_change:
        take_write_lock()
    draft = db.session.get(Draft, draft_id, with_for_update=to_change or None)
    if draft is None or draft.citizen_id != citizen.id or draft.submitted_at is not None:
        raise NoDraftError
    if draft.expires_at <= now():
        raise NoDraftError
    return draft


def open_draft(citizen: Citizen, service: Service) -> Draft | None:
    """The citizen's open draft for this service, if there is one that has not expired."""
    return db.session.scalar(
        select(Draft).where(Draft.open_key == _open_key(citizen, service), Draft.expires_at > now())
    )


def begin(citizen: Citizen, filing: Filing, *, afresh: bool = False) -> Draft:
    """Start a draft from what the checker knows; the caller commits.

    An open draft of the same service goes on with the new facts, so that nothing typed is lost;
    `afresh` deletes it first, for another couple.
    """
    service = filing.service
    _one_at_a_time(citizen)
    draft = db.session.scalar(select(Draft).where(Draft.open_key == _open_key(citizen, service)))
    if draft is not None and (afresh or draft.expires_at <= now()):
        drop(draft)
        db.session.flush()
        draft = None
    if draft is None:
        draft = Draft(
            citizen_id=citizen.id,
            service=service,
            open_key=_open_key(citizen, service),
            token=secrets.token_urlsafe(32),
            expires_at=now() + DRAFT_LIFE,
            answers={},
        )
        db.session.add(draft)
    draft.facts = dict(filing.facts)
    draft.as_of, draft.rulebooks = today(), filing.decision["rulebooks"]
    draft.answers = {**(draft.answers or {}), **filing.answers}
    _touch(draft)
    db.session.flush()
    _drop_orphans(draft)
    return draft


def save_answer(draft: Draft, step: str, answer: Mapping[str, Any]) -> None:
    """Keep the answer of a step; what it makes pointless goes. The caller commits.

    Raises `FactsError` when the answer contradicts a fact.
    """
    if step == "children":
        changed = rules_changed(draft)
        draft.facts = _with_child(draft.facts or {}, answer)
        if not changed:
            # Other texts may speak because the facts are others; that is no change of the law.
            draft.rulebooks = decision_for(draft.facts)["rulebooks"]
    draft.answers = {**(draft.answers or {}), step: dict(answer)}
    _touch(draft)
    if step in {"children", "where", "who"}:
        _drop_orphans(draft)


def other_service(filing: Filing) -> Service | None:
    """The other service, when that is what today's decision answers and this one no longer."""
    for place in sorted(filing.decision["places"], key=lambda place: not place["recommended"]):
        service = SERVICE_OF.get(place["outcome"]) if place["allowed"] else None
        if service is not None and service is not filing.service:
            return service
    return None


def change_service(draft: Draft, service: Service) -> None:
    """Go on with the same answers under the other service. The caller commits.

    Raises `IntegrityError` on flush when the citizen has an open draft of that service already.
    """
    draft.service = service
    draft.open_key = f"{draft.citizen_id}:{service}"
    db.session.flush()


def drop(draft: Draft) -> None:
    """Delete a draft with its files; the files themselves go with the next sweep. Caller commits."""
    for upload in list(draft.uploads):
        db.session.delete(upload)
    db.session.flush()
    db.session.delete(draft)


def drafts_of(citizen: Citizen) -> list[Draft]:
    """The citizen's open drafts, the latest first."""
    return list(
        db.session.scalars(
            select(Draft)
            .where(
                Draft.citizen_id == citizen.id,
                Draft.submitted_at.is_(None),
                Draft.expires_at > now(),
            )
            .order_by(Draft.updated_at.desc())
        )
    )


def applications_of(citizen: Citizen) -> list[Application]:
    """The citizen's applications, the latest first."""
    return list(
        db.session.scalars(
            select(Application)
            .where(Application.citizen_id == citizen.id)
            .order_by(Application.submitted_at.desc())
        )
    )


def _one_at_a_time(citizen: Citizen) -> None:
    """A second tap waits for the first and then finds the draft it made."""
    take_write_lock()
    db.session.execute(select(Citizen.id).where(Citizen.id == citizen.id).with_for_update())


def _open_key(citizen: Citizen, service: Service) -> str:
    return f"{citizen.id}:{service}"


def _touch(draft: Draft) -> None:
    draft.updated_at = now()
    draft.expires_at = now() + DRAFT_LIFE
    draft.warned_at = None


def _with_child(facts: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with what was said of the child; checked as of today."""
    body = {name: value for name, value in facts.items() if name != "born_on"}
    body |= {"stage": answer["stage"], "on": today().isoformat()}
    if answer.get("born_on"):
        body["born_on"] = answer["born_on"]
    return Facts.from_json(body).to_json()


# --- The filing as it stands today ---


def decision_for(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the law says today to these facts, in the terms of the JSON contract."""
    as_of_today = Facts.from_json({**facts, "on": today().isoformat()})
    return decide(as_of_today, current_app.extensions["law"]).to_json(str)


def rules_changed(draft: Draft) -> bool:
    """Whether what the law says to these facts rests on other texts, versions or parts than at first."""
    kept = {book["id"]: book.get("version") for book in draft.rulebooks}
    now_speaking = decision_for(draft.facts or {})["rulebooks"]
    if kept != {book["id"]: book["version"] for book in now_speaking}:
        return True
    held = current_app.extensions["law"].shelf.rulebooks
    return any(book.moved(draft.as_of, today()) for book in held if book.id in kept)


def filing_of(draft: Draft) -> Filing:
    """The draft with today's decision, the offices that could take it and the pages sent so far."""
    return _filing(Service(draft.service), draft.facts or {}, draft.answers or {}, _pages(draft))


def beginning(facts: Mapping[str, Any], role: str | None) -> Filing | None:
    """A filing that is only thought of: at the place with this role, else at the recommended one.

    None when the law answers neither registration nor approval there, or not yet.
    """
    places = decision_for(facts)["places"]
    wanted = [place for place in places if place["role"] == role and place["allowed"]]
    for place in [*wanted, *(place for place in places if place["recommended"])]:
        service = SERVICE_OF.get(place["outcome"])
        if service is not None:
            return _filing(service, facts, {"where": {"role": place["role"]}}, {})
    return None


def _filing(
    service: Service,
    facts: Mapping[str, Any],
    answers: Mapping[str, Any],
    pages: Mapping[str, int],
) -> Filing:
    decision = decision_for(facts)
    places = decision["places"]
    offices = _live_offices(place["division"] for place in places)
    return Filing(
        service=service,
        answers=answers,
        facts=facts,
        decision=decision,
        choices=_choices(places, offices, service),
        collect_offices=offices,
        pages=pages,
    )


def _choices(
    places: Iterable[Mapping[str, Any]], offices: tuple[OfficeChoice, ...], service: Service
) -> tuple[PlaceChoice, ...]:
    """The places that the law opens for this service online and that an office here serves."""
    found = []
    for place in places:
        if not (place["allowed"] and place["online"]):
            continue
        if SERVICE_OF.get(place["outcome"]) is not service:
            continue
        serving = _serving(place, offices)
        if serving:
            found.append(PlaceChoice(place, serving))
    return tuple(found)


def _serving(
    place: Mapping[str, Any], offices: tuple[OfficeChoice, ...]
) -> tuple[OfficeChoice, ...]:
    """The township itself; every township when only the county is known; else the county's office."""
    division = canonical(place["division"])
    scope = division[:2] if place["any_township"] else division
    townships = tuple(one for one in offices if len(one.code) == 9 and one.code.startswith(scope))
    return townships or tuple(one for one in offices if one.code == division[:6])


def _live_offices(divisions: Iterable[str]) -> tuple[OfficeChoice, ...]:
    """The offices live on this installation in the counties of these divisions."""
    counties = {canonical(division)[:6] for division in divisions if division.isdigit()}
    if not counties:
        return ()
    rows = db.session.scalars(
        select(Office)
        .where(
            Office.live,
            or_(*(Office.code.startswith(county) for county in sorted(counties))),
        )
        .order_by(Office.code)
    )
    traditional = current_script() == "zh_Hant"
    return tuple(
        OfficeChoice(id=row.id, code=row.code, name=row.name_hant if traditional else row.name)
        for row in rows
    )


def _pages(draft: Draft) -> dict[str, int]:
    rows = db.session.execute(
        select(Upload.document_id, func.count())
        .where(Upload.draft_id == draft.id, Upload.replaced_at.is_(None))
        .group_by(Upload.document_id)
    )
    return {row[0]: row[1] for row in rows}


# --- Files ---


def save_upload(draft: Draft, document_id: str, name: str, cleaned: files.CleanFile) -> Upload:
    """Keep a cleaned file sealed, and note it on the draft. The caller commits.

    Raises `files.FileRefusedError` with a sentence for the person.
    """
    count, size = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Upload.size), 0)).where(
            Upload.draft_id == draft.id
        )
    ).one()
    if count >= MOST_FILES or size + len(cleaned.content) > MOST_BYTES:
        raise files.FileRefusedError(gettext("传的文件太多了，请先删掉不需要的"))
    page = db.session.scalar(
        select(func.coalesce(func.max(Upload.page), 0) + 1).where(
            Upload.draft_id == draft.id, Upload.document_id == document_id
        )
    )
    upload = Upload(
        draft=draft,
        document_id=document_id,
        page=page,
        key=files.new_key(),
        sha256=cleaned.sha256,
        size=len(cleaned.content),
        media_type=cleaned.media_type,
        name=shown_name(name),
    )
    db.session.add(upload)
    sealed = vault.seal_bytes(cleaned.content, owner=draft, place=_file_place(upload))
    # Before the row is committed: a file without a row is swept, a row without a file is a loss.
    files.store().put(upload.key, sealed)
    forget_without(draft, document_id)
    _touch(draft)
    return upload


def read_upload(upload: Upload) -> bytes:
    """The clean content of an upload. Raises `vault.VaultError` or `FileNotFoundError`."""
    sealed = files.store().get(upload.key)
    return vault.open_bytes(sealed, owner=upload.vault_owner, place=_file_place(upload))


def upload_of(draft: Draft, upload_id: uuid.UUID) -> Upload:
    """An upload of this draft. Raises `NoDraftError` for any other."""
    upload = db.session.get(Upload, upload_id)
    if upload is None or upload.draft_id != draft.id:
        raise NoDraftError
    return upload


def choose_without(draft: Draft, document_id: str, instead: str) -> None:
    """Note what takes the place of a paper. The caller commits."""
    answers = draft.answers or {}
    draft.answers = {**answers, "without": {**answers.get("without", {}), document_id: instead}}
    _touch(draft)


def forget_without(draft: Draft, document_id: str) -> None:
    """The paper is at hand after all. The caller commits."""
    answers = draft.answers or {}
    rest = {key: value for key, value in answers.get("without", {}).items() if key != document_id}
    draft.answers = {**answers, "without": rest}


def warn_expiring() -> int:
    """Queue a notice for each draft that will be deleted in two weeks; how many. The caller commits."""
    drafts = db.session.scalars(
        select(Draft)
        .options(joinedload(Draft.citizen))
        .where(
            Draft.expires_at <= now() + WARNED_BEFORE,
            Draft.expires_at > now(),
            Draft.submitted_at.is_(None),
            Draft.warned_at.is_(None),
        )
        .limit(1000)
    ).all()
    for draft in drafts:
        draft.warned_at = now()
        notifications.queue(
            "draft_expiring",
            draft.citizen.phone or "",
            {"service": draft.service, "day": draft.expires_at.astimezone(SHANGHAI).date()},
            subject=f"draft:{draft.id}",
            script=draft.citizen.script,
        )
    return len(drafts)


def sweep() -> int:
    """Delete expired drafts, and stored files that no row knows; the number of files deleted.

    Nightly work; commits. A file is left alone for an hour: its row may not be committed yet.
    """
    for draft in db.session.scalars(
        select(Draft).where(Draft.expires_at <= now(), Draft.submitted_at.is_(None)).limit(1000)
    ):
        drop(draft)
    db.session.commit()
    known = set(db.session.scalars(select(Upload.key)))
    old = now().timestamp() - 3600
    swept = 0
    for key, written in list(files.store().listing()):
        if key not in known and written < old:
            files.store().delete(key)
            swept += 1
    return swept


def _drop_orphans(draft: Draft) -> None:
    """Papers that the new answers no longer ask for are not kept."""
    wanted = {paper["id"] for paper in filing_of(draft).documents}
    for upload in list(draft.uploads):
        if upload.document_id not in wanted:
            db.session.delete(upload)
    db.session.flush()
    db.session.expire(draft, ["uploads"])
    answers = draft.answers or {}
    kept = {key: value for key, value in answers.get("without", {}).items() if key in wanted}
    draft.answers = {**answers, "without": kept}


def _file_place(upload: Upload) -> str:
    return f"uploads.file.{upload.id}"


def shown_name(name: str) -> str:
    """The sender's name for a file, only ever shown: no folders, nothing invisible, 100 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable()).strip(". ")[:100]


# --- Sending ---


def submit(citizen: Citizen, token: str) -> Application:
    """Make the application of a draft, once, however often and from wherever it is asked. Commits.

    Raises `NoDraftError`, `NotFinishedError` (with the page to go to) or `AlreadyOpenError`.
    """
    if not token.isprintable():
        # PostgreSQL cannot even compare a NUL.
        raise NoDraftError
    citizen_id = citizen.id
    with _submitting:
        try:
            return _submit(citizen_id, token)
        except IntegrityError:
            # Another process was first: with this very draft, or with the same people and birth.
            db.session.rollback()
            made = _made_from(citizen_id, token)
            if made is None:
                raise AlreadyOpenError from None
            return made
        except Exception:
            # Let go of the write lock before the next one of this process tries for it.
            db.session.rollback()
            raise


def _submit(citizen_id: uuid.UUID, token: str) -> Application:
    # What this request has read so far may be old by now.
    db.session.rollback()
    take_write_lock()
    draft = db.session.scalar(
        select(Draft).where(Draft.token == token, Draft.citizen_id == citizen_id).with_for_update()
    )
    if draft is None or draft.submitted_at is not None:
        made = _made_from(citizen_id, token)
        if made is None:
            raise NoDraftError
        return made
    if draft.expires_at <= now():
        raise NoDraftError
    # The law may have moved on since the last answer: what it no longer asks for is not sent.
    _drop_orphans(draft)
    filing = filing_of(draft)
    missing = journey_of(filing).first_incomplete
    if missing is not None:
        raise NotFinishedError(draft.id, missing)
    application = _application(draft, filing)
    _record_submitted(application, filing)
    _empty(draft)
    db.session.commit()
    return application


def get_application(citizen: Citizen, number: str) -> Application:
    """The citizen's own application. Raises `NoDraftError` for any other."""
    application = db.session.scalar(
        select(Application).where(
            Application.number == read_number(number), Application.citizen_id == citizen.id
        )
    )
    if application is None:
        raise NoDraftError
    return application


def filed_place(application: Application) -> dict[str, Any] | None:
    """The place of the pinned decision it was filed at; None once the data is gone."""
    places = (application.decision or {}).get("places", ())
    return next((place for place in places if place["role"] == application.filing_role), None)


def papers_of(application: Application) -> list[tuple[Mapping[str, Any], int, str | None]]:
    """Each paper asked for, how many pages of it were sent, and what was chosen instead."""
    answers = application.answers or {}
    place = filed_place(application) or {"documents": ()}
    pages = Counter(each.document_id for each in application.uploads if each.replaced_at is None)
    return [
        (paper, pages[paper["id"]], answers.get("without", {}).get(paper["id"]))
        for paper in papers_for(place["documents"], answers.get("who", {}).get("filer"))
        if paper["form"] != "filled_in"
    ]


def office_names(*office_ids: uuid.UUID) -> dict[uuid.UUID, str]:
    """Names of offices in the reader's script."""
    traditional = current_script() == "zh_Hant"
    rows = db.session.scalars(select(Office).where(Office.id.in_(office_ids)))
    return {row.id: row.name_hant if traditional else row.name for row in rows}


def uploads_by_document(draft: Draft) -> dict[str, list[Upload]]:
    """The pages of each document, in order."""
    grouped: dict[str, list[Upload]] = {}
    for upload in draft.uploads:
        grouped.setdefault(upload.document_id, []).append(upload)
    return grouped


def _made_from(citizen_id: uuid.UUID, token: str) -> Application | None:
    return db.session.scalar(
        select(Application).where(Application.token == token, Application.citizen_id == citizen_id)
    )


def _application(draft: Draft, filing: Filing) -> Application:
    """The application with everything pinned that the citizen was told."""
    office, collect = filing.office, filing.collect_office
    if office is None or collect is None or filing.chosen is None:
        raise NotFinishedError(draft.id, "where")
    number = new_number()
    uploads = list(draft.uploads)
    application = Application(
        number=number,
        service=draft.service,
        citizen_id=draft.citizen_id,
        token=draft.token,
        live_key=live_key(filing),
        lookup_hashes=_lookup_hashes(number, filing),
        # The key moves on with what it seals; the draft gets a new one.
        data_key=draft.data_key,
        answers=_answers_kept(filing),
        facts={**filing.facts, "on": today().isoformat()},
        decision=dict(filing.decision),
        rulebooks=list(filing.decision["rulebooks"]),
        filing_role=filing.chosen.role,
        office_id=office.id,
        first_office_id=office.id,
        collect_office_id=collect.id,
        state=State.SUBMITTED,
        submitted_on=today(),
        submitted_at=now(),
    )
    db.session.add(application)
    application.search_keys = _search_keys(filing)
    for upload in uploads:
        # Its owner is now the application alone, under the same key.
        upload.application, upload.draft = application, None
    return application


def _answers_kept(filing: Filing) -> dict[str, Any]:
    """Only what the filing rests on: nothing of pages that a changed answer made pointless."""
    wanted = {*journey_of(filing).visible, "without"}
    return {name: value for name, value in filing.answers.items() if name in wanted}


def _record_submitted(application: Application, filing: Filing) -> None:
    event = Event(
        application=application,
        sequence=1,
        kind=Happened.SUBMITTED,
        happened_on=today(),
        actor_kind="agent" if filing.filer == "agent" else "citizen",
        actor_id=application.citizen_id,
        office_id=application.office_id,
        data={"role": application.filing_role},
    )
    db.session.add(event)
    keep_clock(application, [event], promise=promised_days())
    audit.record(
        "application.submitted",
        actor=f"citizen:{application.citizen_id}",
        subject=f"application:{application.id}",
    )
    for who, person in _people(filing).items():
        if not person.get("phone"):
            continue
        kind = "application_submitted" if who == filing.filer else "application_for_you"
        if kind == "application_for_you" and filing.filer != "agent":
            # A spouse is asked to confirm, not told of a stranger's act.
            continue
        notifications.queue(
            kind,
            person["phone"],
            {"number": application.number, "service": application.service},
            subject=f"application:{application.id}",
        )


def _empty(draft: Draft) -> None:
    """A draft that was sent keeps only its token, for whoever taps again."""
    draft.submitted_at = now()
    draft.open_key = None
    draft.answers = None
    draft.facts = None
    draft.data_key = vault.new_data_key()


def phone_of_filer(application: Application) -> str | None:
    """Where messages about the case go: the phone of whoever filed, if they gave one."""
    answers = application.answers or {}
    filer = answers.get("who", {}).get("filer", "woman")
    phone: str | None = (answers.get(filer) or {}).get("phone")
    return phone


def promised_days() -> int:
    """Working days in which this operator accepts, or says what is missing (本单位承诺)."""
    return int(current_app.config["PROMISE_ACCEPT_WORKING_DAYS"])


# --- Numbers and hashes ---


def new_number() -> str:
    """A receipt number such as JJB-7F3K-92QD-H4TM: 12 characters nobody can guess."""
    characters = [secrets.choice(_ALPHABET) for _ in range(12)]
    groups = ["".join(characters[start : start + 4]) for start in (0, 4, 8)]
    return "-".join(["JJB", *groups])


def read_number(typed: str) -> str:
    """The receipt number in its one spelling, from what a person typed: blanks, small letters, no dashes."""
    plain = "".join(c for c in typed.upper() if c.isascii() and c.isalnum())
    body = plain.removeprefix("JJB")
    return "-".join(["JJB", *(body[start : start + 4] for start in range(0, len(body), 4))])


def live_key(filing: Filing) -> str:
    """The keyed hash of a matter: service, the adults' papers in order, which birth it is."""
    people = [filing.answers["woman"], *([filing.answers["man"]] if filing.has_man else [])]
    papers = [f"{person['id_kind']}:{person['id_number']}" for person in people]
    order = int(filing.facts.get("joint_children") or 0) + 1
    return vault.keyed_hash("live", "|".join([filing.service, *papers, str(order)]))


def lookup_hash(number: str, tail: str) -> str:
    """The keyed hash under which `find_by_receipt` knows the last four of a phone or an ID."""
    return vault.keyed_hash("lookup", f"{number}|{tail.upper()}")


def find_by_receipt(number: str, tail: str) -> Application | None:
    """The application with this number, for someone who knows the last four of a phone or ID in it."""
    application = db.session.scalar(
        select(Application).where(Application.number == read_number(number))
    )
    wanted = lookup_hash(read_number(number), tail.strip())
    known = application.lookup_hashes if application else []
    found = [secrets.compare_digest(wanted, each) for each in known]
    return application if any(found) else None


def search_hash(kind: str, value: str) -> str:
    """The keyed hash of an `id_number`, `phone` or `name` in `SearchKey`."""
    return vault.keyed_hash(f"search.{kind}", comparable_name(value) if kind == "name" else value)


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


def _search_keys(filing: Filing) -> list[SearchKey]:
    return [
        SearchKey(person=who, kind=kind, hash=search_hash(kind, person[kind]))
        for who, person in _people(filing).items()
        for kind in ("name", "id_number", "phone")
        if person.get(kind)
    ]
