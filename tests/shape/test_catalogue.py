"""Nobody is shown a text in the other script."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.client import Client
from tests.html_rules import Element, Page
from tests.shape.routes import open_pages
from translations import catalogue

SPOKEN = ("alt", "title", "placeholder", "aria-label", "value", "content")


def test_every_text_is_translated() -> None:
    """Mend with `python3 dev.py translate`, then read what it drafted."""
    assert catalogue.complaints() == []


def test_the_committed_catalogue_is_what_the_command_writes() -> None:
    assert catalogue.CATALOGUE.read_text(encoding="utf-8") == catalogue.as_text(catalogue.updated())


def test_a_reviewed_translation_outlives_a_new_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    committed = catalogue.load()
    reviewed, drafted = [message for message in committed if message.id][:2]
    reviewed.string, reviewed.user_comments = "人手改過", [catalogue.REVIEWED]
    drafted.string = "舊稿"
    monkeypatch.setattr(catalogue, "load", lambda: committed)
    kept, redrafted = catalogue.updated(), catalogue.updated(redraft=True)
    assert kept.get(drafted.id).string == "舊稿"
    assert redrafted.get(drafted.id).string != "舊稿"
    assert redrafted.get(reviewed.id).string == "人手改過"


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("户籍", "戶籍"),
        ("居民户口簿", "居民戶口簿"),
        ("身份证", "身份證"),
        ("网上办理", "網上辦理"),
        ("短信验证码", "短信驗證碼"),
        ("出生以后", "出生以後"),
        ("皇后区", "皇后區"),
        ("手里的材料", "手裡的材料"),
        ("三公里", "三公里"),
        ("头发", "頭髮"),
        ("发给您", "發給您"),
        ("干部", "幹部"),
        ("不相干", "不相干"),
        ("只有一个", "只有一個"),
        ("平台", "平臺"),
        ("台州", "台州"),
        ("联系电话", "聯繫電話"),
        ("关系", "關係"),
        ("准予", "准予"),
        ("标准", "標準"),
        ("“是”", "「是」"),
        ("15 天后失效", "15 天後失效"),
        ("签一份", "簽一份"),
        ("行政复议", "行政復議"),
        ("签注", "簽注"),
        ("《人口与计划生育法》", "《人口與計劃生育法》"),
        ("%(name)s，您好", "%(name)s，您好"),
    ],
)
def test_drafting(simplified: str, traditional: str) -> None:
    assert catalogue.Drafter()(simplified) == traditional


def test_simplified_letters_are_known() -> None:
    assert catalogue.simplified_only("沒有找到這一頁，皇后公里") == set()
    assert catalogue.simplified_only("没有找到这页") == set("没这页")


def test_traditional_pages_are_traditional_throughout(app: Flask, client: Client) -> None:
    found = {}
    for url in open_pages(app):
        answer = client.get(url, query_string={"lang": "zh_Hant"}, follow_redirects=True)
        if answer.mimetype == "text/html":
            left = catalogue.simplified_only(_read_aloud(Page(answer.text)))
            found |= {url: "".join(sorted(left))} if left else {}
    assert found == {}


def _read_aloud(page: Page) -> str:
    """All that a person is shown or told, but for what says that it is Simplified."""
    spoken = [text for text, parents in page.texts if not _marked_simplified(parents)]
    for element in page.elements:
        if not _marked_simplified((*element.parents, element)):
            spoken += [element.attributes.get(name, "") for name in SPOKEN]
    return "".join(spoken)


def _marked_simplified(parents: tuple[Element, ...]) -> bool:
    return any(parent.attributes.get("lang", "").startswith("zh-Hans") for parent in parents)
