"""Hurrying, complaints and judgements at the desk."""

from __future__ import annotations

import uuid

from flask import request, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import staff_only
from app.appearance import only_again
from app.applications.complaints import ANSWER_UNIT, Complaint, Grievance, Voice
from app.applications.ratings import Level, Rating
from app.applications.records import office_names
from app.casework import answering, showing
from app.casework.forms import AnswerForm
from app.casework.lists import LAST_PAGE, View, lamp_of
from app.casework.pages import bp, frame, my_desk
from app.casework.service import ChangedMeanwhileError, Desk, OwnCaseError
from app.language import gettext
from app.web import page, see, shows_again


@bp.get("/complaints")
@staff_only()
def complaints() -> Response:
    """Who hurries this office and who complains of it, the most urgent first."""
    desk = my_desk()
    answered = request.args.get("answered") == "1"
    number = _page_number()
    found, more = answering.complaints_for(desk, number, answered=answered)
    return page(
        "casework/complaints.html",
        **frame(desk, View.MINE, []),
        section="complaints",
        rows=[(each, showing.complaint_line(each)) for each in found],
        answered=answered,
        number=number,
        more=more,
    )


@bp.route("/complaints/<uuid:complaint_id>", methods=["GET", "POST"])
@staff_only()
@shows_again
def complaint(complaint_id: uuid.UUID) -> Response:
    """One of them: read it with its case, and answer."""
    desk = my_desk()
    found = answering.complaint_for(desk, complaint_id)
    form = AnswerForm(version=found.version)
    if request.method == "GET" or only_again():
        return _complaint_page(desk, found, form)
    if not form.validate():
        return _complaint_page(desk, found, form, status=422)
    try:
        answering.answer(desk, found, form.words.data, version=form.version.data)
    except OwnCaseError:
        return _complaint_page(desk, found, form, status=403)
    except ChangedMeanwhileError:
        changed = answering.complaint_for(desk, complaint_id)
        return _complaint_page(desk, changed, form, status=409)
    return see(url_for(".complaint", complaint_id=complaint_id))


@bp.get("/ratings")
@staff_only("supervisor")
def ratings() -> Response:
    """What was judged of the offices, without names, and what still has to be looked into."""
    return _ratings_page(my_desk())


@bp.get("/ratings/<uuid:rating_id>")
@staff_only("supervisor")
def rating_again(rating_id: uuid.UUID) -> Response:
    """A reload after an answer to the form: the list."""
    return see(url_for(".ratings", page=request.args.get("page")))


@bp.post("/ratings/<uuid:rating_id>")
@staff_only("supervisor")
@shows_again
def follow_up(rating_id: uuid.UUID) -> Response:
    """Note what was found and done about a low one."""
    desk = my_desk()
    rating = answering.rating_for(desk, rating_id)
    form = AnswerForm()
    if only_again():
        return _ratings_page(desk, rating, form)
    if not form.validate():
        return _ratings_page(desk, rating, form, status=422)
    try:
        answering.follow_up(desk, rating, form.words.data, version=form.version.data)
    except ChangedMeanwhileError:
        changed = answering.rating_for(desk, rating_id)
        form.words.errors = [gettext("评价的人刚改了评价，请看清再记")]
        form.version.data, form.version.raw_data = changed.version, None
        return _ratings_page(desk, changed, form, status=409)
    return see(url_for(".ratings", page=request.args.get("page")))


def _complaint_page(desk: Desk, found: Complaint, form: AnswerForm, status: int = 200) -> Response:
    form.version.data, form.version.raw_data = found.version, None
    return page(
        "casework/complaint.html",
        status,
        **frame(desk, View.MINE, []),
        section="complaints",
        complaint=found,
        case=found.application,
        line=showing.line_of(found.application),
        title=Voice(found.kind).title,
        about=Grievance(found.grievance).text if found.grievance else None,
        lamp=lamp_of(found.due_on, ANSWER_UNIT),
        form=form,
        changed=status == 409,
        own_case=status == 403,
        may_answer=found.answered_on is None and answering.may_answer(desk, found),
    )


def _page_number() -> int:
    """Which page of a list was asked for, from 1."""
    return min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)


def _ratings_page(
    desk: Desk,
    tried_at: Rating | None = None,
    tried: AnswerForm | None = None,
    status: int = 200,
) -> Response:
    judgements = answering.judgements_for(desk)
    number = _page_number()
    low, more = answering.low_ratings_for(desk, number)
    if tried_at is not None and tried_at not in low:
        # Others were looked into meanwhile: what was typed here is on no page but this one.
        low.insert(0, tried_at)
    offices = {each.office_id for each in judgements} | {each.office_id for each in low}
    return page(
        "casework/ratings.html",
        status,
        **frame(desk, View.MINE, []),
        section="ratings",
        judgements=judgements,
        levels=list(Level),
        low=[
            (
                each,
                tried if tried and each is tried_at else AnswerForm(None, version=each.version),
            )
            for each in low
        ],
        names=office_names(*offices),
        number=number,
        more=more,
    )
