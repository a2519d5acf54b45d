"""At the window: noting that a spouse said yes, and looking at the paper of an agent."""

from __future__ import annotations

import uuid

from flask import url_for
from werkzeug.wrappers import Response

from app.accounts.guards import staff_only
from app.appearance import only_again
from app.applications.spouses import HowSaid
from app.casework import forms, service, witnessing
from app.casework.pages import bp, case_page, my_desk
from app.casework.service import OwnCaseError
from app.delegation.powers import PowerOverError
from app.extensions import db
from app.web import see, shows_again


@bp.post("/cases/<uuid:case_id>/spouse/<any(woman,man):person>/<any(window,paper):how>")
@staff_only("clerk", "approver")
def record_spouse(case_id: uuid.UUID, person: str, how: str) -> Response:
    """This spouse said yes at the window, or a paper with their signature is here."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    try:
        witnessing.record_spouse(desk, application, person, HowSaid(how))
    except OwnCaseError:
        return case_page(desk, application, status=403)
    return see(url_for(".case", case_id=case_id))


@bp.post("/cases/<uuid:case_id>/power/<uuid:power_id>/accept")
@staff_only("clerk", "approver")
def accept_power(case_id: uuid.UUID, power_id: uuid.UUID) -> Response:
    """The agent's paper was looked at and is in order."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    try:
        witnessing.accept_power(desk, application, power_id)
    except OwnCaseError:
        return case_page(desk, application, status=403)
    except PowerOverError:
        # Ended meanwhile: the page of the case says so.
        db.session.rollback()
    return see(url_for(".case", case_id=case_id))


@bp.post("/cases/<uuid:case_id>/power/<uuid:power_id>/reject")
@staff_only("clerk", "approver")
@shows_again
def reject_power(case_id: uuid.UUID, power_id: uuid.UUID) -> Response:
    """The agent's paper is not accepted, with reasons that both sides read."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    form = forms.reject_power_form(power_id)
    if only_again():
        return case_page(desk, application, rejecting=form)
    if not form.validate():
        return case_page(desk, application, rejecting=form, status=422)
    try:
        witnessing.reject_power(desk, application, power_id, form.reasons.data)
    except OwnCaseError:
        return case_page(desk, application, rejecting=form, status=403)
    except PowerOverError:
        db.session.rollback()
    return see(url_for(".case", case_id=case_id))


@bp.get("/cases/<uuid:case_id>/spouse/<any(woman,man):person>/<any(window,paper):how>")
@staff_only()
def spouse_again(case_id: uuid.UUID, person: str, how: str) -> Response:
    """A reload after an answer to the form: the case."""
    return see(url_for(".case", case_id=case_id))


@bp.get("/cases/<uuid:case_id>/power/<uuid:power_id>/<any(accept,reject):act>")
@staff_only()
def power_again(case_id: uuid.UUID, power_id: uuid.UUID, act: str) -> Response:
    """A reload after an answer to the form: the case."""
    return see(url_for(".case", case_id=case_id))
