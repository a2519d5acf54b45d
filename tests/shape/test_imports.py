"""The contracts between the rooms, stated in pyproject.toml, hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_import_contracts_hold() -> None:
    command = "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_web_worker_starts_without_the_libraries_few_requests_need() -> None:
    """Each is loaded by the first request that wants it; together they would double the memory."""
    heavy = {"PIL", "pillow_heif", "pikepdf", "typst", "fontTools", "alembic", "opencc", "lxml"} | {
        "pyhanko",
        "aiohttp",
    }
    command = "import sys; from app import create_app; create_app(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert heavy & set(done.stdout.split()) == set()
