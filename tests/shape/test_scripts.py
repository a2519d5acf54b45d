"""Nobody is given a page that mixes the scripts, whoever they are and whatever there is to show.

Every route is opened, also those that need somebody's data, by a stranger, a couple, an agent and the
desks, in both scripts. Names and what people typed themselves stay as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.checker.questions import QUESTIONS
from app.clock import today
from app.guide import household, questions
from app.rules.service import the_law
from tests import factories as make
from tests.casework.asking import GULOU
from tests.client import Client
from tests.html_rules import Element, Page
from tests.shape.routes import open_pages, rules
from tests.shape.theirs import asked
from translations import catalogue

SPOKEN = ("alt", "title", "placeholder", "aria-label", "value", "content")
NOT_OURS = {"zh_Hans": catalogue.traditional_only, "zh_Hant": catalogue.simplified_only}
# What people wrote themselves in this test, and what the other script would make of two names.
TYPED = (
    "张小雨",
    "李建国",
    "王代办",
    "陈某",
    "陈晓",
    "测试",
    "委托书.jpg",
    "男方那一页看不清。",
    "生育过没有？",
    "没有人理。",
)
MASKED = set("张陈国")  # what is left of their names where numbers and names are masked
CHANGED = ("張小雨", "李建國")


PEOPLE: dict[str, tuple[Callable[[], Any], int]] = {
    "stranger": (lambda: None, 20),
    "couple": (make.citizen, 30),
    "agent": (lambda: make.citizen(make.AGENT["phone"]), 25),
    "clerk": (lambda: make.officer(make.BAIGUO), 30),
    "clerk asked": (lambda: make.officer(GULOU), 25),
    "supervisor": (lambda: make.officer(make.MACHENG, "supervisor"), 30),
}


def known_pages(app: Flask) -> list[str]:
    """Those about something that is in the data: questions, police matters, papers, items, rules, places."""
    with app.app_context():
        papers = the_law().shelf.documents
        asked_today = questions.questions_on(today())
    matters = household.everything()
    return [
        *(f"/guide/faq/{each.id}" for each in asked_today),
        *(f"/guide/household/{name}" for name in matters),
        *(f"/guide/household/which/{name}" for name in matters),
        *(
            f"/guide/household/which/{n}/{way}"
            for n, matter in matters.items()
            for way in matter.ways
        ),
        *(f"/papers/{name}" for name in papers),
        *(f"/check/{path}?service=childbirth" for path in QUESTIONS),
        *(f"/items/{where}" for where in ("cn", "31", "42", make.BAIGUO)),
        *(f"/items/{where}/registration" for where in ("31", make.BAIGUO)),
        *(f"/items/31/{item}" for item in ("approval", "honor")),
        *(f"/rules/{where}" for where in ("cn", "31", "41", "42", "44", "45", "51")),
        "/rules/44/changes?from=2022-04-30&to=2022-05-01",
        f"/offices/{make.BAIGUO}",
        "/places/42/children",
    ]


# Opened by a link that only a message holds, or a result's own: in both scripts in tests/e2e.
BY_LINK = {"delegation.by_link", "delegation.link_again", "delegation.checked"}
BY_LINK |= {"checker.shared", "checker.shared_picture", "checker.drawn"}
# Pictures, PDFs and answers for programs.
NO_PAGES = {"rules.place_json", "rules.changes_json", "papers.sheet", "casework.file"}
NO_PAGES |= {"applications.show_upload", "applications.show_small"}
NO_PAGES |= {"applications.show_page", "applications.show_small_page"}


def test_every_route_is_opened(app: Flask, stored: dict[str, list[str]]) -> None:
    """A new route is either opened below or named above with its reason."""
    matched, addresses = app.url_map.bind("localhost"), addresses_of(app, stored)
    opened = {matched.match(url.split("?")[0], "GET")[0] for url in addresses}
    wanted = {rule.endpoint for rule in rules(app) if "GET" in (rule.methods or ())}
    assert wanted - opened == BY_LINK | NO_PAGES


def test_pages_about_what_is_known_do_not_mix_them(
    app: Flask, client: Client, offices: None
) -> None:
    found = {}
    for script, foreign in NOT_OURS.items():
        for url in known_pages(app):
            answer = client.get(
                f"{url}{'&' if '?' in url else '?'}lang={script}", follow_redirects=True
            )
            assert answer.status_code == 200, url
            assert offered(answer.text) == NOT_OURS.keys() - {script}, url
            if left := foreign(read_aloud(Page(answer.text))):
                found[script, url] = "".join(sorted(left))
    assert found == {}


def addresses_of(app: Flask, stored: dict[str, list[str]]) -> list[str]:
    """Every address that this test knows how to open."""
    owned = [url for method, url in asked(app, stored) if method == "GET"]
    return [*open_pages(app), *known_pages(app), *owned]


@pytest.mark.parametrize("script", NOT_OURS)
@pytest.mark.parametrize("who", PEOPLE)
def test_no_page_mixes_the_scripts(
    app: Flask, stored: dict[str, list[str]], who: str, script: str
) -> None:
    person, least = PEOPLE[who]
    somebody = person()
    browser = make.browser_of(somebody, app) if somebody else Client(app)
    urls = [*open_pages(app), *(url for method, url in asked(app, stored) if method == "GET")]
    pages, found, names = set(), {}, 0
    for url in urls:
        if url == "/readyz":  # for machines; it says 503 where nobody has started a worker
            continue
        answer = browser.get(url, query_string={"lang": script}, follow_redirects=True)
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        pages.add(answer.request.path)
        assert offered(answer.text) == NOT_OURS.keys() - {script}, url
        said = read_aloud(Page(answer.text))
        assert not any(name in said for name in CHANGED), url
        names += sum(said.count(name) for name in TYPED[:2])
        for text in TYPED:
            said = said.replace(text, "")
        if left := NOT_OURS[script](said) - MASKED:
            found[url] = "".join(sorted(left))
    assert found == {}
    assert len(pages) >= least
    assert names > 0 or who not in {"couple", "agent"}


def offered(html: str) -> set[str]:
    """The scripts that the pills at the top of this page lead to."""
    pills = html.partition('id="settings"')[2].partition("</div>")[0]
    return set(re.findall(r'(?:[?&;]lang=|name="lang" value=")(zh_Han[st])"', pills))


def read_aloud(page: Page) -> str:
    """All that a person is shown or told, but for what says itself that it is of the other script."""
    own = next(e.attributes.get("lang", "") for e in page.elements if e.tag == "html")[:7]
    spoken = [text for text, parents in page.texts if not _of_another(parents, own)]
    for element in page.elements:
        if not _of_another((*element.parents, element), own):
            spoken += [element.attributes.get(name, "") for name in SPOKEN]
    return "\n".join(spoken)


def _of_another(parents: tuple[Element, ...], own: str) -> bool:
    said = (parent.attributes.get("lang", "") for parent in parents if parent.tag != "html")
    return any(lang.startswith("zh-") and not lang.startswith(own) for lang in said)


def test_a_mixed_page_is_seen() -> None:
    """The reading itself: what is shown, what is only spoken, and what is marked as another script."""
    page = (
        '<!doctype html><html lang="zh-Hant-TW"><p>戶口<i lang="zh-Hans-CN">户口</i></p>'
        '<input aria-label="手机">'
    )
    assert catalogue.simplified_only(read_aloud(Page(page))) == {"机"}
    page = '<!doctype html><html lang="zh-Hans-CN"><p>户口 手機</p>'
    assert catalogue.traditional_only(read_aloud(Page(page))) == {"機"}
