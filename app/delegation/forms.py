"""The forms of saying yes or no on one's own phone."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, ValidationError
from wtforms.widgets import CheckboxInput

from app.accounts.forms import DIGITS, DigitsField
from app.delegation.asking import read_tail
from app.delegation.wording import ACTS
from app.fields import TextField


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
        choices=[SelectChoice(str(act), text) for act, text in ACTS.items()],
        validate_choice=False,
        option_widget=CheckboxInput(),
    )


class EndForm(FlaskForm):
    """The button that ends a power."""
