"""The forms over staff accounts."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length, Optional, ValidationError

from app.accounts.enrolling import SHORTEST_PASSWORD
from app.accounts.forms import DIGITS, DigitsField
from app.accounts.models import Role
from app.accounts.service import kin_key
from app.fields import NameField, TextField, read_id_number, read_mobile
from app.language import gettext
from app.language import lazy_gettext as _l

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")
ROLES = [
    (str(Role.CLERK), _l("受理岗")),
    (str(Role.APPROVER), _l("审批岗")),
    (str(Role.SUPERVISOR), _l("督办岗")),
]


class OfficerForm(FlaskForm):
    """What an officer may do, and where."""

    name = NameField(_l("姓名（申请人看到的只有姓）"), validators=[DataRequired(_l("请填姓名"))])
    role = RadioField(
        _l("岗位"),
        choices=[SelectChoice(value, text) for value, text in ROLES],
        validate_choice=False,
        validators=[DataRequired(_l("请选岗位"))],
    )
    office = SelectField(_l("单位"), validate_choice=False)
    may_export = BooleanField(_l("可以导出清单"))
    kin = TextField(
        _l("本人和亲属的证件号、手机号（可以不填）"),
        description=_l("用空格分开。这些人的件，他不能办。只存加密后的对照值，以后也看不到原号。"),
        validators=[Optional()],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    # The keyed hashes of what was typed there.
    kin_keys: tuple[str, ...] = ()

    def validate_role(self, field: RadioField) -> None:
        """One of those there are."""
        if field.data not in {value for value, _text in ROLES}:
            raise ValidationError(gettext("请选岗位"))

    def validate_office(self, field: SelectField) -> None:
        """One of those that were offered."""
        if not field.data or field.data not in {choice.value for choice in field.choices}:
            raise ValidationError(gettext("请选单位"))

    def validate_kin(self, field: TextField) -> None:
        """Each is an ID number or a mobile."""
        self.kin_keys = tuple(_kin_key(part) for part in (field.data or "").split())


class NewOfficerForm(OfficerForm):
    """A new account."""

    username = TextField(
        _l("账号"),
        description=_l("3 到 40 个小写字母、数字、点、横线，建好以后不能改"),
        validators=[DataRequired(_l("请填账号"))],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )

    def validate_username(self, field: TextField) -> None:
        """Plain letters, so that it is typed the same on every keyboard."""
        name = unicodedata.normalize("NFKC", field.data).casefold()
        if not _USERNAME.fullmatch(name):
            raise ValidationError(gettext("账号只能用小写字母、数字、点和横线，3 到 40 个"))
        field.data = name


class EnrolForm(FlaskForm):
    """Who was handed a code."""

    username = TextField(
        _l("账号"),
        validators=[DataRequired(_l("请填账号"))],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    code = TextField(
        _l("启用码"),
        description=_l("督办人给您的 12 位，三天内有效，只能用一次"),
        validators=[DataRequired(_l("请填启用码"))],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class _NewPasswordForm(FlaskForm):
    password = PasswordField(
        _l("新密码"),
        description=_l("至少 %(count)s 个字符，一句好记的话就行", count=SHORTEST_PASSWORD),
        validators=[
            DataRequired(_l("请填新密码")),
            Length(SHORTEST_PASSWORD, 200, _l("密码要 12 到 200 个字符")),
        ],
        render_kw={"autocomplete": "new-password", "maxlength": 200},
    )
    again = PasswordField(
        _l("再填一遍新密码"),
        validators=[EqualTo("password", _l("两遍不一样，请再填"))],
        render_kw={"autocomplete": "new-password", "maxlength": 200},
    )

    def __init__(self, username: str, **given: Any) -> None:
        super().__init__(**given)
        self.username = username

    def validate_password(self, field: PasswordField) -> None:
        """Not the account's own name, nor one letter over and over."""
        plain = field.data.casefold()
        if self.username in plain or len(set(plain)) < 4:
            raise ValidationError(gettext("这个密码太容易猜，请换一个"))


class OwnerForm(_NewPasswordForm):
    """The owner's password, and the first digits of their generator."""

    digits = DigitsField(
        _l("验证器上的 6 位数字"),
        validators=[DataRequired(_l("请填验证器上的 6 位数字"))],
        render_kw=DIGITS,
    )


class PasswordForm(_NewPasswordForm):
    """Another password for oneself."""

    old = PasswordField(
        _l("现在的密码"),
        validators=[DataRequired(_l("请填现在的密码"))],
        render_kw={"autocomplete": "current-password", "maxlength": 200},
    )


def _kin_key(text: str) -> str:
    for kind, read in (("id_number", read_id_number), ("phone", read_mobile)):
        try:
            return kin_key(kind, read(text))
        except ValueError:
            continue
    raise ValidationError(gettext("“%(text)s”不是证件号，也不是手机号", text=text[:20]))
