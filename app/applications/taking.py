"""What somebody signed at a window comes to their own phone, if they wish: then it is theirs there too.

Until then it lies under an account without a phone; number and last four find it as they find any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import update

from app import audit
from app.accounts.models import Citizen
from app.applications.models import Application, Draft
from app.applications.records import office_names
from app.delegation import asking
from app.delegation.models import ConfirmationRequest
from app.delegation.powers import phone_hash
from app.extensions import db

SIGNED = "signed"


def offer(application: Application, person: str, named: Mapping[str, Any], *, asker: str) -> None:
    """Ask whoever signed, on their phone. Commits; it was sent whether or not they can be asked now."""
    with suppress(asking.TooMany):
        asking.ask(
            SIGNED,
            application.id,
            person,
            phone=named["phone"],
            id_number=named["id_number"],
            asker=asker,
        )
    db.session.commit()


class BySigner:
    """Whether an application signed at a window is theirs. About a row of `Application`."""

    template = "applications/_asked_signed.html"
    needs_account = False

    def message(self, asked: ConfirmationRequest) -> tuple[str, Mapping[str, object]]:
        """Which one, and nobody's name."""
        application = db.session.get_one(Application, asked.subject_id)
        params = {"service": application.service, "number": application.number}
        return "application_signed", params

    def told(self, asked: ConfirmationRequest) -> Mapping[str, Any] | None:
        """What was sent and where, while nobody has it on their phone."""
        application = db.session.get(Application, asked.subject_id)
        if application is None or _owner(application).phone_hash is not None:
            return None
        answers = application.answers or {}
        named = answers.get(asked.person) or {}
        if phone_hash(named.get("phone") or "") != asked.phone_hash:
            return None
        return {
            "application": application,
            "answers": answers,
            "office": office_names(application.office_id)[application.office_id],
        }

    def take(self, asked: ConfirmationRequest, answer: asking.Answer) -> None:
        """It is theirs on this phone; a no leaves it as it is."""
        if not answer.yes:
            return
        application = db.session.get_one(Application, asked.subject_id, with_for_update=True)
        nobody = _owner(application)
        application.citizen_id = answer.citizen.id
        # So is the draft it was made from, for whoever taps again.
        db.session.execute(
            update(Draft)
            .where(Draft.token == application.token)
            .values(citizen_id=answer.citizen.id)
        )
        db.session.flush()
        db.session.delete(nobody)
        audit.record(
            "application.taken",
            actor=f"citizen:{answer.citizen.id}",
            subject=f"application:{application.id}",
        )


def _owner(application: Application) -> Citizen:
    return db.session.get_one(Citizen, application.citizen_id)


asking.register(SIGNED, BySigner())
