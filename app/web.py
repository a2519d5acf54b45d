"""How a page leaves the house: whole or as a fragment, never with a different meaning.

The only reader of HTMX's request headers; `one_trip` alone writes its response headers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from time import monotonic
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import quote

from babel.support import NullTranslations
from flask import Response, current_app, make_response, render_template
from htmx_flask import request
from htmx_flask.requests import HtmxAwareRequest
from werkzeug.utils import cached_property
from werkzeug.wrappers import Response as BaseResponse

from app import clock, language
from app.appearance import AGAIN_FIELDS, is_large

KEPT_SECONDS = 300
# Pages made once and kept in memory; there are about sixty, in two scripts and two sizes, whole or as a part.
MOST_MADE = 500
_MADE = "pages_made"

View = TypeVar("View", bound=Callable[..., Any])


class Request(HtmxAwareRequest):
    """A request of this site."""

    @cached_property
    def wtforms_translations(self) -> NullTranslations:
        """Flask-WTF looks here first, and would else read WTForms' words from the disk for each page."""
        return language.words_of_wtforms()


def guarded_by(name: str) -> Callable[[View], View]:
    """Mark a view with the guard that protects it; an unmarked view is never served."""

    def mark(view: View) -> View:
        view.guard = name  # type: ignore[attr-defined]
        return view

    return mark


public = guarded_by("public")
"""Anyone may see this view, and it shows no personal data that its address did not prove."""


def shows_again(view: View) -> View:
    """Mark a form's view that asks `appearance.only_again`: a form sent with a token that has gone
    stale overnight comes back with everything typed and a fresh token, instead of an error page."""
    view.shows_again = True  # type: ignore[attr-defined]
    return view


def takes_files(view: View) -> View:
    """Mark a view that photos are sent to: its body may be as large as the site allows at all, and it
    goes through the gate that keeps some threads free for pages (`files.gate`)."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def wants_fragment() -> bool:
    """Whether HTMX swaps the answer into an open page; a history restore always gets the whole page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def page(template: str, status: int = 200, **context: Any) -> Response:
    """Render `template` (which starts with `{% extends layout %}`) in the wrapping the client needs.

    Status is the same for both wrappings: 200, 422 when a form has errors, 404, 409 and so on.
    """
    layout = "layout/fragment.html" if wants_fragment() else "layout/page.html"
    response = make_response(render_template(template, layout=layout, **context), status)
    response.vary.add("HX-Request")
    return response


def printed(content: bytes, title: str) -> Response:
    """A PDF to look at, to keep under its title, or to print; nobody keeps it on the way (see `keepable`)."""
    response = make_response(content)
    response.mimetype = "application/pdf"
    # A header holds no Chinese; RFC 8187 says how it is written instead.
    named = {"filename*": f"UTF-8''{quote(title, safe='')}.pdf"}
    response.headers.set("Content-Disposition", "inline", **named)
    return response


def for_calendar(content: bytes) -> Response:
    """Days to be put into a telephone's calendar (see `calendar_file`); nobody keeps them on the way."""
    response = make_response(content)
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers.set("Content-Disposition", "attachment", filename="jiujinban.ics")
    return response


def keepable(response: Response) -> Response:
    """Public and the same for everybody: may be kept, and is asked for again by its ETag.

    A request that changes the script or the size sets a cookie, so its answer is not kept.
    """
    if response.status_code == 200 and not any(name in request.args for name in AGAIN_FIELDS):
        response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
        response.add_etag()
        response.make_conditional(request)
    return response


class _Made(NamedTuple):
    until: float
    content: bytes
    vary: tuple[str, ...]


def made_once(view: View) -> View:
    """Make a page that is public and the same for everybody once, and hand it to whoever asks while
    browsers may keep it too; by address, script, size and day. With a query it is made for whoever asks."""

    @wraps(view)
    def answered(**values: Any) -> Response:
        if request.query_string:
            return cast("Response", view(**values))
        known: dict[tuple[Any, ...], _Made] = current_app.extensions.setdefault(_MADE, {})
        looks = (language.current_script(), is_large(), wants_fragment(), clock.today())
        name = (request.path, request.script_root, *looks)
        found = known.get(name)
        if found is None or found.until <= monotonic():
            response = cast("Response", view(**values))
            if response.status_code != 200:
                return response
            until, vary = monotonic() + KEPT_SECONDS, tuple(response.vary)
            found = _Made(until, response.get_data(), vary)
            if len(known) >= MOST_MADE:
                known.clear()
            known[name] = found
        answer = make_response(found.content)
        answer.vary.update(found.vary)
        return keepable(answer)

    return answered  # type: ignore[return-value]


def forget_made() -> None:
    """Make every page anew when it is asked for."""
    current_app.extensions.pop(_MADE, None)


def see(location: str) -> BaseResponse:
    """303 See Other: the answer to every form that was taken; HTMX is given that page at once (`one_trip`)."""
    response = make_response("", 303)
    response.location = location
    response.vary.add("HX-Request")
    return response


def own_path(target: str | None, default: str = "/") -> str:
    """`target` when it is a plain path of this site, else `default` (no `//host`, scheme, or control)."""
    if not target or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return default
    if "\\" in target or any(ord(character) < 32 for character in target):
        return default
    return target


def visitor_address() -> str:
    """The visitor's network address, for limits; one household's worth of it in IPv6."""
    address = request.remote_addr or ""
    return ":".join(address.split(":")[:4]) if ":" in address else address
