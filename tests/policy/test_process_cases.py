"""The cases about steps, dates, agents and duties: those the law, the clock and the guide can answer.

Each case of process.yaml is answered here, or named in `LATER` with the part of the site it waits for,
so that none is forgotten. What a case expects is compared with dates, or with what a citizen reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import yaml

from app.applications.deadlines import fold
from app.guide.household import matters_on, ways_on, whole_on
from app.policy.appeal import against_delay_on, remedies_on
from app.policy.deadlines import due_on, months_after
from app.policy.decide import decide
from app.policy.facts import Facts
from app.policy.law import Law
from app.policy.worked_cases import Body
from app.policy.yaml_file import compose, plain
from tests.policy.conftest import CASES

ALL: list[Body] = plain(compose(CASES / "process.yaml", yaml.SequenceNode))
BY_ID = {case["id"]: case for case in ALL}

# What waits for another part of the site, and which.
LATER = {
    "C123": "delegation",
    "C124": "delegation",
    "C125": "delegation",
    "C126": "personal data of children, asked for in an application",
    "C127": "erasing an account",
}


@dataclass(frozen=True)
class Happening:
    """An event of an application, as the clock reads it."""

    kind: str
    happened_on: date
    is_whole: bool = True

    @property
    def counts_from(self) -> date:
        """None of these cases was accepted by silence, so each counts from its own day."""
        return self.happened_on


class Book:
    """One rulebook's procedure for a paper, and all it says to a citizen."""

    def __init__(self, law: Law, name: str, paper: str) -> None:
        self.book = next(book for book in law.shelf.rulebooks if book.id == name)
        self.procedure = next(one for one in self.book.procedures if one.paper == paper)
        self.limits = [
            limit.model_dump(by_alias=True, mode="json") for limit in self.procedure.time_limits
        ]

    @property
    def said(self) -> str:
        """Every text of the procedure."""
        papers = [use.note or "" for use in self.procedure.documents]
        steps = [limit.text for limit in self.procedure.time_limits]
        return "\n".join([*self.procedure.notes, self.procedure.if_late or "", *papers, *steps])

    def days(self, *events: tuple[str, str]) -> list[tuple[str, str | None, bool]]:
        """(step, last day, provisional) of every term of the text after these events."""
        history = [Happening(kind, date.fromisoformat(day)) for kind, day in events]
        steps = [step for step in fold(self.limits, history, promise=5) if not step.is_promise]
        return [
            (step.step, step.due_on.isoformat() if step.due_on else None, step.provisional)
            for step in steps
        ]


def dates(case: Body) -> list[str]:
    return list(case["expect"]["dates"].values())


def whole_way(law: Law, case: Body, name: str, forwarded: str) -> list[str | None]:
    """Both offices' last days: papers complete at once, sent on at the day the case says."""
    start = next(iter(case["facts"].values()))
    events = [("submitted", start), ("accepted", start)]
    if forwarded in case["facts"]:
        events.append(("forwarded_with_opinion", case["facts"][forwarded]))
    return [day for _, day, _ in Book(law, name, "approval").days(*events)]


def test_every_case_is_answered_or_waits_by_name() -> None:
    assert set(BY_ID) == {*ANSWERED, *LATER}


def c014(law: Law, case: Body) -> None:
    assert whole_way(law, case, "hb-2014", "sent_to_county_on") == dates(case)


def c015(law: Law, case: Body) -> None:
    hubei = Book(law, "hb-2014", "approval").procedure
    assert hubei.if_late and "必须" in hubei.if_late
    assert hubei.certificate == case["expect"]["certificate"]
    # No other text turns silence into an answer.
    late = {book.id for book in law.shelf.rulebooks for one in book.procedures if one.if_late}
    assert late == {"hb-2014"}


def c016(law: Law, case: Body) -> None:
    said = Book(law, "hb-2014", "approval").said
    assert "一次告诉您全部" in said and "样表" in said


