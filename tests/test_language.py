"""Every visitor gets the script they read; nobody has to look for the switch."""

from __future__ import annotations

import pytest
from flask import Flask, g
from flask_babel import get_locale
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from app.language import gettext, negotiate, speaking
from tests.client import Client

HANS, HANT = "zh_Hans", "zh_Hant"


@pytest.mark.parametrize(
    ("accepted", "script"),
    [
        ("zh", HANS),
        ("zh-CN", HANS),
        ("zh-SG", HANS),
        ("zh-MY", HANS),
        ("zh-TW", HANT),
        ("zh-HK", HANT),
        ("zh-MO", HANT),
        ("zh_TW", HANT),
        ("ZH-hk", HANT),
        ("zh-Hans", HANS),
        ("zh-Hant", HANT),
        ("zh-Hans-HK", HANS),
        ("zh-Hant-CN", HANT),
        ("zh-Hant-XX", HANT),
        ("zh-TW-u-nu-hanidec", HANT),
        ("yue", HANT),
        ("yue-CN", HANS),
        ("cmn-TW", HANT),
        ("nan-TW", HANT),
        ("en", HANS),
        ("en-HK", HANS),
        ("*", HANS),
        ("", HANS),
        ("zh-", HANS),
        ("-;;q=x,,\x7f", HANS),
        ("zh-" + "x" * 5000, HANS),
        # The visitor's order counts, not the order of writing; other languages are no preference.
        ("zh-CN;q=0.5, zh-TW;q=0.9", HANT),
        ("zh-TW;q=0.5, zh-CN;q=0.9", HANS),
        ("en-US,en;q=0.9,zh-HK;q=0.8,zh-CN;q=0.7", HANT),
        ("zh-TW;q=0, zh-CN;q=0.1", HANS),
        ("zh-Hant;q=0, en", HANS),
    ],
)
def test_negotiation(accepted: str, script: str) -> None:
    assert negotiate(parse_accept_header(accepted, LanguageAccept)) == script


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [("zh-CN", "zh-Hans-CN"), ("zh-TW", "zh-Hant-TW"), ("zh-HK", "zh-Hant-TW")],
)
def test_the_page_says_its_script(client: Client, accepted: str, lang: str) -> None:
    page = client.get("/no-such-page", headers={"Accept-Language": accepted})
    assert f'<html lang="{lang}"' in page.text


def test_a_chosen_script_is_remembered(client: Client) -> None:
    assert 'lang="zh-Hant-TW"' in client.get("/no-such-page?lang=zh_Hant").text
    assert 'lang="zh-Hant-TW"' in client.get("/no-such-page").text
    assert 'lang="zh-Hans-CN"' in client.get("/no-such-page?lang=zh_Hans").text
    assert 'lang="zh-Hans-CN"' in client.get("/no-such-page").text


@pytest.mark.parametrize("wrong", ["en", "zh-TW", "zh_hant", "", "../zh_Hant", "zh_Hant\r\nX: 1"])
def test_a_script_that_is_none_is_not_remembered(client: Client, wrong: str) -> None:
    answer = client.get("/no-such-page", query_string={"lang": wrong})
    assert 'lang="zh-Hans-CN"' in answer.text
    assert "script=" not in answer.headers.get("Set-Cookie", "")


def test_texts_come_in_both_scripts(app: Flask) -> None:
    text = "没有找到这一页"
    with app.test_request_context():
        with speaking("zh_Hans"):
            assert gettext(text) == text
        with speaking("zh_Hant"):
            assert gettext(text) == "沒有找到這一頁"


def test_a_simplified_reader_is_not_given_traditional(app: Flask) -> None:
    """Simplified has no catalogue, and must not fall back to the only one there is."""
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        assert gettext("没有找到这一页") == "没有找到这一页"


def test_the_first_reader_of_a_script_gets_it_whatever_babel_thought_before(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "catalogues", {})
    with app.test_request_context("/", headers={"Accept-Language": "zh-CN"}):
        assert str(get_locale()) == HANS
        g.script = HANT
        assert gettext("首页") == "首頁"
