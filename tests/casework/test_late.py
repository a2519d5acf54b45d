"""If late: what Hubei 2014 says happens, happens by itself, on the last day, once; nowhere else."""

from __future__ import annotations

import threading
from datetime import date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, worker
from app.applications.models import Application, Event
from app.audit import AuditEvent
from app.casework import late
from app.certificates.service import certificates_of
from app.extensions import db
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.casework.asking import ask_elsewhere, desk
from tests.casework.test_desk import act, kinds

pytestmark = pytest.mark.usefixtures("offices")


def accepted(app: Flask, as_of, day: str = "2014-06-03") -> Application:
    as_of(day)
    case = make.filed(make.ONE_ONLY_CHILD)
    act(desk(make.BAIGUO, app), case, "accept")
    db.session.expire_all()
    return case


def test_S4_with_the_question_unanswered_the_certificate_issues_on_day_thirty(
    app: Flask, as_of
) -> None:
    case = accepted(app, as_of)
    ask_elsewhere(case, make.SONGBU)
    for day, issued in (("2014-07-02", 0), ("2014-07-03", 1), ("2014-07-04", 0)):
        as_of(day)
        assert late.issue_overdue() == issued, day
    db.session.expire_all()
    assert (case.state, case.live_key, str(case.decided_on)) == ("approved", None, "2014-07-03")
    event = db.session.scalars(select(Event).where(Event.kind == "approved")).one()
    assert (event.actor_kind, event.data["by"], event.data["rule"]) == (
        "system",
        "late",
        "hb-2014.if_late",
    )
    [certificate] = certificates_of(case)
    assert (certificate.title, certificate.rule) == ("生育证", "hb-2014.if_late")
    told = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "application_approved_by_rule")
    ).one()
    assert "2014年7月3日" in (told.text or "")
    for page in (
        make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text,
        desk(make.BAIGUO, app).get(f"/staff/cases/{case.id}").text,
    ):
        assert "到期没有办完，按规定发证" in page
        assert "也没有证实不符合条件" in page
    audited = db.session.scalars(
        select(AuditEvent).where(AuditEvent.kind == "application.approved")
    ).one()
    assert audited.actor == "system"


def test_a_case_that_lies_at_the_county_issues_too(app: Flask, as_of) -> None:
    case = accepted(app, as_of)
    act(desk(make.BAIGUO, app), case, "forward_with_opinion", opinion="meets")
    as_of("2014-07-03")
    assert late.issue_overdue() == 1
    db.session.expire_all()
    assert case.state == "approved"


def test_not_when_the_township_said_in_time_that_it_is_against(app: Flask, as_of) -> None:
    case = accepted(app, as_of)
    browser = desk(make.BAIGUO, app)
    act(
        browser,
        case,
        "forward_with_opinion",
        opinion="against",
        reasons="独生子女证明与登记不一致。",
    )
    as_of("2014-07-10")
    assert late.issue_overdue() == 0
    db.session.expire_all()
    assert case.state == "forwarded"


@pytest.mark.parametrize(("finding", "issued"), [("not_confirmed", 0), ("cannot_find", 1)])
def test_an_answer_in_time_that_it_is_not_so_is_for_people(
    app: Flask, as_of, finding: str, issued: int
) -> None:
    case = accepted(app, as_of)
    found = ask_elsewhere(case, make.SONGBU)
    data = {"finding": finding, "words": "登记不一致。", "version": str(found.version)}
    there = desk(make.SONGBU, app)
    assert there.post(f"/staff/enquiries/{found.id}", data=data).status_code == 303
    as_of("2014-07-03")
    assert late.issue_overdue() == issued


def test_not_before_it_was_accepted_and_not_under_another_text(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    make.filed(make.ONE_ONLY_CHILD)
    as_of("2014-09-03")
    assert late.issue_overdue() == 0
    as_of("2018-12-03")
    other = make.filed(make.REMARRIED_TWO)
    act(desk(make.MINSHENG, app), other, "accept")
    # Even with days that are over: the text says nothing of lateness.
    db.session.expire_all()
    other.overall_due_on = date(2018, 12, 31)
    db.session.commit()
    as_of("2019-06-03")
    assert late.issue_overdue() == 0
    db.session.expire_all()
    assert other.state == "accepted"


def test_the_last_day_is_the_offices_to_its_end(app: Flask, as_of, monkeypatch) -> None:
    case = accepted(app, as_of)
    as_of("2014-07-03")
    monkeypatch.setattr(clock, "is_exercise", lambda: False)
    for hour, issued in ((9, 0), (16, 0), (17, 1)):
        moment = datetime(2014, 7, 3, hour, tzinfo=clock.SHANGHAI)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        assert late.issue_overdue() == issued, hour
    db.session.expire_all()
    assert case.state == "approved"


def test_only_hubei_says_so(app: Flask) -> None:
    books = app.extensions["law"].shelf.rulebooks
    saying = {book.id for book in books for each in book.procedures if each.late_issues}
    assert saying == {"hb-2014"}


def test_H1_four_workers_issue_once(app: Flask, as_of) -> None:
    case = accepted(app, as_of)
    as_of("2014-07-03")
    together, issued = threading.Barrier(4), []

    def work() -> None:
        with app.app_context():
            together.wait()
            issued.append(late.issue_overdue())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    db.session.expire_all()
    assert sum(issued) == 1
    assert kinds(case).count("approved") == 1
    assert len(certificates_of(case)) == 1


def test_I6_a_worker_killed_before_the_commit_issues_at_its_next_try(
    app: Flask, as_of, monkeypatch
) -> None:
    case = accepted(app, as_of)
    as_of("2014-07-03")

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(late.audit, "record", die)
        with pytest.raises(Killed):
            late.issue_overdue()
        db.session.rollback()
    assert kinds(case) == ["submitted", "accepted"]
    assert late.issue_overdue() == 1


def test_the_worker_does_it(app: Flask, as_of, monkeypatch) -> None:
    case = accepted(app, as_of)
    as_of("2014-07-03")
    monkeypatch.setattr(worker, "site", lambda: app)
    moment = datetime(2026, 3, 10, 9, tzinfo=clock.SHANGHAI)
    monkeypatch.setattr(clock, "now", lambda: moment)
    worker.keep_promises.call_local()
    db.session.rollback()
    db.session.expire_all()
    assert case.state == "approved"
