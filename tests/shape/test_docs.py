"""What README and docs name is there: files, links, rooms, settings, commands, and why each library."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from flask import Flask

import dev

ROOT = Path(__file__).parent.parent.parent
DOCS = sorted(
    [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "decisions").glob("*.md")]
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
# What the walkthrough has its reader make.
MADE = re.compile(r"[/-]20\d\d\.yaml$")
# Settings of the machine, not of the site.
OF_THE_MACHINE = {"LANG", "AS_OF"}


def texts() -> Iterator[tuple[str, str]]:
    for path in DOCS:
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_no_link_is_dead() -> None:
    links = [
        (name, link)
        for name, text in texts()
        for link in re.findall(r"\]\(([^)#\s]+)", text)
        if not link.startswith("http")
    ]
    assert len(links) > 20
    assert [(n, link) for n, link in links if not (ROOT / n).parent.joinpath(link).exists()] == []


def test_every_file_that_is_named_is_there() -> None:
    named = [
        (name, path)
        for name, text in texts()
        for path in re.findall(
            r"`((?:app|docs|tests|templates|static|translations|bench)/[\w./-]+)`", text
        )
        if not MADE.search(path)
    ]
    assert len(named) > 20
    assert [(name, path) for name, path in named if not (ROOT / path).exists()] == []


def test_the_map_of_the_rooms_is_whole() -> None:
    rooms = {
        path.stem
        for path in (ROOT / "app").iterdir()
        if not path.name.startswith("__") and (path.is_dir() or path.suffix == ".py")
    }
    assert len(rooms) > 30
    assert {room for room in rooms if not re.search(rf"`{room}/?`", README)} == set()


def test_every_setting_that_is_named_is_one() -> None:
    known = (ROOT / "app" / "config.py").read_text(encoding="utf-8")
    named = {
        (name, setting)
        for name, text in texts()
        for setting in re.findall(r"`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*)(?:=[^`]*)?`", text)
    }
    assert len({setting for _name, setting in named}) > 15
    assert {(n, setting) for n, setting in named if setting not in known} <= {
        (n, setting) for n, setting in named if setting in OF_THE_MACHINE
    }


def test_every_command_that_is_named_is_one(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    runner = app.test_cli_runner()
    typed = {
        command
        for _name, text in texts()
        for command in re.findall(r"flask (?:--app wsgi )?([a-z]+(?: [a-z]+)?)\b", text)
        if " " in command
    }
    assert len(typed) > 12
    for command in sorted(typed):
        done = runner.invoke(args=[*command.split(), "--help"])
        assert done.exit_code == 0, command
    for command in {c for _n, text in texts() for c in re.findall(r"dev\.py ([a-z]+)", text)}:
        with pytest.raises(SystemExit) as left:
            dev.main([command, "--help"])
        assert left.value.code == 0, capsys.readouterr().err


def test_every_library_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *chain.from_iterable(project["project"]["optional-dependencies"].values()),
        *(one for one in project["dependency-groups"]["dev"] if isinstance(one, str)),
    ]
    reasons = "".join(text for name, text in texts() if name.startswith("docs/decisions/")).lower()
    names = {re.split(r"[\[~<>=! ;]", one)[0].lower() for one in wanted}
    assert len(names) > 40
    assert {name for name in names if not re.search(rf"\b{re.escape(name)}\b", reasons)} == set()
