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
    site = create_app()
    while True:
        worker = os.fork()
        if worker == 0:
            with site.app_context():
                while True:
                    errands.run_due()
                    service.deliver_pending()
                    time.sleep(0.01)
        print(worker, flush=True)
        os.waitpid(worker, 0)


if __name__ == "__main__":
    main()
