"""The citizen's own certificates and letters: looked at, shown at a counter, downloaded."""

from __future__ import annotations

import uuid
from io import BytesIO

from flask import abort, send_file, url_for
from werkzeug.wrappers import Response

from app import audit
from app.accounts.guards import citizen_only, deny
from app.applications.models import Application
from app.applications.slots import harmless
from app.applications.standing import Right, case_for
from app.applications.step_pages import me
from app.certificates import service, showing, signing
from app.certificates.models import Certificate, Letter, Standing
from app.certificates.pages import bp
from app.certificates.printing import NothingToPrintError, content_of
from app.extensions import db
from app.files.cleaning import PDF
from app.language import SCRIPTS
from app.web import page, see

# How an address names the script of a PDF.
SCRIPT = "<any({}):script>".format(", ".join(SCRIPTS))


@bp.get("/my/<uuid:case_id>/certificate")
@citizen_only
def certificate(case_id: uuid.UUID) -> Response:
    """The certificate of an application, to look at and to show; and those it took the place of."""
    case = case_for(me(), case_id, Right.DOWNLOAD)
    certificates = service.certificates_of(case)
    if not certificates:
        return see(url_for("tracking.view_case", case_id=case_id))
    latest = certificates[0]
    remedies, not_held = showing.remedies(latest)
    return page(
        "certificates/certificate.html",
        case=case,
        certificate=latest,
        face=showing.public_face(latest),
        paper=showing.on_paper(latest),
        code=showing.code_to_show(latest),
        signed=signing.is_signing() and not latest.is_practice,
        story=showing.story_of(latest),
        ended=showing.ended(latest),
        earlier=[showing.public_face(each) for each in certificates[1:]],
        remedies=remedies,
        not_held=not_held,
    )


@bp.get(f"/my/<uuid:case_id>/certificates/<uuid:certificate_id>/{SCRIPT}")
@citizen_only
def certificate_file(case_id: uuid.UUID, certificate_id: uuid.UUID, script: str) -> Response:
    """The PDF of a certificate that counts."""
    case = case_for(me(), case_id, Right.DOWNLOAD)
    known = service.certificates_of(case)
    return _file(case, next((each for each in known if each.id == certificate_id), None), script)


@bp.get(f"/my/<uuid:case_id>/letters/<uuid:letter_id>/{SCRIPT}")
@citizen_only
def letter_file(case_id: uuid.UUID, letter_id: uuid.UUID, script: str) -> Response:
    """The PDF of a letter about this application."""
    case = case_for(me(), case_id, Right.DOWNLOAD)
    known = service.letters_of(case)
    return _file(case, next((each for each in known if each.id == letter_id), None), script)


def _file(case: Application, issued: Certificate | Letter | None, script: str) -> Response:
    if issued is None:
        deny()
        abort(404)
    if isinstance(issued, Certificate) and issued.standing is not Standing.VALID:
        abort(404)
    try:
        content = content_of(issued, script)
    except NothingToPrintError:
        abort(404)
    audit.record(
        "certificate.downloaded",
        actor=f"citizen:{me().id}",
        subject=f"application:{case.id}",
        data={"issued": issued.id},
    )
    db.session.commit()
    return as_download(content, issued.number)


def as_download(content: bytes, number: str) -> Response:
    """A PDF of ours, to be saved under its number."""
    return harmless(
        send_file(BytesIO(content), mimetype=PDF, as_attachment=True, download_name=f"{number}.pdf")
    )
