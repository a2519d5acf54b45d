"""The record of what happened: whole, in order, and without a word about a person."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session, scoped_session

from app import audit
from app.audit import AuditError, AuditEvent, record, verify
from app.extensions import db
from app.limits import LimitCounter

Store = scoped_session[Session]


def happen(count: int = 1) -> None:
    for number in range(count):
        record(
            "case.accepted", actor="officer:7", subject=f"application:{number}", data={"n": number}
        )
        db.session.commit()


def test_events_are_numbered_and_chained(session: Store) -> None:
    happen(3)
    rows = session.scalars(select(AuditEvent).order_by(AuditEvent.sequence)).all()
    assert [row.sequence for row in rows] == [1, 2, 3]
    assert [row.previous_hash for row in rows] == [audit.BEGINNING, rows[0].hash, rows[1].hash]
    assert rows[2].data == {"n": 2}
    assert verify() == 3


def test_several_events_of_one_commit_keep_their_order(session: Store) -> None:
    for kind in ("a", "b", "c"):
        record(kind, actor="system", subject="site")
    session.commit()
    happen()
    assert session.scalars(select(AuditEvent.kind).order_by(AuditEvent.sequence)).all() == [
        *"abc",
        "case.accepted",
    ]
    assert verify() == 4


def test_an_empty_record_is_whole(session: Store) -> None:
    assert verify() == 0


def test_what_is_rolled_back_did_not_happen(session: Store) -> None:
    happen()
    record("case.refused", actor="officer:7", subject="application:1")
    session.rollback()
    happen()
    assert session.scalars(select(AuditEvent.kind)).all() == ["case.accepted"] * 2
    assert verify() == 2


def test_the_day_is_the_legal_one_and_the_instant_real(
    session: Store, as_of: Callable[[str], None]
) -> None:
    as_of("2014-06-03")
    happen()
    row = session.scalars(select(AuditEvent)).one()
    assert row.happened_on == date(2014, 6, 3)
    assert row.recorded_at.year > 2025


def test_ids_and_days_are_kept_as_text(session: Store) -> None:
    application = uuid.uuid4()
    record("a", actor="system", subject="site", data={"id": application, "on": [date(2026, 1, 2)]})
    session.commit()
    row = session.scalars(select(AuditEvent)).one()
    assert row.data == {"id": str(application), "on": ["2026-01-02"]}
    assert verify() == 1


@pytest.mark.parametrize(
    "data",
    [
        {"name": "张三"},
        {"张三": 1},
        {"phone": "13800000000"},
        {"phone": "+86 13800000000"},
        {"inner": [{"id": "11010519491231002X"}]},
        {"note": "x" * 121},
        {"float": 1.5},
        {"bytes": b"x"},
    ],
)
def test_personal_data_is_refused(session: Store, data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="ids"):
        record("case.viewed", actor="officer:7", subject="application:1", data=data)
    session.commit()
    assert verify() == 0


def test_digits_inside_an_id_are_no_phone(session: Store) -> None:
    record("a", actor="citizen:00000000-0000-4000-8000-a13800000000", subject="JJB-2026-000123")
    session.commit()
    assert verify() == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE audit_events SET actor = 'officer:8' WHERE sequence = 2", "event 2 was changed"),
        ("UPDATE audit_events SET data = '{\"n\": 9}' WHERE sequence = 3", "event 3 was changed"),
        ("UPDATE audit_events SET happened_on = '2020-01-01' WHERE sequence = 1", "event 1 was"),
        ("DELETE FROM audit_events WHERE sequence = 2", "event 2 is missing"),
        ("DELETE FROM audit_events WHERE sequence = 1", "event 1 is missing"),
        ("DELETE FROM audit_events WHERE sequence > 2", "events after 2 are missing: there were 4"),
        ("DELETE FROM audit_events", "events after 0 are missing"),
        ("UPDATE audit_events SET previous_hash = hash WHERE sequence = 4", "does not follow"),
        ("DELETE FROM audit_heads", "events after 4 are missing: there were 0"),
    ],
)
def test_every_change_is_found(session: Store, app: Flask, change: str, says: str) -> None:
    happen(4)
    session.execute(text(change))
    session.commit()
    with pytest.raises(AuditError, match=says):
        verify()
    session.remove()
    result = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert result.exit_code == 1
    assert says in result.output


def test_the_chain_is_checked_over_many_batches(
    session: Store, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "BATCH", 2)
    happen(5)
    assert verify() == 5
    session.remove()
    result = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert (result.exit_code, "5 events" in result.output) == (0, True)


def test_an_event_cannot_be_changed_through_the_model(session: Store) -> None:
    happen()
    row = session.scalars(select(AuditEvent)).one()
    row.actor = "officer:8"
    with pytest.raises(AuditError):
        session.commit()
    session.rollback()
    session.delete(session.scalars(select(AuditEvent)).one())
    with pytest.raises(AuditError):
        session.commit()
    session.rollback()
    assert verify() == 1


def test_many_writers_leave_no_hole_and_wait_for_each_other(app: Flask) -> None:
    def write(number: int) -> None:
        with app.app_context():
            record("case.viewed", actor=f"officer:{number}", subject="application:1")
            # Rows locked in both orders: the record must not turn them into a deadlock.
            row = LimitCounter(
                scope="t", subject_hash=f"{number}", count=1, ends_at=audit.clock.now()
            )
            db.session.add(row)
            record("case.opened", actor=f"officer:{number}", subject="application:1")
            db.session.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    with app.app_context():
        assert verify() == 80
        rows = db.session.scalars(select(AuditEvent).order_by(AuditEvent.sequence)).all()
        assert [row.actor for row in rows[0::2]] == [row.actor for row in rows[1::2]]
