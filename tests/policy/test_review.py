"""Every kind of mistake in a folder of rulebooks is found, with its file, line and field."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.policy.coverage import Period, load_sound, without
from app.policy.exercise import exercise
from app.policy.finding import RulebookError
from app.policy.law import Law
from app.policy.loading import RULEBOOKS, load
from app.policy.review import look_over
from app.policy.worked_cases import read_cases
from tests.policy.conftest import CASES

TODAY = date(2026, 11, 21)
SOURCES = RULEBOOKS.parent / "sources.yaml"
Change = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the house's rulebooks, to be spoilt."""
    return Path(shutil.copytree(RULEBOOKS, tmp_path / "rulebooks"))


@pytest.fixture
def change(folder: Path) -> Change:
    """`change("gd-2022", old, new)`: spoil one file; the old text must be there."""

    def spoil(name: str, old: str, new: str) -> None:
        path = folder / f"{name}.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def mistakes(folder: Path) -> list[str]:
    """Every mistake; its line is only compared where a test says so."""
    return [str(replace(finding, line=0)) for finding in look_over(folder, TODAY)[1]]


def tried(folder: Path) -> list[str]:
    held, found = look_over(folder, TODAY)
    assert found == []
    return [str(replace(finding, line=0)) for finding in exercise(held, Law(load(folder)), [])]


# --- The house itself ---


def test_the_house_has_no_mistakes() -> None:
    assert mistakes(RULEBOOKS) == []


def test_every_statement_of_the_house_is_exercised_both_ways(law: Law) -> None:
    held, _found = look_over(RULEBOOKS, TODAY)
    cases = [case.request for case in read_cases(CASES)]
    assert [str(finding) for finding in exercise(held, law, cases)] == []


