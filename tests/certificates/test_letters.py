"""What offices write: everything that is missing, that it is taken in, why not; and to each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.casework import silence
from app.casework.acts import Act
from app.certificates import service
from app.certificates.letters import Enquiry, enquiry_sheet
from app.certificates.printing import content_of
from app.language import speaking
from app.typesetting import pdf
from tests import factories as make
from tests.casework.asking import BOOKLET, MARRIAGE, ask
from tests.certificates.conftest import do
from tests.test_typesetting import text_of

pytestmark = pytest.mark.usefixtures("offices")
REASONS = "男方的独生子女证明与户口登记不一致，见《条例》第十六条第四项。\n#{1/0} *_$"


def squeezed(content: bytes) -> str:
    """The words of a PDF without where its lines happen to break."""
    return "".join(text_of(content).split())


def letter(case: Any, kind: str) -> str:
    """The words of the case's letter of this kind."""
    [found] = [each for each in service.letters_of(case) if each.kind == kind]
    return squeezed(content_of(found, "zh_Hans"))


def test_an_acceptance_says_by_when_and_what_came_in(as_of: Callable[[str], None]) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    do(case, Act.ACCEPT)
    printed = letter(case, "acceptance")
    for words in (
        "受理通知书",
        "张小雨、李建国：",
        f"办件编号{case.number}",
        "受理不等于批准",
        "乡镇、街道受理后10日内提出意见，报县级最迟2014年6月13日",
        "全程：30日最迟2014年7月3日",
        "到期不能证实您不符合条件的，受理单位必须按时发给《生育证》",
        "结婚证带到窗口交",
        "演练：按2014年6月3日的规定",
    ):
        assert words in printed, words


def test_what_silence_accepted_says_since_when(as_of: Callable[[str], None]) -> None:
    as_of("2026-03-02")
    case = make.filed()
    as_of("2026-03-10")
    assert silence.accept_unanswered() == 1
    printed = letter(case, "acceptance")
    assert "5个工作日里没有告诉您要补什么，所以从2026年3月2日收到材料那天起就算受理" in printed


def test_a_notice_says_everything_once(session: Any) -> None:
    case = make.filed()
    ask(case, {BOOKLET: "unclear", MARRIAGE: "missing"}, words="男方那一页看不清。#{1/0}")
    printed = letter(case, "one_time_notice")
    for words in (
        "一次性告知书",
        "这次一次说全",
        "夫妻双方的居民身份证，或户口簿：看不清，请重新拍",
        "还没有交",
        "男方那一页看不清。#{1/0}",
        "收件的日子不变",
    ):
        assert words in printed, words


def test_a_notice_that_waits_for_a_supervisor_is_no_letter_yet(session: Any) -> None:
    case = make.filed()
    ask(case, {BOOKLET: "unclear"})
    session.expire_all()
    case.state = "submitted"
    session.commit()
    from app.applications.notices import close_open

    close_open(case)
    session.commit()
    ask(case, {MARRIAGE: "missing"}, why="第一次没有看到。")
    assert [each.kind for each in service.letters_of(case)] == ["one_time_notice"]


def test_a_refusal_gives_reasons_and_the_way_on(as_of: Callable[[str], None]) -> None:
    as_of("2026-03-02")
    case = make.filed()
    do(case, Act.ACCEPT)
    do(case, Act.REFUSE, reasons=REASONS)
    printed = letter(case, "refusal_to_register")
    for words in (
        "不予登记决定书",
        "本单位决定不予登记",
        "".join(REASONS.split()),
        "《人口与计划生育法》第十八条第一款",
        "六十日内，可以申请行政复议",
        "《行政复议法（2023年修订）》第二十条",
        "六个月内，可以向人民法院起诉",
    ):
        assert words in printed, words
    for secret in ("002X", "0014", "13800000001"):
        assert secret not in printed


def test_a_refusal_before_2024_sends_nobody_to_a_term_that_is_not_held(
    as_of: Callable[[str], None],
) -> None:
    as_of("2018-12-03")
    case = make.filed(make.REMARRIED_TWO)
    do(case, Act.REFUSE, make.MINSHENG, reasons=REASONS)
    printed = letter(case, "refusal_to_accept")
    assert "六十日" not in printed
    assert "那时的复议和起诉期限，本站没有全收录" in printed


@pytest.mark.parametrize(("script", "title"), [("zh_Hans", "协查函"), ("zh_Hant", "協查函")])
def test_an_enquiry_asks_the_other_office_in_both_scripts(
    app: Flask, script: str, title: str
) -> None:
    enquiry = Enquiry(
        number="JJB-7F3K-92QD-H4TM-X1",
        issued_on=date(2014, 6, 4),
        sender="鼓楼街道办事处",
        sender_phone="12345",
        addressee="某县某镇人民政府",
        people=[("女方", "𬱖文𠮷", "居民身份证", "11010519491231002X")],
        questions=["是不是独生子女？", "#{1/0} 生育过几个孩子？"],
        basis=[("鄂卫生计生通〔2014〕51号", "二（二）4")],
        due_on=date(2014, 6, 20),
        address="https://jiujin.example/reply",
        code="7F3K-92QD",
    )
    with app.app_context():
        with speaking(script):
            data = enquiry_sheet(enquiry)
        printed = squeezed(pdf("sheet", data, script))
    for words in (title, "𬱖文𠮷", "11010519491231002X", "7F3K-92QD", "2014年6月20日", "#{1/0}"):
        assert words in printed, words
