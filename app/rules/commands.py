"""`flask rules …`: what an editor types before and after changing a rulebook. docs/change-a-rule.md."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app import clock
from app.config import ROOT
from app.policy.comparison import ASPECTS, Change, Comparison, compare
from app.policy.exercise import exercise
from app.policy.explain import PlaceStory, Story, explain
from app.policy.facts import Facts, FactsError
from app.policy.law import Law
from app.policy.reading import read_facts
from app.policy.review import RULEBOOKS, Finding, Held, from_message, look_over
from app.policy.rulebook import HERE, RulebookError, Shelf, load
from app.policy.worked_cases import Case, mismatches, read_cases
from app.rules.plain_text import table

CASES = ROOT / "tests" / "policy" / "cases"
FOLDER = click.Path(path_type=Path, file_okay=False)
CHANGED, NOT_USABLE = 1, 2


# --- check ---


@click.command("check")
@click.argument("folder", type=FOLDER, default=RULEBOOKS)
@click.option(
    "--cases", type=FOLDER, default=CASES, help="Worked cases, one file for each rulebook."
)
@with_appcontext
def check(folder: Path, cases: Path) -> None:
    """Look every rulebook in FOLDER over (default: those of the site).

    Ends with 0 when all is well and with 1 when there are mistakes. First the files are read; only
    when they are sound are worked cases and made-up couples tried on them.
    """
    # Sources are looked at on real days, also while the site runs as of another one.
    today = clock.now().astimezone(clock.SHANGHAI).date()
    held, findings = look_over(
        folder, today, _beside(folder, "documents.yaml"), _beside(folder, "sources.yaml")
    )
    worked: list[Case] = []
    if findings:
        remark = "The rules have not been tried on couples yet: mend these first."
    else:
        worked, findings = _tried(folder, held, cases)
        remark = f"{sum(1 for one in held for _ in one.book.cited())} statements and {len(worked)} worked cases tried."
    for finding in findings:
        click.echo(str(finding))
    click.echo(f"{folder.name}: {len(held)} rulebooks can be read. {remark}")
    click.echo(
        {0: "No mistakes.", 1: "1 mistake."}.get(len(findings), f"{len(findings)} mistakes.")
    )
    if findings:
        raise SystemExit(1)


def _tried(folder: Path, held: Sequence[Held], cases: Path) -> tuple[list[Case], list[Finding]]:
    """(the worked cases, what is wrong with them and with the statements tried on them)."""
    law = Law(_load(folder))
    if not cases.is_dir():
        return [], exercise(held, law, [])
    try:
        worked = list(read_cases(cases))
    except RulebookError as error:
        return [], [from_message(str(error))]
    findings = exercise(held, law, [case.request for case in worked])
    files = {case.file for case in worked}
    for one in held:
        if one.path.name not in files:
            expected = f"expected a file {one.path.name} with worked cases beside the others"
            findings.append(Finding(one.path.name, 1, "cases", expected))
    for case in worked:
        if not case.outside_contract:
            findings += [
                Finding(f"cases/{case.file}", case.line, f"{case.id} {key}", said)
                for key, _, said in (wrong.partition(": ") for wrong in mismatches(case, law))
            ]
    return worked, findings


def _beside(folder: Path, name: str) -> Path:
    """A file beside a folder of rulebooks, or the site's own when there is none."""
    own = folder.parent / name
    return own if own.is_file() else HERE / name


def _load(folder: Path) -> Shelf:
    catalogues = (_beside(folder, f"{name}.yaml") for name in ("documents", "core", "sources"))
    return load(folder, *catalogues)


# --- explain ---


@click.command("explain")
@click.argument("facts", type=click.File(encoding="utf-8"))
@click.option("--folder", type=FOLDER, default=RULEBOOKS, help="Rulebooks, if not the site's.")
@with_appcontext
def explain_facts(facts: Any, folder: Path) -> None:
    """Say which rulebook spoke on which point for the couple in FACTS, and why others did not.

    FACTS is a file with a request of POST /api/v1/decision; - reads it from standard input. Ends
    with 2 when the facts or the rulebooks cannot be used.
    """
    try:
        given = read_facts(facts.read(), clock.today())
        law = Law(_load(folder))
    except FactsError as error:
        raise _Unusable(f"{error.field}: expected {error.rule}") from error
    except RulebookError as error:
        raise _Unusable(f"{error}") from error
    for line in _told(given, explain(given, law)):
        click.echo(line)


class _Unusable(click.ClickException):
    exit_code = NOT_USABLE


def _told(facts: Facts, story: Story) -> Iterator[str]:
    yield f"{facts.on.isoformat()}：{story.answer}"
    if story.missing:
        yield f"还可能改变结果的情况：{'、'.join(story.missing)}"
    yield from _rows(
        [(r.point, "+" if r.spoke else "-", r.rulebook, r.says) for r in story.general]
    )
    for place in story.places:
        yield ""
        yield f"【{place.role} {place.division}】{place.answer}"
        yield from _rows(_cells(place))


