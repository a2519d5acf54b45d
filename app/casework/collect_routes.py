"""The papers that are collected at this window."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from app.accounts.guards import staff_only
from app.applications.records import office_names
from app.casework import collecting, showing
from app.casework.lists import LAST_PAGE, View
from app.casework.pages import bp, frame, my_desk
from app.certificates.service import latest_ids
from app.web import page


@bp.get("/collect")
@staff_only()
def collect() -> Response:
    """What is ready to be collected here, what will be, and what moved to another window."""
    desk = my_desk()
    ready = request.args.get("later") != "1"
    number = min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)
    found, more = collecting.collected_here(desk, number, ready=ready)
    moved = collecting.moved_away(desk)
    names = office_names(*{each.collect_office_id for each in found}, *{each.to for each in moved})
    return page(
        "casework/collect.html",
        **frame(desk, View.MINE, []),
        section="collect",
        rows=[showing.line_of(each) for each in found],
        moved=[(each, showing.line_of(each.case)) for each in moved],
        papers=latest_ids(found),
        names=names,
        ready=ready,
        number=number,
        more=more,
    )
