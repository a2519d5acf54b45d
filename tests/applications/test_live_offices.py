"""The offices of a county are asked for once a minute, and a change is known in time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from app.applications import live_offices
from app.applications.live_offices import KEPT_SECONDS
from app.extensions import db
from tests import factories as make
from tests.applications.filing import put_offices_off_line

pytestmark = pytest.mark.usefixtures("offices")
SUZHOU, MACHENG = "320576", "421181"


@contextmanager
def asked() -> Iterator[list[str]]:
    """What is asked of the database inside."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def codes(*counties: str) -> set[str]:
    found = live_offices.live_offices(counties, "zh_Hans")
    return {office.code for offices in found.values() for office in offices}


def test_a_county_is_asked_for_once() -> None:
    assert codes(SUZHOU)
    with asked() as statements:
        both = codes(SUZHOU, MACHENG)
        assert codes(MACHENG, SUZHOU) == both
    assert len(statements) == 1, "the county that was not known"


def test_every_office_is_named_in_the_script_that_is_asked_for() -> None:
    (hans,) = live_offices.live_offices([MACHENG], "zh_Hans").values()
    (hant,) = live_offices.live_offices([MACHENG], "zh_Hant").values()
    assert [one.id for one in hans] == [one.id for one in hant]
    office = make.office(make.SONGBU)
    assert office.name in {one.name for one in hans}
    assert office.name_hant in {one.name for one in hant}


def test_a_county_without_offices_is_not_asked_for_again() -> None:
    assert codes("110101") == set()
    with asked() as statements:
        assert codes("110101") == set()
    assert statements == []


def test_whoever_changes_an_office_knows_at_once() -> None:
    assert codes(SUZHOU)
    put_offices_off_line(SUZHOU)
    assert codes(SUZHOU) == set()


def test_another_process_knows_within_the_minute(
    monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    now = 1000.0
    monkeypatch.setattr(live_offices.time, "monotonic", lambda: now)
    assert codes(SUZHOU)
    db.session.execute(
        text("UPDATE office SET live = :no WHERE code LIKE :codes"),
        {"no": False, "codes": f"{SUZHOU}%"},
    )
    now += KEPT_SECONDS - 1
    assert codes(SUZHOU)
    now += 1
    assert codes(SUZHOU) == set()
