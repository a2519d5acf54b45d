"""Saying yes or no on one's own phone: by the link that was sent, or signed in with that phone."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import abort, request, url_for
from flask import session as browser_session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from app.accounts import sessions
from app.accounts.guards import citizen_only, current_citizen, deny
from app.accounts.models import Citizen
from app.appearance import only_again
from app.clock import now
from app.delegation import asking, wording
from app.delegation.forms import AnswerForm, TailForm
from app.delegation.models import ConfirmationRequest
from app.delegation.pages import bp, later, me
from app.extensions import db
from app.language import gettext
from app.vault import mask_phone
from app.web import page, public, see, shows_again

OPEN_FOR = timedelta(minutes=30)
BROWSER_DAYS = timedelta(days=1)
_OPENED = "opened"


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
    asked = asking.for_citizen(me(), asked_id)
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
        return later(_tail_page(door, form, 429), limit)
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
    if request.form.get("asked_at", _asked_at(door)) != _asked_at(door):
        # Asked anew since this page was opened: what it asks now is what is answered.
        return _question_page(door, status=409)
    try:
        citizen = _proved(door, form)
    except asking.TooMany as limit:
        form.code.errors = [wording.wait_text(limit.wait)]
        return later(_question_page(door, form, 429), limit)
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
    except asking.OverError:
        # Ended in this very moment: the page says that there is nothing left to answer.
        db.session.rollback()
        return see(door.here)
    db.session.commit()
    return see(door.here)


def _asked_at(door: Door) -> str:
    return door.asked.sent_at.isoformat()


def _proved(door: Door, form: AnswerForm) -> Citizen | None:
    if door.code is None:
        return me()
    return asking.redeem(door.asked, sessions.cookie("browser"), form.code.data)


def _answer_form(door: Door) -> AnswerForm:
    """What is ticked at first is what the agent asks for: one takes out what one does not want."""
    power = (asking.told(door.asked) or {}).get("power")
    wanted = [act for act in wording.ACTS_ASKED if power and act in power.acts]
    form = AnswerForm(data={"acts": wanted})
    form.acts.choices = [SelectChoice(str(act), wording.act_title(act)) for act in wanted]
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
        asked_at=_asked_at(door),
        part=asking.KINDS[door.asked.kind].template,
        phone=mask_phone(door.asked.phone or ""),
        has_code=door.code is None or asking.has_code(door.asked, sessions.cookie("browser")),
        **told,
    )


def _too_many(door: Door, limit: asking.TooMany) -> Response:
    form = _answer_form(door)
    form.form_errors = [*form.form_errors, wording.wait_text(limit.wait)]
    return later(_question_page(door, form, 429), limit)


def _gone() -> Response:
    return page("delegation/gone.html", 404)


def _is_open(asked: ConfirmationRequest) -> bool:
    return str(asked.id) in _still_open()


def _still_open() -> dict[str, int]:
    known: Mapping[str, int] = browser_session.get(_OPENED, {})
    return {name: until for name, until in known.items() if until > now().timestamp()}
