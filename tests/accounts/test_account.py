"""One's own account: what is held about one, another phone, and closing it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import files
from app.accounts import my_data
from app.accounts.models import Citizen, Session, SignInCode
from app.applications.models import Application, Draft, Upload
from app.audit import AuditEvent
from app.delegation import powers
from app.delegation.authority import Status
from app.extensions import Base, db
from app.notifications import service as notifications
from app.notifications.models import OutboxMessage
from app.vault import keyed_hash
from tests import factories as make
from tests.accounts.conftest import Store, Watch
from tests.applications.filing import STEPS, checked, fill, photo, start
from tests.client import Client

OLD, NEW = make.WOMAN["phone"], "13911110000"
SignIn = Callable[..., Client]


@pytest.fixture
def code(app: Flask) -> Callable[[str], str]:
    """`code(phone)` is the newest code that was sent to this phone."""

    def read(phone: str) -> str:
        with app.app_context():
            for message in notifications.latest():
                if message.phone == phone and message.useless_at:
                    return str((message.params or {})["code"])
        raise AssertionError(f"no code to {phone}")

    return read


@pytest.fixture
def hers(app: Flask, session: Store, offices: None) -> Client:
    """The woman of the couple, signed in."""
    return make.browser_of(make.citizen(), app)


@pytest.fixture
def lived_in(app: Flask, session: Store, hers: Client) -> Application:
    """Her account with a draft, a photo in it, an application, and an officer who looked at it."""
    case = make.filed()
    hers.set_cookie("check", checked({}))
    draft = start(hers)
    for step, fields in STEPS.items():
        fill(hers, draft, step, **fields)
    sent = hers.post(f"{draft}/documents/id_or_hukou_booklet", data={"file": (photo(), "a.jpg")})
    assert sent.status_code == 303
    desk = make.browser_of(make.officer(make.BAIGUO, name="何静"), app)
    desk.get(f"/staff/cases/{case.id}")
    desk.post(f"/staff/cases/{case.id}/reveal")
    return case


def rows(*models: type[Base]) -> list[int]:
    return [db.session.scalar(select(func.count()).select_from(each)) or 0 for each in models]


# --- What is held -----------------------------------------------------------------------------------


def test_every_table_about_a_citizen_is_spoken_for(app: Flask) -> None:
    """Whoever adds a table that names a citizen says in a `holding` what becomes of it."""
    with app.app_context():
        spoken_for = set().union(*(holding.tables for holding in my_data.holdings()))
        named = {column.table.name for column in my_data.columns_of_citizens()}
    assert named - spoken_for == set()


def test_the_copy_holds_all_that_was_typed(lived_in: Application, hers: Client) -> None:
    shown = hers.get("/account/data").text
    answer = hers.get("/account/data.json")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    for words in (
        make.WOMAN["name"],
        make.WOMAN["id_number"],
        make.MAN["name"],
        STEPS["woman"]["name"],
        OLD,
        lived_in.number,
        "何静",
    ):
        assert words in shown
        assert words in answer.text
    held = json.loads(answer.text)["held"]
    assert list(held) == ["account", "messages", "powers", "filings", "papers", "voices", "notes"]
    kinds = [item["kind"] for item in held["filings"]["items"]]
    assert sorted(kinds) == ["application", "draft"]
    draft = next(item for item in held["filings"]["items"] if item["kind"] == "draft")
    assert draft["answers"]["woman"]["name"] == STEPS["woman"]["name"]
    assert [upload["document"] for upload in draft["uploads"]] == ["id_or_hukou_booklet"]
    case = next(item for item in held["filings"]["items"] if item["kind"] == "application")
    assert {look["kind"] for look in case["looked_at"]} == {
        "case.opened",
        "case.personal_data_viewed",
    }
    assert next(event["kind"] for event in case["events"]) == "submitted"
    texts = [item["text"] for item in held["messages"]["items"]]
    assert any(lived_in.number in text for text in texts)


def test_a_copy_holds_nothing_of_anybody_else(app: Flask, lived_in: Application) -> None:
    other = make.browser_of(make.citizen("13800009999"), app)
    for url in ("/account/data", "/account/data.json"):
        text = other.get(url).text
        for words in (make.WOMAN["name"], OLD, lived_in.number):
            assert words not in text


def test_a_code_is_not_shown_again(
    app: Flask, session: Store, offices: None, sign_in: SignIn, code: Callable[[str], str]
) -> None:
    phone = sign_in(Client(app), OLD)
    given = code(OLD)
    for path in ("/account/data", "/account/data.json"):
        assert given not in phone.get(path).text


def test_consents_say_when_for_what_and_how_to_take_them_back(
    lived_in: Application, hers: Client
) -> None:
    shown = hers.get("/account/consents").text
    assert "用来登录" in shown
    assert shown.count("单独同意：证件号码") == 2
    assert "撤回同意：删除这份草稿" in shown
    assert f'href="/my/{lived_in.id}"' in shown
    assert shown.count("同意时间：") == 3


@pytest.mark.parametrize("path", ["", "/devices", "/consents", "/data", "/script", "/close"])
def test_every_page_in_both_wrappings(lived_in: Application, hers: Client, path: str) -> None:
    assert hers.get(f"/account{path}").status_code == 200
    assert hers.fragment(f"/account{path}").status_code == 200


def test_messages_come_in_the_script_one_chooses(hers: Client, session: Store) -> None:
    assert hers.post("/account/script", data={"script": "nonsense"}).status_code == 422
    assert hers.post("/account/script", data={"script": "zh_Hant"}).status_code == 303
    assert make.citizen().script == "zh_Hant"
    assert "繁体" in hers.get("/account").text


# --- Another phone ----------------------------------------------------------------------------------


def change(hers: Client, code: Callable[[str], str], new: str = NEW) -> Any:
    """The whole way; the answer to the last step."""
    assert hers.post("/account/phone").location == "/account/phone/old"
    answer = hers.post("/account/phone/old", data={"code": code(OLD)})
    assert answer.location == "/account/phone/new"
    answer = hers.post("/account/phone/new", data={"phone": new})
    assert answer.location == "/account/phone/new/code"
    return hers.post("/account/phone/new/code", data={"code": code(new)})


def test_a_phone_is_changed_by_a_code_to_each(
    app: Flask, session: Store, lived_in: Application, hers: Client, code: Callable[[str], str]
) -> None:
    elsewhere = make.browser_of(make.citizen(), app)
    assert change(hers, code).location == "/account"
    session.expire_all()
    changed = session.scalars(select(Citizen)).one()
    assert (changed.phone, changed.phone_hash) == (NEW, keyed_hash("phone", NEW))
    assert "139****0000" in hers.get("/account").text
    assert lived_in.number in hers.get("/my").text
    assert elsewhere.get("/account").status_code == 303, "other devices are out"
    told = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "phone_changed")).one()
    assert told.phone == OLD
    assert "citizen.phone_changed" in session.scalars(select(AuditEvent.kind)).all()


def test_neither_code_alone_changes_anything(
    app: Flask, session: Store, hers: Client, code: Callable[[str], str]
) -> None:
    assert hers.get("/account/phone/new").location == "/account/phone"
    assert hers.post("/account/phone/new", data={"phone": NEW}).location == "/account/phone"
    assert hers.post("/account/phone/new/code", data={"code": "1"}).location == "/account/phone"
    hers.post("/account/phone")
    right = code(OLD)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    assert hers.post("/account/phone/old", data={"code": wrong}).status_code == 422
    assert hers.get("/account/phone/new").location == "/account/phone"
    hers.post("/account/phone/old", data={"code": right})
    hers.post("/account/phone/new", data={"phone": NEW})
    wrong = f"{(int(code(NEW)) + 1) % 1_000_000:06}"
    assert hers.post("/account/phone/new/code", data={"code": wrong}).status_code == 422
    assert make.citizen().phone == OLD


def test_a_code_for_one_purpose_serves_no_other(
    app: Flask, session: Store, hers: Client, code: Callable[[str], str]
) -> None:
    hers.post("/account/close")
    closing = code(OLD)
    assert hers.post("/account/phone/old", data={"code": closing}).location == "/account/phone"
    fresh = Client(app)
    cookie = hers.get_cookie("own-browser")
    assert cookie is not None
    fresh.set_cookie("own-browser", cookie.value)
    assert fresh.post("/sign-in/code", data={"code": closing}).status_code == 422
    assert hers.post("/account/close/code", data={"code": closing}).location == "/account/closed"


def test_the_proof_of_the_old_phone_lasts_ten_minutes_and_for_this_session(
    app: Flask, watch: Watch, hers: Client, code: Callable[[str], str]
) -> None:
    hers.post("/account/phone")
    hers.post("/account/phone/old", data={"code": code(OLD)})
    assert hers.get("/account/phone/new").status_code == 200
    watch.forward(minutes=10)
    assert hers.get("/account/phone/new").location == "/account/phone"


def test_a_phone_that_has_an_account_is_not_taken(
    app: Flask, session: Store, hers: Client, code: Callable[[str], str]
) -> None:
    make.citizen(NEW)
    answer = change(hers, code)
    assert answer.status_code == 409
    assert "已经有另一个账号" in answer.text
    assert {each.phone for each in session.scalars(select(Citizen))} == {OLD, NEW}


def test_the_same_number_and_a_foreign_one_are_no_new_phone(
    hers: Client, code: Callable[[str], str]
) -> None:
    hers.post("/account/phone")
    hers.post("/account/phone/old", data={"code": code(OLD)})
    for phone, says in ((OLD, "这就是现在的号码"), ("+852 6123 4567", "中国大陆的手机号")):
        answer = hers.post("/account/phone/new", data={"phone": phone})
        assert answer.status_code == 422
        assert says in answer.text


# --- Closing ----------------------------------------------------------------------------------------


def close(hers: Client, code: Callable[[str], str]) -> Any:
    assert hers.post("/account/close").location == "/account/close/code"
    return hers.post("/account/close/code", data={"code": code(OLD)})


def test_closing_destroys_all_but_what_was_filed(
    app: Flask, session: Store, lived_in: Application, hers: Client, code: Callable[[str], str]
) -> None:
    key = session.scalars(select(Upload.key)).one()
    said = hers.get("/account/close").text
    assert "交了的申请 1 份" in said
    assert "办理单位" in said
    assert close(hers, code).location == "/account/closed"
    session.expire_all()
    assert rows(Draft, Upload, SignInCode) == [0, 0, 0]
    assert session.scalars(select(Session).where(Session.citizen_id.is_not(None))).all() == []
    left = session.scalars(select(Citizen)).one()
    assert (left.phone_hash, left.phone_sealed) == (None, None)
    assert left.closed_at is not None
    kept = session.scalars(select(Application)).one()
    assert (kept.number, kept.answers["woman"]["name"]) == (lived_in.number, make.WOMAN["name"])
    assert hers.get("/account").status_code == 303
    assert "账号已经注销" in hers.get("/account/closed").text
    assert session.scalars(select(OutboxMessage).where(OutboxMessage.state == "sent")).all() == []
    assert Path(app.extensions["files"].folder, key[:2], key).exists(), "swept by night"
    assert files.store() is not None


def test_without_a_filing_nothing_of_the_account_stays(
    session: Store, hers: Client, code: Callable[[str], str]
) -> None:
    assert "交了的申请" not in hers.get("/account/close").text
    close(hers, code)
    session.expire_all()
    assert rows(Citizen, Draft, Session, SignInCode, OutboxMessage) == [0, 0, 0, 0, 0]


def test_the_same_phone_is_then_a_new_account(
    app: Flask,
    session: Store,
    lived_in: Application,
    hers: Client,
    code: Callable[[str], str],
    watch: Watch,
    sign_in: SignIn,
) -> None:
    close(hers, code)
    watch.forward(minutes=2)
    again = sign_in(Client(app), OLD)
    assert lived_in.number not in again.get("/my").text
    assert again.get(f"/my/{lived_in.id}").status_code == 404
    found = Client(app)
    answer = found.post("/track", data={"number": lived_in.number, "tail": OLD[-4:]})
    assert answer.status_code == 303, "the filing is still found by its number"


def test_the_office_goes_on_with_what_was_filed(
    app: Flask, session: Store, lived_in: Application, hers: Client, code: Callable[[str], str]
) -> None:
    close(hers, code)
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    session.expire_all()
    version = session.scalars(select(Application.version)).one()
    answer = desk.post(
        f"/staff/cases/{lived_in.id}/accept", data={"accept-version": version, "accept-seen": 9}
    )
    assert answer.status_code == 303
    waiting = session.scalars(select(OutboxMessage).where(OutboxMessage.state == "queued")).all()
    assert OLD in {message.phone for message in waiting}


def test_it_takes_the_code(session: Store, hers: Client, code: Callable[[str], str]) -> None:
    assert hers.get("/account/close/code").location == "/account/close"
    assert hers.post("/account/close/code", data={"code": "123456"}).location == "/account/close"
    hers.post("/account/close")
    wrong = f"{(int(code(OLD)) + 1) % 1_000_000:06}"
    assert hers.post("/account/close/code", data={"code": wrong}).status_code == 422
    assert rows(Citizen) == [1]
    assert hers.get("/account").status_code == 200


@pytest.mark.parametrize("at", range(5))
def test_it_never_leaves_half(
    app: Flask,
    session: Store,
    lived_in: Application,
    hers: Client,
    code: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    at: int,
) -> None:
    """A fault after any room has forgotten its part: everything is as it was."""
    hers.post("/account/close")
    before = rows(Citizen, Draft, Upload, Application, Session, OutboxMessage)
    holding = my_data.holdings()[at]

    def forget_and_fail(self: object, citizen: Citizen) -> None:
        forget(citizen)
        db.session.flush()
        raise OSError("the disk is full")

    forget = holding.forget
    monkeypatch.setattr(type(holding), "forget", forget_and_fail)
    given = code(OLD)
    answer = hers.post("/account/close/code", data={"code": given}, fault_expected=True)
    assert answer.status_code == 500
    session.rollback()
    session.expire_all()
    assert rows(Citizen, Draft, Upload, Application, Session, OutboxMessage) == before
    assert hers.get("/account").status_code == 200, "still signed in"
    monkeypatch.undo()
    assert hers.post("/account/close/code", data={"code": given}).location == "/account/closed"


# --- Powers of attorney -----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["woman", "agent"])
def test_closing_ends_the_powers_one_gave_and_was_given(
    app: Flask, session: Store, offices: None, who: str, code: Callable[[str], str]
) -> None:
    """Nobody acts for somebody who has left, and nobody who has left acts."""
    draft = make.drafted(filer="agent")
    power = make.power_of(draft)
    assert powers.status_of(power) is Status.IN_FORCE
    leaving = {"woman": make.WOMAN, "agent": make.AGENT}[who]["phone"]
    browser = make.browser_of(make.citizen(leaving), app)
    assert power.number in browser.get("/account/data").text
    assert "授权委托 1 份" in browser.get("/account/close").text
    browser.post("/account/close")
    assert browser.post("/account/close/code", data={"code": code(leaving)}).status_code == 303
    session.expire_all()
    assert powers.status_of(power) is Status.ENDED
    other = {"woman": make.AGENT, "agent": make.WOMAN}[who]["phone"]
    told = [m.kind for m in session.scalars(select(OutboxMessage)) if m.phone == other]
    assert [kind for kind in told if kind.startswith("power_ended")]
