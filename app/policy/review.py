"""Looking a folder of rulebooks over: every mistake with its file, line, field and what was expected.

Loading stops at the first mistake. This finds them all, and looks deeper: at days that lie ahead, at
empty words, at statements that claim to be better held than the best of their sources, and with
`coverage` at rulebooks beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from app.policy.coverage import gaps, openings, overlaps
from app.policy.finding import Finding, words
from app.policy.loading import (
    HERE,
    Held,
    read_catalogue,
    read_rulebook,
    unknown_papers,
    unlisted_sources,
)
from app.policy.rulebook import Cited, Document, Source, source_id
from app.policy.yaml_file import compose, line_of

# How well a statement is held, best first; a document read in full is as good as a law read in full.
_HELD: Final = {"statute": 0, "seed": 0, "secondary": 1, "derived": 2}


def look_over(
    folder: Path,
    today: date,
    documents: Path = HERE / "documents.yaml",
    sources: Path = HERE / "sources.yaml",
) -> tuple[list[Held], list[Finding]]:
    """(the rulebooks that can be read, every mistake in the folder). `today`: no day of checking lies later."""
    held, findings = read_folder(folder)
    papers, mistakes = read_catalogue(Document, documents)
    findings += mistakes
    listed, mistakes = read_catalogue(Source, sources)
    findings += [*mistakes, *_checked_ahead(sources, listed, today)]
    for one in held:
        findings += _dates(one, today)
        findings += _words(one)
        findings += unknown_papers(one, papers)
        if listed:
            findings += [*unlisted_sources(one, listed), *_strengths(one, listed)]
    findings += [*gaps(held), *overlaps(held), *openings(held)]
    return held, sorted(findings, key=lambda finding: (finding.file, finding.line))


def read_folder(folder: Path) -> tuple[list[Held], list[Finding]]:
    """(the rulebooks that follow the schema, every breach of it in the others)."""
    held: list[Held] = []
    findings: list[Finding] = []
    if not folder.is_dir():
        return [], [Finding(folder.name, 1, "folder", words("应为放规定的文件夹"))]
    for path in sorted(folder.iterdir()):
        if path.suffix != ".yaml":
            if not path.name.startswith(".") and not path.is_dir():
                expected = words("文件名应像 gd-2027.yaml 这样；这个文件没有人读")
                findings.append(Finding(path.name, 1, "file", expected))
            continue
        one, mistakes = read_rulebook(path)
        findings += mistakes
        if one is not None:
            held.append(one)
    if not held and not findings:
        findings.append(Finding(folder.name, 1, "folder", words("应至少有一份规定")))
    return held, findings


def _checked_ahead(path: Path, listed: Mapping[str, Source], today: date) -> Iterator[Finding]:
    for name, source in listed.items():
        if source.checked_on > today:
            line = line_of(compose(path), (name, "checked_on"))
            expected = words("应不晚于今天，%(today)s", today=today)
            yield Finding(path.name, line, f"{name}.checked_on", expected)


def _dates(held: Held, today: date) -> Iterator[Finding]:
    """Online days lie before the end, and checks have been made."""
    book = held.book
    not_ahead = words("应不晚于今天，%(today)s", today=today)
    for where, part in book.parts():
        online_from: date | None = getattr(part, "online_from", None)
        end = part.end or book.end
        if online_from and end and online_from > end:
            expected = words("应不晚于最后一天，%(end)s", end=end)
            yield held.finding((*where, "online_from"), expected)
        checked_on: date | None = getattr(part, "checked_on", None)
        if checked_on and checked_on > today:
            yield held.finding((*where, "checked_on"), not_ahead)
    if book.checked_on > today:
        yield held.finding(("checked_on",), not_ahead)


def _words(held: Held) -> Iterator[Finding]:
    """Nothing that is shown to people is empty, and links can be opened."""
    book = held.book
    empty, address = words("应有文字，这里是空的"), words("应为 https:// 开头的网址")
    for name in ("title", "instrument"):
        if not getattr(book, name).strip():
            yield held.finding((name,), empty)
    for where, part in book.parts():
        if not isinstance(part, Cited):
            continue
        for name in ("text", "article"):
            if not getattr(part, name).strip():
                yield held.finding((*where, name), empty)
        if part.link and not part.link.startswith(("https://", "http://")):
            yield held.finding((*where, "link"), address)
    if book.link and not book.link.startswith(("https://", "http://")):
        yield held.finding(("link",), address)


def _strengths(held: Held, listed: Mapping[str, Source]) -> Iterator[Finding]:
    """Statements that claim to be better held than the best of their sources."""
    for where, part in held.book.parts():
        if not isinstance(part, Cited):
            continue
        own = [listed[name] for name in map(source_id, part.source) if name in listed]
        best = min((_HELD[source.strength] for source in own), default=0)
        if _HELD[part.strength] < best:
            expected = words(
                "应为 secondary 或 derived，不是 %(strength)s：出处只是摘录", strength=part.strength
            )
            yield held.finding((*where, "strength"), expected)
