"""The forms of the public check."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import DataRequired

from app.fields import TailField, TextField


class NumberForm(FlaskForm):
    """The number that stands on a certificate."""

    number = TextField(
        _l("证件编号"),
        description=_l("JJZ 开头，在证的左上角。空格和横线可以不打"),
        validators=[DataRequired(_l("请填证件编号"))],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class HolderForm(FlaskForm):
    """Who it is said to be."""

    surname = TextField(
        _l("姓"),
        description=_l("证上任何一位的姓，打全名也行"),
        validators=[DataRequired(_l("请填姓"))],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    tail = TailField(
        _l("证件号后四位"),
        description=_l("同一位的证件号最后四位"),
        validators=[DataRequired(_l("请填证件号的后四位"))],
    )
