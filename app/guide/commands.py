"""`flask guide …`: what an editor types after changing what the guide says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
from flask.cli import with_appcontext

from app import clock
from app.appearance import said
from app.guide import afterwards, household
from app.language import gettext as _
from app.policy.finding import Finding
from app.rules.commands import in_the_terminal_s_script


@click.command(
    "check",
    help="把户政指南和“办完之后”看一遍：每一项写全没有，出处列了没有，日子对不对。FILES 是别处的 household.yaml "
    "或 afterwards.yaml，不写就看本站的。没有错返回 0，有错返回 1。",
    short_help="看指南有没有写错",
)
@click.argument("files", type=click.Path(path_type=Path, dir_okay=False), nargs=-1)
@with_appcontext
@in_the_terminal_s_script
def check(files: tuple[Path, ...]) -> None:
    """Say every mistake of what the guide holds as data, with its line."""
    findings = [
        finding
        for file in files or (household.FILE, afterwards.FILE)
        for finding in _mistakes(file)
    ]
    for finding in findings:
        click.echo(finding.said(said))
    click.echo(_("有 %(count)s 处错。", count=len(findings)) if findings else _("没有错。"))
    if findings:
        raise SystemExit(1)


def _mistakes(file: Path) -> list[Finding]:
    if file.name == afterwards.FILE.name:
        return afterwards.look_over(file)
    return household.look_over(clock.now().astimezone(clock.SHANGHAI).date(), file)


COMMANDS: Final[Mapping[str, click.Command]] = {"check": check}
