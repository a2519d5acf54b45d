"""Citizens' files: cleaned before they are kept, encrypted at rest, under names that say nothing.

`cleaning` judges and writes again what comes in, `looks` says whether a photo can be read, `scanning`
asks a virus scanner, `gate` keeps slow senders from taking every thread, `stores` is where sealed files lie, `stamp` marks what staff are shown.
"""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import String, select

from app import clock
from app.config import ConfigError
from app.extensions import db, every_table
from app.files.stores import SMALL, FileStore, LocalStore


def init_app(app: Flask) -> None:
    """Choose the store: a bucket by `S3_BUCKET`, else a folder. Raises `ConfigError`."""
    if app.config["S3_BUCKET"]:
        from app.files.s3 import s3_store

        app.extensions["files"] = s3_store(app.config, _name(app))
    else:
        app.extensions["files"] = LocalStore(_folder(app))


def _folder(app: Flask) -> Path:
    folder = Path(app.config["FILES_FOLDER"] or Path(app.instance_path) / _name(app))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"FILES_FOLDER={folder} cannot be made: {error.strerror}") from error
    if not os.access(folder, os.W_OK):
        raise ConfigError(f"FILES_FOLDER={folder} cannot be written to by this user")
    return folder


def _name(app: Flask) -> str:
    """Each exercise day has its own files, as it has its own database."""
    as_of = app.config["AS_OF"]
    return f"files-as-of-{as_of.isoformat()}" if as_of else "files"


def store() -> FileStore:
    """The file store of this installation."""
    files: FileStore = current_app.extensions["files"]
    return files


class StoredKey(String):
    """The type of every column that holds a storage key: what none of them names is swept."""

    cache_ok = True


def sweep() -> int:
    """Delete stored files that no row knows; how many. Nightly work, after the rows' own sweeps.

    A file is left alone for an hour: its row may not be committed yet.
    """
    columns = [
        column
        for table in every_table().sorted_tables
        for column in table.columns
        if isinstance(column.type, StoredKey)
    ]
    known = {key for column in columns for key in db.session.scalars(select(column))}
    old = clock.now().timestamp() - 3600
    swept = 0
    for key, written in list(store().listing()):
        if key.removesuffix(SMALL) not in known and written < old:
            store().delete(key)
            swept += 1
    return swept
