"""What every reader of an application asks of it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.accounts.models import Citizen
from app.applications.models import Application
from app.applications.steps import papers_for
from app.extensions import db
from app.language import current_script
from app.places.models import Office


def applications_of(citizen: Citizen) -> list[Application]:
    """The citizen's applications, the latest first."""
    return list(
        db.session.scalars(
            select(Application)
            .where(Application.citizen_id == citizen.id)
            .order_by(Application.submitted_at.desc())
        )
    )


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


def phone_of_filer(application: Application) -> str | None:
    """Where messages about the case go: the phone of whoever filed, if they gave one."""
    answers = application.answers or {}
    filer = answers.get("who", {}).get("filer", "woman")
    phone: str | None = (answers.get(filer) or {}).get("phone")
    return phone


def promised_days() -> int:
    """Working days in which this operator accepts, or says what is missing (本单位承诺)."""
    return int(current_app.config["PROMISE_ACCEPT_WORKING_DAYS"])
