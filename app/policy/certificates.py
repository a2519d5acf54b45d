"""The two certificates: 独生子女父母光荣证 and, while it existed, 流动人口婚育证明."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.policy.criteria import Truth, add_months
from app.policy.decision import BEST_FIRST, Decision, Place
from app.policy.rulebook import Procedure, Role
from app.policy.weighing import (
    Answer,
    State,
    Trace,
    Verdict,
    Weighing,
    last_no,
    needed_documents,
)

LAST_BIRTH_OF_ONE_CHILD_PERIOD = date(2015, 12, 31)


class Certificate(Weighing):
    """A certificate that only hukou places issue."""

    __slots__ = ()

    def _certificate_place(
        self,
        role: Role,
        code: str,
        answers: list[Answer],
        waits: set[str],
        trace: Trace,
        held: Any,
    ) -> Verdict:
        self.note(trace)
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
                decided_by=part.decided_by,
                decided_by_text=part.decided_by_text,
                notes=part.notes,
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
            why_not=last_no(trace, self.law) if openings == {False} else None,
            any_township=False,
            online=bool(getattr(part, "online", False) or (online_from and online_from <= on)),
            procedure=procedure,
            documents=needed_documents(documents, "hukou", None, self.couple),
            rulebooks=tuple(dict.fromkeys(c.rulebook for c, _ in trace if c.rulebook)),
        )
        names = frozenset(waits) if len(states) > 1 else frozenset()
        return Verdict(place, states, names, names if len(openings) > 1 else frozenset())


class HonorCertificate(Certificate):
    """The weighing of a 光荣证."""

    __slots__ = ()

    def decide(self) -> Decision:
        """独生子女父母光荣证: only hukou places, each under its own text, in the order of the contract."""
        verdicts = [
            self._honor_at(role, code)
            for role, code in self.roles.items()
            if role.endswith("hukou")
        ]
        return self.conclude(verdicts, [n for n in self.unknown_places if n.endswith("hukou")])

    def _honor_at(self, role: Role, code: str) -> Verdict:
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
                None if born is None else born > LAST_BIRTH_OF_ONE_CHILD_PERIOD,
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
            self.wait(names, cite, waits)
        else:
            answers.append(Answer("approval", False, None))
        trace.append((cite, answers[-1].outcome == "approval"))
        return self._certificate_place(role, code, answers, waits, trace, province.honor)


class MaritalCertificate(Certificate):
    """The weighing of a 婚育证明."""

    __slots__ = ()

    def decide(self) -> Decision:
        """流动人口婚育证明: the woman's hukou place, until its basis was abolished."""
        abolished = self.law.nationwide(self.couple.on).marital_certificate_abolished
        if abolished is not None:
            self.reasons[abolished.id] = (abolished, True)
            return self.decision("not_required", False, (), (), None)
        verdicts = [
            self._marital_at(role, code)
            for role, code in self.roles.items()
            if role == "woman_hukou"
        ]
        return self.conclude(verdicts, [n for n in self.unknown_places if n == "woman.hukou"])

    def _marital_at(self, role: Role, code: str) -> Verdict:
        province = self.law.at(code[:2], self.couple.on)
        trace: Trace = []
        if province.marital is None:
            trace.append((self.law.core("no-rulebook"), True))
            answers = [Answer("needs_staff", True, None)]
        else:
            trace.append((province.marital[0], True))
            answers = [Answer("approval", False, None)]
        return self._certificate_place(role, code, answers, set(), trace, province.marital)
