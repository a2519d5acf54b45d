"""A form that was taken and the page it leads to in one answer, for HTMX.

Every form is answered by a 303 (`web.see`), which a browser follows by asking again: on a weak signal
that is half a second of waiting for nothing. Where HTMX swaps the page, the site asks itself and answers
with the page, and says beside it where that page is. All that the 303 would have met is met: guards,
limits, logs, cookies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit

from werkzeug.http import dump_cookie, parse_cookie
from werkzeug.wrappers import Response

from app.web import own_path

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# More pages than this do not lead on to one another; what goes in a circle is the browser's to refuse.
MOST: Final = 4
# What belongs to the form that was sent and not to the page that is asked for.
OF_THE_FORM: Final = (
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "HTTP_ORIGIN",
    "HTTP_IF_NONE_MATCH",
    "HTTP_TRANSFER_ENCODING",
    "wsgi.input_terminated",
    "werkzeug.request",
)


class OneTrip:
    """WSGI middleware around the site, inside everything that tells where a request comes from."""

    def __init__(self, site: Wsgi) -> None:
        self.site = site

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ.get("HTTP_HX_BOOSTED") != "true":
            return self.site(environ, start_response)
        answer = Response.from_app(self.site, environ, buffered=True)
        for _turn in range(MOST):
            location = own_path(answer.location, "") if answer.status_code == 303 else ""
            if not location:
                break
            said = answer.headers.getlist("Set-Cookie")
            environ = _asking_for(location, environ, said)
            answer = Response.from_app(self.site, environ, buffered=True)
            answer.headers["HX-Push-Url"] = location
            answer.headers["Cache-Control"] = "no-store"
            answer.headers.setlist("Set-Cookie", said + answer.headers.getlist("Set-Cookie"))
        return answer(environ, start_response)


def _asking_for(location: str, environ: dict[str, Any], said: list[str]) -> dict[str, Any]:
    """The request that a browser would make for `location` after it was told the cookies `said`."""
    parts = urlsplit(location)
    asking = {name: value for name, value in environ.items() if name not in OF_THE_FORM}
    script = environ.get("SCRIPT_NAME", "")
    asking |= {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": unquote_to_bytes(parts.path.removeprefix(script)).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "HTTP_COOKIE": _cookies(environ.get("HTTP_COOKIE", ""), said),
        "wsgi.input": BytesIO(),
    }
    for raw in ("REQUEST_URI", "RAW_URI"):
        asking[raw] = location.partition("#")[0]
    return asking


def _cookies(sent: str, said: list[str]) -> str:
    """The `Cookie` header of a browser that sent `sent` and was answered with the lines `said`."""
    jar = parse_cookie(sent).to_dict()
    for line in said:
        for name, morsel in SimpleCookie(line).items():
            if morsel["max-age"] == "0":
                jar.pop(name, None)
            else:
                jar[name] = morsel.value
    return "; ".join(dump_cookie(name, value, path=None) for name, value in jar.items())
