"""The decision: every place's own answer under its own law, and the best of them for the couple.

An unknown fact splits an answer into the answers it could still be. What all of them agree on is
decided; the facts on which they differ are named in `missing`, in the order of `facts.ORDER`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from app.policy.criteria import Couple, Truth, add_months
from app.policy.facts import AT_HUKOU, OUTSIDE_MAINLAND, RANK, Facts, Person, Residence
from app.policy.law import Citation, CompiledFiling, CompiledRule, Law, ProvinceLaw
from app.policy.rulebook import ROLES, Document, DocumentUse, Procedure, Role, Rulebook, TimeLimit

BEST_FIRST = {
    "registration": 0,
    "approval": 1,
    "needs_staff": 2,
    "not_eligible": 3,
    "not_required": 4,
}
GRANTS = frozenset({"registration", "approval"})

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


@dataclass(frozen=True, slots=True)
class NeededDocument:
    """A paper this couple brings. `condition` is set while it is unknown whether it is needed."""

    use: DocumentUse
    document: Document
    condition: str | None

    @property
    def name(self) -> str:
        return self.use.name or self.document.name


@dataclass(frozen=True, slots=True)
class Place:
    """One office that may take the filing, or may not (yet), under its own law."""

    role: Role
    division: str
    kind: str
    outcome: str
    needs_staff: bool
    allowed: bool | None
    opens_on: date | None
    why_not: Citation | None
    any_township: bool
    online: bool
    procedure: Procedure | None
    documents: tuple[NeededDocument, ...]
    rulebooks: tuple[Rulebook, ...]

    @property
    def certificate(self) -> str | None:
        return self.procedure.certificate if self.procedure else None

    @property
    def time_limits(self) -> Sequence[TimeLimit]:
        return self.procedure.time_limits if self.procedure else ()

    @property
    def if_late(self) -> str | None:
        return self.procedure.if_late if self.procedure else None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the couple is told. A value: stored with a case, it pins the answer and its law."""

    facts: Facts
    outcome: str
    needs_staff: bool
    missing: tuple[str, ...]
    places: tuple[Place, ...]
    recommended: Role | None
    reasons: tuple[tuple[Citation, Truth], ...]
    rulebooks: tuple[Rulebook, ...]
    because: dict[str, tuple[Citation, ...]]
    fee: int = 0

    def place(self, role: str) -> Place | None:
        """The place with this role, if the couple has one."""
        return next((place for place in self.places if place.role == role), None)

    @property
    def best(self) -> Place | None:
        """The recommended place."""
        return self.place(self.recommended) if self.recommended else None

    @property
    def if_late(self) -> str | None:
        return self.best.if_late if self.best else None

    def to_json(self, translate: Callable[[str], str] = str) -> dict[str, Any]:
        """The response of the JSON contract, its texts through `translate`."""
        from app.policy.contract import decision_json

        return decision_json(self, translate)


class _Verdict(NamedTuple):
    """What one place came to, before the best is chosen."""

    place: Place
    states: frozenset[State]
    waits: frozenset[str]
    gate_waits: frozenset[str]


def decide(facts: Facts, law: Law) -> Decision:
    """Decide as of `facts.on`. Never raises on valid facts; unknown facts are named in `missing`."""
    couple = Couple(facts)
    if facts.service == "childbirth":
        return _Weighing(couple, law).childbirth()
    if facts.service == "single_child_honor_certificate":
        return _Weighing(couple, law).honor_certificate()
    return _Weighing(couple, law).marital_certificate()


