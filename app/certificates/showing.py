"""What pages show of certificates and letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from app.applications.models import Application, Service
from app.applications.records import office_names
from app.certificates import service
from app.certificates.models import (
    Certificate,
    CertificateEvent,
    CertificateHappened,
    Letter,
    LetterKind,
    Standing,
)
from app.certificates.sheets import certificate_sheet, check_address
from app.language import current_script, gettext
from app.policy.appeal import NOT_HELD, Remedy, all_held_on, remedies_on

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


@dataclass(frozen=True)
class Line:
    """One thing that happened to a certificate."""

    day: date
    title: str
    text: str
    note: str | None


@dataclass(frozen=True)
class Issued:
    """What was issued in a case: the certificate that counts last, earlier ones, and the letters."""

    certificates: Sequence[Certificate]
    letters: Sequence[tuple[Letter, str]]

    @property
    def latest(self) -> Certificate | None:
        """The certificate issued last."""
        return self.certificates[0] if self.certificates else None


def public_face(certificate: Certificate) -> PublicFace:
    """The certificate without whom it was issued to."""
    end = ended(certificate)
    return PublicFace(
        number=certificate.number,
        title=certificate.title,
        service=Service(certificate.kind).title,
        office=office_names(certificate.office_id).get(certificate.office_id, ""),
        issued_on=certificate.issued_on,
        standing=certificate.standing,
        ended_on=end.happened_on if end else None,
        is_practice=certificate.is_practice,
    )


def ended(certificate: Certificate) -> CertificateEvent | None:
    """What made it count no longer."""
    kind = _ENDS.get(certificate.standing)
    return certificate.last(kind) if kind else None


def issued_in(application: Application) -> Issued:
    """The certificates, the latest first, and the letters with their titles, in order."""
    letters = service.letters_of(application)
    return Issued(
        certificates=service.certificates_of(application),
        letters=[(letter, LetterKind(letter.kind).title) for letter in letters],
    )


def on_paper(certificate: Certificate) -> dict[str, Any] | None:
    """What stands on the paper, in the reader's script; None once the personal data is gone."""
    if certificate.data is None:
        return None
    return certificate_sheet(certificate, current_script())


def code_to_show(certificate: Certificate) -> Markup:
    """The address where anyone checks it, as a code to hold up to somebody's phone."""
    import segno  # only this page and the receipt need it

    code = segno.make(check_address(certificate.number), error="m")
    return Markup(code.svg_inline(scale=5, border=2, light="#fff"))  # noqa: S704  drawn by us, from an address of ours


def story_of(certificate: Certificate) -> list[Line]:
    """What happened to it, in order, for the citizen and for the window."""
    offices = office_names(*{each.office_id for each in certificate.events if each.office_id})
    return [
        Line(
            event.happened_on,
            title_of(event),
            offices.get(event.office_id, "") if event.office_id else "",
            event.note,
        )
        for event in certificate.events
    ]


def title_of(event: CertificateEvent) -> str:
    """What happened, in a few characters."""
    if event.kind == CertificateHappened.PRINTED:
        again = event.data.get("again")
        return str(AGAIN[again]()) if again else str(gettext("在窗口打印"))
    if event.kind == CertificateHappened.HANDED_OVER:
        return str(gettext("%(who)s领走", who=TAKERS[event.data["to"]]()))
    titles = {
        CertificateHappened.ISSUED: gettext("签发"),
        CertificateHappened.WITHDRAWN: gettext("撤销"),
        CertificateHappened.REPLACED: gettext("更正后换发"),
    }
    return str(titles[CertificateHappened(event.kind)])


def remedies(certificate: Certificate) -> tuple[tuple[Remedy, ...], str]:
    """What can be done about a withdrawal, and what is to be said where a term is not held."""
    end = ended(certificate)
    if end is None or end.kind != CertificateHappened.WITHDRAWN:
        return (), ""
    not_held = "" if all_held_on(end.happened_on) else gettext(NOT_HELD)
    return remedies_on(end.happened_on), not_held


# Codes of events, in the reader's words.
AGAIN = {
    "lost": lambda: gettext("遗失后补打"),
    "damaged": lambda: gettext("损坏后补打"),
    "misprint": lambda: gettext("没打好，重打"),
}
TAKERS = {
    "woman": lambda: gettext("女方本人"),
    "man": lambda: gettext("男方本人"),
    "agent": lambda: gettext("代办人"),
}
