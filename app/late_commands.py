"""Groups of commands read when one is typed, since a web worker needs none of them in its memory."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click
from flask.cli import AppGroup


class LateCommands(AppGroup):
    """`flask NAME …`: the commands are in `COMMANDS` of a module."""

    def __init__(self, name: str, module: str, help: str) -> None:
        super().__init__(name, help=help)
        self.module = module

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in order."""
        return sorted(self._commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, if there is one."""
        return self._commands().get(cmd_name)

    def _commands(self) -> Mapping[str, click.Command]:
        commands: Mapping[str, click.Command] = import_module(self.module).COMMANDS
        return commands
