"""The demo: three real places with invented offices' staff and couples. Never part of a live site.

麻城市 (421181), 兴宁区 (450102) and 苏州工业园区 (320576). Which couples can file depends on the
law of the day, so an exercise (`AS_OF`) gets the cases that were possible then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from app import clock, vault
from app.accounts.models import Citizen, Officer
from app.accounts.service import add_officer
from app.applications import drafts, submission
from app.applications import filing as filings
from app.applications.models import Application
from app.casework import service as casework
from app.casework.acts import Act
from app.extensions import db
from app.fields import check_digit_of
from app.language import speaking
from app.places.loading import load_demo_offices
from app.places.models import Office
from app.supervision import counting

# Printed at every start and refused in live mode: this is no secret.
PASSWORD = "jiujin-demo-2026"  # noqa: S105


@dataclass(frozen=True)
class Staff:
    """An invented member of staff of a real office."""

    username: str
    name: str
    role: str
    office: str
    title: str


STAFF = (
    Staff("baiguo", "陈晓", "clerk", "421181103", "麻城市白果镇 受理岗"),
    Staff("songbu", "周敏", "clerk", "421181101", "麻城市宋埠镇 受理岗"),
    Staff("gulou", "何静", "clerk", "421181002", "麻城市鼓楼街道 受理岗"),
    Staff("macheng", "刘安", "approver", "421181", "麻城市 审批岗"),
    Staff("macheng-duban", "方正", "supervisor", "421181", "麻城市 督办岗"),
    Staff("minsheng", "韦兰", "clerk", "450102001", "兴宁区民生街道 受理岗"),
    Staff("xingning", "黄宁", "approver", "450102", "兴宁区 审批岗"),
    Staff("xingning-duban", "农明", "supervisor", "450102", "兴宁区 督办岗"),
    Staff("loufeng", "陆薇", "clerk", "320576050", "苏州工业园区娄葑街道 受理岗"),
    Staff("xietang", "顾青", "clerk", "320576051", "苏州工业园区斜塘街道 受理岗"),
    Staff("yuanqu", "沈和", "approver", "320576", "苏州工业园区 审批岗"),
    Staff("yuanqu-duban", "高远", "supervisor", "320576", "苏州工业园区 督办岗"),
)


@dataclass(frozen=True)
class Couple:
    """An invented couple: the ID numbers only pass the check digit."""

    phone: str
    woman: tuple[str, str]
    man: tuple[str, str]
    role: str
    facts: Mapping[str, Any]
    acts: tuple[Act, ...] = ()


def couples(on: date) -> tuple[Couple, ...]:
    """Couples who tried to file on the legal day; those whom the law then did not take are left out."""
    months_ago = (on - timedelta(days=245)).isoformat()
    return (
        Couple(
            "13900000101",
            ("王小雨", "421181199203151225"),
            ("韦志强", "450102199011204539"),
            "woman_residence",
            {
                "woman": {
                    "hukou": "421181103",
                    "residence": {"division": "320576050", "since": months_ago},
                },
                "man": {
                    "hukou": "450102001",
                    "residence": {"division": "320576050", "since": months_ago},
                },
                "marriage": "first",
                "joint_children": 1,
                "stage": "pregnant",
            },
        ),
        Couple(
            "13900000102",
            ("李春梅", "421181198807230026"),
            ("张建国", "421181198612100037"),
            "woman_residence",
            {
                "woman": {
                    "hukou": "421181103",
                    "only_child": True,
                    "residence": {"division": "421181002", "since": months_ago},
                },
                "man": {
                    "hukou": "421181101",
                    "only_child": False,
                    "residence": {"division": "421181002", "since": months_ago},
                },
                "marriage": "first",
                "joint_children": 1,
                "stage": "planned",
                "household": "urban",
            },
            (Act.ACCEPT,),
        ),
        Couple(
            "13900000103",
            ("黄秀英", "450102199105062340"),
            ("覃勇", "450102198902183319"),
            "woman_hukou",
            {
                "woman": {"hukou": "450102001", "residence": None},
                "man": {"hukou": "450102101", "residence": None},
                "marriage": "first",
                "joint_children": 1,
                "stage": "born",
                "born_on": (on - timedelta(days=20)).isoformat(),
            },
            (Act.ACCEPT, Act.REGISTER),
        ),
    )


@dataclass(frozen=True)
class Past:
    """A case of a couple whose hukou is in one town: filed so many days ago, then acted on by its clerk."""

    days_ago: int
    town: str
    woman: str
    man: str
    acts: tuple[tuple[int, Act], ...] = ()


def _registered(days_ago: int, town: str, woman: str, man: str, took: int) -> Past:
    accepted, done = (1, Act.ACCEPT), (took, Act.REGISTER)
    return Past(days_ago, town, woman, man, (accepted, done))


# What the offices did before the day of the demo, so that reports and the board are not empty.
PAST = (
    _registered(97, "421181103", "周婷", "刘洋", 2),
    _registered(88, "421181103", "吴敏", "陈浩", 6),
    _registered(74, "421181103", "郑洁", "孙磊", 3),
    _registered(66, "421181103", "冯雪", "朱强", 9),
    _registered(53, "421181103", "蒋丽", "何伟", 4),
    _registered(45, "421181101", "沈燕", "许军", 1),
    _registered(41, "421181101", "韩梅", "曹峰", 5),
    _registered(38, "421181002", "彭静", "邓超", 12),
    _registered(35, "450102001", "莫小兰", "蒙志", 3),
    _registered(33, "320576050", "钱芳", "徐斌", 2),
    Past(12, "421181101", "田甜", "范勇", ((1, Act.ACCEPT),)),
    Past(6, "421181002", "石榴", "谢刚"),
    Past(2, "421181103", "万丽", "江涛"),
    Past(4, "450102001", "班秀", "农建"),
)


def load() -> None:
    """Offices, staff and some cases, once; the caller commits."""
    load_demo_offices()
    db.session.flush()
    if db.session.scalar(select(Officer.id).limit(1)) is not None:
        return
    offices = {office.code: office for office in db.session.scalars(select(Office))}
    officers = {
        staff.office: add_officer(
            staff.username, staff.name, staff.role, offices[staff.office].id, password=PASSWORD
        )
        for staff in STAFF
        if staff.role == "clerk"
    }
    for staff in STAFF:
        if staff.role != "clerk":
            add_officer(
                staff.username,
                staff.name,
                staff.role,
                offices[staff.office].id,
                password=PASSWORD,
                may_export=staff.role == "supervisor",
            )
    db.session.commit()
    clerks = {offices[code].id: officer for code, officer in officers.items()}
    with current_app.test_request_context(), speaking("zh_Hans"):
        for number, past in enumerate(PAST):
            _file_past(number, past, clerks)
        for couple in couples(clock.today()):
            _file(couple, clerks)
    counting.rebuild()


def accounts() -> str:
    """Who can sign in, for the terminal."""
    rows = "\n".join(f"  {staff.username:<14} {staff.title}（{staff.name}）" for staff in STAFF)
    return (
        f"工作台账号（密码都是 {PASSWORD}）：\n{rows}\n"
        "市民：任意手机号，例如 13900000101；验证码在 /outbox 页面上看。"
    )


def _file_past(number: int, past: Past, clerks: Mapping[Any, Officer]) -> None:
    """Let them file, and their clerk act, each on its day and under the law of that day."""
    filed_on = clock.today() - timedelta(days=past.days_ago)
    home = {"hukou": past.town, "residence": None}
    couple = Couple(
        f"139000002{number:02}",
        (past.woman, _id_number(past.town, number * 2)),
        (past.man, _id_number(past.town, number * 2 + 1)),
        "woman_hukou",
        {
            "woman": home,
            "man": home,
            "marriage": "first",
            "joint_children": 0,
            "stage": "pregnant",
        },
    )
    with _as_of(filed_on):
        application = _file(couple, clerks)
    for after, act in past.acts if application else ():
        with _as_of(filed_on + timedelta(days=after)):
            _act(application, act, clerks)


@contextmanager
def _as_of(day: date) -> Iterator[None]:
    """Make this the legal day for a moment."""
    before = current_app.config["AS_OF"]
    current_app.config["AS_OF"] = day
    try:
        yield
    finally:
        current_app.config["AS_OF"] = before


def _id_number(town: str, number: int) -> str:
    first = f"{town[:6]}1994{number % 12 + 1:02}{number % 28 + 1:02}{700 + number:03}"
    return first + check_digit_of(first)


def _file(couple: Couple, officers: Mapping[Any, Officer]) -> Application | None:
    """Let a couple file through the site's own doors, and their clerk act on it; None where the law
    does not take them."""
    beginning = filings.beginning({"service": "childbirth", **couple.facts}, couple.role)
    if beginning is None or beginning.chosen is None:
        return None
    citizen = Citizen(phone_hash=vault.keyed_hash("phone", couple.phone), script="zh_Hans")
    citizen.phone = couple.phone
    db.session.add(citizen)
    db.session.flush()
    draft = drafts.begin(citizen, beginning)
    for step, answer in _answers(couple).items():
        drafts.save_answer(draft, step, answer)
    filing = filings.filing_of(draft)
    if filing.chosen is None:
        db.session.rollback()
        return None
    wanted = [o for o in filing.chosen.offices if o.id in officers] or list(filing.chosen.offices)
    for step in ("office", "collect"):
        drafts.save_answer(draft, step, {"office": str(wanted[0].id)})
    for paper in filings.filing_of(draft).documents:
        drafts.choose_without(draft, paper["id"], "bring")
    drafts.save_answer(draft, "declaration", {"truth": True})
    db.session.commit()
    application = submission.submit(citizen, draft.token)
    for act in couple.acts:
        _act(application, act, officers)
    return application


def _act(application: Application | None, act: Act, officers: Mapping[Any, Officer]) -> None:
    """The clerk of its office does one act; nobody where it has none."""
    officer = officers.get(application.office_id) if application else None
    if application and officer:
        desk = casework.desk_of(officer)
        casework.perform(desk, application, act, version=application.version, meets=True)


def _answers(couple: Couple) -> dict[str, dict[str, Any]]:
    def person(name: str, number: str) -> dict[str, Any]:
        return {"name": name, "id_kind": "resident_id", "id_number": number, "phone": couple.phone}

    child = {name: couple.facts[name] for name in ("stage", "born_on") if name in couple.facts}
    return {
        "consent": {"processing": True, "sensitive": True, "children": True},
        "who": {"filer": "woman"},
        "woman": person(*couple.woman),
        "man": {**person(*couple.man), "phone": ""},
        "children": {**child, "births": 1},
        "where": {"role": couple.role},
    }
