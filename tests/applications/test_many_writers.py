"""Many people save at once on SQLite, and somebody reads for long: nobody is told that the database is locked."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.extensions import WAL_BYTES, db
from tests.applications.filing import WOMAN, checked, copy_of, fill, signed_in, start
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
WRITERS, SECONDS = 8, 4.0


@pytest.fixture
def drafts(app: Flask, session: Any) -> list[tuple[Client, str]]:
    """Eight people, each in the middle of an application."""
    found = []
    for number in range(WRITERS):
        browser = Client(app)
        browser.set_cookie("own-session", signed_in(f"1380000{number:04}")[1])
        browser.set_cookie("check", checked({}))
        draft = start(browser)
        fill(browser, draft, "who", filer="woman")
        found.append((browser, draft))
    return found


def test_H4_nobody_is_told_that_the_database_is_locked(
    app: Flask, drafts: list[tuple[Client, str]], session: Any
) -> None:
    until = time.monotonic() + SECONDS
    statuses: list[int] = []
    longest: list[float] = []

    def write(browser: Client, draft: str) -> None:
        turn = 0
        while time.monotonic() < until:
            turn += 1
            begun = time.monotonic()
            answer = browser.post(
                f"{draft}/woman", data=WOMAN | {"name": f"张{turn}"}, fault_expected=True
            )
            longest.append(time.monotonic() - begun)
            statuses.append(answer.status_code)

    threads = [threading.Thread(target=write, args=(copy_of(one), draft)) for one, draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {303}
    assert len(statuses) > WRITERS
    assert max(longest) < SECONDS


def test_H4_a_reader_who_holds_on_stops_nobody_and_the_log_shrinks_afterwards(
    app: Flask, database: Any, drafts: list[tuple[Client, str]], session: Any
) -> None:
    if not database.address.startswith("sqlite"):
        # There is no such log; a reader there holds up the cleaning, which the server does by itself.
        with db.engine.connect() as reader:
            reader.execute(text("SELECT count(*) FROM drafts"))
            for browser, draft in drafts:
                fill(browser, draft, "woman", **WOMAN)
        return
    log = Path(f"{database.file}-wal")
    reader = sqlite3.connect(database.file, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM drafts").fetchone() == (WRITERS,)
    for turn in range(3):
        for browser, draft in drafts:
            fill(browser, draft, "woman", **WOMAN | {"name": f"张{turn}"})
    _fill_the_log(session, WAL_BYTES + 1024 * 1024)
    assert log.stat().st_size > WAL_BYTES
    reader.rollback()
    reader.close()
    browser, draft = drafts[0]
    for _ in range(2):
        fill(browser, draft, "woman", **WOMAN)
    assert log.stat().st_size <= WAL_BYTES


def _fill_the_log(session: Any, size: int) -> None:
    session.execute(text("CREATE TABLE filler (body BLOB)"))
    session.execute(text("INSERT INTO filler VALUES (zeroblob(:size))"), {"size": size})
    session.commit()
    session.execute(text("DROP TABLE filler"))
    session.commit()
