"""Every route that leads to somebody's data, asked for by somebody else: a new route is covered by itself."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app.extensions import Base, db
from tests.shape.routes import WRITING, guard_of, rules

# What an address may hold that leads to somebody's data.
OWNED = {
    "draft_id",
    "case_id",
    "upload_id",
    "session_id",
    "number",
    "item_id",
    "letter_id",
    "certificate_id",
    "complaint_id",
    "rating_id",
    "power_id",
    "asked_id",
    "request_id",
    "enquiry_id",
    "officer_id",
}
# Rows that note the try itself.
NOTED = {"audit_events", "audit_heads", "limit_counters"}


def asked(app: Flask, theirs: dict[str, list[str]], guard: str = "") -> Iterator[tuple[str, str]]:
    """(method, address) of every route that leads to these people's data; of guards that begin with `guard`."""
    for rule in rules(app):
        about = OWNED & set(rule.arguments)
        if (
            not about
            or not about <= theirs.keys()
            or not (guard_of(app, rule) or "").startswith(guard)
        ):
            continue
        values: dict[str, Any] = {"step": "woman", "document_id": "id_or_hukou_booklet"}
        values |= {name: ids[0] for name, ids in theirs.items()}
        for name, converter in rule._converters.items():
            if type(converter).__name__ == "AnyConverter":
                values[name] = sorted(converter.items)[-1]
        with app.test_request_context():
            url = app.url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})
        for method in sorted({"GET", "HEAD", *WRITING} & (rule.methods or set())):
            yield method, url


def rows() -> dict[str, int]:
    """How many rows every table has, but those that note the try."""
    return {
        name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for name, table in Base.metadata.tables.items()
        if name not in NOTED and name != "division"
    }


def bare(text: str, ids: dict[str, list[str]]) -> str:
    """An answer without what differs between two equal ones: tokens, and the ids asked for."""
    for each in (one for known in ids.values() for one in known):
        text = text.replace(each, "…")
    return re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", text)


def nothing(name: str) -> str:
    return "JJB-2222-2222-2222" if name == "number" else str(uuid.uuid4())
