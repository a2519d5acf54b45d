"""Make `pinyin.csv`, how every question and every police matter sounds, and `syllables.csv`, how every
character that people type does: `python -m app.guide.pinyin_table`.

Run when `questions.yaml` or `household.yaml` changes (a test says so); needs pypinyin, which the site
never imports.
Each name is spelt from each of its characters on, since people begin to type anywhere in it:
准生证 is zhunshengzheng, shengzheng, zheng, and zsz, sz, z.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict

from app.guide import household
from app.guide.questions import everything
from app.guide.search import PINYIN, SYLLABLES, sound_of_matter

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


def syllables() -> str:
    """The whole file: each syllable with the characters of GB 2312 and of Big5's first level read so."""
    from pypinyin import lazy_pinyin

    read: dict[str, list[str]] = defaultdict(list)
    for character in map(chr, range(0x4E00, 0xA000)):
        if (
            character.encode("gb2312", "ignore")
            or b"\xa4" <= character.encode("big5", "ignore") < b"\xc9"
        ):
            read[lazy_pinyin(character)[0]].append(character)
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(("syllable", "read"))
    writer.writerows((syllable, "".join(read[syllable])) for syllable in sorted(read))
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
    SYLLABLES.write_text(syllables(), encoding="utf-8")
