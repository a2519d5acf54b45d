"""What comes after the registration, for this couple and by when: `afterwards.yaml`, read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, model_validator

from app.appearance import said, zh_date
from app.calendar_file import Event, calendar
from app.guide import household
from app.language import gettext
from app.policy.deadlines import add_months
from app.policy.facts import PROVINCES, Facts, Residence
from app.policy.finding import Finding, RulebookError, words
from app.policy.loading import read_catalogue
from app.policy.rulebook import Source, Strict

FILE: Final = Path(__file__).parent / "afterwards.yaml"
# How long before the last day a calendar speaks up.
REMINDED_BEFORE: Final = timedelta(days=7)


class Step(Strict):
    """One thing to do; true from `start` to `end`."""

    name: str = Field(min_length=1)
    text: str = Field(min_length=1)
    within_months: int | None = Field(default=None, gt=0)
    start: date = Field(alias="from")
    end: date | None = Field(default=None, alias="to")
    provinces: list[str] = Field(default_factory=list)
    whose: Literal["married", "unmarried"] | None = Field(default=None, alias="for")
    away: bool = False
    matter: str | None = None
    way: str | None = None
    source: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _hang_together(self) -> Step:
        if self.within_months and not self.source:
            raise ValueError(words("有 `within_months` 的，应写 `source`：期限要有出处"))
        wrong = [code for code in self.provinces if code not in PROVINCES]
        if wrong:
            raise ValueError(words("应为省的两位代码，没有 %(code)s", code=wrong[0]))
        if (self.matter is None) != (self.way is None):
            raise ValueError(words("`matter` 和 `way` 应一起写"))
        return self


@dataclass(frozen=True)
class Couple:
    """What of a couple decides what comes next. `expected`: `birth_on` is only the day it is due."""

    unmarried: bool = False
    away: bool = False
    provinces: frozenset[str] = frozenset()
    birth_on: date | None = None
    expected: bool = False

    @classmethod
    def of(cls, facts: Facts) -> Couple:
        """The couple of a decision."""
        people = [person for person in (facts.woman, facts.man) if person is not None]
        homes = [person.residence for person in people if isinstance(person.residence, Residence)]
        codes = [person.hukou for person in people] + [home.division for home in homes]
        return cls(
            unmarried=facts.marriage == "unmarried",
            away=bool(homes),
            provinces=frozenset(code[:2] for code in codes if code),
            birth_on=facts.born_on,
        )


@dataclass(frozen=True)
class Next:
    """A step for a couple, with its last day where that is known; `estimated` from the day it is due."""

    step: Step
    by: date | None
    estimated: bool


@cache
def everything() -> Mapping[str, Step]:
    """The steps by id, in order. Raises `RulebookError` with the first mistake of the file."""
    steps, findings = read_catalogue(Step, FILE)
    for finding in findings:
        raise RulebookError(finding)
    return steps


def steps_for(couple: Couple, on: date) -> list[Next]:
    """What comes next for them by the law of a day, in order."""
    return [
        Next(step, _last_day(step, couple.birth_on), couple.expected)
        for step in everything().values()
        if step.start <= on and (step.end is None or on <= step.end) and _is_for(step, couple)
    ]


def term_of(one: Next) -> str:
    """By when, in the reader's script; empty when no text sets a term."""
    if one.by is not None:
        when = (
            gettext("最晚大约 %(day)s", day=zh_date(one.by))
            if one.estimated
            else gettext("最晚 %(day)s", day=zh_date(one.by))
        )
    elif one.step.within_months is not None:
        when = gettext("孩子出生后 %(count)s 个月内", count=one.step.within_months)
    else:
        when = ""
    return str(when)


def _is_for(step: Step, couple: Couple) -> bool:
    return (
        step.whose in {None, "unmarried" if couple.unmarried else "married"}
        and (couple.away or not step.away)
        and (not step.provinces or not couple.provinces.isdisjoint(step.provinces))
    )


def _last_day(step: Step, birth_on: date | None) -> date | None:
    """The corresponding day of the month; not moved past days of rest, which no text held says of it."""
    if birth_on is None or step.within_months is None:
        return None
    return add_months(birth_on, step.within_months)


# --- In a calendar ---


def events(steps: list[Next]) -> Iterator[Event]:
    """The steps that have a last day, as days of a calendar, in the reader's script."""
    for one in steps:
        if one.by is None:
            continue
        name = said(one.step.name)
        yield Event(
            day=one.by,
            title=str(
                gettext("%(what)s：最晚大约这一天", what=name)
                if one.estimated
                else gettext("%(what)s：最晚这一天", what=name)
            ),
            text=said(one.step.text),
            remind_before=REMINDED_BEFORE,
        )


def as_calendar(steps: list[Next], made_at: datetime) -> bytes:
    """A file that a telephone puts into its calendar."""
    return calendar(events(steps), str(gettext("生育服务·就近办")), made_at)


# --- Looking the file over ---


def look_over(file: Path = FILE, sources: Path = household.SOURCES) -> list[Finding]:
    """Every mistake of the file: its schema, sources nobody listed, ways that the guide does not have."""
    steps, findings = read_catalogue(Step, file)
    listed, mistakes = read_catalogue(Source, sources)
    findings += mistakes
    matters = household.everything()
    for name, step in steps.items():
        findings += household.unlisted(file, (name,), step.source, listed)
        if step.matter and step.way not in getattr(matters.get(step.matter), "ways", {}):
            expected = words("应为 household.yaml 里的办法，没有 %(name)s", name=step.way)
            findings.append(household.finding(file, (name,), "way", expected))
    return findings
