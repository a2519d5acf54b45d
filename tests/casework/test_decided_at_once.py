"""Two clerks decide one case in the same moment, again and again: one decides, the other sees who and when.

`DECIDED_AT_ONCE=1000 pytest tests/casework/test_decided_at_once.py` for a night's worth of rounds.
"""

from __future__ import annotations

import os
import re
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import audit
from app.appearance import zh_day
from app.applications.models import Application, State
from app.casework import service
from app.casework.acts import Act
from app.clock import today
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.applications.filing import at_once
from tests.client import Client

ROUNDS = int(os.environ.get("DECIDED_AT_ONCE", "20"))
DECISIONS = (State.APPROVED, State.REFUSED)
TYPED = {"reasons": "再婚前的子女数与户口登记不一致。", "ground": "facts_differ"}


def opened(case: Application) -> dict[str, str]:
    """What the page of the case hides in its forms."""
    return {"version": str(case.version), "seen": str(len(case.events))}


def decide(browser: Client, address: str, act: str, hidden: dict[str, str]) -> TestResponse:
    """Press a button of the page."""
    sent = {f"{act}-{name}": value for name, value in (hidden | TYPED).items()}
    return browser.post(f"{address}/{act}", data=sent)


def test_H1_one_decides_and_the_other_sees_who_and_when(
    app: Flask, session: Any, offices: None, as_of: Any
) -> None:
    as_of("2018-12-01")
    clerks = [make.officer(make.MINSHENG, name=name) for name in ("陈先行", "周后到")]
    browsers = [make.browser_of(clerk, app) for clerk in clerks]
    for number in range(ROUNDS):
        case = make.filed(make.REMARRIED_TWO)
        service.perform(service.desk_of(clerks[0]), case, Act.ACCEPT, version=case.version)
        # Turn about, so that neither act has the better place.
        acts = ["approve", "refuse"] if number % 2 else ["refuse", "approve"]
        session.commit()
        answers = at_once(
            [
                partial(decide, browser, f"/staff/cases/{case.id}", act, opened(case))
                for browser, act in zip(browsers, acts, strict=True)
            ]
        )
        assert sorted(each.status_code for each in answers) == [303, 409]
        first = [each.status_code for each in answers].index(303)

        session.expire_all()
        decisions = [event for event in case.events if event.kind in DECISIONS]
        assert [event.actor_id for event in decisions] == [clerks[first].id]
        assert (case.state, case.live_key) == (decisions[0].kind, None)
        assert [event.sequence for event in case.events] == [1, 2, 3]
        when, who = re.escape(zh_day(today())), clerks[first].display_name
        assert re.search(rf"<li>{when} \S+ · \S+ {who}</li>", answers[1 - first].text)
        sent = select(OutboxMessage.kind).where(
            OutboxMessage.subject == f"application:{case.id}",
            OutboxMessage.kind.in_([f"application_{each}" for each in DECISIONS]),
        )
        assert session.scalars(sent).all() == [f"application_{case.state}"]
    audit.verify()
