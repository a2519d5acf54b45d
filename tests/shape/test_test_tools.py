"""The checks that every other test leans on can themselves fail."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.client import Client
from tests.html_rules import problems

PAGE = (
    '<!doctype html><html lang="zh-Hans-CN"><head><title>页</title></head>'
    "<body><main><h1>页</h1>{}</main></body></html>"
)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("<div>", "never closed|while in"),
        ("<b><i></b></i>", "while in"),
        ("<p><div></div></p>", "inside <p>"),
        ("<ul><div></div><p></p><li></li></ul><table><td></td></table>", "inside <table>"),
        ('<i id="a"></i><i id="a"></i>', "2 times"),
        ('<i class="a" class="b"></i>', "twice"),
        ('<label for="b">字</label>', "missing #b"),
        ('<input name="a">', "no label"),
        ('<input name="a" id="x"><label for="y">字</label><b id="y"></b>', "no label"),
        ('<select name="a"></select>', "no label"),
        ("<button></button>", "no text"),
        ('<img src="/a.png">', "no alt"),
        ('<p style="color:red">字</p>', "inline style"),
        ("<script>alert(1)</script>", "inline <script>"),
        ('<button onclick="x()">字</button>', "onclick"),
        ('<img alt="" src="https://example.com/a.png">', "loads"),
        ('<link rel="stylesheet" href="//example.com/a.css">', "loads"),
        ('<a href="javascript:x()">字</a>', "runs a script"),
        ('<a href="/"><button>字</button></a>', "inside a link"),
        ('<form method="post"></form>', "csrf_token"),
        ("<h1>二</h1>", "2 <h1>"),
        ("<p>短信已发到 138****0000。</p>", "star by star"),
    ],
)
def test_a_bad_page_is_refused(body: str, says: str) -> None:
    found = " ; ".join(problems(PAGE.format(body)))
    assert any(part in found for part in says.split("|")), found


@pytest.mark.parametrize(
    "body",
    [
        '<a href="https://www.gov.cn/">来源</a><label>名 <input name="a"></label>',
        '<form method="post"><input type="hidden" name="csrf_token" value="x"></form>',
        '<p><b aria-hidden="true">138****0000</b><b class="out">尾号 0000</b></p>',
        '<svg aria-hidden="true"><use href="/static/icons.svg#a"/></svg><br>',
    ],
)
def test_a_good_page_is_taken(body: str) -> None:
    assert problems(PAGE.format(body)) == []


def test_a_page_says_its_language_and_a_fragment_need_not() -> None:
    assert any("lang" in found for found in problems(PAGE.replace(' lang="zh-Hans-CN"', "")))
    assert problems("<p>字</p>") == []


def test_the_database_of_one_test_is_not_seen_by_the_next(session: Session) -> None:
    session.execute(text("CREATE TABLE left_behind (id INTEGER)"))
    session.commit()


def test_the_next_one_starts_fresh(session: Session, app: Flask) -> None:
    session.execute(text("CREATE TABLE left_behind (id INTEGER)"))


def test_settings_changed_by_a_test_are_put_back(app: Flask) -> None:
    assert app.config["LIVE"] is False
    app.config["LIVE"] = True


def test_settings_are_put_back(app: Flask) -> None:
    assert app.config["LIVE"] is False


def test_each_request_has_a_context_of_its_own(session: Session, app: Flask) -> None:
    from flask import g

    g.script = "zh_Hant"
    response = Client(app).get("/static/missing.css")
    assert response.status_code == 404
    assert g.script == "zh_Hant"
