"""Which script a page speaks: Simplified (`zh_Hans`) or Traditional (`zh_Hant`).

Babel's and Werkzeug's own negotiation get zh-CN, zh-SG, zh-TW, zh-HK and zh-MO wrong, so this
module reads the script out of each tag itself and hands Flask-Babel one of exactly two names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from babel.core import get_global
from flask import Flask, g, has_request_context, request
from flask_babel import get_domain
from werkzeug.wrappers import Response

SCRIPTS = ("zh_Hans", "zh_Hant")
# The script of every text in code and data: it needs no catalogue.
WRITTEN_IN = "zh_Hans"
LANG_ATTRIBUTE = {"zh_Hans": "zh-Hans-CN", "zh_Hant": "zh-Hant-TW"}
# Mandarin by both its names, and the other Chinese languages a phone may be set to.
CHINESE = {"zh", "cmn", "yue", "wuu", "nan", "hak"}
COOKIE = "script"
VARIES = "Cookie, Accept-Language"
YEAR = 365 * 24 * 3600


def current_script() -> str:
    """The script of this request: `?lang=`, then the cookie, then `Accept-Language`, then Simplified.

    Simplified where there is no request: the worker and commands.
    """
    if "script" not in g:
        if not has_request_context():
            return SCRIPTS[0]
        chosen = _known(request.args.get("lang")) or _known(request.cookies.get(COOKIE))
        g.script = chosen or negotiate(request.accept_languages)
    return str(g.script)


@contextmanager
def speaking(script: str) -> Iterator[None]:
    """Work of the worker that is done in this script, as if in a request of somebody who reads it."""
    g.script = script
    try:
        yield
    finally:
        del g.script


def spoken() -> bool:
    """Whether there is somebody whose script counts: of a request, or of work done for one."""
    return "script" in g or has_request_context()


def negotiate(accepted: Iterable[tuple[str, float]]) -> str:
    """The first Chinese tag's script among (tag, quality), in the visitor's order; else Simplified.

    English and other languages are no preference: there is no English page.
    """
    for tag, quality in accepted:
        script = _script_of(tag)
        if script and quality > 0:
            return script
    return "zh_Hans"


def _script_of(tag: str) -> str | None:
    """The script a language tag asks for: what it says, else what CLDR finds likely for its region."""
    language, *subtags = tag.replace("_", "-").lower().split("-")
    if language not in CHINESE:
        return None
    region = ""
    for subtag in subtags:
        if len(subtag) == 1:
            break  # what follows is an extension, such as u-nu-hanidec
        if subtag in {"hans", "hant"}:
            return f"zh_{subtag.title()}"
        if len(subtag) == 2 and not region:
            region = subtag.upper()
    likely = get_global("likely_subtags")
    for key in (f"{language}_{region}", f"zh_{region}", language):
        if key in likely:
            return "zh_Hant" if "_Hant" in likely[key] else "zh_Hans"
    return "zh_Hans"


def of_terminal(environment: Mapping[str, str]) -> str:
    """The script of a command's output, by LC_ALL, LC_MESSAGES or LANG: zh_TW.UTF-8 is Traditional."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return negotiate([(value.split(".")[0].split("@")[0], 1.0)])
    return "zh_Hans"


def _known(value: str | None) -> str | None:
    return value if value in SCRIPTS else None


def translator() -> Callable[[str], str]:
    """What turns a text into the script of this request, looked up once for many texts."""
    if current_script() == WRITTEN_IN:
        return str
    translate: Callable[[str], str] = get_domain().get_translations().gettext
    return translate


def init_app(app: Flask) -> None:
    """Tell caches and templates which script a page speaks; `appearance` remembers a chosen one."""

    @app.after_request
    def differ(response: Response) -> Response:
        if request.endpoint != "static":
            named = response.headers.get("Vary")
            if named:
                response.headers["Vary"] = f"{named}, {VARIES}"
            else:
                response.headers.add("Vary", VARIES)
        return response

    @app.context_processor
    def script_context() -> dict[str, object]:
        script = current_script()
        return {"script": script, "lang": LANG_ATTRIBUTE[script]}
