"""The front door and the pages that explain: questions, police matters away from home, personal data."""

from __future__ import annotations

from flask import Blueprint, Response

from app import clock
from app.guide.answers import CHECKED_ON, NO_MORE_SLIPS, answers_on
from app.guide.household import matters_on
from app.web import page, public

bp = Blueprint("guide", __name__)


@bp.get("/")
@public
def home() -> Response:
    """What the site does, in one screen; the most asked questions below."""
    today = clock.today()
    return page(
        "guide/home.html",
        answers=answers_on(today),
        slip_abolished=today >= NO_MORE_SLIPS,
    )


@bp.get("/guide/faq")
@public
def faq() -> Response:
    """The questions people ask, answered by the law of the day, each with its source."""
    return page("guide/faq.html", answers=answers_on(clock.today()), checked_on=CHECKED_ON)


@bp.get("/guide/household")
@public
def household() -> Response:
    """Police matters that need no journey home."""
    return page("guide/household.html", matters=matters_on(clock.today()), checked_on=CHECKED_ON)


@bp.get("/privacy")
@public
def privacy() -> Response:
    """Which personal data, for what, for how long, and how to get it corrected or deleted."""
    return page("guide/privacy.html")
