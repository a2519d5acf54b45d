"""The forms of the public check, and of a window that prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField
from wtforms.validators import DataRequired, Optional, ValidationError

from app.applications.forms import OneOf, as_choices, read_paper_number
from app.fields import LongTextField, NameField, TailField, TextField, count_characters
from app.language import gettext
from app.language import lazy_gettext as _l

# "不符合规定" is five characters and no reason.
SHORTEST_REASONS = 8


class NumberForm(FlaskForm):
    """The number that stands on a certificate."""

    number = TextField(
        _l("证件编号"),
        description=_l("JJZ 开头，在证的左上角。空格和横线可以不打"),
        validators=[DataRequired(_l("请填证件编号"))],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class WindowSearchForm(FlaskForm):
    """Either number that a couple brings to a window."""

    number = TextField(
        _l("证件编号或办件编号"),
        description=_l("JJZ 或 JJB 开头，空格和横线可以不打"),
        validators=[DataRequired(_l("请填编号"))],
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


# --- At a window; several stand on one page, under the page's own token. ---


class _WindowForm(FlaskForm):
    class Meta:
        csrf = False


class PrintForm(_WindowForm):
    """In which script, and, when it was printed before, why again."""

    script = RadioField(
        _l("用哪种字打"),
        choices=as_choices([("zh_Hans", _l("简体")), ("zh_Hant", _l("繁体"))]),
        validate_choice=False,
        validators=[OneOf(_l("请选用哪种字打"))],
    )
    again = RadioField(
        _l("为什么再打一次"),
        choices=as_choices(
            [
                ("misprint", _l("没打好，重打")),
                ("lost", _l("申请人遗失了")),
                ("damaged", _l("申请人那张坏了")),
            ]
        ),
        validate_choice=False,
        validators=[Optional(), OneOf(_l("请选为什么再打一次"))],
    )


class HandOverForm(_WindowForm):
    """Who takes it."""

    to = RadioField(_l("谁领走"), validate_choice=False, validators=[OneOf(_l("请选谁领走"))])
    seen = BooleanField(
        _l("我看过领证人的身份证件原件，是本人"),
        validators=[DataRequired(_l("先看领证人的证件原件，再勾选"))],
    )


class WithdrawForm(_WindowForm):
    """Why it is withdrawn."""

    reasons = LongTextField(
        _l("理由（申请人会看到原文）"),
        description=_l("写清楚哪一条规定、哪一个事实。撤销以后，公开核对页马上显示不再有效。"),
        validators=[DataRequired(_l("请写理由"))],
    )

    def validate_reasons(self, field: LongTextField) -> None:
        """A few characters are not reasons."""
        if count_characters(field.data) < SHORTEST_REASONS:
            raise ValidationError(gettext("理由太短了，请写清楚哪一条规定、哪一个事实"))


class CorrectForm(WithdrawForm):
    """What is to be put right on it: names and numbers of those it was issued to, as far as typed."""

    woman_name = NameField(_l("女方姓名"), validators=[Optional()])
    woman_number = TextField(_l("女方证件号"), validators=[Optional()])
    man_name = NameField(_l("男方姓名"), validators=[Optional()])
    man_number = TextField(_l("男方证件号"), validators=[Optional()])
    reasons = LongTextField(
        _l("为什么更正（申请人会看到原文）"),
        description=_l("例如：姓名录成了同音字，已核对户口簿原件。"),
        validators=[DataRequired(_l("请写理由"))],
    )

    def __init__(self, holders: Sequence[Mapping[str, Any]], **given: Any) -> None:
        super().__init__(**given)
        self.holders = {holder["role"]: holder for holder in holders}

    def validate(self, extra_validators: Any = None) -> bool:
        """Something has to change, and a number must be one of its kind."""
        fine = bool(super().validate(extra_validators))
        for who in self.holders:
            field = self[f"{who}_number"]
            try:
                if field.data:
                    field.data = read_paper_number(self.holders[who]["id_kind"], field.data)
            except ValueError as error:
                field.errors, fine = [str(error)], False
        if fine and not self.changes:
            self.reasons.errors, fine = [gettext("请至少填一处要更正的")], False
        return fine

    @property
    def changes(self) -> dict[str, dict[str, str]]:
        """`{"woman": {"name": …}}`: what was typed and differs from what stands on it."""
        typed = {
            who: {
                "name": self[f"{who}_name"].data or "",
                "id_number": self[f"{who}_number"].data or "",
            }
            for who in self.holders
        }
        differing = {
            who: {
                name: value
                for name, value in values.items()
                if value and value != self.holders[who][name]
            }
            for who, values in typed.items()
        }
        return {who: values for who, values in differing.items() if values}
