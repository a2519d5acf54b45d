"""A weak signal, a server that is down, a phone that is put away: what was typed is never lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app.applications import drafts
from app.applications.models import Application, Draft
from app.extensions import db
from tests.applications.filing import MAN, WOMAN, complete, start
from tests.client import Client
from tests.e2e.conftest import assert_accessible, assert_fits, watch
from tests.e2e.test_journeys import says


@pytest.fixture
def woman(ready: Page, script: str) -> Page:
    """On the page that asks who she is, everything typed."""
    begin(ready)
    type_person(ready, WOMAN)
    return ready


def begin(page: Page) -> None:
    page.goto("/apply/start?role=woman_residence&another=1")
    for box in page.get_by_role("checkbox").all():
        box.check()
    go_on(page)
    page.wait_for_url("**/who")
    page.locator("input[value=woman]").check()
    go_on(page)
    page.wait_for_url("**/woman")


def type_person(page: Page, person: dict[str, str]) -> None:
    page.locator("input[name=name]").fill(person["name"])
    page.locator("input[name=id_number]").fill(person["id_number"])


def go_on(page: Page) -> None:
    page.locator(".dock .button").last.click()


def failed(page: Page, message: str) -> None:
    """It is said beside the form, the reader is there, and what was typed stands."""
    region = page.locator(".failed")
    expect(region).to_be_focused()
    expect(region).to_be_in_viewport()
    says(page, "没有存上")
    says(page, message)
    expect(page.locator("input[name=name]")).to_have_value(WOMAN["name"])
    expect(page.locator("input[name=id_number]")).to_have_value(WOMAN["id_number"])
    assert_fits(page)
    assert_accessible(page)


def retried(page: Page) -> None:
    """The button of the region does what the first tap was meant to do."""
    page.locator(".failed button").click()
    page.wait_for_url("**/man")
    expect(page.locator(".failed")).to_have_count(0)


@contextmanager
def answers(page: Page, **answer: Any) -> Iterator[None]:
    """While inside, whatever is sent is answered by something between the phone and the site."""

    def reply(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(**answer)
        else:
            route.continue_()

    page.route("**/apply/**", reply)
    yield
    page.unroute("**/apply/**")


def holding(page: Page, address: str) -> list[Route]:
    """What is sent to this address from now on: it waits until the test lets it go on."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(address, hold)
    return held


# --- A save that fails ---


def test_offline(woman: Page, complaints: list[str]) -> None:
    woman.context.set_offline(True)
    go_on(woman)
    failed(woman, "没有连上网。您填的还在这一页，等信号好了再试一次。")
    woman.locator(".failed button").click()
    expect(woman.locator(".failed")).to_have_count(1)
    expect(woman.locator(".failed")).to_be_focused()
    woman.context.set_offline(False)
    retried(woman)
    woman.go_back()
    expect(woman.locator("input[name=name]")).to_have_value(WOMAN["name"])
    complaints.clear()


@pytest.mark.parametrize("status", [413, 429, 502, 503, 504])
def test_something_in_between_refuses(woman: Page, complaints: list[str], status: int) -> None:
    page = "<html><title>nginx</title><center><h1>nginx</h1></center></html>"
    with answers(woman, status=status, body=page, content_type="text/html"):
        go_on(woman)
        failed(woman, "系统正忙。您填的还在这一页，请过一会儿再试一次。")
        expect(woman.locator("main")).not_to_contain_text("nginx")
    retried(woman)
    complaints.clear()


