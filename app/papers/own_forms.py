"""What each form of this site asks. See `sheets` for how it is printed.

The forms are ours; each says that the window's own form goes first. Invented people fill in the samples:
their numbers are struck out, so that they can be nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from app.language import lazy_gettext as _l
from app.papers.sheets import Entry, Form, Part, Rows, Signatures, Table, Words

MARRIAGES: Final = (
    ("first", _l("初婚")),
    ("remarried", _l("再婚")),
    ("restored", _l("复婚")),
    ("unmarried", _l("未婚")),
    ("divorced", _l("离婚")),
    ("widowed", _l("丧偶")),
)
SERVICES: Final = (
    ("childbirth_registration", _l("生育登记")),
    ("additional_birth_approval", _l("再生育审批")),
    ("single_child_honor_certificate", _l("独生子女父母光荣证")),
    ("marital_childbearing_certificate", _l("婚育证明")),
)
# What an agent may be given to do, one by one; the codes are those of a power of attorney made here.
ACTS: Final = (
    ("fill", _l("填写内容、上传材料")),
    ("submit", _l("提交申请")),
    ("correct", _l("按窗口的告知补材料")),
    ("hurry", _l("催办、投诉")),
    ("download", _l("看交过的材料，下载结果")),
    ("collect", _l("到窗口签收、代领")),
    ("change_window", _l("换领取的窗口")),
    ("withdraw", _l("撤回申请")),
)
YES_NO: Final = (("yes", _l("可以")), ("no", _l("不可以")))


def _person(who: str, heading: Any, *, hint: Any = None) -> Rows:
    """A spouse: who, where, how to be reached."""
    return Rows(
        (
            Entry(f"{who}.name", _l("姓名"), hint or _l("照身份证写")),
            Entry(f"{who}.phone", _l("手机号"), _l("能收到短信的")),
            Entry(
                f"{who}.id_number",
                _l("证件号码"),
                _l("身份证；没有的，写证件名称和号码"),
                wide=True,
            ),
            Entry(f"{who}.hukou", _l("户籍地"), _l("省、市、县（区）、乡镇（街道）"), wide=True),
            Entry(
                f"{who}.residence",
                _l("现居住地"),
                _l("省、市、县（区）、乡镇（街道）；和户籍地一样的写“同上”"),
                wide=True,
            ),
            Entry(f"{who}.marriage", _l("婚姻情况"), wide=True, choices=MARRIAGES),
        ),
        heading,
    )


def _couple() -> tuple[Part, ...]:
    return (
        _person("woman", _l("女方")),
        _person("man", _l("男方"), hint=_l("照身份证写；没有男方的空着")),
    )


MARRIED = Entry("married_on", _l("结婚登记日"), _l("没有登记的空着"))
THIS_BIRTH: Final = (
    Entry(
        "stage",
        _l("现在"),
        choices=(("planned", _l("还没怀孕")), ("pregnant", _l("已怀孕")), ("born", _l("已出生"))),
        wide=True,
    ),
    Entry("due_on", _l("预产期"), _l("怀孕了才填")),
    Entry("born_on", _l("出生日期"), _l("出生了才填")),
    Entry("order", _l("第几个孩子"), _l("两人共同的孩子里，这是第几个")),
    Entry("births", _l("这一胎几个"), _l("双胞胎写 2")),
)
CHILD_COLUMNS: Final = (
    ("name", _l("姓名"), 1.1),
    ("sex", _l("性别"), 0.6),
    ("born_on", _l("出生日期"), 1.5),
    ("parents", _l("是谁的孩子"), 1.5),
    ("note", _l("说明"), 1.2),
)
CHILDREN = Table(
    "children",
    CHILD_COLUMNS,
    room=3,
    heading=_l("已有的孩子"),
    remark=_l(
        "“是谁的孩子”写：两人共同、女方的、男方的。收养的、去世的、有残疾鉴定的，写在“说明”里。没有孩子的空着。"
    ),
)
WHERE: Final = (
    Entry("office", _l("交到哪里"), _l("乡镇（街道）窗口")),
    Entry("collect", _l("在哪里领"), _l("可以换一个窗口")),
)
TRUTH = Words(
    (_l("以上内容和交来的材料都是真实的。填假的内容、交假的材料，依法承担责任。"),),
    heading=_l("保证"),
)
COUPLE_SIGNS = Signatures((_l("女方签名："), _l("男方签名：")))
BY_AGENT = Words(
    (_l("请别人代办的，附上授权委托书，由代办人签名：　　　　　　　　　　　"),), small=True
)
AT_THE_WINDOW = Rows(
    (
        Entry("received_on", _l("收到日期")),
        Entry("received_by", _l("经手人")),
    ),
    _l("下面由窗口填写"),
)

# --- Invented people ---

COUPLE_SAMPLE: Final[Mapping[str, Any]] = {
    "woman.name": "李小文",
    "woman.phone": "138××××0001",
    "woman.id_number": "42118119900101××××",
    "woman.hukou": _l("湖北省麻城市白果镇"),
    "woman.residence": _l("江苏省苏州市工业园区娄葑街道"),
    "woman.marriage": "first",
    "man.name": "王大明",
    "man.phone": "138××××0002",
    "man.id_number": "45010219880202××××",
    "man.hukou": _l("广西壮族自治区南宁市兴宁区民生街道"),
    "man.residence": _l("江苏省苏州市工业园区娄葑街道"),
    "man.marriage": "first",
    "married_on": date(2018, 5, 20),
    "office": _l("娄葑街道"),
    "collect": _l("娄葑街道"),
}
FIRST_CHILD: Final = {
    "name": "王小雨",
    "sex": _l("女"),
    "born_on": date(2020, 3, 8),
    "parents": _l("两人共同"),
}

# --- The forms ---

REGISTRATION: Final = Form(
    "registration_form",
    _l("生育登记表"),
    (
        *_couple(),
        Rows((*THIS_BIRTH, MARRIED), _l("这一次生育")),
        CHILDREN,
        Rows(WHERE, _l("在哪里办")),
        TRUTH,
        COUPLE_SIGNS,
        BY_AGENT,
        AT_THE_WINDOW,
    ),
    {
        **COUPLE_SAMPLE,
        "stage": "pregnant",
        "due_on": date(2027, 2, 14),
        "order": "2",
        "births": "1",
        "children": [FIRST_CHILD],
    },
)


def _approval(name: str, title: Any) -> Form:
    """An application for an approval: the ground it rests on, and room for those who decide."""
    return Form(
        name,
        title,
        (
            *_couple(),
            Rows((*THIS_BIRTH, MARRIED), _l("申请的这一次生育")),
            CHILDREN,
            Rows(
                (
                    Entry(
                        "ground",
                        _l("申请理由"),
                        _l("写属于哪种情形，附上什么证明"),
                        wide=True,
                        lines=4,
                    ),
                    *WHERE,
                ),
                _l("为什么申请，在哪里办"),
            ),
            TRUTH,
            COUPLE_SIGNS,
            BY_AGENT,
            Rows(
                (
                    Entry("received_on", _l("受理日期")),
                    Entry("received_by", _l("经手人")),
                    Entry("opinion", _l("受理单位意见"), _l("盖章，写日期"), wide=True, lines=4),
                    Entry(
                        "decision",
                        _l("审批单位决定"),
                        _l("盖章，写日期；不批准的，另发书面理由"),
                        wide=True,
                        lines=4,
                    ),
                ),
                _l("下面由窗口填写"),
            ),
        ),
        {
            **COUPLE_SAMPLE,
            "man.marriage": "remarried",
            "stage": "planned",
            "order": "2",
            "births": "1",
            "children": [
                FIRST_CHILD,
                {
                    "name": "王小海",
                    "sex": _l("男"),
                    "born_on": date(2014, 9, 1),
                    "parents": _l("男方的"),
                    "note": _l("跟前妻生活"),
                },
            ],
            "ground": _l(
                "男方再婚，再婚前有一个孩子；再婚后两人共同有一个孩子。附离婚证和离婚协议书。"
            ),
        },
    )


APPROVAL: Final = _approval("approval_form", _l("再生育申请审批表"))
APPLICATION: Final = _approval("application_form", _l("生育证申请表"))

CHILDREN_STATEMENT: Final = Form(
    "children_statement",
    _l("已有子女情况的说明"),
    (
        Rows(
            (
                Entry("woman.name", _l("女方姓名")),
                Entry("woman.id_number", _l("证件号码")),
                Entry("man.name", _l("男方姓名")),
                Entry("man.id_number", _l("证件号码")),
            )
        ),
        Words((_l("我们现在共有下面这些孩子，包括两人共同的、各自以前的和收养的："),)),
        Table("children", CHILD_COLUMNS, room=5, remark=CHILDREN.remark),
        Rows(
            (
                Entry(
                    "remarks",
                    _l("要说明的"),
                    _l("例如孩子跟谁生活；没有的空着"),
                    wide=True,
                    lines=3,
                ),
            )
        ),
        TRUTH,
        COUPLE_SIGNS,
    ),
    {**COUPLE_SAMPLE, "children": [FIRST_CHILD]},
)

WRITTEN_PROMISE: Final = Form(
    "written_promise",
    _l("承诺书"),
    (
        Rows(
            (
                Entry("name", _l("承诺人")),
                Entry("phone", _l("手机号")),
                Entry("id_number", _l("证件号码"), wide=True),
                Entry("service", _l("办什么事"), wide=True, choices=SERVICES),
                Entry("number", _l("办件编号"), _l("网上提交过的才有"), wide=True),
            )
        ),
        Words((_l("办这件事要用到下面的材料，我现在拿不出来："),)),
        Table(
            "papers",
            (
                ("name", _l("材料名称"), 1.2),
                ("fact", _l("它要说明的事"), 1.6),
                ("reason", _l("为什么拿不出"), 1.4),
            ),
            room=3,
        ),
        Words(
            (
                _l("一、上面写的情况属实。"),
                _l("二、窗口可以向有关单位核实。"),
                _l("三、不属实的，我依法承担责任，已经办好的可以撤销。"),
            ),
            heading=_l("我承诺"),
        ),
        Rows(
            (
                Entry(
                    "later",
                    _l("材料"),
                    wide=True,
                    choices=(("never", _l("凭这份承诺办，不再补交")), ("until", _l("以后补交"))),
                ),
                Entry("until", _l("最迟补交日"), _l("选“以后补交”的才填"), wide=True),
            )
        ),
        Signatures((_l("承诺人签名："), _l("窗口经手人："))),
    ),
    {
        "name": "李小文",
        "phone": "138××××0001",
        "id_number": "42118119900101××××",
        "service": "childbirth_registration",
        "papers": [
            {
                "name": _l("结婚证"),
                "fact": _l("2018 年 5 月 20 日在麻城市登记结婚"),
                "reason": _l("放在老家，窗口没有查到"),
            }
        ],
        "later": "never",
    },
)

POWER_OF_ATTORNEY: Final = Form(
    "power_of_attorney",
    _l("授权委托书"),
    (
        Rows(
            (
                Entry("principal.name", _l("姓名")),
                Entry("principal.phone", _l("手机号"), _l("进度短信发到这里")),
                Entry("principal.id_number", _l("证件号码"), wide=True),
                Entry("other.name", _l("另一方姓名"), _l("夫妻一起委托的才填")),
                Entry("other.phone", _l("手机号")),
                Entry("other.id_number", _l("证件号码"), wide=True),
            ),
            _l("委托人"),
        ),
        Rows(
            (
                Entry("agent.name", _l("姓名或名称")),
                Entry("agent.phone", _l("手机号")),
                Entry("agent.id_number", _l("证件号码"), wide=True),
                Entry(
                    "agent.relation",
                    _l("是委托人的"),
                    _l("例如母亲、姐姐、村（社区）工作人员"),
                    wide=True,
                ),
            ),
            _l("代办人（受托人）"),
        ),
        Rows(
            (
                Entry("matters", _l("委托办的事"), _l("可以选几样"), wide=True, choices=SERVICES),
                Entry(
                    "acts",
                    _l("可以替我做"),
                    _l("没有打勾的，代办人不能做"),
                    wide=True,
                    choices=ACTS,
                ),
                Entry("from", _l("从哪天起")),
                Entry("to", _l("到哪天止"), _l("这一天也算在内")),
                Entry("sub_delegation", _l("转给别人办"), wide=True, choices=YES_NO),
            ),
            _l("委托什么，到什么时候"),
        ),
        Words(
            (
                _l("代办人在上面写的范围和期限内办的事，算委托人办的。"),
                _l("委托人随时可以收回委托，收回时告诉代办人和窗口。到期、事情办完，委托就结束。"),
            ),
            small=True,
        ),
        Signatures((_l("委托人签名或盖章："), _l("另一方签名或盖章："))),
        Signatures((_l("代办人签名（接受委托）："),)),
    ),
    {
        "principal.name": "李小文",
        "principal.phone": "138××××0001",
        "principal.id_number": "42118119900101××××",
        "other.name": "王大明",
        "other.phone": "138××××0002",
        "other.id_number": "45010219880202××××",
        "agent.name": "李秀兰",
        "agent.phone": "138××××0003",
        "agent.id_number": "42118119650303××××",
        "agent.relation": _l("女方的母亲"),
        "matters": ["childbirth_registration"],
        "acts": ["fill", "submit", "correct", "collect"],
        "from": date(2026, 12, 1),
        "to": date(2027, 5, 31),
        "sub_delegation": "no",
    },
)

FORMS: Final[Mapping[str, Form]] = {
    form.id: form
    for form in (
        REGISTRATION,
        APPROVAL,
        APPLICATION,
        CHILDREN_STATEMENT,
        WRITTEN_PROMISE,
        POWER_OF_ATTORNEY,
    )
}
