"""Looking a folder of rulebooks over: every mistake with its file, line, field and what was expected.

Loading stops at the first mistake. This finds them all, and looks deeper: at days nobody answers
for, at texts that contradict by accident, at sources nobody listed. The rules of the house:

* **Gaps.** From the first day on which a jurisdiction's own texts answer for a service at a kind of
  place (childbirth at a hukou place, childbirth at a residence, 光荣证, 婚育证明), every later day is
  answered by one of them, or by a national text, or is declared by a `not_held` of one of them. A
  `not_held` without `to` inside its own text's period is a remark on that text and declares nothing.
* **Overlaps.** Two texts of one jurisdiction are in force on one day only when the newer names the
  older in `beside`. Within a text no two rules, and no two openings, have the same conditions for
  the same kind of place on one day: the second would never be asked.
* **Openings.** On every day a text grants a paper, some text says which hukou place takes it.
* **Sources.** Every id stands in sources.yaml, and no statement claims to be better held than
  the best of its sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from app.policy import rulebook as schema
from app.policy.rulebook import (
    HERE,
    Cited,
    Document,
    DocumentUse,
    Filing,
    Procedure,
    Rule,
    Rulebook,
    RulebookError,
    Source,
    Strict,
    compose,
    line_of,
    load,
    plain,
    source_id,
)

RULEBOOKS: Final = HERE / "rulebooks"
DAY: Final = timedelta(days=1)
# How well a statement is held, best first; a document read in full is as good as a law read in full.
_HELD: Final = {"statute": 0, "seed": 0, "secondary": 1, "derived": 2}
_MESSAGE: Final = re.compile(
    r"(?P<file>.+?), line (?P<line>\d+)(?:, (?P<field>.+?))?: (?P<said>.+)"
)

Where = tuple[int | str, ...]
Entry = TypeVar("Entry", bound=Strict)


class Finding(NamedTuple):
    """One mistake: where it is and what was expected there."""

    file: str
    line: int
    field: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.field}: {self.expected}"


@dataclass(frozen=True)
class Held:
    """One rulebook with the file it stands in."""

    path: Path
    book: Rulebook

    def finding(self, where: Where, expected: str) -> Finding:
        """A mistake at `where`, such as ("rules", 2, "to"); named by the rule's id where it has one.

        The file is read again for its line: mistakes are rare, and its nodes are large to keep.
        """
        node = compose(self.path)
        return Finding(self.path.name, line_of(node, where), _named(plain(node), where), expected)

    def document_uses(self) -> Iterator[tuple[Where, DocumentUse]]:
        """Every paper the text asks for, and where it stands."""
        for where, part in self.book.parts():
            uses: list[DocumentUse] = getattr(part, "documents", [])
            for index, use in enumerate(uses):
                yield (*where, "documents", index), use


def _named(body: Any, where: Where) -> str:
    """`rules.one-only-child.when` reads better than `rules.3.when`."""
    words: list[str] = []
    for step in where:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            body = None
        own = body.get("id") if isinstance(body, dict) and isinstance(step, int) else None
        words.append(str(own or step))
    return ".".join(words) or "file"


# --- What a start-up refuses ---


def load_sound(folder: Path = RULEBOOKS) -> schema.Shelf:
    """`load`, and no undeclared gaps or overlaps. Raises `RulebookError` with the first mistake."""
    shelf = load(folder)
    held = [
        Held(path, book)
        for path, book in zip(sorted(folder.glob("*.yaml")), shelf.rulebooks, strict=True)
    ]
    for finding in (*gaps(held), *overlaps(held)):
        raise RulebookError(str(finding))
    return shelf


# --- Everything ---


def look_over(
    folder: Path,
    today: date,
    documents: Path = HERE / "documents.yaml",
    sources: Path = HERE / "sources.yaml",
) -> tuple[list[Held], list[Finding]]:
    """(the rulebooks that can be read, every mistake in the folder). `today`: no day of checking lies later."""
    held, findings = read_folder(folder)
    papers, mistakes = _read_catalogue(Document, documents)
    findings += mistakes
    listed, mistakes = _read_catalogue(Source, sources)
    findings += [*mistakes, *_checked_ahead(sources, listed, today)]
    for one in held:
        findings += _dates(one, today)
        findings += _words(one)
        findings += _papers(one, papers)
        findings += _sources(one, listed)
    findings += [*gaps(held), *overlaps(held), *openings(held)]
    return held, sorted(findings, key=lambda finding: (finding.file, finding.line))


def read_folder(folder: Path) -> tuple[list[Held], list[Finding]]:
    """(the rulebooks that follow the schema, every breach of it in the others)."""
    held: list[Held] = []
    findings: list[Finding] = []
    if not folder.is_dir():
        return [], [Finding(folder.name, 1, "folder", "expected a folder of rulebooks")]
    for path in sorted(folder.iterdir()):
        if path.suffix != ".yaml":
            if not path.name.startswith(".") and not path.is_dir():
                expected = "expected a name such as gd-2027.yaml; this file is not read at all"
                findings.append(Finding(path.name, 1, "file", expected))
            continue
        try:
            node = compose(path)
        except RulebookError as error:
            findings.append(_full_width_sign(path) or from_message(str(error)))
            continue
        book, mistakes = _read(path, node)
        findings += mistakes
        if book is not None:
            held.append(Held(path, book))
    if not held and not findings:
        findings.append(Finding(folder.name, 1, "folder", "expected at least one rulebook"))
    return held, findings


def _full_width_sign(path: Path) -> Finding | None:
    """The first field name followed by ： where : is meant: what a Chinese keyboard types."""
    text = path.read_bytes().decode(errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r"\s*(?:- )?([a-z_]+)：", line)
        if found:
            return Finding(
                path.name, number, found[1], "expected the half-width sign : after the name"
            )
    return None


def from_message(message: str) -> Finding:
    """The finding in the message of a `RulebookError`."""
    found = _MESSAGE.fullmatch(message)
    if found is None:
        return Finding("rulebooks", 1, "file", message)
    return Finding(found["file"], int(found["line"]), found["field"] or "file", found["said"])


def _read(path: Path, node: yaml.Node) -> tuple[Rulebook | None, list[Finding]]:
    body = plain(node)
    backwards = [
        Finding(path.name, line_of(node, where), _named(body, where), expected)
        for where, expected in _wrong_periods(body)
    ]
    try:
        book = Rulebook.model_validate(body)
    except ValidationError as error:
        found = [_schema_finding(path, node, body, each) for each in error.errors()]
        # A period that ends before it begins is named at its own line, not for the whole file.
        found = [one for one in found if not (backwards and "lies before" in one.expected)]
        return None, [*backwards, *found]
    if path.stem != book.id:
        line = line_of(node, ("id",))
        expected = f"expected {path.stem}, the name of the file"
        return book, [*backwards, Finding(path.name, line, "id", expected)]
    return book, backwards


def _wrong_periods(body: Any) -> Iterator[tuple[Where, str]]:
    """Periods that end before they begin, and parts outside the text's own: also in unreadable texts."""
    if not isinstance(body, dict):
        return
    first, last = str(body.get("from")), str(body.get("to"))
    if not _is_day(first):
        return
    own = f"{first} to {last}" if _is_day(last) else f"from {first}"
    for where, part in _periods(body):
        for name in ("from", "to"):
            day = str(part.get(name))
            if where[:1] in ((), ("not_held",)) or not _is_day(day):
                continue
            if day < first or (_is_day(last) and day > last):
                yield (*where, name), f"expected a day of the text's own period, {own}"
        start, end = str(part.get("from")), str(part.get("to"))
        if _is_day(start) and _is_day(end) and end < start:
            yield (*where, "to"), f"expected a day not before {start}, `from`"


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
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None


