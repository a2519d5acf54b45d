"""What pages show of a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.applications.models import Service
from app.applications.records import office_names
from app.certificates.models import Certificate, CertificateHappened, Standing

_ENDS = {
    Standing.WITHDRAWN: CertificateHappened.WITHDRAWN,
    Standing.REPLACED: CertificateHappened.REPLACED,
}


@dataclass(frozen=True)
class PublicFace:
    """What anyone may see: nothing of a person."""

    number: str
    title: str
    service: str
    office: str
    issued_on: date
    standing: Standing
    ended_on: date | None
    is_practice: bool


def public_face(certificate: Certificate) -> PublicFace:
    """The certificate without whom it was issued to."""
    standing = certificate.standing
    end = certificate.last(_ENDS[standing]) if standing in _ENDS else None
    return PublicFace(
        number=certificate.number,
        title=certificate.title,
        service=Service(certificate.kind).title,
        office=office_names(certificate.office_id).get(certificate.office_id, ""),
        issued_on=certificate.issued_on,
        standing=standing,
        ended_on=end.happened_on if end else None,
        is_practice=certificate.is_practice,
    )
