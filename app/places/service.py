"""Places by code and by what people type, their names on a page, and the offices there.

All but the offices is answered from memory (`gazetteer`), without a query, so these functions may
be called in a loop. Codes are those of GB/T 2260 and the statistical list, 2 to 9 digits; besides
them a place may be one of `ABROAD`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from app.extensions import db
from app.places.gazetteer import Place, gazetteer, short
from app.places.models import Office

__all__ = [
    "ABROAD",
    "Place",
    "canonical",
    "children",
    "county_office",
    "county_offices",
    "find",
    "full_name",
    "office_at",
    "office_for",
    "offices_below",
    "offices_for",
    "own_name",
    "path",
    "search",
    "short_name",
]

# Places outside the mainland lists, as the policy core names them: Simplified, Traditional.
ABROAD = {
    "hk": ("香港", "香港"),
    "mo": ("澳门", "澳門"),
    "tw": ("台湾", "臺灣"),
    "abroad": ("国外", "國外"),
}
# The five autonomous regions go by their short names in an address; provinces keep 省.
_SHORT_PROVINCES = frozenset({"15", "45", "54", "64", "65"})


def find(code: str) -> Place | None:
    """The division with this code, or None (also for `ABROAD` and for placeholders' children)."""
    return gazetteer().get(code)


def canonical(code: str) -> str:
    """The code people mean: 4419 and 441900 are both 东莞市, and the county code is the one kept."""
    return gazetteer().canonical(code)


def path(code: str) -> list[Place]:
    """Province, city, county, township down to `code`, without rows nobody names; [] if unknown."""
    return gazetteer().path(code)


def children(code: str | None = None) -> list[Place]:
    """What one chooses from below `code` (None: the provinces), without rows nobody names."""
    return gazetteer().children(code)


def search(text: str, limit: int = 20) -> list[Place]:
    """Places `text` may mean, best first; see `Gazetteer.search`. Never raises, [] for nothing."""
    return gazetteer().search(text, limit)


def own_name(code: str, script: str = "zh_Hans") -> str:
    """The place's own name alone: 白果镇, 麻城市. The code itself when it is unknown."""
    if code in ABROAD:
        return ABROAD[code][script == "zh_Hant"]
    steps = path(code)
    return _name(steps[-1], script) if steps else code


def full_name(code: str, script: str = "zh_Hans") -> str:
    """The name by which a place cannot be mistaken, as short as that allows.

    湖南省 长沙市 芙蓉区 · 湖北省 麻城市 白果镇 (a county-level city without the city around it)
    · 广西 南宁市 兴宁区 · 广东省 东莞市 石碣镇 (once) · 苏州工业园区 娄葑街道 (a zone named after
    its city stands alone). An unknown code is given back as it is: old records keep their codes.
    """
    if code in ABROAD:
        return own_name(code, script)
    steps = path(code)
    county = next((step for step in steps if step.level == "county"), None)
    if county and (_is_county_city(county) or _names_its_city(county, steps)):
        steps = [step for step in steps if step.level != "city"]
    if county and _names_its_city(county, path(county.code)):
        steps = [step for step in steps if step.level != "province"]
    return " ".join(_address_name(step, script) for step in steps) or code


def short_name(code: str, script: str = "zh_Hans") -> str:
    """What people say they live in: 长沙 for its districts and their streets, 麻城, 昆山, 北京.

    The city for a district or zone, else the county; for running text such as 您从哪天起住在长沙.
    """
    if code in ABROAD:
        return own_name(code, script)
    steps = [step for step in path(code) if step.level != "township"]
    if not steps:
        return code
    if steps[-1].level == "county" and len(steps) > 1 and steps[-1].name.endswith("区"):
        steps.pop()
    return _name(steps[-1], script)[: len(short(steps[-1].name))]


def office_for(code: str) -> Office | None:
    """The office that would take a filing at this division: its own township's, else its county's.

    `office.live` says whether it takes one online. None where no office is known here.
    """
    return offices_for([code]).get(code)


def offices_for(codes: Iterable[str]) -> dict[str, Office]:
    """`office_for` of each code that has one, in one query."""
    wanted = {code: canonical(code) for code in codes}
    possible = {part for full in wanted.values() for part in (full, full[:6]) if len(part) >= 6}
    if not possible:
        return {}
    known = {o.code: o for o in db.session.scalars(select(Office).where(Office.code.in_(possible)))}
    found = {code: known.get(full) or known.get(full[:6]) for code, full in wanted.items()}
    return {code: office for code, office in found.items() if office}


def county_office(code: str) -> Office | None:
    """The county-level office above (or at) this division, None where none is known here."""
    county = canonical(code)[:6]
    return db.session.scalar(select(Office).where(Office.code == county, Office.level == "county"))


def office_at(code: str) -> Office | None:
    """The office of exactly this division, None where none is known here."""
    if not code.isdecimal() or not code.isascii():
        return None
    return db.session.scalar(select(Office).where(Office.code == code))


def county_offices() -> Sequence[Office]:
    """The county-level offices known here, by their codes."""
    wanted = select(Office).where(Office.level == "county").order_by(Office.code)
    return db.session.scalars(wanted).all()


def offices_below(county: str) -> Sequence[Office]:
    """The townships' and streets' offices of a county, by their codes; none for a township's own code."""
    within = Office.code.startswith(county, autoescape=True)
    wanted = select(Office).where(within, Office.code != county).order_by(Office.code)
    return db.session.scalars(wanted).all()


def _name(place: Place, script: str) -> str:
    return place.name_hant if script == "zh_Hant" else place.name


def _address_name(place: Place, script: str) -> str:
    name = _name(place, script)
    return name[: len(short(place.name))] if place.code in _SHORT_PROVINCES else name


def _is_county_city(county: Place) -> bool:
    return county.name.endswith("市")


def _names_its_city(county: Place, steps: list[Place]) -> bool:
    """A zone outside the ordinary divisions whose name begins with its city's or province's."""
    if int(county.code[4:]) <= 70 or county.name.endswith(("市", "县")):
        return False
    above = [step for step in steps if step.level in {"province", "city"}]
    return any(county.name.startswith(short(step.name)) for step in above)
