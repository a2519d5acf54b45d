"""Fill the tables of this room: the divisions of the edition in the file, the demo's offices."""

from __future__ import annotations

from itertools import islice

from sqlalchemy import delete, insert, select

from app.extensions import db
from app.places.gazetteer import Place, gazetteer
from app.places.models import Division, Edition, Office

_BATCH = 5000

# The three places of the demo and their county-level offices: Simplified, Traditional.
DEMO_COUNTIES = {
    "421181": ("麻城市卫生健康局", "麻城市衛生健康局"),
    "450102": ("南宁市兴宁区卫生健康局", "南寧市興寧區衛生健康局"),
    "320576": ("苏州工业园区管理委员会（卫生健康）", "蘇州工業園區管理委員會（衛生健康）"),
}
# The demo invents no telephone numbers: this is the government line of every city.
GOVERNMENT_LINE = "12345"


def load() -> int:
    """Make the table equal to the file; returns how many rows were written, 0 when it already was.

    One transaction, not committed here.
    """
    places = gazetteer()
    edition = db.session.get(Edition, "divisions")
    if edition and edition.version == places.version:
        return 0
    db.session.execute(delete(Division))
    rows = (place._asdict() for place in places)
    while batch := list(islice(rows, _BATCH)):
        db.session.execute(insert(Division), batch)
    db.session.merge(Edition(name="divisions", version=places.version))
    return len(places)


def load_demo_offices() -> int:
    """Add the live offices of the demo's three places that are missing; returns how many.

    Farms, zones and reservoirs are not offices and get none. One transaction, not committed here.
    """
    known = set(db.session.scalars(select(Office.code)))
    wanted = [office for code in DEMO_COUNTIES for office in _demo_offices(code)]
    missing = [office for office in wanted if office.code not in known]
    db.session.add_all(missing)
    return len(missing)


def put_office(code: str, phone: str, address: str | None, *, live: bool) -> Office:
    """Add the office of this division, or change what is known of it; the caller commits.

    Raises `LookupError` for a division that has no office (farms, zones, prisons) or does not exist.
    """
    places = gazetteer()
    place = places.get(code)
    if place is None or not place.is_office:
        raise LookupError(code)
    office = db.session.scalar(select(Office).where(Office.code == code))
    if office is None:
        county = places.get(code[:6]) or place
        office = (
            _office(code, "county", f"{place.name}卫生健康局", f"{place.name_hant}衛生健康局")
            if place.level == "county"
            else _office(code, "township", *_township_office_names(place, county))
        )
        db.session.add(office)
    office.phone, office.address, office.live = phone, address, live
    return office


def _demo_offices(county_code: str) -> list[Office]:
    places = gazetteer()
    county = places.get(county_code)
    if county is None:
        return []
    name, hant = DEMO_COUNTIES[county_code]
    offices = [_office(county_code, "county", name, hant)]
    for place in places.children(county_code):
        if place.is_office:
            offices.append(_office(place.code, "township", *_township_office_names(place, county)))
    return offices


def _township_office_names(place: Place, county: Place) -> tuple[str, str]:
    if place.name.endswith("街道"):
        return place.name + "办事处", place.name_hant + "辦事處"
    return (
        f"{county.name}{place.name}人民政府（卫生健康办）",
        f"{county.name_hant}{place.name_hant}人民政府（衛生健康辦）",
    )


def _office(code: str, level: str, name: str, hant: str) -> Office:
    return Office(
        code=code, level=level, name=name, name_hant=hant, phone=GOVERNMENT_LINE, live=True
    )
