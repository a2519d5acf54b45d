"""What a citizen reads is short, plain and in Chinese, and a legal term is explained where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from flask import Flask
from werkzeug.test import TestResponse

from tests import factories as make
from tests.checker.conftest import COUPLE, UNSURE
from tests.client import Client
from tests.html_rules import Page
from tests.shape.routes import open_pages
from tests.shape.theirs import asked
from translations.catalogue import HAN, KEYWORDS, ROOT

LONGEST = 40
# Where the way leads. What the law says is quoted as it is and comes from elsewhere.
WAY = (
    "templates/accounts/",
    "templates/applications/",
    "templates/checker/",
    "templates/certificates/",
    "templates/delegation/",
    "templates/errors/",
    "templates/guide/",
    "templates/papers/",
    "templates/tracking/",
    "app/applications/forms.py",
    "app/checker/",
    "app/delegation/",
    "app/guide/questions.yaml",
    "app/guide/household.yaml",
    "app/guide/afterwards.yaml",
    "app/tracking/",
)
ENDS = re.compile("[。！？；]")
VALUE = re.compile(r"%\(\w+\)s|\{\w+\}")


def sentences() -> Iterator[tuple[str, str]]:
    """(file, sentence) of every text on the way; a value to be filled in counts two characters."""
    with (ROOT / "babel.cfg").open() as settings:
        methods, options = parse_mapping_cfg(settings)
    for file, _line, text, _comments, _context in extract_from_dir(
        str(ROOT), methods, options, KEYWORDS
    ):
        if not file.startswith(WAY):
            continue
        for one in text if isinstance(text, tuple) else (text,):
            for sentence in ENDS.split(VALUE.sub("〇〇", one)):
                yield file, sentence


def test_no_sentence_on_the_way_is_long() -> None:
    found = list(sentences())
    assert len([one for _file, one in found if HAN.search(one)]) > 400
    assert [(file, one) for file, one in found if len(one) > LONGEST] == []


# Words of offices, and twice "no" where "yes" would do.
STIFF = re.compile(
    "予以|(?<!必)须(?!知)|兹|如需|(?<!地)方可|相关|事宜|逾期|申办|知悉|特此|出证|系统内|"
    "不得不|不能不|不是不|不会不|没有不|无不|并非不|非.{1,4}不可"
)
# Letters that stand on papers, in numbers and in names of files; one reads them off, or types them.
LETTERS = re.compile(r"[A-Za-z]{2,}")
KNOWN = set("PDF JPG PNG HEIC MB CSV JJB JJZ SQ XC QR WCAG AA Cookie shanghukou macheng".split())


def test_no_word_of_offices_and_no_english() -> None:
    """What is only searched (`also`) and what only editors see (English keys of files) may hold anything."""
    stiff, foreign = [], []
    for file, one in sentences():
        if STIFF.search(one) and not re.search("逾期$|^请问", one):
            stiff.append((file, one))
        if (
            HAN.search(one)
            and not SOURCE.match(one)
            and (left := set(LETTERS.findall(one)) - KNOWN)
        ):
            foreign.append((file, one, left))
    assert stiff == []
    assert foreign == []


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


# A source by its number, as editors write it; readers see its name.
SOURCE = re.compile("(?:L|W|SEED)-")

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
