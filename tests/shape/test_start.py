"""What is set wrong stops the start, with one line that says what to type."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.config import ConfigError, from_environment
from app.site import _migrations

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"LIVE": "true"}, "LIVE='true'"),
        ({"LIVE": "1"}, "LIVE=1 needs OPERATOR_NAME"),
        ({"LIVE": "1", "AS_OF": "2014-06-03"}, "LIVE=1 and AS_OF"),
        ({"STAFF_TOTP_REQUIRED": "yes"}, "STAFF_TOTP_REQUIRED='yes'"),
        ({"AS_OF": "2014-13-01"}, "type AS_OF=2014-06-03"),
        ({"AS_OF": "9999-12-31"}, "AS_OF=9999-12-31"),
        ({"AS_OF": "0001-01-01"}, "AS_OF=0001-01-01"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL must begin with"),
        ({"DATABASE_URL": "mysql://me:secret@host/x"}, "DATABASE_URL must begin with"),
        ({"PUBLIC_URL": "jiujin.invalid"}, "PUBLIC_URL must begin with"),
        ({"QUEUE_URL": "localhost:6379"}, "QUEUE_URL must begin with"),
        ({"RATELIMIT_STORAGE_URI": "foo://"}, "RATELIMIT_STORAGE_URI must begin with"),
        ({"PROXIES": "-1"}, "PROXIES='-1'"),
        ({"CODES_PER_HOUR": "many"}, "CODES_PER_HOUR='many'"),
        ({"FONTS_FOLDER": "/nowhere"}, "FONTS_FOLDER='/nowhere'"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(settings: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_environment(settings)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_empty_setting_is_one_that_is_not_set() -> None:
    names = ("SECRET_KEY", "LIVE", "AS_OF", "DATABASE_URL", "STAFF_TOTP_REQUIRED")
    assert from_environment(dict.fromkeys(names, "")) == from_environment({})


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (None, "the database is at migration none"),
        ("older", "the database is at migration older"),
        ("newest", ""),
        ("from a later version", ""),
    ],
)
def test_a_web_server_does_not_start_on_an_old_schema(
    tmp_path: Path, at: str | None, says: str
) -> None:
    known, newest = _migrations()
    # The first day there is one migration only; then nothing older exists to stand at.
    older = known - {newest} or {None}
    address = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    stands_at = {"older": min(older), "newest": newest}.get(at or "", at)
    _stamp(address, stands_at)
    done = _start({"DATABASE_URL": address})
    if not says:
        assert (done.returncode, done.stderr) == (0, "")
        return
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert says.replace("older", str(stands_at or "none")) in done.stderr
    assert "type: flask --app wsgi site prepare" in done.stderr


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"LIVE": "1"}, "LIVE=1 needs OPERATOR_NAME"),
        ({"MASTER_KEY": "short"}, "MASTER_KEY"),
        ({"FILES_FOLDER": "/proc/nowhere"}, "FILES_FOLDER=/proc/nowhere"),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}, "cannot be reached"),
        ({"DATABASE_URL": "postgresql://me:secret@127.0.0.1:1/x"}, "cannot be reached"),
    ],
    ids=str,
)
def test_one_line_and_no_second_try(settings: dict[str, str], says: str) -> None:
    done = _start(settings)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert "secret" not in done.stderr


def _start(settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def _stamp(address: str, revision: str | None) -> None:
    engine = create_engine(address)
    with engine.begin() as connection:
        if revision is not None:
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:at)"), {"at": revision})
    engine.dispose()
