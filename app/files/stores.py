"""Where sealed files lie, each under a random key; what is in them only `app.vault` can read."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from werkzeug.exceptions import ServiceUnavailable

# Beside a page lies its small picture, under the same key with this ending.
SMALL = "_small"


class StoreAwayError(ServiceUnavailable):
    """The store cannot be reached, or is full: nothing was kept, and trying again later is right."""

    def __init__(self) -> None:
        super().__init__(retry_after=30)


class FileStore(Protocol):
    """A store of sealed files. Every method raises `StoreAwayError` when the store does not answer."""

    def put(self, key: str, content: bytes) -> None:
        """Keep `content`; when this returns it survives a power cut."""

    def get(self, key: str) -> bytes:
        """What was kept. Raises `FileNotFoundError`."""

    def delete(self, key: str) -> None:
        """Forget the file; one that is not there is forgotten already."""

    def listing(self) -> Iterator[tuple[str, float]]:
        """Every key with the time it was last written, in seconds since 1970."""


class LocalStore:
    """Files in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, content: bytes) -> None:
        """Write beside, flush, then rename: never half a file under its name."""
        target = self._path(key)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, content)
        except OSError as error:
            raise StoreAwayError from error

    def get(self, key: str) -> bytes:
        """Read a file. Raises `FileNotFoundError`."""
        return self._path(key).read_bytes()

    def delete(self, key: str) -> None:
        """Remove a file, or do nothing."""
        self._path(key).unlink(missing_ok=True)

    def listing(self) -> Iterator[tuple[str, float]]:
        """Every file, and what an interrupted write left behind (ending in `.part`)."""
        for path in self.folder.glob("*/*"):
            yield path.name, path.stat().st_mtime

    def _path(self, key: str) -> Path:
        return self.folder / checked_key(key)[:2] / key


def _write(target: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def new_key() -> str:
    """A storage key of 128 random bits."""
    return secrets.token_hex(16)


def checked_key(key: str) -> str:
    """The key, when it is one of ours or the leftover of a write. Raises `ValueError`."""
    if not key.replace(".part", "").replace("_", "").isalnum():
        raise ValueError("a storage key is made by new_key()")
    return key
