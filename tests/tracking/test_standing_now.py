"""Who has it now, whether the clock runs, who looked: what a citizen reads, and what a number alone does not show."""

from __future__ import annotations

import re
import uuid

import pytest
from flask import Flask

from app.casework.acts import Act
from tests import factories as make
from tests.casework.asking import ask
from tests.client import Client
from tests.html_rules import Page
from tests.tracking.test_tracking import REASONS, do, look_up

pytestmark = pytest.mark.usefixtures("offices")


def rows(page: str) -> dict[str, str]:
    """Label and text of the card that says who has it."""
    card = page.split("现在在谁那里")[1].split("</dl>", maxsplit=1)[0]
    plain = re.sub(r"<[^>]+>", " ", card.replace("</dd>", "\n"))
    found = [" ".join(line.split()) for line in plain.splitlines() if line.strip()]
    return {line.split(" ", 1)[0]: line.split(" ", 1)[-1] for line in found}


def test_who_has_it_since_when_until_when_and_what_follows(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    owner = make.browser_of(make.citizen(), app)
    told = rows(owner.get(f"/my/{case.id}").text)
    assert told["在谁那里"].startswith("麻城市白果镇")
    assert told["从哪天起"] == "2014 年 6 月 3 日"
    assert told["在做什么"] == "受理"
    assert told["最迟哪天"] == "2014 年 6 月 10 日（还有 5 个工作日）"
    assert told["期限"] == "在走：本单位承诺 5 个工作日"
    assert told["下一步"] == "乡镇（街道）审核"
    assert told["上级"] == "麻城市卫生健康局"
    as_of("2014-06-04")
    do(case, Act.ACCEPT)
    as_of("2014-06-12")
    do(case, Act.FORWARD_WITH_OPINION, meets=True)
    told = rows(owner.get(f"/my/{case.id}").text)
    assert told["在谁那里"] == "麻城市卫生健康局"
    assert told["从哪天起"] == "2014 年 6 月 12 日"
    assert told["期限"] == "在走：限 20 日"
    assert "上级" not in told


def test_the_clock_stands_still_while_the_citizen_is_asked(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    case = make.filed()
    as_of("2026-03-04")
    ask(case)
    as_of("2026-03-20")
    page = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    told = rows(page)
    assert told["在谁那里"] == "您这里"
    assert told["从哪天起"] == "2026 年 3 月 4 日"
    assert told["期限"].startswith("停着：在等您补材料")
    assert told["最迟哪天"] == "没有定"
    assert "一共 1 项，期限从这天停下" in page
    assert "没有写办理天数" not in page


def test_an_ended_one_is_with_nobody(app: Flask) -> None:
    case = make.filed()
    make.browser_of(make.citizen(), app).post(f"/my/{case.id}/withdraw")
    assert "现在在谁那里" not in make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text


def test_F2_a_day_beyond_the_calendar_is_called_provisional(app: Flask, as_of) -> None:
    as_of("2027-03-01")
    case = make.filed()
    told = rows(make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text)
    assert told["最迟哪天"].endswith("暂定")


# --- Who looked ---


def test_every_look_of_the_staff_is_listed(app: Flask) -> None:
    case = make.filed()
    owner = make.browser_of(make.citizen(), app)
    assert "还没有工作人员看过" in owner.get(f"/my/{case.id}/views").text
    clerk = make.browser_of(make.officer(make.BAIGUO, name="陈晓"), app)
    for _ in range(3):
        clerk.get(f"/staff/cases/{case.id}")
    clerk.post(f"/staff/cases/{case.id}/reveal")
    clerk.get(f"/staff/cases/{case.id}")
    make.browser_of(make.officer(make.MACHENG, "supervisor", name="方正"), app).get(
        f"/staff/cases/{case.id}"
    )
    page = owner.get(f"/my/{case.id}/views").text
    texts = "".join(text for text, _ in Page(page).texts)
    assert "打开了申请，姓名和号码遮着一部分（3 次）" in texts.replace("\n", "").replace(
        " （", "（"
    )
    assert "看了完整的姓名、证件号和手机号" in page
    assert "打开了申请，看得到完整的姓名和号码" in page
    assert "陈某" in page
    assert "方某" in page
    assert "陈晓" not in page
    assert "麻城市白果镇" in page


def test_B1_who_looked_is_for_the_owner_alone(app: Flask, client: Client) -> None:
    case = make.filed()
    other = make.browser_of(make.citizen("13911112222"), app)
    for where in (case.id, uuid.uuid4()):
        assert other.get(f"/my/{where}/views").status_code == 404
    assert client.get(f"/my/{case.id}/views").status_code == 303


# --- With the number alone ---


def test_B6_a_number_alone_shows_the_way_and_no_words_of_anybody(
    app: Flask, client: Client, as_of
) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    do(case, Act.ACCEPT)
    do(case, Act.FORWARD_WITH_OPINION, meets=False, reasons="女方不是独生子女，见随附证明。")
    do(case, Act.REFUSE, make.MACHENG, "approver", reasons=REASONS)
    look_up(client, case.number, "0001")
    page = client.get("/track/case").text
    assert "没有批准" in page
    assert "登录查看" in page
    for secret in (
        REASONS,
        "女方不是独生子女",
        make.WOMAN["name"],
        make.MAN["name"],
        make.WOMAN["phone"],
        make.WOMAN["id_number"],
    ):
        assert secret not in page
    owner = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert REASONS in owner


def test_B6_a_number_alone_shows_neither_what_is_missing_nor_any_file(
    app: Flask, client: Client
) -> None:
    case = make.filed()
    ask(case, words="男方那一页看不清。")
    look_up(client, case.number, "0001")
    page = client.get("/track/case").text
    assert "一共 1 项" in page
    assert "看不清" not in page
    assert "/views" not in page
    assert "/uploads/" not in page
    for path in ("/correct", "/views", "/withdraw"):
        assert client.get(f"/my/{case.id}{path}").location.startswith("/sign-in")
