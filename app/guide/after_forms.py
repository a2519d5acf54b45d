"""When the child was or will be born: the one thing that dates what comes after. Nothing of it is kept."""

from __future__ import annotations

from datetime import timedelta

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired

from app.clock import today
from app.fields import ChineseDateField
from app.guide.afterwards import Couple
from app.language import gettext
from app.language import lazy_gettext as _l

LONGEST_AHEAD = timedelta(days=310)


class AfterForm(FlaskForm):
    """The day, whether it is certain, and the two things that change what to bring and where to go."""

    stage = RadioField(
        _l("孩子出生了吗？"),
        choices=[
            SelectChoice("pregnant", _l("还没有，下面填预产期")),
            SelectChoice("born", _l("出生了，下面填出生日期")),
        ],
        validators=[
            InputRequired(_l("请选一个：孩子出生了吗")),
            AnyOf(("pregnant", "born"), _l("请选一个：孩子出生了吗")),
        ],
        validate_choice=False,
    )
    day = ChineseDateField(_l("哪一天？"), [InputRequired(_l("请填哪一天"))])
    unmarried = BooleanField(_l("父母没有结婚"))
    away = BooleanField(_l("不住在户籍地"))

    def validate_day(self, field: ChineseDateField) -> None:
        """A birth lies behind, one that is due not further ahead than a pregnancy is long."""
        if field.data is None or self.stage.data not in {"pregnant", "born"}:
            return
        if self.stage.data == "born" and field.data > today():
            raise ValidationError(gettext("这一天还没有到，请核对"))
        if self.stage.data == "pregnant" and not (
            today() - LONGEST_AHEAD < field.data < today() + LONGEST_AHEAD
        ):
            raise ValidationError(gettext("预产期离今天太远了，请核对"))

    def couple(self) -> Couple:
        """What was said, from boxes that were validated."""
        return Couple(
            unmarried=bool(self.unmarried.data),
            away=bool(self.away.data),
            birth_on=self.day.data,
            expected=self.stage.data == "pregnant",
        )
