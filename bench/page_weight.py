"""What a first visit costs on a slow network: bytes of each open page and of what it loads.

    .venv/bin/python bench/page_weight.py

Sizes are as sent with gzip, in KB of 1000 bytes; the last column is seconds on a 400 kbit/s line, one
round trip of 0.3 s for the page and one for what it loads. Then what is needed to see the first page
(its HTML and the stylesheet: scripts come later), and a question as HTMX fetches it, against their
budgets; `tests/shape/test_weight.py` holds these two for every question.
"""

from __future__ import annotations

import gzip
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.site import load_reference_data, upgrade_database  # noqa: E402
from tests.shape.routes import open_pages  # noqa: E402
from tests.shape.test_weight import FIRST_PAGE, STEP  # noqa: E402

BYTES_A_SECOND = 400_000 / 8
ROUND_TRIP = 0.3
QUESTION = "/check/woman.hukou?service=childbirth"
LOADED = re.compile(r'(?:src|href)="(/static/[^"]+)"')


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/weight.sqlite3"})
        with app.app_context():
            upgrade_database()
            load_reference_data()
        client = app.test_client()
        print(f"{'page':28} {'HTML':>7} {'loads':>7} {'all':>7} {'seconds':>8}")
        for url in open_pages(app):
            answer = client.get(url)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            html = _sent(answer.data)
            files = sorted(set(LOADED.findall(answer.text)))
            loads = sum(_sent(client.get(file, buffered=True).data) for file in files)
            seconds = (html + loads) / BYTES_A_SECOND + 2 * ROUND_TRIP
            sizes = " ".join(f"{size / 1000:7.1f}" for size in (html, loads, html + loads))
            print(f"{url:28} {sizes} {seconds:8.2f}")
        sheet = _sent((ROOT / "static" / "site.css").read_bytes())
        asked = client.get(QUESTION, headers={"HX-Request": "true"})
        print()
        for name, size, budget in (
            ("first page, HTML and CSS", _sent(client.get("/").data) + sheet, FIRST_PAGE),
            ("a question as a fragment", _sent(asked.data), STEP),
        ):
            print(f"{name:28} {size / 1000:7.1f} of {budget / 1000:.1f} KB")


def _sent(body: bytes) -> int:
    return len(gzip.compress(body, 6))


if __name__ == "__main__":
    main()