def test_every_source_of_a_case_is_listed() -> None:
    listed = load().sources
    for path in CASES.glob("*.yaml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("  source: ["):
                for source in line.split("[")[1].rstrip("]").split(","):
                    name = source.strip(" '\"").split(" ")[0]
                    if name[:2] in {"L-", "W-", "SE"}:
                        assert name in listed, f"{path.name}: {name}"


# --- Mistakes in one file ---


@pytest.mark.parametrize(
    ("name", "old", "new", "mark", "says"),
    [
        ("gd-2022", "    when: {marriage", "    wen: {marriage", "wen:",
         "rules.every-birth.wen：没有这一项；是不是想写 when？"),
        ("gd-2022", "    article: 第六条\n", "", "- id: every-birth",
         "rules.every-birth.article：缺这一项，应写上"),
        ("gd-2022", "grants: registration", "grants: permission", "grants: permission",
         "rules.every-birth.grants：应为 registration、approval、needs_staff 之一"),
        ("gd-2022", 'jurisdiction: "44"', "jurisdiction: 44", "jurisdiction: 44",
         "jurisdiction：应为文字；数字请加引号"),
        ("hb-2014", "to: 2015-12-31", "to: 2013-12-31", "to: 2013-12-31",
         "to：应不早于 `from`，2014-02-27"),
        ("hb-2014", "    to: 2014-03-26", "    to: 2014-01-26", "to: 2014-01-26",
         "rules.both-only-children.to：应在这份文件施行的日子里，2014-02-27 到 2015-12-31"),
        ("hb-2014", "    from: 2014-03-27", "    from: 2016-03-27", "from: 2016-03-27",
         "rules.one-only-child.from：应在这份文件施行的日子里"),
        ("sc-2023", "checked_on: 2026", "checked_on: 2029", "checked_on: 2029",
         "checked_on：应不晚于今天，2026-11-21"),
        ("gx-2016", "online_from: 2018-11-19", "online_from: 2023-11-19", "online_from: 2023",
         "procedures.0.online_from：应不晚于最后一天，2022-02-28"),
        ("gd-2022", "    text: 生育都办登记", '    text: ""\n    beyond: 生育都办登记', 'text: ""',
         "rules.every-birth.text：应有文字，这里是空的"),
        ("gd-2022", "    article: 第六条\n", "    article: 第六条\n    link: www.example.cn\n", "link:",
         "rules.every-birth.link：应为 https:// 开头的网址"),
        ("gd-2022", "id: registration_form", "id: registration_from", "registration_from",
         "procedures.0.documents.registration_from.id：应为 documents.yaml 里的编号，没有 "
         "registration_from；是不是 registration_form？"),
        ("gd-2022", "sources: [W-GD2022,", "sources: [W-GD2O22,", "sources: [",
         "sources.0：应为 sources.yaml 里的编号，没有 W-GD2O22；是不是 W-GD2022？"),
        ("gd-2022", 'source: ["W-GD2022 art.6"', 'source: ["X-1 art.6"', "X-1",
         "rules.every-birth.source.0：应为 sources.yaml 里的编号，没有 X-1；新的请先加进去"),
        ("jx-2021", "    strength: secondary\nfiling:", "    strength: statute\nfiling:",
         "strength: statute",
         "rules.third-child.strength：应为 secondary 或 derived，不是 statute：出处只是摘录"),
        ("gd-2022", "id: gd-2022", "id: gd-2021", "id: gd-2021",
         "id：应为 gd-2022，和文件名一样"),
        ("gd-2016", "id: one-left", "id: all-died", None, "file：每条的 id 应不一样，all-died 写了两次"),
        ("gd-2016", "for_rules: [one-disabled]", "for_rules: [one-disable]", "[one-disable]",
         "file：材料 disability_panel_certificate 的 `for_rules` 应为上面某条规定的 id，没有 one-disable"),
        ("gd-2022", "rules:\n", "rules：\n", "rules：",
         "rules：名称后面应为半角冒号"),
        ("gd-2022", "  - id: every-birth", "\t- id: every-birth", None, "file：应为能读的 YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(
    folder: Path, change: Change, name: str, old: str, new: str, mark: str | None, says: str
) -> None:
    """`mark`: what stands on the line that is named."""
    change(name, old, new)
    lines = (folder / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    number = next((str(n) for n, line in enumerate(lines, 1) if mark and mark in line), r"\d+")
    where = rf"{name}\.yaml 第 {number} 行 "
    found = [str(finding) for finding in look_over(folder, TODAY)[1]]
    assert any(re.match(where + re.escape(says), one) for one in found), found


def test_all_mistakes_of_all_files_are_named_at_once(folder: Path, change: Change) -> None:
    change("gd-2022", "strength: secondary", "strength: sure")
    change("gd-2022", "grants: registration", "grants: yes")
    change("sc-2023", "to: 2028-02-14", "to: 2022-02-14")
    change("zj-2021", "[L-ZJ2021]", "[L-ZJ2001]")
    files = [finding.file for finding in look_over(folder, TODAY)[1]]
    assert files.count("gd-2022.yaml") == 2
    assert {"sc-2023.yaml", "zj-2021.yaml"} <= set(files)


def test_a_file_nobody_would_read_is_named(folder: Path) -> None:
    (folder / "gd-2022.yaml").rename(folder / "gd-2022.yml")
    assert any(one.startswith("gd-2022.yml 第 0 行 file：文件名应像") for one in mistakes(folder))


def test_text_in_another_encoding_is_named(folder: Path) -> None:
    path = folder / "gd-2022.yaml"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    assert any("gd-2022.yaml 第 0 行 file：应存成 UTF-8 编码" in one for one in mistakes(folder))
    with pytest.raises(RulebookError, match="应存成 UTF-8"):
        load(folder)


def test_a_file_saved_by_windows_is_fine(folder: Path) -> None:
    path = folder / "gd-2022.yaml"
    text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert mistakes(folder) == []


def test_an_empty_folder_and_a_missing_one_are_no_law(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "应至少有一份规定" in mistakes(tmp_path / "empty")[0]
    assert "应为放规定的文件夹" in mistakes(tmp_path / "none")[0]


def test_mistakes_in_the_list_of_sources(folder: Path, tmp_path: Path) -> None:
    sources = tmp_path / "sources.yaml"

    def found(old: str, new: str) -> list[str]:
        text = SOURCES.read_text(encoding="utf-8")
        assert old in text
        sources.write_text(text.replace(old, new, 1), encoding="utf-8")
        return [str(one) for one in look_over(folder, TODAY, sources=sources)[1]]

    assert any(
        re.match(
            r"sources\.yaml 第 \d+ 行 SEED-HB2014\.strength：应为 seed、statute、secondary", one
        )
        for one in found("strength: seed", "strength: sure")
    )
    assert any(
        "SEED-HB2014.dated：应为一个日子，如 2027-01-20" in one
        for one in found("2014-02-27\n", "2014/02/27\n")
    )
    ahead = found("checked_on: 2026-11-21", "checked_on: 2026-11-22")
    assert re.fullmatch(
        r"sources\.yaml 第 19 行 SEED-HB2014\.checked_on：应不晚于今天，.+",
        ahead[0],
    )
    assert any("同一处应只写一次" in one for one in found("SEED-GX2018:", "SEED-HB2014:"))
    assert any(
        "应为 sources.yaml 里的编号，没有 L-SD2016" in one for one in found("L-SD2016:", "L-SD:")
    )


def test_a_source_nobody_listed_stops_the_start(folder: Path, change: Change) -> None:
    change("gd-2022", 'source: ["W-GD2022 art.6"', 'source: ["X-1 art.6"')
    says = r"gd-2022\.yaml 第 \d+ 行 rules\.every-birth\.source\.0：应为 sources\.yaml 里的编号，没有 X-1"
    with pytest.raises(RulebookError, match=says):
        load_sound(folder)


# --- Texts beside each other ---


def test_an_undeclared_gap_is_found_and_stops_the_start(folder: Path, change: Change) -> None:
    change("hb-2014", "    to: 2021-08-19\n", "    to: 2020-12-31\n")
    says = (
        "hb-2014.yaml 第 0 行 to：2021-01-01 到 2021-08-19，应有一份文件管在户籍地办的生育登记、审批，"
        "没有的话用 `not_held` 写明这些日子"
    )
    assert mistakes(folder)[0] == says
    with pytest.raises(RulebookError, match="2021-01-01 到 2021-08-19"):
        load_sound(folder)


def test_a_gap_that_national_law_covers_is_none(folder: Path, change: Change) -> None:
    change("gd-2016", "to: 2022-04-30", "to: 2022-03-31")
    assert mistakes(folder) == []


def test_a_gap_within_one_text_is_found(folder: Path, change: Change) -> None:
    change("ha-2021", "    to: 2021-08-19", "    to: 2021-06-30")
    (folder / "ha-2020.yaml").unlink()
    change("ha-2021", "beside: [ha-2020]\n", "")
    found = mistakes(folder)
    assert any("2021-07-01 到 2021-08-19" in one for one in found), found


def test_a_certificate_without_a_text_is_found(folder: Path, change: Change) -> None:
    change("cn-2009", "from: 2009-10-01\nto: 2021-09-26", "from: 2009-10-01\nto: 2021-08-31")
    found = mistakes(folder)
    assert any("2021-09-01 到 2021-09-26，应有一份文件管婚育证明" in one for one in found), found


def test_two_texts_in_force_together_must_say_so(folder: Path, change: Change) -> None:
    change("gd-2016", "to: 2022-04-30", "to: 2022-05-01")
    says = (
        "gd-2016.yaml 第 0 行 to：最后一天应在 2022-05-01 之前，gd-2022 从那天开始；两份都施行的，在 "
        "gd-2022.yaml 里写 `beside: [gd-2016]`"
    )
    assert mistakes(folder) == [says]
    with pytest.raises(RulebookError, match="最后一天应在 2022-05-01 之前"):
        load_sound(folder)
    change("gd-2022", "strength: secondary", "beside: [gd-2016]\nstrength: secondary")
    assert mistakes(folder) == []


def test_beside_names_an_older_text_of_the_same_place(folder: Path, change: Change) -> None:
    change("ha-2021", "beside: [ha-2020]", "beside: [ha-2020, gd-2016, ha-2021]")
    found = mistakes(folder)
    assert "ha-2021.yaml 第 0 行 beside.1：应为同一个地方的文件" in found[0]
    assert "beside.2：应为更早的文件" in found[1]


def test_two_rules_with_the_same_conditions_on_one_day(folder: Path, change: Change) -> None:
    change("ha-2021", "    to: 2021-08-19\n", "")
    change(
        "ha-2021", "when: {living_children: {at_most: 1}}", "when: {living_children: {at_most: 2}}"
    )
    found = mistakes(folder)
    assert found[0].startswith("ha-2021.yaml 第 0 行 rules.two-children：条件或者日子应和")
    assert "2021-08-20 起，两条管的是同样的夫妻" in found[0]


def test_two_openings_of_the_same_place(folder: Path, change: Change) -> None:
    change("hn-2022", "at: [woman_residence, man_residence]", "at: [woman_residence, man_hukou]")
    assert "filing.registration-residence-month：条件或者日子应和" in mistakes(folder)[0]


def test_a_paper_that_nobody_takes(folder: Path, change: Change) -> None:
    change(
        "sd-2016",
        "paper: [approval]\n    at: [woman_hukou",
        "paper: [registration]\n    at: [woman_hukou",
    )
    found = mistakes(folder)
    assert any(
        "2016-01-22 到 2021-08-19，应有一条 `filing` 写明哪个户籍地受理 approval" in one
        for one in found
    )


# --- Statements that never answer ---


def test_a_rule_behind_a_wider_one_never_answers(folder: Path, change: Change) -> None:
    change(
        "gx-2016", "when: {living_children: {at_most: 1}}", "when: {living_children: {at_most: 9}}"
    )
    found = tried(folder)
    assert "gx-2016.yaml 第 0 行 rules.remarried-2-0：应有夫妻合这一条，却没有" in found[1]


def test_conditions_nobody_can_meet(folder: Path, change: Change) -> None:
    change(
        "sh-2021",
        "when: {joint_children: 3, disabled: {at_least: 1}}",
        "when: {joint_children: 3, disabled: {at_least: 4}}",
    )
    found = tried(folder)
    assert found[0].startswith("sh-2021.yaml 第 0 行 rules.fourth-one-disabled：应有夫妻")


def test_a_rule_that_refuses_nobody(folder: Path, change: Change) -> None:
    change(
        "sc-2023",
        "when: {marriage: [first, remarried, unmarried]}",
        "when: {marriage: [first, remarried, unmarried], living_children: {at_most: 90}}",
    )
    says = "rules.every-citizen：应有夫妻不合这一条"
    assert any(says in one for one in tried(folder))


def test_a_first_day_without_effect(folder: Path, change: Change) -> None:
    """Until 2014-03-01 a wider rule stands before this one, so its own first day changes nothing."""
    change(
        "hb-2014",
        "  - id: both-only-children\n    grants: approval\n",
        "  - id: wide\n    grants: approval\n    to: 2014-03-01\n    when: {living_children: 1}\n"
        "    text: 宽\n    article: 一\n    source: [W-HBCOND]\n    strength: secondary\n"
        "  - id: both-only-children\n    grants: approval\n    from: 2014-02-27\n",
    )
    says = "rules.both-only-children.from：2014-02-27 应有夫妻会听到这一条"
    assert any(says in one for one in tried(folder))


def test_an_otherwise_that_is_never_reached(folder: Path, change: Change) -> None:
    change(
        "gd-2022",
        "filing:\n",
        "otherwise: {id: nobody, outcome: needs_staff, text: 问, article: 一, source: [W-GD2022], "
        "strength: derived}\nfiling:\n",
    )
    assert tried(folder)[0].startswith("gd-2022.yaml 第 0 行 otherwise：应有夫妻")


# --- Days ---


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("whole", "taken", "left"),
    [
        (("2020-01-01", None), [], [("2020-01-01", None)]),
        (("2020-01-01", None), [("2020-01-01", None)], []),
        (
            ("2020-01-01", "2020-12-31"),
            [("2019-01-01", "2020-03-31")],
            [("2020-04-01", "2020-12-31")],
        ),
        (
            ("2020-01-01", None),
            [("2020-03-01", "2020-03-31"), ("2020-03-15", "2020-04-30")],
            [("2020-01-01", "2020-02-29"), ("2020-05-01", None)],
        ),
        (("2020-01-01", "2020-01-31"), [("2020-02-01", None)], [("2020-01-01", "2020-01-31")]),
        (("2020-01-01", "2020-01-31"), [("2020-01-31", None)], [("2020-01-01", "2020-01-30")]),
    ],
)
def test_days_that_are_left(whole: object, taken: object, left: object) -> None:
    def period(pair: tuple[str, str | None]) -> Period:
        return Period(day(pair[0]), day(pair[1]) if pair[1] else None)

    assert without(period(whole), map(period, taken)) == [period(each) for each in left]  # type: ignore[arg-type,call-overload]
