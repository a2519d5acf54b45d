"""What an office that lets its time pass has done: it has taken the filing as of the day of receipt.

Whether 再生育审批 is an administrative licence is settled by no text held, so that the licensing Act
only speaks where the operator says it is one; everywhere else this is the operator's own promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Silence:
    """A text on silence. Simplified Chinese, to be translated; `strength` as in a rulebook."""

    text: str
    instrument: str
    article: str
    strength: str
    start: date


LICENSING_ACT = Silence(
    "材料不齐的，应当当场或者在五日内一次告知；到期不告知的，从收到材料那天起就是受理。",
    "行政许可法（2019 年修正）",
    "第三十二条第一款第四项、第八十二条",
    "derived",
    date(2019, 4, 23),
)


def law_on_silence(day: date, *, is_licence: bool) -> Silence | None:
    """The law by which silence accepts on this day; None where it is only the operator's promise."""
    return LICENSING_ACT if is_licence and day >= LICENSING_ACT.start else None
