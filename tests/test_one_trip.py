"""What HTMX is answered when a form was taken: the page that the 303 leads to, as a browser would get it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response, redirect, request
from werkzeug.test import Client as BareClient

from app.one_trip import MOST, OneTrip
from tests.client import Client

BOOSTED = {"HX-Request": "true", "HX-Boosted": "true"}


@pytest.fixture
def small() -> BareClient:
    """A small site of its own whose pages tell what they were asked."""
    site = Flask(__name__)

    @site.post("/form")
    def form() -> Any:
        answer = Response(status=303, headers={"Location": request.form["to"]})
        answer.set_cookie("new", "1; a")
        answer.delete_cookie("old")
        return answer

    @site.get("/again")
    def again() -> Any:
        answer = redirect("/again", code=303)
        answer.set_cookie("turn", str(int(request.cookies.get("turn", 0)) + 1))
        return answer

    @site.route("/页/<name>", methods=["GET", "POST"])
    def page(name: str) -> Any:
        answer = Response(f"{request.method} {name} {request.args.get('q')} {request.full_path}")
        answer.headers["X-Cookies"] = ascii(sorted(request.cookies.items()))
        answer.headers["X-Sent"] = f"{request.content_length} {request.origin} {request.mimetype}"
        answer.set_cookie("page", "1")
        return answer

    site.wsgi_app = OneTrip(site.wsgi_app)  # type: ignore[method-assign]
    return BareClient(site, Response)


def test_a_taken_form_is_answered_by_the_page_it_leads_to(small: BareClient) -> None:
    small.set_cookie("old", "1")
    small.set_cookie("kept", "2")
    answer = small.post(
        "/form",
        data={"to": "/%E9%A1%B5/a%20b?q=%E4%B8%80#part"},
        headers=BOOSTED | {"Origin": "http://x"},
    )
    assert answer.status_code == 200
    assert answer.text.startswith("GET a b 一 /")
    assert answer.headers["HX-Push-Url"] == "/%E9%A1%B5/a%20b?q=%E4%B8%80#part"
    assert answer.headers["X-Cookies"] == ascii([("kept", "2"), ("new", "1; a")])
    assert answer.headers["X-Sent"] == "None None "
    # The browser keeps what both said.
    assert small.get_cookie("old") is None
    assert [small.get_cookie(name).value for name in ("kept", "new", "page")]  # type: ignore[union-attr]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_whoever_does_not_swap_the_page_follows_the_303(
    small: BareClient, headers: dict[str, str]
) -> None:
    answer = small.post("/form", data={"to": "/页/a"}, headers=headers)
    assert answer.status_code == 303
    assert "HX-Push-Url" not in answer.headers


@pytest.mark.parametrize("to", ["https://elsewhere.example/", "//elsewhere.example"])
def test_another_site_is_the_browsers_to_ask(small: BareClient, to: str) -> None:
    answer = small.post("/form", data={"to": to}, headers=BOOSTED)
    assert answer.status_code == 303


def test_a_circle_ends(small: BareClient) -> None:
    answer = small.get("/again", headers=BOOSTED)
    assert (answer.status_code, answer.location) == (303, "/again")
    turn = small.get_cookie("turn")
    assert turn is not None and turn.value == str(1 + MOST)


def test_an_answer_of_the_check_brings_the_next_question(client: Client) -> None:
    """With the cookie that the first answer is kept under, so that both are the same check."""
    started = client.get("/check", headers=BOOSTED)
    assert started.headers["HX-Push-Url"].startswith("/check/woman.hukou")
    answered = client.post("/check/woman.hukou", data={"division": "421181102"}, headers=BOOSTED)
    assert (answered.status_code, answered.headers["HX-Push-Url"]) == (200, "/check/marriage")
    assert "<html" not in answered.text and "麻城" in answered.text, (
        "his page, and her answer on it"
    )
    wrong = client.post("/check/marriage", data={}, headers=BOOSTED)
    assert wrong.status_code == 422 and "HX-Push-Url" not in wrong.headers


def test_a_page_that_fails_after_the_form_was_taken_still_says_where_it_is(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The phone then offers that page again, not to send the form a second time (site.js)."""
    monkeypatch.setitem(app.view_functions, "checker.question", _broken)
    answered = client.post(
        "/check/woman.hukou",
        data={"division": "421181102"},
        headers=BOOSTED,
        fault_expected=True,
    )
    assert (answered.status_code, answered.headers["HX-Push-Url"]) == (500, "/check/marriage")


def _broken(**_: str) -> Any:
    raise RuntimeError("broken on purpose")


_broken.guard = "public"  # type: ignore[attr-defined]
