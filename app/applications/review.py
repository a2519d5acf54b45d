"""When a step must be looked at again: what its answer rested on is no longer so.

Derived, never a flag: beside its answer a draft keeps what the question rested on when it was
answered. A changed answer, a changed law or an office that closed make the two differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.applications.steps import Filing

RESTS_ON = "rests_on"
# The steps whose question comes from the law or from answers before it.
RESTING = {"where", "office", "collect", "documents", "declaration"}


def with_grounds(filing: Filing, step: str) -> dict[str, Any]:
    """The answers of this filing, with what the answer of `step` rests on."""
    return {**filing.answers, RESTS_ON: {**_kept(filing), step: _grounds(filing, step)}}


def needs_review(filing: Filing, step: str) -> bool:
    """Whether the step was answered on other grounds than there are now."""
    kept = _kept(filing).get(step)
    return kept is not None and kept != _grounds(filing, step)


def _kept(filing: Filing) -> Mapping[str, Any]:
    kept: Mapping[str, Any] = filing.answers.get(RESTS_ON, {})
    return kept


def _grounds(filing: Filing, step: str) -> str | None:
    """What a question rests on, as a fingerprint; None for one that stands on its own."""
    if step not in RESTING:
        return None
    place = filing.chosen.place["division"] if filing.chosen else None
    if step in {"where", "office"}:
        return _fingerprint([filing.service, place])
    if step == "collect":
        return _fingerprint(str(filing.office.id) if filing.office else None)
    papers = sorted(paper["id"] for paper in filing.documents)
    if step == "documents":
        return _fingerprint(papers)
    facts = {name: value for name, value in filing.facts.items() if name != "on"}
    return _fingerprint([filing.service, place, papers, facts])


def _fingerprint(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
