"""Pages that are the same for everybody: made once, and never another than the one asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app import web
from tests.client import Client

PAGES = ("/rules", "/rules/sources", "/items", "/guide/faq", "/guide/household", "/papers")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that were rendered, each time."""
    found: list[str] = []
    render = web.render_template

    def note(template: str, **context: Any) -> str:
        found.append(template)
        return render(template, **context)

    monkeypatch.setattr(web, "render_template", note)
    return found


@pytest.mark.parametrize("url", PAGES)
def test_the_second_who_asks_is_given_the_same(client: Client, made: list[str], url: str) -> None:
    first, second = client.get(url), client.get(url)
    assert first.data == second.data and len(made) == 1
    assert second.headers["Cache-Control"] == "public, max-age=300"
    assert second.mimetype == "text/html"
    assert set(first.vary) == set(second.vary) >= {"HX-Request", "Cookie", "Accept-Language"}
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("url", PAGES)
def test_whoever_asks_otherwise_is_given_another(
    client: Client, made: list[str], url: str, as_of: Any
) -> None:
    plain = client.get(url).text
    traditional = client.get(url, headers={"Accept-Language": "zh-TW"}).text
    part = client.get(url, headers=HTMX).text
    client.set_cookie("large", "1")
    large = client.get(url).text
    client.delete_cookie("large")
    as_of("2014-03-01")
    earlier = client.get(url).text
    pages = [plain, traditional, part, large, earlier]
    assert len(set(pages)) == len(pages) == len(made)
    assert 'lang="zh-Hant' in traditional and "<html" not in part


def test_with_a_query_it_is_made_for_whoever_asks(client: Client, made: list[str]) -> None:
    for _ in range(2):
        assert client.get("/guide/faq?q=准生证").headers["Cache-Control"] == "no-store"
        assert "large=1" in client.get("/rules?large=1").headers["Set-Cookie"]
        client.delete_cookie("large")
    assert len(made) == 4


def test_it_is_made_anew_when_its_time_is_over(
    client: Client, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(web, "monotonic", lambda: now)
    client.get("/rules")
    now += web.KEPT_SECONDS - 1
    client.get("/rules")
    assert len(made) == 1
    now += timedelta(seconds=1).total_seconds()
    client.get("/rules")
    assert len(made) == 2


def test_no_more_is_kept_than_there_is_room_for(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "MOST_MADE", 2)
    for url in PAGES:
        client.get(url)
    assert len(app.extensions["pages_made"]) <= 2
