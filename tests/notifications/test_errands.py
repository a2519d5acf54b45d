"""Errands: done once after their transaction, by whichever worker comes first; one that fails waits."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app import clock
from app.extensions import db
from app.language import current_script
from app.notifications import errands
from app.notifications.models import Errand, OutboxMessage
from app.notifications.service import queue
from tests.applications.filing import at_once

SUBJECT = uuid.UUID(int=7)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[uuid.UUID, str]]:
    """What was done, and in which script; the errand `fails` also fails."""
    seen: list[tuple[uuid.UUID, str]] = []

    def tell(subject: uuid.UUID) -> None:
        seen.append((subject, current_script()))
        queue("draft_expiring", "13800000000", WORDS, subject=f"draft:{subject}", event="x")

    def fail(subject: uuid.UUID) -> None:
        tell(subject)
        raise RuntimeError("no words for it")

    monkeypatch.setattr(errands, "_DOINGS", {"tells": tell, "fails": fail})
    return seen


WORDS = {"service": "childbirth_registration", "day": "2026-12-01"}


def left(app: Flask, kind: str, script: str = "zh_Hant") -> None:
    with app.test_request_context(f"/?lang={script}"):
        errands.leave(kind, SUBJECT)
        db.session.commit()


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_it_is_done_once_in_the_script_of_whoever_caused_it(
    app: Flask, session: Any, done: list[Any]
) -> None:
    left(app, "tells")
    assert (errands.run_due(), errands.run_due()) == (1, 0)
    assert done == [(SUBJECT, "zh_Hant")]
    assert session.scalars(select(OutboxMessage)).one().script == "zh_Hant"
    assert count(Errand) == 0


def test_what_is_rolled_back_leaves_no_errand(app: Flask, session: Any, done: list[Any]) -> None:
    with app.test_request_context():
        errands.leave("tells", SUBJECT)
        db.session.rollback()
    assert errands.run_due() == 0
    assert done == []


def test_workers_at_one_moment_do_it_once(app: Flask, session: Any, done: list[Any]) -> None:
    for _ in range(5):
        left(app, "tells")

    def work() -> int:
        with app.app_context():
            return errands.run_due()

    assert sum(at_once([work] * 4)) == 5
    assert count(OutboxMessage) == 1, "five errands about the same tell it once"


def test_one_that_fails_tells_nobody_keeps_nobody_waiting_and_is_tried_again(
    app: Flask, session: Any, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    left(app, "fails")
    left(app, "tells")
    assert errands.run_due() == 1
    assert (count(Errand), count(OutboxMessage)) == (1, 1)
    assert errands.run_due() == 0
    assert len(done) == 2
    # Mended, and a minute later.
    monkeypatch.setitem(errands._DOINGS, "fails", errands._DOINGS["tells"])
    session.execute(update(Errand).values(next_try_at=clock.now()))
    session.commit()
    assert errands.run_due() == 1
    assert count(Errand) == 0