def c017(law: Law, case: Body) -> None:
    assert "书面告诉您理由" in Book(law, "hb-2014", "approval").said


def c018(law: Law, case: Body) -> None:
    said = Book(law, "hb-2014", "approval").said
    assert "不收工本费" in said and "12356" in said
    assert hubei_couple(law).fee == case["expect"]["fee"]


def c019(law: Law, case: Body) -> None:
    home = hubei_couple(law).place("woman_residence")
    assert home is not None and home.allowed
    assert "首先接到申请的单位要负责到底" in Book(law, "hb-2014", "approval").said


def c020(law: Law, case: Body) -> None:
    notes = {n.use.id: n.use.note or "" for n in hubei_couple(law).best.documents}
    assert "受理单位联系户籍地或父母户籍地核实" in notes["only_child_proof"]
    assert "受理单位联系户籍地" in notes["marital_statement"]


def c043(law: Law, case: Body) -> None:
    for paper in ("registration", "approval"):
        assert "填写虚假信息要承担法律责任" in Book(law, "gx-2016", paper).said


def c047(law: Law, case: Body) -> None:
    facts = case["facts"]
    days = Book(law, "cn-2009", "registration").days(
        ("submitted", facts["papers_received_on"]),
        ("verification_asked", facts["request_received_by_hukou_on"]),
    )
    assert [day for _, day, _ in days[:2]] == dates(case)


def c048(law: Law, case: Body) -> None:
    migrants = Book(law, "cn-2009", "registration")
    assert migrants.procedure.if_late is None
    assert "没有写可以直接办，可以向上级反映" in migrants.said


def c057(law: Law, case: Body) -> None:
    handed_in = due_on(date.fromisoformat(case["facts"]["arrived_on"]), 30, "day")
    assert [handed_in.on.isoformat()] == dates(case)
    for name in ("cn-2009", "pyrd-2010"):
        part = next(b for b in law.shelf.rulebooks if b.id == name).marital_certificate
        assert part is not None
        said = "\n".join([part.text, *part.notes])
        for words in ("30 日内交验", "3 个月内补办", "只批评教育"):
            assert words in said, name


def c081(law: Law, case: Body) -> None:
    assert "不能当作“符合条例生育”的证明" in Book(law, "gd-2022", "registration").said


def p060(law: Law, case: Body) -> None:
    assert whole_way(law, case, "sh-2021", "district_received_on")[:2] == dates(case)


def p085(law: Law, case: Body) -> None:
    assert whole_way(law, case, "ha-2020", "county_received_on")[:2] == dates(case)


def p01(law: Law, case: Body) -> None:
    assert whole_way(law, case, "sh-2021", "")[:1] == dates(case)


def p03(law: Law, case: Body) -> None:
    day = case["facts"]["complete_file_on"]
    step, last, provisional = Book(law, "sh-2021", "approval").days(("submitted", day))[0]
    assert (step, [last]) == ("township", dates(case))
    assert provisional is case["expect"]["provisional"]


def p04(law: Law, case: Body) -> None:
    day = case["facts"]["papers_received_on"]
    assert Book(law, "cn-2009", "registration").days(("submitted", day))[0][1] == dates(case)[0]


def declared(law: Law, case: Body) -> None:
    """Within one month of the birth, whatever else is missing."""
    born = date.fromisoformat(case["facts"]["born_on"])
    assert [months_after(born, 1, extend=False).on.isoformat()] == dates(case)
    newborn = guided("newborn", "home", "2023-10-20")
    assert "一个月内" in newborn.time
    assert not [paper for paper in newborn.papers if "生育登记" in paper or "再生育" in paper]


def c109(law: Law, case: Body) -> None:
    assert "村（社区）的卫生健康工作人员代办" in Book(law, "cn-2021", "registration").said
    assert couple_of_today(law).outcome == case["expect"]["outcome"]


