"""A citizen's answer to a one-time notice, item by item."""

from __future__ import annotations

import uuid

from flask import request, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only
from app.appearance import only_again
from app.applications.models import Application
from app.applications.notices import Asked, Reply, asked
from app.applications.records import promised_days
from app.applications.reminders import MOST, reminder_days
from app.applications.standing import Right, case_for
from app.clock import today
from app.policy.deadlines import due_on
from app.tracking import correcting
from app.tracking.forms import HINTS, ReplyForm, reply_form
from app.tracking.pages import bp, case_page, me
from app.tracking.service import ChangedMeanwhileError
from app.web import page, see, shows_again


@bp.route("/my/<uuid:case_id>/correct", methods=["GET", "POST"])
@citizen_only
@shows_again
def correct(case_id: uuid.UUID) -> Response:
    """Everything that was asked for, and what is answered; the button hands it all to the office."""
    citizen = me()
    application = case_for(citizen, case_id, Right.CORRECT)
    try:
        if request.method == "GET" or only_again():
            return _list_page(application)
        correcting.send(citizen, application)
    except correcting.UnansweredError as error:
        return _list_page(application, unanswered=[each.item.id for each in error.items])
    except ChangedMeanwhileError:
        return _no_longer(case_id)
    return see(url_for(".view_case", case_id=case_id))


@bp.route("/my/<uuid:case_id>/correct/<uuid:item_id>", methods=["GET", "POST"])
@citizen_only
@shows_again
def correct_item(case_id: uuid.UUID, item_id: uuid.UUID) -> Response:
    """One thing that was asked for: another way than a photo, or a sentence. Saved at once."""
    application = case_for(me(), case_id, Right.CORRECT)
    try:
        one = correcting.item_of(application, correcting.open_notice(application), item_id)
        form = reply_form(one, correcting.ways(one))
        if request.method == "GET" or only_again():
            return _item_page(application, one, form)
        if not form.validate_on_submit():
            return _item_page(application, one, form, status=422)
        correcting.reply(application, one.item, Reply(form.way.data), form.words.data or "")
    except ChangedMeanwhileError:
        return _no_longer(case_id)
    return see(url_for(".correct", case_id=case_id) + f"#item-{one.item.position}")


def _no_longer(case_id: uuid.UUID) -> Response:
    """Nothing waits for an answer any more: an office was first, or the other tab."""
    if request.method == "GET":
        return see(url_for(".view_case", case_id=case_id))
    return case_page(case_for(me(), case_id, Right.VIEW), is_owner=True, status=409)


def _list_page(application: Application, unanswered: list[uuid.UUID] | None = None) -> Response:
    notice = correcting.open_notice(application)
    return page(
        "tracking/correct.html",
        422 if unanswered else 200,
        case=application,
        notice=notice,
        items=asked(application, notice),
        unanswered=unanswered or [],
        due=due_on(today(), promised_days(), "working_day"),
        reminder_days=reminder_days(),
        reminders=MOST,
    )


def _item_page(
    application: Application, one: Asked, form: ReplyForm, status: int = 200
) -> Response:
    return page(
        "tracking/correct_item.html", status, case=application, one=one, form=form, hints=HINTS
    )
