"""How each fact is asked for: one entry per request path of the policy contract, nothing per province.

Wording speaks of 女方 and 男方, because the person answering may be either, or a relative of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from app.language import lazy_gettext as _

Kind = Literal["place", "residence", "date", "yesno", "number", "choice"]

MOST_SHOWN: Final = 4
"""Counts are offered as 0, 1, 2, 3 and “4 or more”: no held rule tells four from five."""


@dataclass(frozen=True)
class Option:
    """One answer that can be chosen; `value` is the JSON value of the contract."""

    value: str
    text: Any
    hint: Any = None


@dataclass(frozen=True)
class Question:
    """One page of the interview.

    `title` may name the place asked about as `%(place)s`. `label` is the box's own label, `short` the
    name of the fact in lists. `hints` replaces `hint` for single services.
    """

    path: str
    kind: Kind
    title: Any
    short: Any
    label: Any = None
    hint: Any = None
    why: Any = None
    options: Sequence[Option] = ()
    hints: Mapping[str, Any] = field(default_factory=dict)

    def hint_for(self, service: str) -> Any:
        """The line under the question when `service` is checked."""
        return self.hints.get(service, self.hint)


_WHY_PLACE: Final = _("户口在哪里、住在哪里，决定听哪里的规定、能去哪里办。")
_COUNT_ALIVE: Final = _("只算健在的。跟谁生活都算。")

QUESTIONS: Final = {
    question.path: question
    for question in (
        Question(
            "woman.hukou",
            "place",
            _("女方的户口在哪里？"),
            _("女方户籍地"),
            label=_("户口簿上的地方"),
            hint=_("最好选到街道或乡镇。只知道到县也行。"),
            why=_WHY_PLACE,
        ),
        Question(
            "marriage",
            "choice",
            _("你们的婚姻是哪种情况？"),
            _("婚姻"),
            options=(
                Option("first", _("双方都是第一次结婚")),
                Option("remarried", _("至少一方是再婚"), _("离婚后复婚的，也选这一项")),
                Option("unmarried", _("没有登记结婚")),
            ),
        ),
        Question(
            "man.hukou",
            "place",
            _("男方的户口在哪里？"),
            _("男方户籍地"),
            label=_("户口簿上的地方"),
            hint=_("最好选到街道或乡镇。只知道到县也行。"),
            why=_WHY_PLACE,
        ),
        Question(
            "joint_children",
            "number",
            _("你们两人现在一共生养了几个孩子？"),
            _("共同的孩子"),
            hint=_("不算这次要办的这一个，就算已经出生。收养的算，和前任的不算，不在了的不算。"),
            hints={
                "single_child_honor_certificate": _("收养的算，和前任的不算，不在了的不算。"),
            },
        ),
        Question(
            "woman.prior_children",
            "number",
            _("女方和前任有几个孩子？"),
            _("女方以前的孩子"),
            hint=_COUNT_ALIVE,
        ),
        Question(
            "man.prior_children",
            "number",
            _("男方和前任有几个孩子？"),
            _("男方以前的孩子"),
            hint=_COUNT_ALIVE,
        ),
        Question(
            "pledge",
            "yesno",
            _("当年自愿承诺过只生一个孩子吗？"),
            _("承诺只生一个"),
            hint=_("指国家提倡一对夫妻生一个孩子的那些年。"),
        ),
        Question(
            "child_born_on",
            "date",
            _("孩子是哪天出生的？"),
            _("孩子出生日期"),
            label=_("出生日期"),
            hint=_("看出生医学证明或户口簿。"),
        ),
        Question(
            "woman.residence",
            "residence",
            _("女方现在住在哪里？"),
            _("女方现居住地"),
            label=_("现在住的地方"),
            hint=_("平时真正住的地方，不是户口簿上的。"),
            why=_WHY_PLACE,
        ),
        Question(
            "man.residence",
            "residence",
            _("男方现在住在哪里？"),
            _("男方现居住地"),
            label=_("现在住的地方"),
            hint=_("平时真正住的地方，不是户口簿上的。"),
            why=_WHY_PLACE,
        ),
        Question(
            "woman.only_child",
            "yesno",
            _("女方是独生子女吗？"),
            _("女方独生子女"),
            hint=_(
                "没有同父或同母的兄弟姐妹，继父母、养父母那边的也没有；有过、在母亲育龄期内都不在了的，也算。"
            ),
        ),
        Question(
            "man.only_child",
            "yesno",
            _("男方是独生子女吗？"),
            _("男方独生子女"),
            hint=_(
                "没有同父或同母的兄弟姐妹，继父母、养父母那边的也没有；有过、在母亲育龄期内都不在了的，也算。"
            ),
        ),
        Question(
            "woman.residence.since",
            "date",
            _("女方从哪天起住在%(place)s？"),
            _("女方搬来的日期"),
            label=_("搬来的日期"),
            hint=_("记不清，就选最晚可能的那天。"),
        ),
        Question(
            "man.residence.since",
            "date",
            _("男方从哪天起住在%(place)s？"),
            _("男方搬来的日期"),
            label=_("搬来的日期"),
            hint=_("记不清，就选最晚可能的那天。"),
        ),
        Question(
            "woman.residence.permit",
            "yesno",
            _("女方有%(place)s的居住证吗？"),
            _("女方居住证"),
            hint=_("要在有效期里，每年签注过的。"),
        ),
        Question(
            "man.residence.permit",
            "yesno",
            _("男方有%(place)s的居住证吗？"),
            _("男方居住证"),
            hint=_("要在有效期里，每年签注过的。"),
        ),
        Question(
            "stage",
            "choice",
            _("现在到哪一步了？"),
            _("怀孕和生育"),
            options=(
                Option("planned", _("还没怀孕")),
                Option("pregnant", _("已经怀孕")),
                Option("born", _("孩子已经出生")),
            ),
        ),
        Question(
            "born_on",
            "date",
            _("这个孩子是哪天出生的？"),
            _("这个孩子的出生日期"),
            label=_("出生日期"),
        ),
        Question(
            "household",
            "choice",
            _("你们的户口是哪一种？"),
            _("户口性质"),
            hint=_("看户口簿上“户别”那一栏。"),
            options=(
                Option("urban", _("双方都是城镇（非农业）户口")),
                Option("rural", _("双方都是农村（农业）户口")),
                Option("mixed", _("一方城镇，一方农村")),
            ),
        ),
        Question(
            "children.girls",
            "number",
            _("你们共同的孩子里，有几个女孩？"),
            _("女孩"),
        ),
        Question(
            "woman.minority",
            "yesno",
            _("女方是少数民族吗？"),
            _("女方少数民族"),
            hint=_("看身份证上“民族”那一栏。"),
        ),
        Question(
            "man.minority",
            "yesno",
            _("男方是少数民族吗？"),
            _("男方少数民族"),
            hint=_("看身份证上“民族”那一栏。"),
        ),
        Question(
            "children.adopted",
            "number",
            _("你们共同的孩子里，有几个是收养的？"),
            _("收养的孩子"),
        ),
        Question(
            "children.disabled",
            "number",
            _("有没有孩子鉴定为病残儿？有几个？"),
            _("病残儿"),
            hint=_(
                "指经医学鉴定，有非遗传的残疾，不能成长为正常劳动力，医学上可以再生育的。没有做过鉴定的不算。"
            ),
        ),
        Question(
            "children.died",
            "number",
            _("有没有孩子已经不在了？有几个？"),
            _("不在了的孩子"),
            hint=_("很抱歉问到这个。有的规定会因此多给一次机会。"),
        ),
    )
}

COUNT_TEXTS: Final = (_("没有"), _("1 个"), _("2 个"), _("3 个"), _("4 个或更多"))

SERVICES: Final = {
    "childbirth": _("生育登记或再生育审批"),
    "single_child_honor_certificate": _("独生子女父母光荣证"),
    "marital_childbearing_certificate": _("婚育证明"),
}
