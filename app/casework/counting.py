"""The numbers above and beside the lists of the desk."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, case, func, select

from app.applications.complaints import Complaint
from app.applications.models import Application
from app.casework.answering import open_complaints, open_low_ratings
from app.casework.lists import View, is_near, listed
from app.casework.service import Desk, in_reach
from app.casework.verifying import open_enquiries
from app.clock import today
from app.extensions import db
from app.verification.models import VerificationRequest


@dataclass(frozen=True)
class Counts:
    """What waits for this desk. `soon`: near its day; `late`: past it; the rest by `View`."""

    waiting: int
    soon: int
    late: int
    due_today: int
    asked: int
    elsewhere: int
    red: int
    unopened: int
    again: int
    complaints: int
    complaints_late: int
    low_ratings: int
    enquiries: int
    enquiries_late: int


# In the order of the fields.
_BESIDE = (View.ASKED, View.ELSEWHERE, View.LATE, View.UNOPENED, View.AGAIN)


def counts_for(desk: Desk) -> Counts:
    """The numbers above the list, in one query."""
    day = today()
    row = db.session.execute(
        select(
            func.count(),
            _count(is_near()),
            _count(Application.due_on < day),
            _count(Application.due_on <= day),
            *(_counted(desk, view) for view in _BESIDE),
            open_complaints(desk),
            open_complaints(desk, Complaint.due_on < day),
            open_low_ratings(desk),
            open_enquiries(desk),
            open_enquiries(desk, VerificationRequest.due_on < day),
        ).where(in_reach(desk), listed(desk, View.MINE))
    ).one()
    found: tuple[int, ...] = tuple(row)
    return Counts(*found)


def _counted(desk: Desk, view: View) -> ScalarSelect[int]:
    """How many cases are in a list that stands beside the others."""
    return (
        select(func.count())
        .select_from(Application)
        .where(in_reach(desk), listed(desk, view))
        .scalar_subquery()
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
