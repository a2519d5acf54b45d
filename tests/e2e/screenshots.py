"""A picture of every kind of page, in artefacts/screenshots: `python3 dev.py screenshots`.

Pictures are for looking at; no test compares them. `SHOTS` lists what is not reached by address
alone: each entry is a name and a function that walks a page there.
"""

from __future__ import annotations

import logging
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, sync_playwright  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

from app import create_app  # noqa: E402
from tests.e2e.conftest import FLAGS  # noqa: E402
from tests.shape.routes import open_pages  # noqa: E402

FOLDER = ROOT / "artefacts" / "screenshots"
SIZES = {"phone": (375, 812), "desk": (1280, 800)}
SHOTS: dict[str, Callable[[Page], object]] = {
    "missing": lambda page: page.goto("/no-such-page"),
}


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        app = create_app({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/screenshots.sqlite3"})
        app.test_cli_runner().invoke(args=["site", "prepare"], catch_exceptions=False)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            take_all(f"http://127.0.0.1:{server.server_port}", open_pages(app))
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def take_all(address: str, paths: list[str]) -> None:
    shots = {path.strip("/").replace("/", "-") or "home": _goto(path) for path in paths} | SHOTS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        for size, (width, height) in SIZES.items():
            for locale in ("zh-CN", "zh-TW"):
                context = browser.new_context(
                    base_url=address,
                    viewport={"width": width, "height": height},
                    device_scale_factor=2 if size == "phone" else 1,
                    locale=locale,
                )
                for name, walk in shots.items():
                    page = context.new_page()
                    walk(page)
                    file = FOLDER / f"{name}.{size}.{locale}.png"
                    page.screenshot(path=file, full_page=True)
                    page.close()
                context.close()
        browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.relative_to(ROOT)}")


def _goto(path: str) -> Callable[[Page], object]:
    return lambda page: page.goto(path)


if __name__ == "__main__":
    main()
