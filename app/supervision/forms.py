"""The form in which an office says why a case is late."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField
from wtforms.validators import DataRequired, InputRequired, ValidationError
from wtforms.widgets import HiddenInput

from app.applications.forms import OneOf, as_choices
from app.fields import LongTextField, count_characters
from app.language import gettext
from app.language import lazy_gettext as _l
from app.supervision.models import Cause, LateReason

SHORTEST = 8


class ReasonForm(FlaskForm):
    """A cause, and what is being done about it."""

    class Meta:
        csrf = False

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    cause = RadioField(
        _l("为什么晚了"), validate_choice=False, validators=[OneOf(_l("请选为什么晚了"))]
    )
    words = LongTextField(
        _l("说明和打算"),
        description=_l("卡在哪一步、谁在办、哪天前办完。不要写申请人的姓名和证件号。"),
        validators=[DataRequired(_l("请写卡在哪一步、哪天前办完"))],
    )

    def validate_words(self, field: LongTextField) -> None:
        """A few characters explain nothing."""
        if count_characters(field.data) < SHORTEST:
            raise ValidationError(gettext("太短了，请写卡在哪一步、哪天前办完"))


def reason_form(written: LateReason | None) -> ReasonForm:
    """The form over what was written before, if anything was."""
    form = ReasonForm(version=written.version if written else 0)
    form.cause.choices = as_choices([(each, each.text) for each in Cause])
    if written is not None and not form.is_submitted():
        form.cause.data, form.words.data = written.cause, written.words or ""
    return form
