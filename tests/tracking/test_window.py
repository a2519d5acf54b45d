"""Collecting the paper at another window of the jurisdiction; both windows see it."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask

from app.casework.acts import Act
from app.extensions import db
from tests import factories as make
from tests.casework.asking import desk
from tests.tracking.test_tracking import REASONS, do

pytestmark = pytest.mark.usefixtures("offices")


def owner(app: Flask):
    return make.browser_of(make.citizen(), app)


def move(browser, case, code: str):
    return browser.post(f"/my/{case.id}/window", data={"office": str(make.office(code).id)})


def test_only_windows_of_the_jurisdiction_are_offered(app: Flask) -> None:
    case = make.filed()
    page = owner(app).get(f"/my/{case.id}/window").text
    assert str(make.office(make.SONGBU).id) in page
    assert str(make.office(make.MACHENG).id) in page
    assert str(make.office(make.LOUFENG).id) not in page


def test_both_windows_see_that_it_moved(app: Flask) -> None:
    case = make.filed()
    number = case.number.removeprefix("JJB-")
    assert move(owner(app), case, make.SONGBU).status_code == 303
    event = case.events[-1]
    assert (event.kind, event.actor_kind) == ("collect_office_changed", "citizen")
    assert event.data == {
        "from_office": str(make.office(make.BAIGUO).id),
        "to_office": str(make.office(make.SONGBU).id),
    }
    page = owner(app).get(f"/my/{case.id}").text
    assert "换了领证窗口" in page
    assert "宋埠镇" in page
    before, after = desk(make.BAIGUO, app), desk(make.SONGBU, app)
    assert "换到别的窗口领的" in before.get("/staff/collect").text
    assert number in before.get("/staff/collect").text
    assert number in after.get("/staff/collect?later=1").text
    assert number not in after.get("/staff/collect").text
    do(case, Act.ACCEPT)
    do(case, Act.REGISTER)
    page = after.get("/staff/collect").text
    assert number in page
    assert "张某" in page
    assert make.WOMAN["name"] not in page
    # The window that hands it over still opens no case of another office.
    assert after.get(f"/staff/cases/{case.id}").status_code == 404
    for code in (make.MINSHENG, make.LOUFENG):
        assert number not in desk(code, app).get("/staff/collect").text


def test_a_window_elsewhere_is_refused(app: Flask) -> None:
    case = make.filed()
    before = case.collect_office_id
    for office in (str(make.office(make.LOUFENG).id), str(uuid.uuid4()), "nonsense", ""):
        answer = owner(app).post(f"/my/{case.id}/window", data={"office": office})
        assert answer.status_code == 422
        assert "请选一个窗口" in answer.text
    db.session.expire_all()
    assert case.collect_office_id == before


def test_choosing_the_same_window_changes_nothing(app: Flask) -> None:
    case = make.filed()
    events = len(case.events)
    assert move(owner(app), case, make.BAIGUO).status_code == 303
    assert len(case.events) == events


def test_after_a_refusal_there_is_nothing_to_collect(app: Flask) -> None:
    case = make.filed()
    do(case, Act.REFUSE, reasons=REASONS)
    browser = owner(app)
    assert browser.get(f"/my/{case.id}/window").status_code == 303
    assert move(browser, case, make.SONGBU).status_code == 409
    assert "换领证窗口" not in browser.get(f"/my/{case.id}").text


def test_the_office_is_asked_to_look_again_when_the_window_changed_meanwhile(app: Flask) -> None:
    """H1: what a clerk sees is what they decide on."""
    case = make.filed()
    clerk = desk(make.BAIGUO, app)
    form = {"accept-version": case.version, "accept-seen": len(case.events)}
    move(owner(app), case, make.SONGBU)
    answer = clerk.post(f"/staff/cases/{case.id}/accept", data=form)
    assert answer.status_code == 409
    assert "换了领证窗口" in answer.text


def test_B1_nobody_else_moves_it(app: Flask) -> None:
    case = make.filed()
    other = make.browser_of(make.citizen("13911112222"), app)
    for where in (case.id, uuid.uuid4()):
        assert other.get(f"/my/{where}/window").status_code == 404
        data = {"office": str(make.office(make.SONGBU).id)}
        assert other.post(f"/my/{where}/window", data=data).status_code == 404
