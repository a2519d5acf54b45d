"""A site with many drafts that are ready to be sent, and browsers that are signed in.

For measurements and for tests that kill the server: made through the site's own doors, in a folder.
"""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flask import Flask  # noqa: E402
from itsdangerous import URLSafeTimedSerializer  # noqa: E402
from sqlalchemy import event  # noqa: E402
from sqlalchemy.engine import Engine  # noqa: E402

from app import create_app  # noqa: E402
from app.accounts.models import Session  # noqa: E402
from app.clock import now  # noqa: E402
from app.extensions import db  # noqa: E402
from app.fields import check_digit_of  # noqa: E402
from app.places.loading import load_demo_offices  # noqa: E402
from app.site import load_reference_data, upgrade_database  # noqa: E402
from app.vault import keyed_hash  # noqa: E402
from bench.serving import SITE, Asked  # noqa: E402
from tests import factories as make  # noqa: E402

CSRF = "a" * 40


@dataclass(frozen=True)
class Ready:
    """A draft that only waits to be sent, and the headers of its owner's browser."""

    draft: str
    token: str
    headers: dict[str, str]
    woman: str

    def step(self, prefix: str = SITE) -> Asked:
        """The woman's page, sent once more."""
        person = {name: value for name, value in make.WOMAN.items() if name != "id_number"}
        body = urlencode(person | {"id_number": self.woman}).encode()
        return Asked("POST", f"{prefix}/apply/{self.draft}/woman", body, self.headers, 303)

    def submit(self, prefix: str = SITE) -> Asked:
        """The send button."""
        body = urlencode({"token": self.token}).encode()
        return Asked("POST", f"{prefix}/apply/submit", body, self.headers, 303)


def environment(folder: Path) -> dict[str, str]:
    """What the server is started with to find this site."""
    return {
        "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
        "FILES_FOLDER": str(folder / "files"),
    }


def site(folder: Path) -> Flask:
    """The empty site in this folder, with schema and demo offices."""
    found = environment(folder)
    app = create_app(
        {
            "SQLALCHEMY_DATABASE_URI": found["DATABASE_URL"],
            "FILES_FOLDER": found["FILES_FOLDER"],
            "LIVE": False,
            "AS_OF": None,
        }
    )
    with app.app_context():
        upgrade_database()
        load_reference_data()
        load_demo_offices()
        db.session.commit()
    return app


def fill(app: Flask, count: int) -> list[Ready]:
    """This many couples who have only to press the last button."""
    event.listen(Engine, "connect", _no_waiting_for_disks)
    with app.app_context():
        db.engine.dispose()
        ready = [_ready(app, number) for number in range(count)]
        db.session.remove()
        db.engine.dispose()
    event.remove(Engine, "connect", _no_waiting_for_disks)
    return ready


def _no_waiting_for_disks(connection: object, _record: object) -> None:
    # While the site is made ready; the server sets what it has in service.
    if type(connection).__module__ == "sqlite3":
        connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]


def _ready(app: Flask, number: int) -> Ready:
    first = f"421181{1950 + number // 1000:04}0101{number % 1000:03}"
    woman = make.WOMAN | {"id_number": first + check_digit_of(first), "phone": f"138{number:08}"}
    man = make.MAN | {"phone": f"139{number:08}"}
    draft = make.drafted(woman=woman, man=man)
    token = secrets.token_urlsafe(32)
    db.session.add(
        Session(
            token_hash=keyed_hash("session", token),
            citizen=draft.citizen,
            device="bench",
            created_at=now(),
            last_seen_at=now(),
        )
    )
    db.session.commit()
    return Ready(str(draft.id), draft.token, _browser(app, token), woman["id_number"])


def _browser(app: Flask, token: str) -> dict[str, str]:
    """The headers of a browser that is signed in and has the site's form open."""
    sealed = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    form = sealed.dumps({"csrf_token": CSRF})
    csrf = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(CSRF)
    return {
        "Cookie": f"own-session={token}; own-form={form}",
        "X-CSRFToken": str(csrf),
        "Content-Type": "application/x-www-form-urlencoded",
    }
