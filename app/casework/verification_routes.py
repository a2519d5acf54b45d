"""Questions between offices at the desk: put, printed, answered, and gone on without."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request as sent
from flask import session as browser_session
from flask import url_for
from werkzeug.wrappers import Response

from app.accounts.guards import staff_only
from app.appearance import only_again
from app.applications.models import Application
from app.applications.records import office_names
from app.casework import service as casework
from app.casework import showing, verifying
from app.casework.lists import View, lamp_of, queue_for
from app.casework.pages import (
    REVEALED,
    REVEALED_FOR,
    bp,
    case_page,
    frame,
    frame_of,
    is_revealed,
    my_desk,
    still_revealed,
)
from app.casework.service import ChangedMeanwhileError, Desk, OwnCaseError
from app.clock import now
from app.language import current_script
from app.vault import mask_id_number, mask_name
from app.verification import letter, service
from app.verification.forms import ELSEWHERE, AnswerForm, AskForm, LeaveForm
from app.verification.models import About, Finding, VerificationRequest
from app.verification.service import Addressee
from app.web import page, printed, see, shows_again

# --- The office that asks ---


@bp.route("/cases/<uuid:case_id>/verifications", methods=["GET", "POST"])
@staff_only("clerk", "approver")
@shows_again
def ask(case_id: uuid.UUID) -> Response:
    """Ask another office what it knows, with a clock of its own."""
    desk = my_desk()
    application = casework.get_case_for(desk, case_id)
    if not verifying.may_ask(desk, application):
        return see(url_for(".case", case_id=case_id))
    places = service.proposed(application)
    form = AskForm().offer(places)
    if sent.method == "GET" or only_again(form):
        return _ask_page(desk, application, form)
    if not form.validate():
        return _ask_page(desk, application, form, 200 if form.division.looking else 422)
    try:
        made = verifying.ask(
            desk,
            application,
            _addressee(form, places),
            about=About(form.about.data),
            whom=form.whom.data,
            words=form.words.data or "",
        )
    except OwnCaseError:
        return case_page(desk, application, status=403)
    except ChangedMeanwhileError:
        return _ask_page(desk, casework.get_case_for(desk, case_id), form, 409)
    return see(url_for(".case", case_id=case_id, _anchor=f"verification-{made.ordinal}"))


@bp.get("/cases/<uuid:case_id>/verifications/<uuid:request_id>.pdf")
@staff_only("clerk", "approver")
def enquiry_letter(case_id: uuid.UUID, request_id: uuid.UUID) -> Response:
    """The letter to an office outside, with the code by which it answers."""
    desk = my_desk()
    application = casework.get_case_for(desk, case_id)
    found = verifying.request_of(application, request_id)
    content = letter.letter_of(found, current_script())
    verifying.note_letter_read(desk, found)
    return printed(content, letter.number_of(found))


@bp.route("/cases/<uuid:case_id>/verifications/<uuid:request_id>/leave", methods=["GET", "POST"])
@staff_only("clerk", "approver")
@shows_again
def leave(case_id: uuid.UUID, request_id: uuid.UUID) -> Response:
    """The other office's day is over: go on with what the citizen promises in writing."""
    desk = my_desk()
    application = casework.get_case_for(desk, case_id)
    found = verifying.request_of(application, request_id)
    form = LeaveForm(version=found.version)
    if sent.method == "GET" or only_again(form) or not form.validate():
        return _leave_page(desk, application, found, form, 422 if form.errors else 200)
    try:
        verifying.leave(desk, application, found, form.promise.data, form.version.data)
    except OwnCaseError:
        return case_page(desk, application, status=403)
    except ChangedMeanwhileError:
        return _leave_page(desk, casework.get_case_for(desk, case_id), found, form, 409)
    return see(url_for(".case", case_id=case_id))


@bp.get("/cases/<uuid:case_id>/told")
@staff_only("clerk")
def told_again(case_id: uuid.UUID) -> Response:
    """A reload after the form: the case."""
    return see(url_for(".case", case_id=case_id))


@bp.post("/cases/<uuid:case_id>/told")
@staff_only("clerk")
def told(case_id: uuid.UUID) -> Response:
    """Note that the places of hukou were told of the result."""
    desk = my_desk()
    application = casework.get_case_for(desk, case_id)
    try:
        verifying.note_told(desk, application)
    except ChangedMeanwhileError:
        return case_page(desk, casework.get_case_for(desk, case_id), status=409)
    return see(url_for(".case", case_id=case_id))


# --- The office that is asked ---


