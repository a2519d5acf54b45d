"""One question a page: asked in turn, changed later, never lost."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from app.checker import service
from app.checker.models import CheckSession
from app.checker.questions import QUESTIONS
from app.clock import now
from app.places.models import Office
from app.policy.facts import ORDER
from tests.checker.conftest import COUPLE, UNSURE
from tests.client import Client

Walk = Callable[..., TestResponse]
LATER_STEP = 4 * 1024


def test_every_fact_of_the_contract_can_be_asked_for() -> None:
    assert set(QUESTIONS) == set(ORDER)


def test_couple_from_two_provinces_learns_where_to_register(walk: Walk) -> None:
    page = walk().text
    assert "办生育登记，不用审批" in page
    assert "您可以在这 3 个地方办，选一个" in page
    assert "结婚证" in page and "第十八条第一款" in page
    assert page.index("苏州工业园区") < page.index("湖北省 麻城市"), "where she lives comes first"


def test_each_step_is_one_light_fragment_that_says_the_same(client: Client) -> None:
    url = client.get("/check?service=childbirth").location
    whole, part = client.get(url), client.fragment(url)
    assert whole.status_code == part.status_code == 200
    assert "女方的户口在哪里？" in whole.text and "女方的户口在哪里？" in part.text
    assert "<html" not in part.text and 'id="settings"' in part.text
    assert len(gzip.compress(part.data)) <= LATER_STEP


def test_answers_are_sealed_and_the_cookie_is_not_stored(client: Client, session: Any) -> None:
    response = client.post("/check/woman.hukou", data={"division": "421181102"})
    token = response.headers["Set-Cookie"].split("=")[1].split(";")[0]
    assert len(token) >= 22, "128 bits at least"
    row = session.execute(text("SELECT * FROM check_session")).mappings().one()
    assert token not in str(dict(row)) and "421181" not in str(dict(row))
    assert session.scalar(select(CheckSession)).answers == {"woman.hukou": {"value": "421181102"}}


def test_a_question_that_is_not_reached_leads_to_the_next(client: Client) -> None:
    client.post("/check/woman.hukou", data=COUPLE["woman.hukou"])
    for url in ("/check/man.residence", "/check/result", "/check/household"):
        assert client.get(url).location.endswith("/check/marriage")
    late = client.post("/check/joint_children", data={"choice": "1"})
    assert late.location.endswith("/check/marriage")


def test_an_earlier_answer_changed_keeps_the_later_ones(client: Client, walk: Walk) -> None:
    walk()
    back = client.get("/check/joint_children")
    assert 'value="1" checked' in back.text, "Back shows what was chosen"
    assert client.post("/check/joint_children", data={"choice": "2"}).location.endswith("/result")
    page = client.get("/check/result").text
    assert "第 3 个孩子" in page and "苏州工业园区" in page


def test_her_new_home_is_his_too_when_he_lives_with_her(client: Client, walk: Walk) -> None:
    walk()
    client.post("/check/woman.residence", data={"where": "elsewhere", "division": "421181102"})
    page = client.get("/check/result").text
    assert "苏州工业园区" not in page.split("我之前的回答")[0]


@pytest.mark.parametrize("path", ["woman.hukou", "marriage", "joint_children"])
def test_not_sure_is_an_answer_to_every_question(client: Client, walk: Walk, path: str) -> None:
    page = walk({**COUPLE, path: UNSURE})
    assert page.status_code == 200
    assert "不确定" in page.text
    assert "12345" in page.text


def test_not_sure_of_everything_still_ends_with_a_person_to_ask(walk: Walk) -> None:
    page = walk({}).text
    assert "tel:12345" in page and "还差一点" in page


def test_both_possibilities_are_told(walk: Walk, as_of: Callable[[str], None]) -> None:
    as_of("2014-06-03")
    hubei = {
        **COUPLE,
        "man.hukou": {"division": "421126"},
        "woman.residence": {"where": "elsewhere", "division": "420106"},
        "man.residence.since": UNSURE,
    }
    page = walk(hubei).text
    assert "要办再生育审批，您符合条件" in page
    assert "如果刚搬来" in page and "如果住了一年以上" in page
    assert "最晚 2014 年 7 月 3 日起可以在这里办" in page
    assert "必须按时发给《生育证》" in page


def test_a_negative_answer_never_speaks_of_permission_and_offers_a_person(
    walk: Walk, as_of: Callable[[str], None]
) -> None:
    as_of("2018-12-01")
    page = walk(
        {
            **COUPLE,
            "woman.hukou": {"division": "450102001"},
            "woman.residence": {"where": "hukou"},
            "man.residence": {"where": "hukou"},
            "joint_children": {"choice": "3"},
            "children.disabled": {"choice": "0"},
            "children.died": {"choice": "0"},
        }
    ).text
    assert "按收录的规定" in page or "要请窗口的人看一看" in page
    assert "tel:12345" in page
    assert "不能生" not in page and "不允许" not in page and "不准生" not in page


@pytest.mark.parametrize(
    ("path", "sent", "said"),
    [
        ("woman.hukou", {"division": ""}, "请从列表里选一个地方"),
        ("woman.hukou", {"division": "999999"}, "请从列表里选一个地方"),
        ("woman.hukou", {"division": "42' OR 1=1--"}, "请从列表里选一个地方"),
    ],
)
def test_an_unknown_place_is_refused_and_the_form_shown_again(
    client: Client, path: str, sent: dict[str, str], said: str
) -> None:
    for answer in (
        client.post(f"/check/{path}", data=sent),
        client.fragment(f"/check/{path}", method="POST", data=sent),
    ):
        assert answer.status_code == 422
        assert said in answer.text and 'role="alert"' in answer.text
        assert "Set-Cookie" not in answer.headers or "check=" not in answer.headers["Set-Cookie"]


def test_a_choice_that_is_none_of_ours_is_refused(client: Client) -> None:
    client.post("/check/woman.hukou", data=COUPLE["woman.hukou"])
    for sent in ({}, {"choice": "married"}, {"choice": "first\x00"}):
        assert client.post("/check/marriage", data=sent).status_code == 422


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2014-06-04", "还没有到"),
        ("1850-01-01", "年份太早"),
        ("14-6-3", "年份写成四位"),
        ("", "请填日期"),
    ],
)
def test_a_bad_day_is_refused_and_kept_on_screen(
    client: Client, walk: Walk, as_of: Callable[[str], None], day: str, said: str
) -> None:
    as_of("2014-06-03")
    walk({**COUPLE, "woman.residence": {"where": "elsewhere", "division": "420106"}})
    page = client.post("/check/woman.residence.since", data={"day": day})
    assert page.status_code == 422
    assert said in page.text and f'value="{day}"' in page.text


def test_days_are_taken_as_people_write_them(
    client: Client, walk: Walk, as_of: Callable[[str], None]
) -> None:
    as_of("2014-06-03")
    walk({**COUPLE, "woman.residence": {"where": "elsewhere", "division": "420106"}})
    client.post("/check/woman.residence.since", data={"day": "２０１３年9月12日"})
    assert 'value="2013-09-12"' in client.get("/check/woman.residence.since").text


def test_looking_for_a_place_answers_nothing(client: Client, session: Any) -> None:
    page = client.post("/check/woman.hukou", data={"division_q": "馆陶", "find": "division"})
    assert page.status_code == 200
    assert "馆陶" in page.text and 'role="alert"' not in page.text.split("</main>")[0]
    assert session.scalar(select(CheckSession)) is None


def test_the_script_changes_with_the_typing_kept_and_nothing_stored(
    client: Client, session: Any
) -> None:
    page = client.post(
        "/check/woman.hukou", data={"division_q": "馆陶", "division": "130433", "lang": "zh_Hant"}
    )
    assert page.status_code == 200
    assert '<html lang="zh-Hant-TW">' in page.text
    assert 'value="130433" checked' in page.text and 'value="馆陶"' in page.text
    assert session.scalar(select(CheckSession)) is None
    assert '<html lang="zh-Hant-TW">' in client.get("/").text, "and it is remembered"


def test_answers_are_gone_after_their_day_with_a_way_on(
    client: Client, walk: Walk, session: Any
) -> None:
    walk()
    session.scalar(select(CheckSession)).expires_at = now() - timedelta(seconds=1)
    page = client.get("/check/result")
    assert page.status_code == 410
    assert "24 小时" in page.text and "/check?service=childbirth" in page.text
    assert client.get("/check/woman.hukou").status_code == 200, "the old cookie is taken back"


def test_expired_rows_are_swept(client: Client, walk: Walk, session: Any) -> None:
    walk()
    client.post("/check/result/share")
    assert service.sweep() == 0
    session.scalar(select(CheckSession)).expires_at = now() - timedelta(seconds=1)
    session.flush()
    assert service.sweep() == 1


def test_the_next_person_on_this_phone_can_start_anew(
    client: Client, walk: Walk, session: Any
) -> None:
    walk()
    page = client.get("/check?service=childbirth")
    assert page.status_code == 200 and "重新开始" in page.text
    assert client.post("/check/start", data={"keep": "0"}).location.startswith("/check/woman.hukou")
    assert session.scalar(select(CheckSession)) is None


def test_kept_answers_serve_another_service(client: Client, walk: Walk) -> None:
    walk()
    go_on = {"keep": "1", "service": "marital_childbearing_certificate"}
    assert client.post("/check/start", data=go_on).location.endswith("/check/result")
    page = client.get("/check/result").text
    assert "这个证不用办了" in page


def test_unknown_services_and_facts_are_not_found(client: Client) -> None:
    assert client.get("/check?service=divorce").status_code == 404
    assert client.get("/check/woman.name").status_code == 404


def test_a_form_without_token_changes_nothing(client: Client, session: Any) -> None:
    answer = client.post("/check/woman.hukou", data={"division": "421181102"}, csrf=False)
    assert answer.status_code == 400
    assert session.scalar(select(CheckSession)) is None


def test_apply_is_offered_only_where_an_office_is_live(
    client: Client, walk: Walk, session: Any
) -> None:
    page = walk().text
    assert "该地尚未接入本站网上办理，请到窗口，或拨 12345" in page
    assert "网上办理</a>" not in page
    session.add(
        Office(
            code="421181102",
            level="township",
            name="白果镇卫生健康办",
            name_hant="白果鎮衛生健康辦",
            phone="0713-0000000",
            live=True,
        )
    )
    assert 'href="/apply/start?role=woman_hukou"' in client.get("/check/result").text


def test_a_paper_that_is_gone_is_answered_without_a_question(client: Client) -> None:
    page = client.get("/check?service=marital_childbearing_certificate", follow_redirects=True)
    assert page.status_code == 200
    assert "不用再办婚育证明" in page.text
    assert "网上办理" not in page.text
    shared = client.post(
        "/check/result/share",
        data={"service": "marital_childbearing_certificate"},
        follow_redirects=True,
    )
    assert "不用再办婚育证明" in shared.text


@pytest.mark.usefixtures("offices")
def test_the_result_says_first_what_it_rests_on(client: Client, walk: Walk) -> None:
    """The ground, and the rule that favours the couple where the two provinces differ."""
    page = walk(
        {
            "woman.hukou": {"division": "310104017"},
            "marriage": {"choice": "first"},
            "man.hukou": {"division": "440106014"},
            "joint_children": {"choice": "3"},
            "woman.residence": {"where": "hukou"},
            "man.residence": {"where": "hukou"},
            "woman.minority": {"choice": "no"},
            "man.minority": {"choice": "no"},
            "children.disabled": {"choice": "0"},
        }
    ).text
    verdict = page.split('class="verdict')[1].split("为什么是这个结果")[0]
    assert "生育都办登记，不再审批" in verdict
    before_places = page.split("您可以在这里办")[0]
    assert "两边规定不一样，按有利的一边办" in before_places
    assert "第十八条第四款" in before_places


def test_a_place_closed_for_want_of_a_permit_says_how_to_get_one(walk: Walk) -> None:
    page = walk(
        {
            "woman.hukou": {"division": "421181103"},
            "marriage": {"choice": "first"},
            "man.hukou": {"division": "421181101"},
            "joint_children": {"choice": "1"},
            "woman.residence": {"where": "elsewhere", "division": "410105002"},
            "man.residence": {"where": "with_woman"},
            "woman.residence.permit": {"choice": "no"},
            "man.residence.permit": {"choice": "no"},
        }
    ).text
    assert "想在这里办，先办居住证" in page
