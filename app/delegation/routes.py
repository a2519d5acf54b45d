"""Saying yes or no on one's own phone, and the powers one has given: what was done, and ending them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, request, url_for
from flask import session as browser_session
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.accounts import sessions
from app.accounts.guards import citizen_only, current_citizen, deny
from app.accounts.models import Citizen
from app.appearance import only_again
from app.clock import now
from app.delegation import (
    asking,
    powers,
    questions,  # noqa: F401  makes its kinds known
    wording,
)
from app.delegation.authority import OVER, Status, acts_left
from app.delegation.forms import AnswerForm, EndForm, TailForm
from app.delegation.models import ConfirmationRequest, PowerOfAttorney
from app.delegation.powers import Actor, PowerOverError
from app.extensions import db
from app.notifications.wording import SERVICES
from app.vault import mask_phone
from app.web import page, public, see, shows_again

bp = Blueprint("delegation", __name__)

OPEN_FOR = timedelta(minutes=30)
BROWSER_DAYS = timedelta(days=1)
_OPENED = "opened"


@bp.app_context_processor
def words() -> dict[str, object]:
    """How powers of attorney are put into words, for the templates."""
    return {"powers_in_words": wording, "matter_title": lambda code: SERVICES[code]()}


# --- On one's own phone ---


@dataclass(frozen=True)
class Door:
    """A question somebody stands before, and the addresses of this way in."""

    asked: ConfirmationRequest
    here: str
    answer: str
    # None for whoever is signed in with this very phone: that has proved it.
    code: str | None


@bp.route("/c/<token>", methods=["GET", "POST"])
@public
@shows_again
def by_link(token: str) -> Response:
    """From the message: the last four first, then what is asked."""
    door = _by_link(token)
    if door is None:
        return _gone()
    if asking.KINDS[door.asked.kind].needs_account and not door.asked.closed_at:
        return see(url_for(".signed_in", asked_id=door.asked.id))
    return _look(door)


@bp.post("/c/<token>/code")
@public
def send_code(token: str) -> Response:
    """Send the code that makes the answer this person's."""
    door = _by_link(token)
    if door is None or not _is_open(door.asked):
        return see(url_for(".by_link", token=token))
    browser = sessions.cookie("browser") or sessions.new_token()
    try:
        asking.send_code(door.asked, browser)
    except asking.TooMany as limit:
        db.session.commit()
        return _too_many(door, limit)
    db.session.commit()
    response = see(door.here)
    sessions.put_cookie(response, "browser", browser, lasting=BROWSER_DAYS)
    return response


@bp.post("/c/<token>/answer")
@public
@shows_again
def answer_by_link(token: str) -> Response:
    """Take the answer with its code."""
    door = _by_link(token)
    return _gone() if door is None else _answer(door)


@bp.get("/c/<token>/<any(code,answer):step>")
@public
def link_again(token: str, step: str) -> Response:
    """A reload after an answer to a form: the page of the link."""
    return see(url_for(".by_link", token=token))


@bp.route("/my/asked/<uuid:asked_id>", methods=["GET", "POST"])
@citizen_only
@shows_again
def signed_in(asked_id: uuid.UUID) -> Response:
    """The same for whoever has signed in with the phone that is asked."""
    return _look(_for_me(asked_id))


@bp.post("/my/asked/<uuid:asked_id>/answer")
@citizen_only
@shows_again
def answer_signed_in(asked_id: uuid.UUID) -> Response:
    """Take the answer; the phone was proved in signing in."""
    return _answer(_for_me(asked_id))


@bp.get("/my/asked/<uuid:asked_id>/answer")
@citizen_only
def signed_in_again(asked_id: uuid.UUID) -> Response:
    """A reload after an answer to a form: the page of the question."""
    return see(url_for(".signed_in", asked_id=asked_id))


def _by_link(token: str) -> Door | None:
    asked = asking.by_token(token)
    if asked is None:
        return None
    citizen = current_citizen()
    proved = citizen is not None and citizen.phone_hash == asked.phone_hash
    return Door(
        asked,
        here=url_for(".by_link", token=token),
        answer=url_for(".answer_by_link", token=token),
        code=None if proved else url_for(".send_code", token=token),
    )


def _for_me(asked_id: uuid.UUID) -> Door:
    asked = asking.for_citizen(_me(), asked_id)
    if asked is None:
        deny()
        abort(404)
    return Door(
        asked,
        here=url_for(".signed_in", asked_id=asked_id),
        answer=url_for(".answer_signed_in", asked_id=asked_id),
        code=None,
    )


def _look(door: Door) -> Response:
    """What is asked, once the last four have opened it in this browser."""
    if _is_open(door.asked):
        return _question_page(door) if request.method == "GET" or only_again() else see(door.here)
    form = TailForm()
    if only_again() or not form.validate_on_submit():
        return _tail_page(door, form, 422 if form.errors and not only_again() else 200)
    try:
        fits = asking.fits(door.asked, form.tail.data)
    except asking.TooMany as limit:
        form.tail.errors = [wording.wait_text(limit.wait)]
        return _later(_tail_page(door, form, 429), limit)
    db.session.commit()
    if not fits:
        form.tail.errors = [gettext("对不上。请核对；几次都不对，请让对方重新发一次，或到窗口确认")]
        return _tail_page(door, form, 422)
    until = int((now() + OPEN_FOR).timestamp())
    browser_session[_OPENED] = {**_still_open(), str(door.asked.id): until}
    return see(door.here)


