"""Which certificates and letters there are."""

from __future__ import annotations

from collections.abc import Sequence

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


def letters_of(application: Application) -> Sequence[Letter]:
    """The letters of an application, in order."""
    return db.session.scalars(
        select(Letter).where(Letter.application_id == application.id).order_by(Letter.issued_at)
    ).all()
