"""What every reader of an application asks of it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, and_, select, union

from app.accounts.models import Citizen
from app.applications import entrusting
from app.applications.models import Application, Draft, Party, State
from app.applications.steps import SIGNED_FORM, papers_for, signed_form
from app.clock import today
from app.extensions import db
from app.language import current_script
from app.notifications import service as notifications
from app.places.models import Office
from app.policy.deadlines import due_on


def applications_of(citizen: Citizen) -> list[Application]:
    """The citizen's own applications, the latest first: those they sent for themselves, and those
    in which they are the spouse who confirmed or the principal of an agent."""
    sent = select(Application.id).where(
        Application.citizen_id == citizen.id, Application.by_agent.is_(False)
    )
    standing = select(Party.application_id).where(Party.citizen_id == citizen.id)
    return list(
        db.session.scalars(
            select(Application)
            .where(Application.id.in_(union(sent, standing)))
            .order_by(Application.submitted_at.desc())
        )
    )


def filed_place(application: Application) -> dict[str, Any] | None:
    """The place of the pinned decision it was filed at; None once the data is gone.

    What was signed at a window stands beside the papers the law asks for there.
    """
    places = (application.decision or {}).get("places", ())
    place = next((place for place in places if place["role"] == application.filing_role), None)
    if place is not None and (application.answers or {}).get(SIGNED_FORM):
        return {**place, "documents": [*place["documents"], signed_form()]}
    return place


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


def papers_decided_on(application: Application) -> dict[str, str]:
    """What a decision was made on, should a page be replaced later or have been before."""
    return {str(each.id): each.sha256 for each in application.uploads if each.replaced_at is None}


def office_names(*office_ids: uuid.UUID) -> dict[uuid.UUID, str]:
    """Names of offices in the reader's script."""
    traditional = current_script() == "zh_Hant"
    rows = db.session.scalars(select(Office).where(Office.id.in_(office_ids)))
    return {row.id: row.name_hant if traditional else row.name for row in rows}


def phone_of_filer(application: Application) -> str | None:
    """The phone of whoever filed, if they gave one; see `tell` for what an office does.

    An agent who may no longer look is told nothing more; then it is the couple's.
    """
    answers = application.answers or {}
    filer = answers.get("who", {}).get("filer", "woman")
    if application.by_agent and not entrusting.acts_allowed(application.citizen_id, application):
        filer = next((who for who in ("woman", "man") if answers.get(who, {}).get("phone")), filer)
    phone: str | None = (answers.get(filer) or {}).get("phone")
    return phone


def tell(application: Application, kind: str, *, event: uuid.UUID | str, **params: object) -> None:
    """Tell whoever filed what an office did, and those whom an agent filed for. The caller commits."""
    answers = application.answers or {}
    couple = [answers.get(who) or {} for who in sorted(entrusting.principals_of(application))]
    phones = [phone_of_filer(application), *(person.get("phone") for person in couple)]
    for phone in dict.fromkeys(filter(None, phones)):
        notifications.queue(
            kind,
            phone,
            {"number": application.number, **params},
            subject=f"application:{application.id}",
            event=event,
        )


def subjects_of(applications: Sequence[Application]) -> dict[str, uuid.UUID]:
    """How the audit trail names these applications, and the drafts of a window they were made of."""
    by_token = {each.token: each.id for each in applications}
    drafts = db.session.execute(
        select(Draft.id, Draft.token).where(
            Draft.token.in_(by_token), Draft.officer_id.is_not(None)
        )
    )
    return {
        **{f"application:{each.id}": each.id for each in applications},
        **{f"draft:{draft.id}": by_token[draft.token] for draft in drafts},
    }


def promised_days() -> int:
    """Working days in which this operator accepts, or says what is missing (本单位承诺)."""
    return int(current_app.config["PROMISE_ACCEPT_WORKING_DAYS"])


def promised_days_to_open() -> int:
    """Working days in which somebody looks at a new application (本单位承诺)."""
    return int(current_app.config["PROMISE_OPEN_WORKING_DAYS"])


def unopened() -> ColumnElement[bool]:
    """Applications that nobody has looked at within the promise."""
    day = today()
    # The latest day of receipt for which the promise is over.
    while due_on(day, promised_days_to_open(), "working_day").on >= today():
        day -= timedelta(days=1)
    return and_(
        Application.state == State.SUBMITTED,
        Application.opened_at.is_(None),
        Application.submitted_on <= day,
    )


def is_unopened(application: Application) -> bool:
    """The same of one application that was read already."""
    if application.state != State.SUBMITTED or application.opened_at is not None:
        return False
    promise = due_on(application.submitted_on, promised_days_to_open(), "working_day")
    return today() > promise.on
