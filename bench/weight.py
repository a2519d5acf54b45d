"""What the site costs on a slow network: bytes of each open page, and seconds in a real browser.

    .venv/bin/python bench/weight.py

First the bytes, as sent with gzip (in KB of 1000 bytes), of each page that opens by itself and of what
it loads; `tests/shape/test_weight.py` holds the two budgets that are marked there. Then a couple's
whole check in Chromium, on a line of 400 kbit/s with 0.4 s each way and back (the "3G Slow" of
WebPageTest) and a processor four times slower: the first page's first paint, every next question
until it can be read, and all bytes from home to result; beside them a page of one byte on the same
line in the same run. Answers are compressed as the proxy in front of a site does.
"""

from __future__ import annotations

import gzip
import re
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

from app import create_app  # noqa: E402
from app.site import load_reference_data, upgrade_database  # noqa: E402
from tests.e2e.conftest import FLAGS  # noqa: E402
from tests.e2e.couples import HUBEI_AND_GUANGXI  # noqa: E402
from tests.e2e.walking import Walk  # noqa: E402
from tests.shape.routes import open_pages  # noqa: E402
from tests.shape.test_weight import FIRST_PAGE, STEP  # noqa: E402

BYTES_A_SECOND = 400_000 / 8
ROUND_TRIP = 0.4
SLOWER = 4
RUNS = 3
# Budgets: seconds, and bytes from home to result.
FIRST_PAINT, NEXT_QUESTION, WHOLE_CHECK = 2.5, 1.0, 60_000
FIRST_VISIT = 32_000
QUESTION = "/check/woman.hukou?service=childbirth"
# From the tap on "next" until the next heading was drawn, by the phone's own clock.
UNTIL_READ = """() => {
    const main = document.getElementById("main"), asked = main.querySelector("h1").textContent;
    window.untilRead = new Promise((done) => {
        let tapped;
        addEventListener("click", (event) => { tapped = event.timeStamp; }, { capture: true, once: true });
        new MutationObserver((_changes, watch) => {
            const heading = main.querySelector("h1");
            if (!heading || heading.textContent === asked) return;
            watch.disconnect();
            requestAnimationFrame(() => setTimeout(() => done((performance.now() - tapped) / 1000)));
        }).observe(main, { childList: true, subtree: true });
    });
}"""
LOADED = re.compile(r'(?:src|href)="(/static/[^"]+)"')


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/weight.sqlite3"})
        with app.app_context():
            upgrade_database()
            load_reference_data()
        client = app.test_client()
        print(f"{'page':28} {'HTML':>7} {'loads':>7} {'all':>7} {'seconds':>8}")
        for url in open_pages(app):
            answer = client.get(url)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            html = _sent(answer.data)
            files = sorted(set(LOADED.findall(answer.text)))
            loads = sum(_sent(client.get(file, buffered=True).data) for file in files)
            seconds = (html + loads) / BYTES_A_SECOND + 2 * ROUND_TRIP
            sizes = " ".join(f"{size / 1000:7.1f}" for size in (html, loads, html + loads))
            print(f"{url:28} {sizes} {seconds:8.2f}")
        sheet = _sent((ROOT / "static" / "site.css").read_bytes())
        asked = client.get(QUESTION, headers={"HX-Request": "true"})
        print()
        for name, size, budget in (
            ("first page, HTML and CSS", _sent(client.get("/").data) + sheet, FIRST_PAGE),
            ("a question as a fragment", _sent(asked.data), STEP),
        ):
            print(f"{name:28} {size / 1000:7.1f} of {budget / 1000:.1f} KB")
        _in_a_browser(app)


# --- In a browser ---


