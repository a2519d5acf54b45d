"""Every route says who may use it, and keeps everyone else out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from app.extensions import csrf
from tests.client import Client
from tests.shape.routes import WRITING, addresses, guard_of, rules

# Views that take a POST without a token: they read no cookie, so nobody can be tricked into them.
WITHOUT_TOKEN = {"app.checker.api.decision"}


def test_every_view_has_a_guard(app: Flask) -> None:
    assert [rule.endpoint for rule in rules(app) if not guard_of(app, rule)] == []


def test_B4_strangers_are_kept_out_of_what_is_not_public(app: Flask, client: Client) -> None:
    """Sent to sign in, or told that there is nothing; never shown a page, never a fault."""
    let_in = []
    for rule, method, url in addresses(app, {"GET", *WRITING}):
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.open(url, method=method, headers=headers)
            if guard_of(app, rule) != "public" and answer.status_code not in {303, 401, 403, 404}:
                let_in.append(f"{method} {url}: {answer.status}")
    assert let_in == []


def test_strangers_are_never_given_a_fault(app: Flask, client: Client) -> None:
    """The client fails on a 5xx; here it is given every public address, and what it may not know."""
    for _rule, method, url in addresses(app, {"GET", "HEAD"}):
        assert client.open(url, method=method).status_code < 500


def test_C1_nothing_is_written_without_the_token_of_a_form(app: Flask, client: Client) -> None:
    taken = [
        f"{method} {url}: {answer.status}"
        for rule, method, url in addresses(app, WRITING)
        if _name(app.view_functions[rule.endpoint]) not in WITHOUT_TOKEN
        and (answer := client.open(url, method=method, csrf=False)).status_code != 400
    ]
    assert taken == []


def test_C1_only_the_named_views_go_without_a_token(app: Flask) -> None:
    assert csrf._exempt_views == WITHOUT_TOKEN
    assert csrf._exempt_blueprints == set()


def test_C1_nothing_is_written_by_get(app: Flask) -> None:
    """Names of deeds in an address are for forms; a link, a robot or a preview must not do them."""
    deeds = {"submit", "delete", "withdraw", "sign-out", "approve", "refuse", "remove", "confirm"}
    by_get_alone = [
        rule.rule
        for rule in rules(app)
        if rule.rule.rsplit("/", 1)[-1] in deeds and not WRITING & (rule.methods or set())
    ]
    assert by_get_alone == []


def _name(view: Callable[..., Any]) -> str:
    return f"{view.__module__}.{view.__name__}"


def test_C2_a_form_left_open_overnight_comes_back_with_everything_typed(client: Client) -> None:
    typed = {"number": "JJB-2222-2222-2222", "tail": "1234"}
    answer = client.post("/track", data=typed, csrf=False)
    assert answer.status_code == 400
    assert "请再按一次" in answer.text
    assert 'value="JJB-2222-2222-2222"' in answer.text
    assert "csrf_token" in answer.text
