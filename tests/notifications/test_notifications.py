"""Messages: queued with what they tell, sent at least once under one id, put off when they fail."""

from __future__ import annotations

import json
import logging
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from app import clock
from app.accounts.models import Citizen
from app.audit import AuditEvent
from app.extensions import db
from app.notifications import service
from app.notifications.channels import ChannelError, DevelopmentChannel, HttpChannel, Letter
from app.notifications.models import MessageState, OutboxMessage
from app.notifications.service import BACK_OFF, deliver_pending, queue
from app.notifications.wording import SERVICES, WORDINGS, segments, wording
from app.places.gazetteer import gazetteer
from app.places.loading import _township_office_names
from app.vault import keyed_hash
from tests import factories as make
from tests.client import Client

Store = scoped_session[Session]
PHONE = "13800000000"
NOW = clock.now()


class Watch:
    """A real clock that a test can put forward."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(clock, "now", watch)
    return watch


class Recorder:
    """A channel that keeps what it is given, and fails as often as it is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[uuid.UUID, str, str]] = []
        self.tried = 0
        self.failures: list[ChannelError] = []
        self.unsure: list[bool] = []

    def speaks(self, kind: str, script: str) -> bool:
        return True

    def send(self, letter: Letter) -> str:
        self.tried += 1
        self.unsure.append(letter.unsure_since is not None)
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((letter.id, letter.phone, letter.text))
        return f"gateway-{self.tried}"


@pytest.fixture
def channel(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setitem(app.extensions, "sms", recorder)
    return recorder


def write(kind: str = "application_withdrawn", **kwargs: object) -> OutboxMessage:
    given = {"subject": "application:1", "event": uuid.uuid4(), **kwargs}
    message = queue(kind, PHONE, {"number": "JJB-1"}, **given)
    db.session.commit()
    return message


def state(message: OutboxMessage) -> tuple[str, int]:
    db.session.refresh(message)
    return message.state, message.attempts


# --- Queue ------------------------------------------------------------------------------------------


def test_a_message_belongs_to_the_transaction(session: Store, channel: Recorder) -> None:
    queue("application_withdrawn", PHONE, {"number": "1"}, subject="application:1", event="1")
    session.rollback()
    assert deliver_pending() == 0
    write()
    assert deliver_pending() == 1
    assert len(channel.sent) == 1


def test_phone_and_text_are_sealed(session: Store) -> None:
    message = write()
    session.expire_all()
    assert message.phone == PHONE
    assert "JJB-1" in (message.text or "")
    assert PHONE.encode() not in message.phone_sealed
    assert b"JJB-1" not in message.text_sealed


def test_it_is_written_in_the_script_the_person_chose(session: Store) -> None:
    citizen = Citizen(phone_hash=keyed_hash("phone", PHONE), phone=PHONE, script="zh_Hant")
    session.add(citizen)
    session.commit()
    assert write().script == "zh_Hant"
    assert write(script="zh_Hans").script == "zh_Hans"
    other = queue("power_ended", "13900000000", {}, subject="power:1", event="ended")
    assert other.script == "zh_Hans"


VALUES = {
    "number": "JJB-20261121-0001",
    "service": "childbirth_registration",
    "office": "鼓楼街道",
    "code": "123456",
    "minutes": 10,
    "site": "https://jiuban.example.gov.cn",
    "token": "Wq3x0sJ1gZkQm2R7yB9c4A",
    "day": date(2026, 12, 18),
    "due": date(2026, 12, 18),
}


@pytest.mark.parametrize("script", ["zh_Hans", "zh_Hant"])
@pytest.mark.parametrize("kind", WORDINGS)
def test_every_message_says_something_and_leaves_no_placeholder(
    session: Store, kind: str, script: str
) -> None:
    text = wording(kind, VALUES, script)
    assert re.search(r"[\u4e00-\u9fff]{4}", text)
    assert not re.search(r"%\(|%[sd]|\bNone\b|childbirth", text)


def test_days_and_services_are_put_into_words(session: Store) -> None:
    text = wording("draft_expiring", VALUES, "zh_Hans")
    assert "2026年12月18日" in text
    assert "生育登记" in text
    for code in SERVICES:
        assert code not in wording("draft_expiring", VALUES | {"service": code}, "zh_Hant")


def test_unknown_wording_and_missing_values_are_mistakes_of_ours(session: Store) -> None:
    with pytest.raises(KeyError):
        wording("unknown", {}, "zh_Hans")
    with pytest.raises(KeyError):
        wording("application_withdrawn", {}, "zh_Hans")


# --- Once -------------------------------------------------------------------------------------------


def told(phone: str = PHONE, **given: object) -> OutboxMessage:
    about = {"subject": "application:1", "event": "event-1"} | given
    return queue("application_withdrawn", phone, {"number": "JJB-1"}, **about)  # type: ignore[arg-type]


def test_nobody_is_told_the_same_twice(session: Store, channel: Recorder) -> None:
    first, again = told(), told()
    session.commit()
    assert told().id == first.id == again.id, "also in a later transaction"
    session.commit()
    assert deliver_pending() == 1
    told()
    session.commit()
    assert deliver_pending() == 0, "also after it was sent"


def test_another_event_subject_recipient_or_kind_is_another_message(session: Store) -> None:
    told()
    told(event="event-2")
    told(subject="application:2")
    told("13900000000")
    queue("power_ended", PHONE, {}, subject="application:1", event="event-1")
    session.commit()
    assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 5


def test_at_one_moment_too(app: Flask) -> None:
    def tell(_: int) -> uuid.UUID:
        with app.app_context():
            message = told()
            db.session.commit()
            return message.id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(tell, range(12)))) == 1


