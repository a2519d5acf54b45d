"""Every kind of mistake in a folder of rulebooks is found, with its file, line and field."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from app.policy.exercise import exercise
from app.policy.law import Law
from app.policy.review import RULEBOOKS, Period, load_sound, look_over, without
from app.policy.rulebook import RulebookError, load
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

    def replace(name: str, old: str, new: str) -> None:
        path = folder / f"{name}.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


def mistakes(folder: Path) -> list[str]:
    """Every mistake; its line is only compared where a test says so."""
    return [str(finding._replace(line=0)) for finding in look_over(folder, TODAY)[1]]


def tried(folder: Path) -> list[str]:
    held, found = look_over(folder, TODAY)
    assert found == []
    return [str(finding._replace(line=0)) for finding in exercise(held, Law(load(folder)), [])]


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
         "rules.every-birth.wen: no such field; did you mean `when`?"),
        ("gd-2022", "    article: 第六条\n", "", "- id: every-birth",
         "rules.every-birth.article: expected this field; it is missing"),
        ("gd-2022", "grants: registration", "grants: permission", "grants: permission",
         "rules.every-birth.grants: Input should be 'registration', 'approval' or 'needs_staff'"),
        ("gd-2022", 'jurisdiction: "44"', "jurisdiction: 44", "jurisdiction: 44",
         "jurisdiction: Input should be a valid string"),
        ("hb-2014", "to: 2015-12-31", "to: 2013-12-31", "to: 2013-12-31",
         "to: expected a day not before 2014-02-27, `from`"),
        ("hb-2014", "    to: 2014-03-26", "    to: 2014-01-26", "to: 2014-01-26",
         "rules.both-only-children.to: expected a day of the text's own period, 2014-02-27 to"),
        ("hb-2014", "    from: 2014-03-27", "    from: 2016-03-27", "from: 2016-03-27",
         "rules.one-only-child.from: expected a day of the text's own period"),
        ("sc-2023", "checked_on: 2026", "checked_on: 2029", "checked_on: 2029",
         "checked_on: expected a day not after today, 2026-11-21"),
        ("gx-2016", "online_from: 2018-11-19", "online_from: 2023-11-19", "online_from: 2023",
         "procedures.0.online_from: expected a day not after 2022-02-28, its last"),
        ("gd-2022", "    text: 生育都办登记", '    text: ""\n    beyond: 生育都办登记', 'text: ""',
         "rules.every-birth.text: expected words; it is empty"),
        ("gd-2022", "    article: 第六条\n", "    article: 第六条\n    link: www.example.cn\n", "link:",
         "rules.every-birth.link: expected an address that begins with https://"),
        ("gd-2022", "id: registration_form", "id: registration_from", "registration_from",
         "procedures.0.documents.registration_from.id: expected an id of documents.yaml, not "
         "registration_from; did you mean registration_form?"),
        ("gd-2022", "sources: [W-GD2022,", "sources: [W-GD2O22,", "sources: [",
         "sources.0: expected an id of sources.yaml, not W-GD2O22; did you mean W-GD2022?"),
        ("gd-2022", 'source: ["W-GD2022 art.6"', 'source: ["X-1 art.6"', "X-1",
         "rules.every-birth.source.0: expected an id of sources.yaml, not X-1; add it there"),
        ("jx-2021", "    strength: secondary\nfiling:", "    strength: statute\nfiling:",
         "strength: statute",
         "rules.third-child.strength: expected secondary or derived, not statute: its sources are"),
        ("gd-2022", "id: gd-2022", "id: gd-2021", "id: gd-2021",
         "id: expected gd-2022, the name of the file"),
        ("gd-2016", "id: one-left", "id: all-died", None, "file: the rule id all-died stands twice"),
        ("gd-2016", "for_rules: [one-disabled]", "for_rules: [one-disable]", "[one-disable]",
         "file: document disability_panel_certificate: no rule one-disable"),
        ("gd-2022", "rules:\n", "rules：\n", "rules：",
         "rules: expected the half-width sign : after the name"),
        ("gd-2022", "  - id: every-birth", "\t- id: every-birth", None, "file: not readable as YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(
    folder: Path, change: Change, name: str, old: str, new: str, mark: str | None, says: str
) -> None:
    """`mark`: what stands on the line that is named."""
    change(name, old, new)
    lines = (folder / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    number = next((str(n) for n, line in enumerate(lines, 1) if mark and mark in line), r"\d+")
    where = rf"{name}\.yaml, line {number}, "
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
    assert any(
        one.startswith("gd-2022.yml, line 0, file: expected a name") for one in mistakes(folder)
    )


def test_text_in_another_encoding_is_named(folder: Path) -> None:
    path = folder / "gd-2022.yaml"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    assert any(
        "gd-2022.yaml, line 0, file: expected text saved as UTF-8" in one
        for one in mistakes(folder)
    )
    with pytest.raises(RulebookError, match="saved as UTF-8"):
        load(folder)


def test_a_file_saved_by_windows_is_fine(folder: Path) -> None:
    path = folder / "gd-2022.yaml"
    text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert mistakes(folder) == []


def test_an_empty_folder_and_a_missing_one_are_no_law(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "expected at least one rulebook" in mistakes(tmp_path / "empty")[0]
    assert "expected a folder of rulebooks" in mistakes(tmp_path / "none")[0]


def test_mistakes_in_the_list_of_sources(folder: Path, tmp_path: Path) -> None:
    sources = tmp_path / "sources.yaml"

    def found(old: str, new: str) -> list[str]:
        text = SOURCES.read_text(encoding="utf-8")
        assert old in text
        sources.write_text(text.replace(old, new, 1), encoding="utf-8")
        return [str(one) for one in look_over(folder, TODAY, sources=sources)[1]]

    assert any(
        re.match(r"sources\.yaml, line \d+, SEED-HB2014\.strength: Input should be 'seed'", one)
        for one in found("strength: seed", "strength: sure")
    )
    assert any("SEED-HB2014.dated: " in one for one in found("2014-02-27\n", "2014/02/27\n"))
    ahead = found("checked_on: 2026-11-21", "checked_on: 2026-11-22")
    assert re.fullmatch(
        r"sources\.yaml, line 19, SEED-HB2014\.checked_on: expected a day not after today, .+",
        ahead[0],
    )
    assert any("this field stands twice" in one for one in found("SEED-GX2018:", "SEED-HB2014:"))
    assert any(
        "expected an id of sources.yaml, not L-SD2016" in one for one in found("L-SD2016:", "L-SD:")
    )


def test_a_source_nobody_listed_stops_the_start(folder: Path, change: Change) -> None:
    change("gd-2022", 'source: ["W-GD2022 art.6"', 'source: ["X-1 art.6"')
    says = r"gd-2022\.yaml, line \d+, rules\.0\.source\.0: expected an id of sources\.yaml, not X-1"
    with pytest.raises(RulebookError, match=says):
        load_sound(folder)


# --- Texts beside each other ---


def test_an_undeclared_gap_is_found_and_stops_the_start(folder: Path, change: Change) -> None:
    change("hb-2014", "    to: 2021-08-19\n", "    to: 2020-12-31\n")
    says = (
        "hb-2014.yaml, line 0, to: expected a text for childbirth at a hukou place on 2021-01-01 to "
        "2021-08-19, or a `not_held` with these days"
    )
    assert mistakes(folder)[0] == says
    with pytest.raises(RulebookError, match="2021-01-01 to 2021-08-19"):
        load_sound(folder)


def test_a_gap_that_national_law_covers_is_none(folder: Path, change: Change) -> None:
    change("gd-2016", "to: 2022-04-30", "to: 2022-03-31")
    assert mistakes(folder) == []


def test_a_gap_within_one_text_is_found(folder: Path, change: Change) -> None:
    change("ha-2021", "    to: 2021-08-19", "    to: 2021-06-30")
    (folder / "ha-2020.yaml").unlink()
    change("ha-2021", "beside: [ha-2020]\n", "")
    found = mistakes(folder)
    assert any("2021-07-01 to 2021-08-19" in one for one in found), found


def test_a_certificate_without_a_text_is_found(folder: Path, change: Change) -> None:
    change("cn-2009", "from: 2009-10-01\nto: 2021-09-26", "from: 2009-10-01\nto: 2021-08-31")
    found = mistakes(folder)
    assert any("婚育证明 on 2021-09-01 to 2021-09-26" in one for one in found), found


def test_two_texts_in_force_together_must_say_so(folder: Path, change: Change) -> None:
    change("gd-2016", "to: 2022-04-30", "to: 2022-05-01")
    says = (
        "gd-2016.yaml, line 0, to: expected its last day before 2022-05-01, the first of gd-2022; or "
        "`beside: [gd-2016]` in gd-2022.yaml if both are in force"
    )
    assert mistakes(folder) == [says]
    with pytest.raises(RulebookError, match="expected its last day before 2022-05-01"):
        load_sound(folder)
    change("gd-2022", "strength: secondary", "beside: [gd-2016]\nstrength: secondary")
    assert mistakes(folder) == []


def test_beside_names_an_older_text_of_the_same_place(folder: Path, change: Change) -> None:
    change("ha-2021", "beside: [ha-2020]", "beside: [ha-2020, gd-2016, ha-2021]")
    found = mistakes(folder)
    assert (
        "ha-2021.yaml, line 0, beside.1: expected a rulebook of the same jurisdiction" in found[0]
    )
    assert "beside.2: expected an older text" in found[1]


def test_two_rules_with_the_same_conditions_on_one_day(folder: Path, change: Change) -> None:
    change("ha-2021", "    to: 2021-08-19\n", "")
    change(
        "ha-2021", "when: {living_children: {at_most: 1}}", "when: {living_children: {at_most: 2}}"
    )
    found = mistakes(folder)
    assert found[0].startswith(
        "ha-2021.yaml, line 0, rules.two-children: expected conditions other"
    )
    assert "on 2021-08-20 on both" in found[0]


def test_two_openings_of_the_same_place(folder: Path, change: Change) -> None:
    change("hn-2022", "at: [woman_residence, man_residence]", "at: [woman_residence, man_hukou]")
    assert "filing.registration-residence-month: expected conditions other" in mistakes(folder)[0]


def test_a_paper_that_nobody_takes(folder: Path, change: Change) -> None:
    change(
        "sd-2016",
        "paper: [approval]\n    at: [woman_hukou",
        "paper: [registration]\n    at: [woman_hukou",
    )
    found = mistakes(folder)
    assert any(
        "which hukou place takes approval on 2016-01-22 to 2021-08-19" in one for one in found
    )


# --- Statements that never answer ---


def test_a_rule_behind_a_wider_one_never_answers(folder: Path, change: Change) -> None:
    change(
        "gx-2016", "when: {living_children: {at_most: 1}}", "when: {living_children: {at_most: 9}}"
    )
    found = tried(folder)
    assert (
        "gx-2016.yaml, line 0, rules.remarried-2-0: expected some couple for whom this holds"
        in found[1]
    )


def test_conditions_nobody_can_meet(folder: Path, change: Change) -> None:
    change(
        "sh-2021",
        "when: {joint_children: 3, disabled: {at_least: 1}}",
        "when: {joint_children: 3, disabled: {at_least: 4}}",
    )
    found = tried(folder)
    assert found[0].startswith(
        "sh-2021.yaml, line 0, rules.fourth-one-disabled: expected some couple"
    )


def test_a_rule_that_refuses_nobody(folder: Path, change: Change) -> None:
    change(
        "sc-2023",
        "when: {marriage: [first, remarried, unmarried]}",
        "when: {marriage: [first, remarried, unmarried], living_children: {at_most: 90}}",
    )
    says = "rules.every-citizen: expected some couple for whom this does not hold"
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
    says = "rules.both-only-children.from: expected some couple that is told this on 2014-02-27"
    assert any(says in one for one in tried(folder))


def test_an_otherwise_that_is_never_reached(folder: Path, change: Change) -> None:
    change(
        "gd-2022",
        "filing:\n",
        "otherwise: {id: nobody, outcome: needs_staff, text: 问, article: 一, source: [W-GD2022], "
        "strength: derived}\nfiling:\n",
    )
    assert tried(folder)[0].startswith("gd-2022.yaml, line 0, otherwise: expected some couple")


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
