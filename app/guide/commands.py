"""`flask guide …`: what an editor types after changing what the guide says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app import clock
from app.appearance import said
from app.guide.household import FILE, look_over
from app.rules.commands import in_the_terminal_s_script


@click.command(
    "check",
    help="把户政指南 FILE 看一遍（不写就看本站的）：每一项写全没有，出处列了没有，日子对不对。没有错返回 0，有错返回 1。",
    short_help="看户政指南有没有写错",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default=FILE)
@with_appcontext
@in_the_terminal_s_script
def check(file: Path) -> None:
    """Say every mistake of the guide to police matters, with its line."""
    findings = look_over(clock.now().astimezone(clock.SHANGHAI).date(), file)
    for finding in findings:
        click.echo(finding.said(said))
    click.echo(_("有 %(count)s 处错。", count=len(findings)) if findings else _("没有错。"))
    if findings:
        raise SystemExit(1)


COMMANDS: Final[Mapping[str, click.Command]] = {"check": check}
