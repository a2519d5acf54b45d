"""What was issued to a citizen: certificates and letters. They stay with the filing they came from."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import Citizen
from app.accounts.my_data import Holding, Record
from app.appearance import said, zh_date
from app.applications.models import Application
from app.certificates.models import Certificate, Letter, LetterKind
from app.certificates.showing import title_of
from app.extensions import db
from app.language import gettext


class Papers(Holding):
    """What stands on them, and what happened to them."""

    def title(self) -> str:
        """Of this part."""
        return str(gettext("证件和文书"))

    def copy(self, citizen: Citizen) -> list[Record]:
        """Each with all that is printed on it."""
        mine = Application.citizen_id == citizen.id
        certificates = (
            select(Certificate)
            .join(Certificate.application)
            .where(mine)
            .options(selectinload(Certificate.events), joinedload(Certificate.application))
            .order_by(Certificate.issued_at)
        )
        letters = (
            select(Letter)
            .join(Letter.application)
            .where(mine)
            .options(joinedload(Letter.application))
            .order_by(Letter.issued_at)
        )
        return [
            *map(_certificate, db.session.scalars(certificates)),
            *map(_letter, db.session.scalars(letters)),
        ]


def _certificate(certificate: Certificate) -> Record:
    story = gettext("；").join(
        f"{zh_date(event.happened_on)} {title_of(event)}" for event in certificate.events
    )
    return Record(
        f"{said(certificate.title)} {certificate.number}",
        [(gettext("签发日期"), zh_date(certificate.issued_on)), (gettext("经过"), story)],
        {
            "kind": certificate.kind,
            "title": certificate.title,
            "number": certificate.number,
            "issued_on": str(certificate.issued_on),
            "data": certificate.data,
            "events": [
                {
                    "kind": event.kind,
                    "happened_on": str(event.happened_on),
                    "data": event.data,
                    "note": event.note,
                }
                for event in certificate.events
            ],
        },
    )


def _letter(letter: Letter) -> Record:
    return Record(
        f"{LetterKind(letter.kind).title} {letter.number}",
        [(gettext("日期"), zh_date(letter.issued_on))],
        {
            "kind": letter.kind,
            "number": letter.number,
            "issued_on": str(letter.issued_on),
            "data": letter.data,
        },
    )


HOLDING = Papers(
    "papers", frozenset({"certificates", "certificate_events", "letters", "printed_files"})
)
