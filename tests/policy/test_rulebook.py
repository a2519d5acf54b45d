"""A mistake in a rulebook stops the start and says where it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.policy.finding import RulebookError
from app.policy.loading import HERE, load

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
        (
            "grants: registration",
            "grants: permission",
            "第 11 行 rules.two.grants：应为 registration、approval、needs_staff 之一",
        ),
        ("    article: 第一条\n", "", "第 10 行 rules.two.article：缺这一项"),
        ("source: [L-SD2016]", "source: []", "第 15 行 rules.two.source：应至少写一个"),
        ("living_children:", "living_kids:", "第 12 行 rules.two.when.living_kids：没有这一项"),
        ("from: 2020-01-01", "from: 2020-13-01", "第 5 行 from：应为一个日子"),
        (
            "from: 2020-01-01",
            "from: 2020-01-01\nto: 2019-01-01",
            "第 6 行 to：应不早于 `from`，2020-01-01",
        ),
        (
            "strength: statute\nchecked",
            "strength: sure\nchecked",
            "第 6 行 strength：应为 statute、seed",
        ),
        ("id: zz-2020", "id: zz-2021", "第 1 行 id：应为 zz-2020"),
        (
            "id: resident_id",
            "id: passport_photo",
            "第 20 行 procedures.0.documents.passport_photo.id：应为 documents.yaml 里的编号",
        ),
        ('jurisdiction: "62"', 'jurisdiction: "99"', "第 2 行 file：`jurisdiction` 应为 CN"),
        (
            "title: 测试规定",
            "title: 测试规定\ntitle: 又一个",
            "第 4 行 title：同一处应只写一次",
        ),
        ("rules:\n", "rules: [\n", "file：应为能读的 YAML"),
    ],
)
def test_a_mistake_names_file_line_and_field(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(RulebookError) as error:
        load_from(tmp_path, GOOD.replace(old, new, 1))
    assert str(error.value).startswith("zz-2020.yaml 第 ")
    assert says in str(error.value)


def test_two_texts_of_one_jurisdiction_do_not_start_together(tmp_path: Path) -> None:
    (tmp_path / "zz-2020.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(RulebookError, match="第 5 行 from：应和 zy-2020 不是同一天"):
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
