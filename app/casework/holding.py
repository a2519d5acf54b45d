"""What officers wrote about a citizen's filing while they worked on it; it stays with the filing."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.accounts.models import Citizen
from app.accounts.my_data import Holding, Record
from app.appearance import zh_date
from app.applications.models import Application
from app.casework.examining import finding_text
from app.casework.models import CaseNote, Examination
from app.clock import SHANGHAI
from app.extensions import db
from app.language import gettext


class Notes(Holding):
    """Notes between officers, and what they found of the papers."""

    def title(self) -> str:
        """Of this part."""
        return str(gettext("窗口的备注和材料核对"))

    def copy(self, citizen: Citizen) -> list[Record]:
        """Each with its words; who wrote it is the office's own affair."""
        mine = Application.citizen_id == citizen.id
        looks = (
            select(Examination)
            .join(Examination.application)
            .where(mine)
            .options(joinedload(Examination.application))
            .order_by(Examination.examined_at)
        )
        notes = (
            select(CaseNote)
            .join(CaseNote.application)
            .where(mine)
            .options(joinedload(CaseNote.application))
            .order_by(CaseNote.noted_at)
        )
        return [*map(_look, db.session.scalars(looks)), *map(_note, db.session.scalars(notes))]


def _look(look: Examination) -> Record:
    day = look.examined_at.astimezone(SHANGHAI).date()
    return Record(
        gettext("材料核对 %(number)s", number=look.application.number),
        [
            (gettext("日期"), zh_date(day)),
            (gettext("看下来怎么样"), finding_text(look.finding)),
            (gettext("内容"), look.words or ""),
        ],
        {
            "number": look.application.number,
            "document": look.document_id,
            "finding": look.finding,
            "words": look.words,
            "examined_on": str(day),
        },
    )


def _note(note: CaseNote) -> Record:
    day = note.noted_at.astimezone(SHANGHAI).date()
    return Record(
        gettext("窗口备注 %(number)s", number=note.application.number),
        [(gettext("日期"), zh_date(day)), (gettext("内容"), note.words or "")],
        {"number": note.application.number, "noted_on": str(day), "words": note.words},
    )


HOLDING = Notes("notes", frozenset({"case_notes", "paper_examinations"}))
