"""Childbirth: register or ask for approval, at each place under that place's own law."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.policy.criteria import Truth
from app.policy.decision import BEST_FIRST, GRANTS, Decision, Place
from app.policy.law import CompiledRule, ProvinceLaw
from app.policy.opening import Gate, gate_of
from app.policy.rulebook import Role
from app.policy.weighing import (
    Answer,
    State,
    Trace,
    Verdict,
    Weighing,
    last_no,
    needed_documents,
)


class Childbirth(Weighing):
    """The weighing of a birth."""

    __slots__ = ()

    def decide(self) -> Decision:
        """Every place's own answer, then the best of them."""
        verdicts = [self._at(role, code) for role, code in self.roles.items()]
        verdicts = self._flag_differing_provinces(verdicts)
        self._cite_favourable_rule()
        return self.conclude(verdicts, self.unknown_places)

    def _at(self, role: Role, code: str) -> Verdict:
        """One place: what its law may answer, and whether its office is open for that."""
        kind = "hukou" if role.endswith("hukou") else "residence"
        province = self.law.at(code[:2], self.couple.on)
        trace: Trace = []
        answers, waits = self._answers(province, kind, trace)
        gates = [self._gate(province, role, code, answer, trace) for answer in answers]
        gate_waits = {name for gate in gates for names, _ in gate.waits for name in names}
        states = frozenset(
            State(not opened, BEST_FIRST[answer.outcome], answer.flagged, answer.outcome)
            for answer, gate in zip(answers, gates, strict=True)
            for opened in _ways(answer, gate, kind)
        )
        undecided_opening = len({state.closed for state in states}) > 1
        if undecided_opening and len({answer.outcome in GRANTS for answer in answers}) > 1:
            gate_waits |= waits
        self.note(trace)
        return Verdict(
            self._place(role, code, kind, states, answers[0], gates[0], trace),
            states,
            frozenset(waits | gate_waits) if len(states) > 1 else frozenset(),
            frozenset(gate_waits) if undecided_opening else frozenset(),
        )

    def _gate(
        self, province: ProvinceLaw, role: Role, code: str, answer: Answer, trace: Trace
    ) -> Gate:
        gate = gate_of(self.couple, province, role, code, answer.outcome)
        trace.extend(gate.spoken)
        for names, cite in gate.waits:
            self.wait(names, cite, set())
        if gate.opens is False and gate.filing is None:
            trace.append((self.law.core("place-not-named"), True))
        return gate

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
                    self.wait(rule.when.waits_for(couple), rule.cite, waits)
                continue
            trace.append((rule.cite, holds))
            if holds is None:
                self.wait(rule.when.waits_for(couple), rule.cite, waits)
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
        not held, unless this province's own text takes them: all with one hukou there (Henan), or
        residents of Hong Kong, Macao and Taiwan after a person has confirmed it (Shanxi).
        """
        couple = self.couple
        if couple.foreign is False:
            return False, False
        refused: Truth = couple.foreign
        unknown = [*couple.foreign_waits]
        for _book, how, here in province.foreign:
            if how == "flagged":
                if couple.foreign and not couple.abroad:
                    return True, False
                continue
            taken = here.test(couple)
            if taken:
                return False, False
            if taken is None:
                refused = None
                unknown.extend(here.waits_for(couple))
        cite = self.law.core("foreign-spouse")
        trace.append((cite, refused))
        if refused is None:
            self.wait(unknown, cite, waits)
        return False, refused

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
                self.wait(rule.flagged_when.waits_for(couple), rule.cite, waits)
        answers = [Answer(rule.grants, one, rule) for one in confirm]
        if rule.due is None:
            return answers
        stage = self.facts.stage
        if stage is None:
            self.wait(("stage",), rule.cite, waits)
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
            self.wait(("marriage",), self.law.core("unmarried"), waits)
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
            self.wait(otherwise.scope.waits_for(couple), otherwise.cite, waits)
        answers.append(Answer("needs_staff", True, None))
        trace.append((self.law.core("no-rulebook"), True))

    def _place(
        self,
        role: Role,
        code: str,
        kind: str,
        states: frozenset[State],
        answer: Answer,
        gate: Gate,
        trace: Trace,
    ) -> Place:
        verdicts = {(state.outcome, state.flagged) for state in states}
        outcome, flagged = next(iter(verdicts)) if len(verdicts) == 1 else ("incomplete", False)
        openings = {not state.closed for state in states}
        allowed = next(iter(openings)) if len(openings) == 1 else None
        filing = gate.filing
        why_not = None
        if allowed is False:
            why_not = filing.cite if filing and outcome in GRANTS else last_no(trace, self.law)
        procedure = filing.procedure if filing else None
        documents = (
            needed_documents(filing.documents, kind, answer.rule, self.couple)
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
            needs_permit=bool(allowed is False and filing and filing.filing.permit),
        )

    # ---- between two provinces --------------------------------------------------------------

    def _flag_differing_provinces(self, verdicts: list[Verdict]) -> list[Verdict]:
        """Before the favourable rule, two held provincial texts that differ need a person.

        Only a 两地婚姻 of the 2010 region may then choose a side (PYRD-2010 三(一)).
        """
        on = self.couple.on
        if self.law.nationwide(on).favourable is not None:
            return verdicts
        sides = [v for v in verdicts if v.place.kind == "hukou" and v.place.outcome != "incomplete"]
        provinces = {v.place.division[:2] for v in sides}
        if len(sides) < 2 or len(provinces) < 2:
            return verdicts
        if not all(_held(v.place) for v in sides) or len({v.place.outcome for v in sides}) < 2:
            return verdicts
        if any(choice.test(self.couple) for choice in self.law.nationwide(on).may_choose_side):
            return verdicts
        cite = self.law.core("provinces-differ")
        self.reasons[cite.id] = (cite, True)
        return [_flagged(verdict) for verdict in verdicts]

    def _cite_favourable_rule(self) -> None:
        cite = self.law.nationwide(self.couple.on).favourable
        woman, man = self.couple.provinces
        if cite is not None and woman and man and woman != man:
            self.reasons[cite.id] = (cite, True)


def _ways(answer: Answer, gate: Gate, kind: str) -> tuple[bool, ...]:
    """Whether the place is open under this answer: both ways while that is not known.

    Where nothing held answers, a hukou place is still the office to ask.
    """
    if answer.outcome not in GRANTS:
        return (answer.outcome == "needs_staff" and kind == "hukou",)
    return (True, False) if gate.opens is None else (gate.opens,)


def _held(place: Place) -> bool:
    """Whether a province's own text spoke about substance here."""
    return any(book.jurisdiction == place.division[:2] for book in place.rulebooks)


def _flagged(verdict: Verdict) -> Verdict:
    return verdict._replace(
        place=replace(verdict.place, needs_staff=True),
        states=frozenset(state._replace(flagged=True) for state in verdict.states),
    )
