"""The invented couples of the journeys: what they answer, in the order in which they are asked."""

from __future__ import annotations

from dataclasses import replace

from tests.e2e.walking import Couple, Place

BAIGUO = Place("macheng baiguo", "421181103")
SONGBU = Place("macheng songbu", "421181101")
GULOU = Place("麻城 鼓楼", "421181002")
MINSHENG = Place("民生街道 兴宁", "450102001")
SANTANG = Place("兴宁 三塘", "450102101")
LOUFENG = Place("loufeng", "320576050")

HUBEI_AND_GUANGXI = Couple(
    {
        "woman.hukou": BAIGUO,
        "marriage": "first",
        "man.hukou": MINSHENG,
        "joint_children": "1",
        "woman.residence": LOUFENG,
        "man.residence": "with_woman",
    }
)


GUANGXI = Couple(
    {
        "woman.hukou": MINSHENG,
        "marriage": "first",
        "man.hukou": SANTANG,
        "joint_children": "1",
        "woman.residence": "hukou",
        "man.residence": "hukou",
    }
)
GUANGXI_WITH_BABY = replace(
    GUANGXI,
    woman=("陆小梅", "450102199311182327"),
    phone="13800000002",
    child={"stage": "born", "born_on": "2018-11-11"},
)
HUBEI = Couple(
    {
        "woman.hukou": BAIGUO,
        "marriage": "first",
        "man.hukou": SONGBU,
        "joint_children": "1",
        "woman.residence": GULOU,
        "man.residence": "with_woman",
        "woman.only_child": "yes",
        "woman.residence.since": "2013-10-03",
    },
    child={"stage": "planned"},
)

# --- The five results that show what the rules can do: `python3 dev.py screenshots results` ---

CAOHEJING = Place("徐汇 漕河泾街道", "310104017")
XIANCUN = Place("天河 冼村", "440106014")
HUAYUANLU = Place("金水 花园路", "410105002")
CHUNXILU = Place("锦江 春熙路", "510104022")

# Shanghai takes a fourth child only after a disabled one; Guangdong registers every birth.
FOURTH_CHILD = Couple(
    {
        "woman.hukou": CAOHEJING,
        "marriage": "first",
        "man.hukou": XIANCUN,
        "joint_children": "3",
        "woman.residence": "hukou",
        "man.residence": "hukou",
        "woman.minority": "no",
        "man.minority": "no",
        "children.disabled": "0",
    }
)
WITHOUT_PERMIT = Couple(
    {
        "woman.hukou": BAIGUO,
        "marriage": "first",
        "man.hukou": SONGBU,
        "joint_children": "1",
        "woman.residence": HUAYUANLU,
        "man.residence": "with_woman",
        "woman.residence.permit": "no",
        "man.residence.permit": "no",
    }
)
UNMARRIED = Couple({"woman.hukou": CHUNXILU, "marriage": "unmarried", "woman.residence": "hukou"})
# On 3 June 2014 the half year is full tomorrow.
_MOVED_ON = {"woman.residence.since": "2013-12-04", "man.residence.since": "2013-12-04"}
ONE_DAY_SHORT = replace(HUBEI, answers={**HUBEI.answers, **_MOVED_ON})