@bp.get("/enquiries")
@staff_only()
def enquiries() -> Response:
    """What other places ask of this one, and what they tell it."""
    desk = my_desk()
    beside, _more = queue_for(desk, View.MINE, 1)
    found = verifying.enquiries_for(desk)
    rows = [*found.asked, *found.late]
    names = office_names(
        *{each.office_id for each in rows}, *{each.from_office_id for each in found.told}
    )
    return page(
        "casework/enquiries.html",
        **frame(desk, View.MINE, beside),
        section="enquiries",
        found=found,
        names=names,
        names_asked=service.names_of(found.late),
        About=About,
        lamp_of=lamp_of,
        masked={each.application_id: _masked(each.application) for each in found.told},
    )


@bp.route("/enquiries/<uuid:enquiry_id>", methods=["GET", "POST"])
@staff_only()
@shows_again
def enquiry(enquiry_id: uuid.UUID) -> Response:
    """One question: only what is needed to answer it."""
    desk = my_desk()
    found = verifying.enquiry_for(desk, enquiry_id)
    form = AnswerForm(version=found.version)
    if sent.method == "GET" or only_again(form):
        return _enquiry_page(desk, found, form)
    if not form.validate():
        return _enquiry_page(desk, found, form, 422)
    try:
        finding, words = Finding(form.finding.data), form.words.data or ""
        verifying.answer(desk, found, finding, words, version=form.version.data)
    except OwnCaseError:
        return _enquiry_page(desk, found, form, 403)
    except ChangedMeanwhileError:
        return _enquiry_page(desk, verifying.enquiry_for(desk, enquiry_id), form, 409)
    return see(url_for(".enquiries"))


@bp.get("/enquiries/<uuid:enquiry_id>/reveal")
@staff_only("clerk", "approver")
def reveal_enquiry_again(enquiry_id: uuid.UUID) -> Response:
    """A reload after the form: the question."""
    return see(url_for(".enquiry", enquiry_id=enquiry_id))


@bp.post("/enquiries/<uuid:enquiry_id>/reveal")
@staff_only("clerk", "approver")
def reveal_enquiry(enquiry_id: uuid.UUID) -> Response:
    """Show names and ID numbers for a while; noted, and shown to the citizen."""
    desk = my_desk()
    found = verifying.enquiry_for(desk, enquiry_id)
    verifying.note_revealed(desk, found)
    until = int((now() + REVEALED_FOR).timestamp())
    browser_session[REVEALED] = {**still_revealed(), str(enquiry_id): until}
    return see(url_for(".enquiry", enquiry_id=enquiry_id))


# --- Pages ---


def _addressee(form: AskForm, places: list[Addressee]) -> Addressee:
    if form.to.data == ELSEWHERE:
        return service.addressee_at(form.division.data or "")
    return next(each for each in places if each.code == form.to.data)


def _ask_page(desk: Desk, application: Application, form: AskForm, status: int = 200) -> Response:
    return page(
        "casework/ask_elsewhere.html",
        status,
        **frame_of(desk, application),
        case=application,
        line=showing.line_of(application),
        form=form,
        term=service.term_of(application),
        changed=status == 409,
    )


def _leave_page(
    desk: Desk,
    application: Application,
    found: VerificationRequest,
    form: LeaveForm,
    status: int = 200,
) -> Response:
    return page(
        "casework/leave.html",
        status,
        **frame_of(desk, application),
        case=application,
        line=showing.line_of(application),
        request=found,
        asked=service.names_of([found])[found.id],
        form=form,
        changed=status == 409,
    )


def _enquiry_page(
    desk: Desk, found: VerificationRequest, form: AnswerForm, status: int = 200
) -> Response:
    beside, _more = queue_for(desk, View.MINE, 1)
    revealed = is_revealed(found.id)
    people = letter.people_in(found)
    if not revealed:
        people = [(who, mask_name(n), kind, mask_id_number(no)) for who, n, kind, no in people]
    if status == 409:
        form.version.data, form.version.raw_data = found.version, None
    return page(
        "casework/enquiry.html",
        status,
        **frame(desk, View.MINE, beside),
        section="enquiries",
        one=found,
        form=form,
        people=people,
        questions=letter.questions_of(found),
        number=letter.number_of(found),
        names=office_names(found.office_id),
        may_answer=verifying.may_answer(desk, found),
        revealed=revealed,
        may_reveal=not desk.is_supervisor,
        stage=verifying.stage_text(found),
        answered_by=_answered_by(found),
        Finding=Finding,
        changed=status == 409,
        own_case=status == 403,
    )


def _answered_by(found: VerificationRequest) -> str:
    """Who was first."""
    events = [each for each in found.application.events if each.actor_id == found.answered_by]
    officers = casework.officers_of(events)
    officer = officers.get(found.answered_by) if found.answered_by else None
    return officer.display_name if officer else ""


def _masked(application: Application) -> str:
    answers: dict[str, Any] = application.answers or {}
    return "、".join(mask_name(answers[w]["name"]) for w in ("woman", "man") if answers.get(w))
