"""As whom somebody stands in an application, and that no act of an agent goes unnoticed."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.models import Application, Happened
from app.applications.standing import SPOUSES, USED, Right, Role, standing_of
from app.delegation.authority import PowerHappened
from app.notifications.models import OutboxMessage
from tests import factories as make

pytestmark = pytest.mark.usefixtures("offices")
# What an office, the two spouses in their own name, or the site itself does.
NOT_BY_AN_AGENT = {
    Happened.CORRECTION_ASKED,
    Happened.ACCEPTED,
    Happened.SENT_ON,
    Happened.FORWARDED_WITH_OPINION,
    Happened.VERIFICATION_ASKED,
    Happened.VERIFICATION_ANSWERED,
    Happened.VERIFICATION_ESCALATED,
    Happened.VERIFICATION_LEFT,
    Happened.REGISTERED,
    Happened.APPROVED,
    Happened.REFUSED,
    Happened.RESULT_REPORTED,
    Happened.PERSONAL_DATA_VIEWED,
    Happened.SPOUSE_CONFIRMED,
    Happened.SPOUSE_DISAGREED,
    Happened.POWER_CHECKED,
    Happened.POWER_REJECTED,
}


def test_every_kind_of_event_says_whether_an_agent_may_have_done_it() -> None:
    """A new kind belongs in `standing.USED`, with the tick of the principal that allows it, or here."""
    assert set(Happened) - NOT_BY_AN_AGENT == set(USED)
    assert not NOT_BY_AN_AGENT & set(USED)


def test_as_whom_one_stands(app: Flask, session: Any) -> None:
    case = make.filed()
    with app.test_request_context():
        sender, stranger = make.citizen(), make.citizen("13800009999")
        assert standing_of(sender.id, case).role is Role.SENDER
        assert standing_of(sender.id, case).rights == set(Right)
        assert standing_of(stranger.id, case).role is None
        assert standing_of(stranger.id, case).rights == set()


def test_the_spouse_who_confirmed_may_help_and_not_end_it() -> None:
    assert {Right.VIEW, Right.CORRECT, Right.HURRY, Right.DOWNLOAD} <= SPOUSES
    assert not {Right.WITHDRAW, Right.CHANGE_WINDOW} & SPOUSES


def test_an_act_of_an_agent_is_recorded_as_theirs_and_told_to_each_principal_once(
    app: Flask, session: Any
) -> None:
    case = make.filed(filer="agent")
    browser = make.browser_of(make.citizen(make.AGENT["phone"]), app)
    assert browser.post(f"/my/{case.id}/withdraw").status_code == 303
    session.expire_all()
    case = session.get(Application, case.id)
    assert case.state == "withdrawn"
    assert [(e.kind, e.actor_kind) for e in case.events if e.actor_kind != "system"] == [
        ("submitted", "agent"),
        ("withdrawn", "agent"),
    ]
    acted = [e for e in make.power_of(case).events if e.kind == PowerHappened.ACTED]
    assert [(e.data["act"], e.data["number"]) for e in acted] == [
        ("submit", case.number),
        ("withdraw", case.number),
    ]
    told = [m.phone for m in session.scalars(select(OutboxMessage)) if m.kind == "agent_acted"]
    assert sorted(told) == [make.WOMAN["phone"]] * 2 + [make.MAN["phone"]] * 2


def test_the_principals_read_who_did_what(app: Flask, session: Any) -> None:
    case = make.filed(filer="agent")
    page = make.browser_of(make.citizen(make.MAN["phone"]), app)
    log = page.get(f"/powers/{make.power_of(case).id}").text
    assert "提交申请" in log
    assert case.number in log
    assert "女方确认了委托（手机）" in log
