"""What each paper is and how to photograph it. This is our advice; who asks for a paper, and what may stand
in for it, is law and comes from the rulebooks (see `service`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from app.language import lazy_gettext as _l


@dataclass(frozen=True)
class Legal:
    """A statement of law about a paper, true from `since`."""

    text: Any
    source: Any
    since: date


@dataclass(frozen=True)
class Advice:
    """A paper in plain words. `pages` are what to photograph, `pictures` names in papers/_samples.html."""

    what: Any
    pages: Sequence[Any]
    pictures: Sequence[str]
    kind: Literal["identity", "proof", "own"] = "proof"
    legal: Sequence[Legal] = ()


KINDS: Final = (
    ("identity", _l("证件")),
    ("proof", _l("证明")),
    ("own", _l("自己填、自己写的")),
)

HOW_TO_SHOOT: Final = (
    _l("放平在深色桌面上，从正上方拍。"),
    _l("四个角都拍进去，不要用手指压住字。"),
    _l("光要亮，不开闪光灯，看看有没有反光。"),
    _l("拍完放大看：每个字、每个章都看得清，再上传。"),
)

BOTH_SIDES: Final = (_l("有照片的一面"), _l("写着有效期的一面"))
EVERY_SHEET: Final = (_l("填好、签好名以后，每一页拍一张"),)
SEALED: Final = (_l("写着姓名和日期的那一页"), _l("盖章的那一页"))

ADVICE: Final[Mapping[str, Advice]] = {
    "resident_id": Advice(
        _l("公安机关发的身份证明，一人一张。"), BOTH_SIDES, ("id_front", "id_back"), "identity"
    ),
    "id_or_hukou_booklet": Advice(
        _l("身份证和户口簿，手边有哪样用哪样。"),
        (_l("身份证：正面、反面各一张"), _l("户口簿：写着住址的首页，和本人那一页")),
        ("id_front", "hukou_person"),
        "identity",
    ),
    "hukou_booklet": Advice(
        _l("一家人的户口登记，一人一页。"),
        (
            _l("写着户号和住址的首页"),
            _l("本人那一页"),
            _l("登记过变更的，变更那一页也拍"),
        ),
        ("hukou_home", "hukou_person"),
        "identity",
    ),
    "residence_permit": Advice(
        _l("在外地居住的人，由居住地公安机关发的证件。"),
        BOTH_SIDES,
        ("permit",),
        "identity",
    ),
    "marriage_certificate": Advice(
        _l("婚姻登记机关发的，夫妻一人一本。"),
        (_l("翻开，有照片和登记日期的内页，左右两页拍在一张里"),),
        ("marriage",),
        "identity",
    ),
    "divorce_papers": Advice(
        _l("说明以前的婚姻已经结束。"),
        (
            _l("离婚证：有登记日期的内页"),
            _l("离婚协议书：每一页，签名的最后一页也拍"),
            _l("法院判决书：每一页，盖章的最后一页也拍"),
        ),
        ("divorce", "court"),
    ),
    "death_certificate": Advice(
        _l("说明孩子已经去世。很抱歉，办这件事要用到它。"), SEALED, ("certificate",)
    ),
    "disability_panel_certificate": Advice(
        _l("病残儿医学鉴定的结论。"),
        (_l("每一页，鉴定结论和章要看得清"),),
        ("certificate",),
    ),
    "adoption_certificate": Advice(
        _l("收养孩子时登记机关发的证。"), (_l("有照片和登记日期的内页"),), ("certificate",)
    ),
    "only_child_proof": Advice(_l("说明您或您的爱人是独生子女。"), SEALED, ("certificate",)),
    "marital_childbearing_certificate": Advice(
        _l("以前到外地生活的成年育龄妇女，在户籍地办的婚育情况证明。"), SEALED, ("certificate",)
    ),
    "marital_statement": Advice(_l("说明结没结婚、有几个孩子。"), SEALED, ("certificate",)),
    "couple_photo": Advice(_l("夫妻两个人的合影。"), (_l("照片放平，整张拍进去"),), ("photo",)),
    "registration_form": Advice(
        _l("办生育登记填的表。在网上办的，边答边填，不用另外填这张。"),
        EVERY_SHEET,
        ("form",),
        "own",
    ),
    "approval_form": Advice(
        _l("申请再生育审批填的表。在网上办的，边答边填，不用另外填这张。"),
        EVERY_SHEET,
        ("form",),
        "own",
    ),
    "application_form": Advice(
        _l("申请生育证填的表。在网上办的，边答边填，不用另外填这张。"),
        EVERY_SHEET,
        ("form",),
        "own",
    ),
    "children_statement": Advice(_l("写清你们现在有几个孩子。"), EVERY_SHEET, ("form",), "own"),
    "written_promise": Advice(
        _l("有的材料一时拿不出，规定又允许的，签一份承诺书代替。"), EVERY_SHEET, ("form",), "own"
    ),
    "power_of_attorney": Advice(
        _l("自己来不了，请别人替您办时用。窗口可能要看纸质的。"),
        (
            _l("委托书每一页，签名和章要看得清"),
            _l("代办人身份证的正面、反面"),
        ),
        ("form", "id_front"),
        "own",
        (
            Legal(
                _l(
                    "书面委托要写明代办人的姓名或名称、委托的事、可以做什么、到什么时候，由委托人签名或盖章。"
                ),
                _l("《民法典》第一百六十五条"),
                date(2021, 1, 1),
            ),
            Legal(
                _l("代办人要再转给别人办，得委托人同意。"),
                _l("《民法典》第一百六十九条"),
                date(2021, 1, 1),
            ),
        ),
    ),
}
