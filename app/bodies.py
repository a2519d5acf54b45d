"""What may be sent to this site at all, looked at before anything reads it.

A body that no form of ours could have made is refused here, in one place: from another site, packed,
in another encoding, with more or longer names than any form has, or larger than its view takes.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Flask, abort, current_app, request

from app.extensions import csrf

SAFE: Final = {"GET", "HEAD", "OPTIONS"}
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
MOST_FIELDS, LONGEST_NAME, LONGEST_BOUNDARY = 400, 100, 200
# Without files; with them, MAX_CONTENT_LENGTH.
LARGEST = 1024 * 1024


def init_app(app: Flask) -> None:
    """Look at every body before the first view or extension does."""
    app.before_request(_look)


def _look() -> None:
    if request.method in SAFE or request.endpoint is None:
        return
    view = current_app.view_functions[request.endpoint]
    if f"{view.__module__}.{view.__name__}" in csrf._exempt_views:
        # It reads no cookie, and its body by rules of its own.
        return
    _refuse_foreign()
    _refuse_other_encodings()
    if not getattr(view, "takes_files", False):
        request.max_content_length = LARGEST
    if request.mimetype == FORM:
        _look_at_fields(request.get_data())
    elif request.mimetype == MULTIPART:
        _look_at_parts()


def _refuse_foreign() -> None:
    """A browser names the site whose page sends a form; one that is not ours has no business here."""
    origin = request.headers.get("Origin")
    ours = {request.host, urlsplit(current_app.config["PUBLIC_URL"]).netloc}
    if origin is not None and urlsplit(origin).netloc not in ours:
        abort(403)


def _refuse_other_encodings() -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    packed = request.headers.get("Content-Encoding", "identity").lower()
    if charset not in {"utf-8", "utf8"} or packed != "identity":
        abort(400)


def _look_at_fields(body: bytes) -> None:
    """Refuse too many or too long names, and bytes that are not UTF-8: nobody could read them back."""
    fields = body.split(b"&")
    if len(fields) > MOST_FIELDS:
        abort(413)
    if any(len(field.partition(b"=")[0]) > LONGEST_NAME for field in fields):
        abort(400)
    try:
        unquote_to_bytes(body).decode()
    except UnicodeDecodeError:
        abort(400)


def _look_at_parts() -> None:
    """Refuse parts that no form could have made; their number is a setting of Flask's."""
    if not 0 < len(request.mimetype_params.get("boundary", "")) <= LONGEST_BOUNDARY:
        abort(400)
    for name in (*request.form, *request.files):
        if not name or len(name) > LONGEST_NAME:
            abort(400)
