"""Web and worker processes killed in the middle of sending and telling: nothing lost, nothing twice."""

from __future__ import annotations

import http.client
import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app import audit, clock
from app.applications.models import Application, Draft, Event
from app.config import ROOT
from app.extensions import db
from app.notifications import errands, service
from app.notifications.channels import HttpChannel
from app.notifications.models import Errand, MessageState, OutboxMessage
from bench.filled_site import Ready, fill
from bench.serving import Server, answer, served
from tests.notifications.conftest import StandIn, serving

ROUNDS, EACH_ROUND, SENDERS = 10, 2, 4
# For a machine that is busy with something else; a healthy run is through in seconds.
PATIENCE = 120


def test_I1_killed_at_any_moment_nothing_is_lost_and_nothing_is_there_twice(
    app: Flask, session: Any, offices: None
) -> None:
    ready = fill(app, ROUNDS * EACH_ROUND)
    environment = {"DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"]}
    with (
        serving(StandIn()) as gateway,
        served(threads=SENDERS + 1, preload=True, environment=environment) as server,
        tireless(environment | {"SMS_URL": f"{gateway.url}/messages"}) as kill_the_worker,
    ):
        receipts = Sending(server, ready).through(server.kill_worker, kill_the_worker)
    _see_to_the_rest(app, gateway)

    assert len(receipts) == len(ready), "everybody was shown a receipt in the end"
    for woman, receipt in receipts.items():
        made = select(Application).where(Application.number == receipt.rsplit("/", 1)[-1])
        application = session.scalars(made).one()
        assert application.answers["woman"]["id_number"] == woman
        assert [event.kind for event in application.events] == ["submitted"]
    assert _count(Application) == _count(Event) == len(ready)
    assert session.scalar(select(func.count()).where(Draft.submitted_at.is_(None))) == 0

    # One message to each of the two for each application, and whatever left twice had one id.
    assert _count(Errand) == 0
    outbox = session.scalars(select(OutboxMessage)).all()
    assert Counter(each.kind for each in outbox) == {
        "application_submitted": len(ready),
        "spouse_confirmation": len(ready),
    }
    assert {each.state for each in outbox} == {MessageState.SENT}
    assert {json.loads(asked.body)["id"] for asked in gateway.got} == {str(e.id) for e in outbox}

    assert audit.verify() == len(ready)
    if db.engine.dialect.name == "sqlite":
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"


class Sending:
    """Browsers that press the last button again until they are shown a receipt."""

    def __init__(self, server: Server, ready: list[Ready]) -> None:
        self._server = server
        self._waiting: queue.SimpleQueue[Ready] = queue.SimpleQueue()
        for each in ready:
            self._waiting.put(each)
        self._until = time.monotonic() + PATIENCE
        # What each was shown, by the identity number in the draft.
        self.receipts: dict[str, str] = {}

    def through(self, *kills: Any) -> dict[str, str]:
        """The receipts, after processes were killed in turn while they were made."""
        threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for number in range(ROUNDS):
            self._wait_for(number * EACH_ROUND)
            time.sleep(random.uniform(0, 0.05))
            kills[number % len(kills)]()
        for thread in threads:
            thread.join()
        return self.receipts

    def _send(self) -> None:
        while True:
            try:
                mine = self._waiting.get_nowait()
            except queue.Empty:
                return
            while mine.woman not in self.receipts and time.monotonic() < self._until:
                self._try(mine)

    def _try(self, mine: Ready) -> None:
        connection = self._server.connect()
        try:
            self.receipts[mine.woman] = answer(connection, mine.submit())[0]
        except (OSError, http.client.HTTPException):
            time.sleep(0.01)  # whoever was asked is dead
        finally:
            connection.close()

    def _wait_for(self, receipts: int) -> None:
        while len(self.receipts) < receipts:
            assert time.monotonic() < self._until, "nobody is sending any more"
            time.sleep(0.001)


@contextmanager
def tireless(environment: dict[str, str]) -> Iterator[Any]:
    """A worker of its own; calling what is given kills the one that works now."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.operations.tireless"],
        cwd=ROOT,
        env={**os.environ, "LIVE": "", **environment},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    workers = process.stdout

    def kill() -> None:
        os.kill(int(workers.readline()), signal.SIGKILL)

    try:
        yield kill
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        workers.close()


def _see_to_the_rest(app: Flask, gateway: StandIn) -> None:
    """What another minute of the worker would do, once the leases of the killed ones have run out."""
    with serving(gateway), pytest.MonkeyPatch.context() as patch:
        channel = HttpChannel(f"{gateway.url}/messages", "")
        patch.setitem(app.extensions, "sms", channel)
        errands.run_due()
        for message in db.session.scalars(select(OutboxMessage)):
            message.next_try_at = clock.now()
        db.session.commit()
        service.deliver_pending()


def _count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0
