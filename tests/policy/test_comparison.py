"""What a change of rulebooks changes, found by couples who are the same each time."""

from __future__ import annotations

import itertools
import shutil
from datetime import date
from pathlib import Path

import pytest

from app.policy.comparison import ASPECTS, Comparison, compare
from app.policy.facts import Facts
from app.policy.law import Law
from app.policy.loading import RULEBOOKS, load
from app.policy.random_couples import couples
from app.policy.worked_cases import read_cases
from tests.policy.conftest import CASES

TODAY = date(2026, 11, 21)
LABELLED = [(case.id, case.request) for case in read_cases(CASES)]


def changed(tmp_path: Path, law: Law, name: str, old: str, new: str) -> Comparison:
    """Compare the house with a copy in which one file is changed."""
    folder = Path(shutil.copytree(RULEBOOKS, tmp_path / "rulebooks"))
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return compare(law, Law(load(folder)), LABELLED, 1500, 7)


def test_the_same_seed_makes_the_same_couples() -> None:
    days = [date(2014, 6, 3), TODAY]
    one, other = list(couples(300, 5, days)), list(couples(300, 5, days))
    assert one == other
    assert one != list(couples(300, 6, days))
    assert list(itertools.islice(couples(300, 5, days), 10)) == one[:10]


def test_random_couples_keep_the_contract_and_are_of_many_kinds() -> None:
    bodies = list(couples(2000, 1, [date(2014, 6, 3), TODAY]))
    facts = [Facts.from_json(body) for body in bodies]
    assert {one.marriage for one in facts} == {"first", "remarried", "unmarried", None}
    assert {one.on for one in facts} == {date(2014, 6, 3), TODAY}
    assert len({one.woman.province for one in facts}) > 30
    complete = sum("marriage" in body and "joint_children" in body for body in bodies)
    assert complete > 1500


def test_nothing_changes_between_equal_folders(law: Law) -> None:
    found = compare(law, Law(load()), LABELLED, 300, 1)
    assert not found.any
    assert (found.couples, found.cases) == (300, len(LABELLED))
    assert found.added == found.removed == found.reworded == []


@pytest.mark.parametrize(
    ("name", "old", "new", "aspect"),
    [
        ("gd-2022", "grants: registration", "grants: needs_staff", "outcome"),
        ("zj-2021", "living_children: {at_least: 3}", "living_children: {at_least: 2}", "flag"),
        ("hn-2022", "stay: {months: 1}", "stay: {months: 3}", "places"),
        ("hb-2014", "id: couple_photo", "id: divorce_papers", "documents"),
        ("hb-2014", "who: township, value: 10", "who: township, value: 12", "deadlines"),
    ],
)
def test_each_kind_of_change_is_found(
    tmp_path: Path, law: Law, name: str, old: str, new: str, aspect: str
) -> None:
    found = changed(tmp_path, law, name, old, new)
    assert found.reworded == [name]
    assert found.count(aspect)[0] > 0
    assert aspect in ASPECTS


def test_a_change_of_words_alone_changes_nobody(tmp_path: Path, law: Law) -> None:
    found = changed(tmp_path, law, "gd-2022", "生育都办登记", "凡生育都办登记")
    assert found.reworded == ["gd-2022"]
    assert not found.any


def test_a_worked_case_that_changes_is_named(tmp_path: Path, law: Law) -> None:
    found = changed(tmp_path, law, "gd-2022", "grants: registration", "grants: needs_staff")
    assert found.changed_cases
    first = found.changed_cases[0]
    assert (first.was["outcome"], first.becomes["outcome"]) == ("registration", "needs_staff")
    assert ("registration", "needs_staff") in {turn[:2] for turn in found.turns()}


def test_looking_at_a_source_again_is_no_new_version(tmp_path: Path, law: Law) -> None:
    found = changed(
        tmp_path, law, "gd-2022", "checked_on: 2026-11-21", "checked_on: 2026-11-20  # again"
    )
    assert found.reworded == []
