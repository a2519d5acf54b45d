"""Photographs from a phone with a weak signal: nothing lost, nothing twice, nothing out of order."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image, ImageDraw
from playwright.sync_api import CDPSession, Page, Route, expect

from app.applications import uploads
from app.applications.models import Draft, Upload
from app.extensions import db
from app.files import LocalStore
from app.places.loading import load_demo_offices
from tests.applications.filing import MAN, STEPS, WOMAN, checked, collect, fill, signed_in, start
from tests.client import Client
from tests.e2e.conftest import assert_accessible, assert_fits

PAPER = "id_or_hukou_booklet"


@pytest.fixture
def papers(app: Flask, page: Page, live: str, tmp_path: Path) -> Page:
    """A phone at the page of papers of a draft that is otherwise complete."""
    app.extensions["files"] = LocalStore(tmp_path / "files")
    with app.app_context():
        load_demo_offices()
        cookies = {"own-session": signed_in(WOMAN["phone"])[1], "check": checked({})}
        client = Client(app)
        for name, value in cookies.items():
            client.set_cookie(name, value)
        draft = start(client)
        for step, fields in STEPS.items():
            fill(client, draft, step, **fields)
        collect(client, draft)
        db.session.remove()
    page.context.add_cookies([{"name": n, "value": v, "url": live} for n, v in cookies.items()])
    page.goto(f"{draft}/documents")
    return page


@cache
def blank(size: tuple[int, int]) -> Image.Image:
    """White paper with the noise of a sensor."""
    return Image.effect_noise(size, 3).point(lambda value: min(255, value + 90)).convert("RGB")


def camera(number: int, size: tuple[int, int] = (4000, 3000)) -> dict[str, Any]:
    """A photo of a sheet with this many bars on it, as a phone would hand it over."""
    sheet = blank(size).copy()
    draw = ImageDraw.Draw(sheet)
    for bar in range(number):
        left = size[0] // 10 + bar * size[0] // 8
        draw.rectangle((left, size[1] // 4, left + size[0] // 16, size[1] * 3 // 4), fill="black")
    output = BytesIO()
    sheet.save(output, "JPEG", quality=95)
    return {"name": f"第{number}张.jpg", "mimeType": "image/jpeg", "buffer": output.getvalue()}


def bars(content: bytes) -> int:
    """How many bars the sheet in this photo has."""
    with Image.open(BytesIO(content)) as photo:
        row = photo.convert("L").resize((400, 300)).crop((0, 150, 400, 151))
        dark = [row.getpixel((at, 0)) < 90 for at in range(400)]
    return sum(now and not before for before, now in zip([False, *dark], dark, strict=False))


def kept(app: Flask) -> list[Upload]:
    """The pages of the paper, as the office will see them."""
    with app.app_context():
        rows = db.session.query(Upload).filter_by(document_id=PAPER, replaced_at=None)
        return rows.order_by(Upload.page, Upload.created_at).all()


def contents(app: Flask) -> list[bytes]:
    with app.app_context():
        return [uploads.read_upload(db.session.merge(each)) for each in kept(app)]


def slot(page: Page) -> Any:
    return page.locator(f"#{PAPER}")


def choose(page: Page, *photos: dict[str, Any]) -> None:
    """From the album, as a person does it."""
    with page.expect_file_chooser() as chosen:
        slot(page).get_by_role("button", name="从相册选").click()
    chosen.value.set_files([photo.get("path", photo) for photo in photos])


def weak(page: Page) -> CDPSession:
    """256 kbit/s both ways with the delay of a village's tower."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 200,
            "downloadThroughput": 32_000,
            "uploadThroughput": 32_000,
        },
    )
    return line


def drop(page: Page, when: Callable[[int], bool], *, after: bool = False) -> list[int]:
    """Cut the connection of the n-th upload where `when(n)`; `after` the server has it, before its answer."""
    dropped: list[int] = []
    count = 0

    def handle(route: Route) -> None:
        nonlocal count
        if route.request.method != "POST":
            route.continue_()
            return
        count += 1
        if not when(count):
            route.continue_()
            return
        dropped.append(count)
        if after:
            route.fetch(max_redirects=0)
        route.abort("connectionreset")

    page.route(re.compile(rf"/documents/{PAPER}$"), handle)
    return dropped


