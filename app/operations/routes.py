"""For the operator's machines: is the process alive, can it work, and its numbers."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, current_app, jsonify, request

from app.operations import health
from app.operations.commands import COMMANDS
from app.web import public

bp = Blueprint("operations", __name__)


@bp.get("/healthz")
@public
def alive() -> Response:
    """The process answers; nothing else is asked."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@public
def ready() -> Response:
    """200 while requests may be sent here, else 503. Names and yes or no only: anyone may ask."""
    found = health.checks()
    answer = jsonify({check.name: "ok" if check.fine else "look" for check in found})
    answer.status_code = 200 if health.is_ready(found) else 503
    return answer


@bp.get("/metrics")
@public
def metrics() -> Response:
    """Numbers for Prometheus, for whoever holds `METRICS_TOKEN`; without it there is no such page."""
    token: str = current_app.config["METRICS_TOKEN"]
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(sent.encode(), token.encode()):
        abort(404)
    from app.operations import metrics as numbers

    return Response(numbers.exposition(), content_type=numbers.CONTENT_TYPE)


def _add_commands(state: object) -> None:
    from app.site import site

    for command in COMMANDS:
        site.add_command(command)


bp.record_once(_add_commands)