def _schema_finding(path: Path, node: yaml.Node, body: Any, error: Any) -> Finding:
    where: Where = error["loc"]
    field = _named(body, where)
    line = line_of(node, where)
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        near = get_close_matches(str(where[-1]), _FIELDS, n=1)
        message = "no such field" + (f"; did you mean `{near[0]}`?" if near else "")
    elif error["type"] == "missing":
        message = "expected this field; it is missing"
    elif not where:
        line = _line_of_word(node, message) or line
    return Finding(path.name, line, field, message)


def _fields() -> frozenset[str]:
    """Every field a rulebook may have anywhere, as it is written in the file."""
    models = [one for one in vars(schema).values() if isinstance(one, type)]
    return frozenset(
        field.alias or name
        for model in models
        if issubclass(model, BaseModel)
        for name, field in model.model_fields.items()
    )


_FIELDS: Final = _fields()


def _line_of_word(node: yaml.Node, message: str) -> int | None:
    """The last line on which a word of the message stands as an `id`, or else as any value."""
    words = re.findall(r"[\w-]+", message)
    values = list(_scalars(node))
    for names in ({"id"}, {name for name, _value, _line in values}):
        lines = [line for name, value, line in values if name in names and value in words]
        if lines:
            return max(lines)
    return None


def _scalars(node: yaml.Node, name: str = "") -> Iterator[tuple[str, str, int]]:
    """(name, value, line) of every single value below a node; items of a list keep its name."""
    if isinstance(node, yaml.ScalarNode):
        yield name, node.value, node.start_mark.line + 1
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, key.value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item, name)


