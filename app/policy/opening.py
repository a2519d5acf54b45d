"""Whether an office is open for a paper: whose place it is, how long they stayed, which permit.

Residence rules differ from text to text and are never unified (see each rulebook's `filing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.policy.criteria import Couple, Truth, add_months
from app.policy.decision import GRANTS
from app.policy.facts import OUTSIDE_MAINLAND, Person, Residence
from app.policy.law import Citation, CompiledFiling, ProvinceLaw
from app.policy.rulebook import Role


class Gate(NamedTuple):
    """Whether an office is open for a paper.

    `opens_on`: the day it opens when only the stay is too short. `filing`: the text that spoke,
    None when none did. `spoken`: every statement that was read, and whether it opened the place.
    `waits`: the facts that would tell, each with the statement that needs it.
    """

    opens: Truth
    opens_on: date | None = None
    filing: CompiledFiling | None = None
    spoken: tuple[tuple[Citation, Truth], ...] = ()
    waits: tuple[tuple[Sequence[str], Citation], ...] = ()


NOT_ASKED = Gate(None)
"""For an outcome that no office hands out."""


def gate_of(couple: Couple, province: ProvinceLaw, role: Role, code: str, outcome: str) -> Gate:
    """The first text that speaks of such a place for such a paper decides, also by refusing."""
    if outcome not in GRANTS:
        return NOT_ASKED
    waits: list[tuple[Sequence[str], Citation]] = []
    unsure: CompiledFiling | None = None
    for filing in province.filing[outcome, role]:
        speaks = filing.when.test(couple)
        if speaks is None:
            waits.append((filing.when.waits_for(couple), filing.cite))
            unsure = unsure or filing
        elif speaks:
            opens, opens_on, names = _opens(filing, couple, role, code)
            if names:
                waits.append((names, filing.cite))
            spoken = ((filing.cite, opens),)
            if unsure is not None and not (opens and unsure.filing.opens):
                opens = None
            return Gate(opens, opens_on, unsure or filing, spoken, tuple(waits))
    return Gate(None if unsure else False, None, unsure, (), tuple(waits))


def _opens(
    filing: CompiledFiling, couple: Couple, role: Role, code: str
) -> tuple[Truth, date | None, Sequence[str]]:
    """(open, day it opens when only the stay is short, facts that would tell)."""
    terms = filing.filing
    if not terms.opens:
        return False, None, ()
    if not (terms.stay or terms.permit or terms.outside_county):
        return True, None, ()
    if terms.outsiders_only or terms.any_township:
        exempt = filing.here.test(couple)
        if exempt:
            return True, None, ()
        if exempt is None:
            return None, None, filing.here.waits_for(couple)
    residents = _residents(couple, role, code)
    if terms.outside_county:
        return _away_from_home(residents, code)
    if terms.permit:
        return _has_permit(residents)
    months, of = (terms.stay.months, terms.stay.of) if terms.stay else (0, "either")
    if of == "woman":
        residents = [(name, person) for name, person in residents if name == "woman"]
    return _stayed(residents, months, couple.on)


def _residents(couple: Couple, role: Role, code: str) -> list[tuple[str, Person]]:
    """The spouses who live at this place: both, when they share it."""
    found = []
    for name, person in (("woman", couple.woman), ("man", couple.man)):
        if person is None:
            continue
        home = person.residence
        if isinstance(home, Residence) and (home.division == code or role == f"{name}_residence"):
            found.append((name, person))
    return found


def _away_from_home(
    residents: list[tuple[str, Person]], code: str
) -> tuple[Truth, date | None, Sequence[str]]:
    """Whether somebody here left the own county or city (CN-2009 art. 2); districts of one city are one."""
    waits = []
    for name, person in residents:
        hukou = person.hukou
        if hukou is None:
            waits.append(f"{name}.hukou")
        elif hukou in OUTSIDE_MAINLAND or _moved_out(hukou, code):
            return True, None, ()
        elif _moved_out(hukou, code) is None:
            waits.append(f"{name}.hukou")
    return (None, None, waits) if waits else (False, None, ())


def _moved_out(hukou: str, code: str) -> Truth:
    common = min(len(hukou), len(code), 6)
    if hukou[:common] != code[:common]:
        if common >= 6 and hukou[:4] == code[:4] and _is_district(hukou) and _is_district(code):
            return False
        municipality = hukou[:2] in {"11", "12", "31", "50"} and hukou[:2] == code[:2]
        return not (municipality and _is_district(hukou) and _is_district(code))
    return False if common == 6 else None


def _is_district(code: str) -> bool:
    return "01" <= code[4:6] <= "20"


def _has_permit(residents: list[tuple[str, Person]]) -> tuple[Truth, date | None, Sequence[str]]:
    waits = []
    for name, person in residents:
        permit = person.residence.permit if isinstance(person.residence, Residence) else False
        if permit:
            return True, None, ()
        if permit is None:
            waits.append(f"{name}.residence.permit")
    return (None, None, waits) if waits else (False, None, ())


def _stayed(
    residents: list[tuple[str, Person]], months: int, on: date
) -> tuple[Truth, date | None, Sequence[str]]:
    """Open from the day `months` after the first day there, that day included (Civil Code art. 1259)."""
    waits = []
    opening: list[date] = []
    for name, person in residents:
        since = person.residence.since if isinstance(person.residence, Residence) else None
        if since is None:
            waits.append(f"{name}.residence.since")
        else:
            opening.append(add_months(since, months))
    earliest = min(opening, default=None)
    if earliest is not None and earliest <= on:
        return True, None, ()
    return (None, earliest, waits) if waits else (False, earliest, ())
