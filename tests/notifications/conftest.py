"""What the tests of messages share."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Asked:
    """One request that a stand-in was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class StandIn:
    """A gateway on this machine: `answer` says what it answers, `got` what it was asked."""

    url: str = ""
    got: list[Asked] = field(default_factory=list)
    slow: float = 0
    answers: list[tuple[int, bytes]] = field(default_factory=list)

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Status and content; those in `answers` first, then 200."""
        return self.answers.pop(0) if self.answers else (200, b"{}")


@contextmanager
def serving(stand_in: StandIn) -> Iterator[StandIn]:
    """Serve it on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            stand_in.got.append(asked)
            status, content = stand_in.answer(asked)
            time.sleep(stand_in.slow)
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # whoever asked has gone

        do_GET = do_POST  # noqa: N815  the name the server calls

        def log_message(self, *_: object) -> None:
            """Keep the test's output to itself."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A gateway that takes everything."""
    with serving(StandIn()) as made:
        yield made
