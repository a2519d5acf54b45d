"""Which script a page speaks: Simplified (`zh_Hans`) or Traditional (`zh_Hant`).

Babel's and Werkzeug's own negotiation get zh-CN, zh-SG, zh-TW, zh-HK and zh-MO wrong, so this
module reads the script out of each tag itself and hands Flask-Babel one of exactly two names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from babel.core import get_global
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import LazyString, force_locale, get_domain
from werkzeug.wrappers import Response
from wtforms.i18n import messages_path

SCRIPTS = ("zh_Hans", "zh_Hant")
# The script of every text in code and data: it needs no catalogue.
WRITTEN_IN = "zh_Hans"
LANG_ATTRIBUTE = {"zh_Hans": "zh-Hans-CN", "zh_Hant": "zh-Hant-TW"}
# Mandarin by both its names, and the other Chinese languages a phone may be set to.
CHINESE = {"zh", "cmn", "yue", "wuu", "nan", "hak"}
COOKIE = "script"
_CATALOGUES = "catalogues"
VARIES = "Cookie, Accept-Language"
YEAR = 365 * 24 * 3600


def current_script() -> str:
    """The script of this request: `?lang=`, then the cookie, then `Accept-Language`, then Simplified.

    Simplified where there is no request: the worker and commands.
    """
    try:
        known: str | None = g.get("script")
    except RuntimeError:
        # No site stands around this: a program that reads the rulebooks, say.
        return WRITTEN_IN
    if known is None:
        if not has_request_context():
            return SCRIPTS[0]
        chosen = _known(request.args.get("lang")) or _known(request.cookies.get(COOKIE))
        known = g.script = chosen or negotiate(request.accept_languages)
    return known


@contextmanager
def speaking(script: str) -> Iterator[None]:
    """What is done inside is said in this script, whoever asked for it: a message, a sheet of paper."""
    before: str | None = g.get("script")
    g.script = script
    try:
        with force_locale(script):
            yield
    finally:
        if before is None:
            del g.script
        else:
            g.script = before


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


def translator(script: str | None = None) -> Callable[[str], str]:
    """What turns a text into the script of this request, which may be known; each catalogue is looked up
    once a process."""
    script = script or current_script()
    if script == WRITTEN_IN:
        return str
    known: dict[str, Callable[[str], str]] = current_app.extensions[_CATALOGUES]
    if script not in known:
        # Babel looks for the catalogue of its own locale, which may have been read before the script changed.
        with force_locale(script):
            known[script] = get_domain().get_translations().gettext
    return known[script]


def gettext(text: str, /, **variables: Any) -> str:
    """The text in the script of this request, with its `%(name)s` filled in. Babel's own takes ten times
    as long to find the catalogue."""
    translated = translator()(text)
    return translated % variables if variables else translated


def lazy_gettext(text: str, /, **variables: Any) -> LazyString:
    """The same for texts that are written down once and said later, in the script of whoever reads."""
    return LazyString(gettext, text, **variables)


def words_of_wtforms() -> NullTranslations:
    """What WTForms' own validators say in the script of this request; read from the disk once a process."""
    return _words_of_wtforms(current_script())


@cache
def _words_of_wtforms(script: str) -> NullTranslations:
    return Translations.load(messages_path(), [script], domain="wtforms")


def init_app(app: Flask) -> None:
    """Tell caches and templates which script a page speaks; `appearance` remembers a chosen one."""
    app.extensions[_CATALOGUES] = {}

    @app.after_request
    def differ(response: Response) -> Response:
        if request.endpoint != "static":
            named = response.headers.get("Vary")
            if named:
                response.headers["Vary"] = f"{named}, {VARIES}"
            else:
                response.headers.add("Vary", VARIES)
        return response
