"""Which script a page speaks: Simplified (`zh_Hans`) or Traditional (`zh_Hant`).

Babel's and Werkzeug's own negotiation get zh-CN, zh-SG, zh-TW, zh-HK and zh-MO wrong, so this
module reads the script out of each tag itself and hands Flask-Babel one of exactly two names.
"""

from __future__ import annotations

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from flask import Flask, g, request
from werkzeug.wrappers import Response

SCRIPTS = ("zh_Hans", "zh_Hant")
LANG_ATTRIBUTE = {"zh_Hans": "zh-Hans-CN", "zh_Hant": "zh-Hant-TW"}
COOKIE = "script"
YEAR = 365 * 24 * 3600


def current_script() -> str:
    """The script of this request: `?lang=`, then the cookie, then `Accept-Language`, then Simplified."""
    if "script" not in g:
        chosen = _known(request.args.get("lang")) or _known(request.cookies.get(COOKIE))
        g.script = chosen or negotiate(request.accept_languages.values())
    return str(g.script)


def negotiate(tags: object) -> str:
    """The first Chinese tag's script, in the order of the visitor's preference; else Simplified.

    English and other languages are no preference: there is no English page.
    """
    for tag in tags if hasattr(tags, "__iter__") else ():
        script = _script_of(str(tag))
        if script:
            return script
    return "zh_Hans"


def _script_of(tag: str) -> str | None:
    parts = tag.replace("_", "-").split("-")
    if parts[0].lower() not in {"zh", "yue", "wuu", "nan", "hak"}:
        return None
    try:
        script = Locale.parse("-".join(["zh", *parts[1:]]), sep="-").script
    except (UnknownLocaleError, ValueError):
        script = None
    if script is None:
        # A bare region the parser leaves alone: CLDR's likely subtags know its script.
        likely = get_global("likely_subtags").get("_".join(["zh", *(p.upper() for p in parts[1:2])]))
        script = likely.split("_")[1] if likely else "Hans"
    return "zh_Hant" if script == "Hant" else "zh_Hans"


def _known(value: str | None) -> str | None:
    return value if value in SCRIPTS else None


def init_app(app: Flask) -> None:
    """Remember a script chosen by `?lang=`, and tell caches that pages differ by it."""

    @app.after_request
    def remember(response: Response) -> Response:
        if request.endpoint == "static":
            return response
        response.vary.update(("Cookie", "Accept-Language"))
        chosen = _known(request.args.get("lang"))
        if chosen:
            response.set_cookie(
                COOKIE,
                chosen,
                max_age=YEAR,
                httponly=True,
                samesite="Lax",
                secure=app.config["SECURE_COOKIES"],
            )
        return response

    @app.context_processor
    def script_context() -> dict[str, object]:
        script = current_script()
        return {"script": script, "lang": LANG_ATTRIBUTE[script]}
