"""Rulebooks and their catalogues, read from files and checked to the last key.

A mistake stops the start with the file, the line, the field and what was expected; `review` looks
deeper and finds all mistakes at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from app.policy.breaches import breach
from app.policy.finding import Finding, RulebookError, Where, Words, words
from app.policy.rulebook import (
    BACKWARDS,
    CoreText,
    Document,
    DocumentUse,
    Rulebook,
    Shelf,
    Source,
    Strict,
    source_id,
)
from app.policy.yaml_file import compose, line_of, named, plain

HERE: Final = Path(__file__).resolve().parent
RULEBOOKS: Final = HERE / "rulebooks"
Entry = TypeVar("Entry", bound=Strict)


@dataclass(frozen=True)
class Held:
    """One rulebook with the file it stands in."""

    path: Path
    book: Rulebook

    def finding(self, where: Where, expected: Words) -> Finding:
        """A mistake at `where`, such as ("rules", 2, "to"); named by the rule's id where it has one.

        The file is read again for its line: mistakes are rare, and its nodes are large to keep.
        """
        node = compose(self.path)
        return Finding(self.path.name, line_of(node, where), named(plain(node), where), expected)

    def document_uses(self) -> Iterator[tuple[Where, DocumentUse]]:
        """Every paper the text asks for, and where it stands."""
        for where, part in self.book.parts():
            uses: list[DocumentUse] = getattr(part, "documents", [])
            for index, use in enumerate(uses):
                yield (*where, "documents", index), use


def load(
    folder: Path = RULEBOOKS,
    documents: Path = HERE / "documents.yaml",
    core: Path = HERE / "core.yaml",
    sources: Path = HERE / "sources.yaml",
) -> Shelf:
    """Read and check every rulebook. Raises `RulebookError` with the first mistake."""
    papers = _sound(read_catalogue(Document, documents))
    listed = _sound(read_catalogue(Source, sources))
    held = [_sound(read_rulebook(path)) for path in sorted(folder.glob("*.yaml"))]
    for one in held:
        if one is not None:
            _raise_first(unknown_papers(one, papers))
            _raise_first(unlisted_sources(one, listed))
    books = [one for one in held if one is not None]
    _raise_first(_begun_together(books))
    return Shelf(
        rulebooks=tuple(one.book for one in books),
        documents=papers,
        core=_sound(read_catalogue(CoreText, core)),
        sources=listed,
    )


def _sound(read: tuple[Any, list[Finding]]) -> Any:
    """What was read, when nothing was found wrong with it."""
    found, findings = read
    _raise_first(findings)
    return found


def _raise_first(findings: Iterable[Finding]) -> None:
    for finding in findings:
        raise RulebookError(finding)


def read_rulebook(path: Path) -> tuple[Held | None, list[Finding]]:
    """(a rulebook that follows the schema, or None; every breach of it)."""
    try:
        node = compose(path)
    except RulebookError as error:
        return None, [error.finding]
    body = plain(node)
    backwards = [
        Finding(path.name, line_of(node, where), named(body, where), expected)
        for where, expected in wrong_periods(body)
    ]
    try:
        book = Rulebook.model_validate(body)
    except ValidationError as error:
        found = [breach(path, node, body, each) for each in error.errors()]
        # A period that ends before it begins is named at its own line, not for the whole file.
        found = [one for one in found if not (backwards and one.expected.text == BACKWARDS)]
        return None, [*backwards, *found]
    held = Held(path, book)
    if path.stem != book.id:
        expected = words("应为 %(name)s，和文件名一样", name=path.stem)
        return held, [*backwards, held.finding(("id",), expected)]
    return held, backwards


def read_catalogue(kind: type[Entry], path: Path) -> tuple[dict[str, Entry], list[Finding]]:
    """(the entries of a catalogue by their ids, every breach of its schema)."""
    try:
        node = compose(path)
    except RulebookError as error:
        return {}, [error.finding]
    entries: dict[str, Entry] = {}
    findings: list[Finding] = []
    for key, value in node.value:
        body = plain(value)
        try:
            entries[key.value] = kind.model_validate(body)
        except ValidationError as error:
            for each in error.errors():
                found = breach(path, value, body, each)
                field = f"{key.value}.{found.field}"
                findings.append(Finding(found.file, found.line, field, found.expected))
    return entries, findings


def unknown_papers(held: Held, known: Mapping[str, Document]) -> Iterator[Finding]:
    """Papers that the catalogue does not have."""
    for where, use in held.document_uses():
        if use.id not in known:
            yield held.finding((*where, "id"), _not_listed("documents.yaml", use.id, known))


def unlisted_sources(held: Held, listed: Mapping[str, Source]) -> Iterator[Finding]:
    """Sources that nobody listed."""
    for where, reference in held.book.references():
        name = source_id(reference)
        if name not in listed:
            yield held.finding(where, _not_listed("sources.yaml", name, listed))


def _not_listed(file: str, name: str, known: Iterable[str]) -> Words:
    near = get_close_matches(name, sorted(known), n=1)
    if near:
        return words(
            "应为 %(file)s 里的编号，没有 %(name)s；是不是 %(near)s？新的请先加进去",
            file=file,
            name=name,
            near=near[0],
        )
    return words(
        "应为 %(file)s 里的编号，没有 %(name)s；新的请先加进去", file=file, name=name or "“”"
    )


def _begun_together(books: Iterable[Held]) -> Iterator[Finding]:
    """Two texts of one jurisdiction may be in force together only if they start on different days."""
    seen: dict[tuple[str, str], str] = {}
    for one in books:
        key = (one.book.jurisdiction, one.book.start.isoformat())
        if key in seen:
            expected = words("应和 %(other)s 不是同一天，两份是同一个地方的", other=seen[key])
            yield one.finding(("from",), expected)
        seen[key] = one.book.id


# --- Days the wrong way round ---


def wrong_periods(body: Any) -> Iterator[tuple[Where, Words]]:
    """Periods that end before they begin, and parts outside the text's own: also in unreadable texts."""
    if not isinstance(body, dict):
        return
    first, last = str(body.get("from")), str(body.get("to"))
    if not _is_day(first):
        return
    for where, part in _periods(body):
        for name in ("from", "to"):
            day = str(part.get(name))
            if where[:1] in ((), ("not_held",)) or not _is_day(day):
                continue
            if day < first or (_is_day(last) and day > last):
                yield (*where, name), _own_period(first, last)
        start, end = str(part.get("from")), str(part.get("to"))
        if _is_day(start) and _is_day(end) and end < start:
            yield (*where, "to"), words("应不早于 `from`，%(start)s", start=start)


def _own_period(first: str, last: str) -> Words:
    if _is_day(last):
        return words("应在这份文件施行的日子里，%(first)s 到 %(last)s", first=first, last=last)
    return words("应在这份文件施行的日子里，%(first)s 起", first=first)


def _periods(body: Any, where: Where = ()) -> Iterator[tuple[Where, dict[str, Any]]]:
    """Every mapping in a file with days of its own."""
    if isinstance(body, dict):
        if "from" in body or "to" in body:
            yield where, body
        for key, value in body.items():
            yield from _periods(value, (*where, str(key)))
    elif isinstance(body, list):
        for index, value in enumerate(body):
            yield from _periods(value, (*where, index))


def _is_day(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-" and text.replace("-", "").isdigit()
