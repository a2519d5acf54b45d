"""An open draft as its owner tells it from another: for whom, how far, since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.applications.filing import filings_of, rules_changed
from app.applications.models import Draft, Service
from app.applications.steps import Filing, journey_of
from app.journey import Progress
from app.vault import mask_name

# What the application itself asks again about the birth, and the day of asking.
ASKED_AGAIN = {"stage", "born_on", "on"}


@dataclass(frozen=True)
class OpenDraft:
    """What a list of drafts says about one of them."""

    draft: Draft
    filing: Filing

    @property
    def service(self) -> Service:
        """What is applied for."""
        return self.filing.service

    @property
    def people(self) -> tuple[str, ...]:
        """The masked names of the couple, as far as they are typed."""
        wanted = ("woman", *(["man"] if self.filing.has_man else []))
        names = ((self.filing.answers.get(who) or {}).get("name") for who in wanted)
        return tuple(mask_name(name) for name in names if name)

    @property
    def hukou(self) -> str | None:
        """The division of her hukou: tells drafts apart while nobody is named."""
        code: str | None = (self.filing.facts.get("woman") or {}).get("hukou")
        return code

    @property
    def progress(self) -> Progress:
        """The step that is to be done next."""
        journey = journey_of(self.filing)
        return journey.progress(journey.first_incomplete or journey.visible[-1])

    def rests_on_other_answers(self, filing: Filing) -> bool:
        """Whether the checker was told something else since than what this draft rests on."""
        mine, theirs = (
            {name: value for name, value in one.facts.items() if name not in ASKED_AGAIN}
            for one in (self.filing, filing)
        )
        return mine != theirs

    @property
    def law_changed(self) -> bool:
        """Whether the rules it rests on have changed since it was begun."""
        return rules_changed(self.draft, self.filing.decision)


def told(drafts: Sequence[Draft]) -> list[OpenDraft]:
    """The drafts with what is said about them, asked of the database all at once."""
    if not drafts:
        return []
    return [OpenDraft(*pair) for pair in zip(drafts, filings_of(drafts), strict=True)]
