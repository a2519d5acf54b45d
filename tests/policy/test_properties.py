"""What must hold for every couple, whatever the rulebooks say."""

from __future__ import annotations

import json
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.policy.decide import decide
from app.policy.decision import BEST_FIRST
from app.policy.facts import RANK, Facts
from app.policy.interview import UNSURE, replay
from app.policy.law import Law
from tests.policy.couples import COUNTIES, DAYS, requests

quick = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SERVICES = ["childbirth", "single_child_honor_certificate", "marital_childbearing_certificate"]


def answer(body: dict[str, Any], law: Law) -> dict[str, Any]:
    return decide(Facts.from_json(body), law).to_json()


@quick
@given(body=st.sampled_from(SERVICES).flatmap(requests))
def test_never_raises_cites_a_rule_and_reads_back(body: dict[str, Any], law: Law) -> None:
    facts = Facts.from_json(body)
    decision = decide(facts, law)
    assert decision.reasons or decision.missing
    assert list(decision.missing) == sorted(decision.missing, key=RANK.__getitem__)
    assert (decision.outcome == "incomplete") <= bool(decision.missing)
    assert decide(Facts.from_json(facts.to_json()), law).to_json() == decision.to_json()


@quick
@given(body=requests())
def test_a_known_fact_is_never_missing(body: dict[str, Any], law: Law) -> None:
    decision = decide(Facts.from_json(body), law)
    for name in decision.missing:
        value: Any = body
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        coarse = name.endswith("hukou") and value is not None and len(value) < 6
        assert value is None or coarse, name


@quick
@given(body=requests(), days=st.integers(1, 400))
def test_one_day_more_of_residence_never_closes_a_place(
    body: dict[str, Any], days: int, law: Law
) -> None:
    before = {p["role"]: p["allowed"] for p in answer(body, law)["places"]}
    for person in ("woman", "man"):
        home = body[person].get("residence")
        if home and "since" in home:
            home["since"] = (date.fromisoformat(home["since"]) - timedelta(days=days)).isoformat()
    after = {p["role"]: p["allowed"] for p in answer(body, law)["places"]}
    assert not [role for role, open_ in before.items() if open_ and after[role] is False]


@quick
@given(body=requests(days=[date(2021, 8, 20), date(2022, 3, 1), date(2026, 11, 21)]))
def test_favourable_choice_is_the_same_from_both_sides(body: dict[str, Any], law: Law) -> None:
    """Who of the two comes from which province does not change the best outcome.

    Of couples who live where their hukou is: GD-2016 counts the woman's residence and not the man's.
    """
    for person in ("woman", "man"):
        body[person]["residence"] = None
    swapped = {**body, "woman": body["man"], "man": body["woman"]}
    one, other = answer(body, law), answer(swapped, law)
    assert (one["outcome"], one["needs_staff"]) == (other["outcome"], other["needs_staff"])


@quick
@given(body=requests())
def test_the_top_level_is_the_best_open_place(body: dict[str, Any], law: Law) -> None:
    found = answer(body, law)
    if found["outcome"] == "incomplete":
        assert not any(place["recommended"] for place in found["places"])
        return
    open_places = [p for p in found["places"] if p["allowed"] and p["outcome"] != "incomplete"]
    for place in open_places:
        assert BEST_FIRST[found["outcome"]] <= BEST_FIRST[place["outcome"]]
    assert sum(place["recommended"] for place in found["places"]) <= 1


ANSWERS: dict[str, list[Any]] = {
    "woman.hukou": [*COUNTIES, "abroad"],
    "man.hukou": [*COUNTIES, "hk"],
    "marriage": ["first", "remarried", "unmarried"],
    "joint_children": [0, 1, 2, 3, 4],
    "woman.prior_children": [0, 1, 2, 3],
    "man.prior_children": [0, 1, 2, 3],
    "woman.residence": [
        None,
        {"division": "420106"},
        {"division": "450102"},
        {"division": "410105"},
    ],
    # One of them is nobody's hukou place, so it is always a further place.
    "man.residence": [None, {"division": "420106"}, {"division": "430102"}, {"division": "320576"}],
    "stage": ["planned", "pregnant", "born"],
    "household": ["urban", "rural", "mixed"],
    "children.girls": [0, 1],
    "children.adopted": [0, 1, 2, 3, 4],
    "children.disabled": [0, 1],
    "children.died": [0, 1, 2],
    "child_born_on": ["1999-01-01", "2008-01-01"],
}

AMONG_JOINT = {"children.girls", "children.adopted", "children.disabled"}


picks = st.lists(st.integers(0, 59), min_size=40, max_size=40)