def test_six_photos_over_256_kbit_with_three_drops(
    app: Flask, papers: Page, complaints: list[str], tmp_path: Path
) -> None:
    """All arrive, small, in the order they were chosen, and nothing is there twice."""
    page = papers
    photos = [camera(number) for number in range(1, 7)]
    for photo in photos:
        assert len(photo["buffer"]) > 2_000_000
        photo["path"] = tmp_path / str(photo["name"])
        photo["path"].write_bytes(photo["buffer"])
    dropped = drop(page, lambda count: count in {2, 5})
    lost = []

    def lose_answer(route: Route) -> None:
        """The third drop: the server has kept the page, and its answer never arrives."""
        if len(kept(app)) == 2 and not lost:
            route.fetch(max_redirects=0)
            lost.append(True)
            route.abort("connectionreset")
        else:
            route.fallback()

    page.route(re.compile(rf"/documents/{PAPER}$"), lose_answer)
    weak(page)
    begun = time.monotonic()
    choose(page, *photos)
    expect(slot(page).locator("[data-queue] > li")).to_have_count(6)
    expect(page.locator("#photos-say")).to_have_text("都传好了", timeout=90_000)
    took = time.monotonic() - begun
    expect(slot(page).locator("[data-part=pages] li")).to_have_count(6)
    sent = contents(app)
    assert [bars(content) for content in sent] == [1, 2, 3, 4, 5, 6]
    assert (len(dropped), len(lost)) == (2, 1)
    with app.app_context():
        typed = db.session.query(Draft).one().answers
    assert {who: typed[who]["name"] for who in ("woman", "man")} == {
        "woman": WOMAN["name"],
        "man": MAN["name"],
    }
    assert all(max(Image.open(BytesIO(content)).size) <= 2000 for content in sent)
    assert took < 90
    complaints.clear()


def test_a_page_at_a_time(app: Flask, papers: Page) -> None:
    """Taken, looked at, put in order, taken again in its place, removed: the focus goes along."""
    page, card = papers, slot(papers)
    with page.expect_file_chooser() as chosen:
        card.get_by_role("button", name="拍照").click()
    assert not chosen.value.is_multiple()
    assert card.locator("[type=file]").get_attribute("capture") == "environment"
    chosen.value.set_files([camera(1, (1600, 1200))])
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 1 页")
    choose(page, camera(2, (1600, 1200)), camera(3, (1600, 1200)))
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 3 页")
    assert_fits(page)
    assert_accessible(page)
    earlier = card.get_by_role("button", name=re.compile("往前.*第 3 页"))
    earlier.press("Enter")
    expect(page.locator("#photos-say")).to_have_text("改好了")
    assert [bars(each) for each in contents(app)] == [1, 3, 2]
    expect(card.get_by_role("button", name=re.compile("往前.*第 2 页"))).to_be_focused()
    with page.expect_file_chooser() as chosen:
        card.get_by_role("button", name=re.compile("重拍.*第 2 页")).click()
    chosen.value.set_files([camera(5, (1600, 1200))])
    expect(page.locator("#photos-say")).to_have_text("都传好了")
    assert [bars(each) for each in contents(app)] == [1, 5, 2]
    card.get_by_role("button", name=re.compile("删掉.*第 1 页")).press("Enter")
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 2 页")
    assert [bars(each) for each in contents(app)] == [5, 2]
    page.reload()
    expect(card.locator("[data-part=pages] img")).to_have_count(2)


