"""A citizen who signed in and went through the checker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.accounts.models import Citizen
from tests.accounts.conftest import watch
from tests.applications.filing import WOMAN, checked, signed_in
from tests.client import Client

__all__ = ["answered", "sign_in", "watch"]


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
