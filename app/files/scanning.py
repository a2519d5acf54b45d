"""Ask a virus scanner (clamd, by its INSTREAM command) about what came in; `CLAMD` says where it is.

Without one, files are still decoded and written again, and never run in this site's name.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from time import monotonic

from flask import current_app

from app.files.cleaning import LARGEST_FILE, CleanFile, FileRefusedError, clean
from app.language import gettext

# How long a person waits for the scanner before the file waits instead.
PATIENCE = 10.0
_PIECE = 64 * 1024


class InfectedError(FileRefusedError):
    """The scanner knows this file as harmful."""


class ScannerAwayError(Exception):
    """The scanner did not answer, or not in words we know; nothing is known about the file."""


def take(content: bytes) -> CleanFile:
    """Scan, then clean. When the scanner is away the file is marked `unchecked`: it waits, unseen.

    Raises `FileRefusedError` with a sentence for the person.
    """
    unchecked = False
    if 0 < len(content) <= LARGEST_FILE:
        try:
            refuse_infected(content)
        except ScannerAwayError:
            unchecked = True
    return clean(content, unchecked=unchecked)


def refuse_infected(content: bytes) -> None:
    """Return when the scanner finds nothing, or when this installation has none.

    Raises `InfectedError` or `ScannerAwayError`.
    """
    address = current_app.config["CLAMD"]
    if not address:
        return
    verdict = _ask(address, content)
    if verdict.endswith("FOUND"):
        raise InfectedError(gettext("这个文件没有通过安全检查，不能收。请重新拍一张照片"))
    if verdict != "stream: OK":
        raise ScannerAwayError(verdict)


def _ask(address: str, content: bytes) -> str:
    """What clamd says of this content: "stream: OK", "stream: <name> FOUND" or "… ERROR"."""
    end = monotonic() + PATIENCE
    try:
        with contextlib.closing(_connected(address)) as line:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), _PIECE):
                piece = content[start : start + _PIECE]
                line.settimeout(max(0.01, end - monotonic()))
                line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
            return _answer(line, end)
    except OSError as error:
        raise ScannerAwayError(type(error).__name__) from error


def _connected(address: str) -> socket.socket:
    if address.startswith("unix:"):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(PATIENCE)
        line.connect(address.removeprefix("unix:").replace("///", "/", 1))
        return line
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE)


def _answer(line: socket.socket, end: float) -> str:
    said = b""
    while b"\0" not in said and len(said) < 4096:
        line.settimeout(max(0.01, end - monotonic()))
        more = line.recv(4096)
        if not more:
            break
        said += more
    return said.split(b"\0", 1)[0].decode(errors="replace").strip()