def choices(name: str, on: date, answers: dict[str, Any]) -> list[Any]:
    """Values worth trying for a fact; of no joint children none can be a girl."""
    if name.endswith("since") or name == "born_on":
        return [(on - timedelta(days=days)).isoformat() for days in (5, 40, 200, 500)]
    most = answers.get("joint_children") if name in AMONG_JOINT else None
    values = ANSWERS.get(name, [True, False])
    return [value for value in values if not isinstance(most, int) or value <= most]


def can_change_what_is_shown(name: str, answers: dict[str, Any], on: date, law: Law) -> bool:
    """Whether, for some way to answer the rest, two answers to `name` end in different pages."""
    for rest in range(40):
        pages = {
            str(finish({**answers, name: value}, rest, on, law))
            for value in choices(name, on, answers)
        }
        if len(pages) > 1:
            return True
    return False


def finish(answers: dict[str, Any], pick: int, on: date, law: Law) -> dict[str, Any]:
    """The decision after answering everything still asked, each question always alike for one `pick`."""
    while (interview := replay(answers, law, on=on)).next is not None:
        values = choices(interview.next, on, answers)
        answers = {**answers, interview.next: Random(f"{pick} {interview.next}").choice(values)}
    return interview.decision.to_json()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(picks=picks, on=st.sampled_from(DAYS))
def test_the_asked_facts_suffice_and_each_could_change_what_is_shown(
    picks: list[int], on: date, law: Law
) -> None:
    answers: dict[str, Any] = {}
    for pick in picks:
        interview = replay(answers, law, on=on)
        assert interview.asked == tuple(answers), "a later answer changed an earlier question"
        if interview.next is None:
            break
        name = interview.next
        assert can_change_what_is_shown(name, answers, on, law), name
        values = choices(name, on, answers)
        answers[name] = values[pick % len(values)]
    else:
        pytest.fail("the interview does not end")
    assert interview.decision.outcome != "incomplete"


@settings(max_examples=100, deadline=None)
@given(picks=picks, on=st.sampled_from(DAYS))
def test_not_sure_is_always_an_answer(picks: list[int], on: date, law: Law) -> None:
    """Whatever is left open, the interview ends and says something."""
    answers: dict[str, Any] = {}
    for pick in picks:
        interview = replay(answers, law, on=on)
        if interview.next is None:
            break
        name = interview.next
        answers[name] = UNSURE if pick % 2 else choices(name, on, answers)[0]
    else:
        pytest.fail("the interview does not end")
    assert interview.remaining == 0


def test_a_changed_answer_keeps_the_later_ones(law: Law) -> None:
    on = date(2026, 11, 21)
    answers = {
        "woman.hukou": "421181",
        "marriage": "first",
        "man.hukou": "450102",
        "joint_children": 1,
        "woman.residence": {"division": "320576"},
        "man.residence": None,
    }
    assert replay(answers, law, on=on).next is None
    changed = replay({**answers, "marriage": "remarried"}, law, on=on)
    assert changed.next == "woman.prior_children"
    full = {**answers, "marriage": "remarried", "woman.prior_children": 0, "man.prior_children": 0}
    after = replay(full, law, on=on)
    assert after.next is None
    assert after.asked[-1] == "man.residence"


def test_a_typical_couple_today_is_asked_six_questions(law: Law) -> None:
    first = replay({}, law, on=date(2026, 11, 21))
    assert first.remaining == 6


def test_what_carries_the_answer_is_said_first(law: Law) -> None:
    """Guangdong's registration goes before Shanghai's refusal, which is not what the couple follows."""
    body = {
        "service": "childbirth",
        "on": "2026-11-21",
        "woman": {"hukou": "310106", "residence": None},
        "man": {"hukou": "440981", "residence": None},
        "marriage": "first",
        "joint_children": 3,
        "children": {"disabled": 0},
    }
    held = [each["rule"] for each in answer(body, law)["reasons"] if each["holds"]]
    assert held[0] == "gd-2022.every-birth"
    assert held.index("sh-2021.no-ground") > held.index("gd-2022.registration-anywhere")


@quick
@given(body=st.sampled_from(SERVICES).flatmap(requests))
def test_the_text_says_what_the_json_says(body: dict[str, Any], law: Law) -> None:
    """Also where a translation looks like the places at which parts are pasted in."""
    decision = decide(Facts.from_json(body), law)
    for translate in (str, _confusing):
        text = decision.to_text(translate)
        assert text == json.dumps(
            decision.to_json(translate), ensure_ascii=False, separators=(",", ":")
        )


def _confusing(text: str) -> str:
    return f'{text}","reasons":0,"documents":0,\\'
