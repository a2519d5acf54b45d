"""A decision and its paper are one: what is issued, to whom, under which law, and never twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select, text

from app import vault
from app.applications import events
from app.applications.models import Happened
from app.audit import AuditEvent
from app.casework.acts import Act
from app.certificates import service
from app.certificates.models import Certificate, CertificateEvent, Letter, Standing
from app.clock import today
from app.extensions import db
from app.fields import check_digit_of
from tests import factories as make
from tests.applications.filing import at_once
from tests.certificates.conftest import approved_in_hubei, certificate_of, do, registered
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
REASONS = "男方的独生子女证明与户口登记不一致，见《条例》第十六条第四项。"


def test_a_registration_is_certified_in_the_same_transaction(session: Any) -> None:
    case = registered()
    certificate = certificate_of(case)
    assert certificate.title == "生育登记凭证"
    assert certificate.kind == "childbirth_registration"
    assert certificate.standing is Standing.VALID
    assert certificate.issued_on == case.decided_on == today()
    assert certificate.office_id == case.office_id
    assert [event.kind for event in certificate.events] == ["issued"]
    decision = case.events[-1]
    assert (certificate.actor_kind, certificate.actor_id) == ("officer", decision.actor_id)
    audited = session.scalars(select(AuditEvent).where(AuditEvent.kind == "certificate.issued"))
    assert [row.subject for row in audited] == [f"application:{case.id}"]


def test_hubei_2014_the_county_issues_under_the_provision_that_granted(
    as_of: Callable[[str], None],
) -> None:
    certificate = certificate_of(approved_in_hubei(as_of))
    assert certificate.title == "生育证"
    assert certificate.office_id == make.office(make.MACHENG).id
    assert str(certificate.issued_on) == "2014-06-03"
    data = certificate.data
    assert [(each["instrument"], each["article"]) for each in data["basis"]] == [
        ("湖北省人口与计划生育条例", "第十六条第四项（2014 年 3 月 27 日修改）")
    ]
    assert data["office"]["zh_Hans"] == "麻城市卫生健康局"


def test_guangxi_2018_the_township_issues_its_own(as_of: Callable[[str], None]) -> None:
    as_of("2018-12-03")
    case = make.filed(make.REMARRIED_TWO)
    do(case, Act.ACCEPT, make.MINSHENG)
    do(case, Act.APPROVE, make.MINSHENG)
    certificate = certificate_of(case)
    assert (certificate.title, certificate.office_id) == ("再生育证", case.office_id)


def test_what_the_rulebook_does_not_name_is_not_issued(session: Any) -> None:
    case = make.filed()
    decision = case.decision
    case.decision = decision | {
        "places": [place | {"certificate": None} for place in decision["places"]]
    }
    session.commit()
    do(case, Act.ACCEPT)
    do(case, Act.REGISTER)
    assert case.state == "registered"
    assert service.certificates_of(case) == []


def test_a_rule_may_issue_where_no_officer_did(as_of: Callable[[str], None]) -> None:
    """Whoever notes the decision, the certificate follows: also what issues by itself when late."""
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    with current_app.test_request_context():
        events.append(
            case,
            Happened.APPROVED,
            actor_kind="system",
            actor_id=None,
            promise=5,
            data={"rule": "hb-2014.if-late"},
        )
        db.session.commit()
    certificate = certificate_of(case)
    assert (certificate.actor_kind, certificate.actor_id) == ("system", None)
    assert certificate.rule == "hb-2014.if-late"


def test_the_number_is_read_on_the_phone_and_cannot_be_guessed(session: Any) -> None:
    numbers = []
    for order in (1, 2, 3):
        first = f"42118119900101{order:03}"
        woman = make.WOMAN | {"id_number": first + check_digit_of(first)}
        numbers.append(certificate_of(registered(woman=woman)).number)
    assert len(set(numbers)) == 3
    for number in numbers:
        assert re.fullmatch(r"JJZ(-[2-9A-HJ-NP-TV-Z]{4}){3}", number)


def test_nothing_personal_is_readable_in_the_tables(session: Any) -> None:
    case = registered()
    do(other := make.filed(woman=make.WOMAN | {"id_number": "110101202402290016"}), Act.ACCEPT)
    do(other, Act.REFUSE, reasons=REASONS)
    for table in ("certificates", "certificate_events", "letters", "printed_files"):
        rows = session.execute(text(f"SELECT * FROM {table}")).all()
        readable = " ".join(str(value) for row in rows for value in row)
        for secret in (make.WOMAN["name"], make.MAN["name"], make.WOMAN["id_number"], "独生子女"):
            assert secret not in readable
    assert case.state == "registered"


def test_deleting_the_data_key_deletes_what_was_printed(session: Any) -> None:
    case = registered()
    vault.destroy(case)
    session.commit()
    certificate = certificate_of(case)
    assert certificate.data is None
    assert certificate.standing is Standing.VALID


def test_each_act_writes_its_letter(as_of: Callable[[str], None]) -> None:
    as_of("2026-03-02")
    case = make.filed()
    do(case, Act.ACCEPT)
    do(case, Act.REFUSE, reasons=REASONS)
    letters = service.letters_of(case)
    assert [letter.kind for letter in letters] == ["acceptance", "refusal_to_register"]
    assert [letter.number for letter in letters] == [f"{case.number}-02", f"{case.number}-03"]
    accepted, refused = (letter.data for letter in letters)
    assert {paper["name"] for paper in accepted["papers"]} >= {"夫妻双方的居民身份证，或户口簿"}
    assert refused["reasons"] == REASONS
    assert [remedy["article"] for remedy in refused["remedies"]] == ["第二十条", "第四十六条"]
    assert refused["not_held"] is False
    assert service.certificates_of(case) == []


def test_an_acceptance_pins_the_days_of_the_rulebook(as_of: Callable[[str], None]) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    do(case, Act.ACCEPT)
    [letter] = service.letters_of(case)
    days = {step["step"]: step["due_on"] for step in letter.data["steps"]}
    assert days == {"township": "2014-06-13", "county": None, "whole": "2014-07-03"}
    assert "必须按时发给" in letter.data["if_late"]


def test_a_refusal_before_2024_says_what_is_not_held(as_of: Callable[[str], None]) -> None:
    as_of("2018-12-03")
    case = make.filed(make.REMARRIED_TWO)
    do(case, Act.REFUSE, make.MINSHENG, reasons=REASONS)
    [letter] = service.letters_of(case)
    assert letter.kind == "refusal_to_accept"
    assert [remedy["article"] for remedy in letter.data["remedies"]] == ["第四十六条"]
    assert letter.data["not_held"] is True


def test_H1_two_clerks_decide_at_once_and_one_certificate_is_issued(
    app: Flask, session: Any
) -> None:
    case = make.filed()
    do(case, Act.ACCEPT)
    browsers = [make.browser_of(make.officer(make.BAIGUO), app) for _ in range(6)]
    address = f"/staff/cases/{case.id}/register"
    form = {"register-version": str(case.version), "register-seen": "2"}
    session.commit()

    def decide(browser: Client) -> int:
        with app.app_context():
            return browser.post(address, data=form).status_code

    results = at_once([lambda browser=each: decide(browser) for each in browsers])
    assert sorted(results) == [303] + [409] * 5
    assert session.scalar(select(func.count()).select_from(Certificate)) == 1
    assert session.scalar(select(func.count()).select_from(CertificateEvent)) == 1
    assert session.scalar(select(func.count()).select_from(Letter)) == 1
