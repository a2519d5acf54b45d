"""The page of sent messages, for whoever tries the site; a live site has no such page."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app

from app.notifications import service
from app.web import page, public

bp = Blueprint("notifications", __name__)


@bp.get("/outbox")
@public
def outbox() -> Response:
    """The latest messages with their codes: how one signs in where no message is really sent."""
    if current_app.config["LIVE"]:
        abort(404)
    return page("notifications/outbox.html", messages=service.latest())
