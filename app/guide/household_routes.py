"""Police matters that need no journey home: a list, a page for each, and which window it is."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, abort, url_for
from werkzeug.wrappers import Response as BaseResponse

from app import clock
from app.guide import household
from app.guide.household import Matter
from app.late_commands import LateCommands
from app.rules import sources
from app.web import made_once, page, public, see

bp = Blueprint("household", __name__, url_prefix="/guide/household")
commands = LateCommands("guide", "app.guide.commands", help="管指南：看写得对不对。")


@bp.get("")
@public
@made_once
def index() -> Response:
    """The matters of that day, each leading to its page."""
    return page("guide/household.html", matters=household.matters_on(clock.today()))


@bp.get("/<name>")
@public
@made_once
def matter(name: str) -> Response:
    """One matter: where, what to bring, how long, since when and where, in each of its ways."""
    today = clock.today()
    found = _matter(name, today)
    shared = household.shared_on(found, today)
    ways = [
        (key, way, household.own_on(way, today))
        for key, way in household.ways_on(found, today).items()
    ]
    references = [*shared.references(), *(one for *_, own in ways for one in own.references())]
    return page(
        "guide/matter.html",
        name=name,
        matter=found,
        shared=shared,
        ways=ways,
        sources=sources.read_in(references),
    )


@bp.get("/which")
@public
@made_once
def which() -> Response:
    """The first tap of the chooser: what is to be done."""
    return page("guide/which.html", matters=household.matters_on(clock.today()))


@bp.get("/which/<name>")
@public
@made_once
def which_way(name: str) -> Response | BaseResponse:
    """The second tap: which case it is; a matter with one way has its answer already."""
    today = clock.today()
    found = _matter(name, today)
    ways = household.ways_on(found, today)
    if len(ways) == 1:
        return see(url_for(".window", name=name, way=next(iter(ways))))
    return page("guide/which_way.html", name=name, matter=found, ways=ways)


@bp.get("/which/<name>/<way>")
@public
@made_once
def window(name: str, way: str) -> Response:
    """The chooser's answer: the window, what to bring, how long."""
    today = clock.today()
    found = _matter(name, today)
    chosen = household.ways_on(found, today).get(way) or abort(404)
    shown = household.whole_on(found, chosen, today)
    return page(
        "guide/window.html",
        name=name,
        matter=found,
        way=chosen,
        several=len(household.ways_on(found, today)) > 1,
        shown=shown,
        sources=sources.read_in(shown.references()),
    )


def _matter(name: str, day: date) -> Matter:
    return household.matters_on(day).get(name) or abort(404)
