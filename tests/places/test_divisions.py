"""The divisions as a tree, in the file and in the database."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.places import loading, service
from app.places.gazetteer import gazetteer
from app.places.models import Division, Edition, Office


def test_the_file_is_the_whole_country() -> None:
    levels = Counter(len(place.code) for place in gazetteer())
    assert levels == {2: 31, 4: 342, 6: 2978, 9: 41352}
    assert len(gazetteer()) == 44703


def test_every_row_can_be_shown_and_searched_in_both_scripts() -> None:
    """The search relies on one character and one syllable each."""
    for place in gazetteer():
        assert len(place.name) == len(place.name_hant) == len(place.pinyin.split()), place
        assert place.initials == "".join(s[0] for s in place.pinyin.split() if s != "-"), place


def test_every_place_is_reached_by_walking_down_and_no_placeholder_is() -> None:
    reached: list[str] = []
    waiting = service.children()
    while waiting:
        place = waiting.pop()
        reached.append(place.code)
        below = service.children(place.code)
        assert all(inner.parent == place.code for inner in below)
        waiting += below
    named = {place.code for place in gazetteer() if place.level != "placeholder"}
    assert len(reached) == len(set(reached))
    assert set(reached) == named


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("11", "110101"),
        ("50", "500101"),
        ("4419", "441900003"),
        ("441900", "441900003"),
        ("1101", "110101"),
        ("421181", "421181001"),
    ],
)
def test_children_pass_over_what_nobody_names(code: str, first: str) -> None:
    assert service.children(code)[0].code == first


def test_a_city_without_districts_appears_once_below_its_province() -> None:
    below = service.children("44")
    assert [place.code for place in below if place.name == "东莞市"] == ["441900"]
    assert service.canonical("4419") == "441900"
    assert service.canonical("421181") == "421181"


@pytest.mark.parametrize(
    ("code", "is_office"),
    [
        ("421181103", True),  # a town
        ("421181001", True),  # a street office
        ("411721300", None),  # no such code
        ("411302301", True),  # a township of the 3xx series
        ("421181401", False),  # a seed farm
        ("421181500", False),  # a forest farm
        ("421181", True),
        ("4211", False),
        ("42", False),
    ],
)
def test_farms_and_zones_are_never_offices(code: str, is_office: bool | None) -> None:
    place = service.find(code)
    assert (place.is_office if place else None) is is_office


def test_the_table_is_the_file(session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(Division)) == 44703
    row = session.get(Division, "421181103")
    assert row is not None
    assert (row.parent, row.level, row.name, row.name_hant) == (
        "421181",
        "township",
        "白果镇",
        "白果鎮",
    )
    assert (row.pinyin, row.initials, row.is_office) == ("bai guo zhen", "bgz", True)
    for code in ("110101", "441900", "429004"):
        division = session.get(Division, code)
        assert division is not None
        assert division.parent == code[:2]


def test_loading_again_does_nothing(session: Session) -> None:
    assert loading.load() == 0


def test_another_edition_replaces_the_rows(session: Session) -> None:
    edition = session.get(Edition, "divisions")
    assert edition is not None
    edition.version = "older"
    session.execute(delete(Division).where(Division.code == "421181103"))
    session.add(
        Division(
            code="421181999",
            parent="421181",
            level="township",
            name="旧乡",
            name_hant="舊鄉",
            pinyin="jiu xiang",
            initials="jx",
            is_office=False,
        )
    )
    session.flush()
    assert loading.load() == 44703
    session.flush()
    session.expire_all()
    assert session.get(Division, "421181999") is None
    assert session.get(Division, "421181103") is not None
    assert loading.load() == 0


def test_load_command(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["places", "load"])
    assert result.exit_code == 0
    assert "up to date" in result.output


def test_demo_offices(session: Session) -> None:
    added = loading.load_demo_offices()
    assert added == session.scalar(select(func.count()).select_from(Office)) == 33
    assert loading.load_demo_offices() == 0
    offices = session.scalars(select(Office)).all()
    assert all(office.live and office.phone == "12345" for office in offices)
    assert all((found := service.find(office.code)) and found.is_office for office in offices)
    assert {office.name for office in offices} >= {
        "麻城市白果镇人民政府（卫生健康办）",
        "娄葑街道办事处",
        "麻城市卫生健康局",
    }


def test_the_demo_stays_out_of_a_live_site(app: Flask, session: Session) -> None:
    app.config["LIVE"] = True
    result = app.test_cli_runner().invoke(args=["places", "demo-offices"])
    assert result.exit_code == 1
    assert session.scalar(select(func.count()).select_from(Office)) == 0


@pytest.mark.parametrize(
    ("code", "name"),
    [("421181103", "麻城市白果镇人民政府（卫生健康办）"), ("421181", "麻城市卫生健康局")],
)
def test_an_operator_opens_and_closes_an_office(
    app: Flask, session: Session, code: str, name: str
) -> None:
    runner = app.test_cli_runner()
    for flags, live in ((["--live", "--phone", "0713-1234567"], True), (["--closed"], False)):
        done = runner.invoke(args=["places", "office", code, *flags])
        assert (done.exit_code, name in done.output) == (0, True)
        session.expire_all()
        office = session.scalars(select(Office)).one()
        assert (office.name, office.live) == (name, live)
        session.commit()


@pytest.mark.parametrize("code", ["421181401", "4211", "999999", "x"])
def test_no_office_where_there_is_none(app: Flask, session: Session, code: str) -> None:
    done = app.test_cli_runner().invoke(args=["places", "office", code])
    assert (done.exit_code, code in done.output) == (1, True)


@pytest.mark.parametrize(
    ("code", "office"),
    [
        ("421181103", "421181103"),
        ("421181", "421181"),
        ("421181401", "421181"),  # a farm: its county takes the filing
        ("430102001", None),
        ("4211", None),
        ("hk", None),
        ("", None),
    ],
)
def test_office_for(session: Session, code: str, office: str | None) -> None:
    loading.load_demo_offices()
    session.flush()
    found = service.office_for(code)
    assert (found.code if found else None) == office


def test_offices_for_many_places_take_one_query(session: Session) -> None:
    loading.load_demo_offices()
    session.flush()
    found = service.offices_for(["421181103", "450102", "430102", "421181401", "hk"])
    assert {code: office.code for code, office in found.items()} == {
        "421181103": "421181103",
        "450102": "450102",
        "421181401": "421181",
    }
    assert service.offices_for([]) == {}


def test_county_office(session: Session) -> None:
    loading.load_demo_offices()
    session.flush()
    for code in ("421181103", "421181"):
        office = service.county_office(code)
        assert office is not None
        assert (office.code, office.level) == ("421181", "county")
    assert service.county_office("430102001") is None