# --- Length -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("一" * 65, 1),
        ("一" * 66, 2),
        ("一" * (134 - 5), 2),
        ("一" * (134 - 4), 3),
        ("𠮷" * 32, 1),
        ("𠮷" * 33, 2),
    ],
)
def test_length_is_counted_as_carriers_do(text: str, count: int) -> None:
    """70 alone, 67 each when joined, the signature and its brackets included; 𠮷 counts as two."""
    assert segments(text, "就近办") == count


@pytest.mark.parametrize("script", ["zh_Hans", "zh_Hant"])
@pytest.mark.parametrize("kind", WORDINGS)
def test_every_message_stays_within_its_segments(
    app: Flask, session: Store, longest: dict[str, object], kind: str, script: str
) -> None:
    message = queue(kind, PHONE, longest, subject="x:1", event="1", script=script)
    assert 1 <= message.segments <= app.config["SMS_SEGMENTS"], message.text


@pytest.fixture(scope="module")
def longest() -> dict[str, object]:
    """The longest value that each name can have, the office with the longest name included."""
    places = gazetteer()
    names = (
        _township_office_names(place, county)[0]
        for place in places
        if place.is_office and (county := places.get(place.code[:6])) and place != county
    )
    return VALUES | {
        "number": "JJB-2222-2222-2222",
        "service": "single_child_honor_certificate",
        "office": max(names, key=len),
    }


# --- Delivery ---------------------------------------------------------------------------------------


def test_each_message_leaves_once(session: Store, channel: Recorder) -> None:
    first, second = write(), write()
    assert deliver_pending() == 2
    assert deliver_pending() == 0
    assert {sent[0] for sent in channel.sent} == {first.id, second.id}
    assert channel.sent[0][1] == PHONE
    assert state(first) == (MessageState.SENT, 1)
    assert first.sent_at is not None


def test_a_failure_is_tried_again_later_and_later_under_the_same_id(
    session: Store, channel: Recorder, watch: Watch
) -> None:
    message = write()
    channel.failures = [ChannelError("busy")] * 3
    for wait in BACK_OFF[:3]:
        assert deliver_pending() == 0
        tried = channel.tried
        watch.now += wait - timedelta(seconds=1)
        assert deliver_pending() == 0
        assert channel.tried == tried, "not before its time"
        watch.now += timedelta(seconds=1)
    assert deliver_pending() == 1
    assert state(message) == (MessageState.SENT, 4)
    assert [sent[0] for sent in channel.sent] == [message.id]


def test_it_is_given_up_after_the_last_try(session: Store, channel: Recorder, watch: Watch) -> None:
    message = write()
    channel.failures = [ChannelError("busy")] * 20
    for _ in range(20):
        deliver_pending()
        watch.now += timedelta(days=1)
    assert state(message) == (MessageState.GIVEN_UP, len(BACK_OFF) + 1)
    assert message.problem == "busy"


def test_a_final_refusal_is_not_tried_again(session: Store, channel: Recorder) -> None:
    message = write()
    channel.failures = [ChannelError("no such number", final=True)]
    deliver_pending()
    assert state(message) == (MessageState.FAILED, 1)
    assert deliver_pending() == 0


def test_one_bad_message_does_not_hold_up_the_others(session: Store, channel: Recorder) -> None:
    for _ in range(3):
        write()
    channel.failures = [ChannelError("busy")]
    assert deliver_pending() == 2


def test_a_code_that_no_longer_works_is_not_sent(
    session: Store, channel: Recorder, watch: Watch
) -> None:
    message = write(useless_at=NOW + timedelta(minutes=10))
    watch.now += timedelta(minutes=10)
    assert deliver_pending() == 0
    assert channel.tried == 0
    assert state(message)[0] == MessageState.GIVEN_UP
    assert message.problem == "too_late"


