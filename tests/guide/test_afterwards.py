"""What comes after the registration: for this couple, by which day, and as a file for a calendar."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.calendar_file import Event, calendar
from app.guide import afterwards
from app.guide.afterwards import FILE, Couple, look_over, steps_for
from app.policy.facts import Facts
from tests.client import Client

ON = date(2026, 11, 26)
DAY = date(2026, 12, 31)
NOON = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)


def names(couple: Couple, on: date = ON) -> list[str]:
    return [name for name, step in afterwards.everything().items() if step in _steps(couple, on)]


def _steps(couple: Couple, on: date) -> list[afterwards.Step]:
    return [one.step for one in steps_for(couple, on)]


def test_the_file_is_sound() -> None:
    assert look_over() == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "  source: [L-HKDJ1958 第七条, W-HJ2021 第二十条]\n",
            "",
            "有 `within_months` 的，应写 `source`",
        ),
        ("SEED-HZ2023", "SEED-HZ2099", "没有 SEED-HZ2099"),
        ("  way: away\n", "  way: aways\n", "没有 aways"),
        ("  way: away\n", "", "应一起写"),
        ("  within_months: 1\n", "  within_months: 0\n", "应大于 0"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    app: Flask, tmp_path: Path, old: str, new: str, says: str
) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "afterwards.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    done = app.test_cli_runner().invoke(args=["guide", "check", str(file)], env={"LANG": "zh_CN"})
    assert done.exit_code == 1
    assert re.search(rf"afterwards\.yaml 第 \d+ 行 .*{re.escape(says)}", done.output)


# --- Which steps, by when ---


def test_steps_are_those_of_the_couple() -> None:
    assert names(Couple()) == ["birth-certificate", "hukou", "insurance", "subsidy"]
    assert "hukou-unmarried" in names(Couple(unmarried=True))
    assert "hukou" not in names(Couple(unmarried=True, away=True))
    assert "hukou-away" in names(Couple(away=True))
    assert "hukou-away" not in names(Couple(away=True), date(2023, 6, 30))
    assert names(Couple(), date(2014, 6, 3)) == []


def test_no_subsidy_is_named_while_no_source_is_held() -> None:
    for name, step in afterwards.everything().items():
        assert step.source or name in {"insurance", "subsidy"}, name
        if not step.source:
            assert "问" in step.text


@pytest.mark.parametrize(
    ("born", "last"), [("2026-12-18", "2027-01-18"), ("2027-01-31", "2027-02-28")]
)
def test_a_month_runs_to_its_corresponding_day(born: str, last: str) -> None:
    couple = Couple(birth_on=date.fromisoformat(born))
    found = {one.step.name: one.by for one in steps_for(couple, ON)}
    assert found["给孩子上户口"] == date.fromisoformat(last)
    assert found["领出生医学证明"] is None


def test_a_couple_is_read_from_its_facts() -> None:
    facts = Facts.from_json(
        {
            "service": "childbirth",
            "on": "2026-11-20",
            "marriage": "unmarried",
            "stage": "born",
            "born_on": "2026-11-02",
            "woman": {"hukou": "421181102", "residence": {"division": "320576050"}},
        }
    )
    couple = Couple.of(facts)
    assert couple == Couple(True, True, frozenset({"42", "32"}), date(2026, 11, 2))


# --- The page ---


@pytest.fixture(autouse=True)
def in_november(as_of: Callable[[str], None]) -> None:
    """The legal day of these tests."""
    as_of(ON.isoformat())


def sent(**answers: object) -> dict[str, object]:
    return {"stage": "born", "day": "2026-11-02", **answers}


def test_the_page_says_what_to_do_and_by_when(client: Client) -> None:
    assert "孩子出生后 1 个月内" in client.get("/guide/after").text
    page = client.post("/guide/after", data=sent())
    assert page.status_code == 200
    assert "最晚 2026 年 12 月 2 日" in page.text
    assert "/guide/household/which/newborn/home" in page.text
    page = client.post("/guide/after", data=sent(unmarried="y"))
    assert "/guide/household/which/newborn/unmarried" in page.text


def test_a_day_that_is_only_expected_is_said_to_be_a_guess(client: Client) -> None:
    due = ON + timedelta(days=30)
    page = client.post("/guide/after", data=sent(stage="pregnant", day=due.isoformat())).text
    assert "最晚大约" in page
    assert "从出生那天起重新算" in page


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"day": ""}, "请填哪一天"),
        ({"day": "昨天"}, "没有看懂这个日期"),
        ({"day": "2099-01-01"}, "这一天还没有到"),
        ({"stage": "pregnant", "day": "2099-01-01"}, "预产期离今天太远了"),
        ({"stage": ""}, "请选一个：孩子出生了吗"),
        ({"stage": "nothing"}, "请选一个：孩子出生了吗"),
    ],
)
@pytest.mark.parametrize("url", ["/guide/after", "/guide/after/calendar"])
def test_what_cannot_be_used_is_said_at_its_field(
    client: Client, url: str, answers: dict[str, str], says: str
) -> None:
    answer = client.post(url, data=sent(**answers))
    assert answer.status_code == 422
    assert says in answer.text


def test_before_its_law_nothing_is_said(client: Client, as_of: Callable[[str], None]) -> None:
    as_of("2014-06-03")
    assert "没有收录" in client.get("/guide/after").text


# --- The calendar ---


def parsed(content: bytes) -> list[tuple[str, str]]:
    """(name with parameters, value) of every line, as RFC 5545 has it read."""
    assert content.endswith(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # no character is cut
    text = content.decode().replace("\r\n ", "")
    lines = [line for line in text.split("\r\n") if line]
    found = []
    for line in lines:
        name, colon, value = line.partition(":")
        assert colon, line
        found.append((name, re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), value)))
    depth: list[str] = []
    for name, value in found:
        if name == "BEGIN":
            depth.append(value)
        elif name == "END":
            assert depth.pop() == value
    assert not depth
    return found


def test_the_file_is_what_a_calendar_reads(client: Client) -> None:
    answer = client.post("/guide/after/calendar", data=sent())
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = dict(parsed(answer.data))
    assert lines["VERSION"] == "2.0"
    assert lines["DTSTART;VALUE=DATE"] == "20261202"
    assert lines["DTEND;VALUE=DATE"] == "20261203"
    assert re.fullmatch(r"\d{8}T\d{6}Z", lines["DTSTAMP"])
    assert lines["TRIGGER"] == "-P7D"
    assert lines["SUMMARY"] == "给孩子上户口：最晚这一天"
    again = dict(parsed(client.post("/guide/after/calendar", data=sent()).data))
    assert again["UID"] != lines["UID"]


def test_the_file_is_in_the_reader_s_script(client: Client) -> None:
    answer = client.post("/guide/after/calendar?lang=zh_Hant", data=sent())
    assert dict(parsed(answer.data))["SUMMARY"] == "給孩子上戶口：最晚這一天"


@pytest.mark.parametrize(
    "text",
    [
        "一, 二; 三\\四",
        "第一行\n第二行\r\n第三行",
        "长" * 200,
        "a" * 74 + "汉字𠮷" * 20,
        "BEGIN:VEVENT\r\nEND:VCALENDAR",
        "tab\tand\x00nul",
        "",
    ],
)
def test_any_text_survives_and_none_breaks_out(text: str) -> None:
    event = Event(DAY, text, text, timedelta(days=7))
    lines = parsed(calendar([event, event], "就近办", NOON))
    kept = "".join(c for c in text.replace("\r\n", "\n") if c.isprintable() or c == "\n")
    assert [value for name, value in lines if name == "SUMMARY"] == [kept, kept]
    assert [value for name, value in lines if name == "BEGIN"].count("VEVENT") == 2
    assert ("DTSTAMP", "20261126T040000Z") in lines
    assert ("DTEND;VALUE=DATE", "20270101") in lines
