"""What every page shares in looks: large type, static addresses, Chinese dates, links that keep their place."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, g, request, url_for
from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from werkzeug.routing import BuildError
from werkzeug.wrappers import Response

from app import clock, language

LARGE_COOKIE = "large"
AGAIN_FIELDS = ("lang", "large")
# Sent along by a form whose page shows errors.
ERRORS_FIELD = "errors_shown"
# A number as `vault` masks it: the stars, and what is shown of its two ends (H*********1) is one too).
_MASKED_NUMBER = re.compile(r"[0-9A-Za-z]{0,4}\*{2,}([0-9A-Za-z][0-9A-Za-z()-]{0,3})")


def is_large() -> bool:
    """Whether this page is shown in large type (大字): `?large=`, a form's button, then the cookie."""
    return (_wish("large") or request.cookies.get(LARGE_COOKIE)) == "1"


def only_again(form: FlaskForm | None = None) -> bool:
    """Whether this POST only gets the same form back: in another script or size, or because it was stale.

    The view then shows what was typed again and stores nothing (see components/forms.html). Errors
    that stood on the page when its 繁體 or 大字 was pressed stand there again, for a view that gives
    its `form`.
    """
    if request.method != "POST":
        return False
    if "stale_form" in g:
        return True
    if not any(name in g.get("again", {}) for name in AGAIN_FIELDS):
        return False
    if form is not None and ERRORS_FIELD in request.form:
        form.validate()
    return True


def same_page(name: str, value: str) -> str:
    """This address with its query, and `name=value` in it: for links that change how the page looks."""
    kept = [(key, item) for key, item in request.args.items(multi=True) if key not in AGAIN_FIELDS]
    return f"{request.path}?{urlencode([*kept, (name, value)])}"


def static_url(filename: str) -> str:
    """The address of a static file with a hash of its content, so browsers may keep it for ever."""
    # As `url_for` says it, which would be asked four times a page.
    known: dict[str, str] = current_app.extensions["static_urls"]
    if filename not in known or current_app.debug:
        path = f"{current_app.static_url_path}/{filename}"
        known[filename] = f"{path}?v={_content_hash(filename)}"
    return request.script_root + known[filename]


def url_if(endpoint: str, **values: Any) -> str | None:
    """The address of a view, or None while no room serves that endpoint."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None


def zh_date(day: date | datetime) -> str:
    """`2026 年 12 月 18 日`; an instant is shown as its day in Shanghai."""
    day = _shanghai(day)
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def zh_day(day: date | datetime) -> str:
    """`12 月 18 日`, where the year is plain from what stands around it."""
    day = _shanghai(day)
    return f"{day.month} 月 {day.day} 日"


def file_size(size: int) -> str:
    """How large a file is, as a person would say it: 1 KB at least, then MB with one digit."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} KB"


def said(text: str | None) -> str:
    """A text from data (a rulebook, the catalogue of papers) in the script of this page.

    Jinja's own `_()` would read a `%` in it as a placeholder.
    """
    return language.translator()(text) if text else ""


def aloud(text: str) -> Markup:
    """A text whose masked numbers are seen as they are, and heard as 尾号 0000 in place of each star."""
    return Markup(_MASKED_NUMBER.sub(_seen_and_heard, escape(text)))  # noqa: S704  escaped before


def _seen_and_heard(number: re.Match[str]) -> str:
    ending = language.gettext("尾号 %(ending)s", ending=number[1])
    return f'<span aria-hidden="true">{number[0]}</span><span class="out">{ending}</span>'


def _shanghai(day: date | datetime) -> date:
    return day.astimezone(clock.SHANGHAI).date() if isinstance(day, datetime) else day


def _split_lines(text: str) -> list[str]:
    """Lines of a text; a `Markup` gives `Markup` lines, so nothing is escaped twice."""
    return text.splitlines()


def _wish(name: str) -> str | None:
    """What a settings link (query) or a settings button (form) asks for on this request."""
    known = {"lang": language.SCRIPTS, "large": ("0", "1")}[name]
    value = g.get("again", {}).get(name) or request.args.get(name)
    return value if value in known else None


def _read_buttons() -> None:
    """Note the settings buttons of a form post; only short form posts of our own pages carry them."""
    if request.method == "POST" and request.mimetype in {
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }:
        g.again = {name: request.form[name] for name in AGAIN_FIELDS if name in request.form}
        script = _wish("lang")
        if script:
            g.script = script


def _remember(response: Response) -> Response:
    asked = "again" in g or request.args
    for name, cookie in (("large", LARGE_COOKIE), ("lang", language.COOKIE)) if asked else ():
        wish = _wish(name)
        if wish is not None and request.endpoint != "static":
            response.set_cookie(
                cookie,
                wish,
                max_age=language.YEAR,
                httponly=True,
                samesite="Lax",
                secure=current_app.config["SECURE_COOKIES"],
            )
    if request.endpoint == "static" and response.status_code == 200:
        _keep_static(response)
    return response


def _keep_static(response: Response) -> None:
    filename = (request.view_args or {}).get("filename", "")
    if request.args.get("v") == _content_hash(filename):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"


def _content_hash(filename: str) -> str:
    """The first characters of the file's SHA-256, computed once per process (each time in debug)."""
    known: dict[str, str] = current_app.extensions["static_hashes"]
    if filename not in known or current_app.debug:
        content = (Path(str(current_app.static_folder)) / filename).read_bytes()
        known[filename] = hashlib.sha256(content).hexdigest()[:12]
    return known[filename]


def init_app(app: Flask) -> None:
    """Give every template the shared names and filters, and keep the choice of type size."""
    app.extensions["static_hashes"], app.extensions["static_urls"] = {}, {}
    app.before_request(_read_buttons)
    app.after_request(_remember)
    app.add_template_filter(zh_date)
    app.add_template_filter(zh_day)
    app.add_template_filter(file_size)
    app.add_template_filter(said)
    app.add_template_filter(aloud)
    app.add_template_filter(_split_lines, "split_lines")
    app.add_template_global(static_url)
    app.add_template_global(same_page)
    app.add_template_global(url_if)
    app.add_template_global(clock.today, "today")

    @app.context_processor
    def looks() -> dict[str, object]:
        return {"large": is_large(), "is_exercise": clock.is_exercise()}
