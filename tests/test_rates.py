"""Coarse limits per address: counted for a while, then forgotten; never in the way when they cannot count."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from limits.errors import StorageError
from werkzeug.exceptions import TooManyRequests

from app import rates


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`clock(seconds)` moves the time that is counted in."""
    now = [1_000_000.0]
    monkeypatch.setattr(rates, "time", lambda: now[0])
    # The library's own look at the clock, in the same time.
    monkeypatch.setattr("limits.strategies.time.time", lambda: now[0])

    def move(seconds: float) -> None:
        now[0] += seconds

    return move


@rates.at_most("3 per minute")
def view() -> str:
    return "answered"


@pytest.fixture
def call(app: Flask, clock: Callable[[float], None]) -> Callable[[str], str]:
    app.extensions["rates"] = rates.FixedWindowRateLimiter(rates.InThisProcess())

    def ask(address: str = "192.0.2.1") -> str:
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            return view()

    return ask


def test_a_window_ends_and_begins_anew(
    call: Callable[..., str], clock: Callable[[float], None]
) -> None:
    for _ in range(3):
        assert call() == "answered"
    with pytest.raises(TooManyRequests) as refused:
        call()
    assert refused.value.retry_after == 60
    clock(59)
    with pytest.raises(TooManyRequests):
        call()
    clock(1)
    assert call() == "answered"


def test_each_address_has_its_own_and_a_household_one(call: Callable[..., str]) -> None:
    for _ in range(3):
        call("192.0.2.1")
        call("2001:db8:1:2::7")
    assert call("192.0.2.2") == "answered"
    assert call("2001:db8:1:3::7") == "answered"
    for address in ("192.0.2.1", "2001:db8:1:2::8"):
        with pytest.raises(TooManyRequests):
            call(address)


def test_windows_that_are_over_are_dropped(clock: Callable[[float], None]) -> None:
    counts = rates.InThisProcess()
    for number in range(50):
        counts.incr(str(number), 10)
    clock(5)
    counts.incr("later", 100)
    assert (counts.get("0"), counts.get("never")) == (1, 0)
    clock(57)
    counts.incr("now", 10)
    assert counts.reset() == 2
    assert counts.check()
    counts.incr("one", 10)
    counts.clear("one")
    assert counts.get("one") == 0


def test_an_answer_matters_more_than_the_count(
    app: Flask, call: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object, **_named: object) -> int:
        raise StorageError(OSError("away"))

    monkeypatch.setattr(app.extensions["rates"].storage, "incr", away)
    assert [call() for _ in range(9)] == ["answered"] * 9
