"""Finding one's application without signing in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import DataRequired

from app.fields import TailField, TextField


class FindForm(FlaskForm):
    """The receipt number and the last four of a phone or an ID number in it."""

    number = TextField(
        _l("办件编号"),
        description=_l("在回执和短信里，JJB 开头，空格和横线可以不打"),
        validators=[DataRequired(_l("请填办件编号"))],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    tail = TailField(
        _l("手机号或证件号后四位"),
        description=_l("申请里填过的任何一个手机号或证件号都可以"),
        validators=[DataRequired(_l("请填手机号或证件号的后四位"))],
    )


class WithdrawForm(FlaskForm):
    """The button that withdraws."""
