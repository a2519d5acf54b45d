"""What one web worker costs before its first request: seconds and memory, in fresh processes.

    .venv/bin/python bench/import_cost.py

Compared with an empty Python and with Flask alone, so that the numbers mean something on any
machine. Also says which of the heavy libraries a worker loads that only some requests need.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMES = 7
HEAVY = ("PIL", "pillow_heif", "pikepdf", "typst", "alembic", "phonenumbers", "lxml")
STARTS = {
    "python": "pass",
    "flask": "import flask; flask.Flask('x')",
    "jiujinban": "import app; app.create_app()",
}
MEASURE = """
import json, sys, time
begun = time.perf_counter()
{start}
seconds = time.perf_counter() - begun
memory = next(l for l in open('/proc/self/status') if l.startswith('VmRSS')).split()[1]
heavy = [name for name in {heavy} if name in sys.modules]
print(json.dumps([seconds, int(memory) / 1024, heavy]))
"""


def main() -> None:
    print(f"{'':10} {'seconds':>9} {'MiB':>7}   median of {TIMES}, one process each")
    figures = {}
    for name, start in STARTS.items():
        runs = [_measure(start) for _ in range(TIMES)]
        figures[name] = [statistics.median(run[part] for run in runs) for part in (0, 1)]
        print(f"{name:10} {figures[name][0]:9.3f} {figures[name][1]:7.1f}")
        heavy = runs[0][2]
    seconds, memory = (figures["jiujinban"][part] / figures["flask"][part] for part in (0, 1))
    print(f"{seconds:.1f} times Flask's start, {memory:.1f} times its memory")
    print(f"heavy libraries loaded: {', '.join(heavy) or 'none'}")


def _measure(start: str) -> list[object]:
    program = MEASURE.format(start=start, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
