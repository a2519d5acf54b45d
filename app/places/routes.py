"""Searching and walking through the divisions, and the commands that load them."""

from __future__ import annotations

import click
from flask import Blueprint

from app.extensions import db
from app.language import current_script
from app.places import loading, service

bp = Blueprint("places", __name__)


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


@bp.cli.command("demo-offices")
def demo_offices_command() -> None:
    """Add the offices of the demo's three places, taking applications online."""
    added = loading.load_demo_offices()
    db.session.commit()
    click.echo(f"{added} offices added")
