"""What it costs to open a page: the processor time of each, as a multiple of a bare Flask page.

    .venv/bin/python bench/pages.py

Every page that opens by itself, the first question, and pages of somebody who fills in an application, each
asked for over and over of one worker; measured inside it, in the same run as the bare page. Of many
short rounds the one counts that was least disturbed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flask import Flask  # noqa: E402

from bench.filled_site import Ready, environment, fill, site  # noqa: E402
from bench.serving import BARE, SITE, Asked, processor_time, served  # noqa: E402
from tests.shape.routes import open_pages  # noqa: E402

# The bare page as long as a page of the site, so that neither is more often left undisturbed.
ROUNDS, TIMES, BARE_TIMES, BUDGET = 9, 20, 80, 4
QUESTION = f"{SITE}/check/woman.hukou?service=childbirth"
ON_THE_WAY = ("who", "woman", "documents", "declaration", "check")


def main() -> None:
    with TemporaryDirectory(prefix="jiujinban-bench-") as name:
        folder = Path(name)
        app = site(folder)
        (ready,) = fill(app, 1)
        pages = [Asked("GET", QUESTION), *_opening_by_themselves(app), *_on_the_way(ready)]
        with served(environment=environment(folder)) as server:
            connection = server.connect()
            bare, times = [], dict.fromkeys(pages, float("inf"))
            for _ in range(ROUNDS):
                bare.append(processor_time(connection, lambda: Asked("GET", BARE), BARE_TIMES))
                for page in pages:
                    took = processor_time(connection, lambda page=page: page, TIMES)
                    times[page] = min(times[page], took)
    bare_page = min(bare)
    print(
        f"a bare Flask page {bare_page * 1e6:.0f} µs of processor; the budget is {BUDGET} times that"
    )
    for page, took in sorted(times.items(), key=lambda each: -each[1]):
        over = "  over" if took > BUDGET * bare_page else ""
        print(f"{took / bare_page:6.1f} times  {page.path.removeprefix(SITE)}{over}")


def _opening_by_themselves(app: Flask) -> list[Asked]:
    client = app.test_client()
    answers = ((url, client.get(url)) for url in open_pages(app))
    return [
        Asked("GET", SITE + url)
        for url, answer in answers
        if answer.status_code == 200 and answer.mimetype == "text/html"
    ]


def _on_the_way(ready: Ready) -> list[Asked]:
    return [
        Asked("GET", f"{SITE}/apply/{ready.draft}/{step}", None, _Headers(ready.headers))
        for step in ON_THE_WAY
    ]


class _Headers(dict[str, str]):
    """Of one browser, so that what it asks can be told apart from what others ask."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


if __name__ == "__main__":
    main()