def test_a_dark_photo_is_doubted_and_may_stay(app: Flask, papers: Page) -> None:
    page, card = papers, slot(papers)
    night = BytesIO()
    Image.new("RGB", (1600, 1200), "#111").save(night, "JPEG")
    choose(page, {"name": "夜.jpg", "mimeType": "image/jpeg", "buffer": night.getvalue()})
    expect(card.get_by_text("照片有点暗，字可能看不清。要不要重拍？")).to_be_visible()
    assert_fits(page)
    assert_accessible(page)
    card.get_by_role("button", name="就用这张").click()
    expect(card.get_by_text("照片有点暗")).to_have_count(0)
    assert [page.look for page in kept(app)] == [None]


def test_what_is_refused_is_said_at_once_and_costs_the_others_nothing(
    app: Flask, papers: Page
) -> None:
    page, card = papers, slot(papers)
    wrong = {"name": "网页.jpg", "mimeType": "image/jpeg", "buffer": b"<html>" * 100}
    choose(page, camera(1, (1600, 1200)), wrong, camera(3, (1600, 1200)))
    expect(card.get_by_text("看不懂这个文件")).to_be_focused()
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 2 页")
    assert_fits(page)
    assert_accessible(page)
    assert [bars(each) for each in contents(app)] == [1, 3]
    card.get_by_role("button", name="取消").click()
    expect(card.locator("[data-queue]")).to_be_hidden()
    expect(card.get_by_role("button", name="拍照")).to_be_focused()


def test_without_a_network_it_waits_and_goes_on_by_itself(
    app: Flask, papers: Page, complaints: list[str]
) -> None:
    page, card = papers, slot(papers)
    page.context.set_offline(True)
    choose(page, camera(1, (1600, 1200)), camera(2, (1600, 1200)))
    expect(card.get_by_text("没有网络，连上后自动接着传")).to_have_count(2)
    assert_accessible(page)
    page.context.set_offline(False)
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 2 页")
    assert [bars(each) for each in contents(app)] == [1, 2]
    complaints.clear()


@pytest.fixture
def crowd(app: Flask) -> Iterator[Callable[[], None]]:
    """As many photos as the site takes at once are on their way; `crowd()` lets them arrive."""
    gate, held = app.extensions["upload_gate"], 0
    while gate.acquire(blocking=False):
        held += 1
    assert held

    def arrive() -> None:
        nonlocal held
        for _ in range(held):
            gate.release()
        held = 0

    yield arrive
    arrive()


def test_one_more_than_the_site_takes_at_once_waits_and_arrives(
    app: Flask, papers: Page, crowd: Callable[[], None], complaints: list[str]
) -> None:
    page, card = papers, slot(papers)
    choose(page, camera(1), camera(2, (1600, 1200)))
    expect(
        card.get_by_text(re.compile("传的人多，暂时收不下。[0-9]+ 秒后自动再传")).first
    ).to_be_visible()
    expect(page.locator("#photos-say")).to_have_text("有一张没传上去，会自动再传")
    assert_fits(page)
    assert_accessible(page)
    assert kept(app) == []
    crowd()
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 2 页")
    expect(page.locator("#photos-say")).to_have_text("都传好了")
    assert [bars(each) for each in contents(app)] == [1, 2]
    assert {each.split(" at ")[0] for each in complaints if "503" in each[:3]} == {"503"}
    complaints.clear()


def without_scripts(page: Page) -> Page:
    """The same page as the same person has it in a browser that runs no script."""
    browser = page.context.browser
    assert browser is not None
    without = browser.new_context(java_script_enabled=False)
    without.add_cookies(page.context.cookies())
    plain = without.new_page()
    plain.goto(page.url)
    return plain


def test_without_scripts_one_too_many_is_told_plainly_and_loses_nothing(
    app: Flask, papers: Page, crowd: Callable[[], None]
) -> None:
    """A sentence, a way back, and all that was there before is there still."""
    page = papers
    plain = without_scripts(page)
    card = plain.locator(f"#{PAPER}")
    card.locator("[type=file]").set_input_files([camera(1)])
    card.get_by_role("button", name="上传").click()
    expect(plain.locator("h1")).to_have_text("传的人太多，这一次没有收下")
    expect(plain.locator("main")).to_contain_text("您填的都还在")
    assert_fits(plain)
    crowd()
    plain.go_back()
    card.locator("[type=file]").set_input_files([camera(1)])
    card.get_by_role("button", name="上传").click()
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 1 页")
    assert [bars(each) for each in contents(app)] == [1]
    with app.app_context():
        assert db.session.query(Draft).one().answers["woman"]["name"] == WOMAN["name"]
    plain.context.close()