def test_a_worker_that_died_is_followed_by_another(
    session: Store, channel: Recorder, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = write()
    channel.failures = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        deliver_pending()
    session.rollback()
    assert deliver_pending() == 0, "its lease still runs"
    watch.now += service.LEASE
    assert deliver_pending() == 1
    assert state(message) == (MessageState.SENT, 2)
    assert channel.unsure == [False, True], "the second is told that it may be there already"


def test_several_workers_send_no_message_twice(app: Flask, channel: Recorder) -> None:
    with app.app_context():
        for _ in range(20):
            write()

    def work(_: int) -> int:
        with app.app_context():
            return deliver_pending()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 20
    assert len({sent[0] for sent in channel.sent}) == len(channel.sent) == 20


def test_old_messages_are_forgotten_but_not_those_still_to_send(
    session: Store, channel: Recorder, watch: Watch
) -> None:
    write()
    deliver_pending()
    waiting = write()
    watch.now += service.KEPT + timedelta(days=1)
    service.forget_old()
    session.commit()
    assert session.scalars(select(OutboxMessage.id)).all() == [waiting.id]


def test_the_log_names_no_phone_and_no_text(
    app: Flask, session: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "app")
    message = write()
    assert isinstance(app.extensions["sms"], DevelopmentChannel)
    assert deliver_pending() == 1
    assert str(message.id) in caplog.text
    assert PHONE not in caplog.text
    assert "JJB-1" not in caplog.text


# --- A gateway --------------------------------------------------------------------------------------


class Gateway(HTTPServer):
    """A message gateway on this machine that answers as the test wants."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = 200
        self.got: list[tuple[dict[str, str], dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/messages"


class Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), json.loads(body)))
        self.send_response(self.server.answer)
        if self.server.answer == 302:
            self.send_header("Location", self.server.url)
        self.end_headers()

    do_GET = do_POST  # noqa: N815  the name the server calls

    def log_message(self, *_: object) -> None:
        """Keep the test's output to itself."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def over_http(app: Flask, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setitem(app.extensions, "sms", HttpChannel(gateway.url, "token-1"))
    return gateway


def test_the_gateway_gets_id_phone_and_text(session: Store, over_http: Gateway) -> None:
    message = write()
    assert deliver_pending() == 1
    headers, body = over_http.got[0]
    assert body == {"id": str(message.id), "phone": PHONE, "text": message.text}
    assert headers["Idempotency-Key"] == str(message.id)
    assert headers["Authorization"] == "Bearer token-1"


@pytest.mark.parametrize(
    ("answer", "then"),
    [
        (202, MessageState.SENT),
        (500, MessageState.QUEUED),
        (503, MessageState.QUEUED),
        (429, MessageState.QUEUED),
        (302, MessageState.QUEUED),
        (400, MessageState.FAILED),
        (403, MessageState.FAILED),
    ],
)
def test_its_answers_are_understood(
    session: Store, over_http: Gateway, answer: int, then: str
) -> None:
    over_http.answer = answer
    message = write()
    deliver_pending()
    assert state(message)[0] == then
    assert len(over_http.got) == 1, "phones are not sent after a redirect"


def test_a_gateway_that_is_down_or_slow_only_puts_the_message_off(
    app: Flask, session: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HTTPServer(("127.0.0.1", 0), Handler) as silent:
        monkeypatch.setattr("app.notifications.channels.TIMEOUT_SECONDS", 0.2)
        url = f"http://127.0.0.1:{silent.server_port}/"
        monkeypatch.setitem(app.extensions, "sms", HttpChannel(url, ""))
        slow = write()
        deliver_pending()
    down = write()
    deliver_pending()
    assert state(slow)[0] == state(down)[0] == MessageState.QUEUED


# --- The page ---------------------------------------------------------------------------------------


def test_the_page_shows_the_codes_newest_first(client: Client, session: Store) -> None:
    assert "还没有短信" in client.get("/outbox").text
    client.post("/sign-in", data={"phone": PHONE})
    deliver_pending()
    write(script="zh_Hant")
    shown = client.get("/outbox").text
    assert shown.index("JJB-1") < shown.index("验证码 ")
    assert PHONE in shown
    assert "已发出" in shown
    assert 'lang="zh-Hant-TW"' in shown
    assert client.fragment("/outbox").status_code == 200


def test_a_live_site_has_no_such_page(app: Flask, client: Client, session: Store) -> None:
    write()
    app.config["LIVE"] = True
    assert client.get("/outbox").status_code == 404


@pytest.fixture
def operator(app: Flask, offices: None) -> Client:
    """The browser of a supervisor, on a live site."""
    app.config["LIVE"] = True
    return make.browser_of(make.officer(make.MACHENG, "supervisor"), app)


def code_message(useless_at: datetime | None = None) -> OutboxMessage:
    params = {"code": "246810", "minutes": 10}
    message = queue(
        "sign_in_code", PHONE, params, subject="x:1", event=uuid.uuid4(), useless_at=useless_at
    )
    db.session.commit()
    return message


def test_the_operator_sees_fates_but_no_phone_and_no_code(
    session: Store, channel: Recorder, operator: Client
) -> None:
    channel.failures = [ChannelError("isv.MOBILE_NUMBER_ILLEGAL", final=True)]
    write()
    code_message()
    deliver_pending()
    for shown in (operator.get("/staff/messages"), operator.fragment("/staff/messages")):
        assert shown.status_code == 200
        assert "验证码 …，… 分钟内有效" in shown.text
        assert "138****0000" in shown.text
        assert "网关回答 isv.MOBILE_NUMBER_ILLEGAL" in shown.text
        assert "网关流水号 gateway-2" in shown.text
        assert "按 1 条计费" in shown.text
        for secret in (PHONE, "246810", "JJB-1"):
            assert secret not in shown.text


def test_counts_and_the_filter_are_by_fate(
    session: Store, channel: Recorder, watch: Watch, operator: Client
) -> None:
    write()
    deliver_pending()
    channel.failures = [ChannelError("isv.MOBILE_NUMBER_ILLEGAL", final=True)]
    write()
    deliver_pending()
    code_message(useless_at=NOW)
    deliver_pending()
    write()
    shown = operator.get("/staff/messages").text
    for words in ("等待发出 1", "已发出 1", "被拒绝 1", "已放弃 1"):
        assert words in shown
    for name, count in (("sent", 1), ("failed", 1), ("given_up", 1), ("nonsense", 4)):
        shown = operator.get(f"/staff/messages?fate={name}").text
        assert shown.count('<div class="card">') == count
    assert "还没发出就过期了" in operator.get("/staff/messages?fate=given_up").text
    assert operator.get("/staff/messages?fate=sent&page=2").text.count('<div class="card">') == 0


def test_the_operator_sends_again_what_still_helps(
    session: Store, channel: Recorder, operator: Client
) -> None:
    channel.failures = [ChannelError("isv.MOBILE_NUMBER_ILLEGAL", final=True)]
    refused = write()
    deliver_pending()
    dead = code_message(useless_at=clock.now())
    deliver_pending()
    sent = write()
    deliver_pending()
    assert operator.get("/staff/messages").text.count("再发一次") == 1
    for each in (refused, dead, sent):
        answer = operator.post(f"/staff/messages/{each.id}/retry?fate=failed")
        assert (answer.status_code, answer.location) == (303, "/staff/messages?fate=failed")
    assert deliver_pending() == 1
    assert [state(each)[0] for each in (refused, dead, sent)] == ["sent", "given_up", "sent"]
    assert [sent[0] for sent in channel.sent].count(refused.id) == 1
    noted = session.scalars(select(AuditEvent).where(AuditEvent.kind == "message.retried")).all()
    assert [event.subject for event in noted] == [f"message:{refused.id}"]


@pytest.mark.parametrize("role", ["clerk", "approver", None])
def test_nobody_else_sees_messages(
    app: Flask, session: Store, offices: None, role: str | None
) -> None:
    message = write()
    someone = make.officer(make.BAIGUO, role) if role else make.citizen()
    browser = make.browser_of(someone, app)
    assert browser.get("/staff/messages").status_code == 404
    assert browser.post(f"/staff/messages/{message.id}/retry").status_code == 404


# --- The worker -------------------------------------------------------------------------------------


def test_the_queue_file_is_one_for_each_exercise_day(tmp_path: Path) -> None:
    from app.worker import make_queue

    for as_of, name in (
        (None, "queue.sqlite3"),
        (date(2014, 6, 3), "queue-as-of-2014-06-03.sqlite3"),
    ):
        made = make_queue({"QUEUE_URL": "", "AS_OF": as_of}, tmp_path)
        assert (tmp_path / name).exists()
        made.storage.close()


def test_the_worker_sends_and_tidies_up(
    app: Flask, session: Store, channel: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import worker

    monkeypatch.setattr(worker, "site", lambda: app)
    message = write()
    worker.deliver.call_local()
    assert state(message)[0] == MessageState.SENT
    message.created_at -= service.KEPT + timedelta(days=1)
    session.commit()
    worker.tidy_up.call_local()
    assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 0


def test_a_minutes_deliveries_are_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    from app import worker

    planned: list[Callable[..., object]] = []
    monkeypatch.setattr(worker.deliver, "schedule", lambda **given: planned.append(given["delay"]))
    worker.plan_deliveries.call_local()
    assert planned == list(range(0, 60, worker.SWEEP_SECONDS))
