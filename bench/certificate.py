"""What a certificate costs, warm: set anew, and read from where it is kept.

    .venv/bin/python bench/certificate.py

Milliseconds of `content_of` on SQLite in a folder of its own, in both scripts; budget 200 ms.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import delete, select  # noqa: E402

from app import create_app  # noqa: E402
from app.certificates.models import Certificate, PrintedFile  # noqa: E402
from app.certificates.printing import content_of  # noqa: E402
from app.extensions import db  # noqa: E402

ROUNDS, BUDGET_MS = 30, 200


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            {
                "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/bench.sqlite3",
                "FILES_FOLDER": f"{folder}/files",
            }
        )
        app.test_cli_runner().invoke(args=["site", "prepare"], catch_exceptions=False)
        with app.app_context():
            certificate = db.session.scalars(select(Certificate)).first()
            assert certificate is not None
            for script in ("zh_Hans", "zh_Hant"):
                content_of(certificate, script)
                for name, anew in (("set anew", True), ("kept", False)):
                    times = sorted(_milliseconds(certificate, script, anew) for _ in range(ROUNDS))
                    high = times[int(len(times) * 0.95)]
                    print(
                        f"{script} {name:9} {statistics.median(times):6.1f} ms median,"
                        f" {high:6.1f} ms at 95 % (budget {BUDGET_MS} ms)"
                    )


def _milliseconds(certificate: Certificate, script: str, anew: bool) -> float:
    if anew:
        db.session.execute(delete(PrintedFile))
        db.session.commit()
    began = time.perf_counter()
    content_of(certificate, script)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
