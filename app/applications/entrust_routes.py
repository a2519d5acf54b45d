"""One of the couple entrusts somebody with an application that is theirs already."""

from __future__ import annotations

import uuid

from flask import abort, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only, deny
from app.appearance import only_again
from app.applications import entrusting
from app.applications.models import Application, Party
from app.applications.standing import Right, Role, case_for, standing_of
from app.applications.step_pages import bp, me
from app.clock import today
from app.delegation import asking, powers, questions
from app.delegation.authority import Act, How, Scope
from app.delegation.forms import AgentForm
from app.delegation.powers import Actor
from app.delegation.wording import USUAL, too_many_links
from app.extensions import db
from app.policy.deadlines import add_months
from app.web import page, see, shows_again


@bp.route("/my/<uuid:case_id>/entrust", methods=["GET", "POST"])
@citizen_only
@shows_again
def entrust(case_id: uuid.UUID) -> Response:
    """Whom, with what, until when; it is theirs to take on, and ours to end."""
    case, person = _mine(case_id)
    form = _form(case)
    if only_again() or not case.is_live or not form.validate_on_submit():
        status = 422 if form.errors and not only_again() else 200
        return page("applications/entrust_other.html", status, case=case, form=form)
    try:
        _entrust(case, person, form)
    except asking.TooMany as limit:
        db.session.rollback()
        form.phone.errors = [too_many_links(limit.wait)]
        return page("applications/entrust_other.html", 429, case=case, form=form)
    db.session.commit()
    return see(url_for("delegation.given"))


def _mine(case_id: uuid.UUID) -> tuple[Application, str]:
    """The application, and whether I am its woman or its man; 404 for whoever only helps with it."""
    case = case_for(me(), case_id, Right.VIEW)
    role = standing_of(me().id, case).role
    person = (case.answers or {}).get("who", {}).get("filer")
    if role is Role.PRINCIPAL:
        beside = select(Party.person).where(
            Party.application_id == case.id, Party.citizen_id == me().id
        )
        person = db.session.scalar(beside)
    if role not in {Role.SENDER, Role.PRINCIPAL} or person not in {"woman", "man"}:
        deny()
        abort(404)
    return case, str(person)


def _form(case: Application) -> AgentForm:
    half_a_year = add_months(today(), 6)
    usual = [act for act in USUAL if act != Act.SUBMIT]
    form = AgentForm(data={"acts": usual, "until_on": half_a_year, "relation": "parent"})
    # It was sent already.
    form.acts.choices = [each for each in form.acts.choices if each.value != Act.SUBMIT]
    phones = [((case.answers or {}).get(who) or {}).get("phone") for who in ("woman", "man")]
    form.not_theirs = frozenset(str(phone) for phone in (*phones, me().phone) if phone)
    return form


def _entrust(case: Application, person: str, form: AgentForm) -> None:
    named = {name: form[name].data for name in ("name", "id_number", "phone", "relation")}
    power = powers.make(
        Scope(
            matters=frozenset({case.service}),
            acts=frozenset({Act.FILL, *(Act(each) for each in form.acts.data or ())}),
            from_on=today(),
            until_on=form.until_on.data or today(),
        ),
        How.PHONE,
        agent=named | {"id_kind": "resident_id"},
        agent_id=None,
        principals={person: (case.answers or {})[person]},
        by=Actor("citizen", me().id),
    )
    entrusting.entrust(case, power)
    powers.confirm(power, person, How.PHONE, by=Actor("citizen", me().id))
    asking.ask(
        questions.AGENT,
        power.id,
        "agent",
        phone=named["phone"],
        id_number=named["id_number"],
        asker=f"citizen:{me().id}",
    )
