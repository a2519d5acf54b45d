"""What a couple is told, as values: a decision, its places, the papers for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.policy.criteria import Truth
from app.policy.facts import Facts
from app.policy.law import Citation
from app.policy.rulebook import Document, DocumentUse, Procedure, Role, Rulebook, TimeLimit

BEST_FIRST = {
    "registration": 0,
    "approval": 1,
    "needs_staff": 2,
    "not_eligible": 3,
    "not_required": 4,
}
GRANTS = frozenset({"registration", "approval"})


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
    # Closed because nobody here holds the 居住证 that this text wants.
    needs_permit: bool = False

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

    @property
    def ground(self) -> Citation | None:
        """The statement that carries a grant: the first that holds of the texts at the best place."""
        books = self.best.rulebooks if self.best and self.outcome in GRANTS else ()
        return next(
            (cite for cite, holds in self.reasons if holds and cite.rulebook in books), None
        )

    @property
    def favourable(self) -> Citation | None:
        """The rule that the better of two provinces' answers applies, where theirs differ for this couple."""
        answers = {(p.outcome, p.needs_staff) for p in self.places if p.kind == "hukou"}
        if len(answers) < 2:
            return None
        return next((cite for cite, holds in self.reasons if holds and _is_favourable(cite)), None)

    def to_json(self, translate: Callable[[str], str] = str) -> dict[str, Any]:
        """The response of the JSON contract, its texts through `translate`."""
        from app.policy.contract import decision_json

        return decision_json(self, translate)

    def to_text(self, translate: Callable[[str], str] = str) -> str:
        """The same as JSON text, ready to be sent."""
        from app.policy.contract import decision_text

        return decision_text(self, translate)


def _is_favourable(cite: Citation) -> bool:
    book = cite.rulebook
    return book is not None and book.favourable is not None and cite.text is book.favourable.text
