"""One concept, one Chinese term, one name in the code; docs/glossary.md is the table."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def rows() -> list[tuple[str, str, list[str]]]:
    """(Chinese term, its code, the words not to be used for it)."""
    table = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    lines = [line.strip().strip("|").split("|") for line in table.splitlines() if "| `" in line]
    return [(row[0].strip(), row[1].strip(" `"), re.findall(r"`(\w+)`", row[3])) for row in lines]


def test_there_is_a_table() -> None:
    assert len(rows()) > 20


def test_no_term_has_two_codes_and_no_code_two_terms() -> None:
    for column in (0, 1):
        counted = Counter(row[column] for row in rows())
        assert [name for name, times in counted.items() if times > 1] == []


def test_refused_words_are_nowhere_in_the_code() -> None:
    refused = {word: code for _term, code, words in rows() for word in words}
    pattern = re.compile(rf"\b({'|'.join(refused)})\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[1]}, say {refused[match[1].lower()]}"
        for folder, kinds in (("app", ("py", "yaml")), ("templates", ("html",)))
        for kind in kinds
        for path in sorted((ROOT / folder).rglob(f"*.{kind}"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in pattern.finditer(line)
    ]
    assert found == []
