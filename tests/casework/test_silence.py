"""Silence past the promised days accepts by itself, as of the day of receipt, once."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import config, worker
from app.applications.models import Application, Event
from app.applications.notices import notices_of
from app.audit import AuditEvent
from app.casework import silence
from app.extensions import db
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.casework.asking import MARRIAGE, ask, desk
from tests.casework.test_notices import WHY, answered

pytestmark = pytest.mark.usefixtures("offices")


def events_of(case: Application, kind: str) -> list[Event]:
    return [each for each in case.events if each.kind == kind]


def test_F3_the_first_day_does_not_count_and_the_last_is_whole(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    for day, accepted in (("2026-03-09", 0), ("2026-03-10", 1), ("2026-03-11", 0)):
        as_of(day)
        assert silence.accept_unanswered() == accepted
    db.session.expire_all()
    assert case.state == "accepted"


def test_F2_rest_days_and_made_up_saturdays_count_as_they_are(app: Flask, as_of) -> None:
    # Saturday the 28th of February 2026 is worked; the Spring Festival before it is not.
    as_of("2026-02-13")
    make.filed()
    as_of("2026-02-27")
    assert silence.accept_unanswered() == 0
    as_of("2026-03-02")
    assert silence.accept_unanswered() == 1


def test_it_is_accepted_as_of_the_day_of_receipt_and_says_why(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    as_of("2014-06-11")
    assert silence.accept_unanswered() == 1
    db.session.expire_all()
    event = events_of(case, "accepted")[0]
    assert (event.actor_kind, event.actor_id) == ("system", None)
    assert event.data["received_on"] == "2014-06-03"
    # Ten days for the township and thirty for all, from the day of receipt.
    assert (str(case.due_on), str(case.overall_due_on)) == ("2014-06-13", "2014-07-03")
    message = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "application_accepted_by_silence")
    ).one()
    assert "2014年6月3日" in (message.text or "")
    assert "受理不等于批准" in message.text
    told = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    for page in (told, desk(make.BAIGUO, app).get(f"/staff/cases/{case.id}").text):
        assert "到期没有答复，自动受理" in page
        assert "按本单位承诺，从收到材料的 6 月 3 日起算已经受理" in page
    assert "到期自动受理" in desk(make.BAIGUO, app).get("/staff/cases").text
    audited = db.session.scalars(
        select(AuditEvent).where(AuditEvent.kind == "application.accepted")
    ).one()
    assert audited.actor == "system"


def test_the_acceptance_that_nobody_gave_stays_late(app: Flask, as_of) -> None:
    from app.casework.service import deadlines_of
    from app.clock import today

    as_of("2026-03-02")
    case = make.filed()
    as_of("2026-03-12")
    silence.accept_unanswered()
    db.session.expire_all()
    assert deadlines_of(case)[0].is_late(today())


def test_the_licensing_act_speaks_only_where_the_operator_says_it_is_a_licence(
    app: Flask, as_of
) -> None:
    app.config["LICENSED_SERVICES"] = ("childbirth_registration",)
    as_of("2026-03-02")
    case = make.filed()
    page = desk(make.BAIGUO, app).get(f"/staff/cases/{case.id}").text
    assert "第三十二条第一款第四项" in page
    assert "推算" in page
    as_of("2026-03-12")
    silence.accept_unanswered()
    told = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert "照行政许可法（2019 年修正） 第三十二条第一款第四项、第八十二条推算" in told


def test_the_licensing_act_is_not_called_upon_before_the_text_that_is_held(
    app: Flask, as_of
) -> None:
    app.config["LICENSED_SERVICES"] = ("additional_birth_approval",)
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    as_of("2014-06-11")
    silence.accept_unanswered()
    told = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert "按本单位承诺" in told
    assert "行政许可法" not in told


def test_settings_that_promise_more_than_the_act_stop_the_start() -> None:
    with pytest.raises(config.ConfigError, match="PROMISE_ACCEPT_WORKING_DAYS"):
        config.from_environment(
            {
                "LICENSED_SERVICES": "additional_birth_approval",
                "PROMISE_ACCEPT_WORKING_DAYS": "7",
            }
        )
    with pytest.raises(config.ConfigError, match="LICENSED_SERVICES"):
        config.from_environment({"LICENSED_SERVICES": "driving"})


def test_an_answered_notice_counts_from_the_answer(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    ask(case)
    as_of("2026-03-20")
    assert silence.accept_unanswered() == 0
    assert case.state == "correction_asked"


def test_a_notice_that_waits_for_a_supervisor_stops_nothing(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    ask(case)
    answered(case)
    ask(case, {MARRIAGE: "missing"}, why=WHY)
    # As `answered` writes no event, the term is that of the day of receipt.
    from app.applications.events import append
    from app.applications.models import Happened

    append(case, Happened.CORRECTED, actor_kind="citizen", actor_id=None, promise=5)
    db.session.commit()
    as_of("2026-03-10")
    assert silence.accept_unanswered() == 1
    db.session.expire_all()
    assert (case.state, notices_of(case)[-1].state) == ("accepted", "closed")


def test_H1_two_workers_at_once_accept_once(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    cases = [
        make.filed(),
        make.filed(woman={**make.WOMAN, "id_number": "110101202402290016"}),
    ]
    as_of("2026-03-10")
    both, accepted = threading.Barrier(4), []

    def work() -> None:
        with app.app_context():
            both.wait()
            accepted.append(silence.accept_unanswered())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    db.session.expire_all()
    assert sum(accepted) == 2
    assert [len(events_of(case, "accepted")) for case in cases] == [1, 1]
    kind = OutboxMessage.kind == "application_accepted_by_silence"
    assert db.session.scalar(select(func.count()).where(kind)) == 2


def test_I6_a_worker_killed_before_the_commit_accepts_at_its_next_try(
    app: Flask, as_of, monkeypatch
) -> None:
    as_of("2026-03-02")
    case = make.filed()
    as_of("2026-03-10")

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(silence.audit, "record", die)
        with pytest.raises(Killed):
            silence.accept_unanswered()
        db.session.rollback()
    db.session.expire_all()
    assert (case.state, len(case.events)) == ("submitted", 1)
    assert silence.accept_unanswered() == 1


def test_the_worker_does_it_by_day_and_wakes_nobody(app: Flask, as_of, monkeypatch) -> None:
    from datetime import datetime

    from app import clock

    as_of("2026-03-02")
    case = make.filed()
    as_of("2026-03-10")
    monkeypatch.setattr(worker, "site", lambda: app)
    for hour, state in ((3, "submitted"), (9, "accepted")):
        moment = datetime(2026, 3, 10, hour, tzinfo=clock.SHANGHAI)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        worker.keep_promises.call_local()
        db.session.rollback()
        db.session.expire_all()
        assert case.state == state
