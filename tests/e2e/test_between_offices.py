"""Journeys between offices, on the clerk's desktop and on a phone: asked, sent on, issued, refused, told."""

from __future__ import annotations

import os
import secrets
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.accounts.models import Citizen, Officer, Session
from app.applications.models import Application
from app.casework import late
from app.clock import now
from app.extensions import db
from app.files import LocalStore
from app.places.loading import load_demo_offices
from app.vault import keyed_hash
from app.verification import watch
from tests import factories as make
from tests.casework.asking import ask_elsewhere
from tests.e2e.conftest import assert_accessible, assert_fits

REASONS = "女方婚前的第二个孩子由前夫抚养，登记情况和申请不一致。"
PROMISE = "夫妻二人书面承诺：各只生育过一个孩子，愿负责任。"
WIDE = {"width": 1280, "height": 900}
# JOURNEY_PICTURES=folder keeps a picture of each page, to be looked at.
PICTURES = os.environ.get("JOURNEY_PICTURES")


class People:
    """Everybody's browser: one tab whose cookie says who it is."""

    def __init__(self, page: Page, app: Flask, live: str) -> None:
        self.page, self.app, self.live = page, app, live

    def become(self, code: str, role: str = "clerk", name: str = "陈晓") -> None:
        """Somebody at the office of this division."""
        with self.app.app_context():
            self._sign_in(make.officer(code, role, name))

    def become_citizen(self, phone: str) -> None:
        """Whoever has this phone."""
        with self.app.app_context():
            self._sign_in(make.citizen(phone))

    def _sign_in(self, person: Citizen | Officer) -> None:
        token = secrets.token_urlsafe(32)
        row = Session(
            token_hash=keyed_hash("session", token),
            device="测试",
            created_at=now(),
            last_seen_at=now(),
        )
        row.citizen = person if isinstance(person, Citizen) else None
        row.officer = person if isinstance(person, Officer) else None
        db.session.add(row)
        db.session.commit()
        self.page.context.clear_cookies(name="own-session")
        self.page.context.add_cookies([{"name": "own-session", "value": token, "url": self.live}])

    def see(self, path: str, name: str) -> None:
        """Open a page, and look at it."""
        self.page.goto(path)
        self.look(name)

    def look(self, name: str) -> None:
        """The page is whole, and whoever wants to has a picture of it."""
        assert_fits(self.page)
        assert_accessible(self.page)
        if PICTURES:
            width = self.page.viewport_size["width"]
            self.page.screenshot(
                path=Path(PICTURES) / f"{name}-{width}.png", full_page=True, caret="initial"
            )

    def says(self, *words: str) -> None:
        for each in words:
            expect(self.page.locator("main")).to_contain_text(each)

    def press(self, name: str) -> None:
        """The button of this name, by which this page goes on to another."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def act(self, name: str, **words: str) -> None:
        """One act on the open case."""
        form = self.page.locator(f"form[action$='/{name}']")
        fold = self.page.locator("details", has=form)
        if fold.count():
            fold.locator("summary").click()
        for field, value in words.items():
            box = form.locator(f"[name='{name}-{field}']")
            if box.first.get_attribute("type") == "radio":
                form.locator(f"[name='{name}-{field}'][value='{value}']").check()
            else:
                box.fill(value)
        form.get_by_role("button").click()
        expect(form).to_have_count(0)


@pytest.fixture(params=["desktop", "phone"])
def people(
    request: pytest.FixtureRequest, app: Flask, page: Page, live: str, tmp_path: Path
) -> People:
    app.extensions["files"] = LocalStore(tmp_path / "files")
    with app.app_context():
        load_demo_offices()
        db.session.commit()
    if request.param == "desktop":
        page.set_viewport_size(WIDE)
    return People(page, app, live)


def filed(app: Flask, *args: Any, **more: Any) -> str:
    """The id of a case that is filed today."""
    with app.app_context():
        case_id = str(make.filed(*args, **more).id)
        db.session.remove()
    return case_id


def work(app: Flask, job: Callable[[], int]) -> int:
    """What the worker does."""
    with app.app_context():
        return job()


def test_hubei_2014_by_an_agent_nobody_answers_and_the_certificate_issues_on_day_thirty(
    app: Flask, people: People, as_of: Callable[[str], None]
) -> None:
    as_of("2014-06-03")
    case_id = filed(app, make.ONE_ONLY_CHILD, filer="agent")
    people.become(make.BAIGUO)
    people.see(f"/staff/cases/{case_id}", "hubei-1-case")
    people.act("accept")
    people.page.get_by_role("link", name="请别处核实一件事").click()
    people.look("hubei-2-ask")
    people.page.locator(f"[name=to][value='{make.SONGBU}']").check()
    people.page.locator("[name=whom][value=man]").check()
    people.page.locator("[name=about][value=births]").check()
    people.press("发出去")
    people.says("等答复")
    people.look("hubei-3-asked")
    people.become(make.SONGBU, name="周敏")
    people.see("/staff/enquiries", "hubei-4-enquiries")
    people.page.get_by_role("link", name="生育和收养过几个孩子").click()
    people.look("hubei-5-enquiry")
    as_of("2014-06-11")
    assert work(app, watch.watch) == 2
    people.become(make.MACHENG, "supervisor")
    people.see("/staff/enquiries", "hubei-6-supervisor")
    people.says("过了期还没有答复的", "起亮红灯")
    people.become(make.BAIGUO)
    people.see(f"/staff/cases/{case_id}", "hubei-7-overdue")
    people.says("不退件", "按时发证")
    as_of("2014-07-02")
    assert work(app, late.issue_overdue) == 0
    as_of("2014-07-03")
    assert work(app, late.issue_overdue) == 1
    people.see(f"/staff/cases/{case_id}", "hubei-8-issued")
    people.says("到期没有办完，按规定发证", "也没有证实不符合条件")
    people.become_citizen(make.AGENT["phone"])
    people.see(f"/my/{case_id}", "hubei-9-citizen")
    people.says("批准了", "到期没有办完，按规定发证")


def test_the_wrong_office_sends_the_whole_case_on(app: Flask, people: People) -> None:
    case_id = filed(app)
    people.become(make.BAIGUO)
    people.see(f"/staff/cases/{case_id}", "sent-1-case")
    people.page.get_by_role("link", name="不归这里办？整件转给对的单位").click()
    people.look("sent-2-form")
    people.press("转过去")
    people.says("请选转给哪个单位", "请写为什么要转")
    people.look("sent-3-errors")
    people.page.get_by_label("宋埠镇").check()
    people.page.get_by_label("为什么转").fill("男方户口在宋埠镇，夫妻商定在那里办。")
    people.press("转过去")
    people.says("已转给")
    people.look("sent-4-away")
    people.become(make.SONGBU, name="周敏")
    people.see(f"/staff/cases/{case_id}", "sent-5-new-office")
    people.says("首接", "现在由")
    people.act("accept")
    people.become_citizen(make.WOMAN["phone"])
    people.see(f"/my/{case_id}", "sent-6-citizen")
    people.says("首接负责", "转给")


def test_today_a_registration_at_the_residence_and_the_place_of_hukou_is_told(
    app: Flask, people: People
) -> None:
    home = {"division": make.LOUFENG, "since": "2025-01-01"}
    facts = {
        **make.FIRST_CHILD,
        "woman": {"hukou": make.BAIGUO, "residence": home},
        "man": {"hukou": make.MINSHENG, "residence": home},
    }
    case_id = filed(app, facts, "woman_residence")
    people.become(make.LOUFENG, name="陆薇")
    people.see(f"/staff/cases/{case_id}", "told-1-case")
    people.act("accept")
    people.act("register")
    for number, code in enumerate((make.BAIGUO, make.MINSHENG), start=2):
        people.become(code)
        people.see("/staff/enquiries", f"told-{number}-hukou")
        people.says("别处办好、告诉我们的", "已登记")
    people.become_citizen(make.WOMAN["phone"])
    people.see(f"/my/{case_id}", "told-4-citizen")
    people.says("结果已通报户籍地")


@pytest.mark.parametrize("ending", ["approve", "refuse"])
def test_guangxi_2018_the_township_itself_approves_or_refuses_with_reasons(
    app: Flask, people: People, as_of: Callable[[str], None], ending: str
) -> None:
    as_of("2018-12-03")
    case_id = filed(app, make.REMARRIED_TWO)
    people.become(make.MINSHENG, name="韦兰")
    people.see(f"/staff/cases/{case_id}", f"guangxi-{ending}-1-case")
    people.act("accept")
    people.look(f"guangxi-{ending}-2-accepted")
    if ending == "approve":
        people.act("approve")
    else:
        people.act("refuse", ground="facts_differ", reasons=REASONS)
    people.look(f"guangxi-{ending}-3-decided")
    people.become_citizen(make.WOMAN["phone"])
    people.see(f"/my/{case_id}", f"guangxi-{ending}-4-citizen")
    if ending == "approve":
        people.says("批准了", "再生育证")
    else:
        people.says("查到的情况和申请里填的不一样", REASONS, "12345")


def test_S1_city_c_cannot_look_up_city_a_and_goes_on_with_a_promise(
    app: Flask, people: People, as_of: Callable[[str], None]
) -> None:
    as_of("2026-03-02")
    home = {"division": make.LOUFENG, "since": "2025-01-01"}
    away = {"hukou": "110105001", "residence": home}
    case_id = filed(app, {**make.FIRST_CHILD, "woman": away, "man": away}, "woman_residence")
    people.become(make.LOUFENG, name="陆薇")
    people.see(f"/staff/cases/{case_id}/verifications", "s1-1-ask")
    people.page.locator("[name=to][value='110105001']").check()
    people.page.locator("[name=whom][value=couple]").check()
    people.page.locator("[name=about][value=hukou]").check()
    people.press("发出去")
    people.look("s1-2-asked")
    people.says("打印协查函")
    as_of("2026-03-16")
    work(app, watch.watch)
    people.see(f"/staff/cases/{case_id}", "s1-3-overdue")
    people.page.get_by_role("link", name="按书面承诺往下办").click()
    people.look("s1-4-leave")
    people.page.get_by_label("申请人的书面承诺").fill(PROMISE)
    people.press("收下承诺，往下办")
    people.says(PROMISE)
    people.act("accept")
    people.act("register")
    people.look("s1-5-registered")


def test_an_office_outside_answers_on_a_phone(app: Flask, people: People) -> None:
    case_id = filed(app)
    with app.app_context():
        case = db.session.get_one(Application, uuid.UUID(case_id))
        code = ask_elsewhere(case, "110105001").reply_code
        db.session.remove()
    people.see("/reply", "reply-1-code")
    people.page.get_by_label("答复码").fill("XC-2222-2222-2222")
    people.press("下一步")
    people.says("没有这个答复码")
    people.page.get_by_label("答复码").fill(code)
    people.press("下一步")
    people.look("reply-2-form")
    people.page.get_by_label("属实").check()
    people.page.get_by_label("你们单位的名称").fill("某某街道办事处")
    people.page.get_by_label("您的姓名").fill("赵六")
    people.press("交答复")
    people.says("答复已经送到")
    people.look("reply-3-thanks")
