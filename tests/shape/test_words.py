"""On a citizen's way from the first question to the receipt, no sentence is long."""

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
    "templates/guide/home.html",
    "templates/tracking/",
    "app/applications/forms.py",
    "app/checker/",
    "app/tracking/",
)
ENDS = re.compile("[。！？；]")
VALUE = re.compile(r"%\(\w+\)s")


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
