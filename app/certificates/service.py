"""Which certificates and letters there are."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.applications.models import Application
from app.certificates.models import Certificate, Letter
from app.extensions import db


def certificates_of(application: Application) -> Sequence[Certificate]:
    """The certificates of an application with their events, the latest first."""
    return db.session.scalars(
        select(Certificate)
        .where(Certificate.application_id == application.id)
        .options(selectinload(Certificate.events))
        .order_by(Certificate.sequence.desc())
        .execution_options(populate_existing=True)
    ).all()


def latest_ids(applications: Iterable[Application]) -> dict[uuid.UUID, uuid.UUID]:
    """The id of the certificate issued last in each application that has one, in one query."""
    rows = db.session.execute(
        select(Certificate.application_id, Certificate.id)
        .where(Certificate.application_id.in_([each.id for each in applications]))
        .order_by(Certificate.sequence)
    )
    return {row.application_id: row.id for row in rows}


def letters_of(application: Application) -> Sequence[Letter]:
    """The letters of an application, in order."""
    return db.session.scalars(
        select(Letter).where(Letter.application_id == application.id).order_by(Letter.issued_at)
    ).all()
