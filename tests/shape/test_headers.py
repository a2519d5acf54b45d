"""What every answer tells the browser: load nothing foreign, keep nothing, guess nothing."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from app.web import public, see
from tests.client import Client
from tests.conftest import SETTINGS
from tests.shape.routes import open_pages


@public
def crash() -> str:
    raise RuntimeError("138 0000 0000 must not be shown")


@public
def moved() -> object:
    return see("/")


@pytest.fixture(scope="module")
def answers() -> dict[str, TestResponse]:
    """One answer of each kind."""
    app = create_app(SETTINGS | {"SQLALCHEMY_DATABASE_URI": "sqlite://"})
    app.add_url_rule("/crash", view_func=crash)
    app.add_url_rule("/moved", view_func=moved, methods=["GET", "POST"])
    client = Client(app)
    return {
        "page": client.get("/"),
        "redirect": client.get("/moved"),
        "missing": client.get("/no-such-page"),
        "wrong method": client.delete("/"),
        "no token": client.post("/moved", csrf=False),
        "crash": client.get("/crash", fault_expected=True),
        "static": client.get("/static/site.css"),
    }


KINDS = ("page", "redirect", "missing", "wrong method", "no token", "crash", "static")


def test_the_answers_are_what_they_are_called(answers: dict[str, TestResponse]) -> None:
    statuses = [answers[kind].status_code for kind in KINDS]
    assert statuses == [200, 303, 404, 405, 400, 500, 200]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_foreign_is_loaded(answers: dict[str, TestResponse], kind: str) -> None:
    policy = answers[kind].headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert "https:" not in policy
    assert "*" not in policy
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert directives["form-action"] == "'self'"


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_guessed_or_told(answers: dict[str, TestResponse], kind: str) -> None:
    headers = answers[kind].headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert "X-Powered-By" not in headers


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_nothing_is_kept_on_a_shared_phone(answers: dict[str, TestResponse], kind: str) -> None:
    assert "no-store" in answers[kind].headers["Cache-Control"]


def test_a_crash_shows_a_reference_and_no_internals(answers: dict[str, TestResponse]) -> None:
    text = answers["crash"].text
    assert "138 0000 0000" not in text
    assert "RuntimeError" not in text
    assert "Traceback" not in text


def test_strict_transport_only_where_there_is_transport_security() -> None:
    client = Client(create_app(SETTINGS | {"SQLALCHEMY_DATABASE_URI": "sqlite://"}))
    secure = client.get("/no-such-page", base_url="https://localhost")
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/no-such-page").headers


def test_caches_know_what_a_page_depends_on(app: Flask, client: Client) -> None:
    forgetful = {}
    for url in open_pages(app):
        answer = client.get(url)
        if answer.mimetype == "text/html":
            missing = {"hx-request", "cookie", "accept-language"} - set(map(str.lower, answer.vary))
            forgetful |= {url: missing} if missing else {}
    assert forgetful == {}


def test_a_fragment_is_the_page_without_its_frame(app: Flask, client: Client) -> None:
    for url in open_pages(app):
        whole, fragment = client.get(url), client.fragment(url)
        assert whole.status_code == fragment.status_code, url
        if whole.status_code == 200 and whole.mimetype == "text/html":
            assert "<html" not in fragment.text, url
            restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
            assert "<html" in client.get(url, headers=restored).text, url
