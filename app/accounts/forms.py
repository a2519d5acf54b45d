"""The forms of signing in."""

from __future__ import annotations

import unicodedata

from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, DataRequired, Length

from app.fields import MobileField, TextField
from app.language import SCRIPTS, gettext, lazy_gettext


class DigitsField(StringField):
    """Six digits as a person types them: full-width and with blanks in between."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0] if valuelist and isinstance(valuelist[0], str) else ""
        self.data = "".join(unicodedata.normalize("NFKC", typed).split())
        if self.data and not (self.data.isascii() and self.data.isdigit() and len(self.data) == 6):
            self.data = self.data[:20].encode(errors="ignore").decode()
            raise ValueError(gettext("验证码是 6 位数字"))


DIGITS = {"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 20}


class PhoneForm(FlaskForm):
    """Which phone the code goes to."""

    phone = MobileField(
        lazy_gettext("手机号"),
        description=lazy_gettext("中国大陆 11 位手机号。没有账号会自动建好，不用密码。"),
        validators=[DataRequired(lazy_gettext("请填写手机号"))],
    )


class CodeForm(FlaskForm):
    """The code from the message."""

    code = DigitsField(
        lazy_gettext("验证码"),
        validators=[DataRequired(lazy_gettext("请填写短信里的 6 位验证码"))],
        render_kw=DIGITS,
    )


class SureForm(FlaskForm):
    """One button, and the token that says it was pressed on our own page."""


class ScriptForm(FlaskForm):
    """The script of messages."""

    script = RadioField(
        lazy_gettext("短信用哪种字"),
        choices=[
            SelectChoice("zh_Hans", lazy_gettext("简体")),
            SelectChoice("zh_Hant", lazy_gettext("繁体")),
        ],
        validators=[AnyOf(SCRIPTS, lazy_gettext("请选一种"))],
        validate_choice=False,
    )


class StaffForm(FlaskForm):
    """Password and, where required, the code of the generator."""

    username = TextField(
        lazy_gettext("账号"),
        validators=[DataRequired(lazy_gettext("请填写账号"))],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        lazy_gettext("密码"),
        validators=[
            DataRequired(lazy_gettext("请填写密码")),
            Length(max=200, message=lazy_gettext("密码太长了")),
        ],
        render_kw={"autocomplete": "current-password", "maxlength": 200},
    )
    digits = DigitsField(lazy_gettext("动态验证码"), render_kw=DIGITS)
