"""What people ask again and again: `questions.yaml`, read once, each answer with the days it is true for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

FILE: Final = Path(__file__).parent / "questions.yaml"
# What most people want to know first, on the front page.
MOST_ASKED: Final = ("permit", "hukou", "two-provinces", "missing-papers")
NO_MORE_SLIPS: Final = date(2021, 9, 27)
"""From this day the migrant regulation of 2009, on which 婚育证明 rested, is abolished."""


@dataclass(frozen=True)
class Question:
    """One question as people say it. Texts are Simplified, to be said in the reader's script.

    `also`: other words for it, searched and never shown. `answer`: the first paragraph is the short
    one. `sources`: (id in `sources.yaml` of the policy, the place in it). `check`: facts the checker
    starts with, by path of the contract, or None where there is nothing to check. `matter`: the police
    matter it is about, if any.
    """

    id: str
    topic: str
    ask: str
    also: tuple[str, ...]
    answer: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    start: date
    end: date | None
    check: Mapping[str, Any] | None
    matter: str | None

    def is_true_on(self, day: date) -> bool:
        """Whether the law this answer tells was in force on the legal day `day`."""
        return self.start <= day and (self.end is None or day <= self.end)


@cache
def everything() -> tuple[Mapping[str, str], Mapping[str, Question]]:
    """(the topics in order, the questions by id). Raises `KeyError` for a topic that is none."""
    body = yaml.load(FILE.read_text(encoding="utf-8"), yaml.CSafeLoader)
    topics: Mapping[str, str] = body["topics"]
    questions = {name: _question(name, entry) for name, entry in body["questions"].items()}
    for question in questions.values():
        topics[question.topic]
    return topics, questions


def questions_on(day: date) -> list[Question]:
    """The questions whose answers are true on the legal day `day`, in the order of the file."""
    return [question for question in everything()[1].values() if question.is_true_on(day)]


def question_on(day: date, name: str) -> Question | None:
    """The question of this id, if its answer is true on that day."""
    question = everything()[1].get(name)
    return question if question is not None and question.is_true_on(day) else None


def most_asked_on(day: date) -> list[Question]:
    """Those of the front page."""
    return [found for name in MOST_ASKED if (found := question_on(day, name))]


def by_topic(day: date) -> Iterator[tuple[str, list[Question]]]:
    """(title of the topic, its questions), without topics that have nothing to say on that day."""
    topics, _all = everything()
    held = questions_on(day)
    for name, title in topics.items():
        asked = [question for question in held if question.topic == name]
        if asked:
            yield title, asked


def _question(name: str, entry: Mapping[str, Any]) -> Question:
    return Question(
        id=name,
        topic=entry["topic"],
        ask=entry["ask"],
        also=tuple(entry.get("also", ())),
        answer=tuple(entry["answer"]),
        sources=tuple((source, place) for source, place in entry["sources"]),
        start=entry["from"],
        end=entry.get("until"),
        check=entry.get("check"),
        matter=entry.get("matter"),
    )
