"""What a decision costs: alone, and as an answer of the site.

    .venv/bin/python bench/decision.py

Microseconds of `decide()` with its full trace over the worked cases, once with every fact and once
with every second fact unknown; then the processor time of one POST to /api/v1/decision, measured
inside the web worker and given as a multiple of a bare Flask page of the same worker.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
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
from bench.serving import BARE, SITE, Asked, processor_time, served  # noqa: E402

CASES = ROOT / "tests" / "policy" / "cases"
TIMES = 30
ROUNDS, REQUESTS = 7, 150
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
    body = json.dumps(_facts_of_a_typical_couple(bodies)).encode()
    as_json = {"Content-Type": "application/json"}
    decision = Asked("POST", f"{SITE}/api/v1/decision", body, as_json)
    with served() as server:
        connection = server.connect()
        rounds = [
            (
                processor_time(connection, lambda: Asked("GET", BARE), REQUESTS),
                processor_time(connection, lambda: decision, REQUESTS),
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


if __name__ == "__main__":
    main()
