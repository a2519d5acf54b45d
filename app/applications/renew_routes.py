"""One of the couple gives a power of attorney once more that has expired."""

from __future__ import annotations

import uuid

from flask import abort, request, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only, deny
from app.appearance import only_again
from app.applications import renewing
from app.applications.step_pages import bp, me
from app.clock import today
from app.delegation import asking, powers
from app.delegation.authority import acts_left
from app.delegation.forms import TermsForm
from app.delegation.models import PowerOfAttorney
from app.delegation.wording import too_many_links
from app.extensions import db
from app.policy.deadlines import add_months
from app.web import page, see, shows_again


@bp.route("/powers/<uuid:power_id>/renew", methods=["GET", "POST"])
@citizen_only
@shows_again
def renew_power(power_id: uuid.UUID) -> Response:
    """The same agent, with what, until when; from today."""
    power = _given(power_id)
    form = _form(power)
    if not renewing.may_renew(me(), power):
        status = 409 if request.method == "POST" else 200
        return page("applications/renew.html", status, power=power, form=None)
    if only_again() or not form.validate_on_submit():
        status = 422 if form.errors and not only_again() else 200
        return page("applications/renew.html", status, power=power, form=form)
    try:
        until_on = form.until_on.data or today()
        new = renewing.renew(me(), power, form.acts.data or (), until_on)
    except asking.TooMany as limit:
        db.session.rollback()
        form.until_on.errors = [too_many_links(limit.wait)]
        return page("applications/renew.html", 429, power=power, form=form)
    db.session.commit()
    return see(url_for("delegation.power", power_id=new.id))


def _given(power_id: uuid.UUID) -> PowerOfAttorney:
    """One that I gave, held, so that two taps do not make two new ones; else 404."""
    found = powers.by_id(power_id)
    if found is None or powers.person_of(me(), found) is None:
        deny()
        abort(404)
    return powers.hold(found) if request.method == "POST" else found


def _form(power: PowerOfAttorney) -> TermsForm:
    left = acts_left(power.as_rules_see_it)
    form = TermsForm(data={"acts": sorted(left), "until_on": add_months(today(), 6)})
    form.acts.choices = [each for each in form.acts.choices if each.value in power.acts]
    return form
