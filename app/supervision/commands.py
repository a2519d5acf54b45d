"""`flask figures …`: the numbers of reports, counted anew by hand."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.supervision import counting


@click.command(
    "rebuild", help="督办和月报的数，从每件申请的经过全部重算一遍。算几遍都一样，网站不用停。"
)
@with_appcontext
def rebuild() -> None:
    """Count everything anew, from the events."""
    outcomes, months = counting.rebuild()
    click.echo(f"已办结的 {outcomes} 件、{months} 个月的数，都重算好了。")


COMMANDS: dict[str, click.Command] = {"rebuild": rebuild}