# --- One rulebook by itself ---


def _dates(held: Held, today: date) -> Iterator[Finding]:
    """Online days lie before the end, and checks have been made."""
    book = held.book
    for where, part in held.book.parts():
        online_from: date | None = getattr(part, "online_from", None)
        end = part.end or book.end
        if online_from and end and online_from > end:
            yield held.finding((*where, "online_from"), f"expected a day not after {end}, its last")
        checked_on: date | None = getattr(part, "checked_on", None)
        if checked_on and checked_on > today:
            yield held.finding((*where, "checked_on"), f"expected a day not after today, {today}")
    if book.checked_on > today:
        yield held.finding(("checked_on",), f"expected a day not after today, {today}")


def _words(held: Held) -> Iterator[Finding]:
    """Nothing that is shown to people is empty, and links can be opened."""
    book = held.book
    for name in ("title", "instrument"):
        if not getattr(book, name).strip():
            yield held.finding((name,), "expected words; it is empty")
    for where, part in held.book.parts():
        if not isinstance(part, Cited):
            continue
        for name in ("text", "article"):
            if not getattr(part, name).strip():
                yield held.finding((*where, name), "expected words; it is empty")
        if part.link and not part.link.startswith(("https://", "http://")):
            yield held.finding((*where, "link"), "expected an address that begins with https://")
    if book.link and not book.link.startswith(("https://", "http://")):
        yield held.finding(("link",), "expected an address that begins with https://")


def _read_catalogue(kind: type[Entry], path: Path) -> tuple[dict[str, Entry], list[Finding]]:
    """(the entries of a catalogue by their ids, breaches of its schema)."""
    try:
        node = compose(path)
    except (RulebookError, OSError) as error:
        return {}, [from_message(str(error))]
    entries: dict[str, Entry] = {}
    findings: list[Finding] = []
    for key, value in node.value:
        body = plain(value)
        try:
            entries[key.value] = kind.model_validate(body)
        except ValidationError as error:
            for each in error.errors():
                found = _schema_finding(path, value, body, each)
                findings.append(found._replace(field=f"{key.value}.{found.field}"))
    return entries, findings


def _checked_ahead(path: Path, listed: Mapping[str, Source], today: date) -> Iterator[Finding]:
    for name, source in listed.items():
        if source.checked_on > today:
            line = line_of(compose(path), (name, "checked_on"))
            expected = f"expected a day not after today, {today}"
            yield Finding(path.name, line, f"{name}.checked_on", expected)


def _papers(held: Held, known: Mapping[str, Document]) -> Iterator[Finding]:
    for where, use in held.document_uses():
        if use.id not in known:
            near = get_close_matches(use.id, sorted(known), n=1)
            hint = f"; did you mean {near[0]}?" if near else "; add it there first"
            yield held.finding(
                (*where, "id"), f"expected an id of documents.yaml, not {use.id}{hint}"
            )


