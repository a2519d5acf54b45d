"""Make `data/divisions.csv` from the bare list of codes and names: `python -m app.places.build LIST`.

Run by hand when a new edition of the list is published; needs the development packages pypinyin
and opencc, which the site itself never imports. Two reviewed files correct what they get wrong
for places: `data/readings.csv` (六安 is lù'ān) and `data/hant.csv` (台州 stays 台州). In both, the
longest matching `text` wins, then the narrowest `within` (a code prefix; empty is everywhere).
"""

from __future__ import annotations

import csv
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
COLUMNS = ("code", "name", "name_hant", "pinyin", "initials")

# What is known of a piece of a name: where it holds, the piece, one value for each character.
Override = tuple[str, str, tuple[str, ...]]


def main(source: Path) -> None:
    """Write `data/divisions.csv` from `source` (CSV with columns code and name)."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = [(row["code"], row["name"].strip()) for row in csv.DictReader(file)]
    with (DATA / "divisions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(enrich(sorted(rows)))


def enrich(rows: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str, str, str]]:
    """Add to each (code, name) the Traditional name, the pinyin without tones, and its initials.

    Both scripts and the pinyin have the same number of characters and syllables; the search
    relies on it.
    """
    readings = _by_first(_overrides("readings.csv", "reading", lambda text: tuple(text.split())))
    variants = _by_first(_overrides("hant.csv", "hant", tuple))
    for code, name in rows:
        if set(name) & set(',"\n'):
            raise SystemExit(f"{code},{name}: the reader splits lines at plain commas")
        hant = _spell(code, name, _traditional, variants)
        syllables = [_plain(s) for s in _spell(code, name, _reading, readings)]
        initials = "".join(s[0] for s in syllables if s != "-")
        yield code, name, "".join(hant), " ".join(syllables), initials


def _overrides(file: str, column: str, split: Callable[[str], tuple[str, ...]]) -> list[Override]:
    with (DATA / file).open(encoding="utf-8", newline="") as stream:
        found = [(r["within"], r["text"], split(r[column])) for r in csv.DictReader(stream)]
    for within, text, values in found:
        if len(text) != len(values):
            raise SystemExit(f"{file}: {within},{text} needs one value for each character")
    return sorted(found, key=lambda o: (-len(o[1]), -len(o[0])))


def _by_first(overrides: list[Override]) -> dict[str, list[Override]]:
    index: dict[str, list[Override]] = {}
    for override in overrides:
        index.setdefault(override[1][0], []).append(override)
    return index


def _spell(
    code: str,
    name: str,
    machine: Callable[[str], list[str]],
    overrides: dict[str, list[Override]],
) -> list[str]:
    """One value for each character of `name`: the reviewed one, else the machine's."""
    values = list(machine(name))
    at = 0
    while at < len(name):
        for within, text, reviewed in overrides.get(name[at], ()):
            if code.startswith(within) and name.startswith(text, at):
                values[at : at + len(text)] = reviewed
                at += len(text)
                break
        else:
            at += 1
    return values


@cache
def _traditional(name: str) -> list[str]:
    # Character by character: phrases of common words rename places (七里 is not 七裡).
    return [_converter()(character) for character in name]


@cache
def _converter() -> Callable[[str], str]:
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("s2tw").convert
    return cache(convert)


@cache
def _reading(name: str) -> list[str]:
    from pypinyin import Style, pinyin

    han = name.translate(str.maketrans("", "", "（）、-"))
    found = iter(s[0] for s in pinyin(han, style=Style.TONE))
    syllables = [next(found) if c in han else c for c in name]
    return [{"〇": "líng"}.get(c, s) for c, s in zip(name, syllables, strict=True)]


def _plain(syllable: str) -> str:
    """Drop the tone and keep ü: lǜ is lü. Punctuation in a name is `-`, which nobody types."""
    marks = unicodedata.normalize("NFD", syllable)
    kept = "".join(c for c in marks if c == "\u0308" or not unicodedata.combining(c))
    plain = unicodedata.normalize("NFC", kept)
    return plain if plain.replace("ü", "u").isascii() and plain.replace("ü", "u").isalpha() else "-"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
