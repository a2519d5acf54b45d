"""What a decision costs: alone, and as an answer of the site.

    .venv/bin/python bench/decision.py

Microseconds of `decide()` with its full trace over the worked cases, once with every fact and once
with every second fact unknown; then the processor time of one POST to /api/v1/decision, measured
inside the web worker and given as a multiple of a bare Flask page of the same worker.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import yaml  # noqa: E402

from app.policy.decide import decide  # noqa: E402
from app.policy.facts import ORDER, PROVINCES, Facts, FactsError  # noqa: E402
from app.policy.law import Law  # noqa: E402
from app.policy.loading import load  # noqa: E402
from app.policy.rulebook import Shelf  # noqa: E402

CASES = ROOT / "tests" / "policy" / "cases"
TIMES = 30
ROUNDS, REQUESTS = 21, 60
EVERY_FACT_US, HALF_OF_THEM_US, TIMES_A_BARE_PAGE = 120, 500, 3


def main() -> None:
    shelf = load()
    law = Law(shelf)
    bodies = [case["request"] for case in _cases()]
    everything = [f for f in map(_facts, bodies) if f and not decide(f, law).missing]
    half = [facts for facts in map(_facts, map(_half, bodies)) if facts]
    for held in (law, Law(_ten_times(shelf))):
        for name, couples, budget in (
            ("every fact", everything, EVERY_FACT_US),
            ("half of them", half, HALF_OF_THEM_US),
        ):
            times = sorted(_microseconds(facts, held) for facts in couples)
            middle, high = statistics.median(times), times[int(len(times) * 0.95)]
            print(
                f"{len(held.shelf.rulebooks):3} rulebooks, {name:13} {middle:4.0f} µs median,"
                f" {high:4.0f} µs at 95 %, {len(times)} couples (budget {budget} µs)"
            )
    with _worker() as ask:
        body = json.dumps(_facts_of_a_typical_couple(bodies)).encode()
        rounds = [
            (
                _processor_time(ask, "GET", "/bare", None),
                _processor_time(ask, "POST", "/site/api/v1/decision", body),
            )
            for _ in range(ROUNDS + 1)
        ][1:]  # the first only warms up
    page, post = (statistics.median(times) * 1e6 for times in zip(*rounds, strict=True))
    # What else the machine does in a moment slows both down, so each round is compared with itself.
    ratio = statistics.median(post / page for page, post in rounds)
    print(
        f"POST /api/v1/decision    {post:7.0f} µs of processor, {ratio:.2f} times a bare Flask"
        f" page ({page:.0f} µs) (budget {TIMES_A_BARE_PAGE} times)"
    )


def _ten_times(shelf: Shelf) -> Shelf:
    """The rulebooks nine times again, for provinces that have none and on days of their own."""
    held = {book.jurisdiction for book in shelf.rulebooks}
    free = sorted(PROVINCES - held)
    copies = [
        book.model_copy(
            update={
                "id": f"{book.id}-{turn}",
                "jurisdiction": free[turn],
                "provinces": [],
                "start": book.start + timedelta(days=turn),
            }
        )
        for turn in range(9)
        for book in shelf.rulebooks
    ]
    return shelf.model_copy(update={"rulebooks": (*shelf.rulebooks, *copies)})


def _cases() -> Iterator[dict[str, Any]]:
    for path in sorted(CASES.glob("*-*.yaml")):
        cases = yaml.safe_load(path.read_text(encoding="utf-8"))
        yield from (case for case in cases if not case.get("outside_contract"))


def _facts(body: dict[str, Any]) -> Facts | None:
    try:
        return Facts.from_json(body)
    except FactsError:
        return None


def _half(body: dict[str, Any]) -> dict[str, Any]:
    """The same couple with every second fact left out."""
    left: dict[str, Any] = json.loads(json.dumps(body))
    for path in ORDER[1::2]:
        *parents, last = path.split(".")
        holder: Any = left
        for parent in parents:
            holder = holder.get(parent) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder.pop(last, None)
    return left


def _facts_of_a_typical_couple(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """The longest request of today's law: the most there is to read."""
    today = [body for body in bodies if body["on"] >= "2022" and body["service"] == "childbirth"]
    return max(today, key=lambda body: len(json.dumps(body)))


def _microseconds(facts: Facts, law: Law) -> float:
    runs = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        decide(facts, law)
        runs.append(time.perf_counter() - begun)
    return statistics.median(runs) * 1e6


# --- Under the web server ---


def application() -> Any:
    """For gunicorn: the site under /site, a bare page, and the processor time of this worker."""
    from flask import Flask
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    from app import create_app

    bare = Flask("bare")
    bare.add_url_rule("/bare", view_func=lambda: "<!doctype html><title>bare</title>")
    bare.add_url_rule("/processor", "processor", lambda: str(time.process_time()))
    site = create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://"})
    return DispatcherMiddleware(bare, {"/site": _asked_by_many(site)})


def _asked_by_many(site: Any) -> Any:
    """The site asked from many addresses in turn, else its limit for each would end the measurement."""
    addresses = cycle(f"192.0.2.{number}" for number in range(250))

    def asked(environ: dict[str, Any], start_response: Any) -> Any:
        environ["REMOTE_ADDR"] = next(addresses)
        return site(environ, start_response)

    return asked


@contextmanager
def _worker() -> Iterator[http.client.HTTPConnection]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "decision:application()", "--workers", "1"]
    command += ["--threads", "4", "--bind", f"127.0.0.1:{port}", "--log-level", "error"]
    command += ["--pythonpath", str(ROOT / "bench"), "--worker-tmp-dir", tempfile.gettempdir()]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "LIVE": ""})
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(200):
            try:
                connection.connect()
                break
            except OSError:
                time.sleep(0.1)
        yield connection
    finally:
        server.terminate()
        server.wait()


def _processor_time(
    ask: http.client.HTTPConnection, method: str, path: str, body: bytes | None
) -> float:
    """Seconds of the worker's processor for one such request, the mean of many."""
    before = float(_answer(ask, "GET", "/processor", None))
    for _ in range(REQUESTS):
        _answer(ask, method, path, body)
    return (float(_answer(ask, "GET", "/processor", None)) - before) / REQUESTS


def _answer(ask: http.client.HTTPConnection, method: str, path: str, body: bytes | None) -> bytes:
    ask.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    response = ask.getresponse()
    text = response.read()
    if response.status != 200:
        raise SystemExit(f"{method} {path}: {response.status} {text[:200]!r}")
    return text


if __name__ == "__main__":
    main()
