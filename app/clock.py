"""Two times that must never be confused: the legal day and the real instant.

`today()` is the day the law is asked about (Asia/Shanghai, or `AS_OF` in an exercise).
`now()` is always real: sessions, codes and the audit trail run on it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import current_app

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The real instant, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The legal day: `AS_OF` when the site runs as of another day, else today in Shanghai."""
    as_of: date | None = current_app.config["AS_OF"]
    return as_of or now().astimezone(SHANGHAI).date()


def is_exercise() -> bool:
    """Whether the whole site runs as of another day (演练)."""
    return current_app.config["AS_OF"] is not None
