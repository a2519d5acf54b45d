"""Flask's own session, which here holds only what forms need: the token against forged posts.

Who is signed in is in our table, found by another cookie (`accounts.sessions`).
"""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class FormSessions(SecureCookieSessionInterface):
    """The signed cookie, with nothing made ready to check a signature where there is no cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """An empty session for whoever brings no cookie; else what the cookie holds, if signed by us."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)
