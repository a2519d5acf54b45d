"""The site under gunicorn, beside a bare Flask page of the same worker, and what a request costs there.

Shared by the measurements of this folder and by the tests that kill the server: `served()` starts it,
`processor_time()` gives the processor seconds of one request, measured inside the worker.
"""

from __future__ import annotations

import gc
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SITE, BARE = "/site", "/bare"


def application() -> Any:
    """For gunicorn: the site under /site, a bare page, and the processor time of this worker."""
    from flask import Flask
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    from app import create_app

    bare = Flask("bare")
    bare.add_url_rule(BARE, view_func=lambda: "<!doctype html><title>bare</title>")
    bare.add_url_rule("/processor", "processor", lambda: str(time.process_time()))
    bare.add_url_rule("/process", "process", lambda: str(os.getpid()))
    settings: dict[str, Any] = {}
    if "DATABASE_URL" not in os.environ:
        settings["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    site = _from_many_addresses(create_app(settings))
    # As wsgi.py does.
    gc.collect()
    gc.freeze()
    return DispatcherMiddleware(bare, {SITE: site})


def _from_many_addresses(site: Any) -> Any:
    """The site asked from many addresses in turn, else its limit for each would end the measurement."""
    addresses = cycle(f"192.0.2.{number}" for number in range(250))

    def asked_from_the_next(environ: dict[str, Any], start_response: Any) -> Any:
        return site({**environ, "REMOTE_ADDR": next(addresses)}, start_response)

    return asked_from_the_next


@dataclass
class Server:
    """A running gunicorn with its workers, one process group."""

    port: int
    process: subprocess.Popen[bytes]

    def connect(self) -> http.client.HTTPConnection:
        """A connection of one's own, kept open between requests."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def kill_worker(self) -> None:
        """End one worker in the middle of whatever it does; its master puts another in its place."""
        connection = self.connect()
        try:
            worker = int(answer(connection, Asked("GET", "/process"))[1])
        finally:
            connection.close()
        os.kill(worker, signal.SIGKILL)


@contextmanager
def served(
    *,
    workers: int = 1,
    threads: int = 4,
    preload: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Start it, wait until it answers, and stop it afterwards.

    `preload`: the master loads the site, so that a worker which is killed is replaced in no time.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "serving:application()", "--log-level", "error"]
    command += ["--workers", str(workers), "--threads", str(threads), "--keep-alive", "30"]
    command += ["--bind", f"127.0.0.1:{port}", "--worker-tmp-dir", tempfile.gettempdir()]
    command += ["--pythonpath", str(ROOT / "bench"), *(["--preload"] if preload else [])]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "LIVE": "", **(environment or {})},
        start_new_session=True,
    )
    server = Server(port, process)
    try:
        _wait_for(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _wait_for(server: Server) -> None:
    for _ in range(600):
        if server.process.poll() is not None:
            break
        connection = server.connect()
        try:
            connection.request("GET", BARE)
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise SystemExit("gunicorn did not start")


@dataclass(frozen=True)
class Asked:
    """One request, and the status it must have."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    status: int = 200


def answer(connection: http.client.HTTPConnection, asked: Asked) -> tuple[str, bytes]:
    """The `Location` and the body of the answer. Stops the program at another status."""
    connection.request(asked.method, asked.path, asked.body, dict(asked.headers or {}))
    response = connection.getresponse()
    text = response.read()
    if response.status != asked.status:
        raise SystemExit(f"{asked.method} {asked.path}: {response.status} {text[:200]!r}")
    return response.getheader("Location") or "", text


def processor_time(
    connection: http.client.HTTPConnection, asked: Callable[[], Asked], times: int
) -> float:
    """Seconds of the worker's processor for one such request, the mean of many."""
    clock = Asked("GET", "/processor")
    before = float(answer(connection, clock)[1])
    for _ in range(times):
        answer(connection, asked())
    return (float(answer(connection, clock)[1]) - before) / times
