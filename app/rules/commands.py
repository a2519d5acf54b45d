"""`flask rules …`: what an editor types before and after changing a rulebook. docs/change-a-rule.md.

The commands speak Chinese, in the script of the terminal (LANG), since officials type them.
"""

from __future__ import annotations

import functools
import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import click
from flask.cli import with_appcontext

from app import clock, language
from app.appearance import said
from app.config import ROOT
from app.language import gettext as _
from app.language import speaking
from app.policy.comparison import compare
from app.policy.exercise import exercise
from app.policy.explain import PlaceStory, Story, explain
from app.policy.facts import Facts, FactsError
from app.policy.finding import Finding, RulebookError, words
from app.policy.law import Law
from app.policy.loading import HERE, RULEBOOKS, Held, load
from app.policy.reading import read_facts
from app.policy.review import look_over
from app.policy.rulebook import Shelf
from app.policy.worked_cases import Case, mismatches, read_cases
from app.rules import differences
from app.rules.plain_text import table

CASES = ROOT / "tests" / "policy" / "cases"
FOLDER = click.Path(path_type=Path, file_okay=False)
CHANGED, NOT_USABLE = 1, 2

Command = TypeVar("Command", bound=Callable[..., Any])


def in_the_terminal_s_script(command: Command) -> Command:
    """Run a command with its texts in the script that the terminal is set to."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        with speaking(language.of_terminal(os.environ)):
            return command(*arguments, **options)

    return run  # type: ignore[return-value]


class _Unusable(click.ClickException):
    """What was given cannot be used; ends with 2."""

    exit_code = NOT_USABLE

    def show(self, file: IO[Any] | None = None) -> None:
        """Say so in the words it was made with, which are in the terminal's script already."""
        click.echo(self.message, file=file, err=True)


# --- check ---


