"""The questions people ask: found by any word for them, answered first, and each with its source."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.checker.service import json_values
from app.guide import pinyin_table, search
from app.guide.questions import Question, everything
from app.policy.facts import Facts
from app.policy.worked_cases import Case, mismatches
from app.rules.service import the_law
from tests.client import Client

ALL = list(everything()[1].values())
# As long as a person reads at one breath.
LONGEST_SENTENCE = 40


def test_about_sixty_of_them() -> None:
    assert len(ALL) >= 60
    assert {question.topic for question in ALL} == set(everything()[0])


@pytest.mark.parametrize("question", ALL, ids=lambda question: question.id)
def test_each_is_short_sourced_and_true_of_some_day(app: Flask, question: Question) -> None:
    with app.app_context():
        listed = the_law().shelf.sources
    assert all(name in listed and place for name, place in question.sources)
    assert question.end is None or question.start <= question.end
    for paragraph in question.answer:
        for sentence in re.split("[。；：！？]", paragraph):
            assert len(sentence) <= LONGEST_SENTENCE, sentence
    if question.check:
        Facts.from_json(
            _body(question.check), today=max(question.start, question.end or question.start)
        )


def _body(check: Any) -> dict[str, Any]:
    return dict(check)


def test_only_what_is_no_law_goes_without_a_source() -> None:
    bare = {question.id for question in ALL if not question.sources}
    assert bare == {
        "twins",
        "spouse-consent",
        "no-rule",
        "lost-certificate",
        "site-official",
        "benefits",
    }


def test_how_they_sound_is_up_to_date() -> None:
    """Else: python -m app.guide.pinyin_table"""
    assert pinyin_table.table() == search.PINYIN.read_text(encoding="utf-8")
    assert pinyin_table.syllables() == search.SYLLABLES.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("准生证", "permit"),
        ("准生證", "permit"),
        ("準生證", "permit"),
        ("准升证", "permit"),
        ("準升證怎麼辦", "permit"),
        ("尚护口", "hukou"),
        ("尚戶扣", "hukou"),
        ("娃", None),
        ("二孩证", "permit"),
        ("计生证", "permit"),
        ("zhunshengzheng", "permit"),
        ("zsz", "permit"),
        ("孩子上戶口", "hukou"),
        ("上户口要生育登记吗", "hukou"),
        ("住不满半年", "half-year"),
        ("banniian", None),
        ("结婚证丢了", "marriage-certificate"),
        ("社会抚养费", "no-fine"),
        ("要不要罚款", "no-fine"),
        ("委托书怎么写", "poa-contents"),
        ("委託書", "poa-contents"),
        ("双胞胎", "twins"),
        ("雙胞胎", "twins"),
        ("没领证能登记吗，未婚", "unmarried"),
        ("婚育证明", "migrant-slip"),
        ("台湾", "hong-kong"),
        ("军婚", "soldiers"),
        ("被退回来了 查不到", "cannot-look-up"),
        ("多少钱", "fee"),
        ("tousu", "complain"),
        ("要花钱吗", "fee"),
        ("抱养", "adopted"),
        ("當兵", "soldiers"),
        ("回族", "minority"),
        ("双胎", "twins"),
        ("孩子没了", "child-died"),
        ("踢皮球", "wrong-office"),
        ("微信办", "online"),
        ("字小", "elderly"),
        ("没领证", "unmarried"),
        ("出生证", "hukou"),
        ("補貼", "benefits"),
        ("butie", "benefits"),
    ],
)
def test_any_word_for_it_leads_there(app: Flask, typed: str, first: str | None) -> None:
    with app.app_context():
        found = [name for kind, name in search.find(typed) if kind == "question"]
    assert (found[0] if found else None) == first


def test_papers_and_police_matters_are_found_too(client: Client) -> None:
    page = client.get("/guide/faq", query_string={"q": "临时身份证"}).text
    assert "/guide/household/temporary-card" in page
    assert "/papers/residence_permit" in client.get("/guide/faq?q=居住证").text


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        "'; DROP TABLE guide_search;--",
        "* OR NEAR(",
        "a\x00b",
        "&|!:()",
        "\ud800",
        "好" * 5000,
        "吗呢",
        "𠮷",
    ],
)
def test_E8_whatever_is_typed_is_only_looked_for(client: Client, typed: str) -> None:
    answer = client.get("/guide/faq", query_string={"q": typed.encode("utf-8", "replace")})
    assert answer.status_code == 200
    assert "没有找到" in answer.text
    assert "打 12345 问人" in answer.text
    assert client.get("/guide/faq?q=准生证").text.count("/guide/faq/permit") >= 2


def test_what_is_typed_is_shown_again_in_its_box(client: Client) -> None:
    assert 'value="&lt;b&gt;"' in client.get("/guide/faq?q=<b>").text


def test_answers_of_another_day_are_neither_found_nor_shown(
    client: Client, as_of: Callable[[str], None]
) -> None:
    assert client.get("/guide/faq/permit").status_code == 200
    as_of("2014-06-03")
    assert client.get("/guide/faq/permit").status_code == 404
    assert "/guide/faq/permit" not in client.get("/guide/faq?q=准生证").text
    assert "光荣证谁发" in client.get("/guide/faq").text


def test_an_answer_names_its_source_and_leads_on(client: Client) -> None:
    page = client.get("/guide/faq/permit").text
    assert page.index("不用。") < page.index("依据（2026 年 11 月 21 日核对）")
    assert "/rules/sources#L-PFPL2021" in page
    assert "registration" in page, "another question of the same topic"


@pytest.mark.parametrize("question", [q for q in ALL if q.check], ids=lambda question: question.id)
def test_the_checker_begins_with_what_the_question_says(
    client: Client, question: Question, as_of: Callable[[str], None]
) -> None:
    as_of(question.start.isoformat())
    answer = client.post("/check/start", data={"question": question.id})
    assert answer.status_code == 303
    assert client.get(answer.location).status_code == 200
    known = dict(question.check or {})
    assert known.pop("service") in {
        "childbirth",
        "single_child_honor_certificate",
        "marital_childbearing_certificate",
    }
    if known:
        from app.checker.models import CheckSession
        from app.extensions import db

        with client.application.app_context():
            row = db.session.query(CheckSession).one()
            assert json_values(row.answers or {}) == known
            assert answer.location.split("/")[-1] not in known


@pytest.mark.parametrize(
    ("typed", "matter"),
    [
        ("临时身份证", "temporary-card"),
        ("linshishenfenzheng", "temporary-card"),
        ("迁户口", "move"),
    ],
)
def test_a_police_matter_is_found_by_any_word_for_it(app: Flask, typed: str, matter: str) -> None:
    with app.app_context():
        assert search.find(typed)[0] == ("matter", matter)


def test_a_question_of_the_police_leads_to_its_window(client: Client) -> None:
    about = {question.id: question.matter for question in ALL if question.matter}
    assert set(about.values()) == {"newborn", "permit"}
    for name, matter in about.items():
        assert f'href="/guide/household/{matter}"' in client.get(f"/guide/faq/{name}").text
        assert client.get(f"/guide/household/{matter}").status_code == 200


def test_a_question_without_a_check_begins_none(client: Client) -> None:
    assert client.post("/check/start", data={"question": "fee"}).status_code == 400
    assert client.post("/check/start", data={"question": "nothing-there"}).status_code == 400


# What couples answer who come from a question, and what must then be said: in the words of the question's answer.
HUNAN, GUANGDONG, SICHUAN, HUBEI, SHANGHAI, HENAN, BEIJING = "43 44 51 42 31 41 11".split()
NO_CHILDREN = {"disabled": 0, "died": 0, "adopted": 0}


def both(hukou: str, **more: Any) -> dict[str, Any]:
    """A couple of one province, living at home, with no child of an earlier marriage."""
    person = {"hukou": hukou, "residence": None, "prior_children": 0, "minority": False}
    return {
        "woman": dict(person),
        "man": dict(person),
        "marriage": "first",
        "joint_children": 1,
        "children": NO_CHILDREN,
        "stage": "pregnant",
    } | more


def living_in(township: str, **residence: Any) -> dict[str, Any]:
    """Two people from Guizhou who live somewhere else."""
    person = {
        "hukou": "520102",
        "prior_children": 0,
        "residence": {"division": township, **residence},
    }
    return both("52") | {"woman": dict(person), "man": dict(person)}


CONSISTENT: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("permit", both(HUBEI), {"outcome": "registration"}),
    ("permit", both(SHANGHAI, joint_children=3), {"outcome": "not_eligible"}),
    ("how-many", both(HUBEI, joint_children=2), {"outcome": "registration"}),
    ("fourth", both(GUANGDONG), {"outcome": "registration"}),
    ("fourth", both(SHANGHAI, children=NO_CHILDREN | {"disabled": 1}), {"outcome": "approval"}),
    ("when", both(HUBEI), {"outcome": "registration"}),
    (
        "after-birth",
        both(HUBEI, born_on="2026-06-01"),
        {"outcome": "registration", "needs_staff": False},
    ),
    (
        "where",
        living_in("420102001", since="2026-11-01"),
        {"outcome": "registration", "allowed_roles": ["woman_hukou", "man_hukou", "residence"]},
    ),
    (
        "away",
        living_in("420102001", since="2026-11-01"),
        {"outcome": "registration", "allowed_roles": ["residence"]},
    ),
    (
        "half-year",
        living_in("430102001", since="2026-11-01", permit=False),
        {"refused_roles": ["residence"], "opens_on": "2026-12-01"},
    ),
    ("half-year", living_in("430102001", since="2026-10-01"), {"allowed_roles": ["residence"]}),
    (
        "residence-permit",
        living_in("410102001", since="2020-01-01", permit=False),
        {"refused_roles": ["residence"]},
    ),
    (
        "residence-permit",
        living_in("420102001", since="2020-01-01", permit=False),
        {"allowed_roles": ["residence"]},
    ),
    (
        "two-provinces",
        both(HUBEI) | {"man": {"hukou": SHANGHAI, "residence": None, "prior_children": 0}},
        {"outcome": "registration", "allowed_roles": ["woman_hukou", "man_hukou"]},
    ),
    (
        "which-side",
        both(HUBEI) | {"man": {"hukou": GUANGDONG, "residence": None, "prior_children": 0}},
        {"allowed_roles": ["woman_hukou", "man_hukou"]},
    ),
    ("live-apart", both(HUBEI), {"outcome": "registration"}),
    ("what-to-bring", both(HUBEI), {"documents": ["身份证|户口簿"]}),
    ("how-long", both(SHANGHAI, joint_children=3), {"outcome": "not_eligible"}),
    ("unmarried", both(SICHUAN), {"outcome": "registration", "needs_staff": False}),
    ("unmarried", both(GUANGDONG), {"outcome": "registration", "needs_staff": False}),
    ("unmarried", both(HUBEI), {"needs_staff": True}),
    ("remarried", both(BEIJING), {"outcome": "registration"}),
    ("twins", both(HUBEI), {"outcome": "registration"}),
    (
        "adopted",
        both(HUNAN, joint_children=3, children=NO_CHILDREN | {"adopted": 1}),
        {"outcome": "registration"},
    ),
    (
        "child-died",
        both(HUNAN, joint_children=2, children=NO_CHILDREN | {"died": 1}),
        {"outcome": "registration"},
    ),
    (
        "disabled-child",
        both(SHANGHAI, joint_children=3, children=NO_CHILDREN | {"disabled": 1}),
        {"outcome": "approval"},
    ),
    (
        "hong-kong",
        both(HUBEI) | {"man": {"hukou": "hk", "residence": None, "prior_children": 0}},
        {"needs_staff": True},
    ),
    (
        "foreign",
        both(HUBEI) | {"man": {"hukou": "abroad", "residence": None, "prior_children": 0}},
        {"needs_staff": True},
    ),
    (
        "only-child-card",
        both(HUBEI, pledge=True, child_born_on="2018-01-01"),
        {"outcome": "needs_staff", "needs_staff": True},
    ),
    ("migrant-slip", {"woman": {"hukou": HUBEI}}, {"outcome": "not_required"}),
    ("old-permit", both(HUBEI), {"outcome": "registration"}),
]


@pytest.mark.parametrize(
    ("name", "rest", "expect"),
    CONSISTENT,
    ids=[f"{row[0]}-{n}" for n, row in enumerate(CONSISTENT)],
)
def test_the_check_says_what_the_answer_says(
    app: Flask, name: str, rest: dict[str, Any], expect: dict[str, Any]
) -> None:
    begun = next(question.check for question in ALL if question.id == name) or {
        "service": "childbirth"
    }
    request = {"on": "2026-11-21", **rest, **begun}
    with app.app_context():
        law = the_law()
    case = Case("questions.yaml", 1, name, request, expect, outside_contract=False)
    assert [(key, found.said()) for key, found in mismatches(case, law)] == []


def test_each_check_is_compared() -> None:
    assert {question.id for question in ALL if question.check} <= {row[0] for row in CONSISTENT}


@pytest.mark.parametrize("question", [q for q in ALL if q.check], ids=lambda question: question.id)
def test_a_check_begun_from_a_question_ends_in_a_result(client: Client, question: Question) -> None:
    url = client.post("/check/start", data={"question": question.id}).location
    asked: list[str] = []
    while "/check/result" not in url:
        assert client.get(url).status_code == 200
        path, service = url.split("/check/")[1].split("?")[0], dict(question.check or {})["service"]
        assert path not in asked and path not in (question.check or {})
        asked.append(path)
        data = {"choice": "unsure", "where": "unsure", "unsure": "y", "service": service}
        if path == "woman.hukou":
            data = {"division": "421181102", "service": service}
        answer = client.post(f"/check/{path}", data=data)
        assert answer.status_code == 303, path
        url = answer.location
    assert client.get(url).status_code == 200
