"""The accounts of the staff, as the supervisors look after them: added, changed, shut and opened again.

A supervisor looks after the accounts of the own office and of those below it, never after their own, so
that nobody gives themselves more than they have and nobody shuts the last door from inside. Every act is
in the audit trail.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError

from app import audit, clock
from app.accounts import enrolling, sessions
from app.accounts.guards import deny
from app.accounts.models import Officer, Role
from app.accounts.service import add_officer
from app.extensions import db, take_write_lock
from app.places.models import Office


class NameTakenError(Exception):
    """Somebody has this account name already."""


class OwnAccountError(Exception):
    """Nobody changes what they themselves may do."""


@dataclass(frozen=True)
class Manager:
    """Who looks after accounts, and the office whose accounts, with those below, are theirs."""

    officer: Officer
    office: Office


@dataclass(frozen=True)
class Standing:
    """What an account may do, and where; `kin_keys` are added to those that are kept."""

    name: str
    role: str
    office_id: uuid.UUID
    # None: whoever looks after it may not export themselves, so it stays as it is.
    may_export: bool | None = None
    kin_keys: Sequence[str] = ()


def manager_of(officer: Officer) -> Manager:
    """The manager that a signed-in supervisor is; 404 when their office is no longer known here."""
    office = db.session.get(Office, officer.office_id)
    return Manager(officer, office) if office is not None else abort(404)


# --- Looking ---


def offices_of(manager: Manager) -> Sequence[Office]:
    """The own office and those below it."""
    return db.session.scalars(
        select(Office).where(_below(manager)).order_by(Office.level, Office.code)
    ).all()


def officers_of(manager: Manager) -> Sequence[Officer]:
    """The accounts there, those of the own office first."""
    mine = select(Officer).join(Office, Office.id == Officer.office_id).where(_below(manager))
    return db.session.scalars(mine.order_by(Office.level, Office.code, Officer.username)).all()


def officer_for(manager: Manager, officer_id: uuid.UUID) -> Officer:
    """One of these accounts; else 404 as for a missing one, and the try is written down."""
    found = db.session.scalar(
        select(Officer)
        .join(Office, Office.id == Officer.office_id)
        .where(Officer.id == officer_id, _below(manager))
    )
    if found is None:
        deny()
        abort(404)
    return found


def _below(manager: Manager) -> ColumnElement[bool]:
    return Office.code.startswith(manager.office.code)


# --- Changing ---


def add(manager: Manager, username: str, standing: Standing) -> tuple[Officer, str]:
    """A new account that waits for its owner, and the code to hand them. Commits.

    Raises `NameTakenError`; 404 for an office that is not the manager's.
    """
    _still_manages(manager)
    _own_office(manager, standing.office_id)
    officer = add_officer(
        username,
        standing.name,
        standing.role,
        standing.office_id,
        password=secrets.token_urlsafe(),
        kin_keys=standing.kin_keys,
    )
    _may_export(manager, officer, standing)
    try:
        db.session.flush()
    except IntegrityError as error:
        db.session.rollback()
        raise NameTakenError from error
    code = enrolling.invite(officer)
    _audit(manager, officer, "added", standing)
    db.session.commit()
    return officer, code


def change(manager: Manager, officer: Officer, standing: Standing) -> None:
    """What they may do, from their next click on. Commits. Raises `OwnAccountError`."""
    _still_manages(manager, officer)
    _own_office(manager, standing.office_id)
    officer.display_name, officer.role = standing.name, Role(standing.role)
    officer.office_id = standing.office_id
    officer.kin_keys = list(dict.fromkeys([*officer.kin_keys, *standing.kin_keys]))
    _may_export(manager, officer, standing)
    _audit(manager, officer, "changed", standing)
    db.session.commit()


def shut(manager: Manager, officer: Officer) -> None:
    """Nobody signs in with it; whoever is, is out on their next click. Commits.

    Raises `OwnAccountError`.
    """
    _still_manages(manager, officer)
    officer.disabled_at = clock.now()
    enrolling.uninvite(officer)
    sessions.end_all(officer)
    _audit(manager, officer, "disabled")
    db.session.commit()


def invite_again(manager: Manager, officer: Officer) -> str:
    """Open it (again) for its owner alone; the code to hand them. Commits. Raises `OwnAccountError`."""
    _still_manages(manager, officer)
    officer.disabled_at = None
    code = enrolling.invite(officer)
    _audit(manager, officer, "invited")
    db.session.commit()
    return code


# --- Inside ---


def _still_manages(manager: Manager, officer: Officer | None = None) -> None:
    """Hold both accounts as they are now: of two who shut each other, the second is out already."""
    if officer is not None and officer.id == manager.officer.id:
        raise OwnAccountError
    ids = [each.id for each in (manager.officer, officer) if each is not None]
    take_write_lock()
    db.session.scalars(
        select(Officer)
        .where(Officer.id.in_(ids))
        .order_by(Officer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    me = manager.officer
    if me.disabled_at or me.role != Role.SUPERVISOR or me.office_id != manager.office.id:
        deny()


def _own_office(manager: Manager, office_id: uuid.UUID) -> None:
    if db.session.scalar(select(Office.id).where(Office.id == office_id, _below(manager))) is None:
        deny()


def _may_export(manager: Manager, officer: Officer, standing: Standing) -> None:
    """Nobody gives, or takes, what they have not got themselves."""
    if manager.officer.may_export and standing.may_export is not None:
        officer.may_export = standing.may_export


def _audit(manager: Manager, officer: Officer, what: str, standing: Standing | None = None) -> None:
    now = {"role": officer.role, "office": officer.office_id, "export": int(officer.may_export)}
    audit.record(
        f"officer.{what}",
        actor=f"officer:{manager.officer.id}",
        subject=f"officer:{officer.id}",
        data={**now, "kin": len(standing.kin_keys)} if standing else {},
    )
