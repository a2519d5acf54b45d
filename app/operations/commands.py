"""`flask site backup|restore|inspect`: what an operator types, or a timer does, each night."""

from __future__ import annotations

from pathlib import Path

import click

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("backup")
@click.argument("folder", type=FOLDER)
def backup(folder: Path) -> None:
    """Copy database and files to FOLDER while the site runs; again and again into the same one."""
    from app.operations.backup import BackupError, back_up

    try:
        made = back_up(folder)
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{made.at}: {made.receipts} applications, {made.files} files, {made.database}")
    click.echo("The keys (MASTER_KEY, HASH_KEY, SECRET_KEY) are not in it; keep them elsewhere.")


@click.command("restore")
@click.argument("folder", type=FOLDER)
@click.option("--at", help="The time of one backup, such as 20261126T031000Z; else the newest.")
def restore(folder: Path, at: str | None) -> None:
    """Bring a backup back into the empty database of DATABASE_URL and an empty file store."""
    from app.operations.backup import BackupError
    from app.operations.backup import restore as bring_back

    try:
        held = bring_back(folder, at)
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{held.at}: {held.receipts} applications and {held.files} files are back")
    _say_findings()


@click.command("inspect")
def inspect() -> None:
    """Look at everything stored: pages of the database, chain of the audit, each file."""
    _say_findings()


def _say_findings() -> None:
    from app.operations.inspection import inspect_everything

    found = inspect_everything()
    for name, one in found.items():
        click.echo(f"{name}: {one.looked_at} looked at, {len(one.problems)} problems")
        for problem in one.problems:
            click.echo(f"  {problem}")
    if any(one.problems for one in found.values()):
        raise SystemExit(1)


COMMANDS = (backup, restore, inspect)
