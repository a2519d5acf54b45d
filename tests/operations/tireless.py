"""A worker that is put back whenever it is killed, as a supervisor of processes does; a line for each one.

    python -m tests.operations.tireless

Started by the test that kills it. What it does over and over is what `app.worker.deliver` does.
"""

from __future__ import annotations

import os
import time

from app import create_app
from app.notifications import errands, service


def main() -> None:
    started_by = os.getppid()
    site = create_app()
    while _is_there(started_by):
        worker = os.fork()
        if worker == 0:
            with site.app_context():
                while _is_there(started_by):
                    errands.run_due()
                    service.deliver_pending()
                    time.sleep(0.01)
            os._exit(0)
        print(worker, flush=True)
        os.waitpid(worker, 0)


def _is_there(process: int) -> bool:
    """Whether the test still runs: one that was killed itself leaves nobody behind."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
