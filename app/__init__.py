"""生育服务·就近办: the application factory."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, abort, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app import (
    appearance,
    attributes,
    audit,
    bodies,
    config,
    errors,
    files,
    headers,
    language,
    logs,
    rates,
    site,
    vault,
)
from app.accounts import my_data, typed, unified
from app.certificates import signing
from app.extensions import babel, csrf, db, engine_options, htmx
from app.files import gate
from app.form_sessions import FormSessions
from app.notifications import channels
from app.one_trip import OneTrip
from app.policy.coverage import load_sound
from app.policy.finding import RulebookError
from app.policy.law import Law
from app.policy.rulebook import Shelf
from app.templating import Templates
from app.web import Request

# The rooms that have pages, each with its blueprint `bp` in routes.py.
ROOMS: tuple[str, ...] = (
    "guide",
    "rules",
    "papers",
    "places",
    "accounts",
    "notifications",
    "delegation",
    "checker",
    "applications",
    "certificates",
    "verification",
    "tracking",
    "casework",
    "supervision",
    "operations",
)

# The rooms that hold something about a citizen, each with its `HOLDING` in holding.py, lowest first.
HOLDERS: tuple[str, ...] = (
    "accounts",
    "notifications",
    "delegation",
    "applications",
    "certificates",
    "tracking",
    "casework",
)


class Site(Flask):
    """Flask without what this site has no use for on each request."""

    session_interface = FormSessions()
    jinja_environment = Templates

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Every view and hook here is a plain function; asking each of them again is time lost."""
        return func


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Build the site. `settings` overrides what the environment says (tests use it).

    Raises `config.ConfigError` when a setting is wrong and `RulebookError` when a rulebook is.
    """
    app = Site(
        __name__,
        template_folder=str(config.ROOT / "templates"),
        static_folder=str(config.ROOT / "static"),
        instance_path=str(config.ROOT / "instance"),
    )
    app.config.from_mapping(config.from_environment())
    app.config.from_mapping(settings or {})
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    Path(app.instance_path).mkdir(exist_ok=True)

    app.config.setdefault(
        "SQLALCHEMY_ENGINE_OPTIONS", engine_options(app.config["SQLALCHEMY_DATABASE_URI"])
    )

    app.extensions["law"] = _law()
    attributes.write_quickly()
    db.init_app(app)
    htmx.init_app(app)
    # What HTMX's own class knows, and a little more.
    app.request_class = Request
    babel.init_app(app, locale_selector=language.current_script)

    for part in (
        gate,
        logs,
        bodies,
        headers,
        language,
        appearance,
        errors,
        vault,
        audit,
        files,
        rates,
        site,
    ):
        part.init_app(app)
    channels.init_app(app)
    unified.init_app(app)
    signing.init_app(app)
    if app.config["METRICS_TOKEN"]:
        # Needs the extra `metrics`, which most installations go without.
        import_module("app.operations.metrics").init_app(app)
    app.wsgi_app = OneTrip(app.wsgi_app)  # type: ignore[method-assign]
    proxies = app.config["PROXIES"]
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, proxies, proxies)  # type: ignore[method-assign]
    for room in ROOMS:
        app.register_blueprint(import_module(f"app.{room}.routes").bp)
    # Last: a form with a stale token is shown again to whoever is signed in, which is known by now.
    csrf.init_app(app)
    my_data.init_app(app, HOLDERS)
    app.before_request(typed.show)
    app.after_request(typed.forget_when_taken)
    app.before_request(_refuse_unguarded)
    return app


def _law() -> Law:
    """All the law, read and checked: a rulebook with a mistake stops the start.

    Only `flask rules …` starts without it, since `flask rules check` says what is wrong.
    """
    try:
        return Law(load_sound())
    except RulebookError:
        if os.environ.get("FLASK_RUN_FROM_CLI") == "true" and "rules" in sys.argv:
            return Law(Shelf(rulebooks=(), documents={}, core={}))
        raise


def _refuse_unguarded() -> None:
    """A view without a guard is a mistake of ours; it is never served. See `web.guarded_by`."""
    endpoint = request.endpoint
    if endpoint is None or endpoint == "static":
        return
    if getattr(current_app.view_functions[endpoint], "guard", None) is None:
        abort(404)
