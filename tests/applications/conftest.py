"""A citizen who signed in and went through the checker, and the live offices of the demo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import Citizen
from app.files import LocalStore
from app.places.loading import load_demo_offices
from tests.applications.filing import WOMAN, checked, signed_in
from tests.client import Client


@pytest.fixture
def offices(session, app: Flask, tmp_path) -> None:
    """The offices of the demo; files lie in a folder of the test's own."""
    load_demo_offices()
    session.commit()
    app.extensions["files"] = LocalStore(tmp_path / "files")


@pytest.fixture
def sign_in(session) -> Callable[..., Citizen]:
    """`sign_in(client, phone)` gives the client the session cookie of a citizen of that phone."""

    def enter(client: Client, phone: str = WOMAN["phone"]) -> Citizen:
        citizen, token = signed_in(phone)
        client.set_cookie("own-session", token)
        return citizen

    return enter


@pytest.fixture
def answered(session) -> Callable[..., None]:
    """`answered(client, changes)`: this browser has gone through the checker with these answers."""

    def answer(client: Client, changes: dict[str, Any] | None = None) -> None:
        client.set_cookie("check", checked(changes or {}))

    return answer
