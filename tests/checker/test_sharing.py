"""A link to a result names nobody, and knows when the rules have changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, text
from werkzeug.test import TestResponse

from app.checker.models import SharedResult
from app.checker.service import for_sharing, shared_decision, versions
from app.clock import now
from app.policy.facts import Facts
from tests.client import Client

Walk = Callable[..., TestResponse]


def make_link(client: Client, walk: Walk) -> str:
    walk()
    return client.post("/check/result/share").location


def test_link_shows_the_result_to_a_browser_that_never_answered(client: Client, walk: Walk) -> None:
    link = make_link(client, walk)
    stranger = Client(client.application)
    for page in (stranger.get(link), stranger.fragment(link)):
        assert page.status_code == 200
        assert "办生育登记，不用审批" in page.text
        assert "规则有更新" not in page.text


def test_link_holds_places_to_the_county_and_no_birthday(
    client: Client, walk: Walk, session: Any
) -> None:
    link = make_link(client, walk)
    page = Client(client.application).get(link).text
    assert "湖北省 麻城市" in page
    for township in ("歧亭", "民生街道", "娄葑"):
        assert township not in page
    facts = session.scalar(select(SharedResult)).facts
    assert facts["woman"] == {"hukou": "421181", "residence": {"division": "320576"}}
    row = session.execute(text("SELECT * FROM shared_result")).mappings().one()
    assert "421181" not in str(dict(row))


def test_no_day_of_birth_is_shared() -> None:
    facts = Facts.from_json(
        {
            "service": "single_child_honor_certificate",
            "on": "2020-01-01",
            "child_born_on": "2014-07-23",
        }
    )
    assert for_sharing(facts).child_born_on == date(2014, 1, 1)
    born = Facts.from_json(
        {"service": "childbirth", "on": "2026-11-20", "stage": "born", "born_on": "2026-11-02"}
    )
    assert "born_on" not in for_sharing(born).to_json()


def test_link_says_when_the_rules_have_changed(
    client: Client, walk: Walk, session: Any, as_of: Callable[[str], None]
) -> None:
    as_of("2021-08-19")
    link = make_link(client, walk)
    assert "规则有更新，请再看一次" not in client.get(link).text
    as_of("2021-12-01")
    page = client.get(link).text
    assert "规则有更新，请再看一次" in page
    assert "2021 年 8 月 19 日的结果" in page


def test_link_says_so_when_a_rulebook_was_corrected(
    client: Client, walk: Walk, session: Any
) -> None:
    link = make_link(client, walk)
    row = session.scalar(select(SharedResult))
    row.rulebooks = dict.fromkeys(row.rulebooks, "another version")
    assert "规则有更新，请再看一次" in client.get(link).text


def test_link_ends_after_180_days_and_a_guess_finds_the_same(
    client: Client, walk: Walk, session: Any
) -> None:
    link = make_link(client, walk)
    row = session.scalar(select(SharedResult))
    assert timedelta(days=179) < row.expires_at - now() <= timedelta(days=180)
    row.expires_at = now() - timedelta(seconds=1)
    gone, guessed = client.get(link), client.get("/r/aaaaaaaaaaaaaaaaaaaaaa")
    assert gone.status_code == guessed.status_code == 404
    cut = '<main id="main"'
    assert gone.text.split(cut)[1] == guessed.text.split(cut)[1]


def test_link_is_hard_to_guess(client: Client, walk: Walk) -> None:
    link = make_link(client, walk)
    assert len(link.rsplit("/", 1)[1]) >= 22
    assert client.post("/check/result/share").location != link


def test_link_says_so_when_a_rule_began_within_the_same_text(
    client: Client, walk: Walk, session: Any, as_of: Callable[[str], None]
) -> None:
    """HB-2014 stays; its ground for one only child begins on 2014-03-27."""
    row = SharedResult(
        facts={"service": "childbirth", "on": "2014-03-26", "woman": {"hukou": "421181"}},
        rulebooks={},
        expires_at=now() + timedelta(days=9),
    )
    session.add(row)
    row.rulebooks = versions(shared_decision(row))
    session.commit()
    as_of("2014-03-26")
    assert "规则有更新" not in client.get(f"/r/{row.name}").text
    as_of("2014-03-27")
    assert "规则有更新，请再看一次" in client.get(f"/r/{row.name}").text
