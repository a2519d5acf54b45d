"""Make `pinyin.csv`, how every question and every police matter sounds: `python -m app.guide.pinyin_table`.

Run when `questions.yaml` or `household.yaml` changes (a test says so); needs pypinyin, which the site
never imports.
Each name is spelt from each of its characters on, since people begin to type anywhere in it:
准生证 is zhunshengzheng, shengzheng, zheng, and zsz, sz, z.
"""

from __future__ import annotations

import csv
import io
import re

from app.guide import household
from app.guide.questions import everything
from app.guide.search import PINYIN, sound_of_matter

# Nobody spells out more than this before looking at what was found.
LONGEST = 10
HAN = re.compile("[\u3400-\u9fff]+")


def table() -> str:
    """The whole file."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(("id", "heard"))
    for question in everything()[1].values():
        writer.writerow((question.id, " ".join(_heard(question.ask, *question.also))))
    for name, matter in household.everything().items():
        writer.writerow((sound_of_matter(name), " ".join(_heard(matter.name, *matter.also))))
    return output.getvalue()


def _heard(*texts: str) -> list[str]:
    from pypinyin import lazy_pinyin

    found: dict[str, None] = {}
    for said in texts:
        for run in HAN.findall(said):
            syllables = lazy_pinyin(run)
            for start in range(len(syllables)):
                typed = syllables[start : start + LONGEST]
                found["".join(typed)] = None
                found["".join(syllable[0] for syllable in typed)] = None
    return list(found)


if __name__ == "__main__":
    PINYIN.write_text(table(), encoding="utf-8")
