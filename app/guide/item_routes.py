"""What each office must publish: a list by office, and a page for each item, to read or to print."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, abort

from app import clock
from app.fields import asked_day
from app.guide import items
from app.guide.items import Publisher
from app.language import current_script
from app.papers.own_forms import FORMS
from app.places import service as places
from app.rules import service as rules
from app.web import keepable, made_once, page, public

bp = Blueprint("items", __name__, url_prefix="/items")


@bp.get("")
@public
@made_once
def index() -> Response:
    """Whose items: the county offices of this installation, then every province."""
    on = asked_day("on") or clock.today()
    return page(
        "guide/items.html",
        on=on,
        offices=places.county_offices(),
        parts=rules.overview(on),
        name_of=rules.name_of,
    )


@bp.get("/<where>")
@public
def of_office(where: str) -> Response:
    """The items of an office (the code of its division), or of a province (42) or the nation (cn)."""
    on = asked_day("on") or clock.today()
    found = _publisher(where)
    return keepable(
        page(
            "guide/items_of.html",
            on=on,
            publisher=found,
            name=_name(found),
            items=items.items_of(rules.sheet(found.code, on)),
            below=places.offices_below(where) if found.office else [],
        )
    )


@bp.get("/<where>/<any(registration,approval,honor,marital):item>")
@public
def item(where: str, item: str) -> Response:
    """One item: basis, conditions, steps, limits, papers, forms, fee, promise, telephone."""
    on = asked_day("on") or clock.today()
    publisher = _publisher(where)
    law = rules.sheet(publisher.code, on)
    found = items.items_of(law).get(item) or abort(404)
    return keepable(
        page(
            "guide/item.html",
            on=on,
            publisher=publisher,
            name=_name(publisher),
            item=found,
            law=law,
            advice=rules.advice(law),
            checked_on=_checked_on(found),
            words=rules,
            forms=FORMS,
            checks=items.CHECKS,
            letters="hant" if current_script() == "zh_Hant" else "hans",
        )
    )


def _publisher(where: str) -> Publisher:
    return items.publisher(where) or abort(404)


def _name(found: Publisher) -> str:
    if found.office is None:
        return rules.name_of(found.code)
    return found.office.name_hant if current_script() == "zh_Hant" else found.office.name


def _checked_on(found: items.Item) -> date:
    """The day on which the least recently checked of its texts was looked at."""
    statements = (*found.conditions, *found.others, *found.filing)
    return min(one.part.checked_on or one.book.checked_on for one in statements)
