"""What a citizen reads is short, plain and in Chinese; test_terms.py sees that legal terms are explained."""

from __future__ import annotations

import re
from collections.abc import Iterator

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg

from translations.catalogue import HAN, KEYWORDS, ROOT

LONGEST = 40
# Where the way leads. What the law says is quoted as it is and comes from elsewhere.
WAY = (
    "templates/accounts/",
    "templates/applications/",
    "templates/checker/",
    "templates/certificates/",
    "templates/delegation/",
    "templates/errors/",
    "templates/guide/",
    "templates/papers/",
    "templates/tracking/",
    "app/applications/forms.py",
    "app/checker/",
    "app/delegation/",
    "app/guide/questions.yaml",
    "app/guide/household.yaml",
    "app/guide/afterwards.yaml",
    "app/tracking/",
)
ENDS = re.compile("[。！？；]")
VALUE = re.compile(r"%\(\w+\)s|\{\w+\}")


def sentences() -> Iterator[tuple[str, str]]:
    """(file, sentence) of every text on the way; a value to be filled in counts two characters."""
    with (ROOT / "babel.cfg").open() as settings:
        methods, options = parse_mapping_cfg(settings)
    for file, _line, text, _comments, _context in extract_from_dir(
        str(ROOT), methods, options, KEYWORDS
    ):
        if not file.startswith(WAY):
            continue
        for one in text if isinstance(text, tuple) else (text,):
            for sentence in ENDS.split(VALUE.sub("〇〇", one)):
                yield file, sentence


def test_no_sentence_on_the_way_is_long() -> None:
    found = list(sentences())
    assert len([one for _file, one in found if HAN.search(one)]) > 400
    assert [(file, one) for file, one in found if len(one) > LONGEST] == []


# Words of offices, and twice "no" where "yes" would do.
STIFF = re.compile(
    "予以|(?<!必)须(?!知)|兹|如需|(?<!地)方可|相关|事宜|逾期|申办|知悉|特此|出证|系统内|"
    "不得不|不能不|不是不|不会不|没有不|无不|并非不|非.{1,4}不可"
)
# A source by its number, as editors write it; readers see its name.
SOURCE = re.compile("(?:L|W|SEED)-")
# Letters that stand on papers, in numbers and in names of files; one reads them off, or types them.
LETTERS = re.compile(r"[A-Za-z]{2,}")
KNOWN = set("PDF JPG PNG HEIC MB CSV JJB JJZ SQ XC QR WCAG AA Cookie shanghukou macheng".split())


def test_no_word_of_offices_and_no_english() -> None:
    """What is only searched (`also`) and what only editors see (English keys of files) may hold anything."""
    stiff, foreign = [], []
    for file, one in sentences():
        if STIFF.search(one) and not re.search("逾期$|^请问", one):
            stiff.append((file, one))
        if (
            HAN.search(one)
            and not SOURCE.match(one)
            and (left := set(LETTERS.findall(one)) - KNOWN)
        ):
            foreign.append((file, one, left))
    assert stiff == []
    assert foreign == []
