"""A phone in somebody's hand: real Chromium, 375 px wide, against the real site on a real port.

A test that asks for `page` also fails when the browser complains on the way: an error in the
console, a script that throws, a 5xx answer, or a request to any other host. A test that asks for
`script` runs in both scripts, one that asks for `javascript` also runs with JavaScript off. One
that asks for `demo` finds the demo loaded, as of `legal_day` when it is parametrized with a day.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, expect
from werkzeug.serving import make_server

from app.demo import load as load_demo
from app.extensions import db
from app.files import LocalStore
from app.places.loading import load_demo_offices
from tests.applications.filing import WOMAN, checked, signed_in

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# Milliseconds. Nothing healthy takes so long, not on a slow build machine either.
TIMEOUT = 30_000
expect.set_options(timeout=TIMEOUT)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def live(app: Flask) -> Iterator[str]:
    """The address of the site, served over the test's own database."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    address = f"http://127.0.0.1:{server.server_port}"
    app.config["PUBLIC_URL"] = address
    # Closing waits for what was asked last: the next test replaces the database under it.
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def legal_day() -> str | None:
    """The day the whole site runs as of; None is today."""
    return None


@pytest.fixture
def demo(app: Flask, legal_day: str | None, tmp_path: Path) -> None:
    """The demo's offices, staff and couples of that day."""
    app.config["AS_OF"] = date.fromisoformat(legal_day) if legal_day else None
    app.extensions["files"] = LocalStore(tmp_path / "files")
    with app.app_context():
        load_demo()
        db.session.commit()


@pytest.fixture(params=["zh_Hans", "zh_Hant"])
def script(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[True, False], ids=["scripts-on", "scripts-off"])
def javascript(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": shutil.which("chromium"), "args": FLAGS}


@pytest.fixture
def browser_context_args(request: pytest.FixtureRequest, live: str) -> dict[str, Any]:
    """A phone; its language and its JavaScript as the test's variants say."""

    def variant(name: str, default: Any) -> Any:
        return request.getfixturevalue(name) if name in request.fixturenames else default

    return {
        "base_url": live,
        "viewport": {"width": 375, "height": 812},
        "has_touch": True,
        "is_mobile": True,
        "locale": variant(
            "locale", "zh-TW" if variant("script", "zh_Hans") == "zh_Hant" else "zh-CN"
        ),
        "timezone_id": "Asia/Shanghai",
        "reduced_motion": "reduce",
        "java_script_enabled": variant("javascript", True),
    }


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about so far; a test that provokes it clears the list."""
    return []


@pytest.fixture
def page(page: Page, live: str, complaints: list[str]) -> Iterator[Page]:
    """A tab that keeps note of everything the browser complains about."""
    watch(page, live, complaints)
    yield page
    assert complaints == []


@pytest.fixture
def somebody_else(
    new_context: Callable[..., BrowserContext], page: Page, live: str, complaints: list[str]
) -> Callable[[], Page]:
    """`somebody_else()` is a tab on another person's phone, watched like `page`."""

    def take_phone() -> Page:
        return watch(new_context().new_page(), live, complaints)

    return take_phone


@pytest.fixture
def ready(app: Flask, page: Page, live: str, tmp_path: Path) -> Page:
    """A phone whose owner went through the checker and signed in."""
    app.extensions["files"] = LocalStore(tmp_path / "files")
    with app.app_context():
        load_demo_offices()
        cookies = {"own-session": signed_in(WOMAN["phone"])[1], "check": checked({})}
        db.session.remove()
    page.context.add_cookies(
        [{"name": name, "value": value, "url": live} for name, value in cookies.items()]
    )
    return page


def watch(page: Page, live: str, complaints: list[str]) -> Page:
    """Add to `complaints` whatever goes wrong in this tab."""

    def console(message: ConsoleMessage) -> None:
        # A form with mistakes is answered with 422, and Chromium calls that an error.
        if (
            message.type == "error"
            and "the server responded with a status of 4" not in message.text
        ):
            complaints.append(f"console: {message.text}")

    def requested(request: Request) -> None:
        if not request.url.startswith((live, "data:", "blob:", "about:")):
            complaints.append(f"asked another host: {request.url}")

    def answered(response: Response) -> None:
        if response.status >= 500:
            complaints.append(f"{response.status} at {response.url}")

    page.on("console", console)
    page.on("request", requested)
    page.on("response", answered)
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.set_default_timeout(TIMEOUT)
    return page


def assert_accessible(page: Page) -> None:
    """No breach of WCAG 2.2 AA that axe can find on the page as it stands."""
    found = breaches_of(page)
    if found:
        # An answer may have begun to arrive meanwhile, and the page with it to be dimmed.
        page.wait_for_timeout(1000)
        found = breaches_of(page)
    assert found == [], page.url


def breaches_of(page: Page) -> list[str]:
    """The breaches of WCAG 2.2 AA that axe finds on the page as it stands."""
    wait_until_still(page)
    # What the dock covers at this very scroll position, a thumb scrolls out from under it.
    page.evaluate(DOCK_PLACED, "static")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    page.evaluate(DOCK_PLACED, "")
    return [
        f"{breach['id']}: {breach['help']}: {node['html'][:200]} {node['any'][:1]}"
        for breach in found.response["violations"]
        for node in breach["nodes"]
    ]


def wait_until_still(page: Page) -> None:
    """Until no answer is on its way: a page that waits for one is dimmed, and says so to nobody."""
    until = time.monotonic() + 30
    while page.evaluate(WAITING):
        assert time.monotonic() < until, f"{page.url} still waits for an answer"
        page.wait_for_timeout(50)


def assert_fits(page: Page) -> None:
    """Nothing to scroll sideways for, nothing cut off, all there is to tap big enough for a thumb."""
    assert too_wide_or_small(page) == [], page.url


def too_wide_or_small(page: Page) -> list[str]:
    """What does not fit the screen, is cut off, or is too small for a thumb."""
    wait_until_still(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    wide = [f"{width} px wide"] if width > page.viewport_size["width"] else []
    return [*wide, *page.evaluate(CUT_OFF), *page.evaluate(SMALL_TARGETS)]


WAITING = "document.querySelector('main.htmx-request, main.busy, .htmx-swapping') !== null"
DOCK_PLACED = (
    "how => document.querySelectorAll('.dock').forEach(dock => { dock.style.position = how })"
)
# What is for ears only is one pixel wide, and a long value in a box can be scrolled.
CUT_OFF = """() => [...document.querySelectorAll('body *')]
  .filter(e => !e.closest('.out, input, select, textarea, progress, svg'))
  .filter(e => getComputedStyle(e).overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1)
  .map(e => `${e.scrollWidth} px in ${e.clientWidth}: ${e.outerHTML.slice(0, 120)}`)"""
# A link within a sentence is exempt (WCAG 2.5.8); the text around it needs its line height.
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select, summary, textarea')]
  .filter(e => e.type !== 'hidden' && !e.closest('[aria-hidden=true]'))
  .filter(e => e.checkVisibility({visibilityProperty: true}))
  .map(e => [e.closest('label') || e, e])
  .filter(([box, e]) => !(e.tagName === 'A' && getComputedStyle(e).display === 'inline'))
  .map(([box, e]) => [box.getBoundingClientRect(), e])
  .filter(([r, e]) => r.width > 1 && r.height > 1 && (r.width < 44 || r.height < 44))
  .map(([r, e]) => `${Math.round(r.width)}x${Math.round(r.height)} ${e.outerHTML.slice(0, 120)}`)"""
