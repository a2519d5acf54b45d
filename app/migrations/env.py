"""Alembic's environment: every model of every room, on the site's own database."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from app.extensions import Base

APP = Path(__file__).resolve().parent.parent

for models in [*APP.glob("*/models.py"), APP / "audit.py", APP / "limits.py"]:
    import_module(".".join(models.relative_to(APP.parent).with_suffix("").parts))


def run() -> None:
    """Run the migrations in one connection, batch by batch on SQLite."""
    extension = current_app.extensions["migrate"]
    with extension.db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=_plainly,
            **extension.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


def _plainly(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own instant as what it is in the database, so that no migration imports the site."""
    if kind == "type" and type(item).__name__ == "Instant":
        return "sa.DateTime(timezone=True)"
    return False


run()
