"""Flask's own session, which here holds only what forms need: the token against forged posts.

Who is signed in is in our table, found by another cookie (`accounts.sessions`).
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class FormSessions(SecureCookieSessionInterface):
    """The signed cookie, with nothing made ready to check a signature where there is no cookie, and what
    signs and checks made once for the keys of a site."""

    def __init__(self) -> None:
        self._made: dict[tuple[Any, ...], URLSafeTimedSerializer] = {}

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What signs with the current key, and checks with the older ones too; None without a key."""
        keys = (app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ()))
        if keys not in self._made:
            made = super().get_signing_serializer(app)
            if made is None:
                return None
            self._made[keys] = made
        return self._made[keys]

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """An empty session for whoever brings no cookie; else what the cookie holds, if signed by us."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)