def c110(law: Law, case: Body) -> None:
    decision = couple_of_today(law)
    assert decision.outcome == case["expect"]["outcome"]
    papers = {needed.use.id: needed.use.replaceable_by for needed in decision.best.documents}
    assert papers["marriage_certificate"] == case["expect"]["replaceable_by"]


def c111(law: Law, case: Body) -> None:
    at_home, away = (guided("newborn", way, case["on"]) for way in ("home", "away"))
    assert "爸爸或妈妈户籍地" in at_home.window and "现居住地" in away.window
    assert "先打电话" in away.remarks
    assert "户口落在爸爸或妈妈那边" in away.window
    for paper in ("出生医学证明", "户口簿", "结婚证"):
        assert any(paper in line for line in at_home.papers)


def c112(law: Law, case: Body) -> None:
    at_home = " ".join(guided("newborn", "unmarried", case["on"]).papers)
    assert "非婚生育的说明" in at_home and "亲子鉴定" in at_home
    assert "婚内生育" in guided("newborn", "away", case["on"]).remarks


def c113(law: Law, case: Body) -> None:
    papers = " ".join(guided("newborn", "away", case["on"]).papers)
    for paper in ("出生医学证明", "结婚证", "父母双方的身份证", "户口簿", "居住证或暂住登记凭条"):
        assert paper in papers


def c114(law: Law, case: Body) -> None:
    remarks = guided("newborn", "away", case["on"]).remarks
    assert "不满 6 岁" in remarks and "民族相同" in remarks


def c116(law: Law, case: Body) -> None:
    card = guided("first-card", "child-away", case["on"])
    assert "现居住地的派出所" in card.window
    assert "户籍地" in guided("first-card", "child-home", case["on"]).window
    assert "监护人" in card.remarks
    assert "60 日" in card.time and "45 日" in card.time
    assert "有效期 5 年" in card.remarks


def c117(law: Law, case: Body) -> None:
    card = guided("temporary-card", "away", case["on"])
    assert "现居住地的派出所" in card.window and "异地受理" in " ".join(card.papers)
    assert "3 日" in card.time and "签发后" in card.time
    assert "打电话" in card.remarks


def c118(law: Law, case: Body) -> None:
    start = date.fromisoformat(case["on"])
    assert [due_on(start, 14, "working_day").on.isoformat()] == dates(case)
    assert "福州是 14 个工作日" in guided("move", "talent", "2024-06-01").time


def c119(law: Law, case: Body) -> None:
    remarks = guided("move", "job", "2024-06-01").remarks
    steps = [remarks.index(step) for step in ("准迁证", "迁移证", "落户")]
    assert steps == sorted(steps)


def c120(law: Law, case: Body) -> None:
    assert "就近的派出所" in guided("proof", "anywhere", case["on"]).window


def c121(law: Law, case: Body) -> None:
    received = date.fromisoformat(case["facts"]["received_on"])
    notice = due_on(received, 5, "working_day")
    assert [notice.on.isoformat(), received.isoformat()] == dates(case)


def c122(law: Law, case: Body) -> None:
    known = date.fromisoformat(case["facts"]["refusal_received_on"])
    review = due_on(known, 60, "day", extend=True)
    lawsuit = months_after(known, 6)
    assert [review.on.isoformat(), lawsuit.on.isoformat()] == dates(case)
    texts = {remedy.id: remedy.text for remedy in remedies_on(known)}
    assert "六十日" in texts["review"] and "六个月" in texts["lawsuit"]


def c128(law: Law, case: Body) -> None:
    """A "no" is explained by the rule that says it, and never stands without somebody to ask."""
    two = {"hukou": "110105", "prior_children": 0, "residence": None}
    body = {
        "service": "childbirth", "on": "2017-05-02", "woman": two, "man": two, "marriage": "first",
        "joint_children": 2, "children": {"disabled": 0, "died": 0, "adopted": 0},
    }  # fmt: skip
    decision = decide(Facts.from_json(body), law)
    assert decision.outcome == case["facts"]["automated_result"]
    spoken = [cite for cite, holds in decision.reasons if holds]
    assert spoken and "窗口" in spoken[0].text


