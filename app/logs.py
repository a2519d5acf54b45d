"""Logs as JSON lines that hold no personal data: one line for each answer, and what went wrong.

An answer is logged by its route (`/my/<uuid:case_id>`), never by its address; whatever looks like
a phone or an ID number is struck out of every message before it is written.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from random import getrandbits
from typing import Any

from flask import Flask, g, has_request_context, request
from werkzeug.wrappers import Response

log = logging.getLogger("jiujinban.answers")
# Long runs of digits are numbers of people or phones; ours are hexadecimal or have dashes.
_NUMBERS = re.compile(r"(?<![\w-])(\+?\d[\d ]{9,19}[\dXx])(?![\w-])")


def init_app(app: Flask) -> None:
    """Give each request an id, and write the lines that `LOGS` asks for."""
    app.before_request(_begin)
    app.after_request(_answered)
    if app.config["LOGS"] == "json":
        write_json(logging.getLogger(), sys.stderr)


def write_json(logger: logging.Logger, stream: Any) -> None:
    """Let `logger` write JSON lines to `stream`, and nothing else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)


def request_id() -> str:
    """The id of this request, on its answer as `X-Request-Id` and on each of its lines."""
    known: str | None = g.get("request_id")
    if known is None:
        # To find lines by, not a secret.
        known = g.request_id = f"{getrandbits(64):016x}"
    return known


def struck_out(text: str) -> str:
    """The text without what looks like a phone or an ID number."""
    return _NUMBERS.sub("[number]", text)


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """`at`, `level`, `logger`, `message`, and where known the request and the traceback."""
        line: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": struck_out(record.getMessage()),
            **getattr(record, "fields", {}),
        }
        if has_request_context():
            line["request"] = request_id()
        if record.exc_info:
            line["traceback"] = struck_out(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _begin() -> None:
    g.began_at = time.perf_counter()


def _answered(response: Response) -> Response:
    response.headers.add("X-Request-Id", request_id())
    if log.isEnabledFor(logging.INFO) and request.endpoint != "static":
        fields = {
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule else None,
            "status": response.status_code,
            "milliseconds": round((time.perf_counter() - g.get("began_at", 0)) * 1000, 1),
        }
        log.info("answered", extra={"fields": fields})
    return response
