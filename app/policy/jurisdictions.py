"""What the jurisdictions of rulebooks are called, in short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.policy.rulebook import Rulebook

NATION: Final = "CN"
NAMES: Final = {
    "CN": "全国",
    "11": "北京", "12": "天津", "13": "河北", "14": "山西", "15": "内蒙古",
    "21": "辽宁", "22": "吉林", "23": "黑龙江",
    "31": "上海", "32": "江苏", "33": "浙江", "34": "安徽", "35": "福建", "36": "江西", "37": "山东",
    "41": "河南", "42": "湖北", "43": "湖南", "44": "广东", "45": "广西", "46": "海南",
    "50": "重庆", "51": "四川", "52": "贵州", "53": "云南", "54": "西藏",
    "61": "陕西", "62": "甘肃", "63": "青海", "64": "宁夏", "65": "新疆",
}  # fmt: skip
# Regions: several provinces that agreed on something.
REGIONS: Final = {"PYRD": "泛长三角"}
# The six parts of the country in which people look for a province, by the first digit of its code.
PARTS: Final = {
    "1": "华北",
    "2": "东北",
    "3": "华东",
    "4": "中南",
    "5": "西南",
    "6": "西北",
}


def provinces_of(part: str) -> list[str]:
    """The provinces of a part of the country (a key of `PARTS`), in the order of their codes."""
    return [code for code in NAMES if code != NATION and code.startswith(part)]


def reach(book: Rulebook) -> Sequence[str]:
    """The jurisdictions a text speaks for: the nation, the provinces of a region, or one province."""
    return book.provinces or [book.jurisdiction]
