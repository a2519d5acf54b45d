"""What a window does with a certificate: finds it, prints it, hands it over, and takes one back.

Any window of the county may print, and so may those of the county where the couple collects.
Each act is an event, an entry in the audit trail and, where it concerns the couple, a message.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from app import audit
from app.accounts.models import Officer, Role
from app.applications.models import Application
from app.applications.receipts import read_number
from app.applications.records import phone_of_filer
from app.certificates.issuing import Origin, issue
from app.certificates.models import (
    Certificate,
    CertificateEvent,
    CertificateHappened,
    Standing,
)
from app.certificates.proof import read_certificate_number
from app.clock import now, today
from app.extensions import db, take_write_lock
from app.notifications import service as notifications
from app.places.models import Office

# A second press of the same button is no second print.
SAME_PRINT = timedelta(minutes=1)
# How long whoever noted a print may fetch the file for it.
FETCHED_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Window:
    """An officer, and the office they sit in."""

    officer: Officer
    office: Office

    @property
    def actor(self) -> str:
        """How the audit trail names the officer."""
        return f"officer:{self.officer.id}"


class NotPossibleError(Exception):
    """The certificate no longer is what the form was made from: somebody was first."""


class AgainError(Exception):
    """It was printed before: why again has to be said."""


# --- Finding ---


def find(window: Window, typed: str) -> Certificate | None:
    """The certificate of this number, or the latest of this application's number, if it is this window's.

    The try is written down, not what was typed. The caller commits.
    """
    number = read_certificate_number(typed)
    query = _of(window).order_by(Certificate.sequence.desc()).limit(1)
    if number is None:
        query = query.join(Certificate.application).where(
            Application.number == read_number(typed[:100])
        )
    else:
        query = query.where(Certificate.number == number)
    found = db.session.scalars(query).first()
    audit.record(
        "certificate.searched",
        actor=window.actor,
        subject=f"office:{window.office.id}",
        data={"found": int(found is not None)},
    )
    return found


def certificate_at(window: Window, certificate_id: uuid.UUID) -> Certificate | None:
    """The certificate, if it is this window's to print."""
    return db.session.scalar(_of(window).where(Certificate.id == certificate_id))


def note_opened(window: Window, certificate: Certificate) -> None:
    """A look at a certificate, masked as it is, is written down like one at a case. Commits."""
    _audit(window, certificate, "opened")
    db.session.commit()


def _of(window: Window) -> Select[Certificate]:
    return (
        select(Certificate)
        .where(_is_near(window))
        .options(selectinload(Certificate.events), joinedload(Certificate.application))
        .execution_options(populate_existing=True)
    )


def _is_near(window: Window) -> ColumnElement[bool]:
    county = select(Office.id).where(Office.code.startswith(window.office.code[:6]))
    return or_(
        Certificate.office_id.in_(county),
        Certificate.application.has(Application.collect_office_id.in_(county)),
    )


# --- Printing and handing over ---


def note_printed(
    window: Window, certificate: Certificate, *, script: str, again: str | None
) -> None:
    """It is printed here. Commits. The first print tells the couple that it is ready.

    Raises `AgainError` when it was printed before and `again` says no reason, and
    `NotPossibleError` when it no longer counts.
    """
    with _changing(certificate):
        before = certificate.last(CertificateHappened.PRINTED)
        if before is not None and _is_same_print(certificate, before, window, script):
            return
        if before is not None and not again:
            raise AgainError
        data = {"script": script} | ({"again": again} if before and again else {})
        event = _note(window, certificate, CertificateHappened.PRINTED, data)
        if before is None:
            _tell(event, "certificate_ready", {"office": window.office.name})


def may_fetch(window: Window, certificate: Certificate, script: str) -> bool:
    """Whether this officer noted a print of it in this script a moment ago."""
    since = now() - FETCHED_WITHIN
    return certificate.standing is Standing.VALID and any(
        event.kind == CertificateHappened.PRINTED
        and event.actor_id == window.officer.id
        and event.data.get("script") == script
        and event.recorded_at > since
        for event in certificate.events
    )


def is_in_hand(certificate: Certificate) -> bool:
    """Whether a printed copy lies at a window, not handed over yet."""
    printed = certificate.last(CertificateHappened.PRINTED)
    handed = certificate.last(CertificateHappened.HANDED_OVER)
    return printed is not None and (handed is None or handed.sequence < printed.sequence)


def takers(certificate: Certificate) -> list[str]:
    """Who may be handed it: those it was issued to, and whoever filed for them."""
    holders = [holder["role"] for holder in (certificate.data or {}).get("holders", ())]
    answers = certificate.application.answers or {}
    agent = answers.get("who", {}).get("filer") == "agent" and bool(answers.get("agent"))
    return [*holders, *(["agent"] if agent else [])]


