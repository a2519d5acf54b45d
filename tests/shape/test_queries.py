"""How many questions a page asks the database: a small number that does not grow with what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.applications.models import Application
from app.casework import late, silence
from app.certificates.service import letters_of
from app.clock import today
from app.extensions import db
from app.fields import check_digit_of
from app.notifications import service as notifications
from app.supervision import counting
from app.verification import watch
from tests import factories as make
from tests.applications.filing import checked, start
from tests.certificates.conftest import certificate_of, registered
from tests.client import Client


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database inside the `with`: statements with their parameters."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        asked.append((statement, given))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_pages_ask_a_fixed_number_of_questions(app: Flask, session: Any, offices: None) -> None:
    mine = make.browser_of(make.citizen(), app)
    clerk = make.officer(make.BAIGUO)
    desk = make.browser_of(clerk, app)
    lead = make.browser_of(make.officer(make.MACHENG, "supervisor"), app)
    case = _file(1)
    done = registered(woman=make.WOMAN | {"id_number": "110101202402290016"})
    pages = {
        "my": (mine, "/my", 7),
        "tracking": (mine, f"/my/{case.id}", 13),
        "certificate": (mine, f"/my/{done.id}/certificate", 8),
        "receipt": (mine, f"/apply/receipt/{case.number}", 6),
        "queue": (desk, "/staff/cases", 5),
        "walk in": (desk, "/staff/walk-in", 9),
        "enquiries": (desk, "/staff/enquiries", 8),
        "case": (desk, f"/staff/cases/{case.id}", 24),
        "window": (desk, f"/staff/print/{certificate_of(done).id}", 12),
        "officers": (lead, "/staff/officers", 5),
        "messages": (lead, "/staff/messages", 4),
        "board": (lead, "/staff/board", 15),
        "report": (lead, f"/staff/report?period={today():%Y-%m}", 9),
        "published": (Client(app), f"/offices/{make.BAIGUO}", 6),
        "my data": (mine, "/account/data", 26),
    }

    def counted() -> dict[str, int]:
        counts = {}
        for name, (browser, url, _most) in pages.items():
            with statements() as asked:
                assert browser.get(url).status_code == 200
            counts[name] = len(asked)
        return counts

    make.at_window(clerk)
    counted()  # the first look at a case is noted
    few = counted()
    for number in range(2, 26):
        _file(number)
        make.officer(make.SONGBU)
        make.at_window(clerk)
    desk.post(f"/staff/cases/{case.id}/reveal")
    assert counted() == few
    assert {name: few[name] for name, (_, _, most) in pages.items() if few[name] > most} == {}


def test_a_list_of_drafts_asks_no_more_for_many(app: Flask, session: Any, offices: None) -> None:
    mine = make.browser_of(make.citizen(), app)
    mine.set_cookie("check", checked({}))

    def counted() -> list[int]:
        counts = []
        for url in ("/my", "/apply/start"):
            with statements() as asked:
                assert mine.get(url).status_code == 200
            counts.append(len(asked))
        return counts

    start(mine)
    few = counted()
    for _ in range(9):
        start(mine)
    assert counted() == few
    assert max(few) <= 9


def test_a_result_asks_few_questions(app: Flask, session: Any, offices: None) -> None:
    browser = Client(app)
    browser.set_cookie("check", checked({}))
    with statements() as asked:
        assert browser.get("/check/result").status_code == 200
    assert len(asked) <= 3


# Tables that grow with use.
GROWING = {
    "applications",
    "application_events",
    "application_parties",
    "application_search_keys",
    "audit_events",
    "case_outcomes",
    "certificate_events",
    "certificates",
    "check_session",
    "citizens",
    "complaints",
    "drafts",
    "late_reasons",
    "letters",
    "limit_counters",
    "notice_items",
    "notices",
    "outbox_messages",
    "promises",
    "power_events",
    "power_principals",
    "powers_of_attorney",
    "printed_files",
    "result_notes",
    "service_ratings",
    "sessions",
    "shared_result",
    "sign_in_codes",
    "uploads",
    "verification_requests",
}
# SQLite says "SCAN table", PostgreSQL "Seq Scan on table".
WHOLE = re.compile(r"(?:^SCAN|Seq Scan on) (\w+)")
BY_INDEX = re.compile(r"Index (?:Only )?Scan (?:Backward )?using \w+ on (\w+)")


def test_no_page_reads_a_whole_table(app: Flask, session: Any, offices: None) -> None:
    """What costs more with every case there ever was is noticed here, not in the third year."""
    case = _file(1)
    entrusted = make.filed(filer="agent")
    power = make.power_of(entrusted)
    agent = make.browser_of(make.citizen(make.AGENT["phone"]), app)
    done = registered(woman=make.WOMAN | {"id_number": "110101202402290016"})
    issued = certificate_of(done)
    letter = letters_of(done)[0]
    mine = make.browser_of(make.citizen(), app)
    clerk = make.officer(make.BAIGUO)
    begun = make.at_window(clerk)
    town = make.browser_of(clerk, app)
    county = make.browser_of(make.officer(make.MACHENG, "approver"), app)
    watcher = make.browser_of(make.officer(make.MACHENG, "supervisor"), app)
    with statements() as asked:
        for view in ("mine", "due", "asked", "all", "done"):
            town.get(f"/staff/cases?view={view}")
            county.get(f"/staff/cases?view={view}")
        for view in ("unopened", "again"):
            watcher.get(f"/staff/cases?view={view}")
        for each in (town, county, watcher):
            each.get("/staff/complaints")
            each.get("/staff/complaints?answered=1")
            each.get("/staff/collect")
            each.get("/staff/collect?later=1")
        for page in ("ratings", "board", "report", "report?period=recent", "report.csv"):
            watcher.get(f"/staff/{page}")
        watcher.get(f"/staff/report?office={make.BAIGUO}")
        town.get(f"/staff/cases/{case.id}/late")
        for text in ("张小雨", "11010519491231002X", "13800000001", "002X", case.number):
            town.post("/staff/cases/search", data={"text": text})
            county.post("/staff/cases/search", data={"text": text})
        town.get(f"/staff/cases/{case.id}")
        for number in (issued.number, done.number):
            town.post("/staff/print", data={"number": number})
        town.get(f"/staff/print/{issued.id}")
        county.post(f"/staff/print/{issued.id}/printed", data={"printing-script": "zh_Hans"})
        county.get(f"/staff/print/{issued.id}/zh_Hans")
        for address in ("/staff/walk-in", f"/apply/{begun.id}/window"):
            town.get(address)
        for browser in (town, county, watcher):
            browser.get("/staff/sent-on")
            browser.get("/staff/enquiries")
        filed = (
            "/my",
            f"/my/{case.id}",
            f"/my/{done.id}",
            f"/my/{done.id}/certificate",
            f"/my/{done.id}/certificates/{issued.id}/zh_Hans",
            f"/my/{done.id}/letters/{letter.id}/zh_Hans",
            f"/my/{case.id}/views",
            f"/apply/receipt/{case.number}",
        )
        for url in (*filed, "/account", "/account/data", "/account/consents", "/account/close"):
            mine.get(url)
        for url in ("/powers", f"/my/{entrusted.id}", f"/powers/{power.id}"):
            agent.get(url)
        lead = make.browser_of(make.officer(make.MACHENG, "supervisor"), app)
        for fate in ("", "?fate=sent", "?fate=failed"):
            lead.get(f"/staff/messages{fate}")
        stranger = Client(app)
        stranger.get(f"/offices/{make.BAIGUO}")
        stranger.post("/track", data={"number": case.number, "tail": "002X"})
        stranger.get("/track/case")
        stranger.post("/sign-in", data={"phone": "13900000000"})
        stranger.post("/sign-in/code", data={"code": "123456"})
        stranger.get("/r/nothing")
        stranger.post(f"/verify/{issued.number}", data={"surname": "张", "tail": "0016"})
        with app.app_context():
            notifications.deliver_pending()
            silence.accept_unanswered()
            watch.watch()
            late.issue_overdue()
            counting.count_recent()
    read = {f"{table}: {sql}" for sql, given in asked if (table := _whole_table(sql, given))}
    assert read == set()
    for sql in ("WHERE provisional", "ORDER BY number LIMIT 1"):
        assert _whole_table(f"SELECT id FROM applications {sql}", ()) == "applications"


def _whole_table(statement: str, given: Any) -> str | None:
    """The table that this statement reads from end to end, if any."""
    if not statement.startswith("SELECT"):
        return None
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # An empty table is read whole even where there is an index.
            connection.exec_driver_sql("SET enable_seqscan = off")
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", given)
            plan = [row[0] for row in rows]
        else:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            plan = [row[3] for row in rows]
    found = [match[1] for line in plan if (match := WHOLE.search(line))]
    # PostgreSQL may read all of an index too: then nothing says where it begins.
    found += [
        match[1]
        for line, after in pairwise([*plan, ""])
        if (match := BY_INDEX.search(line)) and "Index Cond" not in after
    ]
    return next((table for table in found if table in GROWING), None)


def _file(number: int) -> Application:
    """An application of another woman, by the same account."""
    first = f"42118119900101{number:03}"
    return make.filed(woman=make.WOMAN | {"id_number": first + check_digit_of(first)})
