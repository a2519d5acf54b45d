"""Sessions: a new id at sign-in, dead at once when they end, and nobody's but the person's own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import create_app
from app.accounts import service, sessions
from app.accounts.guards import citizen_only, deny, staff_only
from app.accounts.models import Citizen, Officer, Session
from app.audit import AuditEvent
from app.extensions import db
from app.web import page
from tests.accounts.conftest import PASSWORD, TOTP_SECRET, Store, Watch
from tests.client import Client
from tests.conftest import SETTINGS

SignIn = Callable[..., Client]


def cookie(client: Client) -> str | None:
    kept = client.get_cookie("own-session")
    return kept.value if kept else None


def signed_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def staff_in(client: Client, **given: str) -> int:
    data = {"username": "clerk", "password": PASSWORD} | given
    return client.post("/staff/sign-in", data=data).status_code


# --- Cookies ----------------------------------------------------------------------------------------


def test_A5_a_session_planted_before_sign_in_opens_nothing(
    app: Flask, client: Client, sign_in: SignIn
) -> None:
    client.set_cookie("own-session", "planted")
    sign_in(client)
    assert cookie(client) not in {None, "planted"}
    thief = Client(app)
    thief.set_cookie("own-session", "planted")
    assert not signed_in(thief)


def test_A5_signing_in_again_ends_the_old_session(
    app: Flask, client: Client, officer: Officer, sign_in: SignIn
) -> None:
    sign_in(client)
    old = cookie(client)
    assert staff_in(client) == 303
    assert cookie(client) != old
    thief = Client(app)
    thief.set_cookie("own-session", old or "")
    assert not signed_in(thief)


def test_A6_signing_out_ends_the_session_itself(
    app: Flask, client: Client, sign_in: SignIn
) -> None:
    sign_in(client)
    kept = cookie(client)
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/")
    assert cookie(client) is None
    client.set_cookie("own-session", kept or "")
    assert not signed_in(client)
    with app.app_context():
        assert db.session.scalars(select(Session)).all() == []


def test_A6_a_page_of_a_session_is_kept_by_no_cache(client: Client, sign_in: SignIn) -> None:
    sign_in(client)
    assert client.get("/account").headers["Cache-Control"] == "no-store"


def test_tokens_of_forms_change_with_the_person(client: Client, sign_in: SignIn) -> None:
    client.get("/sign-in")
    with client.session_transaction() as before:
        before["csrf_token"] = "planted"
    sign_in(client)
    with client.session_transaction() as after:
        assert after.get("csrf_token") != "planted"


def test_A7_cookies_over_https_are_bound_to_the_host(
    app: Flask, last_code: Callable[[], str]
) -> None:
    app.config["SECURE_COOKIES"] = True
    client = Client(app)
    secure = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/sign-in"}}
    first = client.post("/sign-in", data={"phone": "13800000000"}, **secure)
    second = client.post("/sign-in/code", data={"code": last_code()}, **secure)
    assert second.status_code == 303
    found = first.headers.getlist("Set-Cookie") + second.headers.getlist("Set-Cookie")
    ours = [line for line in found if line.startswith("__Host-")]
    assert {line.split("=")[0] for line in ours} == {"__Host-browser", "__Host-session"}
    for line in ours:
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(line.split("; "))
        assert "Domain" not in line
        assert len(line.split("=")[1].split(";")[0]) >= 43  # 256 bits


def test_the_database_does_not_hold_the_cookie(
    client: Client, session: Store, sign_in: SignIn
) -> None:
    sign_in(client)
    row = session.scalars(select(Session)).one()
    assert cookie(client) not in str(vars(row))
    client.set_cookie("own-session", row.token_hash)
    assert not signed_in(client)


# --- Time -------------------------------------------------------------------------------------------


def test_a_citizen_is_out_after_half_an_hour_without_a_sign(
    client: Client, watch: Watch, sign_in: SignIn
) -> None:
    sign_in(client)
    for _ in range(3):
        watch.forward(minutes=29)
        assert signed_in(client)
    watch.forward(minutes=30)
    assert not signed_in(client)


def test_an_officer_is_out_after_twenty_minutes(
    client: Client, officer: Officer, watch: Watch
) -> None:
    assert staff_in(client) == 303
    watch.forward(minutes=19)
    assert client.get("/staff/sign-in").status_code == 303
    watch.forward(minutes=20)
    assert client.get("/staff/sign-in").status_code == 200


def test_no_session_lasts_longer_than_half_a_day(
    client: Client, watch: Watch, sign_in: SignIn
) -> None:
    sign_in(client)
    for _ in range(28):
        watch.forward(minutes=25)
        assert signed_in(client)
    watch.forward(minutes=25)
    assert not signed_in(client)


def test_dead_sessions_and_codes_are_forgotten(
    client: Client, session: Store, watch: Watch, sign_in: SignIn
) -> None:
    sign_in(client)
    watch.forward(minutes=31)
    sessions.forget_dead()
    service.forget_dead_codes()
    session.commit()
    assert session.execute(text("SELECT count(*) FROM sessions")).scalar() == 0
    assert session.execute(text("SELECT count(*) FROM sign_in_codes")).scalar() == 0


# --- Devices ----------------------------------------------------------------------------------------


def test_another_device_can_be_signed_out(
    app: Flask, client: Client, session: Store, watch: Watch, sign_in: SignIn
) -> None:
    phone, computer = sign_in(client), Client(app)
    computer.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"
    watch.forward(minutes=2)
    sign_in(computer)
    shown = phone.get("/account/devices").text
    assert "Windows · Firefox" in shown
    row = session.scalars(select(Session).where(Session.device.contains("Firefox"))).one()
    assert phone.post(f"/account/sessions/{row.id}/end").status_code == 303
    assert not signed_in(computer)
    assert signed_in(phone)


def test_everywhere_is_everywhere(
    app: Flask, client: Client, session: Store, watch: Watch, sign_in: SignIn
) -> None:
    other = sign_in(Client(app), "13900000000")
    sign_in(client)
    watch.forward(minutes=2)
    phone = sign_in(Client(app))
    assert "登录着的设备：2 台" in phone.get("/account").text
    answer = phone.post("/account/sessions/end-all")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not signed_in(phone)
    assert not signed_in(client)
    assert signed_in(other)
    noted = session.scalars(select(AuditEvent.kind)).all()
    assert noted[-1] == "citizen.signed_out_everywhere"


def test_nobody_elses_device_can_be_signed_out(
    app: Flask, client: Client, session: Store, sign_in: SignIn
) -> None:
    sign_in(client)
    own = session.scalars(select(Session.id)).one()
    other = sign_in(Client(app), "13900000000")
    assert other.post(f"/account/sessions/{own}/end").status_code == 303
    assert other.post(f"/account/sessions/{uuid.uuid4()}/end").status_code == 303
    assert signed_in(client)


# --- Staff ------------------------------------------------------------------------------------------


def test_staff_sign_in_with_name_and_password(client: Client, officer: Officer) -> None:
    assert client.get("/staff/sign-in").status_code == 200
    assert staff_in(client, username="CLERK") == 303


@pytest.mark.parametrize("username", ["clerk", "nobody"])
@pytest.mark.parametrize("password", ["Tr0ub4dor", PASSWORD + " "])
def test_a_wrong_name_and_a_wrong_password_look_alike(
    client: Client, officer: Officer, session: Store, username: str, password: str
) -> None:
    answer = client.post("/staff/sign-in", data={"username": username, "password": password})
    assert answer.status_code == 422
    assert "账号、密码或动态验证码不对" in answer.text
    assert password not in answer.text
    assert session.scalars(select(AuditEvent.kind)).all() == ["officer.sign_in_failed"]


def test_the_second_factor_is_needed_where_it_is_required(
    app: Flask, client: Client, officer: Officer, watch: Watch
) -> None:
    from pyotp import TOTP

    app.config["STAFF_TOTP_REQUIRED"] = True
    generator = TOTP(TOTP_SECRET)
    assert staff_in(client) == 422
    assert staff_in(client, digits=generator.at(watch(), counter_offset=5)) == 422
    assert staff_in(client, digits="abcdef") == 422
    code = generator.at(watch())
    assert staff_in(client, digits=code, password="wrong") == 422
    assert staff_in(client, digits=code) == 303
    client.post("/sign-out")
    assert staff_in(client, digits=code) == 422, "a code works once"
    watch.forward(seconds=60)
    assert staff_in(client, digits=generator.at(watch())) == 303


def test_an_officer_without_a_generator_is_out_where_it_is_required(
    app: Flask, client: Client, officer: Officer, session: Store
) -> None:
    app.config["STAFF_TOTP_REQUIRED"] = True
    session.get_one(Officer, officer.id).totp_secret = None
    assert staff_in(client, digits="000000") == 422


def test_guessing_a_password_is_stopped_even_for_the_right_one(
    app: Flask, client: Client, officer: Officer, watch: Watch
) -> None:
    for _ in range(service.WRONG_PER_OFFICER):
        assert staff_in(client, password="wrong") == 422
    assert staff_in(client) == 429
    watch.forward(minutes=15)
    assert staff_in(client) == 303


def test_A6_a_disabled_officer_is_out_on_the_next_request_and_stays_out(
    app: Flask, client: Client, officer: Officer, session: Store, watch: Watch
) -> None:
    assert staff_in(client) == 303
    session.get_one(Officer, officer.id).disabled_at = watch()
    assert client.get("/staff/sign-in").status_code == 200
    assert staff_in(client) == 422


def test_the_commands_add_and_disable_staff(app: Flask, client: Client) -> None:
    run = app.test_cli_runner().invoke
    office = "421181"
    unknown = run(
        args=["staff", "add", "Wang", "--name", "王", "--role", "approver", "--office", office],
        input=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert (unknown.exit_code, "flask places office 421181" in unknown.output) == (1, True)
    assert run(args=["places", "office", office]).exit_code == 0
    added = run(
        args=["staff", "add", "Wang", "--name", "王", "--role", "approver", "--office", office],
        input=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert added.exit_code == 0, added.output
    assert "otpauth://totp/" in added.output
    assert staff_in(client, username="wang") == 303
    assert run(args=["staff", "disable", "wang"]).exit_code == 0
    assert client.get("/staff/sign-in").status_code == 200
    assert run(args=["staff", "disable", "nobody"]).exit_code == 1


# --- Guards -----------------------------------------------------------------------------------------


@pytest.fixture
def guarded(app: Flask) -> Iterator[Flask]:
    """The same site and database with a view behind each guard."""
    settings = {"SQLALCHEMY_DATABASE_URI": app.config["SQLALCHEMY_DATABASE_URI"]}
    site = create_app(SETTINGS | settings)

    def show() -> object:
        return page("errors/error.html", title="guarded", advice="", reference=None)

    for path, guard in (
        ("/own", citizen_only),
        ("/desk", staff_only("clerk")),
        ("/lead", staff_only("supervisor", "approver")),
        ("/any", staff_only()),
    ):
        site.add_url_rule(path, path[1:], guard(show), methods=["GET", "POST"])
    site.add_url_rule("/own/send", "send", citizen_only(show), methods=["POST"])
    site.add_url_rule("/other", "other", citizen_only(deny))
    yield site
    with site.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize(
    ("path", "answer"),
    [("/own", "/sign-in"), ("/desk", "/staff/sign-in"), ("/any", "/staff/sign-in")],
)
def test_a_visitor_is_sent_to_sign_in_and_back(
    guarded: Flask, method: str, headers: dict[str, str], path: str, answer: str
) -> None:
    client = Client(guarded)
    asked = f"{path}?a=1&b=%E4%B8%AD"
    sent = client.open(asked, method=method, headers=headers)
    assert sent.status_code == 303
    way = urlsplit(sent.location)
    assert way.path == answer
    assert parse_qs(way.query) == {"next": [asked]}


def test_a_form_without_a_page_leads_back_to_none(guarded: Flask) -> None:
    assert Client(guarded).post("/own/send").location == "/sign-in"


def test_each_guard_lets_its_own_in_and_shows_others_a_missing_page(
    app: Flask, guarded: Flask, officer: Officer, session: Store, sign_in: SignIn
) -> None:
    citizen, clerk = sign_in(Client(guarded)), Client(guarded)
    assert staff_in(clerk) == 303

    def answers(client: Client) -> list[int]:
        return [client.get(path).status_code for path in ("/own", "/desk", "/lead", "/any")]

    assert answers(citizen) == [200, 404, 404, 404]
    assert answers(clerk) == [303, 200, 404, 200]
    denied = session.scalars(select(AuditEvent).where(AuditEvent.kind == "access.denied")).all()
    assert [(row.actor.split(":")[0], row.subject) for row in denied] == [
        ("citizen", "view:desk"),
        ("citizen", "view:lead"),
        ("citizen", "view:any"),
        ("officer", "view:lead"),
    ]


def test_a_denied_page_looks_like_a_missing_one(
    guarded: Flask, session: Store, sign_in: SignIn
) -> None:
    client = sign_in(Client(guarded))
    denied, missing = client.get("/other"), client.get("/nowhere")
    assert denied.status_code == missing.status_code == 404
    assert denied.text.replace("/other", "/nowhere") == missing.text


def test_a_citizen_is_named_in_no_audit_row(
    client: Client, session: Store, sign_in: SignIn
) -> None:
    sign_in(client)
    citizen = session.scalars(select(Citizen)).one()
    row = session.scalars(select(AuditEvent)).one()
    assert row.actor == f"citizen:{citizen.id}"
    assert "138" not in str(row.data)
