"""Public service items: all that an office must publish, made of the rulebooks in force on the day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from app.guide import items
from app.policy.jurisdictions import NAMES
from app.rules import service as rules
from tests.client import Client

HEADINGS = ("依据", "条件", "步骤和期限", "材料", "收费", "电话")
DAYS = ("2014-06-03", "2018-12-01", "2022-06-01", "2026-11-21")


def test_every_item_of_every_jurisdiction_says_all_it_must(client: Client, app: Flask) -> None:
    seen = set()
    for day in DAYS:
        for word in ("cn", *(code for code in NAMES if code != "CN")):
            listed = client.get(f"/items/{word}?on={day}").text
            for link in re.findall(rf'href="(/items/{word}/[^"]+)"', listed):
                answer = client.get(link.replace("&amp;", "&"))
                assert answer.status_code == 200, link
                headings = re.findall(r"<h2>([^<]+)", answer.text)
                missing = [one for one in HEADINGS if one not in {h.strip() for h in headings}]
                assert not missing, (link, missing)
                seen.add(link.split("?")[0].rsplit("/", 1)[1])
    assert seen == set(items.NAMES)


def test_hubei_approval_in_2014_as_the_notice_wants_it_published(
    client: Client, offices: None
) -> None:
    page = client.get("/items/421181/approval?on=2014-06-03").text
    for text in (
        "鄂卫生计生通〔2014〕51号",  # basis
        "夫妻一方是独生子女，只有一个孩子的，可以申请再生一个。",  # conditions
        "在现居住地住满半年",  # where
        "乡镇、街道受理后 10 日内提出意见",  # limits, as steps
        "拿到生育证",
        "受理单位必须按时发给《生育证》",  # when it is late
        "夫妻二寸合影一张",  # papers
        "/papers/application_form/blank-hans.pdf",  # form and sample
        "/papers/application_form/sample-hans.pdf",
        "不收费",
        "本单位承诺",
        "3 个工作日内有人看",
        "12345",
    ):
        assert text in page, text
    assert "夫妻双方都是独生子女" not in page, "a ground that had ended on 2014-03-26"
    basis = page.split("<h2>依据</h2>")[1].split("<h2>")[0]
    assert "第十八条第一项" in basis
    assert "没有写明" not in basis, "our own reading is no basis"


def test_an_item_follows_the_law_of_its_day(client: Client, as_of: Callable[[str], None]) -> None:
    assert client.get("/items/42/approval?on=2014-06-03").status_code == 200
    assert client.get("/items/44/approval?on=2022-04-30").status_code == 200
    assert client.get("/items/44/approval?on=2022-05-01").status_code == 404, "no approval any more"
    assert client.get("/items/cn/marital?on=2021-09-26").status_code == 200
    assert client.get("/items/cn/marital?on=2021-09-27").status_code == 404
    as_of("2014-06-03")
    assert "2014 年 6 月 3 日" in client.get("/items/42/approval").text


def test_what_no_text_says_the_window_decides(client: Client) -> None:
    assert "规定没有写天数，请以窗口答复为准" in client.get("/items/cn/registration").text
    assert "没有写要带什么，请以窗口答复为准" in client.get("/items/cn/honor").text
    assert "本站未收录该省后续文件" in client.get("/items/42/registration").text


def test_the_promises_are_those_of_an_office_that_works_here(
    client: Client, app: Flask, offices: None
) -> None:
    assert "本单位承诺" not in client.get("/items/42/registration").text
    assert "本单位承诺" not in client.get("/items/421181/honor").text
    page = client.get("/items/421181/registration").text
    assert "5 个工作日内受理，或者一次告诉您缺什么" in page
    assert "不是法律规定的期限" in page
    app.config["LICENSED_SERVICES"] = frozenset({"childbirth_registration"})
    assert "个工作日内受理" not in client.get("/items/421181/registration").text


def test_the_list_goes_by_office(client: Client, offices: None) -> None:
    page = client.get("/items").text
    assert "麻城市" in page
    county = client.get("/items/421181").text
    assert "白果镇" in county
    assert 'href="/offices/421181"' in county
    link = re.search(r'href="/items/(421181\d{3})', county)
    assert link
    town = client.get(f"/items/{link[1]}").text
    assert f"/items/{link[1]}/registration" in town
    assert "下面的窗口" not in town


@pytest.mark.parametrize("where", ["999999", "421181", "4", "42118x", "４２", "nothing"])
def test_what_is_no_office_here_is_missing(client: Client, where: str) -> None:
    assert client.get(f"/items/{where}").status_code == 404
    assert client.get(f"/items/{where}/registration").status_code == 404


def test_a_day_that_is_none_is_refused(client: Client) -> None:
    assert client.get("/items/42?on=昨天").status_code == 400
    assert client.get("/items/42/registration?on=2026年11月21日").status_code == 200


@pytest.mark.parametrize(
    ("service", "outcome", "item"),
    [
        ("childbirth", "registration", "registration"),
        ("childbirth", "approval", "approval"),
        ("childbirth", "not_eligible", None),
        ("single_child_honor_certificate", "approval", "honor"),
        ("marital_childbearing_certificate", "approval", "marital"),
        ("marital_childbearing_certificate", "not_required", None),
    ],
)
def test_a_result_leads_to_its_item(service: str, outcome: str, item: str | None) -> None:
    assert items.item_for(service, outcome) == item


def test_nothing_is_typed_twice(app: Flask) -> None:
    """Whatever the item says of limits and papers is the rulebook's own object."""
    with app.test_request_context():
        law = rules.sheet("42", date(2014, 6, 3))
        approval = items.items_of(law)["approval"]
    procedure = law.ways["approval"][0].procedure
    assert approval.handling[0].limits == [limit.text for limit in procedure.time_limits]
    assert approval.handling[0].papers is law.ways["approval"][0].documents
