"""Pictures of every page on the way, in artefacts/screenshots: `python3 dev.py screenshots`.

Pictures are for looking at; no test compares them. Each of `PHONES` takes the same way as the
journeys: every page that has an address of its own, then a couple and their clerk from the first
question to the paper. Some of the pictures are those of README and of the guides in docs, in docs/images.

Names of `PHONES` take only those phones; names of `RESULTS`, or `results` for all five, only those
results, in both scripts: `python3 dev.py screenshots fourth-child`.
"""

from __future__ import annotations

import logging
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from flask import Flask  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

from app import create_app  # noqa: E402
from tests.e2e.conftest import FLAGS  # noqa: E402
from tests.e2e.couples import (  # noqa: E402
    FOURTH_CHILD,
    HUBEI,
    HUBEI_AND_GUANGXI,
    ONE_DAY_SHORT,
    UNMARRIED,
    WITHOUT_PERMIT,
)
from tests.e2e.pictures import ARTEFACTS, name_of, picture  # noqa: E402
from tests.e2e.walking import Couple, Walk  # noqa: E402
from tests.shape.routes import open_pages  # noqa: E402

FOLDER = ARTEFACTS / "screenshots"
README_FOLDER = ROOT / "docs" / "images"
PHONE: dict[str, Any] = {
    "viewport": {"width": 375, "height": 812},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
}
PHONES: dict[str, dict[str, Any]] = {
    "simplified": PHONE,
    "traditional": PHONE | {"locale": "zh-HK"},
    "large": PHONE,
    "dark": PHONE | {"color_scheme": "dark"},
    "scripts-off": PHONE | {"java_script_enabled": False},
    "desk": PHONE
    | {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1, "is_mobile": False},
}
# Pages that the guides in docs show, by the name of the picture.
IN_THE_GUIDES = {
    "window": "/guide/household/which/newborn/away",
    "item": "/items/320576050/registration",
}
# Results that show what the rules can do, each with the day it is asked on.
RESULTS: dict[str, tuple[date | None, Couple]] = {
    "suzhou": (None, HUBEI_AND_GUANGXI),
    "fourth-child": (None, FOURTH_CHILD),
    "without-permit": (None, WITHOUT_PERMIT),
    "unmarried": (None, UNMARRIED),
    "one-day-short": (date(2014, 6, 3), ONE_DAY_SHORT),
}


@dataclass
class Camera:
    """Takes each kind of page once, on one phone, at its whole length."""

    folder: Path

    def __call__(self, page: Page) -> None:
        """A picture named after the address, without what identifies a case; a case at each look."""
        name = name_of(page)
        self.take(page, name, again="case" in name)

    def take(self, page: Page, name: str, *, again: bool = False) -> None:
        """A picture of this name; `again` numbers the later ones instead of leaving them out."""
        file = self.folder / f"{name}.png"
        if file.exists() and again:
            file = self.folder / f"{name}-{len(list(self.folder.glob(f'{name}*'))) + 1}.png"
        if not file.exists():
            page.wait_for_load_state("networkidle")
            size = page.viewport_size or PHONE["viewport"]
            # A phone as tall as the page: the buttons at the foot of the screen would cover a line.
            length = page.evaluate("document.documentElement.scrollHeight")
            picture(page, file, size["width"], max(size["height"], length))


def main(names: list[str]) -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    README_FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        wanted = [*RESULTS] if "results" in names else [name for name in names if name in RESULTS]
        for name in wanted:
            take_result(browser, name)
        phones = [name for name in names if name in PHONES]
        for name in phones if names else PHONES:
            folder = FOLDER / name
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            take_today(browser, name, Camera(folder))
            (folder / "2014").mkdir()
            take_2014(browser, name, Camera(folder / "2014"))
        browser.close()
    print(f"{len(list(FOLDER.rglob('*.png')))} pictures in {FOLDER.relative_to(ROOT)}")


def take_result(browser: Browser, name: str) -> None:
    """One of the five results, at the end of its interview, in both scripts."""
    as_of, couple = RESULTS[name]
    folder = FOLDER / "results"
    folder.mkdir(parents=True, exist_ok=True)
    with served(as_of) as (_app, address):
        for phone in ("simplified", "traditional"):
            (folder / f"{name}-{phone}.png").unlink(missing_ok=True)
            walk = Walk(tab(browser, phone, address))
            walk.check(couple)
            Camera(folder).take(walk.page, f"{name}-{phone}")