def _cells(place: PlaceStory) -> list[tuple[str, ...]]:
    return [(row.point, "+" if row.spoke else "-", row.rulebook, row.says) for row in place.rows]


def _rows(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    return table(rows, (12, 2, 30, 60), indent="  ")


# --- diff ---


@click.command("diff")
@click.argument("old")
@click.argument("new", default=str(RULEBOOKS))
@click.option("--couples", default=10_000, show_default=True, help="Random couples to try.")
@click.option("--seed", default=1, show_default=True, help="Another seed makes other couples.")
@click.option("--examples", default=5, show_default=True, help="How many changes to write out.")
@click.option("--cases", type=FOLDER, default=CASES, help="Worked cases.")
@with_appcontext
def diff(old: str, new: str, couples: int, seed: int, examples: int, cases: Path) -> None:
    """Say what changes for couples between two folders of rulebooks, OLD and NEW.

    Each is a folder, or else a revision of this project in git, such as HEAD or v1.2. NEW is the
    site's own folder when it is left out. Ends with 0 when nobody is told anything else, with 1
    when somebody is, and with 2 when one of the two cannot be used.
    """
    with _law_of(old) as before, _law_of(new) as after:
        worked = read_cases(cases) if cases.is_dir() else iter(())
        labelled = [(f"case {case.id} of {case.file}", case.request) for case in worked]
        found = compare(before, after, labelled, couples, seed, clock.today())
    for line in (*_summary(found, seed), *_examples(found, examples)):
        click.echo(line)
    if found.any:
        raise SystemExit(CHANGED)


@contextmanager
def _law_of(name: str) -> Iterator[Law]:
    """The rulebooks of a folder, or of a revision of this project."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(name)
        if not folder.is_dir():
            _unpack(name, Path(scratch))
            folder = Path(scratch) / RULEBOOKS.relative_to(ROOT)
        try:
            yield Law(_load(folder))
        except RulebookError as error:
            raise _Unusable(f"{name}: {error}") from error


def _unpack(revision: str, target: Path) -> None:
    """The policy folder of a revision, from git: rulebooks and catalogues. Raises `_Unusable`."""
    if revision.startswith("-"):
        raise _Unusable(f"{revision}: neither a folder nor a revision")
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", revision, "--"]
    try:
        done = subprocess.run(  # noqa: S603  a fixed program, no shell, and never an option
            [*command, str(HERE.relative_to(ROOT))],
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise _Unusable(f"{revision}: not a folder, and git cannot be started") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise _Unusable(f"{revision}: neither a folder nor a revision ({said})")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(target, filter="data")


def _summary(found: Comparison, seed: int) -> Iterator[str]:
    for word, ids in (("new", found.added), ("gone", found.removed), ("changed", found.reworded)):
        if ids:
            yield f"Rulebooks {word}: {', '.join(ids)}"
    yield f"{found.couples} random couples (seed {seed}) and {found.cases} worked cases, decided under both."
    if not found.any:
        yield "Nobody is told anything else."
        return
    yield ""
    rows: list[tuple[str, ...]] = [("what changes", "couples", "cases")]
    rows += [(aspect, *map(str, found.count(aspect))) for aspect in ASPECTS]
    rows += [("anything", str(len(found.changed_couples)), str(len(found.changed_cases)))]
    yield from table(rows, (14, 8, 6), indent="  ")
    for number, (old, new, count) in enumerate(found.turns()):
        if number == 0:
            yield ""
            yield "Outcomes that change:"
        yield f"  {count:6d} couples: {old} -> {new}"


def _examples(found: Comparison, most: int) -> Iterator[str]:
    shown = [*found.changed_cases[:most], *found.changed_couples[:most]]
    for change in shown:
        yield ""
        yield f"{change.label}: {json.dumps(change.request, ensure_ascii=False)}"
        yield from _differences(change)


def _differences(change: Change) -> Iterator[str]:
    for aspect in change.was:
        was, becomes = change.was[aspect], change.becomes[aspect]
        if not isinstance(was, list):
            yield f"  {aspect}: {was} -> {becomes}"
            continue
        yield f"  {aspect}:"
        yield from (f"    - {_one(part)}" for part in was if part not in becomes)
        yield from (f"    + {_one(part)}" for part in becomes if part not in was)


def _one(part: dict[str, Any]) -> str:
    """A place with what is true of it, in one line."""
    words = [str(part["place"])]
    for key, value in part.items():
        if key != "place" and value not in (None, False, [], ""):
            words.append(
                f"{key}: {'; '.join(value)}" if isinstance(value, list) else f"{key}: {value}"
            )
    return ", ".join(words)


COMMANDS: dict[str, click.Command] = {"check": check, "explain": explain_facts, "diff": diff}
