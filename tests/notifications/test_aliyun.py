"""Alibaba Cloud's messages, against a stand-in that checks every signature as published."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from flask import Flask

from app import clock
from app.config import ConfigError, from_environment
from app.extensions import db
from app.notifications import aliyun, service
from app.notifications.aliyun import AliyunChannel, read_templates, signed_headers
from app.notifications.models import MessageState, OutboxMessage
from app.notifications.service import deliver_pending, queue
from app.notifications.wording import WORDINGS
from tests.notifications.conftest import Asked, StandIn, serving

PHONE = "13800000000"
KEY, SECRET, SIGNATURE = "LTAI-test", "secret-of-test", "麻城卫健"
TEMPLATES = {"zh_Hans": {kind: f"SMS_{n}" for n, kind in enumerate(WORDINGS, start=1)}}


def test_the_example_of_the_documentation() -> None:
    """The fixed values and the result published with the signature's description."""
    headers = signed_headers(
        "ecs.cn-shanghai.aliyuncs.com",
        "RunInstances",
        "2014-05-26",
        "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
        "YourAccessKeyId",
        "YourAccessKeySecret",
        at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
        "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


class Aliyun(StandIn):
    """Checks who asks as the documentation says, remembers what was sent, and answers likewise."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, str]] = []
        self.refuse: list[tuple[int, str]] = []
        self.lose_answers = 0
        self.nonces: set[str] = set()

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        wrong = self._check(asked)
        if wrong:
            return _said(400, wrong)
        params = dict(parse_qsl(urlsplit(asked.path).query, keep_blank_values=True))
        if asked.headers["x-acs-action"] == "QuerySendDetails":
            return self._details(params)
        if self.refuse:
            return _said(*self.refuse.pop(0))
        self.sent.append(params)
        if self.lose_answers:
            self.lose_answers -= 1
            return 502, b"<html>Bad Gateway</html>"
        return _said(200, "OK", BizId=f"9006195{len(self.sent)}^0")

    def _check(self, asked: Asked) -> str:
        """The code of what is wrong with this request, or ''. Written from the documentation."""
        found = re.fullmatch(
            "ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
            asked.headers.get("authorization", ""),
        )
        if not found or found[1] != KEY:
            return "InvalidAccessKeyId.NotFound"
        names = found[2].split(";")
        must = {name for name in asked.headers if name.startswith("x-acs-")} | {"host"}
        if names != sorted(names) or set(names) != must:
            return "IncompleteSignature"
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", asked.headers["x-acs-date"]):
            return "InvalidTimeStamp.Format"
        at = datetime.fromisoformat(asked.headers["x-acs-date"])
        if abs(datetime.now(UTC) - at) > timedelta(minutes=15):
            return "InvalidTimeStamp.Expired"
        if asked.headers["x-acs-signature-nonce"] in self.nonces:
            return "SignatureNonceUsed"
        self.nonces.add(asked.headers["x-acs-signature-nonce"])
        path, _, query = asked.path.partition("?")
        pairs = sorted(parse_qsl(query, keep_blank_values=True))
        encoded = [f"{quote(name, '-_.~')}={quote(value, '-_.~')}" for name, value in pairs]
        payload = hashlib.sha256(asked.body).hexdigest()
        request = f"{asked.method}\n{path}\n{'&'.join(encoded)}\n"
        request += "".join(f"{name}:{asked.headers[name].strip()}\n" for name in names)
        request += f"\n{';'.join(names)}\n{payload}"
        to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(request.encode()).hexdigest()
        right = hmac.new(SECRET.encode(), to_sign.encode(), "sha256").hexdigest()
        if right != found[3] or payload != asked.headers["x-acs-content-sha256"]:
            return "SignatureDoesNotMatch"
        return "" if asked.headers["x-acs-version"] == "2017-05-25" else "NoSuchVersion"

    def _details(self, params: dict[str, str]) -> tuple[int, bytes]:
        today = f"{clock.now().astimezone(clock.SHANGHAI):%Y%m%d}"
        found = [
            {"OutId": one["OutId"], "PhoneNum": one["PhoneNumbers"], "SendStatus": 3}
            for one in self.sent
            if one["PhoneNumbers"] == params["PhoneNumber"] and params["SendDate"] == today
        ]
        listed = {"SmsSendDetailDTO": found}
        return _said(200, "OK", TotalCount=len(found), SmsSendDetailDTOs=listed)


def _said(status: int, code: str, **more: object) -> tuple[int, bytes]:
    return status, json.dumps({"Code": code, "Message": code, "RequestId": "1", **more}).encode()


@pytest.fixture
def provider() -> Iterator[Aliyun]:
    made = Aliyun()
    with serving(made):
        yield made


@pytest.fixture
def channel(app: Flask, provider: Aliyun, monkeypatch: pytest.MonkeyPatch) -> AliyunChannel:
    made = AliyunChannel(provider.url, KEY, SECRET, SIGNATURE, TEMPLATES)
    monkeypatch.setitem(app.extensions, "sms", made)
    return made


def write(kind: str = "application_forwarded", **kwargs: object) -> OutboxMessage:
    params = {"number": "JJB-1", "office": "麻城市卫生健康局", "code": "012345", "minutes": 10}
    given = {"subject": "application:1", "event": uuid.uuid4(), **kwargs}
    message = queue(kind, PHONE, params, **given)  # type: ignore[arg-type]
    db.session.commit()
    return message


def fate(message: OutboxMessage) -> tuple[str, str | None]:
    db.session.refresh(message)
    return message.state, message.problem


def test_it_sends_code_and_values_not_the_text(
    session: object, channel: AliyunChannel, provider: Aliyun
) -> None:
    message = write()
    assert deliver_pending() == 1
    assert provider.sent == [
        {
            "PhoneNumbers": PHONE,
            "SignName": SIGNATURE,
            "TemplateCode": TEMPLATES["zh_Hans"]["application_forwarded"],
            "TemplateParam": '{"number": "JJB-1", "office": "麻城市卫生健康局"}',
            "OutId": str(message.id),
        }
    ]
    assert fate(message) == (MessageState.SENT, None)
    assert message.gateway_id == "90061951^0"


def test_a_code_keeps_its_zero_and_is_a_text(
    session: object, channel: AliyunChannel, provider: Aliyun
) -> None:
    write("sign_in_code")
    deliver_pending()
    assert json.loads(provider.sent[0]["TemplateParam"]) == {"code": "012345", "minutes": "10"}


def test_a_wrong_secret_is_refused_and_tried_later(
    session: object, channel: AliyunChannel, provider: Aliyun
) -> None:
    channel.secret = "another"
    message = write()
    deliver_pending()
    assert fate(message) == (MessageState.QUEUED, "SignatureDoesNotMatch")
    assert provider.sent == []


@pytest.mark.parametrize(
    ("status", "code", "then"),
    [
        (200, "isv.BUSINESS_LIMIT_CONTROL", MessageState.QUEUED),
        (400, "Throttling.User", MessageState.QUEUED),
        (200, "isv.AMOUNT_NOT_ENOUGH", MessageState.QUEUED),
        (200, "isv.SMS_TEMPLATE_ILLEGAL", MessageState.QUEUED),
        (200, "isv.A_CODE_OF_NEXT_YEAR", MessageState.QUEUED),
        (500, "isp.SYSTEM_ERROR", MessageState.QUEUED),
        (503, "ServiceUnavailable", MessageState.QUEUED),
        (200, "isv.MOBILE_NUMBER_ILLEGAL", MessageState.FAILED),
        (200, "isv.PARAM_LENGTH_LIMIT", MessageState.FAILED),
        (200, "isv.BLACK_KEY_CONTROL_LIMIT", MessageState.FAILED),
    ],
)
def test_refusals_are_kept_by_their_code(
    session: object,
    channel: AliyunChannel,
    provider: Aliyun,
    status: int,
    code: str,
    then: MessageState,
) -> None:
    provider.refuse = [(status, code)]
    message = write()
    assert deliver_pending() == 0
    assert fate(message) == (then, code)


def test_what_was_refused_for_now_is_sent_later(
    session: object, channel: AliyunChannel, provider: Aliyun, later: Callable[[], None]
) -> None:
    provider.refuse = [(400, "Throttling.User"), (200, "isv.BUSINESS_LIMIT_CONTROL")]
    message = write()
    for _ in range(3):
        deliver_pending()
        later()
    assert fate(message) == (MessageState.SENT, None)
    assert [one["OutId"] for one in provider.sent] == [str(message.id)]


@pytest.fixture
def later(session: object) -> Callable[[], None]:
    """Let the time come for whatever waits."""

    def pass_time() -> None:
        for message in db.session.query(OutboxMessage):
            message.next_try_at = clock.now()
        db.session.commit()

    return pass_time


def test_an_answer_that_was_lost_sends_no_second_message(
    session: object, channel: AliyunChannel, provider: Aliyun, later: Callable[[], None]
) -> None:
    """The service is not idempotent, so what it has already taken is looked up first."""
    provider.lose_answers = 1
    message = write()
    assert deliver_pending() == 0
    assert fate(message) == (MessageState.QUEUED, "http.502")
    later()
    assert deliver_pending() == 1
    assert fate(message) == (MessageState.SENT, None)
    assert len(provider.sent) == 1


def test_a_slow_answer_too(
    session: object,
    channel: AliyunChannel,
    provider: Aliyun,
    later: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.notifications.channels.TIMEOUT_SECONDS", 0.2)
    provider.slow = 0.5
    message = write()
    deliver_pending()
    assert fate(message) == (MessageState.QUEUED, "timeout")
    provider.slow = 0
    later()
    assert deliver_pending() == 1
    assert len(provider.sent) == 1


def test_a_worker_that_died_is_followed_by_one_that_looks_first(
    session: object,
    channel: AliyunChannel,
    provider: Aliyun,
    later: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def take_and_die(*given: object) -> tuple[int, bytes]:
        fetch(*given)
        raise KeyboardInterrupt

    fetch = aliyun.fetch
    message = write()
    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(aliyun, "fetch", take_and_die)
        deliver_pending()
    db.session.rollback()
    later()
    assert deliver_pending() == 1
    assert fate(message) == (MessageState.SENT, None)
    assert len(provider.sent) == 1


def test_while_nobody_knows_nothing_is_sent_again(
    session: object, channel: AliyunChannel, provider: Aliyun, later: Callable[[], None]
) -> None:
    """A look-up that fails leaves the doubt, and the next one still looks first."""
    provider.lose_answers = 1
    message = write()
    deliver_pending()
    channel.secret, right = "another", channel.secret
    for _ in range(2):
        later()
        deliver_pending()
        assert fate(message) == (MessageState.QUEUED, "SignatureDoesNotMatch")
        assert message.unsure_since is not None
    channel.secret = right
    later()
    assert deliver_pending() == 1
    assert len(provider.sent) == 1


def test_traditional_goes_where_there_is_a_template_for_it(
    session: object, channel: AliyunChannel, provider: Aliyun
) -> None:
    assert write(script="zh_Hant").script == "zh_Hans"
    channel.templates = TEMPLATES | {"zh_Hant": {"application_forwarded": "SMS_Hant"}}
    message = write(script="zh_Hant")
    assert (message.script, "申請" in (message.text or "")) == ("zh_Hant", True)
    assert write("sign_in_code", script="zh_Hant").script == "zh_Hans"
    deliver_pending()
    assert {one["OutId"]: one["TemplateCode"] for one in provider.sent}[str(message.id)] == (
        "SMS_Hant"
    )


# --- Settings ---------------------------------------------------------------------------------------


def test_the_command_prints_the_file_that_the_settings_want(app: Flask, tmp_path: Path) -> None:
    printed = app.test_cli_runner().invoke(args=["messages", "templates"]).output
    assert "# 验证码 ${code}，${minutes} 分钟内有效" in printed
    assert '# power_ended = ""' in printed
    file = tmp_path / "templates.toml"
    file.write_text(printed)
    with pytest.raises(ConfigError, match=r"lacks the template code of .*zh_Hans\.power_ended"):
        read_templates(str(file))
    file.write_text(re.sub(r'^(\w+) = ""', r'\1 = "SMS_1"', printed, flags=re.MULTILINE))
    assert read_templates(str(file))["zh_Hans"].keys() == WORDINGS.keys()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('[zh_Hans]\nsign_in_code = "SMS_1"', "lacks the template code of zh_Hans.additional"),
        ('[zh_Hans]\nno_such_kind = "SMS_1"', "names what no message is: zh_Hans.no_such_kind"),
        ("zh_Hans = 1", "not a TOML file of codes"),
        ("[zh_Hans", "not a TOML file of codes"),
        (None, "cannot be read"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, content: str | None, says: str) -> None:
    file = tmp_path / "templates.toml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        read_templates(str(file))
    assert says.removesuffix("additional") in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "ALIYUN_SMS_KEY_ID needs ALIYUN_SMS_KEY_SECRET"),
        ({"ALIYUN_SMS_KEY_SECRET": "x"}, "ALIYUN_SMS_KEY_ID needs SMS_TEMPLATES"),
        ({"SMS_URL": "https://x.invalid"}, "SMS_URL and ALIYUN_SMS_KEY_ID together"),
        ({"ALIYUN_SMS_ENDPOINT": "dysmsapi"}, "ALIYUN_SMS_ENDPOINT must begin with"),
    ],
)
def test_half_a_gateway_is_refused(settings: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        from_environment({"ALIYUN_SMS_KEY_ID": KEY} | settings)


def test_the_log_names_neither_phone_nor_code(
    session: object,
    channel: AliyunChannel,
    provider: Aliyun,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    provider.refuse = [(200, "isv.MOBILE_NUMBER_ILLEGAL")]
    write("sign_in_code")
    write("sign_in_code")
    deliver_pending()
    assert "isv.MOBILE_NUMBER_ILLEGAL" in caplog.text
    for secret in (PHONE, "012345", SECRET):
        assert secret not in caplog.text


def test_back_off_ends_within_two_days() -> None:
    """A balance that is topped up on the next morning still sends what waits."""
    assert timedelta(hours=18) < sum(service.BACK_OFF, timedelta()) < timedelta(days=2)
