"""An application on a phone, from consent to receipt: with scripts and without, every page checked."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.applications.filing import MAN, WOMAN, photo
from tests.e2e.conftest import assert_accessible, assert_fits
from tests.e2e.hearing import assert_heard_well
from tests.e2e.walking import send_photo


def look(page: Page) -> None:
    """The page fits the phone and axe finds nothing."""
    assert_fits(page)
    if page.evaluate("'htmx' in window"):
        # Without scripts the checker itself cannot run.
        assert_accessible(page)


def go_on(page: Page, heading: str, button: str = "下一步") -> None:
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def test_from_consent_to_receipt(ready: Page, javascript: bool) -> None:
    page = ready
    page.goto("/apply/start?role=woman_residence")
    page.get_by_role("button", name="同意，开始填").click()
    expect(page.locator(".errors")).to_be_focused() if javascript else None
    look(page)
    for box in page.get_by_role("checkbox").all():
        box.check()
    go_on(page, "谁来办？", "同意，开始填")
    look(page)
    page.get_by_text("我是女方").click()
    go_on(page, "您是谁？")
    page.get_by_label("姓名").fill(WOMAN["name"])
    page.get_by_label("证件号码").fill("110105194912310021")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("最后一位对不上").first).to_be_visible()
    look(page)
    page.get_by_label("证件号码").fill(WOMAN["id_number"])
    go_on(page, "男方是谁？")
    page.get_by_label("姓名").fill(MAN["name"])
    page.get_by_label("证件号码").fill(MAN["id_number"])
    go_on(page, "这一胎的情况")
    look(page)
    page.get_by_text("怀孕了，还没出生").click()
    go_on(page, "在哪里办？")
    look(page)
    go_on(page, "在哪个窗口领取？")
    look(page)
    go_on(page, "拍照上传材料")
    look(page)
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("还差：").first).to_be_visible()
    assert_heard_well(page)
    card = page.locator("#id_or_hukou_booklet")
    send_photo(card, photo().read())
    expect(page.get_by_text("已上传 1 页")).to_be_visible()
    page.locator("#marriage_certificate").get_by_role("button", name="请窗口在系统里查").click()
    expect(page.get_by_text("还没有")).to_have_count(0)
    look(page)
    go_on(page, "请您保证内容真实")
    page.get_by_role("checkbox").check()
    look(page)
    go_on(page, "检查一遍再交")
    look(page)
    page.get_by_role("link", name="改 女方").click()
    page.get_by_label("姓名").fill("改过的名字")
    go_on(page, "检查一遍再交")
    expect(page.get_by_text("改过的名字")).to_be_visible()
    page.get_by_role("button", name="交上去").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("交好了")
    look(page)
    number = page.locator(".number").inner_text()
    page.get_by_role("link", name="我的申请").click()
    expect(page.get_by_text(number)).to_be_visible()
    look(page)


def test_two_taps_on_send(ready: Page) -> None:
    page = ready
    page.goto("/apply/start")
    for box in page.get_by_role("checkbox").all():
        box.check()
    go_on(page, "谁来办？", "同意，开始填")
    page.get_by_text("我是女方").click()
    go_on(page, "您是谁？")
    page.get_by_label("姓名").fill(WOMAN["name"])
    page.get_by_label("证件号码").fill(WOMAN["id_number"])
    go_on(page, "男方是谁？")
    page.get_by_label("姓名").fill(MAN["name"])
    page.get_by_label("证件号码").fill(MAN["id_number"])
    go_on(page, "这一胎的情况")
    page.get_by_text("怀孕了，还没出生").click()
    go_on(page, "在哪里办？")
    go_on(page, "在哪个窗口领取？")
    go_on(page, "拍照上传材料")
    for _ in range(2):
        page.get_by_role("button", name="请窗口在系统里查").first.click()
        page.wait_for_load_state("networkidle")
    go_on(page, "请您保证内容真实")
    page.get_by_role("checkbox").check()
    go_on(page, "检查一遍再交")
    page.get_by_role("button", name="交上去").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("交好了")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("没有找到这份申请")
    page.get_by_role("link", name="看我的申请").click()
    expect(page.locator("a.card.go")).to_have_count(1)
