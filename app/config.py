"""Settings, all from the environment, checked once at start so that a wrong one stops the start.

| variable | meaning | default |
|---|---|---|
| `DATABASE_URL` | SQLAlchemy address | SQLite in `instance/` (one file per `AS_OF`) |
| `SECRET_KEY` | signs cookies and CSRF tokens | a development key; live mode refuses it |
| `MASTER_KEY` | base64 of 32 bytes, wraps data keys | a development key; live refuses it |
| `MASTER_KEYS_OLD` | earlier ones, comma separated, until `flask vault rotate` | none |
| `HASH_KEY` | base64 of 32 bytes for equality search, never changes | as above |
| `VAULT_CIPHER` | `aes` (AES-256-GCM) or `sm4` (SM4-GCM) for newly sealed values | `aes` |
| `FILES_FOLDER` | where uploaded files lie, encrypted | in `instance/` (one for each `AS_OF`) |
| `AS_OF` | ISO date: run the whole site as of that day | not set |
| `LIVE` | `1` takes real applications; needs `OPERATOR_NAME` and real keys | not set: 演示站 |
| `OPERATOR_NAME` | the office that runs this installation | not set |
| `RATELIMIT_STORAGE_URI` | where coarse limits are counted, such as redis://… | memory:// |
| `PUBLIC_URL` | the address in QR codes and messages | http://127.0.0.1:8000 |
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

DEVELOPMENT_SECRET = "development-only-secret"  # noqa: S105  refused in live mode
DEVELOPMENT_MASTER_KEY = base64.b64encode(b"development-only-master-key-32b!").decode()
DEVELOPMENT_HASH_KEY = base64.b64encode(b"development-only-hashing-key-32b").decode()


class ConfigError(Exception):
    """A setting is missing or wrong; the message says which and what to type."""


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Read and check the settings. Raises `ConfigError` naming the variable."""
    as_of = _as_of(environ.get("AS_OF", ""))
    live = environ.get("LIVE", "") == "1"
    settings: dict[str, Any] = {
        "AS_OF": as_of,
        "LIVE": live,
        "OPERATOR_NAME": environ.get("OPERATOR_NAME", ""),
        "PUBLIC_URL": environ.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        "SECRET_KEY": environ.get("SECRET_KEY", DEVELOPMENT_SECRET),
        "MASTER_KEY": environ.get("MASTER_KEY", DEVELOPMENT_MASTER_KEY),
        "MASTER_KEYS_OLD": environ.get("MASTER_KEYS_OLD", ""),
        "HASH_KEY": environ.get("HASH_KEY", DEVELOPMENT_HASH_KEY),
        "VAULT_CIPHER": environ.get("VAULT_CIPHER", "aes"),
        "SQLALCHEMY_DATABASE_URI": environ.get("DATABASE_URL") or _sqlite_address(as_of),
        "FILES_FOLDER": environ.get("FILES_FOLDER", ""),
        "SECURE_COOKIES": environ.get("PUBLIC_URL", "").startswith("https://"),
        "RATELIMIT_STORAGE_URI": environ.get("RATELIMIT_STORAGE_URI", "memory://"),
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": 40 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 512 * 1024,
        "MAX_FORM_PARTS": 400,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "BABEL_DEFAULT_LOCALE": "zh_Hans",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
    }
    if live:
        _refuse_unsafe_live(settings)
    return settings


def _as_of(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"AS_OF={text!r} is not a date; type AS_OF=2014-06-03") from error


def _sqlite_address(as_of: date | None) -> str:
    """Each exercise day has its own database, so an exercise can never touch the real one."""
    name = f"as-of-{as_of.isoformat()}.sqlite3" if as_of else "jiujinban.sqlite3"
    return f"sqlite:///{ROOT / 'instance' / name}"


def _refuse_unsafe_live(settings: Mapping[str, Any]) -> None:
    if settings["AS_OF"]:
        raise ConfigError("LIVE=1 and AS_OF together: a live site cannot run as of another day")
    if not settings["OPERATOR_NAME"]:
        raise ConfigError("LIVE=1 needs OPERATOR_NAME, the office that answers for this site")
    if settings["SECRET_KEY"] == DEVELOPMENT_SECRET or len(settings["SECRET_KEY"]) < 32:
        raise ConfigError("LIVE=1 needs SECRET_KEY of at least 32 characters")
    if settings["MASTER_KEY"] == DEVELOPMENT_MASTER_KEY:
        raise ConfigError("LIVE=1 needs MASTER_KEY; make one with: openssl rand -base64 32")
    if settings["HASH_KEY"] == DEVELOPMENT_HASH_KEY:
        raise ConfigError("LIVE=1 needs HASH_KEY; make one with: openssl rand -base64 32")
