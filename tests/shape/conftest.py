"""What shape tests share: one of everything that a page can be about."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.complaints import Voice
from app.applications.ratings import Level, Rating
from app.certificates.service import letters_of
from app.delegation.models import ConfirmationRequest
from app.extensions import Base
from app.tracking import voicing
from tests import factories as make
from tests.casework.asking import GULOU, ask, ask_elsewhere
from tests.certificates.conftest import certificate_of, registered


@pytest.fixture
def stored(app: Flask, session: Any, offices: None) -> dict[str, list[str]]:
    """A case that waits for the couple, one that is done, one of an agent, and all that hangs on them."""
    case = make.filed()
    notice = ask(case)
    done = registered(woman=make.WOMAN | {"id_number": "110101202402290016"})
    entrusted = make.drafted(
        filer="agent", man=make.MAN | {"phone": "13800000008"}, confirmed=False
    )
    with app.test_request_context():
        complaint = voicing.say(make.citizen(), case, Voice.COMPLAINT, text="没有人理。")
    rating = Rating(
        application=case,
        citizen_id=make.citizen().id,
        office_id=case.office_id,
        service=case.service,
        level=Level.POOR,
        rated_on=case.submitted_on,
    )
    session.add(rating)
    session.commit()
    enquiry = ask_elsewhere(case, GULOU)
    sessions = Base.metadata.tables["sessions"].c.id
    ids = {
        "draft_id": [entrusted.id],
        "case_id": [case.id],
        "number": [case.number],
        "item_id": [notice.items[0].id],
        "letter_id": [letters_of(case)[0].id],
        "certificate_id": [certificate_of(done).id],
        "complaint_id": [complaint.id],
        "request_id": [enquiry.id],
        "enquiry_id": [enquiry.id],
        "rating_id": [rating.id],
        "power_id": [make.power_of(entrusted).id],
        "officer_id": [make.officer(make.BAIGUO).id],
        "asked_id": session.scalars(select(ConfirmationRequest.id)),
        "session_id": session.scalars(select(sessions)),
    }
    return {name: found for name, of in ids.items() if (found := [str(each) for each in of])}
