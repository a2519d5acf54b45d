"""Signing in with a unified identity: the whole dance with a real provider, and everything that goes wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import unified
from app.accounts.models import Citizen, Identity, Session
from app.audit import AuditEvent
from app.config import ConfigError, from_environment
from app.vault import keyed_hash
from tests import factories as make
from tests.accounts.conftest import Store, Watch
from tests.client import Client
from tests.notifications.conftest import Asked, StandIn, serving

PHONE = "13800000000"
SAYS = "统一身份认证没有登录成功"
SignIn = Callable[..., Client]


class Provider:
    """A real OpenID provider in a process of its own; `know` says whom it knows."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def know(self, subject: str, **claims: Any) -> None:
        address = f"{self.issuer}/users/{quote(subject)}"
        headers = {"Content-Type": "application/json"}
        put = Request(address, json.dumps(claims).encode(), headers, method="PUT")
        with urlopen(put, timeout=10) as answer:
            assert answer.status == 204

    def sign_in(self, address: str, subject: str = "zhang") -> str:
        """What a person does on the provider's page; the path and query of the way back."""

        class Stay(HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        post = Request(address, urlencode({"sub": subject}).encode(), method="POST")
        try:
            build_opener(Stay).open(post, timeout=10)
        except OSError as redirect:
            location = redirect.headers["Location"]  # type: ignore[attr-defined]
        way = urlsplit(location)
        return f"{way.path}?{way.query}"


@contextmanager
def running(*options: str) -> Iterator[Provider]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "-p",
        str(port),
        *options,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    provider = Provider(f"http://127.0.0.1:{port}")
    try:
        for _ in range(200):
            try:
                urlopen(f"{provider.issuer}/jwks", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None
                time.sleep(0.1)
        yield provider
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running("--require-nonce", "true") as made:
        yield made


@pytest.fixture
def offered(app: Flask, provider: Provider) -> Iterator[Flask]:
    """The site with this provider set up."""
    set_up(app, provider.issuer)
    yield app
    app.extensions.pop(unified.NAME, None)


def set_up(app: Flask, issuer: str) -> None:
    app.extensions.pop(unified.NAME, None)
    app.config.update(
        OIDC_ISSUER=issuer,
        OIDC_CLIENT_ID="jiujinban",
        OIDC_CLIENT_SECRET="secret-of-client",
        OIDC_PHONE_IS_PROOF=True,
    )


def leave(client: Client, **query: str) -> str:
    """The provider's address that the browser is sent to."""
    answer = client.get("/sign-in/unified", query_string=query)
    assert answer.status_code in {302, 303}
    return str(answer.location)


def whose(client: Client) -> bool:
    return client.get("/account").status_code == 200


# --- The whole dance --------------------------------------------------------------------------------


def test_a_verified_phone_opens_its_account(
    offered: Flask, client: Client, session: Store, provider: Provider
) -> None:
    provider.know(
        "zhang", name="张小雨", phone_number="+86 13800000000", phone_number_verified=True,
        id_number="11010519491231002X",
    )  # fmt: skip
    assert "用统一身份认证登录" in client.get("/sign-in").text
    back = provider.sign_in(leave(client, next="/account/devices"))
    answer = client.get(back)
    assert (answer.status_code, answer.location) == (303, "/account/devices")
    assert whose(client)
    citizen = session.scalars(select(Citizen)).one()
    assert citizen.phone == PHONE
    identity = session.scalars(select(Identity)).one()
    assert identity.citizen_id == citizen.id
    assert identity.subject_hash == keyed_hash("identity", f"{provider.issuer}|zhang")
    assert identity.claims == {"name": "张小雨", "id_number": "11010519491231002X"}
    event = session.scalars(select(AuditEvent)).one()
    assert (event.kind, event.data) == ("citizen.signed_in", {"by": "unified"})


def test_it_is_the_account_that_the_phone_had(
    offered: Flask, client: Client, session: Store, provider: Provider, sign_in: SignIn
) -> None:
    sign_in(Client(offered), PHONE)
    provider.know("zhang", phone_number=PHONE, phone_number_verified=True)
    client.get(provider.sign_in(leave(client)))
    assert whose(client)
    assert session.scalars(select(Citizen)).one().phone == PHONE


def test_without_a_verified_phone_a_code_is_asked_for_once(
    offered: Flask,
    client: Client,
    session: Store,
    provider: Provider,
    last_code: Callable[[], str],
    watch: Watch,
) -> None:
    provider.know("zhang", name="张小雨", phone_number="13999999999", phone_number_verified=False)
    answer = client.get(provider.sign_in(leave(client, next="/account/data")))
    assert answer.location == "/sign-in?next=/account/data"
    assert not whose(client)
    asked = client.get(answer.location).text
    assert "已经认出您了" in asked
    assert "用统一身份认证登录" not in asked
    client.post(answer.location, data={"phone": PHONE})
    done = client.post("/sign-in/code?next=/account/data", data={"code": last_code()})
    assert done.location == "/account/data"
    citizen = session.scalars(select(Citizen)).one()
    assert citizen.phone == PHONE, "proved, not claimed"
    assert session.scalars(select(Identity)).one().citizen_id == citizen.id
    again = Client(offered)
    again.get(provider.sign_in(leave(again)))
    assert whose(again), "the second time without a code"
    assert session.scalars(select(Citizen)).all() == [citizen]


def test_an_operator_may_not_trust_the_phone(
    offered: Flask, client: Client, session: Store, provider: Provider
) -> None:
    offered.config["OIDC_PHONE_IS_PROOF"] = False
    provider.know("zhang", phone_number=PHONE, phone_number_verified=True)
    assert client.get(provider.sign_in(leave(client))).location == "/sign-in"
    assert not whose(client)


def test_a_known_identity_keeps_its_account_when_its_phone_goes_to_somebody_else(
    offered: Flask, client: Client, session: Store, provider: Provider, sign_in: SignIn
) -> None:
    """A number that was given to another person must not open that person's account."""
    provider.know("zhang", phone_number=PHONE, phone_number_verified=True)
    client.get(provider.sign_in(leave(client)))
    mine = session.scalars(select(Citizen)).one().id
    sign_in(Client(offered), "13900000000")
    provider.know("zhang", phone_number="13900000000", phone_number_verified=True)
    again = Client(offered)
    again.get(provider.sign_in(leave(again)))
    kept = session.scalars(select(Session).order_by(Session.created_at.desc())).first()
    assert kept is not None
    assert kept.citizen_id == mine


def test_the_claims_only_fill_in_a_form(
    offered: Flask, client: Client, session: Store, offices: None, provider: Provider
) -> None:
    from tests.applications.filing import STEPS, checked, fill, start

    provider.know(
        "zhang", name="张小雨", phone_number=PHONE, phone_number_verified=True,
        id_number="11010519491231002X",
    )  # fmt: skip
    client.get(provider.sign_in(leave(client)))
    client.set_cookie("check", checked({}))
    draft = start(client)
    fill(client, draft, "who", **STEPS["who"])
    shown = client.get(f"{draft}/woman").text
    assert 'value="张小雨"' in shown
    assert 'value="11010519491231002X"' in shown
    fill(client, draft, "woman", **STEPS["woman"])
    assert "张小雨" not in client.get(f"{draft}/man").text


def test_the_request_is_bound_by_state_nonce_and_pkce(
    offered: Flask, client: Client, provider: Provider
) -> None:
    asked = parse_qs(urlsplit(leave(client)).query)
    with client.session_transaction() as kept:
        (state,) = [key for key in kept if key.startswith("_state_unified")]
        data = kept[state]["data"]
    assert state.endswith(asked["state"][0])
    assert asked["nonce"] == [data["nonce"]]
    assert asked["code_challenge_method"] == ["S256"]
    digest = hashlib.sha256(data["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == [base64.urlsafe_b64encode(digest).rstrip(b"=").decode()]
    assert asked["redirect_uri"] == ["http://localhost/sign-in/unified/back"]
    assert "secret-of-client" not in str(asked)


def test_turning_round_often_leaves_the_cookie_small(offered: Flask, client: Client) -> None:
    for _ in range(10):
        leave(client)
    cookie = client.get_cookie("own-form")
    assert cookie is not None
    assert len(cookie.value) < 2500


# --- What goes wrong --------------------------------------------------------------------------------


def refused(client: Client, back: str) -> None:
    answer = client.get(back)
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")
    shown = client.get(answer.location).text
    assert SAYS in shown
    assert "获取验证码" in shown, "the phone is still there"
    assert SAYS not in client.get("/sign-in").text, "said once"
    assert not whose(client)


def test_another_state_is_refused(offered: Flask, client: Client, provider: Provider) -> None:
    provider.know("zhang", phone_number=PHONE, phone_number_verified=True)
    back = provider.sign_in(leave(client))
    refused(client, back.replace("state=", "state=x"))
    refused(client, "/sign-in/unified/back")
    refused(client, "/sign-in/unified/back?error=access_denied&error_description=no")


def test_another_browser_cannot_use_the_way_back(
    offered: Flask, client: Client, provider: Provider
) -> None:
    provider.know("zhang", phone_number=PHONE, phone_number_verified=True)
    back = provider.sign_in(leave(client))
    victim = Client(offered)
    leave(victim)
    refused(victim, back)


def test_a_way_back_works_once(offered: Flask, client: Client, provider: Provider) -> None:
    provider.know("zhang", phone_number=PHONE, phone_number_verified=True)
    back = provider.sign_in(leave(client))
    assert client.get(back).status_code == 303
    client.post("/sign-out")
    refused(client, back)
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    refused(client, f"/sign-in/unified/back?code={code}&state={state}")


def test_an_expired_token_is_refused(app: Flask, client: Client) -> None:
    with running("--token-max-age", "-600") as late:
        set_up(app, late.issuer)
        late.know("zhang", phone_number=PHONE, phone_number_verified=True)
        refused(client, late.sign_in(leave(client)))


class Discovery(StandIn):
    """Another address that says it is the provider, or says who it is."""

    def __init__(self, provider: Provider, *, issuer: str | None) -> None:
        super().__init__()
        with urlopen(f"{provider.issuer}/.well-known/openid-configuration", timeout=10) as answer:
            self.said = json.loads(answer.read())
        self.issuer = issuer

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        return 200, json.dumps(self.said | {"issuer": self.issuer or self.url}).encode()


def test_discovery_that_names_another_issuer_is_refused(
    app: Flask, client: Client, provider: Provider
) -> None:
    with serving(Discovery(provider, issuer=provider.issuer)) as other:
        set_up(app, other.url)
        refused(client, "/sign-in/unified")


def test_a_token_of_another_issuer_is_refused(
    app: Flask, client: Client, provider: Provider
) -> None:
    provider.know("zhang", phone_number=PHONE, phone_number_verified=True)
    with serving(Discovery(provider, issuer=None)) as other:
        set_up(app, other.url)
        refused(client, provider.sign_in(leave(client)))


def test_a_token_for_another_client_is_refused(
    offered: Flask, client: Client, provider: Provider
) -> None:
    provider.know("zhang", phone_number=PHONE, phone_number_verified=True)
    address = leave(client).replace("client_id=jiujinban", "client_id=somebody")
    refused(client, provider.sign_in(address))


@pytest.mark.parametrize("how", ["down", "slow", "nonsense"])
def test_a_provider_that_is_away_leaves_the_phone(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(unified, "TIMEOUT_SECONDS", 0.3)
    stand_in = StandIn(slow=1 if how == "slow" else 0)
    with serving(stand_in):
        stand_in.answers = [(500 if how == "down" else 200, b"<html>")]
        set_up(app, stand_in.url)
        refused(client, "/sign-in/unified")
    set_up(app, "http://127.0.0.1:9")
    refused(client, "/sign-in/unified")


def test_it_comes_back_by_itself(app: Flask, client: Client, provider: Provider) -> None:
    set_up(app, "http://127.0.0.1:9")
    refused(client, "/sign-in/unified")
    set_up(app, provider.issuer)
    provider.know("zhang", phone_number=PHONE, phone_number_verified=True)
    client.get(provider.sign_in(leave(client)))
    assert whose(client)


def test_the_log_names_nobody(
    offered: Flask, client: Client, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    provider.know("zhang", name="张小雨", phone_number=PHONE, phone_number_verified=True)
    back = provider.sign_in(leave(client))
    client.get(back)
    client.post("/sign-out")
    client.get(back)
    assert "unified identity" in caplog.text
    code = parse_qs(urlsplit(back).query)["code"][0]
    for secret in (PHONE, "张小雨", "secret-of-client", code):
        assert secret not in caplog.text


# --- Where there is none ----------------------------------------------------------------------------


def test_where_it_is_not_set_up_there_is_nothing_of_it(client: Client) -> None:
    assert "/sign-in/unified" not in client.get("/sign-in").text
    for path in ("/sign-in/unified", "/sign-in/unified/back?code=1&state=1"):
        assert client.get(path).status_code == 404


def test_identities_that_nobody_linked_are_forgotten(
    offered: Flask, client: Client, session: Store, provider: Provider, watch: Watch
) -> None:
    provider.know("zhang", name="张小雨")
    client.get(provider.sign_in(leave(client)))
    assert session.scalars(select(Identity)).one().citizen_id is None
    watch.forward(minutes=31)
    assert "已经认出您了" not in client.get("/sign-in").text
    unified.forget_pending()
    session.commit()
    assert session.scalars(select(Identity)).all() == []


def test_closing_the_account_forgets_the_identity(
    offered: Flask, client: Client, session: Store, provider: Provider
) -> None:
    from app.accounts import my_data

    provider.know("zhang", name="张小雨", phone_number=PHONE, phone_number_verified=True)
    client.get(provider.sign_in(leave(client)))
    assert "张小雨" in client.get("/account/data").text
    my_data.close(make.citizen(PHONE))
    session.commit()
    assert session.scalars(select(Identity)).all() == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"OIDC_ISSUER": "https://id.invalid"}, "OIDC_ISSUER needs OIDC_CLIENT_ID"),
        (
            {"OIDC_ISSUER": "https://id.invalid", "OIDC_CLIENT_ID": "x"},
            "OIDC_ISSUER needs OIDC_CLIENT_SECRET",
        ),
        ({"OIDC_ISSUER": "id.invalid"}, "OIDC_ISSUER must begin with"),
        ({"OIDC_PHONE_IS_PROOF": "yes"}, "OIDC_PHONE_IS_PROOF='yes'"),
    ],
)
def test_half_a_set_up_is_refused(settings: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        from_environment(settings)


def test_missing_packages_stop_the_start_in_one_line() -> None:
    code = (
        "import sys; sys.modules['authlib'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'authlib' else find(name, *a)\n"
        "import wsgi"
    )
    settings = {"OIDC_ISSUER": "https://id.invalid", "OIDC_CLIENT_ID": "x"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **settings, "OIDC_CLIENT_SECRET": "y"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "OIDC_ISSUER needs two more packages" in done.stderr
