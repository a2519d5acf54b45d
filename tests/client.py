"""The test client: a browser without JavaScript that refuses to be given a bad page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from app.extensions import db
from tests.html_rules import Page, problems

CSRF_SECRET = "a" * 40


class Client(FlaskClient):
    """Checks every HTML answer, sends the CSRF token that a form would, and keeps requests apart.

    Two keywords of its own on every request method: `csrf=False` sends no token, and
    `fault_expected=True` allows a 5xx answer.
    """

    def __init__(self, application: Flask, **settings: Any) -> None:
        settings.setdefault("response_wrapper", application.response_class)
        super().__init__(application, **settings)

    def open(
        self, *args: Any, csrf: bool = True, fault_expected: bool = False, **kwargs: Any
    ) -> TestResponse:
        kwargs.setdefault("buffered", True)  # reads and closes the files that are sent
        method = kwargs.get("method", "GET")
        if csrf and method not in {"GET", "HEAD", "OPTIONS"}:
            kwargs["headers"] = {"X-CSRFToken": self._csrf_token(), **(kwargs.get("headers") or {})}
        if has_app_context():
            db.session.commit()
        try:
            response = self._open_apart(*args, **kwargs)
        finally:
            if has_app_context():
                db.session.expire_all()
        assert fault_expected or response.status_code < 500, f"{response.status} at {args}"
        if response.mimetype == "text/html" and not 300 <= response.status_code < 400:
            assert not (found := problems(response.text)), f"{args}: " + "; ".join(found)
            self._check_where_files_go(response.text)
        return response

    def _check_where_files_go(self, html: str) -> None:
        """A form with a file field is sent to a view that is marked for it, or a photo would be too large."""
        if "multipart/form-data" not in html:
            return
        routes = self.application.url_map.bind("localhost")
        for form in Page(html).elements:
            if form.attributes.get("enctype") == "multipart/form-data":
                endpoint, _ = routes.match(urlsplit(form.attributes["action"]).path, "POST")
                view = self.application.view_functions[endpoint]
                assert getattr(view, "takes_files", False), f"{endpoint} lacks @takes_files"

    def fragment(self, url: str, **kwargs: Any) -> TestResponse:
        """What HTMX would be given at `url`; `method="POST"` and `data=` as usual."""
        kwargs["headers"] = {"HX-Request": "true", **kwargs.get("headers", {})}
        return self.open(url, **kwargs)

    def _open_apart(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Give the request a context of its own: Flask would share the one the test stands in."""
        if self.preserve_context:
            return super().open(*args, **kwargs)
        with self.application.app_context():
            return super().open(*args, **kwargs)

    def _csrf_token(self) -> str:
        with self.session_transaction() as browser_session:
            browser_session["csrf_token"] = CSRF_SECRET
        signer = URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token")
        return str(signer.dumps(CSRF_SECRET))
