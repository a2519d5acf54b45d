"""Files come slowly: some of a server's threads stay free for pages, and who sends next to nothing is let go.

A proxy that takes the whole request first, as nginx does, never meets this gate. Without one, a few
phones in a village would otherwise hold every thread while their photos trickle in.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from flask import Blueprint, current_app, g, request
from flask.sansio.app import App
from werkzeug.exceptions import ServiceUnavailable

View = TypeVar("View", bound=Callable[..., Any])

# A photo of 300 KB over the slowest line worth waiting for; after that the line is cut.
PATIENCE, SLOWEST = 30.0, 4000
LONGEST = 15 * 60.0
AGAIN_AFTER = 3


def takes_files(view: View) -> View:
    """Mark a view to which files are sent: it goes through the gate."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def stand_before(rooms: Blueprint) -> None:
    """Set up the gate before anything reads a request, as the check of a form's token does."""
    rooms.record_once(lambda setup: _set_up(setup.app))
    rooms.before_app_request(_enter)
    rooms.teardown_app_request(_leave)


def _set_up(app: App) -> None:
    app.extensions["upload_gate"] = threading.BoundedSemaphore(app.config["UPLOADS_AT_ONCE"])


def _enter() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method != "POST" or not getattr(view, "takes_files", False):
        return
    line = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if not current_app.extensions["upload_gate"].acquire(blocking=False):
        # What is still on its way will not be read; nothing has to wait for it.
        _cut(line)
        raise ServiceUnavailable(retry_after=AGAIN_AFTER)
    g.in_upload_gate = True
    if line is not None:
        allowed = min(LONGEST, PATIENCE + (request.content_length or 0) / SLOWEST)
        g.upload_timer = threading.Timer(allowed, _cut, [line])
        g.upload_timer.daemon = True
        g.upload_timer.start()


def _leave(_error: BaseException | None) -> None:
    timer = g.pop("upload_timer", None)
    if timer is not None:
        timer.cancel()
    if g.pop("in_upload_gate", False):
        current_app.extensions["upload_gate"].release()


def arrived() -> None:
    """The whole request is here: however long its photos take to read, the line is left alone."""
    timer = g.pop("upload_timer", None)
    if timer is not None:
        timer.cancel()


def _cut(line: socket.socket | None) -> None:
    """Read no more from this line; an answer can still be written."""
    if line is not None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RD)
