"""What comes next on the page of a granted case, and in the couple's calendar."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.applications.models import Application
from app.casework.acts import Act
from tests import factories as make
from tests.certificates.conftest import do, registered
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")


def born(as_of: Callable[[str], None]) -> Application:
    """A first child that is born, registered by 白果镇."""
    as_of("2026-11-26")
    case = make.filed(make.FIRST_CHILD | {"stage": "born", "born_on": "2026-11-02"})
    do(case, Act.ACCEPT)
    do(case, Act.REGISTER)
    return case


def test_a_granted_case_says_what_comes_next(app: Flask) -> None:
    case = registered()
    mine = make.browser_of(make.citizen(), app)
    page = mine.get(f"/my/{case.id}").text
    assert 'id="after"' in page
    assert "给孩子上户口" in page
    answer = mine.get(f"/my/{case.id}/after.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"


def test_the_day_of_birth_dates_it_and_names_nobody(
    app: Flask, as_of: Callable[[str], None]
) -> None:
    case = born(as_of)
    mine = make.browser_of(make.citizen(), app)
    assert "最晚 2026 年 12 月 2 日" in mine.get(f"/my/{case.id}").text
    file = mine.get(f"/my/{case.id}/after.ics").text
    assert "DTSTART;VALUE=DATE:20261202" in file
    for secret in (make.WOMAN["name"], make.WOMAN["phone"], make.WOMAN["id_number"], case.number):
        assert secret not in file
    assert str(case.id) not in file


def test_a_day_of_birth_is_not_shown_to_whoever_only_knows_the_number(
    client: Client, as_of: Callable[[str], None]
) -> None:
    case = born(as_of)
    client.post("/track", data={"number": case.number, "tail": "002X"})
    page = client.get("/track/case").text
    assert case.number in page
    assert "12 月 2 日" not in page


def test_before_the_decision_nothing_is_said(app: Flask) -> None:
    case = make.filed()
    mine = make.browser_of(make.citizen(), app)
    assert 'id="after"' not in mine.get(f"/my/{case.id}").text
    assert "VEVENT" not in mine.get(f"/my/{case.id}/after.ics").text
