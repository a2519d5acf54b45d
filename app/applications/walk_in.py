"""At the window: a clerk fills in a draft together with somebody who stands there.

The draft is the window's until its person takes it. They say yes on their own phone, and it is sent as
theirs; or they take it home on their phone and go on by themselves; or they sign the printed form, and
the clerk who saw it sends it. Whatever a clerk does to it is in the audit trail as the clerk's act, and
nobody does it for their own family.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app import audit
from app.accounts.models import Officer
from app.accounts.service import kin_key
from app.applications import drafts, handing_over, promises, submission, taking
from app.applications.filing import filing_of
from app.applications.models import Application, Draft
from app.applications.steps import SIGNED_FORM, Filing, journey_of
from app.applications.told import told
from app.audit import AuditEvent
from app.clock import now
from app.delegation import asking
from app.delegation.models import ConfirmationRequest
from app.delegation.powers import phone_hash
from app.extensions import db, take_write_lock
from app.language import current_script
from app.notifications.wording import SERVICES
from app.papers.routes import SCRIPTS

WALK_IN = "walk_in"
# In a clerk's browser: the draft for which the checker is being answered anew.
RECHECKED = "rechecked"


class OwnFamilyError(Exception):
    """The officer or a relative stands in this draft; a colleague has to do it."""


class NotSignedError(Exception):
    """Nobody has photographed the signed form."""


# --- Whose ---


def drafts_of(officer: Officer) -> Sequence[Draft]:
    """What is being filled in at this officer's window, the latest first."""
    return db.session.scalars(
        select(Draft)
        .where(
            Draft.window_office_id == officer.office_id,
            Draft.submitted_at.is_(None),
            Draft.expires_at > now(),
        )
        .order_by(Draft.updated_at.desc())
    ).all()


def sent_from(officer: Officer, draft_id: uuid.UUID) -> Application | None:
    """The application that was made of a draft of this window."""
    token = select(Draft.token).where(
        Draft.id == draft_id,
        Draft.window_office_id == officer.office_id,
        Draft.submitted_at.is_not(None),
    )
    return db.session.scalar(select(Application).where(Application.token.in_(token)))


def is_kin(officer: Officer, person: Mapping[str, Any]) -> bool:
    """Whether this person is the officer or a relative of theirs."""
    keys = {kin_key(kind, person[kind]) for kind in ("id_number", "phone") if person.get(kind)}
    return bool(keys & set(officer.kin_keys))


def refuse_own_family(draft: Draft, officer: Officer) -> None:
    """Raises `OwnFamilyError` when one of the couple is the officer's own; the try is kept."""
    answers = draft.answers or {}
    if any(is_kin(officer, answers.get(who) or {}) for who in ("woman", "man")):
        note_kin(draft, officer)
        db.session.commit()
        raise OwnFamilyError


def note_kin(draft: Draft, officer: Officer) -> None:
    """Somebody tried to file for their own family. The caller commits."""
    _audit("draft.kin", draft, officer)


def note_changed(draft: Draft, officer: Officer, view: str) -> None:
    """The clerk's hand on the draft: what somebody was asked to confirm is no longer what it says.

    The caller commits.
    """
    asking.close(WALK_IN, draft.id)
    _audit("draft.filled_at_window", draft, officer, view=view)


def note_looked(draft: Draft, officer: Officer, kind: str, **data: object) -> None:
    """A page of it, a photo in it or its printed form was shown to this officer. Commits.

    What the same request tried and could not keep is left behind; small pictures come with their page.
    """
    db.session.rollback()
    _audit(f"draft.{kind}", draft, officer, **data)
    db.session.commit()


# --- Asking its person ---


def person_of(draft: Draft) -> tuple[str, Mapping[str, Any]]:
    """Who stands at the window, woman or man, and what was typed of them so far."""
    answers = draft.answers or {}
    who = answers.get("who", {}).get("filer") or "woman"
    return who, answers.get(who) or {}


def has_own_phone(draft: Draft) -> bool:
    """Whether the person gave a phone, and it is not also the other's."""
    who, named = person_of(draft)
    other = (draft.answers or {}).get("man" if who == "woman" else "woman") or {}
    return bool(named.get("phone")) and named.get("phone") != other.get("phone")


def ask(draft: Draft, officer: Officer) -> str:
    """Send the person the question whether it is right and may be sent; the address, to be scanned.

    The caller commits, also after `asking.TooMany`. Raises `OwnFamilyError`.
    """
    return _to_phone(WALK_IN, draft, officer)


def offer(draft: Draft, officer: Officer) -> str:
    """Send the person the question whether they go on by themselves; the address, to be scanned.

    The caller commits, also after `asking.TooMany`. Raises `OwnFamilyError`.
    """
    return _to_phone(handing_over.DRAFT, draft, officer)


