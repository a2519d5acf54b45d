"""The front door and the pages that explain: questions, police matters away from home, personal data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, request, url_for

from app import clock
from app.appearance import said
from app.guide import (
    accessibility_routes,
    after_routes,
    component_routes,
    household,
    household_routes,
    item_routes,
    questions,
    search,
)
from app.guide.questions import NO_MORE_SLIPS, Question
from app.policy.rulebook import Source
from app.rules.service import the_law
from app.web import made_once, page, public

bp = Blueprint("guide", __name__)
bp.register_blueprint(accessibility_routes.bp)
bp.register_blueprint(component_routes.bp)
bp.register_blueprint(household_routes.bp)
bp.register_blueprint(item_routes.bp)
bp.register_blueprint(after_routes.bp)
bp.record_once(lambda state: state.app.cli.add_command(household_routes.commands))


@dataclass(frozen=True)
class Hit:
    """Something found: where it is, what it is called, and the first words of what it says."""

    url: str
    title: str
    text: str


@bp.get("/")
@public
def home() -> Response:
    """What the site does, in one screen; the most asked questions below."""
    today = clock.today()
    return page(
        "guide/home.html",
        questions=questions.most_asked_on(today),
        slip_abolished=today >= NO_MORE_SLIPS,
    )


@bp.get("/guide/faq")
@public
@made_once
def faq() -> Response:
    """The questions people ask, by topic; with `q`, what was found for these words."""
    typed = request.args.get("q", "").strip()
    return page(
        "guide/faq.html",
        typed=typed,
        longest=search.LONGEST,
        hits=list(_hits(typed)) if typed else None,
        topics=list(questions.by_topic(clock.today())),
    )


@bp.get("/guide/faq/<name>")
@public
def question(name: str) -> Response:
    """One question: the short answer first, then why, by which text, and what to do next."""
    today = clock.today()
    found = questions.question_on(today, name) or abort(404)
    sources = list(_sources(found))
    return page(
        "guide/question.html",
        question=found,
        sources=sources,
        checked_on=min((source.checked_on for _, source, _ in sources), default=None),
        others=_others(found),
        matters=household.matters_on(today),
    )


@bp.get("/privacy")
@public
def privacy() -> Response:
    """Which personal data, for what, for how long, and how to get it corrected or deleted."""
    return page("guide/privacy.html")


def _hits(typed: str) -> Iterator[Hit]:
    """What was found, as far as it is true on the legal day."""
    today = clock.today()
    matters = household.matters_on(today)
    papers = the_law().shelf.documents
    for kind, name in search.find(typed):
        if kind == "question" and (found := questions.question_on(today, name)):
            yield Hit(url_for(".question", name=name), said(found.ask), said(found.answer[0]))
        elif kind == "paper" and name in papers:
            paper = papers[name]
            yield Hit(url_for("papers.paper", paper_id=name), said(paper.name), said(paper.note))
        elif kind == "matter" and name in matters:
            matter = matters[name]
            url = url_for("guide.household.matter", name=name)
            yield Hit(url, said(matter.name), said(matter.short))


def _sources(asked: Question) -> Iterator[tuple[str, Source, str]]:
    listed = the_law().shelf.sources
    for name, place in asked.sources:
        yield name, listed[name], place


def _others(asked: Question) -> list[Any]:
    """The questions of the same topic that come after this one, then those before; four of them."""
    same = [one for one in questions.questions_on(clock.today()) if one.topic == asked.topic]
    at = same.index(asked)
    return (same[at + 1 :] + same[:at])[:4]
