"""The questions of the application, one form a page; each says in the person's words what is wrong.

`form.answer()` is what a draft stores for the step: plain JSON, checked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Optional, ValidationError
from wtforms.widgets import CheckboxInput

from app.clock import now, today
from app.delegation.authority import How
from app.delegation.wording import ACTS_ASKED, RELATIONS
from app.fields import (
    ChineseDateField,
    MobileField,
    NameField,
    TextField,
    comparable_name,
    not_after_today,
    read_id_number,
)
from app.language import gettext
from app.language import lazy_gettext as _l

RESIDENT_ID = "resident_id"
ID_KINDS = [
    (RESIDENT_ID, _l("居民身份证")),
    ("residence_permit", _l("港澳台居民居住证")),
    ("passport", _l("护照")),
    ("other", _l("其他证件")),
]
FILERS = [
    ("woman", _l("我是女方")),
    ("man", _l("我是男方")),
    ("agent", _l("我替别人办")),
]
PRINCIPALS = [
    ("both", _l("两个人都委托")),
    ("woman", _l("女方一个人委托")),
    ("man", _l("男方一个人委托")),
]
HOWS = [
    (How.PHONE, _l("各自用自己的手机确认")),
    (How.PAPER, _l("在纸上签名，我拍照传上来")),
    (How.WINDOW, _l("本人到窗口确认")),
]
STAGES = [
    ("planned", _l("还没有怀孕")),
    ("pregnant", _l("怀孕了，还没出生")),
    ("born", _l("已经出生")),
]
MARRIAGES = [
    ("never", _l("没有结过婚")),
    ("first", _l("已婚，两个人都是第一次结婚")),
    ("remarried", _l("已婚，有人以前结过婚")),
    ("divorced", _l("离婚了")),
    ("widowed", _l("丈夫不在了")),
]
CHILDREN = [
    ("0", _l("没有")),
    ("1", _l("1 个")),
    ("2", _l("2 个")),
    ("3", _l("3 个")),
    ("4", _l("4 个或更多")),
]
BIRTHS = [("1", _l("一个")), ("2", _l("双胞胎")), ("3", _l("三个或更多"))]
BRING = "bring"
WITHOUT = {
    "shared_data": _l("请窗口在系统里查，我不用交"),
    "written_promise": _l("签一份承诺书，以后补"),
    # Nobody is stuck for a paper: whatever the rulebook says, it may be handed over at the window.
    BRING: _l("我带到窗口去交"),
}
_PAPER_NUMBER = re.compile(r"[0-9A-Z()/.-]{4,30}")


class OneOf:
    """A validator: one of the choices offered was chosen; else `message`."""

    # Shown as required by the browser, too.
    field_flags = {"required": True}  # noqa: RUF012

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: object, field: Any) -> None:
        """Raises `ValidationError` for nothing and for what was never offered."""
        if not field.data or field.data not in {choice.value for choice in field.choices}:
            raise ValidationError(self.message)


def as_choices(pairs: Sequence[tuple[str, Any]]) -> list[SelectChoice]:
    """Value and text of each choice, as the form library takes them."""
    return [SelectChoice(value, text) for value, text in pairs]


class StepForm(FlaskForm):
    """A page of the application."""

    def answer(self) -> dict[str, Any]:
        """What the draft keeps: the data of the fields, days as ISO text, without the CSRF token."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in self.data.items()
            if name != "csrf_token"
        }

    def errors_at(self, name: str, text: str) -> None:
        """Say at this field what only turned out when the answer was to be kept."""
        field = self[name]
        field.errors = [*field.errors, text]


class ConsentForm(StepForm):
    """Before anything is collected: purposes, and separately what the law calls sensitive."""

    processing = BooleanField(
        _l("我同意为办这件事使用我们填写的信息"),
        validators=[DataRequired(_l("不同意就不能在网上办。您可以到窗口办理，已填的草稿会保留"))],
    )
    sensitive = BooleanField(
        _l("我单独同意使用证件号码、婚姻和生育情况这些敏感信息"),
        validators=[
            DataRequired(_l("没有这些信息，窗口办不了。您可以到窗口办理，已填的草稿会保留"))
        ],
    )

    def answer(self) -> dict[str, Any]:
        """With the moment it was given, which the account page shows."""
        return {**super().answer(), "given_at": now().isoformat()}


class ConsentWithChildrenForm(ConsentForm):
    """As before, and separately the data of children under fourteen, given by a parent."""

    children = BooleanField(
        _l("我作为父母（或受父母委托），单独同意使用不满十四岁孩子的信息"),
        validators=[DataRequired(_l("这件事要用到孩子的情况。您可以到窗口办理，已填的草稿会保留"))],
    )


