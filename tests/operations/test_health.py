"""What machines of the operator ask, and what the logs say: enough to act on, nothing personal."""

from __future__ import annotations

import io
import json
import logging
import shutil
from collections import namedtuple
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app import clock, create_app, logs
from app.config import ConfigError, from_environment
from app.extensions import db
from app.notifications import service as notifications
from tests import factories as make
from tests.client import Client
from tests.conftest import SETTINGS


def test_alive_asks_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.session, "execute", None)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_ready(client: Client, as_of: Any) -> None:
    as_of("2026-06-01")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["database"] == answer.json["disk"] == answer.json["messages"] == "ok"
    # The calendar ends with the year that is running: next year's days are provisional.
    assert answer.json["calendar"] == "look"


def test_I4_not_ready_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session, "execute", gone)
    answer = client.get("/readyz", fault_expected=True)
    assert (answer.status_code, answer.json) == (503, {"database": "look"})


def test_I3_not_ready_on_a_full_disk(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage(10, 9, 1))
    answer = client.get("/readyz", fault_expected=True)
    assert (answer.status_code, answer.json["disk"]) == (503, "look")


def test_messages_that_wait_are_a_matter_to_look_at(client: Client, session: Any) -> None:
    message = notifications.queue(
        "application_withdrawn",
        "13800000001",
        {"number": "JJB-1"},
        subject="application:1",
        event="withdrawn",
    )
    message.next_try_at = clock.now() - timedelta(minutes=11)
    session.commit()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["messages"]) == (200, "look")


def test_what_an_inspection_found_is_a_matter_to_look_at(client: Client, session: Any) -> None:
    from app.operations.models import Inspection

    session.add(Inspection(name="files", looked_at=1, problems=["x: no file"]))
    session.commit()
    assert client.get("/readyz").json["stored"] == "look"
    row = session.get(Inspection, "files")
    row.problems, row.inspected_at = [], clock.now() - timedelta(days=3)
    session.commit()
    assert client.get("/readyz").json["stored"] == "look", "nobody has looked since"


def test_numbers_are_for_whoever_holds_the_token(app: Flask, offices: None) -> None:
    make.filed()
    site = create_app(
        SETTINGS
        | {
            "SQLALCHEMY_DATABASE_URI": app.config["SQLALCHEMY_DATABASE_URI"],
            "METRICS_TOKEN": "a-long-token",
        }
    )
    browser = Client(site)
    assert browser.get("/metrics").status_code == 404
    wrong = {"Authorization": "Bearer another"}
    assert browser.get("/metrics", headers=wrong).status_code == 404
    browser.get("/")
    numbers = browser.get("/metrics", headers={"Authorization": "Bearer a-long-token"}).text
    assert "jiujinban_cases_open 1.0" in numbers
    assert 'jiujinban_request_seconds_count{endpoint="guide.home",status="200"} 1.0' in numbers
    assert "JJB-" not in numbers
    with site.app_context():
        db.engine.dispose()


def test_no_token_no_page(client: Client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_how_logs_are_written_is_one_of_two() -> None:
    assert from_environment({})["LOGS"] == "plain"
    with pytest.raises(ConfigError, match="LOGS='xml'"):
        from_environment({"LOGS": "xml"})


@pytest.fixture
def lines() -> Any:
    """What the site logs from now on, read as JSON."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers, root.level
    logs.write_json(root, stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, root.level = before[0], before[1]


def test_G7_a_line_for_each_answer_names_the_route_alone(
    app: Flask, session: Any, offices: None, lines: Any
) -> None:
    case = make.filed()
    browser = make.browser_of(make.citizen(), app)
    answer = browser.get(f"/my/{case.id}")
    line = next(one for one in lines() if one["logger"] == "jiujinban.answers")
    assert (line["route"], line["status"]) == ("/my/<uuid:case_id>", 200)
    assert line["request"] == answer.headers["X-Request-Id"]
    written = json.dumps(lines())
    assert str(case.id) not in written
    assert case.number not in written


def test_a_fault_is_logged_under_the_code_the_person_is_shown(
    app: Flask, client: Client, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("the phone 13800000001 of 11010519491231002X")

    broken.guard = "public"  # type: ignore[attr-defined]
    monkeypatch.setitem(app.view_functions, "guide.home", broken)
    answer = client.get("/", fault_expected=True)
    fault = next(one for one in lines() if one["level"] == "error")
    assert fault["request"][:8] in answer.text
    assert "RuntimeError" in fault["traceback"]
    assert "13800000001" not in json.dumps(fault)
    assert "11010519491231002X" not in json.dumps(fault)


@pytest.mark.parametrize(
    "number", ["13800000001", "+8613800000001", "138 0000 0001", "11010519491231002X"]
)
def test_G7_numbers_are_struck_out(number: str) -> None:
    assert logs.struck_out(f"to {number}, again") == "to [number], again"


def test_our_own_ids_are_not(session: Any) -> None:
    for text in ("JJB-7F3K-92QD-H4TM", "5f3c9d0e-1234-4567-8901-234567890123", "took 12.5 ms"):
        assert logs.struck_out(text) == text
