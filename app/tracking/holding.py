"""What a citizen said about how an office works: hurrying, complaints, and ratings."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.accounts.models import Citizen
from app.accounts.my_data import Holding, Record
from app.appearance import zh_date
from app.applications.complaints import Complaint, Grievance, Voice
from app.applications.ratings import Level, Rating
from app.extensions import db
from app.language import gettext


class Voices(Holding):
    """Complaints and ratings; they stay with the filing they are about."""

    def title(self) -> str:
        """Of this part."""
        return str(gettext("催办、投诉和评价"))

    def copy(self, citizen: Citizen) -> list[Record]:
        """Each with what was said and answered."""
        complaints = (
            select(Complaint)
            .where(Complaint.citizen_id == citizen.id)
            .options(joinedload(Complaint.application))
            .order_by(Complaint.made_at)
        )
        ratings = (
            select(Rating)
            .where(Rating.citizen_id == citizen.id)
            .options(joinedload(Rating.application))
            .order_by(Rating.rated_on)
        )
        return [
            *map(_complaint, db.session.scalars(complaints)),
            *map(_rating, db.session.scalars(ratings)),
        ]


def _complaint(complaint: Complaint) -> Record:
    about = Grievance(complaint.grievance).text if complaint.grievance else ""
    return Record(
        f"{Voice(complaint.kind).title} {complaint.application.number}",
        [
            (gettext("日期"), zh_date(complaint.made_on)),
            (gettext("内容"), "：".join(part for part in (about, complaint.text) if part)),
            (gettext("答复"), complaint.answer or gettext("还没有")),
        ],
        {
            "kind": complaint.kind,
            "number": complaint.application.number,
            "made_on": str(complaint.made_on),
            "grievance": complaint.grievance,
            "text": complaint.text,
            "answer": complaint.answer,
        },
    )


def _rating(rating: Rating) -> Record:
    return Record(
        gettext("评价 %(number)s", number=rating.application.number),
        [
            (gettext("日期"), zh_date(rating.rated_on)),
            (gettext("几级"), Level(rating.level).text),
            (gettext("内容"), rating.reason or ""),
        ],
        {
            "number": rating.application.number,
            "rated_on": str(rating.rated_on),
            "level": rating.level,
            "reason": rating.reason,
        },
    )


HOLDING = Voices("voices", frozenset({"complaints", "service_ratings"}))
