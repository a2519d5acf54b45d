"""Weighing a couple's places against each other: what is common to every service.

An unknown fact splits an answer into the answers it could still be. What all of them agree on is
decided; the facts on which they differ are named in `missing`, in the order of `facts.ORDER`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from app.policy.criteria import Couple, Truth
from app.policy.decision import Decision, NeededDocument, Place
from app.policy.facts import AT_HUKOU, OUTSIDE_MAINLAND, RANK, Person, Residence
from app.policy.law import Citation, CompiledRule, Law
from app.policy.rulebook import ROLES, Document, DocumentUse, Role

Trace = list[tuple[Citation, Truth]]


class Answer(NamedTuple):
    """One thing a law may still answer. `rule` is the ground that grants, if one does."""

    outcome: str
    flagged: bool
    rule: CompiledRule | None


class State(NamedTuple):
    """One way a place may still turn out, ordered from best to worst."""

    closed: bool
    rank: int
    flagged: bool
    outcome: str


class Verdict(NamedTuple):
    """What one place came to, before the best is chosen."""

    place: Place
    states: frozenset[State]
    waits: frozenset[str]
    gate_waits: frozenset[str]


class Weighing(ABC):
    """One decision in the making: collects the trace and the unknown facts as it goes."""

    __slots__ = ("because", "couple", "facts", "law", "reasons", "roles", "unknown_places")

    def __init__(self, couple: Couple, law: Law) -> None:
        self.couple = couple
        self.facts = couple.facts
        self.law = law
        self.reasons: dict[str, tuple[Citation, Truth]] = {}
        self.because: dict[str, dict[str, Citation]] = {}
        self.roles, self.unknown_places = places_of(couple)

    @abstractmethod
    def decide(self) -> Decision:
        """Weigh every place and conclude."""

    def conclude(self, verdicts: list[Verdict], unknown_places: Sequence[str]) -> Decision:
        if not verdicts and not unknown_places:
            cite = self.law.core("foreign-spouse" if self.couple.foreign else "no-rulebook")
            self.reasons[cite.id] = (cite, True)
            return self.decision("needs_staff", True, (), (), None)
        missing: set[str] = set(unknown_places)
        for name in unknown_places:
            self.because.setdefault(name, {})
        for verdict in verdicts:
            missing |= verdict.gate_waits
        # The best that can still happen lies between the best and the worst state of each place.
        limit = min((max(v.states) for v in verdicts), default=None)
        reachable = {
            (state.outcome, state.flagged)
            for verdict in verdicts
            for state in verdict.states
            if limit is None or state <= limit
        }
        # A place still unknown may be better than all, unless one is already as good as can be.
        settled_best = (
            limit is not None and not limit.closed and limit.rank == 0 and not limit.flagged
        )
        undecided = len(reachable) != 1 or (bool(unknown_places) and not settled_best)
        if len(reachable) > 1:
            for verdict in verdicts:
                if len(verdict.states) > 1 and limit is not None and min(verdict.states) <= limit:
                    missing |= verdict.waits
        places = tuple(verdict.place for verdict in verdicts)
        if undecided:
            recommended = None
            outcome, flagged = "incomplete", False
        else:
            outcome, flagged = next(iter(reachable))
            recommended = self._recommend(places, outcome, flagged)
        ordered = tuple(sorted(missing, key=RANK.__getitem__))
        return self.decision(outcome, flagged, places, ordered, recommended)

    def _recommend(self, places: tuple[Place, ...], outcome: str, flagged: bool) -> Role | None:
        """The best open place; among equals where she lives, where he lives, the order of roles."""
        homes = [
            home
            for person, name in ((self.couple.woman, "woman"), (self.couple.man, "man"))
            if person is not None and (home := self._home(person, name))
        ]
        best = [
            place
            for place in places
            if place.allowed and (place.outcome, place.needs_staff) == (outcome, flagged)
        ]
        if not best:
            return None
        return min(
            best,
            key=lambda p: (
                homes.index(p.role) if p.role in homes else len(ROLES),
                ROLES.index(p.role),
            ),
        ).role

    def _home(self, person: Person, name: str) -> Role | None:
        home = person.residence
        code = person.hukou if home is AT_HUKOU else getattr(home, "division", None)
        return next((role for role, division in self.roles.items() if division == code), None)

    def decision(
        self,
        outcome: str,
        flagged: bool,
        places: tuple[Place, ...],
        missing: tuple[str, ...],
        recommended: Role | None,
    ) -> Decision:
        # What carries the answer is read first, what speaks of other places after it.
        spoke = next((place.rulebooks for place in places if place.role == recommended), ())
        reasons = tuple(
            sorted(self.reasons.values(), key=lambda reason: reason[0].rulebook not in spoke)
        )
        books = dict.fromkeys(book for place in places for book in place.rulebooks)
        books.update(
            dict.fromkeys(c.rulebook for c, holds in reasons if c.rulebook and holds is not False)
        )
        return Decision(
            facts=self.facts,
            outcome=outcome,
            needs_staff=flagged,
            missing=missing,
            places=places,
            recommended=recommended,
            reasons=reasons,
            rulebooks=tuple(books),
            because={name: tuple(cites.values()) for name, cites in self.because.items()},
        )

    def note(self, trace: Trace) -> None:
        """Keep each rule once; what held at one place is not hidden by another where it did not."""
        for cite, holds in trace:
            known = self.reasons.get(cite.id)
            if known is None or (holds and not known[1]):
                self.reasons[cite.id] = (cite, holds)

    def wait(self, names: Iterable[str], cite: Citation, waits: set[str]) -> None:
        """Note that an answer hangs on these facts, and which statement needs them."""
        for name in names:
            waits.add(name)
            self.because.setdefault(name, {})[cite.id] = cite


def places_of(couple: Couple) -> tuple[dict[Role, str], list[str]]:
    """Roles with their division code, equal codes merged into the earlier role; and places unknown yet."""
    found: dict[Role, str] = {}
    unknown = []
    people: tuple[tuple[str, Person | None], ...] = (("woman", couple.woman), ("man", couple.man))
    codes: dict[str, str | None] = {}
    for name, person in people:
        if person is None:
            continue
        codes[f"{name}_hukou"] = person.hukou
        if person.hukou is None:
            unknown.append(f"{name}.hukou")
        if person.residence is None:
            unknown.append(f"{name}.residence")
        elif isinstance(person.residence, Residence):
            codes[f"{name}_residence"] = person.residence.division
            if person.residence.division is None:
                unknown.append(f"{name}.residence")
    for role in ROLES:
        code = codes.get(role)
        if code is not None and code not in OUTSIDE_MAINLAND and code not in found.values():
            found[role] = code
    return found, unknown


def needed_documents(
    candidates: Sequence[tuple[DocumentUse, Document, Any]],
    kind: str,
    rule: CompiledRule | None,
    couple: Couple,
) -> tuple[NeededDocument, ...]:
    found = []
    for use, document, when in candidates:
        if kind not in use.at:
            continue
        if use.for_rules and (rule is None or rule.cite.id.split(".", 1)[1] not in use.for_rules):
            continue
        holds = when.test(couple)
        if holds is not False:
            found.append(NeededDocument(use, document, use.condition if holds is None else None))
    return tuple(found)


def last_no(trace: Trace, law: Law) -> Citation | None:
    """The statement that closes a place whose law grants nothing there."""
    for cite, holds in reversed(trace):
        if holds is not False:
            return cite
    return trace[-1][0] if trace else law.core("no-rulebook")
