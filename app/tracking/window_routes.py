"""Choosing another window to collect the paper at."""

from __future__ import annotations

import uuid

from flask import request, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only
from app.appearance import only_again
from app.applications.standing import Right, case_for
from app.applications.windows import windows_for
from app.tracking import window
from app.tracking.forms import window_form
from app.tracking.now import name_of
from app.tracking.pages import bp, case_page, me
from app.tracking.service import ChangedMeanwhileError
from app.web import page, see, shows_again


@bp.route("/my/<uuid:case_id>/window", methods=["GET", "POST"])
@citizen_only
@shows_again
def change_window(case_id: uuid.UUID) -> Response:
    """The windows of the jurisdiction, and the one chosen so far."""
    citizen = me()
    application = case_for(citizen, case_id, Right.CHANGE_WINDOW)
    if request.method == "GET" and not window.may_move(application):
        return see(url_for(".view_case", case_id=case_id))
    windows = windows_for(application)
    form = window_form([(str(each.id), name_of(each)) for each in windows], application)
    if only_again() or not form.validate_on_submit():
        return page(
            "tracking/window.html",
            422 if form.errors and not only_again() else 200,
            case=application,
            form=form,
            hints={
                str(each.id): " · ".join(filter(None, (each.address, each.phone)))
                for each in windows
            },
        )
    try:
        chosen = next(each for each in windows if str(each.id) == form.office.data)
        window.move(citizen, application, chosen)
    except ChangedMeanwhileError:
        return case_page(case_for(me(), case_id, Right.VIEW), is_owner=True, status=409)
    return see(url_for(".view_case", case_id=case_id))
