"""Which stored cases a change of the rules touches: each replayed as of the day it was filed.

A retroactive change never alters what a couple was told; it lists the cases whose answer at the
place they were filed at would be another today, so that a person can look at them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import current_app
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import load_only

from app.applications.filing import rules_changed
from app.applications.models import ENDED, LIVE, Application, Draft
from app.checker.models import SharedResult
from app.checker.service import is_outdated
from app.clock import now
from app.extensions import db
from app.policy.decide import decide
from app.policy.facts import Facts, FactsError, Person, Residence
from app.policy.jurisdictions import NATION, reach
from app.policy.law import Law, in_force

BATCH: Final = 500
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Touched:
    """A case whose answer would be another: `was` and `becomes` its outcomes, `aspects` what differs.

    `aspects` are of outcome, place, documents, limits; a case whose facts the rules no longer
    understand has none and needs a person.
    """

    number: str
    state: str
    is_live: bool
    filed_on: date
    was: str
    becomes: str | None
    aspects: tuple[str, ...]


@dataclass
class Tally:
    """How many cases were looked at, replayed, and could not be since their data is destroyed."""

    cases: int = 0
    replayed: int = 0
    destroyed: int = 0


def touched_cases(law: Law, tally: Tally) -> Iterator[Touched]:
    """The cases a change touches, live ones first, batch by batch; `tally` counts on the way."""
    for states in (LIVE, ENDED):
        for batch in _batches(Application, Application.state.in_(states), _NEEDED):
            for case in batch:
                tally.cases += 1
                found = _replayed(case, law, tally)
                if found is not None:
                    yield found


_NEEDED: Final = load_only(
    Application.number,
    Application.state,
    Application.submitted_on,
    Application.filing_role,
    Application.rulebooks,
    Application.data_key,
    Application.facts_sealed,
    Application.decision_sealed,
)


def _replayed(case: Application, law: Law, tally: Tally) -> Touched | None:
    """The case when its answer would be another under `law`."""
    facts, decision = case.facts, case.decision
    if facts is None or decision is None:
        tally.destroyed += 1
        return None
    if not _may_differ(case, facts, law):
        return None
    tally.replayed += 1
    was = _place(decision, case.filing_role)
    try:
        becomes: Json = _place(decide(Facts.from_json(facts), law).to_json(), case.filing_role)
    except FactsError:
        return _touched(case, was, None, ())
    aspects = tuple(name for name, read in _ASPECTS.items() if read(was) != read(becomes))
    return _touched(case, was, becomes, aspects) if aspects else None


def _touched(
    case: Application, was: Json, becomes: Json | None, aspects: tuple[str, ...]
) -> Touched:
    return Touched(
        number=case.number,
        state=case.state,
        is_live=case.is_live,
        filed_on=case.submitted_on,
        was=was.get("outcome", ""),
        becomes=becomes.get("outcome", "") if becomes is not None else None,
        aspects=aspects,
    )


def _may_differ(case: Application, facts: Json, law: Law) -> bool:
    """Whether a text of the pinned decision changed or is gone, or one stands beside them that did not speak."""
    held = {book.id: book for book in law.shelf.rulebooks}
    pinned = {book["id"]: book.get("version") for book in case.rulebooks}
    if any(name not in held or held[name].version != version for name, version in pinned.items()):
        return True
    provinces = _provinces(facts)
    return any(
        in_force(book, book, case.submitted_on) and provinces & {*reach(book)}
        for book in law.shelf.rulebooks
        if book.id not in pinned
    )


def _provinces(facts: Json) -> set[str]:
    """Everywhere whose texts may speak about these facts."""
    try:
        known = Facts.from_json(facts)
    except FactsError:
        return {NATION}
    people: list[Person] = [person for person in (known.woman, known.man) if person is not None]
    homes = [person.residence for person in people]
    places = [person.hukou for person in people]
    places += [home.division for home in homes if isinstance(home, Residence)]
    return {NATION, *(place[:2] for place in places if place)}


def _place(decision: Json, role: str) -> Json:
    """The place of a decision with this role; an empty one when there is none."""
    return next((place for place in decision["places"] if place["role"] == role), {})


_ASPECTS: Final[Mapping[str, Callable[[Json], Any]]] = {
    "outcome": lambda place: (place.get("outcome"), place.get("needs_staff")),
    "place": lambda place: tuple(place.get(name) for name in ("allowed", "opens_on", "online")),
    "documents": lambda place: [
        [paper.get(name) for name in ("id", "of", "form", "copies", "condition", "replaceable_by")]
        for paper in place.get("documents", ())
    ],
    "limits": lambda place: (
        [
            [limit.get(name) for name in ("who", "value", "unit", "from")]
            for limit in place.get("time_limits", ())
        ],
        place.get("if_late"),
        place.get("certificate"),
    ),
}


# --- Drafts and shared results ---


def marked_drafts() -> int:
    """How many open drafts say that the rules they rest on have changed."""
    is_open = Draft.submitted_at.is_(None) & (Draft.expires_at > now())
    return sum(rules_changed(draft) for batch in _batches(Draft, is_open) for draft in batch)


def marked_results() -> int:
    """How many shared results say so."""
    lives = SharedResult.expires_at > now()
    return sum(is_outdated(row) for batch in _batches(SharedResult, lives) for row in batch)


@contextmanager
def under(law: Law) -> Iterator[None]:
    """This process answers with other rulebooks for a while; for a command, never for a web worker."""
    own = current_app.extensions["law"]
    current_app.extensions["law"] = law
    try:
        yield
    finally:
        current_app.extensions["law"] = own


def _batches(table: Any, wanted: ColumnElement[bool], *options: Any) -> Iterator[Sequence[Any]]:
    """Rows of a table in the order of their ids, a few at a time, forgotten after use."""
    after: uuid.UUID | None = None
    while True:
        query = select(table).where(wanted).order_by(table.id).limit(BATCH).options(*options)
        rows = db.session.scalars(query if after is None else query.where(table.id > after)).all()
        if not rows:
            return
        after = rows[-1].id
        yield rows
        db.session.expunge_all()
