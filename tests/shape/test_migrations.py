"""The migrations make exactly what the models say, on the database under test, and can be undone."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from app.extensions import Base, db
from app.site import bind_migrations


def _differences() -> list[Any]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _has_a_model})
        return list(compare_metadata(context, Base.metadata))


def _has_a_model(name: str | None, kind: str, _parents: Any) -> bool:
    """The index of the guide is a table of the database's own engine, made by its migration alone."""
    return not (kind == "table" and (name or "").startswith("guide_search"))


def test_the_migrated_schema_is_what_the_models_say(app: Flask) -> None:
    with app.app_context():
        assert _differences() == []


def test_every_migration_can_be_undone_and_done_again(app: Flask) -> None:
    bind_migrations(app)
    with app.app_context():
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade()
        assert _differences() == []
