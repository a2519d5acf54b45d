"""The front door and the pages that explain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.client import Client

PAGES = (
    "/",
    "/guide/faq",
    "/guide/faq?q=准生证",
    "/guide/faq/permit",
    "/guide/household",
    "/privacy",
)
STATIC = Path(__file__).parents[2] / "static"


@pytest.mark.parametrize("url", PAGES)
def test_whole_page_and_fragment_say_the_same(client: Client, url: str) -> None:
    whole, part = client.get(url), client.fragment(url)
    assert whole.status_code == part.status_code == 200
    inside = whole.text.split('<main id="main"')[1].split(">", 1)[1].split("</main>")[0]
    assert inside.strip() in part.text
    assert "<html" not in part.text
    assert "HX-Request" in whole.headers["Vary"]


def test_permit_answer_is_not_given_for_a_day_before_its_law(
    client: Client, as_of: Callable[[str], None]
) -> None:
    asked = "现在还要“准生证”吗"
    assert asked in client.get("/guide/faq").text
    as_of("2014-06-03")
    page = client.get("/guide/faq").text
    assert asked not in page
    assert "演练：按 2014 年 6 月 3 日的规定" in page


@pytest.mark.parametrize(
    ("day", "said"), [("2021-09-26", "在户籍地办"), ("2021-09-27", "不用办了")]
)
def test_migrant_slip_until_its_regulation_was_abolished(
    client: Client, as_of: Callable[[str], None], day: str, said: str
) -> None:
    as_of(day)
    assert said in client.get("/").text


def test_demo_says_it_is_no_government_office(client: Client) -> None:
    assert "演示站，不受理真实申请" in client.get("/").text


def test_large_type_is_remembered_without_script(client: Client) -> None:
    assert '<html lang="zh-Hans-CN">' in client.get("/").text
    assert 'class="large"' in client.get("/?large=1").text
    assert 'class="large"' in client.get("/privacy").text
    client.get("/privacy?large=0")
    assert 'class="large"' not in client.get("/").text


def test_settings_keep_path_and_query(client: Client) -> None:
    page = client.get("/guide/faq?a=1&lang=zh_Hans").text
    assert 'href="/guide/faq?a=1&amp;lang=zh_Hant"' in page
    assert 'href="/guide/faq?a=1&amp;large=1"' in page


def test_script_switch_sets_the_lang_attribute(client: Client) -> None:
    assert '<html lang="zh-Hant-TW">' in client.get("/?lang=zh_Hant").text
    assert '<html lang="zh-Hant-TW">' in client.get("/privacy").text


def test_static_files_are_kept_for_ever_under_their_hash_only(client: Client) -> None:
    page = client.get("/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    for url, kept in ((address, True), ("/static/site.css?v=old", False)):
        with client.get(url) as answer:
            assert ("immutable" in answer.headers["Cache-Control"]) is kept