def said_no(drafts: Iterable[Draft]) -> Mapping[uuid.UUID, datetime]:
    """When its person said that a draft is not right, of those that wait for another try."""
    found = asking.refused([WALK_IN], [draft.id for draft in drafts])
    return {draft_id: at for (_kind, draft_id), at in found.items()}


def left_here(draft: Draft) -> datetime | None:
    """When its person said that they do not take this draft home."""
    return asking.refused([handing_over.DRAFT], [draft.id]).get((handing_over.DRAFT, draft.id))


def _to_phone(kind: str, draft: Draft, officer: Officer) -> str:
    refuse_own_family(draft, officer)
    who, named = person_of(draft)
    _audit(f"draft.{'asked' if kind == WALK_IN else 'offered'}", draft, officer)
    return asking.ask_here(
        kind,
        draft.id,
        who,
        phone=named["phone"],
        id_number=named["id_number"],
        asker=f"officer:{officer.id}",
    )


# --- Sending ---


def is_complete(filing: Filing) -> bool:
    """Whether everything is there but its person's word."""
    return journey_of(filing).first_incomplete is None


def send_signed(draft: Draft, officer: Officer) -> Application:
    """Send what its person has signed before this officer. Commits.

    Raises `NotSignedError`, `OwnFamilyError`, and as `submission.submit` does.
    """
    refuse_own_family(draft, officer)
    if not filing_of(draft).pages.get(SIGNED_FORM):
        raise NotSignedError
    takes_it = person_of(draft) if has_own_phone(draft) else None
    seen = submission.Seen(officer, _script_printed(draft))
    application = submission.submit(draft.citizen, draft.token, seen=seen)
    if takes_it is not None:
        taking.offer(application, *takes_it, asker=f"officer:{officer.id}")
    return application


def _script_printed(draft: Draft) -> str:
    """The script of the form that was printed last, and so signed."""
    printed = db.session.scalar(
        select(AuditEvent.data)
        .where(AuditEvent.subject == f"draft:{draft.id}", AuditEvent.kind == "draft.printed")
        .order_by(AuditEvent.sequence.desc())
        .limit(1)
    )
    return SCRIPTS[printed["script"]] if printed else current_script()


class ByPerson:
    """Whether what a clerk filled in with somebody is right, and may be sent. About a row of `Draft`."""

    template = "applications/_asked_walk_in.html"
    needs_account = False

    def message(self, asked: ConfirmationRequest) -> tuple[str, Mapping[str, object]]:
        """Which service, and nobody's name."""
        draft = db.session.get_one(Draft, asked.subject_id)
        return "walk_in_confirmation", {"service": draft.service}

    def told(self, asked: ConfirmationRequest) -> Mapping[str, Any] | None:
        """What would be sent, while it is the window's, complete, and nobody else's matter already."""
        draft = db.session.get(Draft, asked.subject_id)
        if draft is None or draft.submitted_at is not None or draft.window_office_id is None:
            return None
        _who, named = person_of(draft)
        if draft.expires_at <= now() or phone_hash(named.get("phone") or "") != asked.phone_hash:
            return None
        filing = filing_of(draft)
        if not is_complete(filing) or submission.is_open(filing):
            return None
        return {
            "filing": filing,
            "told": told(filing.answers, masked=False),
            "promised": promises.words_in(filing),
            "consequence": promises.consequence(),
            "service": SERVICES[draft.service](),
            "papers": [paper for paper in filing.documents if paper["id"] != SIGNED_FORM],
        }

    def take(self, asked: ConfirmationRequest, answer: asking.Answer) -> None:
        """It is theirs, and sent; or it stays with the window, to be put right."""
        take_write_lock()
        draft = db.session.get_one(Draft, asked.subject_id, with_for_update=True)
        actor, subject = f"citizen:{answer.citizen.id}", f"draft:{draft.id}"
        if not answer.yes:
            audit.record("draft.not_confirmed", actor=actor, subject=subject)
            return
        audit.record("draft.confirmed", actor=actor, subject=subject)
        drafts.give_to(draft, answer.citizen)
        try:
            submission.submit(answer.citizen, draft.token, held=True)
        except (submission.NotFinishedError, submission.AlreadyOpenError) as error:
            raise asking.OverError from error


asking.register(WALK_IN, ByPerson())


def _audit(kind: str, draft: Draft, officer: Officer, **data: object) -> None:
    audit.record(kind, actor=f"officer:{officer.id}", subject=f"draft:{draft.id}", data=data)


def names_of(officer_ids: Iterable[uuid.UUID | None]) -> Mapping[uuid.UUID, str]:
    """The names of these officers, in one query."""
    rows = db.session.execute(
        select(Officer.id, Officer.display_name).where(Officer.id.in_(set(officer_ids) - {None}))
    )
    return {row.id: row.display_name for row in rows}
