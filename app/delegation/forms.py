"""The forms of saying yes or no on one's own phone."""

from __future__ import annotations

from datetime import date

from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, ValidationError
from wtforms.widgets import CheckboxInput

from app.accounts.forms import DIGITS, DigitsField
from app.appearance import zh_date
from app.clock import today
from app.delegation.asking import read_tail
from app.delegation.wording import ACTS_ASKED, RELATIONS
from app.fields import ChineseDateField, IdNumberField, MobileField, NameField, TextField
from app.language import gettext
from app.language import lazy_gettext as _l


class TailForm(FlaskForm):
    """The last four of the person's own ID number, before anything is shown."""

    tail = TextField(
        _l("您自己证件号码的后四位"),
        description=_l("身份证最后一位可能是 X"),
        validators=[DataRequired(_l("请填您自己证件号码的后四位"))],
        render_kw={"autocomplete": "off", "spellcheck": "false", "maxlength": 20},
    )

    def validate_tail(self, field: TextField) -> None:
        """Four letters or digits, also typed full-width."""
        tail = read_tail(field.data)
        if len(tail) != 4 or not tail.isascii() or not tail.isalnum():
            raise ValidationError(gettext("后四位是四个数字或字母，请照证件填写"))
        field.data = tail


class AnswerForm(FlaskForm):
    """Yes or no, with the code that proves the phone; no code for whoever is signed in with it."""

    code = DigitsField(
        _l("验证码"),
        validators=[DataRequired(_l("请填写短信里的 6 位验证码"))],
        render_kw=DIGITS,
    )
    # What a principal agrees to of what an agent asks for.
    acts = SelectMultipleField(
        _l("他可以替您做这些，不同意的点掉"),
        description=_l("填写和上传材料总是可以的。"),
        choices=(),
        validate_choice=False,
        option_widget=CheckboxInput(),
    )


class NamedForm(FlaskForm):
    """Whom somebody entrusts."""

    name = NameField(_l("代办人的姓名"), validators=[InputRequired(_l("请照证件填写姓名"))])
    id_number = IdNumberField(
        _l("代办人的身份证号"), validators=[InputRequired(_l("请照证件填写号码"))]
    )
    phone = MobileField(
        _l("代办人的手机号"),
        description=_l("会发短信问他愿不愿意办。"),
        validators=[DataRequired(_l("请填代办人的手机号"))],
    )
    relation = SelectField(
        _l("他是您的什么人？"),
        choices=[SelectChoice(value, text) for value, text in RELATIONS.items()],
    )

    # The phones that are not the agent's own.
    not_theirs: frozenset[str] = frozenset()

    def validate_phone(self, field: MobileField) -> None:
        """Somebody else's phone than those who are in it already."""
        if field.data in self.not_theirs:
            raise ValidationError(gettext("要填代办人自己的号，不是您的，也不是委托人的"))


class TermsForm(FlaskForm):
    """With what somebody entrusts an agent, and until when."""

    acts = SelectMultipleField(
        _l("他可以做什么？"),
        description=_l("填写和上传材料总是可以的。"),
        choices=[SelectChoice(str(act), text) for act, text in ACTS_ASKED.items()],
        option_widget=CheckboxInput(),
    )
    until_on = ChineseDateField(_l("到哪一天？（这一天也算）"), [InputRequired(_l("请填到哪一天"))])

    # The last day that may be chosen.
    last_day: date | None = None

    def validate_until_on(self, field: ChineseDateField) -> None:
        """Not in the past, and not beyond what it is passed on from."""
        if field.data and field.data < today():
            raise ValidationError(gettext("这一天已经过了，请填今天或以后的一天"))
        if field.data and self.last_day and field.data > self.last_day:
            raise ValidationError(
                gettext("不能晚于 %(day)s，那是您自己的委托的最后一天", day=zh_date(self.last_day))
            )


class AgentForm(NamedForm, TermsForm):
    """Whom somebody entrusts, with what and until when."""


class NumberForm(FlaskForm):
    """The number of a power, from the paper."""

    number = TextField(
        _l("委托书编号"),
        description=_l("SQ 开头，空格和横线可以不打"),
        validators=[DataRequired(_l("请填委托书编号"))],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class EndForm(FlaskForm):
    """The button that ends a power."""
