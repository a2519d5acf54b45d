"""Errands: that something has to be told, noted in its transaction; the worker sees to the telling.

Whom to tell, in which words, with which link, is work that nobody has to wait for on a page. So a
request leaves one row behind, and the worker does what the row's kind stands for, once: the row
goes in the transaction in which the messages are queued.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete, select, update

from app import clock
from app.extensions import db
from app.language import current_script, speaking
from app.notifications.models import Errand
from app.statements import insert_values

log = logging.getLogger(__name__)

BATCH = 200
TRIED_AGAIN_AFTER = timedelta(minutes=1)

Doing = Callable[[uuid.UUID], None]
_DOINGS: dict[str, Doing] = {}


def does(kind: str) -> Callable[[Doing], Doing]:
    """Mark what is done for errands of this kind: given the subject's id; it does not commit."""

    def mark(doing: Doing) -> Doing:
        _DOINGS[kind] = doing
        return doing

    return mark


def leave(kind: str, subject_id: uuid.UUID) -> None:
    """Have it done soon after this transaction is committed, or not at all; the caller commits."""
    row = {
        "id": uuid.uuid4(),
        "kind": kind,
        "subject_id": subject_id,
        "script": current_script(),
        "next_try_at": clock.now(),
    }
    insert_values(Errand, [row])


def run_due() -> int:
    """Do what is due, each errand in a transaction of its own; how many were done.

    Several workers may do this at once. One that fails is tried again later and keeps nobody waiting.
    """
    due = select(Errand.id).where(Errand.next_try_at <= clock.now())
    return sum(
        _run(each)
        for each in db.session.scalars(due.order_by(Errand.next_try_at).limit(BATCH)).all()
    )


def _run(errand_id: uuid.UUID) -> bool:
    taken = delete(Errand).where(Errand.id == errand_id)
    try:
        errand = db.session.execute(
            taken.returning(Errand.kind, Errand.subject_id, Errand.script)
        ).one_or_none()
        if errand is not None:
            with speaking(errand.script):
                _DOINGS[errand.kind](errand.subject_id)
        db.session.commit()
    except Exception:
        db.session.rollback()
        log.exception("errand %s", errand_id)
        again = update(Errand).where(Errand.id == errand_id)
        db.session.execute(again.values(next_try_at=clock.now() + TRIED_AGAIN_AFTER))
        db.session.commit()
        return False
    return errand is not None
