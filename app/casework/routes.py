"""The desk of clerks and approvers: the list by due day, a case, and the acts its state allows."""

from __future__ import annotations

import uuid
from io import BytesIO

from flask import request, send_file, url_for
from flask import session as browser_session
from werkzeug.wrappers import Response

from app.accounts.guards import staff_only
from app.appearance import only_again
from app.applications.models import Application, Upload
from app.applications.promises import note_brought
from app.applications.slots import harmless
from app.applications.uploads import read_upload
from app.casework import (
    collect_routes,
    forms,
    lists,
    notice_routes,
    paper_routes,
    power_routes,
    sending_routes,
    service,
    verification_routes,
    voice_routes,
    walk_in_routes,
    window_routes,
    witness_routes,
)
from app.casework.acts import PLAIN, Act, ActNotPossibleError
from app.casework.lists import View
from app.casework.pages import (
    REVEALED,
    REVEALED_FOR,
    bp,
    case_page,
    frame,
    is_revealed,
    my_desk,
    still_revealed,
    view_named,
)
from app.casework.service import ChangedMeanwhileError, OwnCaseError
from app.casework.showing import purpose_of
from app.clock import now
from app.extensions import db
from app.files.cleaning import PDF
from app.files.stamp import stamped
from app.late_commands import LateCommands
from app.web import page, see, shows_again

__all__ = [
    "bp",
    "collect_routes",
    "notice_routes",
    "paper_routes",
    "power_routes",
    "sending_routes",
    "verification_routes",
    "voice_routes",
    "walk_in_routes",
    "window_routes",
    "witness_routes",
]

_commands = LateCommands("cases", "app.casework.commands", help="已经收下的申请。")
bp.record_once(lambda state: state.app.cli.add_command(_commands))


@bp.get("/cases")
@staff_only()
def queue() -> Response:
    """What waits at this desk, the most urgent first."""
    desk = my_desk()
    view = view_named(request.args.get("view"))
    number = min(max(1, request.args.get("page", 1, type=int)), lists.LAST_PAGE)
    cases, more = lists.queue_for(desk, view, number)
    return page("casework/queue.html", **frame(desk, view, cases), number=number, more=more)


@bp.post("/cases/search")
@staff_only()
def search() -> Response:
    """Find cases of this desk. The answer comes at once: what was typed is in no address."""
    desk = my_desk()
    found = lists.search_for(desk, request.form.get("text", ""))
    db.session.commit()
    return page(
        "casework/queue.html",
        **frame(desk, View.ALL, found),
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
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    service.note_opened(desk, application, revealed=is_revealed(case_id))
    return case_page(desk, application)


@bp.post("/cases/<uuid:case_id>/reveal")
@staff_only("clerk", "approver")
def reveal(case_id: uuid.UUID) -> Response:
    """Show names, ID numbers and phones for a while; noted, and shown to the citizen."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    service.note_revealed(desk, application)
    until = int((now() + REVEALED_FOR).timestamp())
    browser_session[REVEALED] = {**still_revealed(), str(case_id): until}
    return see(url_for(".case", case_id=case_id))


@bp.post("/cases/<uuid:case_id>/papers/<document_id>/brought")
@staff_only("clerk", "approver")
def brought(case_id: uuid.UUID, document_id: str) -> Response:
    """A paper that was promised in writing was handed over at the window."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    note_brought(application, document_id, desk.actor)
    db.session.commit()
    return see(url_for(".case", case_id=case_id))


@bp.get("/cases/<uuid:case_id>/files/<uuid:upload_id>")
@staff_only()
def file(case_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """A file of the case, marked with whom, what for and when; never run in this site's name."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    upload = service.upload_of(application, upload_id)
    content = stamped(read_upload(upload), upload.media_type, purpose_of(desk, application))
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


@bp.get("/cases/<uuid:case_id>/<any(reveal,{acts}):act>".format(acts=",".join(PLAIN)))
@staff_only()
def act_again(case_id: uuid.UUID, act: str) -> Response:
    """A reload after an answer to a form, or coming back from signing in: the case."""
    return see(url_for(".case", case_id=case_id))


@bp.post("/cases/<uuid:case_id>/<any({acts}):act>".format(acts=",".join(PLAIN)))
@staff_only("clerk", "approver")
@shows_again
def act(case_id: uuid.UUID, act: str) -> Response:
    """Do one act; 422 with what was typed, 409 with what changed."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    form = forms.form_for(Act(act), application)
    if only_again():
        return case_page(desk, application, tried=form)
    if not form.validate():
        return case_page(desk, application, tried=form, status=422)
    try:
        service.perform(desk, application, Act(act), version=form.version.data, **form.written)
    except OwnCaseError:
        return case_page(desk, application, tried=form, status=403)
    except (ChangedMeanwhileError, ActNotPossibleError):
        changed = service.get_case_for(desk, case_id)
        return case_page(desk, changed, tried=form, status=409)
    return see(url_for(".case", case_id=case_id))


def _file_name(application: Application, upload: Upload) -> str:
    ending = "pdf" if upload.media_type == PDF else "jpg"
    return f"{application.number}-{upload.document_id}-{upload.page}.{ending}"