def _sources(held: Held, listed: Mapping[str, Source]) -> Iterator[Finding]:
    """Every source is listed, and no statement claims to be better held than the best of its own."""
    if not listed:
        return
    for where, reference in held.book.references():
        if source_id(reference) not in listed:
            yield held.finding(where, _unlisted(source_id(reference), listed))
    for where, part in held.book.parts():
        if not isinstance(part, Cited):
            continue
        own = [listed[name] for name in map(source_id, part.source) if name in listed]
        best = min((_HELD[source.strength] for source in own), default=0)
        if _HELD[part.strength] < best:
            yield held.finding(
                (*where, "strength"),
                f"expected secondary or derived, not {part.strength}: its sources are excerpts",
            )


def _unlisted(source: str, listed: Mapping[str, Source]) -> str:
    near = get_close_matches(source, sorted(listed), n=1)
    hint = f"did you mean {near[0]}? If it is new, " if near else ""
    return f"expected an id of sources.yaml, not {source or 'nothing'}; {hint}add it there first"


# --- Rulebooks beside each other ---


class Period(NamedTuple):
    """Days from `start` to `end`, both included; without `end` for ever."""

    start: date
    end: date | None

    def __str__(self) -> str:
        return f"{self.start} to {self.end}" if self.end else f"{self.start} on"


def period(part: Cited | Procedure, book: Rulebook) -> Period:
    """The days on which a part of a text is in force."""
    return Period(part.start or book.start, part.end or book.end)


def common(one: Period, other: Period) -> Period | None:
    """The days two periods share."""
    start = max(one.start, other.start)
    end = min(one.end or date.max, other.end or date.max)
    if end < start:
        return None
    return Period(start, None if end == date.max else end)


def without(whole: Period, taken: Iterable[Period]) -> list[Period]:
    """What is left of `whole` on the days of none of `taken`, in order."""
    left: list[Period] = []
    start: date | None = whole.start
    for one in sorted(taken, key=lambda each: each.start):
        if start is None or (whole.end and start > whole.end):
            break
        if one.start > start:
            end = min(one.start - DAY, whole.end or date.max)
            left.append(Period(start, end))
        if one.end is None:
            start = None
        elif one.end >= start:
            start = one.end + DAY
    if start is not None and (whole.end is None or start <= whole.end):
        left.append(Period(start, whole.end))
    return left


# Each service at each kind of place, in words; a text answers for it by having such a part.
SERVICES: Final = {
    "hukou": "childbirth at a hukou place",
    "residence": "childbirth at a residence",
    "honor_certificate": "光荣证",
    "marital_certificate": "婚育证明",
}


def answers(book: Rulebook, service: str) -> list[Period]:
    """The days on which a text says something of its own about a service (a key of `SERVICES`)."""
    parts: list[Cited | None] = []
    if service in {"hukou", "residence"}:
        parts = [*(rule for rule in book.rules if service in rule.at), book.otherwise]
    else:
        parts = [getattr(book, service)]
    return [period(part, book) for part in parts if part is not None]


def gaps(held: Sequence[Held]) -> Iterator[Finding]:
    """Days after a jurisdiction's first text on a service that nobody answers for and nobody declares."""
    national = [one.book for one in held if one.book.jurisdiction == "CN"]
    for own in _by_jurisdiction(held).values():
        for service, words in SERVICES.items():
            spoken = [days for one in own for days in answers(one.book, service)]
            if not spoken:
                continue
            whole = Period(min(days.start for days in spoken), None)
            covered = [days for book in national for days in answers(book, service)]
            declared = [days for one in own for days in _declared(one.book)]
            for gap in without(whole, [*spoken, *covered, *declared]):
                last = _last_before(own, gap.start)
                yield last.finding(
                    ("to",),
                    f"expected a text for {words} on {gap}, or a `not_held` with these days",
                )


