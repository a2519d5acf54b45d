"""A couple, a citizen who signed in, and the three places of the demo with their live offices."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import Citizen, Session
from app.accounts.sessions import _hash as session_hash
from app.checker.models import CHECK_LIFE, CheckSession
from app.clock import now
from app.extensions import db
from app.places.loading import load_demo_offices
from app.vault import keyed_hash
from tests.client import Client

WOMAN_PHONE = "13800000001"

# Both with hukou in towns of Hubei; he lives in 麻城, she in 苏州工业园区 since last year.
ANSWERS: dict[str, Any] = {
    "woman.hukou": {"value": "450102001"},
    "marriage": {"value": "first"},
    "man.hukou": {"value": "421181100"},
    "joint_children": {"value": 0},
    "woman.residence": {"value": {"division": "320576050"}},
    "man.residence": {"value": None},
    "woman.residence.since": {"value": "2025-03-02"},
}


@pytest.fixture
def offices(session, app: Flask, tmp_path) -> None:
    """The offices of the demo; files lie in a folder of the test's own."""
    from app import files

    load_demo_offices()
    session.commit()
    app.extensions["files"] = files.LocalStore(tmp_path / "files")


@pytest.fixture
def sign_in(app: Flask, session) -> Callable[..., Citizen]:
    """`sign_in(client, phone)` gives the client the session cookie of a citizen of that phone."""

    def enter(client: Client, phone: str = WOMAN_PHONE) -> Citizen:
        citizen = Citizen(phone_hash=keyed_hash("phone", phone), phone=phone)
        token = secrets.token_urlsafe(32)
        row = Session(
            token_hash=session_hash(token),
            citizen=citizen,
            device="测试",
            created_at=now(),
            last_seen_at=now(),
        )
        db.session.add_all([citizen, row])
        db.session.commit()
        client.set_cookie("own-session", token)
        return citizen

    return enter


@pytest.fixture
def answered(session) -> Callable[..., None]:
    """`answered(client, **changes)`: this browser has gone through the checker with these answers."""

    def answer(client: Client, answers: dict[str, Any] | None = None) -> None:
        token = secrets.token_urlsafe(24)
        row = CheckSession(
            token_hash=keyed_hash("check", token),
            service="childbirth",
            expires_at=now() + CHECK_LIFE,
        )
        row.answers = ANSWERS | (answers or {})
        db.session.add(row)
        db.session.commit()
        client.set_cookie("check", token)

    return answer
