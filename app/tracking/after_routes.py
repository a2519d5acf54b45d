"""What comes next for the couple of an application, as a file for their calendar."""

from __future__ import annotations

import uuid

from flask import Response

from app import clock
from app.accounts.guards import citizen_only
from app.applications.standing import Right, case_for
from app.guide.afterwards import as_calendar
from app.tracking.afterwards import next_steps
from app.tracking.pages import bp, me
from app.web import for_calendar


@bp.get("/my/<uuid:case_id>/after.ics")
@citizen_only
def after(case_id: uuid.UUID) -> Response:
    """The days by which something is to be done; without names, and in no address."""
    application = case_for(me(), case_id, Right.VIEW)
    return for_calendar(as_calendar(next_steps(application), clock.now()))
