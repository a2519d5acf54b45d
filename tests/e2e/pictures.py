"""Pictures of every page as the tests see them, in artefacts/pages: for people to look at, compared by nobody.

One folder for each way of looking (`simplified`, `traditional`, `large`, `dark`, `traditional-dark`); continuous
integration keeps the folder `artefacts` of a run.
"""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page

ARTEFACTS = Path(__file__).resolve().parent.parent.parent / "artefacts"
PAGES = ARTEFACTS / "pages"


def name_of(page: Page) -> str:
    """The address as the name of a file, without what identifies a case, a person or a paper."""
    address = page.url.split("/", 3)[3].split("?")[0].split("#")[0]
    address = re.sub(r"[0-9a-f-]{36}|JJB-[0-9A-Z-]+|(?<=^c/).+", "one", address)
    return address.replace("/", "-") or "home"


def keep(page: Page, way: str) -> None:
    """A picture of the whole page, looked at in this way; of a page with mistakes its own."""
    name = name_of(page) + ("-wrong" if page.locator("main .errors").count() else "")
    folder = PAGES / way
    folder.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size or {"width": 375, "height": 812}
    length = page.evaluate("document.documentElement.scrollHeight")
    picture(page, folder / f"{name}.png", size["width"], max(size["height"], length))


def keep_large(page: Page) -> None:
    """The same page in 大字."""
    page.evaluate("document.documentElement.classList.add('large')")
    keep(page, "large")
    page.evaluate("document.documentElement.classList.remove('large')")


def picture(page: Page, file: Path, width: int, height: int) -> None:
    """What a screen of this size shows: so tall that the buttons at its foot cover no line."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": height})
    # Else a style element hides the caret, and the site's own policy refuses it.
    page.screenshot(path=file, caret="initial")
    if before:
        page.set_viewport_size(before)