def test_I4_the_site_is_without_its_database(
    woman: Page, complaints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as fault:
        fault.setattr(drafts, "save_answer", _away)
        go_on(woman)
        failed(woman, "您填写的内容没有丢，请过一会儿再试。")
    retried(woman)
    complaints.clear()


def test_a_network_that_never_answers(woman: Page, complaints: list[str]) -> None:
    woman.evaluate(
        "document.addEventListener('htmx:configRequest', (e) => { e.detail.timeout = 400; })"
    )
    woman.route("**/woman", lambda route: None)
    go_on(woman)
    failed(woman, "网太慢，等了很久没有回音。您填的还在这一页，请再试一次。")
    woman.unroute("**/woman")
    retried(woman)
    complaints.clear()


def test_a_form_that_says_itself_what_is_wrong_is_shown(woman: Page) -> None:
    woman.locator("input[name=name]").fill("")
    go_on(woman)
    expect(woman.locator(".errors")).to_be_focused()
    expect(woman.locator(".failed")).to_have_count(0)
    says(woman, "请照证件填写姓名")


def test_a_page_that_cannot_be_opened(woman: Page, complaints: list[str]) -> None:
    woman.context.set_offline(True)
    woman.locator("a.back").click()
    expect(woman.locator(".failed")).to_be_focused()
    says(woman, "这一页没有打开")
    expect(woman.locator("input[name=name]")).to_have_value(WOMAN["name"])
    woman.context.set_offline(False)
    woman.locator(".failed button").click()
    woman.wait_for_url("**/who")
    complaints.clear()


def test_the_next_page_does_not_open_after_a_save(woman: Page, complaints: list[str]) -> None:
    """What was saved is not sent again: the button opens the page that was missed."""
    sent: list[str] = []

    def saved_only(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
            route.fulfill(response=route.fetch(max_redirects=0), status=503, body="nginx")
        else:
            route.continue_()

    woman.route("**/woman", saved_only)
    go_on(woman)
    expect(woman.locator(".failed")).to_be_focused()
    says(woman, "这一页没有打开")
    assert woman.url.endswith("/woman")
    woman.locator(".failed button").click()
    woman.wait_for_url("**/man")
    assert len(sent) == 1
    complaints.clear()


# --- A save that takes long ---


def test_a_slow_save_says_so_and_is_sent_once(woman: Page) -> None:
    sent = []

    def slowly(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
            woman.wait_for_timeout(1500)
        route.continue_()

    woman.route("**/woman", slowly)
    button = woman.locator(".dock .button").last
    before = button.inner_text()
    button.click(no_wait_after=True)
    woman.evaluate("document.querySelector('.dock .button:last-child').click()")
    woman.locator("input[name=id_number]").press("Enter", no_wait_after=True)
    expect(button).to_have_attribute("aria-disabled", "true")
    says(woman, "正在保存…")
    assert_accessible(woman)
    woman.wait_for_url("**/man")
    assert len(sent) == 1
    assert button.inner_text() == before
    expect(button).not_to_have_attribute("aria-disabled", "true")


def test_three_taps_on_send_make_one_application(
    ready: Page, app: Flask, live: str, complaints: list[str]
) -> None:
    page = ready
    draft = filled(page, app)
    page.goto(f"{draft}/check")
    page.evaluate("for (let n = 0; n < 3; n++) document.querySelector('.dock .button').click()")
    page.wait_for_url("**/receipt/*")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Application)) == 1


# --- Two taps at once ---


def test_while_a_form_is_on_its_way_no_other_goes_and_the_reader_stays_at_the_paper(
    ready: Page, app: Flask
) -> None:
    ready.goto(f"{filled(ready, app)}/documents")
    sent: list[str] = []
    ready.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    held = holding(ready, "**/without")
    paper = ready.locator("#marriage_certificate")
    found_after_all = paper.locator("button[name=instead][value='']")
    found_after_all.click()
    go_on(ready)
    expect(ready.locator("main")).to_have_class("busy")
    held.pop().continue_()
    expect(found_after_all).to_have_count(0)
    expect(paper).to_be_focused()
    expect(paper).to_be_in_viewport()
    expect(ready).to_have_url(re.compile("/documents#marriage_certificate$"))
    expect(ready.locator("main.busy")).to_have_count(0)
    assert [line for line in sent if line.endswith("/documents") and line.startswith("POST")] == []
    ready.unroute("**/without")
    go_on(ready)
    expect(ready.locator(".errors")).to_be_focused()


def test_a_link_followed_meanwhile_shows_its_own_page(
    ready: Page, app: Flask, complaints: list[str]
) -> None:
    ready.goto(f"{filled(ready, app)}/documents")
    held = holding(ready, "**/without")
    ready.locator("#marriage_certificate button[name=instead][value='']").click()
    ready.locator("a.back").click()
    ready.wait_for_url("**/collect")
    held.pop().continue_()  # what it answers meets nobody any more
    expect(ready.locator("form#step")).to_have_attribute("action", re.compile("/collect$"))
    expect(ready.locator(".failed")).to_have_count(0)
    go_on(ready)
    ready.wait_for_url("**/documents")
    complaints.clear()  # htmx notes that it gave a request up


def test_the_second_half_of_a_double_tap_does_not_press_the_next_page(ready: Page) -> None:
    begin(ready)
    type_person(ready, WOMAN)
    go_on(ready)
    ready.wait_for_url("**/man")
    expect(ready.locator("form#step")).to_have_attribute("action", re.compile("/man$"))
    sent: list[str] = []
    ready.on("request", lambda request: sent.append(request.method))
    ready.locator(".dock .button").last.dispatch_event("click", {"detail": 2})
    ready.locator("a.back").click()
    ready.wait_for_url("**/woman")
    assert "POST" not in sent


# --- Without scripts ---


@pytest.fixture
def javascript() -> bool:
    """Overridden where a test asks for it: this part is without."""
    return False


def test_without_scripts_the_answer_offers_the_same_again(
    page: Page,
    app: Flask,
    ready: Page,
    javascript: bool,
    complaints: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(page)
    type_person(page, WOMAN)
    with monkeypatch.context() as fault:
        fault.setattr(drafts, "save_answer", _away)
        go_on(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("系统正忙")
        assert_fits(page)
    page.get_by_role("button", name="再试一次").click()
    page.wait_for_url("**/man")
    page.locator("a.back").click()
    page.wait_for_url("**/woman")
    expect(page.locator("input[name=name]")).to_have_value(WOMAN["name"])
    complaints.clear()


# --- Another device, another tab ---


def test_begun_on_a_phone_and_gone_on_with_on_another(
    woman: Page, somebody_else: Callable[[], Page], live: str, app: Flask, script: str
) -> None:
    go_on(woman)
    woman.wait_for_url("**/man")
    type_person(woman, MAN)  # typed, and the phone falls into the water
    other = somebody_else()
    other.goto("/sign-in")
    other.locator("input[name=phone]").fill(WOMAN["phone"])
    go_on(other)
    other.wait_for_url("**/sign-in/code*")
    outbox = other.context.new_page()
    outbox.goto("/outbox")
    code = re.search(r"\b\d{6}\b", outbox.locator(".card").first.inner_text())
    outbox.close()
    assert code
    other.locator("input[name=code]").fill(code.group())
    go_on(other)
    other.wait_for_url("**/my")
    says(other, "没交的草稿")
    assert_fits(other)
    assert_accessible(other)
    other.locator("main section.card a.button").click()
    other.wait_for_url("**/man")
    other.locator("a.back").click()
    other.wait_for_url("**/woman")
    expect(other.locator("input[name=name]")).to_have_value(WOMAN["name"])


def test_two_couples_in_two_tabs(ready: Page, live: str, complaints: list[str]) -> None:
    tabs = [ready, watch(ready.context.new_page(), live, complaints)]
    people = [WOMAN, {"name": "陆小梅", "id_number": "450102199311182327"}]
    for tab in tabs:
        begin(tab)
    for tab, person in zip(tabs, people, strict=True):
        type_person(tab, person)
    for tab in reversed(tabs):
        go_on(tab)
        tab.wait_for_url("**/man")
    for tab, person, other in zip(tabs, people, reversed(people), strict=True):
        tab.locator("a.back").click()
        tab.wait_for_url("**/woman")
        expect(tab.locator("input[name=name]")).to_have_value(person["name"])
        expect(tab.locator("main")).not_to_contain_text(other["name"])
    ready.goto("/apply/start")
    expect(ready.locator("main section.card")).to_have_count(2)
    assert_fits(ready)
    assert_accessible(ready)


def test_interrupted_and_taken_up_again(woman: Page, live: str, app: Flask) -> None:
    """The browser is closed by the phone; what was saved is there, what was not is asked."""
    go_on(woman)
    woman.wait_for_url("**/man")
    type_person(woman, MAN)
    woman.goto("about:blank")
    woman.goto("/apply/start?role=woman_residence")
    woman.locator("main section.card a.button").click()
    woman.wait_for_url("**/man")
    expect(woman.locator("input[name=name]")).to_have_value("")
    with app.app_context():
        kept = db.session.scalars(select(Draft)).one()
        assert (kept.answers or {})["woman"]["name"] == WOMAN["name"]


# --- Helpers ---


def _away(*_args: Any, **_kwargs: Any) -> None:
    raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))


def filled(page: Page, app: Flask) -> str:
    """A whole draft of the one who is signed in on this phone."""
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    browser = Client(app)
    for name, value in cookies.items():
        browser.set_cookie(name, value)
    draft = start(browser)
    complete(browser, draft)
    return draft
