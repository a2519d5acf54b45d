"""The rule pages: what is in force where on a day, for everyone, and an explanation for supervisors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.places.loading import load_demo_offices
from tests.client import Client
from tests.factories import MACHENG, browser_of, officer


@pytest.fixture
def supervisor(app: Flask, session: Session) -> Client:
    load_demo_offices()
    session.commit()
    return browser_of(officer(MACHENG, "supervisor"), app)


# --- How well each province is held ---


def test_every_province_has_a_tile(client: Client) -> None:
    page = client.get("/rules").text
    for code in ("11", "42", "65", "cn", "pyrd"):
        assert f'href="/rules/{code}?on=' in page
    assert page.count('class="card" href="/rules/') == 31


@pytest.mark.parametrize(
    ("code", "on", "standing"),
    [
        ("42", "2014-06-03", "全文"),
        ("42", "2026-11-21", "缺后续"),
        ("42", "2013-06-03", "未收录"),
        ("44", "2026-11-21", "摘录"),
        ("31", "2026-11-21", "全文"),
        ("65", "2026-11-21", "未收录"),
    ],
)
def test_how_well_a_province_is_held(client: Client, code: str, on: str, standing: str) -> None:
    page = client.get(f"/rules/{code}?on={on}").text
    assert f">{standing}</span>" in page.split("</h1>")[1].split("</p>")[0]


def test_a_day_may_be_typed_as_people_write_it(client: Client) -> None:
    assert "2014 年 6 月 3 日" in client.get("/rules/42?on=2014年6月3日").text
    assert client.get("/rules/42?on=昨天").status_code == 400
    assert client.get("/rules?on=2014-02-30").status_code == 400


def test_the_legal_day_without_a_day(client: Client, as_of: Callable[[str], None]) -> None:
    as_of("2014-06-03")
    assert "下面是 2014 年 6 月 3 日这一天在施行的" in client.get("/rules/42").text


# --- One jurisdiction ---


def test_hubei_in_2014(client: Client) -> None:
    page = client.get("/rules/42?on=2014-06-03").text
    for text in (
        "夫妻一方是独生子女，只有一个孩子的，可以申请再生一个。",
        "第十六条第四项",
        "在现居住地住满半年",
        "乡镇、街道受理后 10 日内提出意见",
        "到期不能证实您不符合条件的",
        "夫妻二寸合影一张",
        "鄂卫生计生通〔2014〕51号",
        "湖北《省卫生计生委关于规范生育证件办理工作的通知》",
        "2026 年 11 月 21 日",
    ):
        assert text in page, text
    assert "夫妻双方都是独生子女" not in page  # a rule that had ended on 2014-03-26
    assert "三个子女" not in page


def test_what_is_not_held_is_said(client: Client) -> None:
    page = client.get("/rules/42").text
    assert "本站未收录该省后续文件，请以窗口答复为准，可拨 12345。" in page
    assert "湖北 2016 年的文件没有收录" in page
    assert "一对夫妻可以生育三个子女" in page  # the national law answers
    between = client.get("/rules/42?on=2018-06-01").text
    assert "2016 年起湖北修改后的规定没有收录" in between
    assert "本站未收录该省后续文件" not in client.get("/rules/31").text


def test_a_national_sentence_is_not_shown_where_the_province_has_its_own(client: Client) -> None:
    """Hunan wants a month of couples from elsewhere; the nation asks for no stay, and is not asked."""
    hunan = client.get("/rules/43?on=2026-11-21").text
    assert "在湖南住满一个月" in hunan
    assert "没有写要住满多久" not in hunan
    assert "没有写要住满多久" in client.get("/rules/65?on=2026-11-21").text
    body = client.get("/rules/31.json?on=2026-11-21").json
    assert [one["rule"] for one in body["otherwise"]] == ["sh-2021.no-ground"]
    # Hunan's text names no papers, so the national list stands beside it.
    ways = client.get("/rules/43.json?on=2026-11-21").json["procedures"]["registration"]
    assert [way["rulebook"] for way in ways] == ["hn-2022", "cn-2021"]
    own = client.get("/rules/44.json?on=2026-11-21").json["procedures"]["registration"]
    assert [way["rulebook"] for way in own] == ["gd-2022"]


def test_the_nation_and_a_region(client: Client) -> None:
    nation = client.get("/rules/cn").text
    assert "一对夫妻可以生育三个子女" in nation
    assert "本站未收录该省" not in nation
    assert "七省市之间的两地婚姻" in client.get("/rules/pyrd?on=2015-01-01").text
    assert "没有收录任何规定" in client.get("/rules/pyrd").text


def test_a_place_that_is_none(client: Client) -> None:
    for where in ("99", "CN", "420000", "hubei", "", "42.xml"):
        assert client.get(f"/rules/{where}/").status_code == 404
        assert where == "" or client.get(f"/rules/{where}").status_code == 404
    assert client.get("/rules/99.json").status_code == 404


def test_both_scripts(client: Client) -> None:
    page = client.get("/rules/42?on=2014-06-03&lang=zh_Hant").text
    assert '<html lang="zh-Hant-TW">' in page
    assert "獨生子女" in page


def test_the_same_as_json(client: Client) -> None:
    body = client.get("/rules/42.json?on=2014-06-03").json
    assert body["standing"] == "full"
    rules = [one["rule"] for one in body["approval"]]
    assert "hb-2014.one-only-child" in rules
    assert "hb-2014.both-only-children" not in rules
    assert body["approval"][0]["strength"]
    limits = body["procedures"]["approval"][0]["time_limits"]
    assert [(limit["value"], limit["unit"]) for limit in limits] == [(10, "day"), (20, "day")]
    book = next(one for one in body["rulebooks"] if one["id"] == "hb-2014")
    assert len(book["version"]) == 12
    assert (
        json.loads(client.get("/rules/cn.json").text)["favourable"]["article"] == "第十八条第四款"
    )


def test_every_jurisdiction_on_many_days(client: Client) -> None:
    """The client fails on a bad page; here it is given every kind there is."""
    for on in ("1995-01-01", "2012-04-10", "2016-03-01", "2021-09-01", "2026-11-21"):
        for where in ("cn", "pyrd", "11", "41", "44", "45", "65"):
            assert client.get(f"/rules/{where}?on={on}").status_code == 200
            assert client.get(f"/rules/{where}.json?on={on}").status_code == 200


# --- What changed ---


def rows(page: str, title: str) -> list[list[str]]:
    """The cells of the table below a heading, as they read."""
    table = page.split(f">{title}</h2>")[1].split("</table>", maxsplit=1)[0]
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], re.DOTALL)
    ]


def test_what_changed_between_two_days(client: Client) -> None:
    page = client.get("/rules/42/changes?from=2014-03-26&to=2014-03-27").text
    assert "2014 年 3 月 26 日和 2014 年 3 月 27 日比" in page
    told = rows(page, "登记，还是审批")
    assert "夫妻双方都是独生子女" in told[0][0]
    assert told[0][1].startswith("改了 要办再生育审批： 夫妻一方是独生子女")
    assert told[1][0].startswith("不再用")
    assert told[1][1] == "没有"
    assert "第一个孩子不用审批" not in page  # it stayed


def test_papers_places_and_limits_side_by_side(client: Client) -> None:
    page = client.get("/rules/44/changes?from=2022-04-30&to=2022-05-01").text
    assert any(
        "住满半年" in was and "没有写要住满多久" in becomes
        for was, becomes in (row for row in rows(page, "生育登记：在哪办") if len(row) == 2)
    )
    told = rows(page, "生育登记：带什么，多久，拿到什么")
    assert ["生育登记", "生育登记凭证"] in told
    assert any("广东省生育登记表" in row[-1] for row in told if row)
    approval = rows(page, "再生育审批：带什么，多久，拿到什么")
    assert any("15 个工作日" in row[0] and row[1] == "没有" for row in approval if row)
    script = client.get("/rules/44/changes?from=2022-04-30&to=2022-05-01&lang=zh_Hant").text
    assert "廣東的規定，改了什麼" in script
    assert "不再用" in script


def test_nothing_changed_is_said(client: Client) -> None:
    page = client.get("/rules/42/changes?from=2015-11-21&to=2015-12-02").text
    assert "这两天之间，本站收录的规定没有变。" in page
    assert "<table" not in page
    same = client.get("/rules/42/changes?from=2015-11-21&to=2015-11-21").text
    assert "这是同一天" in same


def test_without_days_the_last_change(client: Client, as_of: Callable[[str], None]) -> None:
    assert "2022 年 4 月 30 日和 2026 年" in client.get("/rules/44/changes").text
    as_of("2014-06-03")
    assert "2014 年 3 月 26 日和 2014 年 6 月 3 日比" in client.get("/rules/42/changes").text


def test_days_in_any_order_and_what_is_no_longer_held(client: Client) -> None:
    page = client.get("/rules/42/changes?from=2016-01-01&to=2015-12-31").text
    assert "2015 年 12 月 31 日和 2016 年 1 月 1 日比" in page
    assert "本站未收录该省后续文件" in page
    assert "湖北 2016 年的文件没有收录" in page
    assert client.get("/rules/42/changes?from=yesterday").status_code == 400
    assert client.get("/rules/99/changes").status_code == 404


def test_the_list_of_versions_leads_to_what_changed(client: Client) -> None:
    page = client.get("/rules/44?on=2026-11-21").text
    assert 'href="/rules/44/changes?from=2022-04-30&amp;to=2022-05-01"' in page
    changes = client.get("/rules/44/changes").text
    assert 'href="/rules/44/changes?from=2021-11-30&amp;to=2021-12-01"' in changes


def test_what_changed_as_json(client: Client) -> None:
    body = client.get("/rules/44/changes.json?from=2022-04-30&to=2022-05-01").json
    assert body["changed"] is True
    assert [book["id"] for book in body["rulebooks_began"]] == ["gd-2022"]
    limits = body["procedures"]["approval"]["limits"]
    assert (len(limits["was"]), limits["becomes"]) == (1, [])
    assert body["statements"][0]["becomes"]["rule"] == "gd-2022.every-birth"
    assert body["places"]["registration"][0]["roles"] == ["woman_hukou", "man_hukou"]
    assert (
        body["procedures"]["registration"]["documents"]["becomes"][-1]["id"] == "registration_form"
    )
    same = client.get("/rules/44/changes.json?from=2023-04-30&to=2024-05-01").json
    assert (same["changed"], same["statements"]) == (False, [])


def test_changes_of_every_jurisdiction(client: Client) -> None:
    for where in ("cn", "pyrd", "11", "14", "31", "41", "45", "65"):
        for query in ("", "?from=1995-01-01&to=2026-11-21", "?from=2014-01-01&to=2021-12-01"):
            assert client.get(f"/rules/{where}/changes{query}").status_code == 200
            assert client.get(f"/rules/{where}/changes.json{query}").status_code == 200


# --- Where it was read ---


def test_every_source_is_told_in_words(app: Flask, client: Client) -> None:
    page = client.get("/rules/sources").text
    for name, source in app.extensions["law"].shelf.sources.items():
        assert f'id="{name}"' in page
        assert source.name in page
    assert "2016 年 3 月 24 日修正" in page
    assert "里面其实是 2016 年的版本" in page
    assert "日期：2014 年 3 月<br>" in page
    assert "日期：没有看到<br>" in page
    assert "關於規範生育證件辦理工作的通知" in client.get("/rules/sources?lang=zh_Hant").text


def test_a_rule_page_names_its_sources_and_leads_to_them(client: Client) -> None:
    every = client.get("/rules/sources").text
    for where, on in (("42", "2014-06-03"), ("44", "2026-11-21"), ("cn", "2026-11-21")):
        page = client.get(f"/rules/{where}?on={on}").text
        links = re.findall(r'href="/rules/sources#([\w-]+)"[^>]*>([^<]+)</a>', page)
        assert links
        for name, words in links:
            assert f'id="{name}"' in every
            assert words in every
            assert name not in words
        told = re.sub(r"<[^>]+>", "", page)
        assert not re.search(r"\b(SEED|L|W)-[A-Z]+\d", told), "an id without words"


def test_sources_as_json(client: Client) -> None:
    listed = {one["id"]: one for one in client.get("/rules/sources.json").json}
    assert listed["SEED-HB2014"]["dated"] == "2014-02-27"
    assert listed["W-HBCOND"]["strength_text"] == "只见到转载的摘录"
    assert listed["L-SD2016"]["checked_on"] == "2026-11-21"


# --- Kept by browsers and caches ---


@pytest.mark.parametrize(
    "url",
    [
        "/rules",
        "/rules/42?on=2014-06-03",
        "/rules/42.json",
        "/rules/cn",
        "/rules/sources",
        "/rules/44/changes",
    ],
)
def test_pages_may_be_kept_and_are_asked_for_again(client: Client, url: str) -> None:
    first = client.get(url)
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in first.headers
    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Cookie" in again.headers["Vary"]
    other = client.get(url, headers={"If-None-Match": '"something-else"'})
    assert other.status_code == 200


def test_a_page_that_sets_a_cookie_or_fails_is_not_kept(client: Client) -> None:
    for url in ("/rules?lang=zh_Hant", "/rules/42?large=1", "/rules/99", "/rules?on=x"):
        assert client.get(url).headers["Cache-Control"] == "no-store"


def test_another_day_another_tag(client: Client) -> None:
    tags = {client.get(f"/rules/42?on={on}").headers["ETag"] for on in ("2014-03-26", "2014-03-27")}
    assert len(tags) == 2


def test_whole_page_and_fragment(client: Client) -> None:
    whole, part = client.get("/rules/42"), client.fragment("/rules/42")
    assert "<html" in whole.text
    assert "<html" not in part.text
    assert whole.headers["ETag"] != part.headers["ETag"]


# --- Explaining an answer ---

FACTS: dict[str, Any] = {
    "service": "childbirth",
    "on": "2014-06-03",
    "woman": {"hukou": "421181", "only_child": True, "residence": None},
    "man": {"hukou": "421126", "only_child": False, "residence": None},
    "marriage": "first",
    "joint_children": 1,
}


def test_supervisors_only(app: Flask, session: Session, client: Client) -> None:
    load_demo_offices()
    session.commit()
    assert client.get("/rules/explain").headers["Location"].startswith("/staff/sign-in")
    assert client.post("/rules/explain").headers["Location"].startswith("/staff/sign-in")
    for role in ("clerk", "approver"):
        browser = browser_of(officer(MACHENG, role), app)
        assert browser.get("/rules/explain").status_code == 404
        assert browser.post("/rules/explain").status_code == 404


def test_facts_as_json_are_explained(supervisor: Client) -> None:
    assert "看它怎么来的" in supervisor.get("/rules/explain").text
    answer = supervisor.post(
        "/rules/explain", data={"facts": json.dumps(FACTS), "service": "childbirth"}
    )
    assert answer.status_code == 200
    assert "hb-2014.one-only-child" in answer.text
    assert "没有问到：排在前面的规定已经回答了" in answer.text
    assert "这一天不施行（2021-08-20" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_choices_are_explained(supervisor: Client) -> None:
    answer = supervisor.post(
        "/rules/explain",
        data={
            "service": "childbirth",
            "on": "2026-11-21",
            "woman_hukou": "440106",
            "woman_residence": "430102",
            "woman_since": "2026年11月1日",
            "man_hukou": "440106",
            "marriage": "remarried",
            "woman_prior": "1",
            "man_prior": "0",
            "joint_children": "1",
            "stage": "born",
        },
    )
    assert answer.status_code == 200
    assert "gd-2022.every-birth" in answer.text
    assert "2026-12-01起可以" in answer.text


def test_everything_left_open_is_explained_too(supervisor: Client) -> None:
    answer = supervisor.post("/rules/explain", data={"service": "childbirth"})
    assert answer.status_code == 200
    assert "还可能改变结果的情况" in answer.text


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"facts": "{"}, "request：应为一个 JSON 对象，写到第 1 行"),
        ({"facts": "[]"}, "request：应为一个 JSON 对象"),
        ({"facts": '{"colour": 1}'}, "colour：应为接口里有的字段，没有这一项"),
        ({"facts": '{"on": "2014-06-03", "on": "2015-06-03"}'}, "on：应为只写一次的字段"),
        ({"facts": '{"joint_children": 1.5}'}, "整数，不是 1.5"),
        ({"facts": '{"joint_children": NaN}'}, "整数，不是 NaN"),
        ({"facts": "[" * 9000}, "request：应为最多套 8 层的内容"),
        ({"facts": "x" * 20000}, "16384"),
        ({"woman_hukou": "999999"}, "woman.hukou：应为2、4、6 或 9 位的行政区划代码"),
        ({"woman_residence": "4201", "woman_since": "2099-01-01"}, "不晚于办理那一天的日子"),
        ({"on": "2014-02-30"}, "2014-02-30"),
        ({"marriage": "married"}, "error"),
        ({"service": "passport"}, "error"),
    ],
)
def test_what_cannot_be_explained_is_named(
    supervisor: Client, data: dict[str, str], says: str
) -> None:
    answer = supervisor.post("/rules/explain", data={"service": "childbirth", **data})
    assert answer.status_code == 422
    assert says in answer.text


def test_another_script_keeps_what_was_typed(supervisor: Client) -> None:
    answer = supervisor.post("/rules/explain", data={"woman_hukou": "440106", "lang": "zh_Hant"})
    assert answer.status_code == 200
    assert 'value="440106"' in answer.text
