"""Citizens' files: cleaned before they are kept, encrypted at rest, under names that say nothing.

What comes in is judged by its content, never by its name. Photos are decoded and written again as
JPEG (so location data and hidden content are gone); PDFs are rebuilt from their pages alone.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from flask import Flask, current_app
from flask_babel import gettext
from sqlalchemy import String, select

from app import clock
from app.config import ConfigError
from app.extensions import db, every_table

if TYPE_CHECKING:
    from PIL import Image

LARGEST_FILE = 15 * 1024 * 1024
# The largest phone photo today is about 50 megapixels; more would only fill the memory.
LARGEST_IMAGE = 50_000_000
# Enough to read an A4 page printed at 250 dots an inch.
LONGEST_SIDE = 3000
MOST_PAGES = 100

JPEG, PDF = "image/jpeg", "application/pdf"
_IMAGES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/heic": "HEIF", "image/heif": "HEIF"}


class FileStore(Protocol):
    """Where sealed files lie, each under a random key."""

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
        target.parent.mkdir(parents=True, exist_ok=True)
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
        if not key.replace(".part", "").replace("_", "").isalnum():
            raise ValueError("a storage key is made by new_key()")
        return self.folder / key[:2] / key


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


def new_key() -> str:
    """A storage key of 128 random bits."""
    return secrets.token_hex(16)


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
        if key not in known and written < old:
            store().delete(key)
            swept += 1
    return swept


class FileRefusedError(Exception):
    """A file cannot be taken; the message says why and what to do, for the person who sent it."""


@dataclass(frozen=True)
class CleanFile:
    """A file that is safe to keep and to show: a JPEG or a rebuilt PDF."""

    content: bytes
    media_type: str

    @property
    def sha256(self) -> str:
        """Hex digest of the clean content, as a clerk will see it."""
        return hashlib.sha256(self.content).hexdigest()


def clean(content: bytes) -> CleanFile:
    """Judge, decode and write again. Raises `FileRefusedError` with a sentence for the person."""
    if not content:
        raise FileRefusedError(gettext("这个文件是空的，请重新拍照或选择"))
    if len(content) > LARGEST_FILE:
        raise FileRefusedError(gettext("文件超过 15 MB，请拍一张普通照片，或压缩后再传"))
    import filetype  # like the libraries below: only when a file comes

    kind = filetype.guess_mime(content[:8192])
    if kind == PDF:
        return CleanFile(_clean_pdf(content), PDF)
    if kind in _IMAGES:
        return CleanFile(_clean_image(content, _IMAGES[kind]), JPEG)
    raise FileRefusedError(gettext("看不懂这个文件，请传照片（JPG、PNG、HEIC）或 PDF"))


def _clean_image(content: bytes, form: str) -> bytes:
    from PIL import Image, ImageOps

    if form == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = LARGEST_IMAGE
    try:
        with Image.open(BytesIO(content), formats=(form,)) as image:
            if image.width * image.height > LARGEST_IMAGE:
                raise Image.DecompressionBombError
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(_on_white(image))
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return _written_again(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileRefusedError(gettext("照片尺寸太大，请拍一张普通照片再传")) from error
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as error:
        # What decoders raise on broken input; the message may quote the file, so it is not kept.
        raise FileRefusedError(gettext("照片打不开，可能没有传完整，请重新拍一张")) from error


def _on_white(image: Image.Image) -> Image.Image:
    """A transparent picture laid on white paper; any other one as it is, in RGB."""
    from PIL import Image as Pictures

    if image.mode not in {"RGBA", "LA", "PA"} and "transparency" not in image.info:
        flat = image.convert("RGB")
    else:
        layer = image.convert("RGBA")
        flat = Pictures.new("RGB", layer.size, "white")
        flat.paste(layer, mask=layer.getchannel("A"))
    # Only to turn it the right way up; it is not written.
    flat.info["exif"] = image.getexif().tobytes()
    return flat


def _written_again(image: Image.Image) -> bytes:
    image.info.clear()
    output = BytesIO()
    image.save(output, "JPEG", quality=85, optimize=True)
    return output.getvalue()


def _clean_pdf(content: bytes) -> bytes:
    import pikepdf

    try:
        with pikepdf.open(BytesIO(content)) as source:
            if source.is_encrypted:
                raise FileRefusedError(gettext("这个 PDF 加了密，请传没有密码的，或拍照片"))
            if len(source.pages) > MOST_PAGES:
                raise FileRefusedError(gettext("这个 PDF 页数太多，请只传需要的几页"))
            return _rebuilt(source)
    except pikepdf.PasswordError as error:
        raise FileRefusedError(gettext("这个 PDF 加了密，请传没有密码的，或拍照片")) from error
    except (pikepdf.PdfError, ValueError, TypeError, RecursionError) as error:
        raise FileRefusedError(gettext("这个 PDF 打不开，请换一份，或拍照片")) from error


def _rebuilt(source: Any) -> bytes:
    """A new PDF of the pages alone: no scripts, actions, forms or embedded files come along."""
    import pikepdf

    # What was typed into a form becomes part of the page before the form goes.
    source.generate_appearance_streams()
    source.flatten_annotations("all")
    with pikepdf.new() as fresh:
        fresh.pages.extend(source.pages)
        for page in fresh.pages:
            for name in (
                "/AA",
                "/Annots",
                "/Metadata",
                "/PieceInfo",
                "/AF",
                "/B",
                "/StructParents",
            ):
                if name in page.obj:
                    del page.obj[name]
        if not len(fresh.pages):
            raise FileRefusedError(gettext("这个 PDF 里没有内容，请换一份"))
        fresh.remove_unreferenced_resources()
        output = BytesIO()
        fresh.save(output)
        return output.getvalue()