def _declared(book: Rulebook) -> Iterator[Period]:
    """The days a text says it has nothing for: all those with an end, and those outside its period."""
    for gap in book.not_held:
        days = Period(gap.start, gap.end)
        if gap.end is not None:
            yield days
        else:
            yield from without(days, [_whole(book)])


def _last_before(own: Sequence[Held], day: date) -> Held:
    """The text after which the gap opens."""
    ended = [one for one in own if one.book.start < day]
    return max(ended or own, key=lambda one: (one.book.end or date.max, one.book.start))


def _by_jurisdiction(held: Sequence[Held]) -> dict[str, list[Held]]:
    found: dict[str, list[Held]] = {}
    for one in held:
        found.setdefault(one.book.jurisdiction, []).append(one)
    return found


def overlaps(held: Sequence[Held]) -> Iterator[Finding]:
    """Texts, rules and openings that speak for the same thing on the same day."""
    by_id = {one.book.id: one.book for one in held}
    for one in held:
        for index, name in enumerate(one.book.beside):
            named = by_id.get(name)
            if named is None or named.jurisdiction != one.book.jurisdiction:
                expected = f"expected a rulebook of the same jurisdiction, not {name}"
                yield one.finding(("beside", index), expected)
            elif named.start >= one.book.start:
                expected = f"expected an older text; {name} begins on {named.start}"
                yield one.finding(("beside", index), expected)
        yield from _same_conditions(one, "rules", one.book.rules)
        yield from _same_conditions(one, "filing", one.book.filing)
    for own in _by_jurisdiction(held).values():
        for older, newer in combinations(sorted(own, key=lambda each: each.book.start), 2):
            both = common(_whole(older.book), _whole(newer.book))
            if both and older.book.id not in newer.book.beside:
                yield older.finding(
                    ("to",) if older.book.end else ("from",),
                    f"expected its last day before {newer.book.start}, the first of {newer.book.id}; "
                    f"or `beside: [{older.book.id}]` in {newer.path.name} if both are in force",
                )


def _whole(book: Rulebook) -> Period:
    return Period(book.start, book.end)


def _same_conditions(held: Held, name: str, parts: Sequence[Rule | Filing]) -> Iterator[Finding]:
    """Two of `parts` that ask the same of the same couple: the second is never reached."""
    for one, (second, other) in (
        (parts[first], (second, parts[second]))
        for first, second in combinations(range(len(parts)), 2)
    ):
        both = common(period(one, held.book), period(other, held.book))
        # A ground that hangs on a fact nobody is asked never decides, so it hides no other.
        unasked = getattr(one, "beyond", None) or getattr(other, "beyond", None)
        if both and not unasked and set(one.at) & set(other.at) and _asks(one) & _asks(other):
            yield held.finding(
                (name, second),
                f"expected conditions other than those of {one.id}, or other days: on {both} "
                "both say the same of the same couples, and only one is asked",
            )


def _asks(part: Rule | Filing) -> set[str]:
    """The conditions of a rule, or of an opening for each paper, in a form that compares."""
    when = part.when.model_dump_json(exclude_none=True) if part.when else "{}"
    return {f"{paper} {when}" for paper in part.paper} if isinstance(part, Filing) else {when}


def openings(held: Sequence[Held]) -> Iterator[Finding]:
    """Papers a text grants on days when no text says which hukou place takes them."""
    for one in held:
        book = one.book
        provinces = [book.jurisdiction] if book.jurisdiction != "CN" else []
        beside = [
            other.book
            for other in held
            if other.book.jurisdiction in {book.jurisdiction, "CN"}
            or set(provinces) & set(other.book.provinces)
        ]
        for index, rule in enumerate(book.rules):
            if rule.grants == "needs_staff" or "hukou" not in rule.at:
                continue
            opened = [
                period(filing, other)
                for other in beside
                for filing in other.filing
                if rule.grants in filing.paper and any(at.endswith("hukou") for at in filing.at)
            ]
            for days in without(period(rule, book), opened):
                yield one.finding(
                    ("rules", index, "grants"),
                    f"expected a `filing` that says which hukou place takes {rule.grants} on {days}",
                )
