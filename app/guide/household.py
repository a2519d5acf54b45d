"""Police matters that can be done away from the hukou place (户政“跨省通办”): `household.yaml`, read once.

Each fact stands with its source and the day it is known since; one that no held text gives is None,
and the page says that the window decides. Times keep the unit of their text (日 or 工作日).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from app.policy.finding import Finding, RulebookError, Words, words
from app.policy.loading import HERE, read_catalogue
from app.policy.rulebook import DATED, Source, Strict, source_id
from app.policy.yaml_file import compose, line_of

FILE: Final = Path(__file__).parent / "household.yaml"
SOURCES: Final = HERE / "sources.yaml"


class Sourced(Strict):
    """Something a held text says, with where it stands; `start` when known only since that day."""

    source: list[str] = Field(min_length=1)
    start: date | None = Field(default=None, alias="from")


class Told(Sourced):
    """A fact in one or two sentences."""

    text: str = Field(min_length=1)


class Papers(Sourced):
    """What to bring; `note` says whose list it is."""

    bring: list[str] = Field(min_length=1)
    note: str | None = None


class Opening(Told):
    """Since when and where: `dated` is a day, or its month or year when no more is known."""

    dated: str = Field(pattern=DATED)

    def is_known_on(self, day: date) -> bool:
        """Whether it had happened by the legal day `day`, as far as its date tells."""
        return self.dated <= day.isoformat()[: len(self.dated)]


class Facts(Strict):
    """What is known of a matter, or of one way to get it done."""

    name: str = Field(min_length=1)
    where: Told | None = None
    papers: Papers | None = None
    time: Told | None = None
    live: list[Opening] = Field(default_factory=list)
    remarks: list[Told] = Field(default_factory=list)

    def sourced(self) -> Iterator[Sourced]:
        """Every fact that names a source."""
        yield from (one for one in (self.where, self.papers, self.time) if one is not None)
        yield from self.live
        yield from self.remarks


class Way(Facts):
    """One window, or one reason: an answer of the chooser. True from `start`."""

    start: date = Field(alias="from")


class Matter(Facts):
    """One thing to get done; its own facts hold for each of its `ways`."""

    short: str = Field(min_length=1)
    also: list[str] = Field(default_factory=list)
    ask: str | None = None
    ways: dict[str, Way] = Field(min_length=1)


@dataclass(frozen=True)
class Shown:
    """What is known of a way, or of what all ways share, on a day. `papers` is empty when unknown."""

    where: Told | None
    papers: Sequence[Papers]
    time: Told | None
    live: Sequence[Opening]
    remarks: Sequence[Told]

    def references(self) -> list[str]:
        """The sources of all this, such as `W-HJ2021 第二十条`, each once."""
        known = [one for one in (self.where, *self.papers, self.time) if one is not None]
        every = [*known, *self.live, *self.remarks]
        return list(dict.fromkeys(name for one in every for name in one.source))


# --- What holds on a day ---


@cache
def everything() -> Mapping[str, Matter]:
    """The matters by id. Raises `RulebookError` with the first mistake of the file."""
    matters, findings = _read(FILE)
    for finding in findings:
        raise RulebookError(finding)
    return matters


def matters_on(day: date) -> dict[str, Matter]:
    """The matters that could be done in some way on the legal day `day`."""
    return {name: matter for name, matter in everything().items() if ways_on(matter, day)}


def ways_on(matter: Matter, day: date) -> dict[str, Way]:
    """The ways of a matter that were open on the day."""
    return {name: way for name, way in matter.ways.items() if way.start <= day}


def shared_on(matter: Matter, day: date) -> Shown:
    """What is known of every way of a matter."""
    return _shown([matter], day)


def own_on(way: Way, day: date) -> Shown:
    """What is known of this way alone."""
    return _shown([way], day)


def whole_on(matter: Matter, way: Way, day: date) -> Shown:
    """What is known of a way: its own facts first, then those of the matter; papers of both."""
    return _shown([way, matter], day)


def _shown(parts: Sequence[Facts], day: date) -> Shown:
    def known(name: str) -> list[Any]:
        return [one for part in parts if (one := getattr(part, name)) and _is_held(one, day)]

    return Shown(
        where=next(iter(known("where")), None),
        papers=known("papers")[::-1],
        time=next(iter(known("time")), None),
        live=[one for part in parts for one in part.live if one.is_known_on(day)],
        remarks=[one for part in parts for one in part.remarks if _is_held(one, day)],
    )


def _is_held(fact: Sourced, day: date) -> bool:
    return fact.start is None or fact.start <= day


# --- Looking the file over ---


def look_over(today: date, file: Path = FILE, sources: Path = SOURCES) -> list[Finding]:
    """Every mistake of the file: its schema, sources nobody listed, days that lie ahead."""
    matters, findings = _read(file)
    listed, mistakes = read_catalogue(Source, sources)
    findings += mistakes
    for name, matter in matters.items():
        if len(matter.ways) > 1 and not matter.ask:
            expected = words("有几种办法的，应写 `ask`，问是哪一种")
            findings.append(finding(file, (name,), "ask", expected))
        parts: list[tuple[tuple[str, ...], Facts]] = [((name,), matter)]
        parts += [((name, "ways", key), way) for key, way in matter.ways.items()]
        for where, facts in parts:
            for fact in facts.sourced():
                findings += unlisted(file, where, fact.source, listed)
            for opening in facts.live:
                if not opening.is_known_on(today):
                    expected = words("应不晚于今天，%(today)s", today=today)
                    findings.append(finding(file, where, "dated", expected))
    return findings


def unlisted(
    file: Path, where: tuple[str, ...], references: Sequence[str], listed: Mapping[str, Source]
) -> list[Finding]:
    """Sources that nobody listed, named where they are used."""
    return [
        finding(
            file,
            where,
            "source",
            words(
                "应为 %(file)s 里的编号，没有 %(name)s；新的请先加进去",
                file=SOURCES.name,
                name=source_id(reference),
            ),
        )
        for reference in references
        if source_id(reference) not in listed
    ]


def finding(file: Path, where: tuple[str, ...], field: str, expected: Words) -> Finding:
    """A mistake in a part of a file of the guide."""
    return Finding(file.name, line_of(compose(file), where), ".".join((*where, field)), expected)


def _read(file: Path) -> tuple[dict[str, Matter], list[Finding]]:
    return read_catalogue(Matter, file)