def test_one_that_is_cancelled_is_not_kept(app: Flask, papers: Page) -> None:
    page, card = papers, slot(papers)
    weak(page)
    choose(page, camera(1, (1600, 1200)), camera(2, (1600, 1200)))
    expect(card.get_by_text(re.compile("正在传，")).first).to_be_visible()
    card.get_by_role("button", name="取消").first.click()
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 1 页", timeout=30_000)
    assert [bars(each) for each in contents(app)] == [2]


def test_leaving_while_something_is_on_its_way_asks_first(papers: Page) -> None:
    page, card = papers, slot(papers)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    weak(page)
    choose(page, camera(1))
    expect(card.get_by_text(re.compile("正在传，")).first).to_be_visible()
    page.get_by_role("link", name="上一步").click()
    page.get_by_role("button", name="下一步").click()
    assert asked == ["还有照片没传完，离开就不传了。要离开吗？"] * 2
    expect(page.get_by_role("heading", level=1)).to_have_text("拍照上传材料")
    card.get_by_role("button", name="取消").click()
    page.get_by_role("link", name="上一步").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("在哪个窗口领取？")
    assert len(asked) == 2


def test_a_session_that_ended_keeps_the_photo_until_one_has_signed_in_again(
    app: Flask, papers: Page, live: str
) -> None:
    page, card = papers, slot(papers)
    known = page.context.cookies()
    page.context.clear_cookies()
    choose(page, camera(1, (1600, 1200)))
    expect(card.get_by_text("登录过期了")).to_be_focused()
    assert_accessible(page)
    page.context.add_cookies([{"name": c["name"], "value": c["value"], "url": live} for c in known])
    card.get_by_role("button", name="马上重传").click()
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 1 页")


def test_a_page_that_was_open_for_long_fetches_a_fresh_token(app: Flask, papers: Page) -> None:
    page, card = papers, slot(papers)
    page.evaluate("document.querySelectorAll('[name=csrf_token]').forEach(e => e.value = 'old')")
    choose(page, camera(1, (1600, 1200)))
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 1 页")


def test_it_is_awake_on_a_page_that_was_swapped_in(app: Flask, papers: Page) -> None:
    page, card = papers, slot(papers)
    page.get_by_role("link", name="上一步").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("在哪个窗口领取？")
    page.reload()
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("拍照上传材料")
    choose(page, camera(1, (1600, 1200)))
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 1 页")
    with page.expect_file_chooser() as chosen:
        card.get_by_role("button", name="从相册选").click()
    # While the album is open the page is swapped below it.
    page.locator("#marriage_certificate").get_by_role("button", name="请窗口在系统里查").click()
    expect(page.get_by_role("button", name="找到了，我要上传")).to_be_visible()
    chosen.value.set_files([camera(2, (1600, 1200))])
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 2 页")
    assert [bars(each) for each in contents(app)] == [1, 2]


def test_without_scripts_a_plain_form_sends_several(app: Flask, papers: Page) -> None:
    """The page of a browser that runs no script; see also `test_applying`."""
    page = papers
    plain = without_scripts(page)
    card = plain.locator(f"#{PAPER}")
    card.locator("[type=file]").set_input_files([camera(n, (1600, 1200)) for n in (1, 2)])
    card.get_by_role("button", name="上传").click()
    expect(card.locator("[data-part=tags]")).to_have_text("已上传 2 页")
    card.get_by_role("button", name=re.compile("往前.*第 2 页")).click()
    assert [bars(each) for each in contents(app)] == [2, 1]
    expect(card.get_by_role("button", name="拍照")).to_have_count(0)
    plain.context.close()
