"""The first page comes in one go of a slow network, and every later step weighs next to nothing.

Sizes only; what they cost in time is in `bench/weight.py`.
"""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask, current_app

from app.checker.models import CHECK_LIFE, CheckSession
from app.checker.questions import QUESTIONS
from app.clock import now
from app.config import ROOT
from app.extensions import db
from app.language import LANG_ATTRIBUTE
from app.policy.facts import FactsError
from app.policy.interview import replay
from app.policy.law import Law
from app.vault import keyed_hash
from tests.client import Client
from tests.policy.couples import COUNTIES, DAYS
from tests.shape.routes import open_pages

# Bytes: ten packets of a fresh connection, and a step that is one request on an open one.
FIRST_PAGE = 14_600
STEP = 4_000
SHEET = 14 * 1024

STATIC = ROOT / "static"


def sent(body: bytes) -> int:
    """Bytes on the wire with gzip."""
    return len(gzip.compress(body, 6))


@pytest.mark.parametrize("script", ["zh_Hans", "zh_Hant"])
def test_any_first_page_fits_the_first_packets(app: Flask, client: Client, script: str) -> None:
    sheets = {name: (STATIC / name).read_bytes() for name in ("site.css", "staff.css")}
    for url in open_pages(app):
        page = client.get(url, headers={"Accept-Language": LANG_ATTRIBUTE[script]})
        if page.status_code == 200 and page.mimetype == "text/html":
            loaded = [sheet for name, sheet in sheets.items() if f"/{name}" in page.text]
            assert sent(page.data) + sum(map(sent, loaded)) <= FIRST_PAGE, url


def test_the_stylesheet_stays_one_that_can_be_read() -> None:
    assert (STATIC / "site.css").stat().st_size <= SHEET


def test_every_question_is_a_light_step(
    client: Client, session: Any, as_of: Callable[[str], None]
) -> None:
    longest = longest_ways(current_app.extensions["law"])
    assert set(longest) == set(QUESTIONS)
    heavy = {}
    for path, way in longest.items():
        as_of(way.on.isoformat())
        client.set_cookie("check", kept(way))
        answer = client.fragment(f"/check/{path}")
        assert answer.status_code == 200, f"{path}: {answer.location}"
        if sent(answer.data) > STEP:
            heavy[path] = sent(answer.data)
    assert heavy == {}


def test_what_is_found_while_typing_is_a_light_step(client: Client) -> None:
    for typed in ("城关镇", "zhen", "chengguan", "新"):
        found = client.fragment(f"/places/search?field=division&q={typed}&division_q={typed}")
        assert found.status_code == 200
        assert 0 < sent(found.data) <= STEP, typed


# --- Ways to every question ---


@dataclass(frozen=True)
class Way:
    """What was answered before a question, on which day, about which service."""

    service: str
    on: date
    answers: dict[str, Any]


def longest_ways(law: Law) -> dict[str, Way]:
    """To each question the way with most answers before it, among many random couples."""
    ways: dict[str, Way] = {}
    for way in random_couples():
        try:
            asked = replay(way.answers, law, service=way.service, on=way.on).asked
        except FactsError:
            continue  # more girls than children
        for before, path in enumerate(asked):
            if path not in ways or before > len(ways[path].answers):
                answers = {name: way.answers[name] for name in asked[:before]}
                ways[path] = Way(way.service, way.on, answers)
    return ways


def random_couples() -> Iterator[Way]:
    """The same ones in every run."""
    pick = Random(1)
    for _ in range(1500):
        on = pick.choice(DAYS)
        yield Way("childbirth", on, {path: any_answer(pick, path, on) for path in QUESTIONS})
    for _ in range(20):
        answers = {path: any_answer(pick, path, DAYS[-1]) for path in QUESTIONS}
        yield Way("single_child_honor_certificate", DAYS[-1], answers | {"joint_children": 1})


def any_answer(pick: Random, path: str, on: date) -> Any:
    """An answer that the question would take."""
    question, last = QUESTIONS[path], path.rpartition(".")[2]
    if last == "hukou":
        return pick.choice(COUNTIES)
    if last == "residence":
        return {"division": pick.choice(COUNTIES)}
    if question.kind == "date":
        return (on - timedelta(days=pick.randint(0, 400))).isoformat()
    if question.kind == "yesno":
        return pick.random() < 0.5
    if question.kind == "number":
        return pick.randint(1, 2) if path == "joint_children" else pick.randint(0, 1)
    return pick.choice([option.value for option in question.options if option.value != "unmarried"])


def kept(way: Way) -> str:
    """The token of a browser that has come this way; committed."""
    token = secrets.token_urlsafe(24)
    row = CheckSession(
        token_hash=keyed_hash("check", token),
        service=way.service,
        expires_at=now() + CHECK_LIFE,
        answers={path: {"value": value} for path, value in way.answers.items()},
    )
    db.session.add(row)
    db.session.commit()
    return token
