"""Who is told what, when an agent acts for a couple."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.applications import drafts, handing_over
from app.casework.acts import Act
from app.clock import now
from app.delegation import powers
from app.extensions import db
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.certificates.conftest import do

pytestmark = pytest.mark.usefixtures("offices")
COUPLE = {make.WOMAN["phone"], make.MAN["phone"]}


def told(kind: str) -> list[str]:
    """The phones that were sent a message of this kind."""
    sent = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)).all()
    return sorted(message.phone for message in sent)


def end(record: Any) -> None:
    woman = make.citizen()
    powers.end(make.power_of(record), by=powers.Actor("citizen", woman.id), whom="woman")
    db.session.commit()


def test_the_couple_reads_what_the_office_decides_as_the_agent_does() -> None:
    case = make.filed(filer="agent")
    do(case, Act.ACCEPT)
    do(case, Act.REGISTER)
    everybody = sorted({*COUPLE, make.AGENT["phone"]})
    assert told("application_accepted_without_day") + told("application_accepted") == everybody
    assert told("application_registered") == everybody


def test_whoever_files_for_themselves_is_told_alone() -> None:
    do(make.filed(), Act.ACCEPT)
    accepted = told("application_accepted_without_day") + told("application_accepted")
    assert accepted == [make.WOMAN["phone"]]


@pytest.mark.parametrize("is_over", [False, True], ids=["in-force", "ended"])
def test_a_draft_that_is_going_is_told_to_those_who_can_go_on_with_it(is_over: bool) -> None:
    draft = make.drafted(filer="agent")
    if is_over:
        end(draft)
    draft.expires_at = now() + timedelta(days=13)
    db.session.commit()
    assert drafts.warn_expiring() == 1
    assert set(told("draft_expiring")) == (COUPLE if is_over else {make.AGENT["phone"]})


def test_what_is_left_to_a_couple_is_found_draft_by_draft() -> None:
    left, kept = (make.drafted(filer="agent") for _ in range(2))
    end(left)
    assert handing_over.drafts_left_to(make.citizen()) == [left]
    end(kept)
    assert set(handing_over.drafts_left_to(make.citizen())) == {left, kept}
