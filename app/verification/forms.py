"""The forms of a question between offices, and of its answer."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired
from wtforms.widgets import HiddenInput

from app.applications.forms import OneOf, as_choices
from app.fields import LongTextField, TextField
from app.language import gettext
from app.language import lazy_gettext as _l
from app.places.picker import PlaceField
from app.verification.models import About, Finding
from app.verification.service import Addressee

ELSEWHERE = "elsewhere"


class AskForm(FlaskForm):
    """What to ask, about whom, and where."""

    to = RadioField(
        _l("请哪里核实"), validate_choice=False, validators=[OneOf(_l("请选请哪里核实"))]
    )
    division = PlaceField(_l("别的地方"), required=False)
    whom = RadioField(
        _l("核实谁"),
        choices=as_choices([("woman", _l("女方")), ("man", _l("男方")), ("couple", _l("两个人"))]),
        validate_choice=False,
        validators=[OneOf(_l("请选核实谁"))],
    )
    about = RadioField(
        _l("核实什么"), validate_choice=False, validators=[OneOf(_l("请选核实什么"))]
    )
    words = LongTextField(
        _l("补充说明（加密保存，只有被请的单位看得到）"),
        description=_l("只写这次核实要用的。"),
    )

    def offer(self, places: list[Addressee]) -> AskForm:
        """The places to choose from."""
        self.to.choices = [
            SelectChoice(
                each.code,
                gettext("%(place)s（在本站，直接送到对方工作台）", place=each.shown)
                if each.office
                else gettext("%(place)s（不在本站，打印协查函）", place=each.shown),
            )
            for each in places
        ]
        self.to.choices.append(SelectChoice(ELSEWHERE, gettext("别的地方，在下面找")))
        self.about.choices = [SelectChoice(str(each), each.text) for each in About]
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """A question of one's own needs words; a place elsewhere has to be found."""
        fine = bool(super().validate(extra_validators))
        if self.about.data == About.OTHER and not self.words.data:
            self.words.errors = [gettext("请写清楚要核实什么")]
            fine = False
        if self.to.data == ELSEWHERE and not self.division.data:
            self.to.errors = [gettext("请在“别的地方”里找到并选中一个地方")]
            fine = False
        return fine


class AnswerForm(FlaskForm):
    """What was found."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    finding = RadioField(
        _l("核实的结果"), validate_choice=False, validators=[OneOf(_l("请选核实的结果"))]
    )
    words = LongTextField(_l("说明（与事实不符的必须写）"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.finding.choices = [SelectChoice(str(each), each.text) for each in Finding]

    def validate(self, extra_validators: Any = None) -> bool:
        """What speaks against a citizen is said in words."""
        fine = bool(super().validate(extra_validators))
        if self.finding.data == Finding.NOT_CONFIRMED and not self.words.data:
            self.words.errors = [gettext("请写清楚哪里不符")]
            return False
        return fine


class CodeForm(FlaskForm):
    """The code of a letter."""

    code = TextField(
        _l("答复码"),
        description=_l("XC 开头，在协查函的“怎么答复”里。空格和横线可以不打"),
        validators=[DataRequired(_l("请填答复码"))],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class OutsideForm(AnswerForm):
    """An answer by the code: who gives it, for which office."""

    office = TextField(
        _l("你们单位的名称"),
        validators=[DataRequired(_l("请填单位名称"))],
        render_kw={"maxlength": 80},
    )
    person = TextField(
        _l("您的姓名"), validators=[DataRequired(_l("请填您的姓名"))], render_kw={"maxlength": 40}
    )


class LeaveForm(FlaskForm):
    """What the citizen promises in writing, when no answer came in time."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    promise = LongTextField(
        _l("申请人的书面承诺（加密保存）"),
        description=_l("照申请人写的录入，或者写明承诺书放在哪里。"),
        validators=[DataRequired(_l("请录入申请人的书面承诺"))],
    )
