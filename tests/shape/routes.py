"""The routes of the site, as the shape tests walk them: a new route is covered by itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

WRITING = {"POST", "PUT", "PATCH", "DELETE"}
# Values that fit a route and point at nothing.
NOTHING: dict[str, Any] = {
    "UUIDConverter": uuid.UUID(int=0x1234, version=4),
    "IntegerConverter": 987654,
    "FloatConverter": 0.5,
    "AnyConverter": None,  # its first choice; see `address`
}


def rules(app: Flask) -> list[Rule]:
    """Every route but that of the static files."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def guard_of(app: Flask, rule: Rule) -> str | None:
    """The name of the guard that protects the view, or None when someone forgot it."""
    view: Callable[..., Any] = app.view_functions[rule.endpoint]
    return getattr(view, "guard", None)


def address(app: Flask, rule: Rule, **known: str) -> str:
    """An address of this route that points at nothing there is, but for the values in `known`."""
    values: dict[str, Any] = {}
    for name, converter in rule._converters.items():
        kind = type(converter).__name__
        value = NOTHING.get(kind, "nothing-there")
        values[name] = next(iter(converter.items)) if kind == "AnyConverter" else value
    values |= {name: value for name, value in known.items() if name in values}
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def addresses(app: Flask, methods: set[str]) -> Iterator[tuple[Rule, str, str]]:
    """(route, method, address) of every route that takes one of `methods`."""
    for rule in rules(app):
        for method in sorted(methods & (rule.methods or set())):
            yield rule, method, address(app, rule)


def open_pages(app: Flask) -> list[str]:
    """The addresses that can be opened by GET without knowing anything."""
    return sorted(
        rule.rule for rule in rules(app) if "GET" in (rule.methods or ()) and not rule.arguments
    )
