"""A principal comes to a window to say yes to a power of attorney, whose number they bring."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from flask import abort, url_for
from flask import session as browser_session
from werkzeug.wrappers import Response

from app import audit, limits
from app.accounts.guards import deny, staff_only
from app.appearance import only_again
from app.casework.forms import PresentForm
from app.casework.lists import View
from app.casework.pages import bp, frame, my_desk
from app.casework.service import Desk
from app.clock import now
from app.delegation import asking, authority, powers, questions
from app.delegation.authority import OVER, How
from app.delegation.forms import NumberForm
from app.delegation.models import PowerOfAttorney
from app.delegation.pages import shown
from app.delegation.powers import Actor, PowerOverError
from app.extensions import db
from app.language import gettext
from app.web import page, see, shows_again

OPEN_FOR = timedelta(minutes=20)
DAY = timedelta(days=1)
WRONG_NUMBERS_DAILY = 50
_OPENED = "powers"


@bp.route("/powers", methods=["GET", "POST"])
@staff_only("clerk", "approver")
@shows_again
def find_power() -> Response:
    """By the number on the paper or on the agent's phone; every look is written down."""
    desk, form = my_desk(), NumberForm()
    if only_again() or not form.validate_on_submit():
        status = 422 if form.errors and not only_again() else 200
        return page("casework/find_power.html", status, **_frame(desk), form=form)
    found = powers.by_number(form.number.data)
    if found is None or found.parent_id is not None:
        return _not_found(desk, form)
    audit.record("power.opened", actor=desk.actor, subject=f"power:{found.id}")
    db.session.commit()
    until = int((now() + OPEN_FOR).timestamp())
    browser_session[_OPENED] = {**_still_open(), str(found.id): until}
    return see(url_for(".power", power_id=found.id))


@bp.route("/powers/<uuid:power_id>", methods=["GET", "POST"])
@staff_only("clerk", "approver")
@shows_again
def power(power_id: uuid.UUID) -> Response:
    """Who is asked, and noting that one of them stood here with their paper."""
    desk, found = my_desk(), _opened(power_id)
    form = PresentForm()
    if only_again() or not form.validate_on_submit():
        return _page(desk, found, form, 422 if form.errors and not only_again() else 200)
    person = _who_is_it(found, form.id_number.data)
    if person is None:
        form.id_number.errors = [gettext("这份委托书上没有这个证件号，或者本人已经确认过了")]
        return _page(desk, found, form, 422)
    try:
        by = Actor("officer", desk.officer.id, desk.office.id)
        powers.confirm(found, person, How.WINDOW, by=by)
    except PowerOverError:
        db.session.rollback()
        return see(url_for(".power", power_id=power_id))
    principal = next(each for each in found.principals if each.person == person)
    asking.close(questions.PRINCIPAL, principal.id)
    db.session.commit()
    return see(url_for(".power", power_id=power_id))


def _not_found(desk: Desk, form: NumberForm) -> Response:
    allowed = limits.hit("wrong-power-number", desk.actor, limit=WRONG_NUMBERS_DAILY, window=DAY)
    db.session.commit()
    form.number.errors = [
        gettext("没有这个编号的委托书，请核对")
        if allowed
        else gettext("今天查错的次数太多了，请明天再查")
    ]
    status = 422 if allowed else 429
    return page("casework/find_power.html", status, **_frame(desk), form=form)


def _opened(power_id: uuid.UUID) -> PowerOfAttorney:
    """A power whose number was typed at this desk a moment ago; 404 for every other."""
    found = powers.by_id(power_id) if str(power_id) in _still_open() else None
    if found is None:
        deny()
        abort(404)
    return found


def _who_is_it(found: PowerOfAttorney, id_number: str) -> str | None:
    """The principal with this number on their paper who has not said yes."""
    said = authority.confirmed(found.as_rules_see_it)
    for principal in found.principals:
        if principal.person not in said and (principal.named or {})["id_number"] == id_number:
            return principal.person
    return None


def _page(desk: Desk, found: PowerOfAttorney, form: PresentForm, status: int) -> Response:
    said = authority.confirmed(found.as_rules_see_it)
    state = powers.status_of(found)
    told: dict[str, Any] = shown(found) | {"said": said, "may_note": state not in OVER}
    return page("casework/power.html", status, **_frame(desk), form=form, **told)


def _frame(desk: Desk) -> dict[str, Any]:
    return frame(desk, View.MINE, []) | {"section": "power"}


def _still_open() -> dict[str, int]:
    known: dict[str, int] = browser_session.get(_OPENED, {})
    return {name: until for name, until in known.items() if until > now().timestamp()}