def _in_a_browser(app: Any) -> None:
    """A couple's check, and a page of one byte, on the same slow line."""
    with (
        sync_playwright() as playwright,
        _served(_compressed(app.wsgi_app)) as site,
        _served(_one_byte) as bare,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        nothing = statistics.median(_first_paint(browser, bare)[0] for _ in range(RUNS))
        firsts, questions, bytes_of_first, bytes_of_all = [], [], 0, 0
        for _ in range(RUNS):
            seconds, phone = _first_paint(browser, site)
            firsts.append(seconds)
            phone.page.wait_for_load_state("networkidle")
            bytes_of_first = phone.bytes
            questions.append(phone.check())
            bytes_of_all = phone.bytes
            phone.page.context.close()
        browser.close()
    first = statistics.median(firsts)
    following = max(statistics.median(times) for times in zip(*questions, strict=True))
    print()
    print(f"{'a page of one byte':28} {nothing:7.2f} s to its first paint")
    for name, figure, budget in (
        ("first page, first paint", first, FIRST_PAINT),
        (f"slowest of {len(questions[0])} next questions", following, NEXT_QUESTION),
    ):
        print(f"{name:28} {figure:7.2f} of {budget} s, {figure / nothing:.1f} times the one byte")
    for name, size, budget in (
        ("first visit, everything", bytes_of_first, FIRST_VISIT),
        ("from home to the result", bytes_of_all, WHOLE_CHECK),
    ):
        print(f"{name:28} {size / 1000:7.1f} of {budget / 1000:.1f} KB")


class Phone:
    """A slow phone on a slow line that counts what it receives."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.bytes = 0
        context = browser.new_context(
            base_url=address, viewport={"width": 375, "height": 812}, locale="zh-CN"
        )
        self.page: Page = context.new_page()
        line = context.new_cdp_session(self.page)
        line.send("Network.enable")
        line.on("Network.loadingFinished", self._count)
        line.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": ROUND_TRIP * 1000,
                "downloadThroughput": BYTES_A_SECOND,
                "uploadThroughput": BYTES_A_SECOND,
            },
        )
        line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

    def _count(self, finished: dict[str, Any]) -> None:
        self.bytes += int(finished["encodedDataLength"])

    def check(self) -> list[float]:
        """Through all questions to the result; the seconds from each tap to the next heading."""
        walk, taken = Walk(self.page), []
        self.page.locator("main a.button").first.click()
        for path, answer in HUBEI_AND_GUANGXI.answers.items():
            walk.at(f"/check/{re.escape(path)}(\\?service=childbirth)?", "form#question")
            walk.answer(answer)
            self.page.wait_for_timeout(500)  # whoever chooses an answer also reads
            self.page.evaluate(UNTIL_READ)
            walk.go_on()
            taken.append(self.page.evaluate("() => window.untilRead"))
        walk.at("/check/result")
        return taken


def _first_paint(browser: Browser, address: str) -> tuple[float, Phone]:
    """Seconds from the start of the navigation until something is to be seen, on a fresh phone."""
    phone = Phone(browser, address)
    phone.page.goto("/")
    painted = phone.page.wait_for_function(
        "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    )
    return float(painted.json_value()) / 1000, phone


class _Quiet(WSGIRequestHandler):
    """Keeps the line open between answers, and prints nothing."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_: Any) -> None:
        pass


@contextmanager
def _served(wsgi: Callable[..., Iterable[bytes]]) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, wsgi, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _one_byte(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "1")])
    return [b"."]


def _compressed(wsgi: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """What the proxy does: gzip for text."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        told: list[Any] = []
        body = b"".join(wsgi(environ, lambda status, headers, *_: told.extend((status, headers))))
        status, headers = told
        kind = dict(headers).get("Content-Type", "")
        if body and kind.startswith(("text/", "application/javascript", "image/svg")):
            body = gzip.compress(body, 6)
            headers = [pair for pair in headers if pair[0] != "Content-Length"]
            headers += [("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [body]

    return answer


def _sent(body: bytes) -> int:
    return len(gzip.compress(body, 6))


if __name__ == "__main__":
    main()