class WhoForm(StepForm):
    """Who files."""

    filer = RadioField(
        _l("谁来办？"),
        choices=as_choices(FILERS),
        validators=[OneOf(_l("请选一个：谁来办"))],
        validate_choice=False,
    )


class WhoAloneForm(StepForm):
    """Who files, when there is no man in this filing."""

    filer = RadioField(
        _l("谁来办？"),
        choices=as_choices([one for one in FILERS if one[0] != "man"]),
        validators=[OneOf(_l("请选一个：谁来办"))],
        validate_choice=False,
    )


class PersonForm(StepForm):
    """A person with a paper that names them."""

    name = NameField(_l("姓名"), validators=[InputRequired(_l("请照证件填写姓名"))])
    id_kind = SelectField(
        _l("证件"),
        choices=as_choices(ID_KINDS),
        default=RESIDENT_ID,
        validators=[OneOf(_l("请选一种证件"))],
        validate_choice=False,
    )
    id_number = TextField(
        _l("证件号码"),
        validators=[InputRequired(_l("请照证件填写号码"))],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    phone = MobileField(_l("手机号"), validators=[Optional()])

    # The number on the other spouse's paper; a couple is two people.
    other_number: str | None = None
    phone_required = False

    def validate_id_number(self, field: TextField) -> None:
        """Read the number as its kind of paper demands; only the resident ID has a check digit."""
        try:
            field.data = read_paper_number(self.id_kind.data, field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        if self.other_number and field.data == self.other_number:
            raise ValidationError(gettext("男女双方填了同一个证件号码，请核对"))

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """All fields, and the phone of the person who files."""
        fine = bool(super().validate(extra_validators))
        if self.phone_required and not self.phone.data and not self.phone.errors:
            self.phone.errors = [gettext("请填手机号，办理进度会发短信到这里")]
            return False
        return fine


class AgentForm(PersonForm):
    """Someone who files for the couple."""

    relation = SelectField(
        _l("您是他们的什么人？"),
        choices=as_choices(list(RELATIONS.items())),
        validators=[OneOf(_l("请选一个：您是他们的什么人"))],
        validate_choice=False,
    )
    phone_required = True


class EntrustForm(StepForm):
    """Who entrusts, with what, until when: what a power of attorney has to say."""

    principals = RadioField(
        _l("谁委托您？"),
        choices=as_choices(PRINCIPALS),
        validators=[OneOf(_l("请选一个：谁委托您"))],
        validate_choice=False,
    )
    acts = SelectMultipleField(
        _l("您可以替他们做什么？"),
        choices=as_choices(list(ACTS_ASKED.items())),
        validate_choice=False,
        option_widget=CheckboxInput(),
    )
    until_on = ChineseDateField(_l("委托到哪一天？"), [InputRequired(_l("请填委托到哪一天"))])
    may_delegate = RadioField(
        _l("您自己办不了的时候，可以再请别人替您办吗？"),
        choices=as_choices([("no", _l("不可以，只能我办")), ("yes", _l("可以转给别人一次"))]),
        validators=[OneOf(_l("请选一个：可不可以再请别人"))],
        validate_choice=False,
    )

    def validate_acts(self, field: SelectMultipleField) -> None:
        """Only what was offered; to fill in is always part of it."""
        if not set(field.data or ()) <= set(ACTS_ASKED):
            raise ValidationError(gettext("请从列出的里面选"))

    def validate_until_on(self, field: ChineseDateField) -> None:
        """A period that has passed would allow nothing."""
        if field.data and field.data < today():
            raise ValidationError(gettext("这一天已经过了，请填今天或以后的一天"))


class ConfirmingForm(StepForm):
    """How the principals say that it is so."""

    how = RadioField(
        _l("他们怎么确认委托？"),
        choices=[],
        validators=[OneOf(_l("请选一个：他们怎么确认"))],
        validate_choice=False,
    )


class ChildrenForm(StepForm):
    """The birth this filing is about. `on` days: expected is optional, born is needed once born."""

    stage = RadioField(
        _l("孩子出生了吗？"),
        choices=as_choices(STAGES),
        validators=[OneOf(_l("请选一个：孩子出生了吗"))],
        validate_choice=False,
    )
    expected_on = ChineseDateField(_l("预产期（怀孕了才填，不知道可以空着）"), [Optional()])
    born_on = ChineseDateField(_l("出生日期（已经出生才填）"), [Optional(), not_after_today])
    births = SelectField(
        _l("这一胎有几个孩子？"),
        choices=as_choices(BIRTHS),
        default="1",
        validators=[OneOf(_l("请选一个：这一胎有几个孩子"))],
        validate_choice=False,
    )

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """All fields, and the day of birth of a child that is born."""
        fine = bool(super().validate(extra_validators))
        if self.stage.data == "born" and not self.born_on.data and not self.born_on.errors:
            self.born_on.errors = [gettext("请填孩子的出生日期")]
            return False
        return fine

    def answer(self) -> dict[str, Any]:
        """Only the day that fits the stage is kept."""
        kept = super().answer()
        if self.stage.data != "born":
            kept["born_on"] = None
        if self.stage.data != "pregnant":
            kept["expected_on"] = None
        return kept


class MarriageForm(StepForm):
    """What a 婚育证明 says of the woman it names."""

    marriage = RadioField(
        _l("女方的婚姻情况"),
        choices=as_choices(MARRIAGES),
        validators=[OneOf(_l("请选一个：女方的婚姻情况"))],
        validate_choice=False,
    )
    children = SelectField(
        _l("女方有几个孩子？"),
        choices=as_choices([("", _l("请选择")), *CHILDREN]),
        validators=[OneOf(_l("请选一个：女方有几个孩子"))],
        validate_choice=False,
    )


class WhereForm(StepForm):
    """Which of the places that the law opens and this site serves."""

    role = RadioField(
        _l("在哪里办？"),
        choices=[],
        validators=[OneOf(_l("请选一个办理的地方"))],
        validate_choice=False,
    )


class OfficeForm(StepForm):
    """Which township or street, when only the county is known."""

    office = SelectField(
        _l("在哪个乡镇（街道）办？"),
        choices=[],
        validators=[OneOf(_l("请选一个乡镇或街道"))],
        validate_choice=False,
    )


class CollectForm(StepForm):
    """Where to collect the paper; it can be changed later."""

    office = SelectField(
        _l("在哪个窗口领取？"),
        choices=[],
        validators=[OneOf(_l("请选一个窗口"))],
        validate_choice=False,
    )


class DocumentsForm(StepForm):
    """Going on once every paper is there or replaced; the papers have forms of their own."""

    # Names of the papers that are neither there nor replaced.
    missing: Sequence[str] = ()

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """All papers settled."""
        fine = bool(super().validate(extra_validators))
        self.form_errors = [gettext("还差：%(name)s", name=name) for name in self.missing]
        return fine and not self.missing


class DeclarationForm(StepForm):
    """The truth of what is sent, and what follows when it is not."""

    truth = BooleanField(
        _l("我保证填写的内容和上传的材料都是真实的"),
        validators=[DataRequired(_l("请先核对内容，确认真实后再打勾"))],
    )


class PromiseForm(StepForm):
    """The signature under a promise: the typed name of one of `names`, whose promise it is."""

    name = NameField(_l("您的姓名"), validators=[DataRequired(_l("请输入您的姓名，作为签名"))])
    names: Sequence[str] = ()

    def validate_name(self, field: NameField) -> None:
        """Raises `ValidationError` for anybody else's name."""
        if comparable_name(field.data) not in {comparable_name(each) for each in self.names}:
            raise ValidationError(_l("和申请里填的姓名不一样，请输入您自己的姓名"))


class HandOverForm(FlaskForm):
    """Who of the couple goes on with a draft."""

    person = RadioField(
        _l("交给谁接着填？"),
        choices=[],
        validators=[OneOf(_l("请选一个：交给谁"))],
        validate_choice=False,
    )


class SpousePhoneForm(FlaskForm):
    """The phone on which the other spouse says yes."""

    phone = MobileField(
        _l("对方自己的手机号"), validators=[DataRequired(_l("请填对方自己的手机号"))]
    )


class SubmitForm(FlaskForm):
    """The last button; the token makes two taps one application."""


def read_paper_number(kind: str, text: str) -> str:
    """The number of an identity paper, cleaned. Raises `ValueError` with a sentence for the person.

    Only the resident ID is checked to its last digit; no other paper may end the way (护照 and
    residence permits are written in many forms).
    """
    if kind == RESIDENT_ID:
        return str(read_id_number(text))
    number = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    if not _PAPER_NUMBER.fullmatch(number):
        raise ValueError(gettext("证件号码是 4 到 30 位的字母和数字，请照证件填写"))
    return number
