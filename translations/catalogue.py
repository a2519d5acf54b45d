"""The Traditional catalogue: collected from the code, drafted by OpenCC, kept by people.

    python3 dev.py translate             add new texts, drop gone ones, keep every translation
    python3 dev.py translate --redraft   draft anew all that do not carry the comment `reviewed`

The interface is written in Simplified Chinese, so Simplified needs no catalogue. Traditional here
changes the script only: the readers deal with mainland offices, and the words on their papers
(户籍 戶籍, 短信 短信, 网上 網上) must stay recognisable. `glossary.csv` holds what OpenCC gets wrong,
`lookalikes.csv` the characters that are good Traditional only in the words named there (公里 but 手裡):
a new word with one of them is read by somebody before it stands on a page.
"""

from __future__ import annotations

import argparse
import ast
import csv
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "translations" / "zh_Hant" / "LC_MESSAGES" / "messages.po"
GLOSSARY = ROOT / "translations" / "glossary.csv"
LOOKALIKES = ROOT / "translations" / "lookalikes.csv"
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "_l": None,
    "lazy_pgettext": ((1, "c"), 2),
    "words": None,  # a sentence of the policy core's, made elsewhere
}
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
# Simplified that is good Traditional too, in a few words (公里, 皇后, 若干, 批准) and in names of places.
IN_BOTH = frozenset("准干里后台岳岩斗于范余游咸淀涌郁")
# What a translation must hand on as it is: values of Python's and of the scripts', and tags.
PIECE = re.compile(r"%\(\w+\)s|%%|\{\w+\}|<[^<>]*>")
REVIEWED = "reviewed"
HEADER = "# Traditional Chinese of the interface; see translations/catalogue.py."
# Headers that say nothing, or something new every day.
NOISE = re.compile(
    r'^"(?:POT-Creation-Date|PO-Revision-Date|Project-Id-Version|Report-Msgid-Bugs-To|'
    r"Last-Translator|Language-Team|Generated-By): .*\n",
    re.MULTILINE,
)

Found = tuple[int, str, str, list[str]]


# --- Collecting ---


def extract_python(
    file: IO[bytes], _keywords: object, _tags: object, options: object
) -> Iterator[Found]:
    """Every literal with a Han character that is not a docstring, of an attribute either."""
    tree = ast.parse(file.read())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and HAN.search(text) and id(node) not in docstrings:
            yield node.lineno, "gettext", text, []


def extract_yaml(
    file: IO[bytes], _keywords: object, _tags: object, options: object
) -> Iterator[Found]:
    """Every scalar with a Han character."""
    for token in yaml.scan(file.read().decode()):
        if isinstance(token, yaml.ScalarToken) and HAN.search(token.value):
            yield token.start_mark.line + 1, "gettext", token.value, []


def collect() -> Catalog:
    """All texts of the interface, without where they are (which would change every day)."""
    with (ROOT / "babel.cfg").open() as settings:
        methods, options = parse_mapping_cfg(settings)
    catalogue = Catalog(charset="utf-8", fuzzy=False)
    found = extract_from_dir(str(ROOT), methods, options, KEYWORDS)
    for _file, _line, text, _comments, context in found:
        # A bare name or format without Chinese reads the same in both scripts.
        if HAN.search(text[0] if isinstance(text, tuple) else text):
            catalogue.add(text, context=context)
    return catalogue


# --- Drafting ---


@cache
def to_traditional() -> Callable[[str], str]:
    """OpenCC's characters as Taiwan writes them, its words left as they are; a tool of ours only."""
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("s2tw").convert
    return convert


class Drafter:
    """Simplified to Traditional: the glossary's phrases first, OpenCC for the rest."""

    def __init__(self) -> None:
        self.convert = to_traditional()
        self.glossary = {row["simplified"]: row["traditional"] for row in _rows(GLOSSARY)}
        longest_first = sorted(map(re.escape, self.glossary), key=len, reverse=True)
        self.phrases = re.compile("|".join(longest_first))

    def __call__(self, text: str) -> str:
        # OpenCC sees the whole sentence, with each glossary phrase as one private-use character.
        kept: list[str] = []

        def keep(match: re.Match[str]) -> str:
            kept.append(self.glossary[match[0]])
            return chr(0xE000 + len(kept) - 1)

        converted = self.convert(self.phrases.sub(keep, text) if self.glossary else text)
        return re.sub("[\ue000-\uf8ff]", lambda match: kept[ord(match[0]) - 0xE000], converted)


@cache
def to_simplified() -> Callable[[str], str]:
    """The way back, to tell which characters Simplified never has."""
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


def simplified_only(text: str) -> set[str]:
    """The characters of `text` that no Traditional text has, so not those of `IN_BOTH`."""
    return _changed(text, to_traditional()) - IN_BOTH


def traditional_only(text: str) -> set[str]:
    """The characters of `text` that no Simplified text has; 著 is good in both."""
    return _changed(text, to_simplified()) - {"著"}


