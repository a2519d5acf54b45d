"""docs/change-a-rule.md, done as it is written: what it shows is what the commands print."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.config import ROOT
from app.policy.loading import RULEBOOKS
from app.policy.rulebook import Filing, When

TEXT = (ROOT / "docs" / "change-a-rule.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
YAML = [block for language, block in BLOCKS if language == "yaml"]
SOURCE, BOOK, MORE, CASES, NEW_SOURCE, NEW_BOOK, ENDED, NEW_CASES = YAML
(COUPLE,) = [block for language, block in BLOCKS if language == "json"]


def shown() -> Iterator[tuple[str, list[str]]]:
    """(command, the lines it printed) of every call of the site's commands, in order."""
    for language, block in BLOCKS:
        if not language and "flask" in block:
            for call in re.split(r"^\$ \.venv/bin/flask ", block, flags=re.MULTILINE)[1:]:
                command, *lines = call.rstrip("\n").split("\n")
                yield command, lines


SHOWN = list(shown())


class Desk:
    """A copy of the rules on which the page is followed."""

    def __init__(self, site: Flask, folder: Path) -> None:
        self.site = site
        self.folder = folder
        shutil.copytree(RULEBOOKS, folder / "rulebooks")
        shutil.copytree(ROOT / "tests" / "policy" / "cases", folder / "cases")
        shutil.copy(RULEBOOKS.parent / "sources.yaml", folder)
        self.calls = iter(SHOWN)

    def add(self, name: str, text: str) -> None:
        """Write at the end of a file."""
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def prints_as_shown(self, *arguments: str) -> None:
        """The next call of the page, on this copy, prints what the page shows of it."""
        command, wanted = next(self.calls)
        assert command.split()[1] == arguments[0]
        done = self.site.test_cli_runner().invoke(args=["rules", *arguments])
        printed = done.output.rstrip("\n").split("\n")
        assert_as_shown(printed, wanted)

    def check(self) -> None:
        cases = str(self.folder / "cases")
        self.prints_as_shown("check", str(self.folder / "rulebooks"), "--cases", cases)

    def diff(self, old: Path, examples: str) -> None:
        cases = str(self.folder / "cases")
        arguments = ("--examples", examples, "--cases", cases)
        self.prints_as_shown("diff", str(old), str(self.folder / "rulebooks"), *arguments)


def assert_as_shown(printed: list[str], wanted: list[str]) -> None:
    """Line by line; a line that ends with … is shown in part, and … alone leaves lines out."""
    place = 0
    for number, line in enumerate(wanted):
        if line == "…":
            rest = wanted[number + 1] if number + 1 < len(wanted) else None
            while rest is not None and printed[place] != rest:
                place += 1
            if rest == "":
                following = next(each for each in wanted[number + 1 :] if each)
                place = printed.index(following) - 1
            if rest is None:
                return
            continue
        if line.endswith(" …"):
            assert printed[place].startswith(line[:-2])
        else:
            assert printed[place] == line
        place += 1
    assert place == len(printed)


@pytest.fixture
def desk(site: Flask, tmp_path: Path) -> Desk:
    return Desk(site, tmp_path)


def test_both_examples(desk: Desk, tmp_path: Path) -> None:
    desk.add("sources.yaml", SOURCE)
    desk.write("rulebooks/gs-2027.yaml", BOOK)
    desk.check()

    filing, procedure = (part.split("\n", 2)[2] for part in MORE.split("procedures:"))
    whole = BOOK.replace("marriage_certificat,", "marriage_certificate,")
    whole = whole.replace("procedures:", filing + "procedures:", 1) + procedure
    desk.write("rulebooks/gs-2027.yaml", whole)
    desk.check()

    desk.write("cases/gs-2027.yaml", CASES)
    desk.check()
    assert "opens_on: '2027-05-31'" in CASES
    desk.write("cases/gs-2027.yaml", CASES.replace("2027-05-31", "2027-06-01"))
    desk.check()
    desk.diff(RULEBOOKS, "1")

    (tmp_path / "couple.json").write_text(COUPLE, encoding="utf-8")
    folder = str(tmp_path / "rulebooks")
    desk.prints_as_shown("explain", str(tmp_path / "couple.json"), "--folder", folder)

    before = shutil.copytree(tmp_path / "rulebooks", tmp_path / "before" / "rulebooks")
    desk.add("sources.yaml", NEW_SOURCE)
    shutil.copy(tmp_path / "sources.yaml", tmp_path / "before")
    desk.write("rulebooks/hn-2027.yaml", NEW_BOOK)
    desk.check()

    old = (tmp_path / "rulebooks" / "hn-2022.yaml").read_text(encoding="utf-8")
    first = ENDED.split("\n", 1)[0] + "\n"
    assert first in old
    desk.write("rulebooks/hn-2022.yaml", old.replace(first, ENDED, 1))
    desk.write("cases/hn-2027.yaml", NEW_CASES)
    desk.check()
    desk.diff(Path(before), "0")
    assert next(desk.calls, None) is None, "a call that nobody followed"


def test_every_word_of_a_rulebook_that_is_explained_exists() -> None:
    """And every condition, term of filing and dated key that exists is explained."""
    explained = set(re.findall(r"`(\w+)", TEXT.split("## 规定里用的词")[1]))
    assert set(When.model_fields) <= explained
    own = {"stay", "permit", "outsiders_only", "outside_county", "any_township", "opens"}
    assert own <= explained & set(Filing.model_fields)
