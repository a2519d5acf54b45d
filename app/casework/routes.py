"""The desk of clerks and approvers: the list by due day, a case, and the acts its state allows."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import Blueprint, abort, request, send_file, url_for
from flask import session as browser_session
from werkzeug.wrappers import Response

from app.accounts.guards import current_officer, staff_only
from app.appearance import only_again
from app.applications import wording
from app.applications.models import Application, Upload
from app.applications.records import filed_place
from app.applications.slots import harmless
from app.applications.uploads import read_upload
from app.casework import forms, service, showing
from app.casework.acts import Act, ActNotPossibleError
from app.casework.service import ChangedMeanwhileError, Desk, OwnCaseError, View
from app.clock import now, today
from app.extensions import db
from app.files.cleaning import PDF
from app.files.stamp import stamped
from app.policy.appeal import NOT_HELD, all_held_on, remedies_on
from app.web import page, see, shows_again

bp = Blueprint("casework", __name__, url_prefix="/staff")

# How long ID numbers stay readable after an officer asked to see them.
REVEALED_FOR = timedelta(minutes=10)
_REVEALED = "revealed"


@bp.get("/cases")
@staff_only()
def queue() -> Response:
    """What waits at this desk, the most urgent first."""
    desk = _desk()
    view = _view(request.args.get("view"))
    number = min(max(1, request.args.get("page", 1, type=int)), service.LAST_PAGE)
    cases, more = service.queue_for(desk, view, number)
    return page("casework/queue.html", **_frame(desk, view, cases), number=number, more=more)


@bp.post("/cases/search")
@staff_only()
def search() -> Response:
    """Find cases of this desk. The answer comes at once: what was typed is in no address."""
    desk = _desk()
    found = service.search_for(desk, request.form.get("text", ""))
    db.session.commit()
    return page(
        "casework/queue.html",
        **_frame(desk, View.ALL, found),
        number=1,
        more=False,
        searched=True,
    )


@bp.get("/cases/search")
@staff_only()
def search_again() -> Response:
    """A reload of what was found: the list, since nobody knows any more what was asked."""
    return see(url_for(".queue"))


@bp.get("/cases/<uuid:case_id>")
@staff_only()
def case(case_id: uuid.UUID) -> Response:
    """One case: what the citizen was told, what they sent, the clock, and what may be done now."""
    desk = _desk()
    application = service.get_case_for(desk, case_id)
    service.note_opened(desk, application, revealed=_is_revealed(case_id))
    return _case_page(desk, application)


@bp.post("/cases/<uuid:case_id>/reveal")
@staff_only("clerk", "approver")
def reveal(case_id: uuid.UUID) -> Response:
    """Show names, ID numbers and phones for a while; noted, and shown to the citizen."""
    desk = _desk()
    application = service.get_case_for(desk, case_id)
    service.note_revealed(desk, application)
    until = int((now() + REVEALED_FOR).timestamp())
    browser_session[_REVEALED] = {**_still_revealed(), str(case_id): until}
    return see(url_for(".case", case_id=case_id))


@bp.get("/cases/<uuid:case_id>/files/<uuid:upload_id>")
@staff_only()
def file(case_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """A file of the case, marked with whom, what for and when; never run in this site's name."""
    desk = _desk()
    application = service.get_case_for(desk, case_id)
    upload = service.upload_of(application, upload_id)
    content = stamped(read_upload(upload), upload.media_type, showing.purpose_of(desk, application))
    service.note_file_read(desk, upload)
    return harmless(
        send_file(
            BytesIO(content),
            mimetype=upload.media_type,
            as_attachment=upload.media_type == PDF,
            download_name=_file_name(application, upload),
            conditional=False,
            max_age=None,
        )
    )


@bp.get("/cases/<uuid:case_id>/<any(reveal,{acts}):act>".format(acts=",".join(Act)))
@staff_only()
def act_again(case_id: uuid.UUID, act: str) -> Response:
    """A reload after an answer to a form, or coming back from signing in: the case."""
    return see(url_for(".case", case_id=case_id))