def couple_of_today(law: Law) -> Any:
    """An ordinary couple under the law of 2021."""
    person = {"hukou": "34", "prior_children": 0, "residence": None}
    body = {
        "service": "childbirth", "on": "2024-03-01", "woman": person, "man": person,
        "marriage": "first", "joint_children": 1,
    }  # fmt: skip
    return decide(Facts.from_json(body), law)


def hubei_couple(law: Law) -> Any:
    """Hubei 2014: she is an only child, both have lived in Wuhan for eight months."""
    home = {"division": "420106", "since": "2013-10-03"}
    body = {
        "service": "childbirth", "on": "2014-06-03", "marriage": "first", "joint_children": 1,
        "woman": {"hukou": "421127", "only_child": True, "residence": home},
        "man": {"hukou": "421126", "only_child": False, "residence": home},
        "household": "urban", "children": {"disabled": 0, "died": 0, "adopted": 0},
    }  # fmt: skip
    return decide(Facts.from_json(body), law)


@dataclass(frozen=True)
class Guided:
    """What the guide says of one way to get a police matter done."""

    window: str
    papers: tuple[str, ...]
    time: str
    remarks: str


def guided(matter: str, way: str, day: str) -> Guided:
    """What it says on this day; an error when the way was not open then."""
    on = date.fromisoformat(day)
    found = matters_on(on)[matter]
    shown = whole_on(found, ways_on(found, on)[way], on)
    return Guided(
        window=shown.where.text if shown.where else "",
        papers=tuple(line for list_ in shown.papers for line in list_.bring),
        time=shown.time.text if shown.time else "",
        remarks=" ".join(told.text for told in (*shown.remarks, *shown.live)),
    )


ANSWERED: dict[str, Callable[[Law, Body], None]] = {
    "C014": c014, "C015": c015, "C016": c016, "C017": c017, "C018": c018, "C019": c019,
    "C020": c020, "C043": c043, "C047": c047, "C048": c048, "P-C057": c057, "C081": c081,
    "P-C060": p060, "P-C085": p085, "P-01": p01, "P-03": p03, "P-04": p04, "P-06": declared,
    "C109": c109, "C110": c110, "C111": c111, "C112": c112, "C113": c113, "C114": c114,
    "C115": declared, "C116": c116, "C117": c117, "C118": c118, "C119": c119, "C120": c120,
    "C121": c121, "C122": c122, "C128": c128,
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERED)
def test_process_case(name: str, law: Law) -> None:
    ANSWERED[name](law, BY_ID[name])


def texts(law: Law) -> Iterator[tuple[str, str]]:
    """Every sentence of law with the text it stands in."""
    for book in law.shelf.rulebooks:
        for cited in book.cited():
            yield f"{book.id}.{cited.id}", cited.text
        for procedure in book.procedures:
            for note in procedure.notes:
                yield f"{book.id}.{procedure.paper}", note


def test_the_slip_of_migrants_is_asked_for_only_while_it_existed(law: Law) -> None:
    asking = {
        book.id
        for book in law.shelf.rulebooks
        for procedure in book.procedures
        for use in procedure.documents
        if use.id == "marital_childbearing_certificate"
    }
    assert asking == {"cn-2009"}


def test_three_or_more_is_never_said_where_the_fourth_is_meant(law: Law) -> None:
    """三个以上 includes three (Civil Code art. 1259)."""
    assert [where for where, text in texts(law) if "三个以上" in text] == []


def test_what_to_do_about_an_office_that_is_late_is_said_only_where_its_text_is_held() -> None:
    assert against_delay_on(date(2023, 12, 31)) is None
    remedy = against_delay_on(date(2024, 1, 1))
    assert remedy is not None and "先复议" in remedy.text
