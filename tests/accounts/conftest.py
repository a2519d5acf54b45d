"""What the tests of signing in share."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session, scoped_session

from app import clock
from app.accounts import service
from app.accounts.models import Officer
from app.extensions import db
from app.notifications.service import latest
from tests.client import Client

PHONE = "13800000000"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "correct horse battery"
Store = scoped_session[Session]


class Watch:
    """The real clock, which a test can put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._now = clock.now

    def __call__(self) -> datetime:
        return self._now() + self.ahead

    def forward(self, **time: float) -> None:
        self.ahead += timedelta(**time)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(clock, "now", watch)
    return watch


@pytest.fixture
def last_code(app: Flask) -> Callable[[], str]:
    """The digits of the newest sign-in message."""

    def read() -> str:
        with app.app_context():
            message = latest(1)[0]
            assert message.kind == "sign_in_code"
            found = re.search(r"\d{6}", message.text or "")
            assert found
            return found[0]

    return read


@pytest.fixture
def sign_in(last_code: Callable[[], str]) -> Callable[..., Client]:
    """Sign a browser in as the citizen of a phone, through the pages."""

    def walk(client: Client, phone: str = PHONE) -> Client:
        assert client.post("/sign-in", data={"phone": phone}).status_code == 303
        assert client.post("/sign-in/code", data={"code": last_code()}).status_code == 303
        return client

    return walk


@pytest.fixture
def officer(app: Flask) -> Officer:
    """A clerk named 李办事 with a code generator."""
    with app.app_context():
        made = service.add_officer(
            "clerk",
            "李办事",
            "clerk",
            uuid.uuid4(),
            password=PASSWORD,
            totp_secret=TOTP_SECRET,
        )
        db.session.commit()
        return made
