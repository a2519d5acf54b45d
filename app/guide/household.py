"""Police matters that can be done away from the hukou place (户政“跨省通办”): facts, each with its source.

Times keep the unit of their text (日 or 工作日). What no held text says is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask_babel import lazy_gettext as _


@dataclass(frozen=True)
class Matter:
    """One thing to get done: which window, which papers, how long, since when and where it works."""

    id: str
    name: Any
    window: Any
    papers: Sequence[Any]
    time: Any
    where_live: Any
    remarks: Sequence[Any]
    sources: Sequence[Any]
    since: date


CHECKED_ON: Final = date(2026, 11, 21)
POLICE_RULES: Final = _("公通字〔2021〕12 号《户口居民身份证管理工作规范（试行）》")
HOUSEHOLD_REGULATION: Final = _("《户口登记条例》")
ID_LAW: Final = _("《居民身份证法》")
PERMIT_REGULATION: Final = _("《居住证暂行条例》")
PRESS_2024: Final = _("公安部 2024 年 5 月 27 日新闻发布会（转载）")
CHONGQING: Final = _("重庆公安 2024 年 1 月 19 日通告（转载）")
PEOPLES_DAILY: Final = _("人民日报 2023 年关于户政“跨省通办”的报道（转载）")

MATTERS: Final = (
    Matter(
        "newborn",
        _("新生儿落户"),
        _("爸爸或妈妈户籍地的派出所，自己选一边"),
        (
            _("出生医学证明"),
            _("落户那一方的户口簿"),
            _("结婚证；没有结婚的，写非婚生育说明"),
            _("没有结婚、随父亲落户的，还要亲子鉴定"),
        ),
        _("出生后一个月内申报"),
        _("全国都一样"),
        (_("不看生育登记，也不看再生育证。"),),
        (_("%(law)s第七条", law=HOUSEHOLD_REGULATION), _("%(law)s第二十条", law=POLICE_RULES)),
        date(2021, 10, 1),
    ),
    Matter(
        "newborn-away",
        _("新生儿落户，在住的地方办"),
        _("现居住地的派出所，由它转给户籍地；孩子的户口落在爸爸或妈妈那边"),
        (
            _("出生医学证明"),
            _("结婚证"),
            _("父母双方身份证"),
            _("落户那一方的户口簿"),
            _("父母一方的居住证或暂住登记凭条"),
        ),
        _("没有查到统一期限，请问窗口"),
        _(
            "2023 年分片试点，2024 年 1 月 19 日重庆向全国开放；到 2024 年 5 月公安部说的是“稳步扩大”"
        ),
        (
            _("是不是各省都通了，没有查到文件，去之前请先打电话。"),
            _(
                "上面的材料是重庆的。重庆还要求：孩子在境内出生、婚内生育、不满 6 岁、随父姓或母姓、父母都是内地居民且民族相同、落家庭户。"
            ),
        ),
        (CHONGQING, PEOPLES_DAILY, PRESS_2024),
        date(2023, 6, 1),
    ),
    Matter(
        "first-card",
        _("首次申领身份证"),
        _("在外地工作、上学或居住的，找现居住地派出所；也可以回户籍地"),
        (_("户口簿"), _("就业、就学或居住的证明"), _("不满 16 周岁的，由监护人代为申领")),
        _("法律定 60 日，偏远地方可加 30 日；公安部规范为 45 日，可加 30 日"),
        _("2023 年 10 月底 31 个省份都能办；2024 年 5 月公安部确认全国通办"),
        (
            _("要按指纹，得本人去。满 16 周岁之日起三个月内应当申领。"),
            _("要交工本费，低收入的免交。不满 16 周岁领的证，有效期 5 年。"),
        ),
        (
            _("%(law)s第五条、第七条、第十二条、第二十一条", law=ID_LAW),
            _("%(law)s第八十条、第八十三条、第八十四条", law=POLICE_RULES),
            PRESS_2024,
        ),
        date(2023, 11, 1),
    ),
    Matter(
        "temporary-card",
        _("临时身份证"),
        _("现居住地派出所，凭异地办证的申请表；或户籍地派出所，凭领证回执"),
        (_("异地受理的申请表，或领证回执"),),
        _("3 日；异地办的，从户籍地签发后起算"),
        _("2023 年底全国开放是当时的计划，后来是否全开没有查到"),
        (_("去之前请先打电话。"),),
        (_("%(law)s第八十二条、第八十七条", law=POLICE_RULES), PEOPLES_DAILY),
        date(2021, 10, 1),
    ),
    Matter(
        "move",
        _("户口迁移"),
        _("要迁去那里的派出所，不用两头跑"),
        (
            _("身份证"),
            _("户口簿"),
            _("这类迁移的凭证，如调令、结婚证、毕业证、录取通知书"),
        ),
        _("没有全国统一期限；福州是 14 个工作日"),
        _("2023 年 9 月 29 个省份各类迁移都能办；2024 年 5 月公安部确认全国通办"),
        (
            _("材料是福州的单子，别处可能不同。"),
            _("没开通的地方分三步：迁入地开准迁证，迁出地开迁移证，再到迁入地落户。"),
        ),
        (PEOPLES_DAILY, PRESS_2024, _("%(law)s第四十一条、第四十三条", law=POLICE_RULES)),
        date(2023, 12, 1),
    ),
    Matter(
        "proof",
        _("开户籍类证明"),
        _("就近的派出所窗口"),
        (_("没有查到统一的材料单，请先问窗口"),),
        _("没有查到统一期限，请问窗口"),
        _("2024 年 5 月公安部确认全国通办"),
        (),
        (PRESS_2024,),
        date(2024, 5, 27),
    ),
    Matter(
        "permit",
        _("居住证"),
        _("现居住地的派出所，或它委托的社区"),
        (_("身份证"), _("就业、住所或就读三样之一的证明")),
        _("受理后 15 日；特殊情形可延到 30 日"),
        _("全国都一样"),
        (
            _("住满半年，并有合法稳定就业、合法稳定住所、连续就读之一，就能办。首次免费。"),
            _("每年签注一次。过期没签注的先停用，补签了接着用。"),
            _("不满 16 周岁的，行动不便的老人、残疾人，可以由监护人或近亲属代办。"),
            _("有了居住证，可以在居住地办生育服务登记。"),
        ),
        (_("%(law)s第二条、第九条、第十条、第十三条、第二十一条", law=PERMIT_REGULATION),),
        date(2016, 1, 1),
    ),
)


def matters_on(day: date) -> list[Matter]:
    """The matters whose rules held on the legal day `day`."""
    return [matter for matter in MATTERS if matter.since <= day]
