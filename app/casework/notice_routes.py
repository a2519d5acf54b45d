"""One-time notices at the desk: written, read once as the citizen will read it, sent; a further one agreed to."""

from __future__ import annotations

import uuid

from flask import request, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import staff_only
from app.appearance import only_again
from app.applications.models import Application
from app.applications.notices import (
    Notice,
    askable,
    needs_supervisor,
    notices_of,
    waiting_for_supervisor,
)
from app.casework import asking, examining, forms, service, showing
from app.casework.acts import Act, ActNotPossibleError
from app.casework.pages import bp, case_page, frame_of, my_desk
from app.casework.service import ChangedMeanwhileError, Desk, OwnCaseError
from app.web import page, see, shows_again


@bp.route("/cases/<uuid:case_id>/notice", methods=["GET", "POST"])
@staff_only("clerk")
@shows_again
def notice(case_id: uuid.UUID) -> Response:
    """Tick what is missing and say it in words; look at it once; send it, or propose it."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    earlier = notices_of(application)
    form = _form(application, earlier)
    if request.method == "GET" and not _may_ask(desk, application, earlier):
        return see(url_for(".case", case_id=case_id))
    if request.method == "GET" or only_again():
        return _notice_page(desk, application, form, earlier)
    if not form.validate():
        return _notice_page(desk, application, form, earlier, status=422)
    if request.form.get("do") != "send":
        return _notice_page(desk, application, form, earlier, preview=True)
    try:
        asking.ask(
            desk,
            application,
            form.wanted,
            version=form.version.data,
            why=form.why.data or "",
        )
    except OwnCaseError:
        return case_page(desk, application, tried=form, status=403)
    except (ChangedMeanwhileError, ActNotPossibleError, asking.WhyError):
        return _changed(desk, case_id, form)
    return see(url_for(".case", case_id=case_id))


@bp.get("/cases/<uuid:case_id>/notice/decision")
@staff_only("supervisor")
def decision_again(case_id: uuid.UUID) -> Response:
    """A reload after an answer to the form: the case."""
    return see(url_for(".case", case_id=case_id))


@bp.post("/cases/<uuid:case_id>/notice/decision")
@staff_only("supervisor")
@shows_again
def decide_notice(case_id: uuid.UUID) -> Response:
    """Agree that more is asked for than the first time, or not; with reasons either way."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    form = forms.decide_form(version=application.version, seen=len(application.events))
    if only_again():
        return case_page(desk, application, tried=form)
    if not form.validate():
        return case_page(desk, application, tried=form, status=422)
    try:
        asking.decide(
            desk,
            application,
            agree=form.agree.data == "yes",
            reasons=form.reasons.data,
            version=form.version.data,
        )
    except OwnCaseError:
        return case_page(desk, application, tried=form, status=403)
    except (ChangedMeanwhileError, ActNotPossibleError):
        changed = service.get_case_for(desk, case_id)
        return case_page(desk, changed, tried=form, status=409)
    return see(url_for(".case", case_id=case_id))


def _form(application: Application, earlier: list[Notice]) -> forms.NoticeForm:
    offered = [
        (each, needs_supervisor(application, earlier, each.key)) for each in askable(application)
    ]
    return forms.notice_form(
        offered,
        version=application.version,
        seen=len(application.events),
        found=examining.faults_found(application),
    )


def _may_ask(desk: Desk, application: Application, earlier: list[Notice]) -> bool:
    possible = Act.ASK_CORRECTION in service.open_acts(desk, application)
    return possible and waiting_for_supervisor(earlier) is None


def _changed(desk: Desk, case_id: uuid.UUID, form: forms.NoticeForm) -> Response:
    """Someone was first: what was typed stays, where it can still be sent."""
    changed = service.get_case_for(desk, case_id)
    earlier = notices_of(changed)
    if not _may_ask(desk, changed, earlier):
        return case_page(desk, changed, tried=form, status=409)
    return _notice_page(desk, changed, form, earlier, status=409)


def _notice_page(
    desk: Desk,
    application: Application,
    form: forms.NoticeForm,
    earlier: list[Notice],
    *,
    preview: bool = False,
    status: int = 200,
) -> Response:
    changed: tuple[showing.Entry, ...] = ()
    if status == 409:
        changed = showing.log_of(application, after=form.seen.data or 0)
        form.renewed(application.version, len(application.events))
    return page(
        "casework/notice.html",
        status,
        **frame_of(desk, application),
        case=application,
        line=showing.line_of(application),
        form=form,
        told=form.wanted if preview else (),
        is_further=any(each.needs_supervisor for each in form.items),
        asks_supervisor=any(each.needs_supervisor and each.tick.data for each in form.items),
        earlier=showing.notices_shown(application, earlier),
        changed=changed,
    )