def take_today(browser: Browser, name: str, camera: Camera) -> None:
    """Every page that can be opened by itself, then a couple of two provinces and their clerk."""
    with served(None) as (app, address):
        citizen, clerk = (Walk(tab(browser, name, address), camera) for _ in range(2))
        for path in [*open_pages(app), "/no-such-page"]:
            if not path.startswith("/api/"):
                citizen.page.goto(path)
                camera(citizen.page)
        for path in ("/check/woman.hukou?service=childbirth", "/track"):
            citizen.page.goto(path)
            citizen.go_on()
            expect(citizen.page.locator(".errors")).to_be_visible()
            camera.take(citizen.page, path.split("?")[0].strip("/").replace("/", "-") + "-wrong")
        if name == "simplified":
            for kept_as, path in IN_THE_GUIDES.items():
                citizen.page.goto(path)
                for_readme(citizen.page, kept_as, 375, 812)
        citizen.check(HUBEI_AND_GUANGXI)
        if name == "simplified":
            for_readme(citizen.page, "result", 375, 812)
        number = citizen.apply(HUBEI_AND_GUANGXI, "woman_residence")
        for path in ("/my", "/account"):
            citizen.page.goto(path)
            camera(citizen.page)
        clerk.sign_in_to_desk("loufeng")
        if name == "desk":
            clerk.open_case(number)
            for_readme(clerk.page, "desk", 1280, 800)
            clerk.page.goto("/staff/cases")
        clerk.open_case(number)
        clerk.page.locator("form[action$='/reveal'] button").click()
        clerk.look(clerk.page)
        take_what_follows(citizen.page, clerk.page, camera)
        clerk.page.goto("/staff/cases?view=asked")
        clerk.open_case(number)
        clerk.act("accept")
        clerk.act("register")
        citizen.page.goto("/my")
        open_first(citizen.page, "/my/")
        open_first(citizen.page, "/rate")
        camera(citizen.page)
        citizen.track(number, HUBEI_AND_GUANGXI.phone[-4:])


def take_what_follows(citizen: Page, clerk: Page, camera: Camera) -> None:
    """A hurry and its answer, a notice from the clerk's form to the citizen's answer, and the rest."""
    citizen.goto("/my")
    open_first(citizen, "/my/")
    case = citizen.url
    for page in ("hurry", "complain", "window", "views"):
        citizen.goto(f"{case}/{page}")
        camera(citizen)
    citizen.goto(f"{case}/hurry")
    citizen.locator(".dock .button").click()
    expect(citizen.locator("section[id^=said]")).to_be_visible()
    camera.take(citizen, "my-one-hurried")
    open_first(clerk, "/notice")
    clerk.locator("fieldset.ask input[type=checkbox]").first.check()
    clerk.locator("fieldset.ask select").first.select_option("unclear")
    clerk.locator("fieldset.ask textarea").first.fill("男方那一页拍糊了，请重拍。")
    camera(clerk)
    clerk.locator("button[value=preview]").click()
    expect(clerk.locator(".preview")).to_be_visible()
    camera.take(clerk, "staff-cases-one-notice-preview")
    clerk.locator("button[value=send]").click()
    expect(clerk.locator("form#notice")).to_have_count(0)
    for page in ("/staff/complaints", "/staff/collect?later=1"):
        clerk.goto(page)
        camera(clerk)
    citizen.goto(f"{case}/correct")
    camera(citizen)
    citizen.locator("#item-1 a.button").last.click()
    expect(citizen.locator("form#reply")).to_be_visible()
    camera.take(citizen, "my-one-correct-one")


def open_first(page: Page, ending: str) -> None:
    """Follow the first link of the page whose address ends so, or begins so, and wait for it."""
    link = page.locator(f"main a[href$='{ending}'], main a[href^='{ending}']").first
    address = link.get_attribute("href") or ""
    link.click()
    page.wait_for_url(f"**{address}")


def take_2014(browser: Browser, name: str, camera: Camera) -> None:
    """An approval that goes from the township to the county."""
    with served(date(2014, 6, 3)) as (_app, address):
        citizen, clerk, approver = (Walk(tab(browser, name, address), camera) for _ in range(3))
        citizen.check(HUBEI)
        number = citizen.apply(HUBEI, "woman_residence")
        clerk.sign_in_to_desk("gulou")
        clerk.open_case(number)
        clerk.act("accept")
        citizen.track(number, HUBEI.phone[-4:])
        clerk.act("forward_with_opinion", "meets")
        approver.sign_in_to_desk("macheng")
        approver.open_case(number)
        approver.act("approve")


def tab(browser: Browser, name: str, address: str) -> Page:
    """A fresh phone of this kind."""
    context = browser.new_context(base_url=address, **PHONES[name])
    if name == "large":
        context.add_cookies([{"name": "large", "value": "1", "url": address}])
    return context.new_page()


def for_readme(page: Page, name: str, width: int, height: int) -> None:
    """A picture of this size among the documents, light enough to be committed."""
    file = README_FOLDER / f"{name}.png"
    picture(page, file, width, height)
    with Image.open(file) as image:
        image.convert("RGB").quantize(192).save(file, optimize=True)


@contextmanager
def served(as_of: date | None) -> Iterator[tuple[Flask, str]]:
    """The site with its demo on a fresh database, and its address."""
    with TemporaryDirectory() as folder:
        app = create_app(
            {
                "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/screenshots.sqlite3",
                "FILES_FOLDER": f"{folder}/files",
                "AS_OF": as_of,
            }
        )
        app.test_cli_runner().invoke(args=["site", "prepare"], catch_exceptions=False)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield app, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


if __name__ == "__main__":
    main(sys.argv[1:])
