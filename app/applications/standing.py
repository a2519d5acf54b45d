"""Who stands in an application as a citizen, and what they may do with it there.

Loading is authorising: whoever may not is answered 404, as for an application that does not exist.
"""

from __future__ import annotations

import uuid
from enum import StrEnum

from flask import abort
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import selectinload

from app.accounts.guards import deny
from app.accounts.models import Citizen
from app.applications.models import Application
from app.applications.receipts import read_number
from app.extensions import db


class Right(StrEnum):
    """What somebody may do with an application, one right for each thing a citizen's page offers."""

    VIEW = "view"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    HURRY = "hurry"
    COMPLAIN = "complain"
    CHANGE_WINDOW = "change_window"
    DOWNLOAD = "download"
    RATE = "rate"


def case_for(citizen: Citizen, case_id: uuid.UUID, right: Right) -> Application:
    """The application in which this citizen has this right; else 404, and the try is written down."""
    return _authorised(citizen, Application.id == case_id, right)


def case_by_number(citizen: Citizen, number: str, right: Right) -> Application:
    """The same by the number on the receipt, in any spelling."""
    return _authorised(citizen, Application.number == read_number(number), right)


def whole() -> Select[Application]:
    """Applications with their events, read afresh."""
    return (
        select(Application)
        .options(selectinload(Application.events))
        .execution_options(populate_existing=True)
    )


def _authorised(citizen: Citizen, wanted: ColumnElement[bool], right: Right) -> Application:
    found = db.session.scalar(whole().where(wanted))
    if found is None or right not in rights_of(citizen, found):
        deny()
        abort(404)
    return found


def rights_of(citizen: Citizen, application: Application) -> frozenset[Right]:
    """What this citizen may do with the application; nothing when it is not theirs."""
    return frozenset(Right) if application.citizen_id == citizen.id else frozenset()
