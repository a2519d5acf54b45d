"""Citizens' files: cleaned before they are kept, encrypted at rest, under names that say nothing.

`cleaning` judges and writes again what comes in, `looks` says whether a photo can be read, `scanning`
asks a virus scanner, `stores` is where sealed files lie, `stamp` marks what staff are shown.
"""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, current_app

from app.config import ConfigError
from app.files.stores import FileStore, LocalStore


def init_app(app: Flask) -> None:
    """Choose the store: `FILES_FOLDER`, else a folder of the instance (one for each `AS_OF`)."""
    as_of = app.config["AS_OF"]
    default = Path(app.instance_path) / (f"files-as-of-{as_of.isoformat()}" if as_of else "files")
    folder = Path(app.config["FILES_FOLDER"] or default)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"FILES_FOLDER={folder} cannot be made: {error.strerror}") from error
    if not os.access(folder, os.W_OK):
        raise ConfigError(f"FILES_FOLDER={folder} cannot be written to by this user")
    app.extensions["files"] = LocalStore(folder)


def store() -> FileStore:
    """The file store of this installation."""
    files: FileStore = current_app.extensions["files"]
    return files
