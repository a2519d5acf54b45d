"""Cases that were decided, by officers in requests of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import current_app

from app.applications.models import Application
from app.casework import service as casework
from app.casework.acts import Act
from app.certificates import service
from app.certificates.models import Certificate
from tests import factories as make


def do(
    case: Application, act: Act, code: str = make.BAIGUO, role: str = "clerk", **words: Any
) -> None:
    """An officer of this office does one act."""
    with_words = {"reasons": None, "meets": None} | words
    with current_app.test_request_context():
        desk = casework.desk_of(make.officer(code, role, name="陈晓"))
        found = casework.get_case_for(desk, case.id)
        casework.perform(desk, found, act, version=found.version, **with_words)


def registered(**people: Any) -> Application:
    """A first child, registered by 白果镇."""
    case = make.filed(**people)
    do(case, Act.ACCEPT)
    do(case, Act.REGISTER)
    return case


def approved_in_hubei(as_of: Callable[[str], None]) -> Application:
    """A second child in 2014, approved by the county."""
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    do(case, Act.ACCEPT)
    do(case, Act.FORWARD_WITH_OPINION, meets=True)
    do(case, Act.APPROVE, make.MACHENG, "approver")
    return case


def certificate_of(case: Application) -> Certificate:
    """The one certificate of this case."""
    [found] = service.certificates_of(case)
    return found


@pytest.fixture
def case(offices: None) -> Application:
    """A first child, registered."""
    return registered()
