"""Staff accounts: added down to a town, set up by their owner, shut at once, and all of it written down."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from app.accounts import staff
from app.accounts.models import Officer, Session
from app.accounts.service import kin_key
from app.audit import AuditEvent, verify
from app.clock import now
from tests import factories as make
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
PASSWORD = "一句好记的话就行了吧 7"
NEW = {"username": "wang.fang", "name": "王芳", "role": "clerk"}


@pytest.fixture
def lead(session: Any) -> Officer:
    """Looks after the accounts of 麻城市."""
    made = make.officer(make.MACHENG, "supervisor", name="方正")
    made.may_export = True
    session.commit()
    return made


@pytest.fixture
def manager(app: Flask, lead: Officer) -> Client:
    return make.browser_of(lead, app)


def add(manager: Client, code: str = make.BAIGUO, **changes: str) -> Any:
    data = NEW | {"office": str(make.office(code).id)} | changes
    return manager.post("/staff/officers/new", data=data)


def code_in(text: str) -> str:
    found = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", text)
    assert found, "no code is shown"
    return found[0]


def added(session: Any, username: str = "wang.fang") -> Officer:
    return session.scalars(select(Officer).where(Officer.username == username)).one()


def set_up(app: Flask, code: str, username: str = "wang.fang", password: str = PASSWORD) -> Client:
    """The owner goes through both pages."""
    browser = Client(app)
    answer = browser.post("/staff/enrol", data={"username": username, "code": code})
    assert (answer.status_code, answer.location) == (303, "/staff/enrol/owner"), answer.text
    fields = {"password": password, "again": password}
    if app.config["STAFF_TOTP_REQUIRED"]:
        page = browser.get("/staff/enrol/owner").text
        fields["digits"] = pyotp.TOTP(secret_in(page)).now()
    answer = browser.post("/staff/enrol/owner", data=fields)
    assert (answer.status_code, answer.location) == (303, "/staff/sign-in"), answer.text
    return browser


def secret_in(page: str) -> str:
    found = re.search(r'<p class="number">((?:[A-Z2-7]{4} ?)+)</p>', page)
    assert found
    return found[1].replace(" ", "")


def sign_in(browser: Client, username: str = "wang.fang", password: str = PASSWORD, **more: str):
    data = {"username": username, "password": password, **more}
    return browser.post("/staff/sign-in", data=data)


def kinds(session: Any) -> list[str]:
    rows = session.scalars(select(AuditEvent).order_by(AuditEvent.sequence))
    return [row.kind for row in rows if row.kind.startswith("officer.")]


# --- From the first day ---


def test_a_clerk_of_a_town_is_added_and_sets_up_the_own_account(
    app: Flask, session: Any, manager: Client, lead: Officer
) -> None:
    app.config["STAFF_TOTP_REQUIRED"] = True
    answer = add(manager)
    assert answer.status_code == 200
    code = code_in(answer.text)
    officer = added(session)
    assert (officer.role, officer.office_id) == ("clerk", make.office(make.BAIGUO).id)
    assert officer.totp_secret is None
    assert code not in manager.get(f"/staff/officers/{officer.id}").text, "shown once"
    browser = set_up(app, code.lower().replace("-", " "))
    session.expire_all()
    digits = pyotp.TOTP(officer.totp_secret).at(now() + timedelta(seconds=30))
    assert sign_in(browser).status_code == 422
    assert sign_in(browser, digits=digits).status_code == 303
    assert browser.get("/staff/cases").status_code == 200
    assert kinds(session)[:2] == ["officer.added", "officer.enrolled"]
    first = session.scalars(select(AuditEvent).where(AuditEvent.kind == "officer.added")).one()
    assert (first.actor, first.subject) == (f"officer:{lead.id}", f"officer:{officer.id}")
    assert verify() >= 2


def test_the_generator_is_shown_until_it_is_proven_and_never_again(
    app: Flask, session: Any, manager: Client
) -> None:
    app.config["STAFF_TOTP_REQUIRED"] = True
    code = code_in(add(manager).text)
    browser = Client(app)
    browser.post("/staff/enrol", data={"username": "wang.fang", "code": code})
    secret = secret_in(browser.get("/staff/enrol/owner").text)
    wrong = {"password": PASSWORD, "again": PASSWORD, "digits": "000000"}
    answer = browser.post("/staff/enrol/owner", data=wrong)
    assert answer.status_code == 422
    assert secret_in(answer.text) == secret, "the same, or the phone would have to scan again"
    assert added(session).totp_secret is None
    right = wrong | {"digits": pyotp.TOTP(secret).now()}
    assert browser.post("/staff/enrol/owner", data=right).status_code == 303
    assert browser.get("/staff/enrol/owner").location == "/staff/enrol"
    again = Client(app).post("/staff/enrol", data={"username": "wang.fang", "code": code})
    assert again.status_code == 422, "a code works once"
    # The very digits that proved it sign nobody in.
    assert sign_in(browser, digits=right["digits"]).status_code == 422


def test_nobody_gets_in_before_the_account_is_set_up(app: Flask, manager: Client) -> None:
    code = code_in(add(manager).text)
    for password in (code, "", "wang.fang"):
        assert sign_in(Client(app), password=password).status_code == 422


@pytest.mark.parametrize(
    ("username", "code"),
    [("wang.fang", "AAAA-BBBB-CCCC"), ("nobody", "{code}"), ("wang.fang", "\x00")],
)
def test_B6_a_wrong_code_and_a_wrong_name_are_one_answer(
    app: Flask, manager: Client, username: str, code: str
) -> None:
    right = code_in(add(manager).text)
    data = {"username": username, "code": code.format(code=right)}
    answer = Client(app).post("/staff/enrol", data=data)
    assert answer.status_code == 422
    assert Client(app).get("/staff/enrol/owner").location == "/staff/enrol"


def test_A1_codes_bear_few_tries(app: Flask, manager: Client) -> None:
    code = code_in(add(manager).text)
    browser = Client(app)
    for number in range(10):
        data = {"username": "wang.fang", "code": f"AAAA-BBBB-CC{number:02}"}
        assert browser.post("/staff/enrol", data=data).status_code == 422
    answer = browser.post("/staff/enrol", data={"username": "wang.fang", "code": code})
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers


def test_A3_a_code_is_good_for_three_days(app: Flask, session: Any, manager: Client) -> None:
    code = code_in(add(manager).text)
    added(session).invited_until = now() - timedelta(seconds=1)
    session.commit()
    answer = Client(app).post("/staff/enrol", data={"username": "wang.fang", "code": code})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("password", "again"),
    [
        ("short", "short"),
        ("aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa"),
        ("my wang.fang password", "my wang.fang password"),
        (PASSWORD, PASSWORD + "x"),
    ],
)
def test_a_weak_password_is_not_taken(
    app: Flask, session: Any, manager: Client, password: str, again: str
) -> None:
    code = code_in(add(manager).text)
    browser = Client(app)
    browser.post("/staff/enrol", data={"username": "wang.fang", "code": code})
    data = {"password": password, "again": again}
    assert browser.post("/staff/enrol/owner", data=data).status_code == 422
    assert added(session).invitation_hash is not None


# --- Looking after them ---


def test_only_the_own_county_is_looked_after(app: Flask, session: Any, manager: Client) -> None:
    own = make.officer(make.SONGBU, name="周敏")
    other = make.officer(make.MINSHENG, name="韦兰")
    page = manager.get("/staff/officers").text
    assert "周敏" in page
    assert "韦兰" not in page
    assert manager.get(f"/staff/officers/{own.id}").status_code == 200
    for path in ("", "/shut", "/invited"):
        for each in (other.id, uuid.uuid4()):
            address = f"/staff/officers/{each}{path}"
            method = "POST" if path else "GET"
            assert manager.open(address, method=method).status_code == 404
    answer = add(manager, make.MINSHENG)
    assert answer.status_code == 422
    assert "请选单位" in answer.text
    assert session.get(Officer, other.id).disabled_at is None


@pytest.mark.parametrize(("code", "role"), [(make.SONGBU, "clerk"), (make.MACHENG, "approver")])
def test_B4_who_does_not_look_after_accounts_has_no_such_page(
    app: Flask, session: Any, code: str, role: str
) -> None:
    somebody = make.officer(make.SONGBU)
    browser = make.browser_of(make.officer(code, role), app)
    for address in ("/staff/officers", "/staff/officers/new", f"/staff/officers/{somebody.id}"):
        assert browser.get(address).status_code == 404
    for path in ("shut", "invited"):
        assert browser.post(f"/staff/officers/{somebody.id}/{path}").status_code == 404
    assert session.get(Officer, somebody.id).disabled_at is None


def test_A6_a_shut_account_is_out_on_the_next_click(
    app: Flask, session: Any, manager: Client
) -> None:
    clerk = make.officer(make.BAIGUO)
    browser = make.browser_of(clerk, app)
    assert browser.get("/staff/cases").status_code == 200
    assert manager.post(f"/staff/officers/{clerk.id}/shut").status_code == 303
    assert browser.get("/staff/cases").location.startswith("/staff/sign-in")
    mine = select(Session.id).where(Session.officer_id == clerk.id)
    assert session.scalars(mine).all() == []
    assert "officer.disabled" in kinds(session)
    history = manager.get(f"/staff/officers/{clerk.id}").text.partition("改动记录")[2]
    assert "停用" in history
    assert "方正" in history
    assert "已停用" in manager.get("/staff/officers").text


def test_a_change_of_role_holds_from_the_next_click(
    app: Flask, session: Any, manager: Client
) -> None:
    clerk = make.officer(make.BAIGUO, name="陈晓")
    browser = make.browser_of(clerk, app)
    data = {
        "name": "陈晓",
        "role": "approver",
        "office": str(make.office(make.MACHENG).id),
        "may_export": "y",
    }
    assert manager.post(f"/staff/officers/{clerk.id}", data=data).status_code == 303
    session.expire_all()
    assert (clerk.role, clerk.office_id) == ("approver", make.office(make.MACHENG).id)
    assert clerk.may_export
    assert "审批岗" in browser.get("/staff/cases").text
    changed = session.scalars(select(AuditEvent).where(AuditEvent.kind == "officer.changed")).one()
    assert changed.data["role"] == "approver"
    assert changed.data["export"] == 1


@pytest.mark.parametrize(
    "wrong",
    [{"role": "admin"}, {"role": ""}, {"office": "nowhere"}, {"name": ""}, {"name": "\x00"}],
)
def test_what_is_not_offered_is_not_taken(
    session: Any, manager: Client, wrong: dict[str, str]
) -> None:
    clerk = make.officer(make.BAIGUO, name="陈晓")
    data = {"name": "陈晓", "role": "clerk", "office": str(clerk.office_id)} | wrong
    assert manager.post(f"/staff/officers/{clerk.id}", data=data).status_code == 422
    assert add(manager, **wrong).status_code == 422


def test_nobody_changes_what_they_may_do_themselves(
    app: Flask, session: Any, manager: Client, lead: Officer
) -> None:
    data = {"name": "方正", "role": "approver", "office": str(lead.office_id)}
    assert manager.post(f"/staff/officers/{lead.id}", data=data).status_code == 403
    for path in ("shut", "invited"):
        assert manager.post(f"/staff/officers/{lead.id}/{path}").status_code == 403
    session.expire_all()
    assert (lead.role, lead.disabled_at) == ("supervisor", None)


def test_of_two_who_shut_each_other_one_is_left(app: Flask, session: Any, lead: Officer) -> None:
    """Nobody shuts themselves, and whoever was shut a moment ago shuts nobody: the last door stays open."""
    other = make.officer(make.MACHENG, "supervisor")
    mine, theirs = staff.manager_of(lead), staff.manager_of(other)
    with app.test_request_context():
        staff.shut(mine, other)
        with pytest.raises(NotFound):
            staff.shut(theirs, lead)
    session.expire_all()
    assert lead.disabled_at is None
    assert other.disabled_at is not None


def test_a_town_looks_after_itself_and_not_after_those_above(
    app: Flask, session: Any, lead: Officer
) -> None:
    town = make.browser_of(make.officer(make.BAIGUO, "supervisor"), app)
    assert lead.display_name not in town.get("/staff/officers").text
    assert town.post(f"/staff/officers/{lead.id}/shut").status_code == 404
    assert add(town, make.MACHENG).status_code == 422
    # What one has not got, one does not give.
    assert add(town, may_export="y").status_code == 200
    assert not added(session).may_export


def test_a_lost_phone_is_helped_with_a_new_code(app: Flask, session: Any, manager: Client) -> None:
    app.config["STAFF_TOTP_REQUIRED"] = True
    browser = set_up(app, code_in(add(manager).text))
    officer = added(session)
    before = officer.totp_secret
    answer = manager.post(f"/staff/officers/{officer.id}/invited")
    code = code_in(answer.text)
    digits = pyotp.TOTP(before).at(now() + timedelta(seconds=30))
    assert sign_in(browser, digits=digits).status_code == 422, "what was lost opens nothing"
    set_up(app, code, password="另一句好记的话也行 88")
    session.expire_all()
    assert officer.totp_secret != before


@pytest.mark.parametrize(
    "name", ["ab", "Wang Fang", "王芳", "a" * 41, "-x-", "<script>", "a\x00b c"]
)
def test_an_account_name_is_plain(session: Any, manager: Client, name: str) -> None:
    answer = add(manager, username=name)
    assert answer.status_code == 422
    assert 'class="errors"' in answer.text


def test_an_account_name_is_somebody_s_alone(session: Any, manager: Client) -> None:
    assert add(manager).status_code == 200
    answer = add(manager, username="WANG.FANG", name="另一位")
    assert answer.status_code == 422
    assert "已经有人用" in answer.text
    assert "另一位" in answer.text, "nothing typed is lost"


def test_relatives_are_kept_as_keys_only(session: Any, manager: Client) -> None:
    numbers = f"{make.WOMAN['id_number']} {make.WOMAN['phone']}"
    assert add(manager, kin=numbers).status_code == 200
    assert added(session).kin_keys == [
        kin_key("id_number", make.WOMAN["id_number"]),
        kin_key("phone", make.WOMAN["phone"]),
    ]
    officer = added(session)
    data = {"name": "王芳", "role": "clerk", "office": str(officer.office_id)}
    more = data | {"kin": make.MAN["phone"]}
    assert manager.post(f"/staff/officers/{officer.id}", data=more).status_code == 303
    session.expire_all()
    assert officer.kin_keys[2:] == [kin_key("phone", make.MAN["phone"])], "added, none taken away"
    answer = add(manager, username="other", kin="12345")
    assert answer.status_code == 422
    assert "不是证件号，也不是手机号" in answer.text


# --- One's own ---


def test_the_own_password_is_changed_and_other_browsers_are_out(
    app: Flask, session: Any, manager: Client
) -> None:
    set_up(app, code_in(add(manager).text))
    here, there = Client(app), Client(app)
    for browser in (here, there):
        assert sign_in(browser).status_code == 303
    fresh = "换一句新的好记的话 99"
    wrong = {"old": "nope", "password": fresh, "again": fresh}
    assert here.post("/staff/password", data=wrong).status_code == 422
    assert here.post("/staff/password", data=wrong | {"old": PASSWORD}).status_code == 303
    assert here.get("/staff/cases").status_code == 200
    assert there.get("/staff/cases").location.startswith("/staff/sign-in")
    assert sign_in(there).status_code == 422
    assert sign_in(there, password=fresh).status_code == 303
    assert "officer.password_changed" in kinds(session)


def test_the_operator_lets_an_owner_in_again_and_says_who_may_export(
    app: Flask, session: Any
) -> None:
    clerk = make.officer(make.MACHENG, "supervisor")
    runner = app.test_cli_runner()
    assert runner.invoke(args=["staff", "disable", clerk.username]).exit_code == 0
    shown = runner.invoke(args=["staff", "invite", clerk.username])
    set_up(app, code_in(shown.output), clerk.username)
    for flag, may in ([], True), (["--no"], False):
        assert runner.invoke(args=["staff", "export", clerk.username, *flag]).exit_code == 0
        session.expire_all()
        assert clerk.may_export is may
    assert clerk.disabled_at is None
    assert runner.invoke(args=["staff", "invite", "nobody"]).exit_code == 1
    assert kinds(session) == [
        "officer.disabled",
        "officer.invited",
        "officer.enrolled",
        "officer.changed",
        "officer.changed",
    ]
