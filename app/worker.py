"""The worker: sends messages every few seconds, keeps promises by day and tidies up at night.

Run with `huey_consumer app.worker.huey`. The web server never waits for it: what has to be sent is
a row in the database already, so nothing is lost while the worker or its queue is down.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from huey import SqliteHuey, crontab

from app import config
from app.extensions import db

SWEEP_SECONDS = 5
# Messages that can wait wake nobody up.
WAKING_HOURS = range(8, 21)
log = logging.getLogger(__name__)


def make_queue(settings: dict[str, Any], folder: Path = config.ROOT / "instance") -> Any:
    """The queue: Redis by `QUEUE_URL`, else a SQLite file, one for each `AS_OF`."""
    if settings["QUEUE_URL"]:
        # Needs the package `redis`, which an installation of one machine does not have.
        from huey import RedisHuey

        return RedisHuey("jiujinban", results=False, url=settings["QUEUE_URL"])
    folder.mkdir(exist_ok=True)
    as_of = settings["AS_OF"]
    name = f"queue-as-of-{as_of.isoformat()}.sqlite3" if as_of else "queue.sqlite3"
    return SqliteHuey("jiujinban", results=False, filename=str(folder / name))


huey = make_queue(config.from_environment())


@cache
def site() -> Flask:
    """The site, made once for each process of the worker."""
    from app import create_app

    return create_app()


@huey.periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]
def plan_deliveries() -> None:
    """The queue's own calendar knows only minutes: plan this one's deliveries."""
    for second in range(0, 60, SWEEP_SECONDS):
        deliver.schedule(delay=second, expires=60)


@huey.task()  # type: ignore[untyped-decorator]
def deliver() -> None:
    """See to what has to be told, and send what is due."""
    from app.notifications import errands, service

    with site().app_context():
        errands.run_due()
        service.deliver_pending()


@huey.periodic_task(crontab(minute="*/5"))  # type: ignore[untyped-decorator]
def check_waiting_files() -> None:
    """Scan what came while the virus scanner was away."""
    from app.applications import quarantine

    with site().app_context():
        quarantine.check_waiting()


@huey.periodic_task(crontab(minute="*/10"))  # type: ignore[untyped-decorator]
def keep_promises() -> None:
    """Do what happens by itself once an office's time is over; by day, since people are told."""
    from app import clock
    from app.applications import promises, reminders
    from app.casework import late, silence
    from app.delegation import asking
    from app.verification import watch

    if clock.now().astimezone(clock.SHANGHAI).hour not in WAKING_HOURS:
        return
    with site().app_context():
        silence.accept_unanswered()
        reminders.remind()
        promises.remind()
        asking.remind()
        db.session.commit()
        watch.watch()
        late.issue_overdue()


@huey.periodic_task(crontab(minute="*/10"))  # type: ignore[untyped-decorator]
def count_figures() -> None:
    """Keep the numbers of this month and the last one up to what happened."""
    from app.supervision import counting

    with site().app_context():
        counting.count_recent()


@huey.periodic_task(crontab(hour="2", minute="10"))  # type: ignore[untyped-decorator]
def count_figures_again() -> None:
    """All months that pages look back on, with whatever was noted late."""
    from app.supervision import counting

    with site().app_context():
        counting.count_recent(counting.KEPT_FRESH)


@huey.periodic_task(crontab(hour="1", minute="10"))  # type: ignore[untyped-decorator]
def set_clocks_right() -> None:
    """The lists of the desk count as the pages of their cases do, whatever was changed by day."""
    from app.applications import clocks

    with site().app_context():
        clocks.set_right()


@huey.periodic_task(crontab(minute="*/10"))  # type: ignore[untyped-decorator]
def forget_typed() -> None:
    """What was typed without a session waits half an hour, not until the night."""
    from app.accounts import typed

    with site().app_context():
        typed.forget_old()
        db.session.commit()


@huey.periodic_task(crontab(hour="3", minute="10"))  # type: ignore[untyped-decorator]
def tidy_up() -> None:
    """Forget what has outlived its purpose."""
    from app import files, limits
    from app.accounts import service as accounts
    from app.accounts import sessions, unified
    from app.applications import drafts
    from app.checker import service as checker
    from app.notifications import service as notifications

    with site().app_context():
        for forget in (
            limits.forget_expired,
            accounts.forget_dead_codes,
            sessions.forget_dead,
            unified.forget_pending,
            notifications.forget_old,
            checker.sweep,
            drafts.warn_expiring,
            drafts.sweep,
            files.sweep,
        ):
            forget()
            db.session.commit()


@huey.periodic_task(crontab(hour="4", minute="10"))  # type: ignore[untyped-decorator]
def inspect_everything() -> None:
    """Look at everything stored; what is wrong goes to the log and to `/readyz`."""
    from app.operations import inspection

    with site().app_context():
        for name, found in inspection.inspect_everything().items():
            for problem in found.problems:
                log.error("inspection of %s: %s", name, problem)
