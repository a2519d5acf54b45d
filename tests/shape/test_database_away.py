"""The database away, cut off, locked or out of connections: said within three seconds, and over when it is over."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, has_request_context
from sqlalchemy import event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import create_app
from app.applications.models import Draft
from app.extensions import PATIENCE, db
from tests.applications.filing import WOMAN, checked, fill, signed_in, start
from tests.client import Client
from tests.conftest import SETTINGS

MOST_SECONDS = 3


class Wire:
    """A TCP port that leads to the database server, and can be cut, left dangling and mended."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.port = 0
        self.mended = True
        self.open: list[socket.socket] = []
        self.mend()

    def mend(self) -> None:
        """Let connections through, on the same port as ever."""
        self.listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = self.listener.getsockname()[1]
        self.mended = True
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self) -> None:
        """The server is gone: nothing listens, and every open connection ends."""
        # Wakes the thread that waits in `accept`; closing alone would leave the port taken.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._end()

    def dangle(self) -> None:
        """The server does not answer any more, though the machine does."""
        self.mended = False
        self._end()

    def _end(self) -> None:
        for end in self.open:
            # Closing alone would not reach the thread that waits for data.
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self.open.append(near)
            if self.mended:
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.server)
                self.open.append(far)
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=pair, daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Away:
    """A site of its own over the test's data, with ways to lose its database and to get it back."""

    def __init__(self, address: str, ways: dict[str, Callable[[], None]], back: Any) -> None:
        self.site = create_app(SETTINGS | {"SQLALCHEMY_DATABASE_URI": address})
        self.ways = ways
        self.back: Callable[[], None] = back


@pytest.fixture
def away(app: Flask, database: Any, offices: None, tmp_path: Path) -> Iterator[Away]:
    """The site with its database at the end of a wire (PostgreSQL) or in a folder (SQLite)."""
    db.session.remove()
    made = (
        _at_a_wire(database)
        if database.address.startswith("postgresql")
        else _in_a_folder(database, tmp_path)
    )
    yield made
    with made.site.app_context():
        db.session.remove()
        db.engine.dispose()


def _at_a_wire(database: Any) -> Away:
    url = make_url(database.address)
    wire = Wire(f"{url.query['host']}/.s.PGSQL.5432")
    url = url.set(host="127.0.0.1", port=wire.port, query={})

    def back() -> None:
        if wire.mended:
            wire.mend()
        wire.mended = True

    return Away(
        url.render_as_string(hide_password=False),
        {"cut": wire.cut, "dangling": wire.dangle},
        back,
    )


def _in_a_folder(database: Any, tmp_path: Path) -> Away:
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    folder.mkdir()
    with sqlite3.connect(database.file) as source, sqlite3.connect(folder / "site.sqlite3") as copy:
        source.backup(copy)
    for each in (source, copy):
        each.close()
    locks: list[sqlite3.Connection] = []

    def gone() -> None:
        with made.site.app_context():
            db.engine.dispose()
        folder.rename(elsewhere)

    def locked() -> None:
        locks.append(sqlite3.connect(folder / "site.sqlite3", isolation_level=None))
        locks[0].execute("BEGIN IMMEDIATE")

    def back() -> None:
        if elsewhere.exists():
            elsewhere.rename(folder)
        for lock in locks:
            lock.close()

    ways = {"cut": gone, "dangling": locked}
    made = Away(f"sqlite:///{folder / 'site.sqlite3'}", ways, back)
    return made


def ready(site: Flask) -> tuple[Client, str]:
    """A browser of this site in the middle of an application."""
    with site.app_context():
        cookies = {"own-session": signed_in(WOMAN["phone"])[1], "check": checked({})}
        db.session.remove()
    browser = Client(site)
    for name, value in cookies.items():
        browser.set_cookie(name, value)
    draft = start(browser)
    fill(browser, draft, "who", filer="woman")
    return browser, draft


@pytest.mark.parametrize("way", ["cut", "dangling"])
def test_I4_the_database_away(away: Away, way: str) -> None:
    browser, draft = ready(away.site)
    away.ways[way]()
    for headers in ({}, {"HX-Request": "true"}):
        begun = time.monotonic()
        answer = browser.post(f"{draft}/woman", data=WOMAN, headers=headers, fault_expected=True)
        assert time.monotonic() - begun < MOST_SECONDS
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "您填写的内容没有丢" in answer.text
        assert 'name="name" value="阿依古丽·买买提"' in answer.text, (
            "to be sent again by one button"
        )
    away.back()
    assert browser.post(f"{draft}/woman", data=WOMAN).status_code == 303
    assert WOMAN["name"] in browser.get(f"{draft}/woman").text


def test_I4_pages_that_read_say_so_too(away: Away) -> None:
    browser, draft = ready(away.site)
    away.ways["cut"]()
    for url in ("/my", f"{draft}/woman", "/apply/start"):
        begun = time.monotonic()
        answer = browser.get(url, fault_expected=True)
        assert (answer.status_code, time.monotonic() - begun < MOST_SECONDS) == (503, True)
    # What needs no database goes on.
    assert Client(away.site).get("/").status_code == 200
    away.back()
    assert browser.get("/my").status_code == 200


def test_I4_no_connection_left(away: Away) -> None:
    browser, draft = ready(away.site)
    with away.site.app_context():
        pool: Any = db.engine.pool
        held = [db.engine.connect() for _ in range(pool.size() + pool._max_overflow)]
        db.session.remove()
    begun = time.monotonic()
    answer = browser.post(f"{draft}/woman", data=WOMAN, fault_expected=True)
    assert PATIENCE <= time.monotonic() - begun < MOST_SECONDS
    assert answer.status_code == 503
    for connection in held:
        connection.close()
    assert browser.post(f"{draft}/woman", data=WOMAN).status_code == 303


def test_I4_a_connection_cut_in_mid_transaction_stores_nothing(
    away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After everything was written and before it was committed."""
    browser, _draft = ready(away.site)
    flushed = []

    def cut(session: Any) -> None:
        if not has_request_context() or flushed:
            return
        session.flush()
        flushed.append(True)
        if away.site.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
            away.ways["cut"]()
        else:
            raise OperationalError("COMMIT", {}, sqlite3.OperationalError("disk I/O error"))

    event.listen(Session, "before_commit", cut)
    answer = browser.post("/apply/start", data=BEGIN, fault_expected=True)
    away.back()
    assert (answer.status_code, flushed) == (503, [True])
    with away.site.app_context():
        assert db.session.scalar(select(func.count()).select_from(Draft)) == 1
    assert browser.post("/apply/start", data=BEGIN).status_code == 303
    with away.site.app_context():
        assert db.session.scalar(select(func.count()).select_from(Draft)) == 2
    event.remove(Session, "before_commit", cut)


BEGIN = {
    "begin": "another",
    "role": "woman_residence",
    "processing": "y",
    "sensitive": "y",
}


def test_a_secret_is_not_offered_to_be_sent_again(away: Away) -> None:
    browser = Client(away.site)
    away.ways["cut"]()
    answer = browser.post(
        "/staff/sign-in", data={"username": "loufeng", "password": "geheim"}, fault_expected=True
    )
    assert answer.status_code == 503
    assert "geheim" not in answer.text
    away.back()
