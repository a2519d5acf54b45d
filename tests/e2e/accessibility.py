"""Looks at every page as the tests do, and writes what the accessibility statement says.

    python3 dev.py accessibility

The page /accessibility is made of what this finds (`app/guide/accessibility.json`): which pages were
looked at, in which ways, on which day, every breach of WCAG 2.2 AA that axe found, and which of the
journeys by keyboard alone and by ear came to their end.
"""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from app import clock  # noqa: E402
from tests.e2e.conftest import FLAGS, breaches_of, too_wide_or_small  # noqa: E402
from tests.e2e.screenshots import served, tab  # noqa: E402
from tests.e2e.test_every_page import every_page  # noqa: E402

STATEMENT = ROOT / "app" / "guide" / "accessibility.json"
JOURNEYS = {"keyboard": "test_keyboard.py", "hearing": "test_hearing.py"}
WAYS = ("simplified", "traditional", "large", "dark", "desk")


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with sync_playwright() as playwright, served(None) as (app, address):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        pages = every_page(app, app.test_client())
        found = [each for way in WAYS for each in _looked_at(browser, way, address, pages)]
        browser.close()
        with app.app_context():
            day = clock.today().isoformat()
    statement = {
        "looked_on": day,
        "pages": pages,
        "ways": list(WAYS),
        "journeys": [name for name, tests in JOURNEYS.items() if _succeed(tests)],
        "breaches": found,
    }
    STATEMENT.write_text(json.dumps(statement, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(
        f"{len(pages)} pages in {len(WAYS)} ways, {len(found)} breaches, {statement['journeys']}: {STATEMENT.name}"
    )


def _succeed(tests: str) -> bool:
    """Whether all tests of this file do."""
    command = [sys.executable, "-m", "pytest", "-q", str(Path(__file__).with_name(tests))]
    return subprocess.run(command, check=False, cwd=ROOT, stdin=subprocess.DEVNULL).returncode == 0


def _looked_at(browser: Browser, way: str, address: str, pages: list[str]) -> list[dict[str, Any]]:
    page = tab(browser, way, address)
    found = []
    for url in pages:
        page.goto(url)
        # What there is to tap may be small for a mouse, on a desk.
        said = breaches_of(page) + ([] if way == "desk" else too_wide_or_small(page))
        found += [{"page": url, "way": way, "what": each} for each in said]
    page.context.close()
    return found


if __name__ == "__main__":
    main()
