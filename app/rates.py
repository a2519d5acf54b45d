"""How often one address may call an interface: coarse, counted in memory or in Redis.

Codes, sign-in and look-up are counted in our own table (`limits`), because several workers must
count them together to the last try. Here being off by one worker does no harm, so a counter that
cannot be reached lets the caller through: an answer matters more than the count.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from threading import Lock
from time import time
from typing import Any, TypeVar

from flask import Flask, current_app
from limits import parse
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from app.web import visitor_address

View = TypeVar("View", bound=Callable[..., Any])
log = logging.getLogger(__name__)


class InThisProcess(Storage):
    """Counts of one worker. Those that are over are dropped by whoever comes next after a while: the
    thread that the library's own memory starts for it every few milliseconds costs more than the count.
    """

    STORAGE_SCHEME = ["process"]  # noqa: RUF012  the library's own spelling
    SWEPT_EVERY = 60

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._windows: dict[str, tuple[float, int]] = {}
        self._swept_at = time()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and say how many there are now; the first of a window decides when it ends."""
        now = time()
        with self._lock:
            if now - self._swept_at > self.SWEPT_EVERY:
                self._sweep(now)
            ends_at, count = self._windows.get(key, (0.0, 0))
            if ends_at <= now:
                ends_at, count = now + expiry, 0
            self._windows[key] = ends_at, count + amount
            return count + amount

    def _sweep(self, now: float) -> None:
        self._swept_at = now
        self._windows = {key: each for key, each in self._windows.items() if each[0] > now}

    def get(self, key: str) -> int:
        """How many there are in the window of now."""
        ends_at, count = self._windows.get(key, (0.0, 0))
        return count if ends_at > time() else 0

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds of the clock."""
        return self._windows.get(key, (time(), 0))[0]

    def check(self) -> bool:
        """Memory can always be reached."""
        return True

    def reset(self) -> int | None:
        """Forget everything; how many windows there were."""
        count = len(self._windows)
        self._windows = {}
        return count

    def clear(self, key: str) -> None:
        """Forget one window."""
        self._windows.pop(key, None)

    @property
    def base_exceptions(self) -> type[Exception]:
        """What reaching it may raise."""
        return OSError


def init_app(app: Flask) -> None:
    """Count where `RATELIMIT_STORAGE_URI` says."""
    where = app.config["RATELIMIT_STORAGE_URI"]
    in_memory = where.startswith("memory:")
    storage = InThisProcess() if in_memory else storage_from_string(where, wrap_exceptions=True)
    app.extensions["rates"] = FixedWindowRateLimiter(storage)


def at_most(rate: str) -> Callable[[View], View]:
    """Answer 429 to an address that calls this view more often than `rate`, such as 60 per minute."""
    allowed = parse(rate)

    def limit(view: View) -> View:
        scope = view.__qualname__

        @wraps(view)
        def limited(*arguments: Any, **values: Any) -> Any:
            counter: FixedWindowRateLimiter = current_app.extensions["rates"]
            address = visitor_address()
            try:
                within = counter.hit(allowed, scope, address)
            except StorageError:
                log.exception("calls are not being counted")
                within = True
            if not within:
                ends_at = counter.get_window_stats(allowed, scope, address).reset_time
                raise TooManyRequests(retry_after=max(1, round(ends_at - time())))
            return view(*arguments, **values)

        return limited  # type: ignore[return-value]

    return limit


def forget_all(app: Flask) -> None:
    """Begin anew for every address."""
    app.extensions["rates"].storage.reset()
