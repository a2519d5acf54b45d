"""Limits count every try, whoever counts it, and store no phone or address."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from app import clock, limits
from app.extensions import db
from app.limits import LimitCounter

Store = scoped_session[Session]
MINUTE = timedelta(minutes=1)
NOW = clock.now()


class Watch:
    """A real clock that a test can move."""

    def __init__(self) -> None:
        self.moved = timedelta()

    def __call__(self) -> datetime:
        return NOW + self.moved


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(clock, "now", watch)
    return watch


def try_once(subject: str = "a", scope: str = "code") -> bool:
    return limits.hit(scope, subject, limit=3, window=MINUTE)


def test_the_limit_is_the_last_try_allowed(session: Store) -> None:
    assert [try_once() for _ in range(5)] == [True, True, True, False, False]


def test_scopes_and_subjects_count_apart(session: Store) -> None:
    for _ in range(3):
        try_once()
    assert try_once("b")
    assert try_once("a", "sign-in")
    assert not try_once()


def test_a_new_window_begins_when_the_old_is_over(session: Store, watch: Watch) -> None:
    for _ in range(4):
        try_once()
    watch.moved = MINUTE - timedelta(seconds=1)
    assert not try_once()
    assert limits.seconds_left("code", "a") == 1
    watch.moved = MINUTE
    assert limits.seconds_left("code", "a") == 0
    assert [try_once() for _ in range(4)] == [True, True, True, False]
    assert limits.seconds_left("code", "a") == 60


def test_looking_counts_nothing(session: Store, watch: Watch) -> None:
    for _ in range(3):
        assert not limits.exceeded("code", "a", limit=3)
        try_once()
    assert limits.exceeded("code", "a", limit=3)
    assert not limits.exceeded("code", "a", limit=4)
    assert not limits.exceeded("code", "b", limit=1)
    watch.moved = MINUTE
    assert not limits.exceeded("code", "a", limit=3)


def test_a_success_begins_anew(session: Store) -> None:
    for _ in range(3):
        try_once()
    limits.forget("code", "a")
    assert try_once()


def test_no_subject_is_stored_in_the_clear(session: Store) -> None:
    try_once("13800000000")
    counter = session.scalars(select(LimitCounter)).one()
    assert "138" not in f"{counter.scope} {counter.subject_hash[:3]}"
    assert len(counter.subject_hash) == 64


def test_windows_that_are_over_are_forgotten(session: Store, watch: Watch) -> None:
    try_once("old")
    watch.moved = timedelta(seconds=30)
    try_once("young")
    watch.moved = MINUTE
    limits.forget_expired()
    assert session.scalar(select(func.count()).select_from(LimitCounter)) == 1


def test_tries_at_the_same_moment_are_all_counted(app: Flask) -> None:
    def one(_: int) -> bool:
        with app.app_context():
            allowed = limits.hit("code", "a", limit=7, window=MINUTE)
            db.session.commit()
            return allowed

    with ThreadPoolExecutor(8) as pool:
        allowed = list(pool.map(one, range(40)))
    assert sum(allowed) == 7
    with app.app_context():
        assert db.session.scalars(select(LimitCounter.count)).one() == 40
