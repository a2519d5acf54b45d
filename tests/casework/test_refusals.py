"""A refusal: a ground from the catalogue, reasons in words, the law, who was asked, and what can be done."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from app.applications.refusals import catalogue, grounds_for
from app.certificates import service
from app.certificates.printing import content_of
from app.extensions import db
from tests import factories as make
from tests.casework.asking import GULOU, ask_elsewhere, desk
from tests.casework.test_desk import REASONS, act, kinds
from tests.test_typesetting import text_of

pytestmark = pytest.mark.usefixtures("offices")
REGISTRATION, APPROVAL = "childbirth_registration", "additional_birth_approval"


def test_a_refusal_without_a_ground_is_none(app: Flask) -> None:
    case = make.filed()
    answer = act(desk(make.BAIGUO, app), case, "refuse", reasons=REASONS, ground="")
    assert answer.status_code == 422
    assert "请选按哪一种理由" in answer.text
    assert REASONS in answer.text
    assert kinds(case) == ["submitted"]


def test_a_ground_of_another_service_is_none(app: Flask) -> None:
    case = make.filed()
    answer = act(desk(make.BAIGUO, app), case, "refuse", reasons=REASONS, ground="no_ground")
    assert answer.status_code == 422


@pytest.mark.parametrize("script", ["zh_Hans", "zh_Hant"])
def test_the_decision_says_why_by_what_law_who_was_asked_and_what_to_do(
    app: Flask, script: str
) -> None:
    case = make.filed()
    ask_elsewhere(case, GULOU)
    act(desk(make.BAIGUO, app), case, "refuse", reasons=REASONS, ground="decided_before")
    db.session.expire_all()
    [letter] = [each for each in service.letters_of(case) if "refusal" in each.kind]
    words = "".join(text_of(content_of(letter, script)).split())
    office = make.office(GULOU)
    name = office.name_hant if script == "zh_Hant" else office.name
    told = {
        "zh_Hans": (
            "同一孩已经登记或者批准过",
            "问过哪里",
            name,
            "没有答复",
            "行政复议",
            "人口与计划生育法",
        ),
        "zh_Hant": (
            "同一孩已經登記或者批准過",
            "問過哪裡",
            name,
            "沒有答覆",
            "行政復議",
            "人口與計劃生育法",
        ),
    }[script]
    for each in (REASONS[:12], *told):
        assert each in words, each
    mine = make.browser_of(make.citizen(), app).get(f"/my/{case.id}").text
    assert "同一孩已经登记或者批准过" in mine
    assert REASONS in mine


def test_that_nobody_answered_is_never_a_ground() -> None:
    for each in catalogue():
        for word in ("答复", "查不到", "没有核实", "退回"):
            assert word not in each.text


def test_the_licensing_act_is_a_ground_only_where_it_is_a_licence_and_its_text_is_held() -> None:
    def known(day: date, *, is_licence: bool) -> set[str]:
        return {each.id for each in grounds_for(APPROVAL, day, is_licence=is_licence)}

    assert "false_statement" not in known(date(2026, 3, 2), is_licence=False)
    assert "false_statement" in known(date(2026, 3, 2), is_licence=True)
    assert "false_statement" not in known(date(2014, 6, 3), is_licence=True)


def test_every_service_has_grounds_and_every_ground_is_known_once() -> None:
    ids = [each.id for each in catalogue()]
    assert len(ids) == len(set(ids))
    for name in (REGISTRATION, APPROVAL):
        assert len(grounds_for(name, date(2026, 3, 2), is_licence=False)) >= 4


def test_guangxi_2018_the_township_refuses_with_reasons(app: Flask, as_of) -> None:
    as_of("2018-12-03")
    case = make.filed(make.REMARRIED_TWO)
    clerk = desk(make.MINSHENG, app)
    act(clerk, case, "accept")
    assert act(clerk, case, "refuse", reasons=REASONS, ground="no_ground").status_code == 303
    db.session.expire_all()
    assert (case.state, case.events[-1].data["ground"]) == ("refused", "no_ground")
