"""The routes of the site, as the shape tests walk them."""

from __future__ import annotations

from flask import Flask


def open_pages(app: Flask) -> list[str]:
    """The addresses that can be opened by GET without knowing anything."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    )
