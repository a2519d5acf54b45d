"""dev.py on machines that lack something: it helps itself as root, and else says what to type."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import dev


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that would have been run; each succeeds and prints nothing."""
    commands: list[str] = []

    def run(command: list[str], **_options: Any) -> SimpleNamespace:
        commands.append(" ".join(map(str, command)))
        return SimpleNamespace(returncode=0, stdout=b"")

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def without(*programs: str) -> Any:
    return lambda program: None if program in programs else f"/usr/bin/{program}"


def test_root_on_debian_installs_the_browser(
    monkeypatch: pytest.MonkeyPatch, typed: list[str]
) -> None:
    monkeypatch.setattr(shutil, "which", without("chromium"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert dev.prepare_browser() is None
    assert typed[-2:] == [
        "apt-get update -qq",
        "apt-get install -y --no-install-recommends chromium fonts-noto-cjk -qq",
    ]


def test_others_are_told_the_line_to_type(
    monkeypatch: pytest.MonkeyPatch, typed: list[str]
) -> None:
    monkeypatch.setattr(shutil, "which", without("chromium"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    complaint = dev.prepare_browser()
    assert complaint
    assert "sudo apt-get install -y --no-install-recommends chromium" in complaint
    assert not any("apt-get" in command for command in typed)


def test_without_a_browser_the_rest_runs_and_the_whole_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(dev, "setup", lambda **_: None)
    monkeypatch.setattr(dev, "prepare_browser", lambda: "chromium missing; type: …")
    monkeypatch.setattr(dev, "venv_call", lambda *words: called.append(words) or 0)
    assert dev.test([], browser=True) == 1
    assert [("--database=postgres" in words, "not browser" in words) for words in called] == [
        (True, True),
        (False, True),
    ]
    assert "chromium missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        "--anything https://example.com/simple",
        "flask @ https://example.com/flask.whl \\",
        "flask @ ./flask.whl",
        "./flask.whl \\",
        "-e .",
        "flask>=3 \\",
        "flask==3.1.3",
        "# made somewhere",
    ],
)
def test_a_lock_that_names_a_place_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"flask==3.1.3 \\\n    --hash=sha256:{'0' * 64}\n{line}\n")
    monkeypatch.setattr(dev, "LOCK", lock)
    assert len(dev.locks_are_clean()) == 1


def test_the_committed_locks_are_clean_and_hashed() -> None:
    assert dev.locks_are_clean() == []
    for lock in (dev.LOCK, dev.DEV_LOCK):
        for line in lock.read_text().splitlines():
            assert line.startswith("    --hash=sha256:") or line.endswith(" \\"), line


def test_a_taken_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(dev.Trouble, match=f"--port {port + 1}"):
            dev.run(port)
