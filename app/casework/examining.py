"""Looking at the papers of a case, one verdict each, and leaving notes for whoever goes on with it.

Neither decides anything. What was found wrong is already ticked when a one-time notice is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import audit
from app.applications.models import Application
from app.applications.notices import Fault
from app.applications.records import papers_of
from app.casework.models import FINE, CaseNote, Examination
from app.casework.service import Desk, refuse_own_case
from app.extensions import db
from app.language import gettext


def examinations_of(application: Application) -> Mapping[str, Examination]:
    """The last look at each paper, by document id."""
    rows = db.session.scalars(
        select(Examination)
        .where(Examination.application_id == application.id)
        .options(joinedload(Examination.officer))
        .order_by(Examination.examined_at)
    )
    return {each.document_id: each for each in rows}


def is_old(examination: Examination) -> bool:
    """Whether pages came or went since it was looked at."""
    now_there = _pages(examination.application, examination.document_id)
    return now_there != examination.pages


def faults_found(application: Application) -> dict[str, Examination]:
    """What was found wrong with the pages as they are now, by document id."""
    return {
        name: each
        for name, each in examinations_of(application).items()
        if each.finding != FINE and not is_old(each)
    }


def may_examine(desk: Desk, application: Application) -> bool:
    """Whoever watches only watches, and a case that has ended is no longer worked on."""
    return application.is_live and not desk.is_supervisor


def examine(
    desk: Desk, application: Application, document_id: str, finding: str, words: str
) -> None:
    """Note what this officer found of a paper. Commits.

    `finding`: `FINE` or a `Fault`. 404 for a paper that this case does not ask for or once it has
    ended; raises `OwnCaseError` for a case of the officer's own family.
    """
    asked_for = {paper["id"] for paper, _pages, _instead in papers_of(application)}
    if document_id not in asked_for or not may_examine(desk, application):
        abort(404)
    if finding not in {FINE, *Fault}:
        raise ValueError(finding)
    refuse_own_case(desk, application)
    look = Examination(
        application=application,
        document_id=document_id,
        finding=finding,
        pages=_pages(application, document_id),
        officer_id=desk.officer.id,
    )
    db.session.add(look)
    look.words = words or None
    audit.record(
        "case.paper_examined",
        actor=desk.actor,
        subject=f"application:{application.id}",
        data={"document": document_id, "finding": finding},
    )
    db.session.commit()


def finding_text(finding: str) -> str:
    """What was found of a paper, in the reader's script."""
    if finding == FINE:
        return str(gettext("没问题"))
    return Fault(finding).text or str(gettext("有别的问题"))


def _pages(application: Application, document_id: str) -> list[str]:
    return sorted(
        str(each.id)
        for each in application.uploads
        if each.document_id == document_id and each.replaced_at is None
    )


# --- Notes ---


def notes_of(application: Application) -> Sequence[CaseNote]:
    """What officers left for each other, the latest last."""
    return db.session.scalars(
        select(CaseNote)
        .where(CaseNote.application_id == application.id)
        .options(joinedload(CaseNote.officer))
        .order_by(CaseNote.noted_at)
    ).all()


def leave_note(desk: Desk, application: Application, words: str) -> None:
    """A note for whoever of the offices of this case reads it next. Commits.

    Raises `OwnCaseError` for a case of the officer's own family.
    """
    refuse_own_case(desk, application)
    note = CaseNote(application=application, officer_id=desk.officer.id)
    db.session.add(note)
    note.words = words
    audit.record("case.noted", actor=desk.actor, subject=f"application:{application.id}")
    db.session.commit()
