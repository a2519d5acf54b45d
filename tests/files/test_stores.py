"""What lies in a store is complete, under keys of ours alone; a folder and an S3 server keep the same contract."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import files
from app.applications import uploads
from app.applications.models import Upload
from app.config import ConfigError
from app.files import s3
from app.files.cleaning import LARGEST_FILE
from app.files.s3 import s3_store
from app.files.stores import FileStore, LocalStore, StoreAwayError, new_key
from tests import factories as make
from tests.applications.filing import at_once, photo
from tests.files.seaweed import Seaweed


@pytest.fixture(scope="module")
def seaweed() -> Iterator[Seaweed]:
    with Seaweed() as server:
        yield server


@pytest.fixture
def bucket(seaweed) -> FileStore:
    return s3_store(seaweed.settings(), secrets.token_hex(6))


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path) -> FileStore:
    if request.param == "folder":
        return LocalStore(tmp_path)
    return request.getfixturevalue("bucket")


def test_the_store_keeps_gives_and_forgets(store):
    key = new_key()
    store.put(key, b"one")
    store.put(key, b"two")
    assert store.get(key) == b"two"
    ((name, written),) = store.listing()
    assert name == key
    assert abs(written - time.time()) < 60
    store.delete(key)
    store.delete(key)
    assert list(store.listing()) == []
    with pytest.raises(FileNotFoundError):
        store.get(key)


def test_the_largest_file_and_the_empty_one_come_back_byte_for_byte(store):
    for content in (secrets.token_bytes(LARGEST_FILE + 1000), b""):
        key = new_key()
        store.put(key, content)
        assert store.get(key) == content


def test_many_at_once_do_not_mix(store):
    wanted = {new_key(): secrets.token_bytes(50_000) for _ in range(16)}
    at_once([lambda key=key: store.put(key, wanted[key]) for key in wanted])
    given = at_once([lambda key=key: store.get(key) for key in wanted])
    assert given == list(wanted.values())
    assert {key for key, _ in store.listing()} == set(wanted)


def test_a_small_picture_lies_beside_its_page(store):
    key = new_key()
    store.put(key + "_small", b"small")
    store.put(key, b"page")
    assert {name for name, _ in store.listing()} == {key, key + "_small"}


@pytest.mark.parametrize("key", ["../evil", "a/b", "", ".", "..", "a\0b"])
def test_only_our_own_keys_are_file_names(store, key):
    for use in (lambda: store.put(key, b""), lambda: store.get(key), lambda: store.delete(key)):
        with pytest.raises(ValueError, match="storage key"):
            use()


def test_more_than_a_thousand_files_are_listed(bucket):
    keys = {new_key() for _ in range(1100)}
    for key in keys:
        bucket.put(key, b"")
    assert {name for name, _ in bucket.listing()} == keys


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreAwayError):
        LocalStore(tmp_path).put(new_key(), b"content")
    assert not list(LocalStore(tmp_path).listing())


def test_exercises_do_not_sweep_the_real_files(seaweed):
    settings = seaweed.settings()
    real, exercise = s3_store(settings, "files"), s3_store(settings, "files-as-of-2014-06-03")
    real.put("real", b"1")
    exercise.put("exercise", b"2")
    assert [name for name, _ in real.listing()] == ["real"]
    assert [name for name, _ in exercise.listing()] == ["exercise"]


def test_a_wrong_key_is_a_store_that_is_away_not_a_missing_file(seaweed):
    store = s3_store(seaweed.settings() | {"S3_SECRET": "wrong"}, "files")
    for use in (lambda: store.put("a", b""), lambda: store.get("a"), lambda: list(store.listing())):
        with pytest.raises(StoreAwayError):
            use()


def test_the_start_stops_when_a_setting_is_missing(seaweed):
    with pytest.raises(ConfigError, match="S3_BUCKET needs S3_KEY_ID and S3_SECRET as well"):
        s3_store(seaweed.settings() | {"S3_KEY_ID": "", "S3_SECRET": ""}, "files")


def test_the_start_stops_in_one_line_when_the_package_is_missing():
    program = (
        "import sys; sys.modules['obstore'] = None; sys.modules['obstore.store'] = None\n"
        "from app import create_app\n"
        "from app.config import ConfigError\n"
        "try: create_app({'S3_BUCKET': 'b'})\n"
        "except ConfigError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    said = done.stdout.decode().strip()
    assert said == "S3_BUCKET needs the package obstore; type: pip install 'jiujinban[s3]'"


def test_a_site_without_a_bucket_does_not_load_the_package():
    program = (
        "import sys; from app import create_app; create_app(); print('obstore' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


# --- On the pages: the server goes away and comes back ---


def test_a_server_that_is_not_there_is_away_and_said_soon(seaweed):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        endpoint = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    gone = s3_store(seaweed.settings() | {"S3_ENDPOINT": endpoint}, "files")
    begun = time.monotonic()
    for use in (lambda: gone.put("a", b""), lambda: gone.get("a"), lambda: gone.delete("a")):
        with pytest.raises(StoreAwayError):
            use()
    assert time.monotonic() - begun < 10


def test_a_server_that_hangs_is_said_at_the_paper_and_nothing_is_half_kept(
    app, session, offices, seaweed, monkeypatch
):
    prefix = secrets.token_hex(6)
    patient = s3_store(seaweed.settings(), prefix)
    for name in ("_CONNECT", "_WHOLE", "_TRYING"):
        monkeypatch.setattr(s3, name, timedelta(seconds=0.5))
    hasty = s3_store(seaweed.settings(), prefix)  # asked only while nobody answers
    app.extensions["files"] = patient
    case = make.filed()
    mine = make.browser_of(make.citizen(), app)
    address = f"/my/{case.id}/papers/id_or_hukou_booklet"

    def send(**more):
        return mine.post(address, data={"file": (photo(), "a.jpg")}, **more)

    assert send().status_code == 303
    kept = session.scalars(select(Upload)).one()
    seaweed.hang()
    app.extensions["files"] = hasty
    refused = send(fault_expected=True)
    shown = mine.get(f"/my/{case.id}/uploads/{kept.id}", fault_expected=True)
    seaweed.go_on()
    app.extensions["files"] = patient
    assert refused.status_code == 503
    assert "照片暂时存不了，请过一会儿再传" in refused.text
    assert refused.headers["Retry-After"] == "30"
    assert shown.status_code == 503
    assert "系统正忙" in shown.text
    assert len(session.scalars(select(Upload)).all()) == 1
    assert send().status_code == 303
    assert uploads.read_upload(kept)[:2] == b"\xff\xd8"
    assert files.sweep() == 0
