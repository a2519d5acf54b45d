"""What comes after the registration, dated for a day that is typed in, and as a file for a calendar.

The day is sent in the body, is in no address, and is kept nowhere.
"""

from __future__ import annotations

from flask import Blueprint, Response

from app import clock
from app.appearance import only_again
from app.guide import afterwards
from app.guide.after_forms import AfterForm
from app.guide.afterwards import Couple
from app.web import for_calendar, page, public, shows_again

bp = Blueprint("after", __name__, url_prefix="/guide/after")
bp.add_app_template_filter(afterwards.term_of)


@bp.route("", methods=["GET", "POST"])
@public
@shows_again
def index() -> Response:
    """What to do next; by which day, once the day of birth is typed in."""
    form = AfterForm()
    if only_again(form) or not form.validate_on_submit():
        return _page(form, Couple(), 422 if form.errors else 200)
    return _page(form, form.couple(), 200)


@bp.post("/calendar")
@public
@shows_again
def calendar() -> Response:
    """The days as a file for a calendar."""
    form = AfterForm()
    if only_again(form) or not form.validate_on_submit():
        return _page(form, Couple(), 422 if form.errors else 200)
    steps = afterwards.steps_for(form.couple(), clock.today())
    return for_calendar(afterwards.as_calendar(steps, clock.now()))


def _page(form: AfterForm, couple: Couple, status: int) -> Response:
    steps = afterwards.steps_for(couple, clock.today())
    return page(
        "guide/after.html",
        status,
        form=form,
        steps=steps,
        dated=couple.birth_on is not None,
    )