def _answer(door: Door) -> Response:
    if not _is_open(door.asked):
        return see(door.here)
    form = _answer_form(door)
    if (
        only_again()
        or not form.validate_on_submit()
        or request.form.get("answer") not in {"yes", "no"}
    ):
        return _question_page(door, form, 422 if form.errors and not only_again() else 200)
    try:
        citizen = _proved(door, form)
    except asking.TooMany as limit:
        form.code.errors = [wording.wait_text(limit.wait)]
        return _later(_question_page(door, form, 429), limit)
    if citizen is None:
        db.session.commit()
        form.code.errors = [gettext("验证码不对，或已经失效。请核对，或者重新获取")]
        return _question_page(door, form, 422)
    given = asking.Answer(
        yes=request.form["answer"] == "yes",
        citizen=citizen,
        without=frozenset(wording.ACTS) - frozenset(form.acts.data or ()),
    )
    try:
        asking.answer(door.asked, given)
    except PowerOverError:
        # Ended in this very moment: the page says that there is nothing left to answer.
        db.session.rollback()
        return see(door.here)
    db.session.commit()
    return see(door.here)


def _proved(door: Door, form: AnswerForm) -> Citizen | None:
    if door.code is None:
        return _me()
    return asking.redeem(door.asked, sessions.cookie("browser"), form.code.data)


def _answer_form(door: Door) -> AnswerForm:
    form = AnswerForm()
    if door.code is None:
        del form.code
    return form


def _tail_page(door: Door, form: TailForm, status: int) -> Response:
    return page("delegation/tail.html", status, form=form, here=door.here)


def _question_page(door: Door, form: AnswerForm | None = None, status: int = 200) -> Response:
    told = asking.told(door.asked)
    if told is None:
        return page("delegation/answered.html", phone=mask_phone(door.asked.phone or ""))
    return page(
        "delegation/question.html",
        status,
        form=form or _answer_form(door),
        door=door,
        part=asking.KINDS[door.asked.kind].template,
        phone=mask_phone(door.asked.phone or ""),
        has_code=door.code is None or asking.has_code(door.asked, sessions.cookie("browser")),
        **told,
    )


def _too_many(door: Door, limit: asking.TooMany) -> Response:
    form = _answer_form(door)
    form.form_errors = [*form.form_errors, wording.wait_text(limit.wait)]
    return _later(_question_page(door, form, 429), limit)


def _gone() -> Response:
    return page("delegation/gone.html", 404)


def _is_open(asked: ConfirmationRequest) -> bool:
    return str(asked.id) in _still_open()


def _still_open() -> dict[str, int]:
    known: Mapping[str, int] = browser_session.get(_OPENED, {})
    return {name: until for name, until in known.items() if until > now().timestamp()}


def _later(response: Response, limit: asking.TooMany) -> Response:
    response.headers["Retry-After"] = str(limit.wait)
    return response


# --- The powers one has given, or acts under ---


@bp.get("/powers")
@citizen_only
def given() -> Response:
    """What I am asked, and whom I have entrusted with what."""
    me = _me()
    return page(
        "delegation/powers.html",
        asked=asking.open_for(me),
        given=[_shown(each) for each in powers.as_principal(me)],
    )


@bp.get("/powers/<uuid:power_id>")
@citizen_only
def power(power_id: uuid.UUID) -> Response:
    """One power: what it says, who did what under it, and the button that ends it."""
    found = _power_for_me(power_id)
    return page(
        "delegation/power.html",
        form=EndForm(),
        is_agent=found.agent_citizen_id == _me().id,
        **_shown(found),
    )


@bp.post("/powers/<uuid:power_id>/end")
@citizen_only
def end(power_id: uuid.UUID) -> Response:
    """End it at once, whoever of those in it asks."""
    found = _power_for_me(power_id)
    whom = powers.person_of(_me(), found)
    powers.end(found, by=Actor("citizen" if whom else "agent", _me().id), whom=whom)
    db.session.commit()
    return see(url_for(".power", power_id=power_id) if whom else url_for(".given"))


@bp.get("/powers/<uuid:power_id>/end")
@citizen_only
def ended(power_id: uuid.UUID) -> Response:
    """A reload, or coming back from signing in: the power."""
    return see(url_for(".power", power_id=power_id))


def _power_for_me(power_id: uuid.UUID) -> PowerOfAttorney:
    """The power, for its principals at any time and for its agent while it is not over; else 404."""
    found = powers.by_id(power_id)
    if found is None or not _is_in(_me(), found):
        deny()
        abort(404)
    return found


def _is_in(citizen: Citizen, found: PowerOfAttorney) -> bool:
    if powers.person_of(citizen, found) is not None:
        return True
    return found.agent_citizen_id == citizen.id and powers.status_of(found) not in OVER


def _shown(found: PowerOfAttorney) -> dict[str, Any]:
    """A power with what its pages say about it."""
    status = powers.status_of(found)
    return {
        "power": found,
        "state": status,
        "acts": acts_left(found.as_rules_see_it),
        "is_open": status not in OVER,
        "tone": {Status.IN_FORCE: "jade", Status.WAITING: "amber"}.get(status, ""),
    }


def _me() -> Citizen:
    citizen = current_citizen()
    return citizen if citizen is not None else abort(401)