@click.command(
    "check",
    help="把 FOLDER 里的规定都看一遍（不写就看本站的）。先看文件写得对不对，都对了再拿例子和随机的夫妻来试。"
    "没有错，结束时返回 0；有错返回 1。",
    short_help="看规定有没有写错",
)
@click.argument("folder", type=FOLDER, default=RULEBOOKS)
@click.option("--cases", type=FOLDER, default=CASES, help="例子在哪个文件夹，一份规定一个文件。")
@with_appcontext
@in_the_terminal_s_script
def check(folder: Path, cases: Path) -> None:
    """Look every rulebook in FOLDER over (default: those of the site).

    First the files are read; only when they are sound are worked cases and made-up couples tried.
    """
    # Sources are looked at on real days, also while the site runs as of another one.
    today = clock.now().astimezone(clock.SHANGHAI).date()
    held, findings = look_over(
        folder, today, _beside(folder, "documents.yaml"), _beside(folder, "sources.yaml")
    )
    worked: list[Case] = []
    if findings:
        remark = _("还没有拿夫妻来试，请先改好上面的。")
    else:
        worked, findings = _tried(folder, held, cases)
        statements = sum(1 for one in held for _each in one.book.cited())
        remark = _(
            "试了 %(statements)s 条规定、%(cases)s 个例子。",
            statements=statements,
            cases=len(worked),
        )
    for finding in findings:
        click.echo(finding.said(said))
    read = _("%(folder)s：能读 %(count)s 份规定。", folder=folder.name, count=len(held))
    click.echo(f"{read}{remark}")
    click.echo(_("有 %(count)s 处错。", count=len(findings)) if findings else _("没有错。"))
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
        return [], [error.finding]
    findings = exercise(held, law, [case.request for case in worked])
    files = {case.file for case in worked}
    for one in held:
        if one.path.name not in files:
            expected = words("应有例子，写在例子文件夹里的 %(file)s", file=one.path.name)
            findings.append(Finding(one.path.name, 1, "cases", expected))
    for case in worked:
        if not case.outside_contract:
            findings += [
                Finding(f"cases/{case.file}", case.line, f"{case.id} {key}", wrong)
                for key, wrong in mismatches(case, law)
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


@click.command(
    "explain",
    help="FACTS 是一份写着一对夫妻情况的 JSON 文件（和 POST /api/v1/decision 的请求一样；写 - 就从标准输入读）。"
    "说出每一点是哪份规定答的，别的为什么没有答。情况或规定不能用，结束时返回 2。",
    short_help="这样答是哪条规定定的",
)
@click.argument("facts", type=click.File(encoding="utf-8"))
@click.option("--folder", type=FOLDER, default=RULEBOOKS, help="用哪个文件夹里的规定。")
@with_appcontext
@in_the_terminal_s_script
def explain_facts(facts: Any, folder: Path) -> None:
    """Say which rulebook spoke on which point for the couple in FACTS, and why others did not."""
    try:
        given = read_facts(facts.read(), clock.today())
        law = Law(_load(folder))
    except FactsError as error:
        expected = words("%(field)s：应为%(rule)s", field=error.field, rule=error.words)
        raise _Unusable(expected.said(said)) from error
    except RulebookError as error:
        raise _Unusable(error.finding.said(said)) from error
    for line in _told(given, explain(given, law, said)):
        click.echo(line)


def _told(facts: Facts, story: Story) -> Iterator[str]:
    yield f"{facts.on.isoformat()}：{story.answer}"
    if story.missing:
        yield _("还可能改变结果的情况：") + "、".join(story.missing)
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


@click.command(
    "diff",
    help="比 OLD 和 NEW 两个文件夹里的规定，看谁听到的话变了。也可以写这个项目在 git 里的版本，如 HEAD、v1.2；"
    "NEW 不写就是本站现在的。没有人听到的话变，结束时返回 0；有人变，返回 1；有一边不能用，返回 2。",
    short_help="改了以后谁听到的话变了",
)
@click.argument("old")
@click.argument("new", default=str(RULEBOOKS))
@click.option("--couples", default=10_000, show_default=True, help="试多少对随机的夫妻。")
@click.option("--seed", default=1, show_default=True, help="换一个数，就换一批夫妻。")
@click.option("--examples", default=5, show_default=True, help="写出几个例子来。")
@click.option("--cases", type=FOLDER, default=CASES, help="例子在哪个文件夹。")
@with_appcontext
@in_the_terminal_s_script
def diff(old: str, new: str, couples: int, seed: int, examples: int, cases: Path) -> None:
    """Say what changes for couples between two folders of rulebooks, OLD and NEW, or git revisions."""
    with law_of(old) as before, law_of(new) as after:
        worked = read_cases(cases) if cases.is_dir() else iter(())
        labelled = [
            (_("例子 %(id)s（%(file)s）", id=case.id, file=case.file), case.request)
            for case in worked
        ]
        found = compare(before, after, labelled, couples, seed)
    for line in (*differences.summary(found, seed), *differences.examples(found, examples)):
        click.echo(line)
    if found.any:
        raise SystemExit(CHANGED)


@contextmanager
def law_of(name: str) -> Iterator[Law]:
    """The rulebooks of a folder, or of a revision of this project. Ends the command if unusable."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(name)
        if not folder.is_dir():
            _unpack(name, Path(scratch))
            folder = Path(scratch) / RULEBOOKS.relative_to(ROOT)
        try:
            yield Law(_load(folder))
        except RulebookError as error:
            raise _Unusable(f"{name}：{error.finding.said(said)}") from error


def _unpack(revision: str, target: Path) -> None:
    """The policy folder of a revision, from git: rulebooks and catalogues. Raises `_Unusable`."""
    neither = _("%(name)s：既不是文件夹，也不是 git 里的版本", name=revision)
    if revision.startswith("-"):
        raise _Unusable(neither)
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", revision, "--"]
    try:
        done = subprocess.run(  # noqa: S603  a fixed program, no shell, and never an option
            [*command, str(HERE.relative_to(ROOT))],
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise _Unusable(_("%(name)s：不是文件夹，这台机器上又没有 git", name=revision)) from error
    if done.returncode:
        raise _Unusable(f"{neither}（{done.stderr.decode(errors='replace').strip()}）")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(target, filter="data")


COMMANDS: dict[str, click.Command] = {"check": check, "explain": explain_facts, "diff": diff}