def misplaced(text: str) -> set[str]:
    """The characters of a Traditional text that stand outside the words they are right in."""
    return {
        character
        for character, words in _lookalikes().items()
        if character in text and character in words.sub("", text)
    }


@cache
def _lookalikes() -> dict[str, re.Pattern[str]]:
    return {
        row["character"]: re.compile("|".join(row["words"].split()) or "(?!)")
        for row in _rows(LOOKALIKES)
    }


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _changed(text: str, convert: Callable[[str], str]) -> set[str]:
    return {character for character in HAN.findall(text) if convert(character) != character}


# --- The catalogue ---


def updated(*, redraft: bool = False) -> Catalog:
    """The catalogue as it should be: every text, each with its translation or a draft of it."""
    draft = Drafter()
    collected, old = collect(), load()
    new = Catalog(locale="zh_Hant", charset="utf-8", fuzzy=False)
    new.header_comment = HEADER
    for message in collected:
        if not message.id:
            continue
        before = old.get(message.id, message.context)
        kept = before is not None and _filled(before)
        if kept and before and (not redraft or REVIEWED in before.user_comments):
            text, comments = before.string, before.user_comments
        else:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            # Chinese has one plural form, and the msgid's plural is the one to keep.
            text, comments = draft(ids[-1]), []
            text = (text,) if message.pluralizable else text
        new.add(message.id, text, context=message.context, user_comments=comments)
    return new


def _filled(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def load() -> Catalog:
    """The catalogue as it is; empty when there is none."""
    if not CATALOGUE.exists():
        return Catalog(locale="zh_Hant")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hant")


def as_text(catalogue: Catalog) -> str:
    """The catalogue as committed: sorted, no places, no dates."""
    file = BytesIO()
    write_po(file, catalogue, no_location=True, sort_output=True, width=100, ignore_obsolete=True)
    return NOISE.sub("", file.getvalue().decode())


def complaints() -> list[str]:
    """What is wrong with the committed catalogue: texts missing, left over, or badly translated."""
    collected, committed = collect(), load()
    found = []
    for message in collected:
        if not message.id:
            continue
        translation = committed.get(message.id, message.context)
        if translation is None or not _filled(translation):
            found.append(f"not translated: {message.id!r}")
            continue
        found += [f"{message.id!r}: {error}" for error in translation.check(committed)]
        found += _misread(message.id, translation.string)
    found += [
        f"no longer used: {message.id!r}"
        for message in committed
        if message.id and collected.get(message.id, message.context) is None
    ]
    return found


def _misread(source: str | tuple[str, ...], translation: str | tuple[str, ...]) -> Iterator[str]:
    """What is wrong with one translation, character by character and piece by piece."""
    simplified = source if isinstance(source, str) else source[-1]
    traditional = translation if isinstance(translation, str) else translation[-1]
    if left := simplified_only(traditional):
        yield f"Simplified {''.join(sorted(left))} in {traditional!r}"
    if left := traditional_only(simplified):
        yield f"Traditional {''.join(sorted(left))} in {simplified!r}"
    if left := misplaced(traditional):
        yield f"{''.join(sorted(left))} in {traditional!r}: mend it, or name the word in {LOOKALIKES.name}"
    if sorted(PIECE.findall(simplified)) != sorted(PIECE.findall(traditional)):
        yield f"{simplified!r} and {traditional!r} do not hold the same values and tags"
    rest = simplified
    for term, wanted in sorted(Drafter().glossary.items(), key=lambda row: -len(row[0])):
        if term in rest and wanted not in traditional:
            yield f"{simplified!r}: {term} is {wanted} in {GLOSSARY.name}, not so in {traditional!r}"
        rest = rest.replace(term, " ")


def compile_all() -> None:
    """Write the binary catalogue that the site reads, unless it is newer than the text."""
    binary = CATALOGUE.with_suffix(".mo")
    if binary.exists() and binary.stat().st_mtime > CATALOGUE.stat().st_mtime:
        return
    # Written beside and moved into place: several programs may start at the same moment.
    with NamedTemporaryFile(dir=CATALOGUE.parent, delete=False) as file:
        write_mo(file, load())
    Path(file.name).chmod(0o644)
    Path(file.name).replace(binary)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, say what is wrong")
    parser.add_argument("--redraft", action="store_true", help="draft anew what is not reviewed")
    parser.add_argument("--compile", action="store_true", help="only write the binary catalogue")
    options: Any = parser.parse_args(arguments)
    if options.check:
        found = complaints()
        if found:
            print("\n".join(found), "\nType: python3 dev.py translate", sep="", file=sys.stderr)
        return int(bool(found))
    if options.compile:
        compile_all()
        return 0
    catalogue = updated(redraft=options.redraft)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_text(as_text(catalogue), encoding="utf-8")
    compile_all()
    print(f"{len(catalogue)} texts in {CATALOGUE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
