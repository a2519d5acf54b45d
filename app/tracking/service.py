"""Who may see an application as a citizen, and taking one back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from app import limits
from app.accounts.models import Citizen
from app.applications import events
from app.applications.models import Application, Happened, State
from app.applications.notices import close_open
from app.applications.receipts import find_by_receipt, read_number
from app.applications.records import phone_of_filer
from app.applications.standing import whole
from app.clock import now, today
from app.extensions import db
from app.notifications import service as notifications

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Ten thousand tails against at most a few right ones: a number bears few tries.
PER_NUMBER_HOURLY, PER_NUMBER_DAILY = 8, 20
# A town may share one gateway address.
PER_ADDRESS_HOURLY = 100
PER_SITE_HOURLY = 5000
GRANTED_FOR = timedelta(minutes=30)


@dataclass(frozen=True)
class TooMany(Exception):
    """A limit was reached; `wait` is how many seconds to wait. The caller has to commit."""

    wait: int


class ChangedMeanwhileError(Exception):
    """The office was first: the application can no longer be withdrawn as it was shown."""


def find(number: str, tail: str, address: str) -> Application | None:
    """The application for this number and last four; one answer, None, for all that is wrong.

    The caller commits, whatever comes of it: the try has been counted. Raises `TooMany`.
    """
    number = read_number(number)
    for scope, subject, limit, window in (
        ("track-number-hour", number, PER_NUMBER_HOURLY, HOUR),
        ("track-number", number, PER_NUMBER_DAILY, DAY),
        ("track-address", address, PER_ADDRESS_HOURLY, HOUR),
        ("track-site", "site", PER_SITE_HOURLY, HOUR),
    ):
        if not limits.hit(scope, subject, limit=limit, window=window):
            raise TooMany(limits.seconds_left(scope, subject))
    found = find_by_receipt(number, tail)
    if found is not None:
        # Whoever knows the answer may look as often as they like.
        limits.forget("track-number-hour", number)
        limits.forget("track-number", number)
    return found


def grant_for(application: Application) -> dict[str, str | float]:
    """What the signed browser session keeps after a successful look-up: the case, for half an hour."""
    return {"case": str(application.id), "until": (now() + GRANTED_FOR).timestamp()}


def granted(grant: dict[str, str | float] | None) -> Application | None:
    """The application of a grant that has not run out."""
    if not grant or float(grant["until"]) <= now().timestamp():
        return None
    return db.session.scalar(whole().where(Application.id == uuid.UUID(str(grant["case"]))))


def withdraw(citizen: Citizen, application: Application) -> None:
    """Take the application back while it is being worked on. Commits.

    Raises `ChangedMeanwhileError` when it has ended, or an office was first.
    """
    if not application.is_live:
        raise ChangedMeanwhileError
    phone = phone_of_filer(application)
    application.state = State.WITHDRAWN
    application.decided_on = today()
    application.live_key = None
    try:
        close_open(application)
        event = events.append_by_citizen(application, Happened.WITHDRAWN, citizen)
        if phone:
            notifications.queue(
                "application_withdrawn",
                phone,
                {"number": application.number},
                subject=f"application:{application.id}",
                event=event.id,
            )
        db.session.commit()
    except (StaleDataError, IntegrityError) as error:
        db.session.rollback()
        raise ChangedMeanwhileError from error
