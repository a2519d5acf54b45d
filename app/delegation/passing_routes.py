"""An agent passes a power on, where its principals allow it."""

from __future__ import annotations

import uuid

from flask import abort, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only, deny
from app.appearance import only_again
from app.clock import today
from app.delegation import asking, powers, questions
from app.delegation.authority import Act, Scope, Status, acts_left
from app.delegation.forms import AgentForm
from app.delegation.models import PowerOfAttorney
from app.delegation.pages import bp, me, power_for_me
from app.delegation.powers import Actor, PowerOverError
from app.delegation.wording import too_many_links
from app.extensions import db
from app.web import page, see, shows_again


@bp.route("/powers/<uuid:power_id>/pass-on", methods=["GET", "POST"])
@citizen_only
@shows_again
def pass_on(power_id: uuid.UUID) -> Response:
    """To whom, with which of one's own acts, until when at most."""
    power = _passable(power_id)
    form = _form(power)
    if only_again() or not form.validate_on_submit():
        status = 422 if form.errors and not only_again() else 200
        return page("delegation/pass_on.html", status, power=power, form=form)
    named = {name: form[name].data for name in ("name", "id_number", "phone", "relation")}
    try:
        child = powers.pass_on(
            power,
            _scope(power, form),
            agent=named | {"id_kind": "resident_id"},
            by=Actor("agent", me().id),
        )
        asking.ask(
            questions.AGENT,
            child.id,
            "agent",
            phone=named["phone"],
            id_number=named["id_number"],
            asker=f"citizen:{me().id}",
        )
    except asking.TooMany as limit:
        db.session.rollback()
        form.phone.errors = [too_many_links(limit.wait)]
        return page("delegation/pass_on.html", 429, power=power, form=form)
    except PowerOverError:
        db.session.rollback()
        return see(url_for(".power", power_id=power_id))
    db.session.commit()
    return see(url_for(".power", power_id=power_id))


def _passable(power_id: uuid.UUID) -> PowerOfAttorney:
    """A power in force of which this citizen is the agent, and that may be passed on; else 404."""
    power = power_for_me(power_id)
    mine = power.agent_citizen_id == me().id and power.parent_id is None
    if not (mine and power.may_delegate and powers.status_of(power) is Status.IN_FORCE):
        deny()
        abort(404)
    return power


def _form(power: PowerOfAttorney) -> AgentForm:
    left = acts_left(power.as_rules_see_it) - {Act.FILL}
    form = AgentForm(
        data={"acts": sorted(left), "until_on": power.until_on, "relation": "relative"}
    )
    form.acts.choices = [each for each in form.acts.choices if each.value in left]
    form.last_day = power.until_on
    phones = [(each.named or {}).get("phone") for each in power.people]
    phones += [(power.agent or {}).get("phone"), me().phone]
    form.not_theirs = frozenset(str(phone) for phone in phones if phone)
    return form


def _scope(power: PowerOfAttorney, form: AgentForm) -> Scope:
    """From today, for what was ticked, never beyond one's own."""
    own = power.scope
    return Scope(
        matters=own.matters,
        acts=frozenset({Act.FILL, *(Act(each) for each in form.acts.data or ())}),
        from_on=max(own.from_on, today()),
        until_on=form.until_on.data or own.until_on,
    )
