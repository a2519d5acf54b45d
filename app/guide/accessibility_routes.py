"""What the site says of its own accessibility: made of what was found when every page was looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response

from app.web import page, public

bp = Blueprint("accessibility", __name__)

STATEMENT = Path(__file__).with_name("accessibility.json")


@bp.get("/accessibility")
@public
def accessibility() -> Response:
    """How the pages were looked at, when, what was found, and whom to tell of what was not."""
    found = statement()
    return page(
        "guide/accessibility.html",
        looked_on=date.fromisoformat(found["looked_on"]),
        count=len(found["pages"]),
        breaches=sorted({each["page"] for each in found["breaches"]}),
        journeys=found["journeys"],
    )


@cache
def statement() -> Mapping[str, Any]:
    """What `python3 dev.py accessibility` wrote down last."""
    held: Mapping[str, Any] = json.loads(STATEMENT.read_text("utf-8"))
    return held
