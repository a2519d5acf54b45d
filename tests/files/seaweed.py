"""A real S3 server for tests: SeaweedFS, which pip installs, in a folder and on ports of its own."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

KEY, SECRET = "key-of-tests", "secret-of-tests"
PARTS = ("master.port", "volume.port", "filer.port", "s3.port")
# Every part also listens this much higher, for its own kind.
INNER = 10_000


class Seaweed:
    """`with Seaweed() as server:` has a store at `server.endpoint`; `hang()` and `go_on()` try its users."""

    def __enter__(self) -> Seaweed:
        self._folder = Path(tempfile.mkdtemp(prefix="jiujinban-s3-"))
        self._ports = dict(zip(PARTS, _free_ports(len(PARTS)), strict=True))
        self.endpoint = f"http://127.0.0.1:{self._ports['s3.port']}"
        who = {
            "name": "tests",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        (self._folder / "s3.json").write_text(json.dumps({"identities": [who]}))
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.go_on()
        self._server.kill()
        self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        for port in self._ports.values():
            for each in (port, port + INNER):
                for left in Path("/tmp").glob(f"seaweedfs-*-{each}.sock"):
                    left.unlink(missing_ok=True)

    def _start(self) -> None:
        program = Path(sys.executable).parent / "weed"
        options = [f"-{name}={port}" for name, port in self._ports.items()]
        options += [f"-dir={self._folder}", f"-s3.config={self._folder / 's3.json'}"]
        options += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", "-volume.max=20"]
        options += ["-master.volumeSizeLimitMB=64", "-master.telemetry=false"]
        options += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen([program, "server", *options], stdout=log, stderr=log)
        end = time.monotonic() + 60
        while not self._is_ready():
            if time.monotonic() > end or self._server.poll() is not None:
                raise RuntimeError((self._folder / "log").read_text()[-2000:])
            time.sleep(0.2)

    def hang(self) -> None:
        """Take connections and answer nothing."""
        self._server.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        self._server.send_signal(signal.SIGCONT)

    def settings(self) -> dict[str, Any]:
        """What the site is configured with to use the bucket of this server."""
        return {
            "S3_BUCKET": "tests",
            "S3_ENDPOINT": self.endpoint,
            "S3_REGION": "us-east-1",
            "S3_KEY_ID": KEY,
            "S3_SECRET": SECRET,
        }

    def _is_ready(self) -> bool:
        """It answers before it can keep anything: a file has to get through."""
        from app.files.s3 import s3_store
        from app.files.stores import StoreAwayError

        try:
            s3_store(self.settings(), "ready").put("ready", b"")
        except StoreAwayError:
            return False
        return True


def _free_ports(count: int) -> list[int]:
    ports: list[int] = []
    while len(ports) < count:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        if port + INNER > 65_000:
            port -= 2 * INNER
        if port not in ports and all(_is_free(each) for each in (port, port + INNER)):
            ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
