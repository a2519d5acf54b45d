"""Files come slowly: some of a server's threads stay free for pages, and who sends next to nothing is let go.

A proxy that takes the whole request first, as nginx does, never meets this gate. Without one, a few
phones in a village would otherwise hold every thread while their photos trickle in.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from io import BytesIO

from flask import Flask, current_app, g, request
from werkzeug.exceptions import ServiceUnavailable

# A photo of 300 KB over the slowest line worth waiting for; after that the line is cut.
PATIENCE, SLOWEST = 30.0, 4000
LONGEST = 15 * 60.0
AGAIN_AFTER = 3


class CrowdedError(ServiceUnavailable):
    """As many files as the site takes at once are on their way already."""


def init_app(app: Flask) -> None:
    """Set up the gate, before all that reads what a form holds: its buttons, its token."""
    app.extensions["upload_gate"] = threading.BoundedSemaphore(app.config["UPLOADS_AT_ONCE"])
    app.before_request(_enter)
    app.teardown_request(_leave)


def _enter() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method != "POST" or not getattr(view, "takes_files", False):
        return
    line = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if not current_app.extensions["upload_gate"].acquire(blocking=False):
        # What is still on its way will not be read; nothing has to wait for it.
        _cut(line)
        request.environ |= {"wsgi.input": BytesIO(), "CONTENT_LENGTH": "0"}
        raise CrowdedError(retry_after=AGAIN_AFTER)
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
