"""What people ask again and again, each answer with the law it rests on and the days it is true for.

An answer holds from `since`; before that day it is not shown, because another law was in force.
`strength` says how the text is held: "statute" read in full, "secondary" an excerpt of a re-post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from flask_babel import lazy_gettext as _

CHECKED_ON: Final = date(2026, 11, 21)


@dataclass(frozen=True)
class Source:
    """An instrument and the place in it; both are names, shown as they are cited."""

    instrument: Any
    article: Any
    strength: Literal["statute", "secondary"] = "statute"


@dataclass(frozen=True)
class Answer:
    """One question as people say it; the first paragraph is the short answer."""

    id: str
    question: Any
    paragraphs: Sequence[Any]
    sources: Sequence[Source]
    since: date


LAW: Final = _("《人口与计划生育法》（2021 年修正）")
GUIDANCE: Final = _("国卫办人口发〔2021〕21 号")
POLICE_RULES: Final = _("公通字〔2021〕12 号《户口居民身份证管理工作规范（试行）》")
HOUSEHOLD_REGULATION: Final = _("《户口登记条例》")
ONLINE_SERVICES: Final = _("《国务院关于在线政务服务的若干规定》")

NO_MORE_SLIPS: Final = date(2021, 9, 27)
"""From this day the migrant regulation of 2009, on which 婚育证明 rested, is abolished."""

THREE_CHILDREN: Final = date(2021, 8, 20)

ANSWERS: Final = (
    Answer(
        "permit",
        _("现在还要“准生证”吗？"),
        (
            _("不用。“准生证”是过去的叫法，现在办的是生育登记。"),
            _("一对夫妻可以生育三个子女，办登记就行，不用谁批准。产前可以办，产后也可以补办。"),
            _("想再生第四个，要看省里的规定：有的地方仍要审批，有的地方只登记。先自测一下。"),
        ),
        (
            Source(LAW, _("第十八条第一款、第二款")),
            Source(GUIDANCE, _("生育登记"), "secondary"),
        ),
        THREE_CHILDREN,
    ),
    Answer(
        "hukou",
        _("没有登记，孩子能上户口吗？"),
        (
            _("能。新生儿落户不看生育登记。"),
            _(
                "落户要的是：出生医学证明、父母一方的户口簿、结婚证（没有结婚的，写非婚生育说明；随未婚的父亲落户，还要亲子鉴定）。这张单子里没有生育登记，也没有再生育证。"
            ),
            _("落在爸爸那边还是妈妈那边，由你们自己选。出生后一个月内，到派出所申报。"),
        ),
        (
            Source(HOUSEHOLD_REGULATION, _("第七条")),
            Source(POLICE_RULES, _("第二十条")),
        ),
        date(2021, 10, 1),
    ),
    Answer(
        "two-provinces",
        _("夫妻户口不在一个省，听谁的？"),
        (
            _("再生育的规定两边不一样的，按对你们更有利的那一边。"),
            _("这一条只说夫妻两人的户籍地，不包括你们现在住的地方。"),
            _("登记可以在任何一方的户籍地办，也可以在现在住的地方办。"),
        ),
        (
            Source(LAW, _("第十八条第四款")),
            Source(GUIDANCE, _("办理地点"), "secondary"),
        ),
        THREE_CHILDREN,
    ),
    Answer(
        "papers",
        _("材料不齐能先办吗？"),
        (
            _("办生育登记，多半能。窗口在系统里查得到的，不用您交。"),
            _("一时查不到、又拿不出的，可以签一份承诺书。写的要是真的，写错了自己要负责。"),
            _("一般只要夫妻双方的身份证，或者户口簿。您的情况要带什么，自测后有清单。"),
        ),
        (
            Source(GUIDANCE, _("办理材料"), "secondary"),
            Source(ONLINE_SERVICES, _("第七条")),
        ),
        THREE_CHILDREN,
    ),
)


def answers_on(day: date) -> list[Answer]:
    """The answers that are true on the legal day `day`."""
    return [answer for answer in ANSWERS if answer.since <= day]
