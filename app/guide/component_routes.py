"""Every part that pages are made of, on one page: for whoever designs, and for the tests that look."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput

from app.fields import ChineseDateField, LongTextField, MobileField, NameField
from app.language import gettext
from app.language import lazy_gettext as _l
from app.places.picker import PlaceField
from app.web import page, public

bp = Blueprint("components", __name__)


PEOPLE = [SelectChoice("a", _l("我是女方")), SelectChoice("b", _l("我是男方"))]


class PartsForm(FlaskForm):
    """One field of each kind."""

    class Meta:
        csrf = False

    name = NameField(_l("姓名"))
    phone = MobileField(_l("手机号"))
    day = ChineseDateField(_l("出生日期"))
    words = LongTextField(_l("内容"))
    one = SelectField(
        _l("请选择"), choices=[SelectChoice("a", _l("一个")), SelectChoice("b", _l("双胞胎"))]
    )
    card = RadioField(_l("谁来办？"), choices=PEOPLE)
    cards = SelectMultipleField(
        _l("您可以替他们做什么？"),
        choices=PEOPLE,
        option_widget=CheckboxInput(),
    )
    tick = BooleanField(_l("我保证填写的内容和上传的材料都是真实的"))
    place = PlaceField(_l("女方的户口在哪里？"), required=False)


@bp.get("/components")
@public
def components() -> Response:
    """All of them as they are, and all form fields once more with a mistake. Not on a live site."""
    if current_app.config["LIVE"]:
        abort(404)
    return page("components/all.html", fine=_form("fine"), wrong=_form("wrong", mistaken=True))


def _form(prefix: str, *, mistaken: bool = False) -> PartsForm:
    known: dict[str, Any] = {"name": "王小雨", "card": "a", "cards": ["b"]}
    form = PartsForm(formdata=None, prefix=prefix, data=known)
    if mistaken:
        for field in form:
            field.errors = [gettext("请照证件填写")]
    return form
