"""Photographs that trickle in over slow lines, against the web server people install: pages stay quick."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.config import ROOT
from app.files import gate
from app.site import load_reference_data, upgrade_database
from tests import factories as make
from tests.applications.filing import at_once, photo

UPLOAD = "/apply/00000000-0000-4000-8000-000000001234/documents/id_or_hukou_booklet"
# The server with a shorter patience, so that the test need not wait half a minute.
SERVER = """
from app.files import gate
gate.PATIENCE = {patience}
from wsgi import app
"""


class Server:
    """gunicorn with one process of four threads, as `dev.py run` starts it, without a proxy before it."""

    def __init__(self, folder: Path, patience: float) -> None:
        (folder / "slow_wsgi.py").write_text(SERVER.format(patience=patience))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
            "FILES_FOLDER": str(folder / "files"),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
        }
        options = ["slow_wsgi:app", "--bind", f"127.0.0.1:{self.port}", "--threads", "4"]
        self.program = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, "--log-level", "critical"],
            env=environment,
            cwd=folder,
        )
        for _ in range(300):
            if self.get("/healthz"):
                return
            assert self.program.poll() is None, "gunicorn did not start"
            time.sleep(0.1)
        raise AssertionError("gunicorn does not answer")

    def get(self, path: str) -> float | None:
        """Seconds until this page is there; None when it is not."""
        begun = time.monotonic()
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as answer:
                answer.read()
        except OSError:
            return None
        return time.monotonic() - begun

    def send(self, head: str, body: bytes = b"") -> socket.socket:
        """A request that has begun: what is sent of it so far."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        line.sendall(f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode() + body)
        return line

    def slow(self, length: int = 200_000) -> socket.socket:
        """A photo of which a first piece has come."""
        kind = "Content-Type: multipart/form-data; boundary=x"
        return self.send(f"{kind}\r\nContent-Length: {length}", b"--x\r\n" + b"a" * 100)


def status(line: socket.socket, timeout: float = 10) -> int | None:
    """What the server answers on this line; None when it just hangs up."""
    line.settimeout(timeout)
    with line:
        try:
            said = line.recv(200)
        except (ConnectionError, TimeoutError):
            return None
    found = re.match(rb"HTTP/1.1 (\d+)", said)
    return int(found[1]) if found else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty, migrated database."""
    from app import create_app
    from app.extensions import db

    made = tmp_path_factory.mktemp("slow")
    app = create_app({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{made / 'site.sqlite3'}"})
    with app.app_context():
        upgrade_database()
        load_reference_data()
        db.session.remove()
        db.engine.dispose()
    return made


@pytest.fixture
def server(folder: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    running = Server(folder, getattr(request, "param", 30.0))
    yield running
    running.program.terminate()
    running.program.wait(10)


def test_D8_slow_uploads_leave_room_for_pages(server: Server) -> None:
    lines = [server.slow() for _ in range(40)]
    time.sleep(1)
    took = [server.get("/healthz") for _ in range(20)]
    turned_away = [status(line, 2) for line in lines]
    assert None not in took
    assert sorted(took)[-1] < 1
    assert turned_away.count(503) >= 30
    assert server.get("/") is not None


@pytest.mark.parametrize("server", [1.0], indirect=True)
def test_D7_whoever_sends_a_byte_a_second_is_let_go(server: Server) -> None:
    line = server.slow(length=1000)
    begun = time.monotonic()
    try:
        for _ in range(20):
            line.sendall(b"a")
            time.sleep(0.5)
            if time.monotonic() - begun > 8:
                break
    except ConnectionError:
        pass
    answer = status(line)
    assert answer in {400, None}
    assert time.monotonic() - begun < 12
    assert all(server.slow().close() is None for _ in range(3))


def test_D7_a_length_that_lies_a_body_cut_in_half_and_one_without_length(server: Server) -> None:
    kind = "Content-Type: multipart/form-data; boundary=x"
    cut = server.send(f"{kind}\r\nContent-Length: 5000", b"--x\r\n" + b"a" * 100)
    cut.shutdown(socket.SHUT_WR)
    assert status(cut) in {400, 413}
    lying = server.send(f"{kind}\r\nContent-Length: -5", b"")
    assert status(lying) in {400, None}
    huge = server.send(f"{kind}\r\nContent-Length: 999999999999", b"")
    assert status(huge) in {400, 413}
    chunked = server.send(f"{kind}\r\nTransfer-Encoding: chunked", b"3\r\nabc\r\n0\r\n\r\n")
    assert status(chunked) in {303, 400}
    time.sleep(0.5)
    assert server.get("/healthz") is not None


def test_the_gate_is_left_by_every_request(app: Flask, session, offices) -> None:
    case = make.filed()
    mine = make.browser_of(make.citizen(), app)
    address = f"/my/{case.id}/papers/id_or_hukou_booklet"
    for _ in range(5):
        assert mine.post(address, data={"file": (photo(), "a.jpg")}).status_code == 303
        assert mine.post(address, data={"file": (photo(), "a.jpg")}, csrf=False).status_code == 400
        assert mine.post(address.replace(str(case.id), str(case.office_id))).status_code == 404
    places = app.extensions["upload_gate"]
    taken = [places.acquire(blocking=False) for _ in range(app.config["UPLOADS_AT_ONCE"])]
    assert all(taken)
    full = mine.post(address, data={"file": (photo(), "a.jpg")}, fault_expected=True)
    assert (full.status_code, full.headers["Retry-After"]) == (503, "3")
    assert mine.get(address).status_code == 200
    for _ in taken:
        places.release()


def test_no_thread_is_left_waiting_for_a_line(app: Flask, session, offices) -> None:
    case = make.filed()
    mine = make.browser_of(make.citizen(), app)
    address = f"/my/{case.id}/papers/id_or_hukou_booklet"
    here, there = socket.socketpair()
    with here, there:
        mine.post(
            address,
            data={"file": (photo(), "a.jpg")},
            environ_overrides={"werkzeug.socket": here},
        )
    assert not [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
    assert gate.LONGEST > gate.PATIENCE
    assert at_once([lambda: mine.get(address).status_code]) == [200]
