"""What it costs to save a step and to send an application, and how long sixteen people wait who send at once.

    .venv/bin/python bench/submit.py

Processor time is measured inside the web worker and given as a multiple of a bare Flask page of the
same worker, in the same run; of many short rounds the one counts that was least disturbed. Waiting is
measured from outside: sixteen connections, each sending one application after another, to warm workers,
on SQLite as in service (`synchronous=FULL`), everything on this machine.
"""

from __future__ import annotations

import queue
import statistics
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.filled_site import Ready, environment, fill, site  # noqa: E402
from bench.serving import BARE, Asked, Server, answer, processor_time, served  # noqa: E402

# In each round as much time for the one as for the others, so that none is more often left undisturbed.
ROUNDS, PAGES, STEPS, SUBMITS = 15, 240, 40, 20
CONNECTIONS, EACH, WARMING = 16, 25, 4
STEP_TIMES, SUBMIT_TIMES, P99_MS = 8, 10, 200


def main() -> None:
    with TemporaryDirectory(prefix="jiujinban-bench-") as name:
        folder = Path(name)
        app = site(folder)
        ready = fill(app, ROUNDS * SUBMITS + CONNECTIONS * (WARMING + EACH))
        measured, waiting = ready[: ROUNDS * SUBMITS], ready[ROUNDS * SUBMITS :]
        with served(environment=environment(folder)) as server:
            _cost(server, measured)
        with served(workers=2, threads=8, environment=environment(folder)) as server:
            # What every worker does once in its life is not what people wait for.
            _times(server, waiting[: CONNECTIONS * WARMING])
            _wait(server, waiting[CONNECTIONS * WARMING :])


def _cost(server: Server, ready: list[Ready]) -> None:
    connection = server.connect()
    bare, step, submit = [], [], []
    for turn in range(ROUNDS):
        mine = ready[turn * SUBMITS : (turn + 1) * SUBMITS]
        steps, submits = iter(mine * (STEPS // SUBMITS)), iter(mine)
        bare.append(processor_time(connection, lambda: Asked("GET", BARE), PAGES))
        step.append(processor_time(connection, lambda ready=steps: next(ready).step(), STEPS))
        submit.append(
            processor_time(connection, lambda ready=submits: next(ready).submit(), SUBMITS)
        )
    page = min(bare) * 1e6
    print(f"a bare Flask page        {page:7.0f} µs of processor")
    for what, times, budget in (
        ("saving a step", step, STEP_TIMES),
        ("sending an application", submit, SUBMIT_TIMES),
    ):
        mine = min(times) * 1e6
        print(f"{what:24} {mine:7.0f} µs, {mine / page:4.1f} times that (budget {budget} times)")


def _wait(server: Server, ready: list[Ready]) -> None:
    begun = time.perf_counter()
    times = _times(server, ready)
    took = time.perf_counter() - begun
    if len(times) != len(ready):
        raise SystemExit(f"only {len(times)} of {len(ready)} were sent")
    ordered = sorted(each * 1000 for each in times)
    print(
        f"{len(ordered)} applications over {CONNECTIONS} connections: {len(ordered) / took:.0f} a second,"
        f" median {statistics.median(ordered):.0f} ms, p99 {ordered[int(len(ordered) * 0.99)]:.0f} ms"
        f" (budget {P99_MS} ms)"
    )


def _times(server: Server, ready: list[Ready]) -> list[float]:
    """Each connection sends the next application as soon as its last one is answered; seconds of each."""
    waiting: queue.SimpleQueue[Ready] = queue.SimpleQueue()
    for each in ready:
        waiting.put(each)
    times: list[float] = []

    def send() -> None:
        connection = server.connect()
        answer(connection, Asked("GET", BARE))
        while True:
            try:
                mine = waiting.get_nowait()
            except queue.Empty:
                return
            begun = time.perf_counter()
            answer(connection, mine.submit())
            times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


if __name__ == "__main__":
    main()