def note_handed_over(window: Window, certificate: Certificate, *, to: str) -> None:
    """It is given to one of `takers`. Commits, and tells the couple.

    Raises `NotPossibleError` when no printed copy lies at a window, or it no longer counts.
    """
    with _changing(certificate):
        if not is_in_hand(certificate) or to not in takers(certificate):
            raise NotPossibleError
        event = _note(window, certificate, CertificateHappened.HANDED_OVER, {"to": to})
        params = {"office": window.office.name}
        _tell(event, "certificate_handed_over", params, couple=to == "agent")


def _is_same_print(
    certificate: Certificate, before: CertificateEvent, window: Window, script: str
) -> bool:
    return (
        certificate.events[-1] is before
        and before.actor_id == window.officer.id
        and before.data.get("script") == script
        and now() - before.recorded_at < SAME_PRINT
    )


# --- Taking back ---


def may_withdraw(window: Window, certificate: Certificate) -> bool:
    """Whether this officer answers for it: approver or supervisor of the office that issued, or above it."""
    if window.officer.role not in {Role.APPROVER, Role.SUPERVISOR}:
        return False
    issuer = db.session.get_one(Office, certificate.office_id)
    if window.office.level == "county":
        return issuer.code.startswith(window.office.code[:6])
    return issuer.id == window.office.id


def withdraw(window: Window, certificate: Certificate, *, reasons: str) -> None:
    """It counts no longer. Commits, and tells the couple. Raises `NotPossibleError`."""
    with _changing(certificate):
        event = _note(window, certificate, CertificateHappened.WITHDRAWN, note=reasons)
        _tell(event, "certificate_withdrawn", couple=True)


def correct(
    window: Window,
    certificate: Certificate,
    *,
    changes: Mapping[str, Mapping[str, str]],
    reasons: str,
) -> Certificate:
    """Issue it anew with other names or numbers (`{"woman": {"name": …}}`); the old one counts no longer.

    Commits, and tells the couple. Raises `NotPossibleError`.
    """
    with _changing(certificate):
        data = dict(certificate.data or {})
        data["holders"] = [
            {**holder, **changes.get(holder["role"], {})} for holder in data["holders"]
        ]
        fresh = issue(
            Origin(
                application=certificate.application,
                on=today(),
                at=now(),
                actor_kind="officer",
                actor_id=window.officer.id,
                office_id=certificate.office_id,
            ),
            certificate.title,
            data,
            sequence=certificate.sequence + 1,
        )
        db.session.flush()
        by = {"by": str(fresh.id)}
        event = _note(window, certificate, CertificateHappened.REPLACED, by, note=reasons)
        _tell(event, "certificate_replaced", couple=True)
    return fresh


# --- Inside ---


@contextmanager
def _changing(certificate: Certificate) -> Iterator[None]:
    """Hold the certificate as it is now, and commit what is written inside.

    Raises `NotPossibleError` when it does not count any more, or somebody else was first.
    """
    certificate_id = certificate.id
    # What was read so far may be old by now.
    db.session.rollback()
    take_write_lock()
    try:
        db.session.execute(
            select(Certificate.id).where(Certificate.id == certificate_id).with_for_update()
        )
        held = db.session.scalars(
            select(Certificate)
            .where(Certificate.id == certificate_id)
            .options(selectinload(Certificate.events), joinedload(Certificate.application))
            .execution_options(populate_existing=True)
        ).one()
        if held.standing is not Standing.VALID or held.data is None:
            raise NotPossibleError
        yield
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        raise NotPossibleError from error
    except Exception:
        # Let go of the lock before the page is made.
        db.session.rollback()
        raise


def _note(
    window: Window,
    certificate: Certificate,
    kind: CertificateHappened,
    data: Mapping[str, Any] | None = None,
    note: str | None = None,
) -> CertificateEvent:
    event = CertificateEvent(
        certificate=certificate,
        sequence=len(certificate.events) + 1,
        kind=kind,
        happened_on=today(),
        actor_kind="officer",
        actor_id=window.officer.id,
        office_id=window.office.id,
        data=dict(data or {}),
    )
    db.session.add(event)
    event.note = note
    _audit(window, certificate, kind, data)
    return event


def _audit(
    window: Window, certificate: Certificate, what: str, data: Mapping[str, Any] | None = None
) -> None:
    audit.record(
        f"certificate.{what}",
        actor=window.actor,
        subject=f"application:{certificate.application_id}",
        data={"certificate": certificate.id, "office": window.office.id, **(data or {})},
    )


def _tell(
    event: CertificateEvent,
    kind: str,
    params: Mapping[str, object] | None = None,
    *,
    couple: bool = False,
) -> None:
    """A message to whoever filed; with `couple` to the two themselves as well."""
    application = event.certificate.application
    answers = application.answers or {}
    phones = [phone_of_filer(application)]
    if couple:
        phones += [(answers.get(who) or {}).get("phone") for who in ("woman", "man")]
    for phone in dict.fromkeys(filter(None, phones)):
        notifications.queue(
            kind,
            phone,
            {"number": application.number, **(params or {})},
            subject=f"application:{application.id}",
            event=event.id,
        )
