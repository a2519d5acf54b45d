"""On the pages that lead a citizen on, a legal term is explained where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import factories as make
from tests.checker.conftest import COUPLE, UNSURE
from tests.client import Client
from tests.html_rules import Page
from tests.shape.routes import open_pages
from tests.shape.theirs import asked

# The first part of the addresses that lead citizens on; rules and items quote the law as it is.
CITIZENS = {"", "apply", "my", "check", "guide", "track", "powers", "clients", "sign-in", "account"}


def main_of(html: str) -> str:
    """What a page says, without its frame."""
    page = Page(html)
    return "".join(
        text for text, parents in page.texts if any(parent.tag == "main" for parent in parents)
    )


def _checked(browser: Client) -> Iterator[tuple[str, TestResponse]]:
    """Every page of one interview, and its result."""
    url = browser.get("/check?service=childbirth").location
    while "/check/result" not in url:
        yield url, browser.get(url)
        path = url.split("/check/")[1].split("?")[0]
        sent = {**COUPLE.get(path, UNSURE), "service": "childbirth"}
        url = browser.post(f"/check/{path}", data=sent).location
    yield url, browser.get(url)


# A legal term, and how the page that uses it says what it is: beside it, or somewhere on it.
TERMS = {
    "受理": "收下",
    "首接": "先收到的管到底",
    "承诺书": "签上名字|签名保证|可以先写下保证",
    "协查": "核实",
    "行政复议": "再审一次",
    "容缺": "缺的",
    "补正": "补材料",
    "病残儿": "鉴定",
    "监护人": "爸爸妈妈",
    "转委托": "转给别人|请别人",
}


@pytest.mark.parametrize("who", ["stranger", "couple", "agent"])
def test_a_legal_term_is_explained_where_it_stands(
    app: Flask, stored: dict[str, list[str]], who: str
) -> None:
    phone = {"couple": make.WOMAN["phone"], "agent": make.AGENT["phone"]}.get(who)
    browser = make.browser_of(make.citizen(phone), app) if phone else Client(app)
    urls = [*open_pages(app), *(url for method, url in asked(app, stored) if method == "GET")]
    # /account/data gives back what was written before, word for word.
    ours = [url for url in urls if url.split("/")[1] in CITIZENS and url != "/account/data"]
    pages = {url: browser.get(url) for url in ours}
    found, used = [], set()
    for url, page in [*pages.items(), *_checked(browser)]:
        if page.status_code != 200 or page.mimetype != "text/html":
            continue
        said = re.sub("“.*?”", "", main_of(page.text))  # a word in quotes is asked about
        used |= {term for term in TERMS if term in said}
        found += [
            (url, term) for term, how in TERMS.items() if term in said and not re.search(how, said)
        ]
    assert found == [], found
    assert used
