"""The accounts of the staff, for the supervisors who look after them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TypeVar

from flask import current_app, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from app.accounts import enrolling, staff
from app.accounts.guards import current_officer, staff_only
from app.accounts.models import Officer
from app.accounts.pages import bp
from app.accounts.staff import Manager, NameTakenError, OwnAccountError, Standing
from app.accounts.staff_forms import ROLES, NewOfficerForm, OfficerForm
from app.accounts.staff_history import history_of
from app.appearance import only_again
from app.extensions import db
from app.language import current_script, gettext
from app.places.models import Office
from app.web import page, see, shows_again

Form = TypeVar("Form", bound=OfficerForm)


@bp.get("/staff/officers")
@staff_only("supervisor")
def officers() -> Response:
    """Every account of the own office and those below it."""
    manager = _manager()
    names = _names(staff.offices_of(manager))
    rows = [(each, names.get(each.office_id, "")) for each in staff.officers_of(manager)]
    return page(
        "accounts/officers.html", rows=rows, roles=dict(ROLES), is_waiting=enrolling.is_waiting
    )


@bp.route("/staff/officers/new", methods=["GET", "POST"])
@staff_only("supervisor")
@shows_again
def new_officer() -> Response:
    """A new account; the code for its owner is shown once."""
    manager = _manager()
    form = _offering(manager, NewOfficerForm())
    if only_again(form) or not form.validate_on_submit():
        return page("accounts/officer_new.html", 422 if form.errors else 200, form=form)
    try:
        officer, code = staff.add(manager, form.username.data, _standing(form))
    except NameTakenError:
        form.username.errors = [gettext("这个账号已经有人用，请换一个")]
        return page("accounts/officer_new.html", 422, form=form)
    # At once and only here: the code is in no address and in no table.
    return _officer_page(manager, officer, code=code)


@bp.route("/staff/officers/<uuid:officer_id>", methods=["GET", "POST"])
@staff_only("supervisor")
@shows_again
def officer(officer_id: uuid.UUID) -> Response:
    """One account: its role, office and permission."""
    manager = _manager()
    found = staff.officer_for(manager, officer_id)
    form = _offering(manager, OfficerForm(**_as_it_is(found)))
    if only_again(form) or not form.validate_on_submit():
        return _officer_page(manager, found, form=form, status=422 if form.errors else 200)
    try:
        staff.change(manager, found, _standing(form))
    except OwnAccountError:
        return _officer_page(manager, found, status=403)
    return see(url_for(".officers"))


@bp.post("/staff/officers/<uuid:officer_id>/shut")
@staff_only("supervisor")
def shut_officer(officer_id: uuid.UUID) -> Response:
    """Out on the next click, and nobody signs in with it."""
    manager = _manager()
    found = staff.officer_for(manager, officer_id)
    try:
        staff.shut(manager, found)
    except OwnAccountError:
        return _officer_page(manager, found, status=403)
    return see(url_for(".officer", officer_id=officer_id))


@bp.post("/staff/officers/<uuid:officer_id>/invited")
@staff_only("supervisor")
def invite_officer(officer_id: uuid.UUID) -> Response:
    """A new code for its owner, who lost password or phone, or comes back; shown once."""
    manager = _manager()
    found = staff.officer_for(manager, officer_id)
    try:
        code = staff.invite_again(manager, found)
    except OwnAccountError:
        return _officer_page(manager, found, status=403)
    return _officer_page(manager, found, code=code)


@bp.get("/staff/officers/<uuid:officer_id>/<any(shut, invited):act>")
@staff_only("supervisor")
def officer_again(officer_id: uuid.UUID, act: str) -> Response:
    """A reload after a button: the account."""
    staff.officer_for(_manager(), officer_id)
    return see(url_for(".officer", officer_id=officer_id))


# --- Inside ---


def _manager() -> Manager:
    me = current_officer()
    assert me is not None  # noqa: S101  the guard has seen to it
    return staff.manager_of(me)


def _names(offices: Sequence[Office]) -> dict[uuid.UUID, str]:
    traditional = current_script() == "zh_Hant"
    return {each.id: each.name_hant if traditional else each.name for each in offices}


def _standing(form: OfficerForm) -> Standing:
    return Standing(
        name=form.name.data,
        role=form.role.data,
        office_id=uuid.UUID(form.office.data),
        may_export=form.may_export.data if form.may_export else None,
        kin_keys=form.kin_keys,
    )


def _as_it_is(found: Officer) -> dict[str, object]:
    return {
        "name": found.display_name,
        "role": found.role,
        "office": str(found.office_id),
        "may_export": found.may_export,
    }


def _offering(manager: Manager, form: Form) -> Form:
    """The form with the offices that are the manager's, and no permission they lack themselves."""
    names = _names(staff.offices_of(manager))
    offered = [("", gettext("请选择")), *((str(office), name) for office, name in names.items())]
    form.office.choices = [SelectChoice(value, name) for value, name in offered]
    if not manager.officer.may_export:
        del form.may_export
    return form


def _officer_page(
    manager: Manager,
    found: Officer,
    *,
    form: OfficerForm | None = None,
    code: str = "",
    status: int = 200,
) -> Response:
    office = db.session.get_one(Office, found.office_id)
    return page(
        "accounts/officer.html",
        status,
        officer=found,
        office=_names([office])[office.id],
        form=form or _offering(manager, OfficerForm(formdata=None, **_as_it_is(found))),
        roles=dict(ROLES),
        code=code,
        is_waiting=enrolling.is_waiting(found),
        is_own=found.id == manager.officer.id,
        history=history_of(found),
        days=enrolling.INVITED_FOR.days,
        sign_in=current_app.config["PUBLIC_URL"] + url_for(".enrol"),
    )
