"""Police matters away from home: which window, what to bring, since when; each fact with its source."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.clock import SHANGHAI, now
from app.guide import household
from app.guide.household import FILE, look_over
from tests.client import Client

MATTERS = household.everything()
# As long as a person reads at one breath.
LONGEST_SENTENCE = 40
UNKNOWN = "没有查到，请以窗口答复为准"


def test_the_file_is_sound() -> None:
    assert look_over(now().astimezone(SHANGHAI).date()) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: 首次申领身份证\n", "nam: 首次申领身份证\n", "缺这一项"),
        ("W-HJ2021 第七十八条", "W-HJ2099 第七十八条", "没有 W-HJ2099"),
        ('"2023-10"', '"2030-10"', "应不晚于今天"),
        ("  ask: 给谁办，在哪里办？\n", "", "应写 `ask`"),
        ("      from: 2016-01-01\n", "      from: 2016\n", "应为一个日子"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    app: Flask, tmp_path: Path, old: str, new: str, says: str
) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "household.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    done = app.test_cli_runner().invoke(args=["guide", "check", str(file)], env={"LANG": "zh_CN"})
    assert done.exit_code == 1
    assert re.search(rf"household\.yaml 第 \d+ 行 .*{re.escape(says)}", done.output)


def test_sentences_are_short() -> None:
    for matter in MATTERS.values():
        for facts in (matter, *matter.ways.values()):
            texts = [one.text for one in (*facts.remarks, *facts.live)]
            for sentence in re.split("[。；：！？]", "。".join(texts)):
                assert len(sentence) <= LONGEST_SENTENCE, sentence


def test_every_way_is_reached_in_three_taps_and_back(client: Client) -> None:
    first = client.get("/guide/household/which").text
    for name, matter in MATTERS.items():
        assert f'href="/guide/household/which/{name}"' in first
        second = client.get(f"/guide/household/which/{name}")
        links = set(re.findall(rf'href="(/guide/household/which/{name}/[^"]+)"', second.text))
        if second.status_code == 303:
            links = {second.location}
        assert links == {f"/guide/household/which/{name}/{way}" for way in matter.ways}
        for link in links:
            assert matter.name in client.get(link).text


@pytest.mark.parametrize("name", MATTERS)
def test_a_matter_says_all_of_its_ways_with_their_sources(client: Client, name: str) -> None:
    page = client.get(f"/guide/household/{name}").text
    for facts in (MATTERS[name], *MATTERS[name].ways.values()):
        for one in facts.sourced():
            assert f"/rules/sources#{one.source[0].split()[0]}" in page
        for text in facts.papers.bring if facts.papers else ():
            assert text in page
    assert "2026 年 11 月 21 日核对" in page


def test_what_no_text_says_the_window_decides(client: Client) -> None:
    """No held text names papers or a time for certificates, or a time for a newborn away from home."""
    assert client.get("/guide/household/proof").text.count(UNKNOWN) == 2
    away = client.get("/guide/household/which/newborn/away").text
    assert away.count(UNKNOWN) == 1
    assert UNKNOWN not in client.get("/guide/household/which/newborn/home").text


def test_an_unmarried_mother_is_asked_for_her_own_papers(client: Client) -> None:
    page = client.get("/guide/household/which/newborn/unmarried").text
    assert "亲子鉴定" in page
    assert "结婚证" not in page
    assert "不看生育登记" in page


def test_move_papers_are_those_of_all_then_of_the_reason(client: Client) -> None:
    page = client.get("/guide/household/which/move/spouse").text
    assert page.index("身份证") < page.index("户口簿") < page.index("结婚证")
    assert "14 个工作日" in page
    assert "请以窗口答复为准" in client.get("/guide/household/which/move/talent").text


@pytest.mark.parametrize(
    ("day", "held", "missing"),
    [
        ("2014-06-03", "这一天还没有跨省通办的规定", "新生儿落户"),
        ("2023-08-01", "广东全省开通", "重庆"),
        ("2024-01-19", "重庆对全国开放", "稳步扩大"),
    ],
)
def test_nothing_is_told_before_its_day(
    client: Client, as_of: Callable[[str], None], day: str, held: str, missing: str
) -> None:
    as_of(day)
    pages = [client.get("/guide/household"), client.get("/guide/household/newborn")]
    text = "".join(page.text for page in pages)
    assert held in text
    assert missing not in text


def test_before_its_day_a_matter_is_as_good_as_unknown(
    client: Client, as_of: Callable[[str], None]
) -> None:
    as_of("2021-12-31")
    assert client.get("/guide/household/which/newborn/away").status_code == 404
    assert client.get("/guide/household/which/newborn/home").status_code == 200
    as_of("2014-06-03")
    for url in ("newborn", "which/newborn", "which/newborn/home", "nothing-there"):
        assert client.get(f"/guide/household/{url}").status_code == 404
    assert client.get("/guide/household/which").status_code == 200


@pytest.mark.parametrize("place", ["away", "home"])
def test_a_child_and_somebody_of_sixteen_are_told_their_own(client: Client, place: str) -> None:
    """L-IDC2011 第五条、第七条, W-HJ2021 第七十四条: a child may, by its guardian; at sixteen one must."""
    child = client.get(f"/guide/household/which/first-card/child-{place}").text
    grown = client.get(f"/guide/household/which/first-card/{place}").text
    for text in ("不办也行", "监护人（一般是爸爸妈妈）", "有效期 5 年"):
        assert text in child
        assert text not in grown
    for text in ("三个月内要去申领", "有效期 10 年"):
        assert text in grown
        assert text not in child
    for page in (child, grown):
        assert "按指纹" in page
        assert "户口簿" in page
        assert ("就业、就学或居住的证明" in page) == (place == "away")
