"""The explanation tells the decision's own story, and why every other text had no say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.policy.decide import decide
from app.policy.explain import FACTS, PlaceStory, explain
from app.policy.facts import ORDER, Facts
from app.policy.law import Law
from app.policy.random_couples import couples
from app.policy.rulebook import Rulebook

HUBEI: dict[str, Any] = {
    "service": "childbirth",
    "on": "2014-06-03",
    "woman": {"hukou": "421181", "only_child": True, "residence": None},
    "man": {"hukou": "410105", "only_child": False, "residence": {"division": "421181"}},
    "marriage": "first",
    "joint_children": 1,
}


def place(law: Law, body: dict[str, Any], role: str) -> PlaceStory:
    story = explain(Facts.from_json(body), law)
    return next(one for one in story.places if one.role == role)


def said(story: PlaceStory, rulebook: str, point: str = "") -> str:
    rows = [r for r in story.rows if rulebook in r.rulebook and r.point.startswith(point)]
    assert rows, rulebook
    return " | ".join(f"{'+' if row.spoke else '-'} {row.says}" for row in rows)


def test_who_spoke_on_each_point(law: Law) -> None:
    story = place(law, HUBEI, "女方户籍地")
    assert story.answer == "办再生育审批；可以在这里办"
    assert said(story, "hb-2014.one-only-child").startswith("+ 夫妻一方是独生子女")
    assert said(story, "hb-2014.approval-hukou").startswith("+ 可以：夫妻任何一方的户籍地")
    assert "双方的户口簿" in said(story, "hb-2014", "材料")
    assert "10 日内" in said(story, "hb-2014", "多久")


def test_why_others_did_not(law: Law) -> None:
    story = place(law, HUBEI, "女方户籍地")
    assert "没有问到：排在前面" in said(story, "hb-2014.remarried-1-0")
    assert said(story, "cn-2009", "登记还是审批") == "- 这一点没有写"
    assert "这一天不施行（2021-08-20 — ）" in said(story, "cn-2021")
    assert "管别处，不管湖北" in said(story, "gd-2016（广东）")
    man = place(law, HUBEI, "男方户籍地")
    assert "没有收录能回答的规定" in said(man, "本站的说明")


def test_failing_and_unknown_conditions_name_their_facts(law: Law) -> None:
    body = {**HUBEI, "woman": {"hukou": "421181", "residence": None}, "joint_children": 2}
    story = place(law, body, "女方户籍地")
    why = said(story, "hb-2014.first-child")
    assert why.startswith("- 条件不合：双方现有的孩子要是 0 个，这里是 2 个")
    open_ = {**HUBEI, "woman": {"hukou": "421181", "residence": None}}
    unknown = said(place(law, open_, "女方户籍地"), "hb-2014.one-only-child")
    assert unknown == "- 还定不下来：要一方是独生子女（不知道：女方是不是独生子女）"


def test_a_place_that_opens_later(law: Law) -> None:
    body = {
        **HUBEI,
        "on": "2014-05-10",
        "woman": {
            "hukou": "421181",
            "only_child": True,
            "residence": {"division": "420106", "since": "2014-01-02"},
        },
    }
    story = place(law, body, "女方现居住地")
    assert said(story, "hb-2014.approval-residence").startswith("+ 2014-07-02起可以：")
    assert "这里现在不能办" in said(story, "hb-2014", "材料")


def test_a_ground_nobody_is_asked_about(law: Law) -> None:
    body = {
        "service": "childbirth",
        "on": "2019-05-05",
        "woman": {"hukou": "450102", "residence": None},
        "man": {"hukou": "450102", "residence": None},
        "marriage": "first",
        "joint_children": 2,
        "children": {"disabled": 0},
    }
    story = place(law, body, "女方户籍地")
    assert said(story, "gx-2016.border-village") == "- 定不下来：本站没有问是否在边境村定居"


def test_too_late_for_an_approval_before_birth(law: Law) -> None:
    body = {
        "service": "childbirth",
        "on": "2019-05-05",
        "woman": {"hukou": "450102", "prior_children": 2, "residence": None},
        "man": {"hukou": "450102", "prior_children": 0, "residence": None},
        "marriage": "remarried",
        "joint_children": 0,
        "stage": "born",
    }
    story = place(law, body, "女方户籍地")
    assert "这里已经出生，请窗口看" in said(story, "gx-2016.remarried-2-0")


def test_certificates(law: Law) -> None:
    body = {
        "service": "single_child_honor_certificate",
        "on": "2026-11-21",
        "woman": {"hukou": "310106"},
        "man": {"hukou": "421181"},
        "joint_children": 1,
        "pledge": True,
        "child_born_on": "2009-01-01",
    }
    story = place(law, body, "女方户籍地")
    assert "+ 孩子已经超过申领年龄" in said(story, "本站的说明")
    assert place(law, body, "男方户籍地").answer == "可以办这个证；可以在这里办"
    marital = Facts.from_json(
        {
            "service": "marital_childbearing_certificate",
            "on": "2026-11-21",
            "woman": {"hukou": "31"},
        }
    )
    general = explain(marital, law).general
    assert [row.rulebook for row in general] == ["cn-2021"]


def test_every_fact_has_a_name() -> None:
    assert set(FACTS) == set(ORDER)


@pytest.mark.parametrize("seed", range(3))
def test_every_rulebook_is_accounted_for_at_every_place(law: Law, seed: int) -> None:
    """Whatever the facts: no text is left out, and the story ends as the decision does."""
    days = [date(2014, 6, 3), date(2019, 5, 5), date(2021, 9, 1), date(2026, 11, 21)]
    for body in couples(150, seed, days):
        facts = Facts.from_json(body)
        decision, story = decide(facts, law), explain(facts, law)
        assert len(story.places) == len(decision.places)
        assert len(story.missing) == len(decision.missing)
        for told, decided in zip(story.places, decision.places, strict=True):
            named = " ".join(row.rulebook for row in told.rows)
            assert [book.id for book in law.shelf.rulebooks if book.id not in named] == []
            spoke = " ".join(row.rulebook for row in told.rows if row.spoke)
            assert all(_in(book, spoke, told) for book in decided.rulebooks)


def _in(book: Rulebook, spoke: str, told: PlaceStory) -> bool:
    """It spoke, or (when no text did) it was read and its conditions failed."""
    return book.id in spoke or any(book.id in row.rulebook for row in told.rows)
