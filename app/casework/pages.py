"""What the pages of the desk share: who sits there, what stands around each page, and the page of a case."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, current_app
from flask import session as browser_session
from werkzeug.wrappers import Response

from app.accounts.guards import current_officer
from app.applications import spouses, wording
from app.applications.complaints import complaints_of
from app.applications.models import Application
from app.applications.notices import notices_of, waiting_for_supervisor
from app.applications.records import filed_place
from app.casework import (
    examining,
    forms,
    lists,
    sending_on,
    service,
    showing,
    verifying,
    witnessing,
)
from app.casework.acts import PLAIN, Act
from app.casework.counting import counts_for
from app.casework.lists import View
from app.casework.service import Desk
from app.certificates.showing import issued_in
from app.clock import now, today
from app.policy.appeal import NOT_HELD, all_held_on, remedies_on
from app.policy.silence import law_on_silence
from app.verification import service as verification
from app.verification.models import About, Finding
from app.web import page

bp = Blueprint("casework", __name__, url_prefix="/staff")
bp.add_app_template_filter(examining.finding_text)

# How long ID numbers stay readable after an officer asked to see them.
REVEALED_FOR = timedelta(minutes=10)
REVEALED = "revealed"


def my_desk() -> Desk:
    """The desk of whoever is signed in."""
    officer = current_officer()
    return service.desk_of(officer) if officer else abort(401)


def view_named(name: str | None) -> View:
    """The list of this name, else that of what waits here."""
    return View(name) if name in {str(view) for view in View} else View.MINE


def frame(desk: Desk, view: View, cases: list[Application]) -> dict[str, Any]:
    """What every page of the desk shows around its content."""
    return {
        "desk": desk,
        "view": view,
        "views": showing.views_for(desk),
        "counts": counts_for(desk),
        "lines": [showing.line_of(each) for each in cases],
    }


def frame_of(desk: Desk, application: Application) -> dict[str, Any]:
    """The same around one case: the list in which it stands is beside it."""
    view = View.MINE if lists.is_waiting_for(desk, application) else View.ALL
    beside, _more = lists.queue_for(desk, view, 1)
    return frame(desk, view, beside)


def case_page(
    desk: Desk,
    application: Application,
    *,
    tried: forms.ActForm | None = None,
    rejecting: forms.RejectPowerForm | None = None,
    noting: forms.NoteForm | None = None,
    status: int = 200,
) -> Response:
    """The page of a case. `tried`, `rejecting`, `noting`: a form just sent; 409 shows what changed since it was made."""
    changed: tuple[showing.Entry, ...] = ()
    if status == 409 and tried is not None:
        changed = showing.log_of(application, after=tried.seen.data or 0)
        tried.renewed(application.version, len(application.events))
    notices = notices_of(application)
    proposed = waiting_for_supervisor(notices)
    possible = service.open_acts(desk, application)
    revealed = is_revealed(application.id)
    return page(
        "casework/case.html",
        status,
        **frame_of(desk, application),
        case=application,
        notices=showing.notices_shown(application, notices),
        voices=[
            (each, showing.complaint_line(each))
            for each in complaints_of(application)
            if each.answered_on is None
        ],
        may_ask=Act.ASK_CORRECTION in possible and proposed is None,
        deciding=_deciding(application, tried) if proposed and Act.ASK_AGAIN in possible else None,
        silence=law_on_silence(
            today(), is_licence=application.service in current_app.config["LICENSED_SERVICES"]
        ),
        words=spouses.words_and_asking(application),
        powers=_powers(application, rejecting),
        found=(found := examining.examinations_of(application)),
        old={name for name, each in found.items() if examining.is_old(each)},
        notes=examining.notes_of(application),
        note_form=noting or forms.NoteForm(formdata=None),
        shown=showing.case_of(application, revealed=revealed),
        issued=issued_in(application),
        place=filed_place(application),
        wording=wording,
        revealed=revealed,
        may_reveal=not desk.is_supervisor,
        buttons=_buttons(desk, application, tried),
        changed=changed,
        changed_papers=status == 409 and not changed,
        own_case=status == 403,
        may_send=sending_on.way_of_sending(desk, application) is not None,
        requests=(asked := verification.requests_of(application)),
        names_asked=verification.names_of(asked),
        may_verify=verifying.may_ask(desk, application),
        may_note_told=verifying.may_note_told(desk, application),
        verifying=verifying,
        About=About,
        Finding=Finding,
        remedies=[each.text for each in remedies_on(today())],
        not_held="" if all_held_on(today()) else NOT_HELD,
    )


def _buttons(
    desk: Desk, application: Application, tried: forms.ActForm | None
) -> list[dict[str, Any]]:
    """The acts open to this desk, each with its form; the one just tried keeps what was typed."""
    found = []
    for each in service.open_acts(desk, application):
        if each not in PLAIN:
            continue
        form = forms.form_for(each, application)
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


def _powers(
    application: Application, rejecting: forms.RejectPowerForm | None
) -> list[tuple[witnessing.Checked, forms.RejectPowerForm]]:
    """The powers over the case, each with the form to refuse it; what was typed stays."""
    found = []
    for each in witnessing.powers_over(application):
        form = forms.reject_power_form(each.power.id)
        tried = rejecting is not None and rejecting._prefix == form._prefix
        found.append((each, rejecting if tried and rejecting else form))
    return found


def _deciding(application: Application, tried: forms.ActForm | None) -> forms.ActForm:
    """The supervisor's form over a further notice; what was typed stays."""
    form = forms.decide_form(version=application.version, seen=len(application.events))
    return tried if tried is not None and tried._prefix == form._prefix else form


# --- What may be read for a while ---


def is_revealed(case_id: uuid.UUID) -> bool:
    """Whether this browser may read names and numbers of the case for now."""
    return str(case_id) in still_revealed()


def still_revealed() -> dict[str, int]:
    """Until when (Unix time) which case stays readable."""
    known: dict[str, int] = browser_session.get(REVEALED, {})
    return {name: until for name, until in known.items() if until > now().timestamp()}
