"""A power that has run out, given once more by one of the couple, confirmed by the other."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications import entrusting
from app.applications.models import Draft
from app.applications.standing import Right
from app.clock import today
from app.delegation.models import PowerOfAttorney
from app.extensions import db
from tests import factories as make
from tests.delegation.phones import say

pytestmark = pytest.mark.usefixtures("offices")
TERMS: dict[str, Any] = {"acts": ["submit", "correct", "hurry"], "until_on": "2026-12-31"}


@pytest.fixture
def draft(as_of) -> Draft:
    """An agent's draft, on the day after the power's last."""
    as_of("2026-03-02")
    made = make.drafted(filer="agent", agreed=make.terms(until_on="2026-06-30"))
    as_of("2026-07-01")
    return made


def newest() -> PowerOfAttorney:
    db.session.expire_all()
    latest = select(PowerOfAttorney).order_by(PowerOfAttorney.created_at.desc()).limit(1)
    return db.session.scalars(latest).one()


def test_it_runs_again_once_both_have_said_so(
    app: Flask, client, session, draft: Draft, as_of
) -> None:
    old, agent = make.power_of(draft), make.citizen(make.AGENT["phone"])
    her = make.browser_of(make.citizen(), app)
    assert f"/powers/{old.id}/renew" in her.get(f"/powers/{old.id}").text
    assert "王代办" in her.get(f"/powers/{old.id}/renew").text
    assert her.post(f"/powers/{old.id}/renew", data=TERMS | {"until_on": ""}).status_code == 422
    assert not entrusting.may_fill(agent, draft)
    taken = her.post(f"/powers/{old.id}/renew", data=TERMS)
    new = newest()
    assert taken.location == f"/powers/{new.id}"
    assert (new.from_on, new.until_on) == (today(), date(2026, 12, 31))
    assert set(new.acts) == {"fill", "submit", "correct", "hurry"}
    assert not entrusting.may_fill(agent, draft)
    say(client, session, make.MAN["phone"], "0014", "yes")
    session.expire_all()
    assert entrusting.may_fill(agent, draft)
    # The agent is not asked for the terms again: the draft says them as they are now.
    agents = make.browser_of(agent, app)
    assert 'id="submit"' in agents.get(f"/apply/{draft.id}/check").text
    again = her.post(f"/powers/{old.id}/renew", data=TERMS)
    assert again.status_code == 409
    assert newest().id == new.id
    as_of("2027-01-01")
    session.expire_all()
    assert not entrusting.may_fill(agent, draft)


def test_what_was_sent_is_followed_again(app: Flask, client, session, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed(filer="agent", agreed=make.terms(until_on="2026-06-30"))
    old = make.power_of(case)
    as_of("2026-07-01")
    assert make.rights(make.AGENT["phone"], case) == frozenset()
    make.browser_of(make.citizen(make.MAN["phone"]), app).post(
        f"/powers/{old.id}/renew", data=TERMS
    )
    say(client, session, make.WOMAN["phone"], "002X", "yes")
    session.expire_all()
    assert Right.VIEW in make.rights(make.AGENT["phone"], case)


def test_nobody_else_renews_it(app: Flask, draft: Draft) -> None:
    old = make.power_of(draft)
    for phone in (make.AGENT["phone"], "13800000019"):
        browser = make.browser_of(make.citizen(phone), app)
        assert browser.get(f"/powers/{old.id}/renew").status_code == 404
        assert browser.post(f"/powers/{old.id}/renew", data=TERMS).status_code == 404
    assert newest().id == old.id
