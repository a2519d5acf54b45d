"""A session that ends in the middle of a form: what was typed is there again after signing in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.accounts import typed
from app.accounts.models import KeptForm, Session
from app.applications.models import Application, Draft, Event
from app.extensions import db
from tests import factories as make
from tests.accounts.conftest import Store
from tests.applications.filing import STEPS, checked, fill, start
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
TYPED = {
    "name": "诸葛小雨",
    "id_kind": "resident_id",
    "id_number": "11010519491231002X",
    "phone": "",
}


@pytest.fixture
def hers(app: Flask, session: Store) -> Client:
    """The woman of the couple, signed in, with answers to start from."""
    browser = make.browser_of(make.citizen(), app)
    browser.set_cookie("check", checked({}))
    return browser


@pytest.fixture
def draft(hers: Client) -> str:
    """The address of her draft, open at her name."""
    begun = start(hers)
    fill(hers, begun, "who", **STEPS["who"])
    return begun


def let_session_end(session: Store) -> None:
    """Half an hour passes without a sign of life."""
    for row in session.scalars(select(Session)):
        row.last_seen_at = clock.now() - timedelta(minutes=31)
    session.commit()


def sign_in_again(browser: Client, person: Any) -> None:
    """What a code or a password does: a new session in the same browser."""
    fresh = make.browser_of(person, browser.application)
    cookie = fresh.get_cookie("own-session")
    assert cookie is not None
    browser.set_cookie("own-session", cookie.value)


def stored(session: Store) -> dict[str, Any]:
    session.expire_all()
    return session.scalars(select(Draft)).one().answers or {}


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["whole", "htmx"])
def test_a_step_typed_without_a_session_is_there_after_signing_in(
    session: Store, hers: Client, draft: str, headers: dict[str, str]
) -> None:
    let_session_end(session)
    away = hers.post(f"{draft}/woman?from=check", data=TYPED, headers=headers)
    assert away.status_code == 303
    assert away.location.startswith("/sign-in?next=")
    asked = hers.get(away.location, headers=headers)
    assert "您刚才填的都还在" in asked.text
    assert TYPED["name"] not in asked.text
    sign_in_again(hers, make.citizen())
    back = hers.get(away.location, headers=headers)
    assert back.status_code == 303
    assert back.location == f"{draft}/woman?from=check"
    shown = hers.get(back.location, headers=headers)
    assert shown.status_code == 200
    assert 'value="诸葛小雨"' in shown.text
    assert 'value="11010519491231002X"' in shown.text
    assert "您填的都还在，请再按一次" in shown.text
    assert ("<html" in shown.text) is not headers
    assert "woman" not in stored(session), "shown, not stored"
    taken = hers.post(back.location, data=TYPED | {"phone": "13800000001"}, headers=headers)
    assert taken.status_code == 303
    assert stored(session)["woman"]["name"] == "诸葛小雨"


def test_signing_in_is_not_the_form_that_was_taken(
    session: Store, hers: Client, draft: str, last_code: Callable[[], str]
) -> None:
    let_session_end(session)
    hers.post(f"{draft}/woman", data=TYPED)
    hers.post("/sign-in", data={"phone": make.WOMAN["phone"]})
    assert hers.post("/sign-in/code", data={"code": last_code()}).status_code == 303
    assert "诸葛小雨" in hers.get(f"{draft}/woman").text


def test_it_stays_until_the_form_is_taken(session: Store, hers: Client, draft: str) -> None:
    let_session_end(session)
    hers.post(f"{draft}/woman", data=TYPED)
    sign_in_again(hers, make.citizen())
    for _ in range(2):
        assert "诸葛小雨" in hers.get(f"{draft}/woman").text
    assert "诸葛小雨" not in hers.get(f"{draft}/who").text
    wrong = hers.post(f"{draft}/woman", data=TYPED | {"id_number": "1"})
    assert wrong.status_code == 422
    assert "诸葛小雨" in hers.get(f"{draft}/woman").text
    assert hers.post(f"{draft}/woman", data=TYPED | {"phone": "13800000001"}).status_code == 303
    assert session.scalar(select(func.count()).select_from(KeptForm)) == 0
    assert hers.get_cookie("own-typed") is None


def test_it_is_sealed_and_gone_after_half_an_hour(
    session: Store, hers: Client, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_session_end(session)
    hers.post(f"{draft}/woman", data=TYPED)
    kept = session.scalars(select(KeptForm)).one()
    assert "诸葛".encode() not in kept.fields_sealed
    cookie = hers.get_cookie("own-typed")
    assert cookie is not None
    assert cookie.value != kept.token_hash
    sign_in_again(hers, make.citizen())
    kept.expires_at = clock.now() - timedelta(seconds=1)
    session.commit()
    assert "诸葛小雨" not in hers.get(f"{draft}/woman").text
    typed.forget_old()
    session.commit()
    assert session.scalars(select(KeptForm)).all() == []


def test_somebody_else_on_the_same_phone_sees_nothing_of_it(
    app: Flask, session: Store, hers: Client, draft: str
) -> None:
    let_session_end(session)
    hers.post(f"{draft}/woman", data=TYPED)
    stranger = make.citizen("13800009999")
    sign_in_again(hers, stranger)
    answer = hers.get(f"{draft}/woman")
    assert answer.status_code == 404
    assert "诸葛小雨" not in answer.text


def test_nor_when_nobody_knows_whose_it_was(
    app: Flask, session: Store, hers: Client, draft: str
) -> None:
    """Signed out in one tab, sent from another: then the draft itself decides."""
    hers.post("/sign-out")
    hers.post(f"{draft}/woman", data=TYPED)
    assert session.scalars(select(KeptForm)).one().citizen_id is None
    sign_in_again(hers, make.citizen("13800009999"))
    answer = hers.get(f"{draft}/woman")
    assert (answer.status_code, "诸葛小雨" in answer.text) == (404, False)
    sign_in_again(hers, make.citizen())
    assert "诸葛小雨" in hers.get(f"{draft}/woman").text


def test_another_phone_of_hers_sees_nothing_of_it(
    app: Flask, session: Store, hers: Client, draft: str
) -> None:
    let_session_end(session)
    hers.post(f"{draft}/woman", data=TYPED)
    other = make.browser_of(make.citizen(), app)
    assert "诸葛小雨" not in other.get(f"{draft}/woman").text


def test_a_stale_token_and_no_session_at_once(session: Store, hers: Client, draft: str) -> None:
    """The browser was closed over night: it must at least come from a page of ours."""
    let_session_end(session)
    away = hers.post(f"{draft}/woman", data=TYPED, csrf=False)
    assert away.status_code == 400, "no origin"
    foreign = {"Origin": "https://evil.example"}
    away = hers.post(f"{draft}/woman", data=TYPED, csrf=False, headers=foreign)
    assert away.status_code == 403
    assert session.scalars(select(KeptForm)).all() == []
    own = {"Origin": "http://localhost"}
    away = hers.post(f"{draft}/woman", data=TYPED, csrf=False, headers=own)
    assert away.status_code == 303
    sign_in_again(hers, make.citizen())
    assert "诸葛小雨" in hers.get(f"{draft}/woman").text


def test_a_page_with_another_address_than_its_form(
    session: Store, hers: Client, draft: str
) -> None:
    """Consent is sent to the address of its page, by another view."""
    let_session_end(session)
    sent = {"role": "woman_residence", "begin": "token-1", "processing": "y"}
    assert hers.post("/apply/start", data=sent).status_code == 303
    sign_in_again(hers, make.citizen())
    shown = hers.get("/apply/start").text
    assert 'name="processing"' in shown
    assert "请再按一次" in shown


# --- Limits -----------------------------------------------------------------------------------------


def test_what_is_too_much_or_secret_is_not_kept(
    session: Store, hers: Client, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_session_end(session)
    hers.post(f"{draft}/woman", data={"name": "长" * 30_000})
    hers.post("/account/close/code", data={"code": "123456"})
    hers.post(f"{draft}/drop")
    assert session.scalars(select(KeptForm)).all() == []
    monkeypatch.setattr(typed, "PER_ADDRESS_HOURLY", 2)
    for _ in range(4):
        hers.post(f"{draft}/woman", data=TYPED)
    assert session.scalar(select(func.count()).select_from(KeptForm)) == 1, "one for each browser"
    hers.delete_cookie("own-typed")
    hers.post(f"{draft}/woman", data=TYPED)
    assert session.scalar(select(func.count()).select_from(KeptForm)) == 1


def test_files_are_not_kept(session: Store, hers: Client, draft: str) -> None:
    from tests.applications.filing import photo

    let_session_end(session)
    hers.post(f"{draft}/documents/id_or_hukou_booklet", data={"file": (photo(), "a.jpg")})
    assert session.scalars(select(KeptForm)).all() == []


# --- The desk ---------------------------------------------------------------------------------------


def test_written_reasons_are_not_lost(
    app: Flask, session: Store, as_of: Callable[[str], None]
) -> None:
    as_of("2014-06-03")
    case, officer = make.filed(make.ONE_ONLY_CHILD), make.officer(make.BAIGUO)
    browser = make.browser_of(officer, app)
    url = f"/staff/cases/{case.id}"
    done = browser.post(f"{url}/accept", data=_version(case, "accept"))
    assert done.status_code == 303
    let_session_end(session)
    reasons = "女方户口簿与结婚证上的出生日期不一致，请县里核对。"
    act = "forward_with_opinion"
    sent = _version(case, act) | {f"{act}-opinion": "against", f"{act}-reasons": reasons}
    away = browser.post(f"{url}/{act}", data=sent)
    assert away.status_code == 303
    assert away.location.startswith("/staff/sign-in?next=")
    assert "您刚才填的都还在" in browser.get(away.location).text
    events = session.scalar(select(func.count()).select_from(Event))
    sign_in_again(browser, officer)
    shown = browser.get(browser.get(away.location).location)
    assert shown.status_code == 200
    assert reasons in shown.text
    assert session.scalar(select(func.count()).select_from(Event)) == events
    assert browser.post(f"{url}/{act}", data=sent).status_code == 303
    assert session.scalar(select(func.count()).select_from(Event)) == events + 1


def _version(case: Application, act: str) -> dict[str, str]:
    db.session.expire_all()
    case = db.session.get_one(Application, case.id)
    return {f"{act}-version": str(case.version), f"{act}-seen": str(len(case.events))}


def test_the_worker_forgets_them(
    app: Flask, session: Store, hers: Client, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import worker

    monkeypatch.setattr(worker, "site", lambda: app)
    let_session_end(session)
    hers.post(f"{draft}/woman", data=TYPED)
    session.scalars(select(KeptForm)).one().expires_at = clock.now() - timedelta(minutes=1)
    session.commit()
    worker.forget_typed.call_local()
    assert session.scalars(select(KeptForm)).all() == []
