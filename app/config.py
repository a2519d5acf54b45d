"""Settings, all from the environment, checked once at start so that a wrong one stops the start.

| variable | meaning | default |
|---|---|---|
| `DATABASE_URL` | SQLAlchemy address | SQLite in `instance/` (one file per `AS_OF`) |
| `SECRET_KEY` | signs cookies and CSRF tokens | a development key; live mode refuses it |
| `MASTER_KEY` | base64 of 32 bytes, wraps data keys | a development key; live refuses it |
| `MASTER_KEYS_OLD` | earlier ones, comma separated, until `flask vault rotate` | none |
| `HASH_KEY` | base64 of 32 bytes for equality search, never changes | as above |
| `VAULT_CIPHER` | `aes` (AES-256-GCM) or `sm4` (SM4-GCM) for newly sealed values | `aes` |
| `STAFF_TOTP_REQUIRED` | `1` or `0`: staff need a one-time code as well | as `LIVE`, which needs it |
| `CODES_PER_HOUR` | sign-in codes the whole site sends in an hour | 2000 |
| `SMS_URL`, `SMS_TOKEN` | gateway that takes `{"id", "phone", "text"}` by POST | the page /outbox |
| `ALIYUN_SMS_KEY_ID`, `ALIYUN_SMS_KEY_SECRET` | or messages through Alibaba Cloud; needs `SMS_TEMPLATES` | not set |
| `SMS_TEMPLATES` | TOML file with the codes of the approved texts: `flask messages templates` | not set |
| `ALIYUN_SMS_ENDPOINT` | where its messages are taken | https://dysmsapi.aliyuncs.com |
| `SMS_SIGNATURE` | what stands in 【】 before each message | 就近办 |
| `SMS_SEGMENTS` | how many messages of 70 characters one text may be sent as | 2 |
| `OIDC_ISSUER` | a province's unified identity (OpenID Connect), its issuer address; the extra `oidc` | not set |
| `OIDC_CLIENT_ID`, `OIDC_CLIENT_SECRET` | as registered there, with `PUBLIC_URL/sign-in/unified/back` | not set |
| `OIDC_NAME` | what people call it, on the button | 统一身份认证 |
| `OIDC_SCOPE`, `OIDC_ID_NUMBER_CLAIM` | what is asked for; the claim with the ID number | openid profile phone, id_number |
| `OIDC_PHONE_IS_PROOF` | `1`: its verified phone needs no code by message; `0` if it may be out of date | 1 |
| `QUEUE_URL` | `redis://…` for the worker's queue | SQLite in `instance/` (one for each `AS_OF`) |
| `PROXIES` | how many proxies of ours stand before the site | 0 |
| `FILES_FOLDER` | where uploaded files lie, encrypted | in `instance/` (one for each `AS_OF`) |
| `S3_BUCKET`, `S3_KEY_ID`, `S3_SECRET` | keep files in this bucket of an S3 store instead (extra `s3`) | none |
| `S3_ENDPOINT`, `S3_REGION` | address and region of that store | those of AWS, `us-east-1` |
| `FONTS_FOLDER` | a folder with more fonts for PDFs, for names that the packaged ones lack | not set |
| `UPLOADS_AT_ONCE` | requests with files that one process takes at a time; fewer than its threads | 3 |
| `CLAMD` | virus scanner: `tcp://host:3310` or `unix:///run/clamav/clamd.ctl` | none |
| `SIGN_PKCS12`, `SIGN_PKCS12_PASSWORD` | a PKCS#12 file whose key signs certificates and letters | not signed |
| `AS_OF` | ISO date: run the whole site as of that day | not set |
| `LOGS` | `json`: a line of JSON for each answer; `plain`: only what goes wrong | `json` when live |
| `METRICS_TOKEN` | bearer token that may read /metrics | no such page |
| `LIVE` | `1` takes real applications; needs `OPERATOR_NAME` and real keys | not set: 演示站 |
| `OPERATOR_NAME` | the office that runs this installation | not set |
| `RATELIMIT_STORAGE_URI` | where coarse limits are counted, such as redis://… | memory:// |
| `DRAFTS_PER_CITIZEN` | applications one person may have begun and not sent | 30 |
| `PROMISE_OPEN_WORKING_DAYS` | 本单位承诺: working days until somebody opens a new application | 3 |
| `PROMISE_DAYS` | 本单位约定: days after the application for a paper that was promised in writing | 30 |
| `PROMISE_ACCEPT_WORKING_DAYS` | 本单位承诺: working days until it is accepted or told what is missing | 5 |
| `COMPLAINT_ANSWER_WORKING_DAYS` | 本单位承诺: working days until whoever hurried or complained is answered | 2 |
| `VERIFY_WORKING_DAYS` | 本单位承诺: working days for another office to answer, where no text names them | 5 |
| `ONLINE_SERVICES` | 本单位开通: services taken online here although no text speaks of it, comma separated: `single_child_honor_certificate`, `marital_childbearing_certificate` | none when live, else both |
| `LICENSED_SERVICES` | services that are administrative licences (行政许可) here, comma separated, such as `additional_birth_approval`: silence is then answered for by the licensing Act | none |
| `CORRECTION_REMINDER_DAYS` | days after which somebody is reminded of papers they were asked for | 7 |
| `PUBLIC_URL` | the address in QR codes and messages | http://127.0.0.1:8000 |
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

DEVELOPMENT_SECRET = "development-only-secret"  # noqa: S105  refused in live mode
DEVELOPMENT_MASTER_KEY = base64.b64encode(b"development-only-master-key-32b!").decode()
DEVELOPMENT_HASH_KEY = base64.b64encode(b"development-only-hashing-key-32b").decode()


# No law is held from before, and no calendar counts beyond.
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2199, 12, 31)
WEB = ("https://", "http://")
ALIYUN_SMS = "https://dysmsapi.aliyuncs.com"
REDIS = ("redis://", "rediss://", "unix://")
BEGINNINGS = {
    "DATABASE_URL": ("postgresql+psycopg://", "postgresql://", "sqlite://"),
    "PUBLIC_URL": WEB,
    "SMS_URL": WEB,
    "S3_ENDPOINT": WEB,
    "ALIYUN_SMS_ENDPOINT": WEB,
    "OIDC_ISSUER": WEB,
    "QUEUE_URL": REDIS,
    "RATELIMIT_STORAGE_URI": ("memory://", *REDIS),
    "CLAMD": ("tcp://", "unix://"),
}


# Codes of `Service`; those that no text of law opens online may be opened by the operator.
CERTIFICATES = frozenset({"single_child_honor_certificate", "marital_childbearing_certificate"})
SERVICES = CERTIFICATES | {"childbirth_registration", "additional_birth_approval"}
# The licensing Act, art. 32(1)(4), counted in working days by art. 82.
LICENCE_DAYS = 5


class ConfigError(Exception):
    """A setting is missing or wrong; the message says which and what to type."""


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Read and check the settings. Raises `ConfigError` naming the variable."""
    as_of = _as_of(environ.get("AS_OF", ""))
    live = _flag(environ, "LIVE", default=False)
    secure = environ.get("PUBLIC_URL", "").startswith("https://")
    settings: dict[str, Any] = {
        "AS_OF": as_of,
        "LIVE": live,
        "OPERATOR_NAME": environ.get("OPERATOR_NAME", ""),
        "PUBLIC_URL": environ.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        "SECRET_KEY": environ.get("SECRET_KEY") or DEVELOPMENT_SECRET,
        "MASTER_KEY": environ.get("MASTER_KEY", DEVELOPMENT_MASTER_KEY),
        "MASTER_KEYS_OLD": environ.get("MASTER_KEYS_OLD", ""),
        "HASH_KEY": environ.get("HASH_KEY", DEVELOPMENT_HASH_KEY),
        "VAULT_CIPHER": environ.get("VAULT_CIPHER", "aes"),
        "SQLALCHEMY_DATABASE_URI": environ.get("DATABASE_URL") or _sqlite_address(as_of),
        "STAFF_TOTP_REQUIRED": _flag(environ, "STAFF_TOTP_REQUIRED", default=live),
        "CODES_PER_HOUR": _count(environ, "CODES_PER_HOUR", 2000),
        "SMS_URL": environ.get("SMS_URL", ""),
        "SMS_TOKEN": environ.get("SMS_TOKEN", ""),
        "ALIYUN_SMS_KEY_ID": environ.get("ALIYUN_SMS_KEY_ID", ""),
        "ALIYUN_SMS_KEY_SECRET": environ.get("ALIYUN_SMS_KEY_SECRET", ""),
        "ALIYUN_SMS_ENDPOINT": (environ.get("ALIYUN_SMS_ENDPOINT") or ALIYUN_SMS).rstrip("/"),
        "SMS_TEMPLATES": environ.get("SMS_TEMPLATES", ""),
        "SMS_SIGNATURE": environ.get("SMS_SIGNATURE") or "就近办",
        "SMS_SEGMENTS": _count(environ, "SMS_SEGMENTS", 2),
        "OIDC_ISSUER": environ.get("OIDC_ISSUER", "").rstrip("/"),
        "OIDC_CLIENT_ID": environ.get("OIDC_CLIENT_ID", ""),
        "OIDC_CLIENT_SECRET": environ.get("OIDC_CLIENT_SECRET", ""),
        "OIDC_NAME": environ.get("OIDC_NAME") or "统一身份认证",
        "OIDC_SCOPE": environ.get("OIDC_SCOPE") or "openid profile phone",
        "OIDC_ID_NUMBER_CLAIM": environ.get("OIDC_ID_NUMBER_CLAIM") or "id_number",
        "OIDC_PHONE_IS_PROOF": _flag(environ, "OIDC_PHONE_IS_PROOF", default=True),
        "QUEUE_URL": environ.get("QUEUE_URL", ""),
        "DRAFTS_PER_CITIZEN": _count(environ, "DRAFTS_PER_CITIZEN", 30),
        "PROMISE_OPEN_WORKING_DAYS": _count(environ, "PROMISE_OPEN_WORKING_DAYS", 3),
        "PROMISE_DAYS": _count(environ, "PROMISE_DAYS", 30),
        "PROMISE_ACCEPT_WORKING_DAYS": _count(environ, "PROMISE_ACCEPT_WORKING_DAYS", 5),
        "COMPLAINT_ANSWER_WORKING_DAYS": _count(environ, "COMPLAINT_ANSWER_WORKING_DAYS", 2),
        "VERIFY_WORKING_DAYS": _count(environ, "VERIFY_WORKING_DAYS", 5),
        "LICENSED_SERVICES": _names(environ, "LICENSED_SERVICES", SERVICES),
        "ONLINE_SERVICES": _names(environ, "ONLINE_SERVICES", CERTIFICATES)
        if live or "ONLINE_SERVICES" in environ
        else CERTIFICATES,
        "CORRECTION_REMINDER_DAYS": _count(environ, "CORRECTION_REMINDER_DAYS", 7),
        "PROXIES": _count(environ, "PROXIES", 0),
        "FILES_FOLDER": environ.get("FILES_FOLDER", ""),
        "S3_BUCKET": environ.get("S3_BUCKET", ""),
        "S3_KEY_ID": environ.get("S3_KEY_ID", ""),
        "S3_SECRET": environ.get("S3_SECRET", ""),
        "S3_ENDPOINT": environ.get("S3_ENDPOINT", ""),
        "S3_REGION": environ.get("S3_REGION", "us-east-1"),
        "UPLOADS_AT_ONCE": _count(environ, "UPLOADS_AT_ONCE", 3) or 1,
        "CLAMD": environ.get("CLAMD", ""),
        "LOGS": environ.get("LOGS") or ("json" if live else "plain"),
        "METRICS_TOKEN": environ.get("METRICS_TOKEN", ""),
        "SECURE_COOKIES": secure,
        # Flask's own cookie holds the token of forms and nothing else.
        "SESSION_COOKIE_NAME": "__Host-form" if secure else "own-form",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "FONTS_FOLDER": environ.get("FONTS_FOLDER", ""),
        "SIGN_PKCS12": environ.get("SIGN_PKCS12", ""),
        "SIGN_PKCS12_PASSWORD": environ.get("SIGN_PKCS12_PASSWORD", ""),
        "RATELIMIT_STORAGE_URI": environ.get("RATELIMIT_STORAGE_URI", "memory://"),
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": 40 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 512 * 1024,
        "MAX_FORM_PARTS": 400,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "BABEL_DEFAULT_LOCALE": "zh_Hans",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
    }
    if settings["LOGS"] not in {"json", "plain"}:
        raise ConfigError(f"LOGS={settings['LOGS']!r} is neither json nor plain")
    if settings["METRICS_TOKEN"]:
        _refuse_without("prometheus_client", "METRICS_TOKEN", "metrics")
    for name, beginnings in BEGINNINGS.items():
        address = environ.get(name, "")
        if address and not address.startswith(beginnings):
            # The address itself may hold a password.
            raise ConfigError(f"{name} must begin with {' or '.join(beginnings)}")
    _refuse_half_gateway(settings)
    _refuse_half_identity(settings)
    if settings["LICENSED_SERVICES"] and settings["PROMISE_ACCEPT_WORKING_DAYS"] > LICENCE_DAYS:
        raise ConfigError(
            f"LICENSED_SERVICES: the Act gives {LICENCE_DAYS} working days; "
            "PROMISE_ACCEPT_WORKING_DAYS promises more"
        )
    fonts = settings["FONTS_FOLDER"]
    if fonts and not Path(fonts).is_dir():
        raise ConfigError(f"FONTS_FOLDER={fonts!r} is not a folder")
    if live:
        _refuse_unsafe_live(settings)
    return settings


