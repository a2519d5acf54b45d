"""What an officer saw at the window: a spouse who said yes, a power of attorney that is in order or not."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import abort

from app.applications import entrusting, events, spouses
from app.applications.models import Application, Happened
from app.applications.records import promised_days
from app.applications.spouses import HowSaid, Said
from app.casework.service import Desk, refuse_own_case
from app.delegation import authority, powers
from app.delegation.authority import OVER, How, Status
from app.delegation.models import PowerOfAttorney
from app.extensions import db


@dataclass(frozen=True)
class Checked:
    """A power over this case as the desk sees it. `to_check`: a clerk has yet to look at the paper."""

    power: PowerOfAttorney
    status: Status
    confirmed: frozenset[str]
    is_open: bool
    to_check: bool


def powers_over(application: Application) -> list[Checked]:
    """The powers an agent has or had over this case, the latest first."""
    return [_checked(power) for power in entrusting.powers_about(application)]


def _checked(power: PowerOfAttorney) -> Checked:
    status = powers.status_of(power)
    rules = power.as_rules_see_it
    return Checked(
        power=power,
        status=status,
        confirmed=authority.confirmed(rules),
        is_open=status not in OVER,
        to_check=status is Status.WAITING and power.parent is None and power.how != How.PHONE,
    )


def record_spouse(desk: Desk, application: Application, person: str, how: HowSaid) -> None:
    """This spouse said yes here, or signed a paper that is here. Commits. Raises `OwnCaseError`."""
    refuse_own_case(desk, application)
    word = spouses.word_of(application, person)
    if word is None:
        abort(404)
    if word.said is not Said.SENT:
        spouses.confirm_at_office(
            application, person, how, officer_id=desk.officer.id, office_id=desk.office.id
        )
    db.session.commit()


def accept_power(desk: Desk, application: Application, power_id: uuid.UUID) -> None:
    """The paper is in order: from now on it allows what it says. Commits.

    Raises `OwnCaseError`, and `powers.PowerOverError` when it was ended meanwhile.
    """
    refuse_own_case(desk, application)
    power = _power_of(application, power_id)
    cases = entrusting.applications_under(power)
    missing = sorted(power.as_rules_see_it.principals - authority.confirmed(power.as_rules_see_it))
    for person in missing:
        powers.confirm(power, person, How.PAPER, by=_me(desk))
    if missing:
        for case in cases:
            _note(desk, case, Happened.POWER_CHECKED)
            for person in missing:
                word = spouses.word_of(case, person)
                if word is not None and word.said is Said.NOTHING:
                    spouses.note_entrusted(case, person)
    db.session.commit()


def reject_power(desk: Desk, application: Application, power_id: uuid.UUID, reasons: str) -> None:
    """The paper is not accepted, for these reasons; the application goes on as the couple's. Commits.

    Raises `OwnCaseError`, and `powers.PowerOverError` when it is over already.
    """
    refuse_own_case(desk, application)
    power = _power_of(application, power_id)
    cases = entrusting.applications_under(power)
    powers.reject(power, by=_me(desk), reasons=reasons)
    for case in cases:
        _note(desk, case, Happened.POWER_REJECTED, reasons)
    db.session.commit()


def _power_of(application: Application, power_id: uuid.UUID) -> PowerOfAttorney:
    about = entrusting.powers_about(application)
    found = next((each for each in about if each.id == power_id), None)
    return found if found is not None else abort(404)


def _me(desk: Desk) -> powers.Actor:
    return powers.Actor("officer", desk.officer.id, desk.office.id)


def _note(desk: Desk, case: Application, kind: Happened, words: str | None = None) -> None:
    events.append(
        case,
        kind,
        actor_kind="officer",
        actor_id=desk.officer.id,
        office_id=desk.office.id,
        note=words,
        promise=promised_days(),
    )
