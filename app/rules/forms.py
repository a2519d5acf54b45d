"""The forms of the rule pages: the day to look at, and a couple to explain."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from app.appearance import said
from app.fields import ChineseDateField, TextField
from app.language import lazy_gettext as _
from app.policy.facts import FactsError
from app.policy.finding import words
from app.policy.reading import LONGEST

ANY = SelectChoice("", _("不说"))
CODE = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
COUNT = [ANY, *(SelectChoice(str(number), str(number)) for number in range(6))]


class ExplainForm(FlaskForm):
    """A couple, by choices or as the JSON of the interface; what is left open is unknown."""

    service = SelectField(
        _("办什么"),
        choices=[
            SelectChoice("childbirth", _("生育登记或再生育审批")),
            SelectChoice("single_child_honor_certificate", _("独生子女父母光荣证")),
            SelectChoice("marital_childbearing_certificate", _("婚育证明")),
        ],
        default="childbirth",
    )
    on = ChineseDateField(_("哪一天办"), validators=[Optional()])
    woman_hukou = TextField(_("女方户籍"), render_kw=CODE)
    woman_residence = TextField(_("女方现居住地"), render_kw=CODE)
    woman_since = ChineseDateField(_("女方从哪天住起"), validators=[Optional()])
    man_hukou = TextField(_("男方户籍"), render_kw=CODE)
    marriage = SelectField(
        _("婚姻"),
        choices=[
            ANY,
            SelectChoice("first", _("初婚")),
            SelectChoice("remarried", _("再婚")),
            SelectChoice("unmarried", _("未婚")),
        ],
        default="",
    )
    joint_children = SelectField(_("两人共同的孩子"), choices=COUNT, default="")
    woman_prior = SelectField(_("女方婚前的孩子"), choices=COUNT, default="")
    man_prior = SelectField(_("男方婚前的孩子"), choices=COUNT, default="")
    stage = SelectField(
        _("怀孕、出生没有"),
        choices=[
            ANY,
            SelectChoice("planned", _("还没怀孕")),
            SelectChoice("pregnant", _("已怀孕")),
            SelectChoice("born", _("已出生")),
        ],
        default="",
    )
    facts = TextAreaField(
        _("或者贴上一份 JSON（贴了，上面的选择就不看）"),
        validators=[Length(max=LONGEST)],
        render_kw={"spellcheck": "false", "rows": 8, **CODE},
    )

    def request_body(self) -> dict[str, Any]:
        """The choices as a request of the JSON contract; a place equal to the hukou is no residence."""
        woman: dict[str, Any] = {"hukou": self.woman_hukou.data or None}
        if self.woman_residence.data:
            since = self.woman_since.data
            woman["residence"] = {
                "division": self.woman_residence.data,
                "since": since.isoformat() if since else None,
            }
        man: dict[str, Any] = {"hukou": self.man_hukou.data or None}
        for person, field in ((woman, self.woman_prior), (man, self.man_prior)):
            if field.data:
                person["prior_children"] = int(field.data)
        body: dict[str, Any] = {"service": self.service.data, "woman": woman, "man": man}
        if self.on.data:
            body["on"] = self.on.data.isoformat()
        if self.joint_children.data:
            body["joint_children"] = int(self.joint_children.data)
        for field in (self.marriage, self.stage):
            if field.data:
                body[field.name] = field.data
        return body

    def blame(self, error: FactsError) -> None:
        """Show what the core refuses at the field it came from."""
        fields: dict[str, Any] = {
            "on": self.on,
            "woman.hukou": self.woman_hukou,
            "woman.residence.division": self.woman_residence,
            "woman.residence.since": self.woman_since,
            "man.hukou": self.man_hukou,
        }
        field: Any = fields.get(error.field, self.facts)
        field = self.facts if self.facts.data else field
        expected = words("%(field)s：应为%(rule)s", field=error.field, rule=error.words)
        field.errors = [*field.errors, expected.said(said)]