@bp.post("/cases/<uuid:case_id>/<any({acts}):act>".format(acts=",".join(Act)))
@staff_only("clerk", "approver")
@shows_again
def act(case_id: uuid.UUID, act: str) -> Response:
    """Do one act; 422 with what was typed, 409 with what changed."""
    desk = _desk()
    application = service.get_case_for(desk, case_id)
    form = forms.form_for(Act(act), version=application.version, seen=len(application.events))
    if only_again():
        return _case_page(desk, application, tried=form)
    if not form.validate():
        return _case_page(desk, application, tried=form, status=422)
    try:
        service.perform(desk, application, Act(act), version=form.version.data, **form.written)
    except OwnCaseError:
        return _case_page(desk, application, tried=form, status=403)
    except (ChangedMeanwhileError, ActNotPossibleError):
        changed = service.get_case_for(desk, case_id)
        return _case_page(desk, changed, tried=form, status=409)
    return see(url_for(".case", case_id=case_id))


# --- Pages ---


def _desk() -> Desk:
    officer = current_officer()
    return service.desk_of(officer) if officer else abort(401)


def _view(name: str | None) -> View:
    return View(name) if name in {str(view) for view in View} else View.MINE


def _frame(desk: Desk, view: View, cases: list[Application]) -> dict[str, Any]:
    """What every page of the desk shows around its content."""
    return {
        "desk": desk,
        "view": view,
        "views": showing.views_for(desk),
        "counts": service.counts_for(desk),
        "lines": [showing.line_of(each) for each in cases],
    }


def _case_page(
    desk: Desk,
    application: Application,
    *,
    tried: forms.ActForm | None = None,
    status: int = 200,
) -> Response:
    changed: tuple[showing.Entry, ...] = ()
    if status == 409 and tried is not None:
        changed = showing.log_of(application, after=tried.seen.data or 0)
        tried.renewed(application.version, len(application.events))
    view = View.MINE if service.is_waiting_for(desk, application) else View.ALL
    beside, _more = service.queue_for(desk, view, 1)
    revealed = _is_revealed(application.id)
    return page(
        "casework/case.html",
        status,
        **_frame(desk, view, beside),
        case=application,
        shown=showing.case_of(application, revealed=revealed),
        place=filed_place(application),
        wording=wording,
        revealed=revealed,
        may_reveal=not desk.is_supervisor,
        buttons=_buttons(desk, application, tried),
        changed=changed,
        changed_papers=status == 409 and not changed,
        own_case=status == 403,
        remedies=[each.text for each in remedies_on(today())],
        not_held="" if all_held_on(today()) else NOT_HELD,
    )


def _buttons(
    desk: Desk, application: Application, tried: forms.ActForm | None
) -> list[dict[str, Any]]:
    """The acts open to this desk, each with its form; the one just tried keeps what was typed."""
    found = []
    for each in service.open_acts(desk, application):
        form = forms.form_for(each, version=application.version, seen=len(application.events))
        if tried is not None and tried._prefix == form._prefix:
            form = tried
        found.append(
            {
                "act": each,
                "form": form,
                "label": forms.label_of(each, application.state, application.service),
                "hint": forms.hint_of(each),
            }
        )
    return found


# --- What may be read for a while ---


def _is_revealed(case_id: uuid.UUID) -> bool:
    return str(case_id) in _still_revealed()


def _still_revealed() -> dict[str, int]:
    known: dict[str, int] = browser_session.get(_REVEALED, {})
    return {name: until for name, until in known.items() if until > now().timestamp()}


def _file_name(application: Application, upload: Upload) -> str:
    ending = "pdf" if upload.media_type == PDF else "jpg"
    return f"{application.number}-{upload.document_id}-{upload.page}.{ending}"