def _refuse_without(package: str, setting: str, extra: str) -> None:
    """A setting that needs an extra says so at the start, not at its first use."""
    if find_spec(package) is None:
        raise ConfigError(f"{setting} needs the extra {extra}; type: pip install '.[{extra}]'")


def _flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Only 1 and 0: a site that was meant to be live must not run as a demo for a `LIVE=true`."""
    text = environ.get(name) or ("1" if default else "0")
    if text not in {"0", "1"}:
        raise ConfigError(f"{name}={text!r} is neither 1 nor 0")
    return text == "1"


def _count(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdecimal():
        raise ConfigError(f"{name}={text!r} is not a whole number")
    return int(text)


def _names(environ: Mapping[str, str], name: str, known: frozenset[str]) -> tuple[str, ...]:
    named = tuple(part.strip() for part in environ.get(name, "").split(",") if part.strip())
    if unknown := sorted(set(named) - known):
        raise ConfigError(f"{name}: {', '.join(unknown)} is not one of {', '.join(sorted(known))}")
    return named


def _as_of(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"AS_OF={text!r} is not a date; type AS_OF=2014-06-03") from error
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ConfigError(f"AS_OF={text} is not between {FIRST_DAY} and {LAST_DAY}")
    return day


def _sqlite_address(as_of: date | None) -> str:
    """Each exercise day has its own database, so an exercise can never touch the real one."""
    name = f"as-of-{as_of.isoformat()}.sqlite3" if as_of else "jiujinban.sqlite3"
    return f"sqlite:///{ROOT / 'instance' / name}"


def _refuse_half_gateway(settings: Mapping[str, Any]) -> None:
    if not settings["ALIYUN_SMS_KEY_ID"]:
        return
    if settings["SMS_URL"]:
        raise ConfigError("SMS_URL and ALIYUN_SMS_KEY_ID together: messages leave by one way only")
    for name in ("ALIYUN_SMS_KEY_SECRET", "SMS_TEMPLATES"):
        if not settings[name]:
            raise ConfigError(f"ALIYUN_SMS_KEY_ID needs {name}")


def _refuse_half_identity(settings: Mapping[str, Any]) -> None:
    if not settings["OIDC_ISSUER"]:
        return
    for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        if not settings[name]:
            raise ConfigError(f"OIDC_ISSUER needs {name}")
    if settings["LIVE"] and not settings["OIDC_ISSUER"].startswith("https://"):
        raise ConfigError("LIVE=1 needs OIDC_ISSUER=https://…")


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
    if not settings["SECURE_COOKIES"]:
        raise ConfigError("LIVE=1 needs PUBLIC_URL=https://…, the address people see")
    if not settings["STAFF_TOTP_REQUIRED"]:
        raise ConfigError("LIVE=1 needs STAFF_TOTP_REQUIRED=1: staff sign in with two factors")
    if not (settings["SMS_URL"] or settings["ALIYUN_SMS_KEY_ID"]):
        raise ConfigError(
            "LIVE=1 needs SMS_URL or ALIYUN_SMS_KEY_ID: nobody could sign in without messages"
        )
    if settings["ALIYUN_SMS_KEY_ID"] and not settings["ALIYUN_SMS_ENDPOINT"].startswith("https://"):
        raise ConfigError("LIVE=1 needs ALIYUN_SMS_ENDPOINT=https://…: phones are in its addresses")
