"""`flask site …`: the commands that make an installation ready to open its doors."""

from __future__ import annotations

import os
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from app.config import ConfigError
from app.extensions import Base, db

APP = Path(__file__).parent
_REVISION = re.compile(r'^revision = "(\w+)"', re.MULTILINE)
_FOLLOWS = re.compile(r'^down_revision = "(\w+)"', re.MULTILINE)
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


def refuse_old_schema() -> None:
    """Stop the start of a web server whose database lags behind. Raises `ConfigError`.

    A database that is ahead is left alone: the version before still works on it while it is replaced.
    """
    known, newest = _migrations()
    try:
        with db.engine.connect() as connection:
            told = inspect(connection).has_table("alembic_version")
            at = (
                connection.scalar(text("SELECT version_num FROM alembic_version")) if told else None
            )
    except SQLAlchemyError as error:
        name = type(error).__name__
        raise ConfigError(f"the database of DATABASE_URL cannot be reached ({name})") from error
    if at is None or (at in known and at != newest):
        raise ConfigError(
            f"the database is at migration {at or 'none'} and this version needs {newest}; "
            "type: flask --app wsgi site prepare"
        )


def _migrations() -> tuple[set[str], str]:
    """Every migration of this version, and the newest; read without Alembic, which is heavy."""
    texts = [path.read_text() for path in (APP / "migrations" / "versions").glob("*.py")]
    known = {found for each in texts for found in _REVISION.findall(each)}
    followed = {found for each in texts for found in _FOLLOWS.findall(each)}
    return known, max(known - followed)


@site.command("prepare")
def prepare() -> None:
    """Bring the database up to date: schema, divisions, clocks, and the demo unless LIVE=1."""
    upgrade_database()
    load_reference_data()
    import_module("app.applications.clocks").set_right()
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
    import_module("app.guide.search").refresh()
    db.session.commit()