class _Weighing:
    """One decision in the making: collects the trace and the unknown facts as it goes."""

    __slots__ = ("because", "couple", "facts", "law", "reasons", "roles", "unknown_places")

    def __init__(self, couple: Couple, law: Law) -> None:
        self.couple = couple
        self.facts = couple.facts
        self.law = law
        self.reasons: dict[str, tuple[Citation, Truth]] = {}
        self.because: dict[str, dict[str, Citation]] = {}
        self.roles, self.unknown_places = _places_of(couple)

    # ---- childbirth -------------------------------------------------------------------------

    def childbirth(self) -> Decision:
        verdicts = [self._childbirth_at(role, code) for role, code in self.roles.items()]
        verdicts = self._flag_differing_provinces(verdicts)
        self._cite_favourable_rule()
        return self._conclude(verdicts, self.unknown_places)

    def _childbirth_at(self, role: Role, code: str) -> _Verdict:
        kind = "hukou" if role.endswith("hukou") else "residence"
        province = self.law.at(code[:2], self.couple.on)
        trace: Trace = []
        answers, waits = self._answers(province, kind, trace)
        states: set[State] = set()
        gate_waits: set[str] = set()
        gates: list[_Gate] = []
        grants_matter = len({answer.outcome in GRANTS for answer in answers}) > 1
        for answer in answers:
            gate = self._gate(province, role, code, answer.outcome, trace)
            gates.append(gate)
            if answer.outcome in GRANTS:
                opened: tuple[bool, ...] = (True, False) if gate.opens is None else (gate.opens,)
                gate_waits.update(gate.waits)
            else:
                opened = (answer.outcome == "needs_staff" and kind == "hukou",)
            states.update(
                State(not one, BEST_FIRST[answer.outcome], answer.flagged, answer.outcome)
                for one in opened
            )
        allowed = {not state.closed for state in states}
        if grants_matter and len(allowed) > 1:
            gate_waits.update(waits)
        self._note(trace)
        place = self._place(role, code, kind, states, answers[0], gates[0], trace)
        all_waits = frozenset(waits) | gate_waits if len(states) > 1 else frozenset()
        return _Verdict(
            place,
            frozenset(states),
            frozenset(all_waits),
            frozenset(gate_waits if len(allowed) > 1 else ()),
        )

    def _answers(
        self, province: ProvinceLaw, kind: str, trace: Trace
    ) -> tuple[list[Answer], set[str]]:
        """Everything this law may still answer here, and the facts on which that hangs."""
        couple = self.couple
        answers: list[Answer] = []
        waits: set[str] = set()
        flagged, refused = self._foreign_spouse(province, trace, waits)
        if refused is not False:
            answers.append(Answer("needs_staff", True, None))
            if refused:
                return answers, waits
        unsayable: Truth = False
        for rule in province.rules[kind]:
            holds = rule.when.test(couple)
            if holds is False:
                trace.append((rule.cite, False))
                continue
            if rule.beyond:
                trace.append((rule.cite, None))
                unsayable = True if holds or unsayable else None
                if holds is None:
                    self._wait(rule.when.waits_for(couple), rule.cite, waits)
                continue
            trace.append((rule.cite, holds))
            if holds is None:
                self._wait(rule.when.waits_for(couple), rule.cite, waits)
            answers.extend(self._granted(rule, flagged, waits))
            if holds:
                break
        else:
            self._fall_back(province, unsayable, answers, trace, waits)
        distinct = list(dict.fromkeys(answers))
        if len({(answer.outcome, answer.flagged) for answer in distinct}) == 1:
            return distinct, set()
        return distinct, waits

    def _foreign_spouse(
        self, province: ProvinceLaw, trace: Trace, waits: set[str]
    ) -> tuple[bool, Truth]:
        """(grants are flagged, the national rules on such couples stand in the way).

        Births with a spouse from Hong Kong, Macao, Taiwan or abroad follow national rules that are
        not held, unless this province's own text takes them.
        """
        couple = self.couple
        if couple.foreign is False:
            return False, False
        for _book, how, here in province.foreign:
            if how == "flagged":
                return bool(couple.foreign), False
            if here.test(couple) is not False:
                return False, False
        cite = self.law.core("foreign-spouse")
        trace.append((cite, couple.foreign))
        if couple.foreign is None:
            self._wait(couple.foreign_waits, cite, waits)
        return False, couple.foreign

    def _granted(self, rule: CompiledRule, flagged: bool, waits: set[str]) -> Iterable[Answer]:
        """What a ground that holds (or may hold) gives, with its flag and its due date."""
        couple = self.couple
        if rule.grants == "needs_staff":
            return [Answer("needs_staff", True, rule)]
        confirm: tuple[bool, ...] = (flagged,)
        if not flagged and rule.flagged_when is not None:
            holds = rule.flagged_when.test(couple)
            confirm = (False, True) if holds is None else (holds,)
            if holds is None:
                self._wait(rule.flagged_when.waits_for(couple), rule.cite, waits)
        answers = [Answer(rule.grants, one, rule) for one in confirm]
        if rule.due is None:
            return answers
        stage = self.facts.stage
        if stage is None:
            self._wait(("stage",), rule.cite, waits)
            if rule.due == "before_pregnancy":
                answers.append(Answer(rule.grants, True, rule))
            return [*answers, Answer("needs_staff", True, rule)]
        if stage == "born":
            return [Answer("needs_staff", True, rule)]
        if stage == "pregnant" and rule.due == "before_pregnancy":
            return [Answer(rule.grants, True, rule)]
        return answers

    def _fall_back(
        self,
        province: ProvinceLaw,
        unsayable: Truth,
        answers: list[Answer],
        trace: Trace,
        waits: set[str],
    ) -> None:
        """No ground grants for certain: the text's own "otherwise", or nobody has spoken."""
        couple = self.couple
        if couple.marriage == "unmarried":
            answers.append(Answer("needs_staff", True, None))
            trace.append((self.law.core("unmarried"), True))
            return
        if couple.marriage is None:
            answers.append(Answer("needs_staff", True, None))
            self._wait(("marriage",), self.law.core("unmarried"), waits)
        for otherwise in province.otherwise:
            holds = otherwise.scope.test(couple)
            if holds is False:
                continue
            trace.append((otherwise.cite, holds))
            if otherwise.flagged or unsayable:
                answers.append(Answer(otherwise.outcome, True, None))
            else:
                answers.append(Answer(otherwise.outcome, False, None))
                if unsayable is None:
                    answers.append(Answer(otherwise.outcome, True, None))
            if holds:
                return
            self._wait(otherwise.scope.waits_for(couple), otherwise.cite, waits)
        answers.append(Answer("needs_staff", True, None))
        trace.append((self.law.core("no-rulebook"), True))

    # ---- where ------------------------------------------------------------------------------

    def _gate(
        self, province: ProvinceLaw, role: Role, code: str, outcome: str, trace: Trace
    ) -> _Gate:
        """Whether this office is open for the paper: the first text that speaks of such a place decides."""
        if outcome not in GRANTS:
            return _Gate(None, None, None, (), False)
        waits: list[str] = []
        unsure: CompiledFiling | None = None
        for filing in province.filing[outcome, role]:
            speaks = filing.when.test(self.couple)
            if speaks is False:
                continue
            if speaks is None:
                names = filing.when.waits_for(self.couple)
                self._wait(names, filing.cite, waits)
                unsure = unsure or filing
                continue
            opens, opens_on, names = self._opens(filing, role, code)
            trace.append((filing.cite, opens))
            self._wait(names, filing.cite, waits)
            if unsure is not None and not (opens and unsure.filing.opens):
                opens = None
            return _Gate(opens, opens_on, unsure or filing, tuple(waits), True)
        if unsure is not None:
            return _Gate(None, None, unsure, tuple(waits), True)
        trace.append((self.law.core("place-not-named"), True))
        return _Gate(False, None, None, (), False)

    def _opens(
        self, filing: CompiledFiling, role: Role, code: str
    ) -> tuple[Truth, date | None, Sequence[str]]:
        """(open, day it opens when only the stay is short, facts that would tell)."""
        terms = filing.filing
        if not terms.opens:
            return False, None, ()
        if not (terms.stay or terms.permit or terms.outside_county):
            return True, None, ()
        if terms.outsiders_only or terms.any_township:
            exempt = filing.here.test(self.couple)
            if exempt:
                return True, None, ()
            if exempt is None:
                return None, None, filing.here.waits_for(self.couple)
        residents = self._residents(role, code)
        if terms.outside_county:
            return _away_from_home(residents, code)
        if terms.permit:
            return _has_permit(residents)
        months, of = (terms.stay.months, terms.stay.of) if terms.stay else (0, "either")
        if of == "woman":
            residents = [(name, person) for name, person in residents if name == "woman"]
        return _stayed(residents, months, self.couple.on)

    def _residents(self, role: Role, code: str) -> list[tuple[str, Person]]:
        """The spouses who live at this place: both, when they share it."""
        found = []
        for name, person in (("woman", self.couple.woman), ("man", self.couple.man)):
            if person is None:
                continue
            home = person.residence
            if isinstance(home, Residence) and (
                home.division == code or role == f"{name}_residence"
            ):
                found.append((name, person))
        return found

    def _place(
        self,
        role: Role,
        code: str,
        kind: str,
        states: set[State],
        answer: Answer,
        gate: _Gate,
        trace: Trace,
    ) -> Place:
        verdicts = {(state.outcome, state.flagged) for state in states}
        outcome, flagged = next(iter(verdicts)) if len(verdicts) == 1 else ("incomplete", False)
        openings = {not state.closed for state in states}
        allowed = next(iter(openings)) if len(openings) == 1 else None
        filing = gate.filing
        why_not = None
        if allowed is False:
            why_not = filing.cite if filing and outcome in GRANTS else _last_no(trace, self.law)
        procedure = filing.procedure if filing else None
        documents = (
            _documents(filing.documents, kind, answer.rule, self.couple)
            if filing and procedure and allowed is not False
            else ()
        )
        books = dict.fromkeys(
            cite.rulebook
            for cite, holds in trace
            if cite.rulebook is not None and holds is not False
        ) or dict.fromkeys(cite.rulebook for cite, _ in trace if cite.rulebook is not None)
        return Place(
            role=role,
            division=code,
            kind=kind,
            outcome=outcome,
            needs_staff=flagged,
            allowed=allowed,
            opens_on=gate.opens_on if allowed is not True else None,
            why_not=why_not,
            any_township=bool(filing and filing.filing.any_township),
            online=filing.online if filing else False,
            procedure=procedure,
            documents=documents,
            rulebooks=tuple(books),
        )

    # ---- between two provinces --------------------------------------------------------------

    def _flag_differing_provinces(self, verdicts: list[_Verdict]) -> list[_Verdict]:
        """Before the favourable rule, two held provincial texts that differ need a person.

        Only a 两地婚姻 of the 2010 region may then choose a side (PYRD-2010 三(一)).
        """
        on = self.couple.on
        if self.law.favourable(on) is not None:
            return verdicts
        sides = [v for v in verdicts if v.place.kind == "hukou" and v.place.outcome != "incomplete"]
        provinces = {v.place.division[:2] for v in sides}
        if len(sides) < 2 or len(provinces) < 2:
            return verdicts
        if not all(_held(v.place) for v in sides) or len({v.place.outcome for v in sides}) < 2:
            return verdicts
        if any(choice.test(self.couple) for choice in self.law.two_place_marriage(on)):
            return verdicts
        cite = self.law.core("provinces-differ")
        self.reasons[cite.id] = (cite, True)
        return [_flagged(verdict) for verdict in verdicts]

    def _cite_favourable_rule(self) -> None:
        cite = self.law.favourable(self.couple.on)
        woman, man = self.couple.provinces
        if cite is not None and woman and man and woman != man:
            self.reasons[cite.id] = (cite, True)

    # ---- the two certificates ---------------------------------------------------------------

    def honor_certificate(self) -> Decision:
        """独生子女父母光荣证: only hukou places, each under its own text, in the order of the contract."""
        verdicts = [
            self._honor_at(role, code)
            for role, code in self.roles.items()
            if role.endswith("hukou")
        ]
        return self._conclude(verdicts, [n for n in self.unknown_places if n.endswith("hukou")])

    def _honor_at(self, role: Role, code: str) -> _Verdict:
        province = self.law.at(code[:2], self.couple.on)
        waits: set[str] = set()
        trace: Trace = []
        if province.honor is None:
            trace.append((self.law.core("no-rulebook"), True))
            answers = [Answer("needs_staff", True, None)]
            return self._certificate_place(role, code, answers, waits, trace, None)
        cite, part, _ = province.honor
        answers = []
        facts, on = self.facts, self.couple.on
        low, high = self.couple.joint
        born = facts.child_born_on
        too_old = (
            None if born is None else on >= add_months(born, 12 * part.child_under)
        ) if part.child_under else False  # fmt: skip
        steps: tuple[tuple[Truth, Answer, tuple[str, ...], str], ...] = (
            (
                False if low == high == 1 else (None if low <= 1 <= high else True),
                Answer("not_eligible", False, None),
                ("joint_children",),
                "honor-one-child",
            ),
            (
                None if born is None else born > date(2015, 12, 31),
                Answer("needs_staff", True, None),
                ("child_born_on",),
                "honor-born-after",
            ),
            (
                None if facts.pledge is None else not facts.pledge,
                Answer("not_eligible", False, None),
                ("pledge",),
                "honor-pledge",
            ),
            (too_old, Answer("not_eligible", False, None), ("child_born_on",), "honor-too-old"),
            (part.existing_only, Answer("needs_staff", True, None), (), "honor-existing-only"),
        )
        for holds, answer, names, core in steps:
            if holds is False:
                continue
            trace.append((self.law.core(core), holds))
            answers.append(answer)
            if holds:
                break
            self._wait(names, cite, waits)
        else:
            answers.append(Answer("approval", False, None))
        trace.append((cite, answers[-1].outcome == "approval"))
        return self._certificate_place(role, code, answers, waits, trace, province.honor)

    def marital_certificate(self) -> Decision:
        """流动人口婚育证明: the woman's hukou place, until its basis was abolished."""
        abolished = self.law.marital_certificate_abolished(self.couple.on)
        if abolished is not None:
            self.reasons[abolished.id] = (abolished, True)
            return self._decision("not_required", False, (), (), None)
        verdicts = [
            self._marital_at(role, code)
            for role, code in self.roles.items()
            if role == "woman_hukou"
        ]
        return self._conclude(verdicts, [n for n in self.unknown_places if n == "woman.hukou"])

    def _marital_at(self, role: Role, code: str) -> _Verdict:
        province = self.law.at(code[:2], self.couple.on)
        trace: Trace = []
        if province.marital is None:
            trace.append((self.law.core("no-rulebook"), True))
            answers = [Answer("needs_staff", True, None)]
        else:
            trace.append((province.marital[0], True))
            answers = [Answer("approval", False, None)]
        return self._certificate_place(role, code, answers, set(), trace, province.marital)

    def _certificate_place(
        self,
        role: Role,
        code: str,
        answers: list[Answer],
        waits: set[str],
        trace: Trace,
        held: Any,
    ) -> _Verdict:
        self._note(trace)
        kinds = {(answer.outcome, answer.flagged) for answer in answers}
        outcome, flagged = next(iter(kinds)) if len(kinds) == 1 else ("incomplete", False)
        states = frozenset(
            State(
                a.outcome not in ("approval", "needs_staff"),
                BEST_FIRST[a.outcome],
                a.flagged,
                a.outcome,
            )
            for a in answers
        )
        openings = {not state.closed for state in states}
        part = held[1] if held else None
        documents = held[2] if held else ()
        procedure = (
            Procedure(
                paper="approval",
                certificate=part.certificate,
                decided_by_text=getattr(part, "decided_by_text", None),
            )
            if part is not None
            else None
        )
        on = self.couple.on
        online_from = getattr(part, "online_from", None)
        place = Place(
            role=role,
            division=code,
            kind="hukou",
            outcome=outcome,
            needs_staff=flagged,
            allowed=next(iter(openings)) if len(openings) == 1 else None,
            opens_on=None,
            why_not=_last_no(trace, self.law) if openings == {False} else None,
            any_township=False,
            online=bool(getattr(part, "online", False) or (online_from and online_from <= on)),
            procedure=procedure,
            documents=_documents(documents, "hukou", None, self.couple),
            rulebooks=tuple(dict.fromkeys(c.rulebook for c, _ in trace if c.rulebook)),
        )
        names = frozenset(waits) if len(states) > 1 else frozenset()
        return _Verdict(place, states, names, names if len(openings) > 1 else frozenset())

    # ---- the end ----------------------------------------------------------------------------

    def _conclude(self, verdicts: list[_Verdict], unknown_places: Sequence[str]) -> Decision:
        if not verdicts and not unknown_places:
            cite = self.law.core("foreign-spouse" if self.couple.foreign else "no-rulebook")
            self.reasons[cite.id] = (cite, True)
            return self._decision("needs_staff", True, (), (), None)
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
        return self._decision(outcome, flagged, places, ordered, recommended)

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

    def _decision(
        self,
        outcome: str,
        flagged: bool,
        places: tuple[Place, ...],
        missing: tuple[str, ...],
        recommended: Role | None,
    ) -> Decision:
        reasons = tuple(self.reasons.values())
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

    def _note(self, trace: Trace) -> None:
        """Keep each rule once; what held at one place is not hidden by another where it did not."""
        for cite, holds in trace:
            known = self.reasons.get(cite.id)
            if known is None or (holds and not known[1]):
                self.reasons[cite.id] = (cite, holds)

    def _wait(self, names: Iterable[str], cite: Citation, waits: set[str] | list[str]) -> None:
        for name in names:
            if isinstance(waits, set):
                waits.add(name)
            else:
                waits.append(name)
            self.because.setdefault(name, {})[cite.id] = cite


class _Gate(NamedTuple):
    """Whether an office is open for a paper, since when not yet, and by which text."""

    opens: Truth
    opens_on: date | None
    filing: CompiledFiling | None
    waits: tuple[str, ...]
    spoken: bool


def _places_of(couple: Couple) -> tuple[dict[Role, str], list[str]]:
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


def _documents(
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


def _held(place: Place) -> bool:
    """Whether a province's own text spoke about substance here."""
    return any(book.jurisdiction == place.division[:2] for book in place.rulebooks)


def _flagged(verdict: _Verdict) -> _Verdict:
    return verdict._replace(
        place=replace(verdict.place, needs_staff=True),
        states=frozenset(state._replace(flagged=True) for state in verdict.states),
    )


def _last_no(trace: Trace, law: Law) -> Citation | None:
    """The statement that closes a place whose law grants nothing there."""
    for cite, holds in reversed(trace):
        if holds is not False:
            return cite
    return trace[-1][0] if trace else law.core("no-rulebook")
