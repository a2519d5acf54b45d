"""What became of the messages: for whoever tries the site with their texts, for the operator without."""

from __future__ import annotations

import uuid

import click
from flask import Blueprint, Response, abort, current_app, request, url_for
from flask.cli import AppGroup
from werkzeug.wrappers import Response as BaseResponse

from app import audit
from app.accounts.guards import current_actor, staff_only
from app.accounts.models import Role
from app.extensions import db
from app.language import SCRIPTS, current_script
from app.notifications import service
from app.notifications.models import MessageState
from app.notifications.wording import WORDINGS, gist, template
from app.vault import mask_phone
from app.web import page, public, see

bp = Blueprint("notifications", __name__, cli_group=None)


@bp.get("/outbox")
@public
def outbox() -> Response:
    """The latest messages with their codes: how one signs in where no message is really sent."""
    if current_app.config["LIVE"]:
        abort(404)
    return page("notifications/outbox.html", messages=service.latest())


@bp.get("/staff/messages")
@staff_only(Role.SUPERVISOR)
def messages() -> Response:
    """How many left and how many did not, and why: neither a whole phone nor a text."""
    fate = _fate(request.args.get("fate"))
    number = min(max(1, request.args.get("page", 1, type=int)), service.LAST_PAGE)
    rows, more = service.listed(fate, number)
    return page(
        "notifications/messages.html",
        fate=fate,
        fates=list(MessageState),
        counts=service.counts(),
        days=service.COUNTED.days,
        rows=[(row, mask_phone(row.phone or ""), gist(row.kind, current_script())) for row in rows],
        allowed=current_app.config["SMS_SEGMENTS"],
        may_retry=service.may_retry,
        number=number,
        more=more,
    )


@bp.post("/staff/messages/<uuid:message_id>/retry")
@staff_only(Role.SUPERVISOR)
def retry(message_id: uuid.UUID) -> BaseResponse:
    """Send a message again that was refused or given up."""
    if service.retry(message_id):
        audit.record("message.retried", actor=current_actor(), subject=f"message:{message_id}")
    db.session.commit()
    return see(url_for(".messages", fate=_fate(request.args.get("fate"))))


def _fate(name: str | None) -> MessageState | None:
    return MessageState(name) if name in set(MessageState) else None


# --- Commands -------------------------------------------------------------------------------------

commands = AppGroup("messages", help="The texts that are sent as messages.")
bp.cli.add_command(commands)


@commands.command("templates")
def print_templates() -> None:
    """Print the file for SMS_TEMPLATES: each text to apply for, and room for the code it is given."""
    for script in SCRIPTS:
        click.echo(f"[{script}]")
        # Those in Traditional are for an operator whose gateway takes them.
        unless_wanted = "" if script == SCRIPTS[0] else "# "
        for kind in WORDINGS:
            click.echo(f'# {template(kind, script)}\n{unless_wanted}{kind} = ""')
