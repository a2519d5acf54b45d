"""A mistake in a rulebook stops the start and says where it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.policy.rulebook import HERE, RulebookError, load

GOOD = """\
id: zz-2020
jurisdiction: "62"
title: 测试规定
instrument: 测试条例
from: 2020-01-01
strength: statute
checked_on: 2026-11-21
sources: [L-SD2016]
rules:
  - id: two
    grants: registration
    when: {living_children: {at_most: 1}}
    text: 两个以内登记。
    article: 第一条
    source: [L-SD2016]
    strength: statute
procedures:
  - paper: registration
    documents:
      - {id: resident_id, of: [woman]}
"""


def load_from(tmp_path: Path, text: str, name: str = "zz-2020.yaml") -> object:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return load(folder=tmp_path)


def test_the_sample_is_good(tmp_path: Path) -> None:
    load_from(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("grants: registration", "grants: permission", "line 11, rules.0.grants"),
        ("    article: 第一条\n", "", "line 10, rules.0.article: Field required"),
        ("source: [L-SD2016]", "source: []", "line 15, rules.0.source"),
        ("living_children:", "living_kids:", "line 12, rules.0.when.living_kids"),
        ("from: 2020-01-01", "from: 2020-13-01", "line 5, from"),
        ("from: 2020-01-01", "from: 2020-01-01\nto: 2019-01-01", "`to` lies before `from`"),
        ("strength: statute\nchecked", "strength: sure\nchecked", "line 6, strength"),
        ("id: zz-2020", "id: zz-2021", "expected zz-2020"),
        ("id: resident_id", "id: passport_photo", "line 20, passport_photo: expected an id of"),
        ('jurisdiction: "62"', 'jurisdiction: "99"', "jurisdiction"),
        (
            "title: 测试规定",
            "title: 测试规定\ntitle: 又一个",
            "line 4, title: this field stands twice",
        ),
        ("rules:\n", "rules: [\n", "not readable as YAML"),
    ],
)
def test_a_mistake_names_file_line_and_field(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(RulebookError) as error:
        load_from(tmp_path, GOOD.replace(old, new, 1))
    assert "zz-2020.yaml" in str(error.value)
    assert says in str(error.value)


def test_two_texts_of_one_jurisdiction_do_not_start_together(tmp_path: Path) -> None:
    (tmp_path / "zz-2020.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(RulebookError, match="starts on the same day"):
        load_from(tmp_path, GOOD.replace("zz-2020", "zy-2020"), "zy-2020.yaml")


def test_every_rule_of_the_house_is_cited() -> None:
    for book in load(HERE / "rulebooks").rulebooks:
        for cited in book.cited():
            assert cited.source and cited.article and cited.text, f"{book.id}.{cited.id}"


def test_a_version_is_of_what_the_text_says(tmp_path: Path) -> None:
    def version(text: str) -> str:
        (tmp_path / "zz-2020.yaml").write_text(text, encoding="utf-8")
        return load(folder=tmp_path).rulebooks[0].version

    first = version(GOOD)
    assert version("# a remark\n" + GOOD) == first
    assert version(GOOD.replace("checked_on: 2026-11-21", "checked_on: 2026-12-24")) == first
    for old, new in (
        ("at_most: 1", "at_most: 2"),
        ("两个以内登记", "两个以内都登记"),
        ("article: 第一条", "article: 第二条"),
        ("of: [woman]", "of: [man]"),
    ):
        assert version(GOOD.replace(old, new)) != first


def test_a_text_moves_on_the_days_on_which_a_part_begins_or_has_ended() -> None:
    book = next(book for book in load().rulebooks if book.id == "hb-2014")

    def moved(since: str, on: str) -> bool:
        return book.moved(date.fromisoformat(since), date.fromisoformat(on))

    assert not moved("2014-02-27", "2014-03-26")
    assert moved("2014-02-27", "2014-03-27")
    assert not moved("2014-03-27", "2015-12-31")
    assert moved("2014-03-27", "2016-01-01")
    assert not moved("2014-06-03", "2014-06-03")
