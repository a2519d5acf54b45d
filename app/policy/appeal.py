"""What a person may do against a refusal, as of the day of the decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way to have a refusal looked at again. Texts are Simplified Chinese, to be translated."""

    id: str
    text: str
    instrument: str
    article: str
    start: date


# The versions held. What the earlier versions said is not, and three months is not six.
REMEDIES = (
    Remedy(
        "review",
        "自知道这个决定之日起六十日内，可以申请行政复议。",
        "行政复议法（2023 年修订）",
        "第二十条",
        date(2024, 1, 1),
    ),
    Remedy(
        "lawsuit",
        "自知道这个决定之日起六个月内，可以向人民法院起诉。",
        "行政诉讼法（2017 年修正）",
        "第四十六条",
        date(2017, 7, 1),
    ),
)
# An office that does nothing is taken to review first; only then to a court (art. 23).
DELAY = Remedy(
    "delay",
    "超过期限一直不办的，可以申请行政复议。这种情形要先复议，不服复议决定再起诉。",
    "行政复议法（2023 年修订）",
    "第二十条、第二十三条",
    date(2024, 1, 1),
)
NOT_HELD = "那时的复议和起诉期限，本站没有收录原文。请看书面决定上写的，或者打 12345 问。"


def remedies_on(decided_on: date) -> tuple[Remedy, ...]:
    """The remedies whose text is held for a decision of this day; `NOT_HELD` speaks for the others."""
    return tuple(remedy for remedy in REMEDIES if remedy.start <= decided_on)


def against_delay_on(day: date) -> Remedy | None:
    """What to do about an office that is late; None for days whose text is not held."""
    return DELAY if DELAY.start <= day else None


def all_held_on(decided_on: date) -> bool:
    """Whether every remedy's text is held for a decision of this day."""
    return len(remedies_on(decided_on)) == len(REMEDIES)
