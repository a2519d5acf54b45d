"""The forms of the citizen's pages of a case."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import LazyString
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.validators import DataRequired, ValidationError

from app.applications.complaints import Grievance
from app.applications.forms import OneOf, as_choices
from app.applications.models import Application
from app.applications.notices import Asked, Reply
from app.applications.ratings import Level
from app.fields import LongTextField, TailField, TextField
from app.language import gettext
from app.language import lazy_gettext as _l


class FindForm(FlaskForm):
    """The receipt number and the last four of a phone or an ID number in it."""

    number = TextField(
        _l("办件编号"),
        description=_l("在回执（交好后那一页）和短信里，JJB 开头，空格和横线可以不打"),
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


WAYS = {
    Reply.SHARED_DATA: _l("请窗口在系统里查，我不用交"),
    Reply.WRITTEN_PROMISE: _l("写一份承诺书代替"),
    Reply.BRING: _l("我带到窗口去交"),
    Reply.WORDS: _l("我写一句话说明"),
    Reply.LEFT: _l("这一项我补不了"),
}
HINTS = {
    Reply.WRITTEN_PROMISE: _l("签名保证属实：到窗口签，或者在下面写明您保证的是什么"),
    Reply.BRING: _l("带原件和身份证，说办件编号就行"),
    Reply.LEFT: _l("窗口会照现有的材料看，能不能办会书面告诉您"),
}


class ReplyForm(FlaskForm):
    """What somebody says to one item of a notice. Made by `reply_form`."""

    way = RadioField(
        _l("这一项怎么补"), validate_choice=False, validators=[OneOf(_l("请选一个办法"))]
    )
    words = LongTextField(
        _l("要说的话（可以不写）"),
        description=_l("窗口会看到原文。别写和这一项没有关系的个人信息。"),
        render_kw={"rows": 3},
    )

    def validate_words(self, field: LongTextField) -> None:
        """A sentence was promised."""
        if self.way.data == Reply.WORDS and not field.data:
            raise ValidationError(gettext("请写一句说明"))


def reply_form(one: Asked, ways: Sequence[Reply]) -> ReplyForm:
    """The form with the ways that fit this item, and what was answered so far."""
    form = ReplyForm(way=one.item.reply, words=one.item.reply_words)
    form.way.choices = as_choices([(str(way), WAYS[way]) for way in ways])
    return form


def _l_of(each: Grievance | Level) -> LazyString:
    """Its words, in the script of whoever reads the form."""
    return LazyString(lambda: each.text)


class HurryForm(FlaskForm):
    """A word to the office, or none."""

    text = LongTextField(
        _l("要说的话（可以不写）"),
        description=_l("比如为什么急。窗口会看到原文。"),
        render_kw={"rows": 3},
    )


class ComplainForm(FlaskForm):
    """What is wrong."""

    grievance = RadioField(
        _l("投诉什么"),
        choices=as_choices([(str(each), _l_of(each)) for each in Grievance]),
        validate_choice=False,
        validators=[OneOf(_l("请选投诉什么"))],
    )
    text = LongTextField(
        _l("说说经过"),
        description=_l("哪天、哪个窗口、什么事。答复的人会看到原文。"),
        validators=[DataRequired(_l("请写一下经过，不然没法查"))],
    )


class RateForm(FlaskForm):
    """Five levels; a reason for the two lowest, if somebody wants to give one."""

    level = RadioField(
        _l("这次办得怎么样"),
        choices=as_choices([(str(each), _l_of(each)) for each in Level]),
        validate_choice=False,
        validators=[OneOf(_l("请选一个"))],
    )
    reason = LongTextField(
        _l("哪里不好（可以不写）"),
        description=_l("只有督办的人看得到，看不到您的姓名和编号。请别写个人信息。"),
        render_kw={"rows": 3},
    )


class WindowForm(FlaskForm):
    """The window to collect the paper at. Made by `window_form`."""

    office = RadioField(
        _l("到哪个窗口领"), validate_choice=False, validators=[OneOf(_l("请选一个窗口"))]
    )


def window_form(windows: Sequence[tuple[str, str]], application: Application) -> WindowForm:
    """The form over these windows, id and name, with the one chosen so far."""
    form = WindowForm(office=str(application.collect_office_id))
    form.office.choices = as_choices(windows)
    return form
