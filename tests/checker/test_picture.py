"""A shared result as a long picture, and how its link looks before it is opened."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from app.checker import picture
from app.config import ROOT
from tests.client import Client

Walk = Callable[..., TestResponse]


@pytest.fixture
def link(client: Client, walk: Walk) -> str:
    """The address of a shared result."""
    walk()
    return str(client.post("/check/result/share").location)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], str]]:
    """What was to be drawn, with its script; nothing is drawn."""
    found: list[tuple[dict[str, Any], str]] = []

    def note(_name: str, data: dict[str, Any], script: str) -> bytes:
        found.append((data, script))
        return b"picture"

    monkeypatch.setattr(picture, "picture", note)
    return found


def test_the_picture_is_one_long_png_that_a_phone_may_keep(app: Flask, link: str) -> None:
    stranger = Client(app)
    answer = stranger.get(f"{link}/picture-hans.png")
    assert answer.mimetype == "image/png"
    with Image.open(io.BytesIO(answer.data)) as image:
        assert image.format == "PNG"
        assert image.width == 750
        assert image.height > 1.5 * image.width
    assert len(answer.data) < 500_000, "light enough to send on"
    known = stranger.get(
        f"{link}/picture-hans.png", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert known.status_code == 304


def test_it_says_what_the_page_says_and_nothing_of_a_person(
    app: Flask, link: str, drawn: list[tuple[dict[str, Any], str]]
) -> None:
    Client(app).get(f"{link}/picture-hans.png")
    [(data, script)] = drawn
    text = str(data)
    assert script == "zh_Hans"
    assert data["title"] == "办生育登记，不用审批"
    for said in ("湖北省 麻城市", "夫妻双方的居民身份证，或户口簿", "孩子出生后 1 个月内", "12345"):
        assert said in text
    for secret in ("歧亭", "民生街道", "娄葑", "2014"):
        assert secret not in text


def test_it_is_drawn_in_either_script_whatever_the_page_is_in(
    app: Flask, link: str, drawn: list[tuple[dict[str, Any], str]]
) -> None:
    Client(app).get(f"{link}/picture-hant.png")
    [(data, script)] = drawn
    assert script == "zh_Hant"
    assert data["title"] == "辦生育登記，不用審批"


def test_its_page_needs_no_script_to_keep_it(client: Client, link: str) -> None:
    page = client.get(f"{link}/picture")
    assert f'src="{link}/picture-hans.png"' in page.text
    assert "按住图片" in page.text
    assert f'src="{link}/picture-hant.png"' in client.get(f"{link}/picture?lang=zh_Hant").text
    assert f'href="{link}/picture"' in client.get(link).text


def test_without_a_result_there_is_no_picture(client: Client) -> None:
    guess = "/r/aaaaaaaaaaaaaaaaaaaaaa"
    for url in (f"{guess}/picture", f"{guess}/picture-hans.png"):
        assert client.get(url).status_code == 404


def test_nobody_draws_without_end(
    app: Flask, link: str, drawn: list[tuple[dict[str, Any], str]]
) -> None:
    answers = [Client(app).get(f"{link}/picture-hans.png").status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]


def test_a_link_can_be_told_by_its_preview(app: Flask, link: str) -> None:
    page = Client(app).get(link).text
    told = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]*)">', page))
    assert told["title"] == "办生育登记，不用审批"
    assert told["description"].startswith("3 个地方能办，要带 2 样材料")
    assert f'<meta name="description" content="{told["description"]}">' in page
    base = app.config["PUBLIC_URL"]
    assert told["url"] == base + link
    assert told["image"].startswith(f"{base}/static/share.png?v=")
    with Image.open(ROOT / "static" / "share.png") as image:
        assert min(image.size) >= 300, "smaller ones are not shown"
