"""docs/change-a-rule.md, done as it is written: what it shows is what the commands print."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.config import ROOT
from app.policy.loading import RULEBOOKS

TEXT = (ROOT / "docs" / "change-a-rule.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
FINDING = re.compile(r"^\s*((?:cases/)?[a-z]{2}-\d{4}\.yaml, line \d+, .+)$", re.MULTILINE)


@pytest.fixture
def yaml() -> list[str]:
    """The files and pieces of files that the page has one write, after the source of the first example."""
    return [block for language, block in BLOCKS if language == "yaml"][1:]


@pytest.fixture
def check(site: Flask, tmp_path: Path) -> Callable[[], list[str]]:
    """The findings of `flask rules check` on a copy of the rulebooks, the cases and the sources."""
    shutil.copytree(RULEBOOKS, tmp_path / "rulebooks")
    shutil.copytree(ROOT / "tests" / "policy" / "cases", tmp_path / "cases")
    source = next(block for language, block in BLOCKS if language == "yaml")
    listed = (RULEBOOKS.parent / "sources.yaml").read_text(encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(listed + source, encoding="utf-8")
    arguments = ["rules", "check", tmp_path / "rulebooks", "--cases", tmp_path / "cases"]

    def run() -> list[str]:
        done = site.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
        found = FINDING.findall(done.output)
        assert done.exit_code == (1 if found else 0), done.output
        return found

    return run


def test_the_first_example(yaml: list[str], check: Callable[[], list[str]], tmp_path: Path) -> None:
    shown = [line for line in FINDING.findall(TEXT) if "gs-2027" in line]
    rulebook, cases = tmp_path / "rulebooks" / "gs-2027.yaml", tmp_path / "cases" / "gs-2027.yaml"
    rulebook.write_text(yaml[0], encoding="utf-8")
    assert check() == shown[:2]

    filing = yaml[1].split("procedures:")[0].split("\n", 2)[2]
    procedure = yaml[1].split("procedures:")[1].split("\n", 2)[2]
    whole = yaml[0].replace("marriage_certificat,", "marriage_certificate,")
    whole = whole.replace("procedures:", filing + "procedures:", 1) + procedure
    rulebook.write_text(whole, encoding="utf-8")
    assert check() == shown[2:3]

    cases.write_text(yaml[2], encoding="utf-8")
    assert check() == shown[3:4]

    cases.write_text(yaml[2].replace("2027-05-31", "2027-06-01"), encoding="utf-8")
    assert check() == []
    assert len(shown) == 4


def test_every_word_of_a_rulebook_that_is_explained_exists() -> None:
    """And every condition, term of filing and dated key that exists is explained."""
    from app.policy.rulebook import Filing, When

    explained = set(re.findall(r"`(\w+)", TEXT.split("## The words of a rulebook")[1]))
    assert set(When.model_fields) <= explained
    own = {"stay", "permit", "outsiders_only", "outside_county", "any_township", "opens"}
    assert own <= explained & set(Filing.model_fields)
