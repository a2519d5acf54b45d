"""Searching and walking through the divisions, and the commands that load them."""

from __future__ import annotations

import re

import click
from flask import Blueprint, Response, abort, current_app, request
from werkzeug.datastructures import MultiDict

from app.extensions import db
from app.language import current_script
from app.places import loading, service
from app.places.gazetteer import MAX_QUERY
from app.places.picker import Picker
from app.web import page, public

bp = Blueprint("places", __name__)

# The name of a form field: the picker's parts carry it in their own names and ids.
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")


@bp.get("/places/search")
@public
def search() -> Response:
    """Places for a text (`q`), as a page; with `field`, the part of that open picker."""
    if "field" in request.args:
        return _part(request.args)
    query = request.args.get("q", "")
    return page(
        "places/search.html",
        query=query[:MAX_QUERY],
        found=service.search(query),
        provinces=service.children(),
    )


@bp.get("/places/<code>/children")
@public
def children(code: str) -> Response:
    """One place: its office here, and what is inside it; with `field`, the part of a picker."""
    if "field" in request.args:
        inside = (f"{request.args['field']}_in", code)
        return _part(MultiDict([*request.args.items(multi=True), inside]))
    place = service.find(service.canonical(code))
    if place is None or place.level == "placeholder":
        abort(404)
    return page(
        "places/place.html",
        place=place,
        office=service.office_for(place.code),
        below=service.children(place.code),
    )


def _part(sent: MultiDict[str, str]) -> Response:
    field = sent["field"]
    if not _FIELD.fullmatch(field):
        abort(404)
    picker = Picker.read(field, sent, allow_county=sent.get("county") != "0")
    return page("places/_part.html", picker=picker, walking=f"{field}_drill" in sent)


@bp.app_template_filter("place")
def place_name(code: str) -> str:
    """`code` as its full name in the script of this page."""
    return service.full_name(code, current_script())


@bp.cli.command("load")
def load_command() -> None:
    """Load the divisions into the database; does nothing when this edition is there."""
    written = loading.load()
    db.session.commit()
    click.echo(f"{written} divisions loaded" if written else "divisions are up to date")


@bp.cli.command("office")
@click.argument("code")
@click.option("--phone", default=loading.GOVERNMENT_LINE, help="what citizens call")
@click.option("--address", help="where they go")
@click.option("--live/--closed", default=False, help="whether it takes applications online")
def office_command(code: str, phone: str, address: str | None, live: bool) -> None:
    """Add the office of a division (6 or 9 digits), or change what is known of it."""
    try:
        office = loading.put_office(code, phone, address, live=live)
    except LookupError as error:
        raise click.ClickException(f"{code} is no county, town or street with an office") from error
    db.session.commit()
    click.echo(f"{office.name}: {'takes applications online' if live else 'closed online'}")


@bp.cli.command("demo-offices")
def demo_offices_command() -> None:
    """Add the offices of the demo's three places, taking applications online."""
    if current_app.config["LIVE"]:
        raise click.ClickException("a live site has no demo; type: flask places office --help")
    added = loading.load_demo_offices()
    db.session.commit()
    click.echo(f"{added} offices added")
