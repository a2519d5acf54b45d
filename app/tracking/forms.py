"""Finding one's application without signing in."""

from __future__ import annotations

import unicodedata

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, ValidationError

from app.fields import TextField


class FindForm(FlaskForm):
    """The receipt number and the last four of a phone or an ID number in it."""

    number = TextField(
        _l("办件编号"),
        description=_l("在回执和短信里，JJB 开头，空格和横线可以不打"),
        validators=[DataRequired(_l("请填办件编号"))],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    tail = TextField(
        _l("手机号或证件号后四位"),
        description=_l("申请里填过的任何一个手机号或证件号都可以"),
        validators=[DataRequired(_l("请填手机号或证件号的后四位"))],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )

    def validate_tail(self, field: TextField) -> None:
        """Four letters or digits, also typed full-width."""
        tail = unicodedata.normalize("NFKC", field.data).replace(" ", "").upper()
        if len(tail) != 4 or not tail.isascii() or not tail.isalnum():
            raise ValidationError(gettext("后四位是四个数字，最后一位可以是 X"))
        field.data = tail


class WithdrawForm(FlaskForm):
    """The button that withdraws."""
