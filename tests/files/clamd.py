"""A small clamd: speaks its INSTREAM command over a real socket and knows one virus, the EICAR test file."""

from __future__ import annotations

import socketserver
import struct
import threading
import time

# The test file of the European Institute for Computer Antivirus Research, taken apart so that no
# scanner takes offence at this source.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


class _Talk(socketserver.StreamRequestHandler):
    server: Clamd

    def handle(self) -> None:
        if self.server.mood == "hangs":
            time.sleep(self.server.hangs_for)
            return
        if self.rfile.read(10) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while size := struct.unpack(">I", self.rfile.read(4))[0]:
            if len(content) + size > self.server.most:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
            content += self.rfile.read(size)
        self.server.asked.append(len(content))
        found = EICAR in content
        self.wfile.write(b"stream: Eicar-Signature FOUND\0" if found else b"stream: OK\0")


class Clamd(socketserver.ThreadingTCPServer):
    """`address` is what CLAMD is set to; `mood` is fine or hangs; `most` bytes are scanned."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mood, self.hangs_for, self.most = "fine", 5.0, 1 << 30
        self.asked: list[int] = []
        self.address = f"tcp://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Clamd:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
