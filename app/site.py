"""`flask site …`: the commands that make an installation ready to open its doors."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.extensions import Base, db

APP = Path(__file__).parent
site = AppGroup("site", help="Prepare this installation.")


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(site)
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        bind_migrations(app)


def bind_migrations(app: Flask) -> None:
    """Make `flask db` and upgrades work; Alembic is heavy, so a web worker goes without."""
    from flask_migrate import Migrate

    Migrate().init_app(app, db, directory=str(APP / "migrations"), render_as_batch=True)


@site.command("prepare")
def prepare() -> None:
    """Bring the database up to date: schema, divisions, and the demo unless LIVE=1."""
    upgrade_database()
    load_reference_data()
    if not current_app.config["LIVE"] and find_spec("app.demo"):
        import_module("app.demo").load()
    db.session.commit()


@site.command("accounts")
def accounts() -> None:
    """Say who can sign in to the demo, and how."""
    if not current_app.config["LIVE"] and find_spec("app.demo"):
        click.echo(import_module("app.demo").accounts())


def upgrade_database() -> None:
    """The newest schema: by migrations, or straight from the models while there are none."""
    if any((APP / "migrations" / "versions").glob("*.py")):
        bind_migrations(current_app)
        import_module("flask_migrate").upgrade()
        return
    for models in [*APP.glob("*/models.py"), APP / "audit.py", APP / "limits.py"]:
        if models.exists():
            import_module(".".join(models.relative_to(APP.parent).with_suffix("").parts))
    Base.metadata.create_all(db.engine)


def load_reference_data() -> None:
    """The divisions and offices that every installation has; quick when they are there."""
    if find_spec("app.places.loading"):
        import_module("app.places.loading").load()
        db.session.commit()
