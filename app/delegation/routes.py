"""The powers one has given, or acts under: what was done, the sheet, ending them, and checking one."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import url_for
from werkzeug.wrappers import Response

from app import limits
from app.accounts.guards import citizen_only
from app.appearance import only_again
from app.delegation import (
    answer_routes,
    asking,
    passing_routes,
    powers,
    questions,
    sheet,
    wording,
)
from app.delegation.authority import Status
from app.delegation.forms import EndForm, NumberForm
from app.delegation.pages import bp, later, me, power_for_me, shown
from app.delegation.powers import Actor
from app.extensions import db
from app.language import gettext, speaking
from app.web import page, printed, public, see, shows_again, visitor_address

__all__ = ["answer_routes", "bp", "passing_routes", "questions"]

HOUR = timedelta(hours=1)
CHECKS_PER_ADDRESS_HOURLY = 60


@bp.get("/powers")
@citizen_only
def given() -> Response:
    """What I am asked, and whom I have entrusted with what."""
    return page(
        "delegation/powers.html",
        asked=asking.open_for(me()),
        given=[shown(each) for each in powers.as_principal(me())],
    )


@bp.get("/powers/<uuid:power_id>")
@citizen_only
def power(power_id: uuid.UUID) -> Response:
    """One power: what it says, who did what under it, and the button that ends it."""
    found = power_for_me(power_id)
    return page(
        "delegation/power.html",
        form=EndForm(),
        is_agent=found.agent_citizen_id == me().id,
        **shown(found),
    )


@bp.post("/powers/<uuid:power_id>/end")
@citizen_only
def end(power_id: uuid.UUID) -> Response:
    """End it at once, whoever of those in it asks."""
    found = power_for_me(power_id)
    whom = powers.person_of(me(), found)
    powers.end(found, by=Actor("citizen" if whom else "agent", me().id), whom=whom)
    db.session.commit()
    return see(url_for(".power", power_id=power_id) if whom else url_for(".given"))


@bp.get("/powers/<uuid:power_id>/end")
@citizen_only
def ended(power_id: uuid.UUID) -> Response:
    """A reload, or coming back from signing in: the power."""
    return see(url_for(".power", power_id=power_id))


@bp.get("/powers/<uuid:power_id>/<any(hans,hant):script>.pdf")
@citizen_only
def power_sheet(power_id: uuid.UUID, script: str) -> Response:
    """The power on paper, in either script."""
    found = power_for_me(power_id)
    with speaking(sheet.SCRIPTS[script]):
        return printed(sheet.as_pdf(found, script), sheet.title_of(found))


# --- Whether a paper is still good ---


@bp.route("/powers/check", methods=["GET", "POST"])
@public
@shows_again
def check() -> Response:
    """By the number on the paper: whether it is in force, and in what until when; nobody's name."""
    form = NumberForm()
    if only_again() or not form.validate_on_submit():
        status = 422 if form.errors and not only_again() else 200
        return page("delegation/check.html", status, form=form, found=None)
    return _checked(form, form.number.data)


@bp.get("/powers/check/<power_number>")
@public
def checked(power_number: str) -> Response:
    """The same by the code on the paper."""
    return _checked(NumberForm(data={"number": power_number}), power_number)


def _checked(form: NumberForm, number: str) -> Response:
    address = visitor_address()
    allowed = limits.hit("check-power", address, limit=CHECKS_PER_ADDRESS_HOURLY, window=HOUR)
    db.session.commit()
    if not allowed:
        limit = asking.TooMany(limits.seconds_left("check-power", address))
        form.number.errors = [wording.wait_text(limit.wait)]
        return later(page("delegation/check.html", 429, form=form, found=None), limit)
    found = powers.by_number(number)
    if found is None:
        form.number.errors = [gettext("没有这个编号的委托书，请核对")]
        return page("delegation/check.html", 404, form=form, found=None)
    said = shown(found)
    return page(
        "delegation/check.html", form=form, found=said, is_good=said["state"] is Status.IN_FORCE
    )
