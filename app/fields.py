"""Form fields that take what people really type, and say in their words what is wrong.

The reading is in plain functions, which the JSON interface and the tests use as well; each raises
`ValueError` with a sentence for the person. Every free text of the site goes through `clean_text`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import abort, request
from wtforms import DateField, StringField, TextAreaField, ValidationError
from wtforms.validators import StopValidation

from app.clock import today
from app.language import gettext

# --- Text -----------------------------------------------------------------------------------------

NAME_LENGTH = 40
LINE_LENGTH = 200
TEXT_LENGTH = 2000
# Joiners are part of the spelling in Uyghur and Kazakh; every other format character is noise.
_JOINERS = {"\u200c", "\u200d"}
_MIDDLE_DOTS = str.maketrans(dict.fromkeys("‧・•．.∙⋅‐-", "·"))
_SPACES = re.compile(r"[\s\u200b\u2060\ufeff]+")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－", "-"))


def clean_text(text: str, *, lines: bool = False) -> str:
    """`text` without control and invisible characters and without blanks at its ends.

    With `lines`, line breaks stay, as `\\n`. All else is kept byte for byte. Raises `ValueError`
    for a character that was broken on the way, since dropping it would change what was written.
    """
    kept = []
    for character in text.replace("\r\n", "\n").replace("\r", "\n"):
        category = unicodedata.category(character)
        if category == "Cs" or character == "\ufffd":
            raise ValueError(gettext("有一个字没有传好，请删掉它重新输入"))
        if character == "\n" and lines:
            kept.append(character)
        elif character in "\n\t" or category in {"Zl", "Zp"}:
            kept.append(" ")
        elif category not in {"Cc", "Cf"} or character in _JOINERS:
            kept.append(character)
    return "".join(kept).strip()


def count_characters(text: str) -> int:
    """How many characters a person counts: marks that combine with one before are none."""
    return sum(unicodedata.category(character)[0] != "M" for character in text)


def read_name(text: str) -> str:
    """A person's name of 1 to 40 characters, byte for byte. Raises `ValueError`."""
    name = clean_text(text)
    if count_characters(name) > NAME_LENGTH or len(name) > 3 * NAME_LENGTH:
        raise ValueError(gettext("姓名最多 %(count)s 个字，请照证件填写", count=NAME_LENGTH))
    # Rare characters are often unassigned or private-use here, so only the opposite can be told.
    if all(unicodedata.category(character)[0] in "ZPM" for character in name):
        raise ValueError(gettext("请照证件填写姓名"))
    return name


def comparable_name(name: str) -> str:
    """The name for comparing only: every variant of the middle dot as U+00B7, without blanks."""
    return _SPACES.sub("", name.translate(_MIDDLE_DOTS)).casefold()


# --- Numbers --------------------------------------------------------------------------------------

# GB/T 2260 provinces, 81 to 83 (residence permits) and 9xx (permanent residents from abroad).
# Counties are not checked: those abolished since are on valid papers.
_ID_BEGINNINGS = set(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 "
    "50 51 52 53 54 61 62 63 64 65 71 81 82 83 91 92 93 94 95 96".split()
)


_PLAIN_ID = re.compile(r"[0-9]{17}[0-9X]")


def read_id_number(text: str) -> str:
    """An 18-digit citizen identity number, `X` in capitals; 15 digits are converted to 18.

    Takes full-width digits, blanks and hyphens. Raises `ValueError` that says what does not match.
    """
    number = text if _PLAIN_ID.fullmatch(text) else _compact(text).upper()
    if not re.fullmatch(r"[0-9]{0,17}[0-9X]?|[0-9]*", number):
        raise ValueError(gettext("身份证号只有数字，最后一位可能是 X，请照证件核对"))
    if len(number) not in {15, 18} or (len(number) == 15 and number.endswith("X")):
        raise ValueError(
            gettext("身份证号应该是 18 位，您填了 %(count)s 位，请照证件核对", count=len(number))
        )
    if len(number) == 15:
        number = f"{number[:6]}19{number[6:]}"
        number += check_digit_of(number)
    if number[:2] not in _ID_BEGINNINGS:
        raise ValueError(gettext("身份证号开头两位不对，请照证件核对"))
    try:
        born_on = birth_date_of(number)
    except ValueError as error:
        raise ValueError(gettext("身份证号里的出生日期不存在，请照证件核对")) from error
    if born_on > today():
        raise ValueError(gettext("身份证号里的出生日期还没有到，请照证件核对"))
    if check_digit_of(number[:-1]) != number[-1]:
        raise ValueError(gettext("身份证号最后一位对不上，请照证件核对"))
    return number


def check_digit_of(first_17: str) -> str:
    """The 18th character that belongs to the first 17 digits of an identity number."""
    # The library wants the place of the check digit filled.
    # Here and not above: it brings a table of places that a worker without forms need not hold.
    from stdnum.cn import ric

    return str(ric.calc_check_digit(f"{first_17}0"))


def birth_date_of(id_number: str) -> date:
    """The day of birth inside an 18-digit identity number. Raises `ValueError`."""
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))


def read_mobile(text: str) -> str:
    """A mainland mobile number as 11 digits, from any of its spellings. Raises `ValueError`.

    Number ranges are not checked: new ones open every few years.
    """
    number = _compact(text.rstrip(" ,，.。;；、\t\r\n"))
    number = re.sub(r"[().]", "", number)
    if re.fullmatch(r"(\+86|0086|86)?1[3-9][0-9]{9}", number):
        return number[-11:]
    if re.match(r"\+(?!86)|00(?!86)", number):
        raise ValueError(
            gettext("这里只能用中国大陆的手机号。没有大陆手机号，可以到窗口办理或由家人代办")
        )
    if re.fullmatch(r"0[0-9]{9,11}", number):
        raise ValueError(gettext("这是座机号，请填 11 位手机号，才能收到短信"))
    if re.fullmatch(r"[0-9]+", number) and len(number) != 11:
        raise ValueError(gettext("手机号应该是 11 位，您填了 %(count)s 位", count=len(number)))
    raise ValueError(gettext("手机号应该是 1 开头的 11 位数字，例如 13800000000"))


def _compact(text: str) -> str:
    """Full-width to ASCII, without blanks, hyphens and invisible characters."""
    plain = unicodedata.normalize("NFKC", clean_text(text)).translate(_DASHES)
    return _SPACES.sub("", plain).replace("-", "")


# --- Dates ----------------------------------------------------------------------------------------

_DATE = re.compile(
    r"([0-9]{4})(?:年([0-9]{1,2})月([0-9]{1,2})[日号號]?|([-./])([0-9]{1,2})\4([0-9]{1,2})"
    r"|([0-9]{2})([0-9]{2}))"
)
_LUNAR = re.compile(r"农历|農曆|阴历|陰曆|正月|冬月|腊月|臘月|闰|閏|初[一二三四五六七八九十]|廿")


def read_date(text: str) -> date:
    """A day of the common calendar with its year in four digits. Raises `ValueError`.

    Taken: 2025-03-01, 2025年3月1日, 2025.3.1, 2025/3/1, 20250301, full-width, with blanks. What
    could mean two days (25-3-1, 3/1/2025, a lunar or Minguo date) is asked, never guessed.
    """
    plain = unicodedata.normalize("NFKC", clean_text(text)).translate(_DASHES)
    plain = _SPACES.sub("", plain).replace("。", ".")
    found = _DATE.fullmatch(plain)
    if found is None:
        raise ValueError(_how_to_write(plain))
    year, month, day = (int(part) for part in found.groups() if part and part.isdigit())
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError(
            gettext(
                "没有 %(year)s 年 %(month)s 月 %(day)s 日这一天，请核对",
                year=year,
                month=month,
                day=day,
            )
        ) from error


def asked_day(name: str) -> date | None:
    """The day that the query of an address asks for, in any spelling; None when it asks for none.

    What is no day is a bad request (400).
    """
    typed = request.args.get(name, "").strip()
    if not typed:
        return None
    try:
        return read_date(typed)
    except ValueError:
        abort(400)


def _how_to_write(text: str) -> str:
    if _LUNAR.search(text):
        advice = gettext("请填公历日期，不是农历，例如 2025-03-01")
    elif re.match(r"民[国國]|0?[0-9]{2,3}年", text):
        advice = gettext("请填公历年份，四位数字，例如 2025-03-01")
    elif re.match(r"[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{1,4}$", text):
        advice = gettext("分不清哪个是年，请把年份写成四位放在最前面，例如 2025-03-01")
    elif re.match(r"[0-9]{4}[-./年][0-9]{1,2}月?$", text):
        advice = gettext("还差几号，请写全年、月、日，例如 2025-03-01")
    else:
        advice = gettext("没有看懂这个日期，请这样写：2025-03-01")
    return str(advice)


def read_tail(text: str) -> str:
    """The last four of a phone or an ID number, also typed full-width. Raises `ValueError`."""
    tail = unicodedata.normalize("NFKC", clean_text(text)).replace(" ", "").upper()
    if len(tail) != 4 or not tail.isascii() or not tail.isalnum():
        raise ValueError(gettext("后四位是四个数字，最后一位可以是 X"))
    return tail


# --- The fields -----------------------------------------------------------------------------------


class _ReadField(StringField):
    """A text field whose value is what `read` makes of the typed text.

    What was typed stays in the box while it is wrong; other validators then keep quiet.
    """

    read: Callable[[str], Any] = staticmethod(clean_text)
    attributes: dict[str, str | int] = {}  # noqa: RUF012  each class has its own

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if not valuelist:
            return
        self.data = valuelist[0] if isinstance(valuelist[0], str) else ""
        if not self.data.strip():
            self.data = ""
            return
        self.data = self.read(self.data)

    def pre_validate(self, form: object) -> None:
        if self.process_errors:
            raise StopValidation

    def _value(self) -> str:
        # A broken character could not be sent back to the browser either.
        return str(self.data or "").encode(errors="ignore").decode()

    def __call__(self, **given: Any) -> Any:
        return super().__call__(**{**self.attributes, **given})


class TextField(_ReadField):
    """One line of free text, cleaned; at most 200 characters."""

    longest = LINE_LENGTH
    attributes = {"maxlength": LINE_LENGTH}  # noqa: RUF012

    def pre_validate(self, form: object) -> None:
        super().pre_validate(form)
        if len(self.data or "") > self.longest:
            raise StopValidation(
                gettext("最多 %(count)s 个字，请写短一些", count=self.longest),
            )


class LongTextField(TextField, TextAreaField):
    """Free text over several lines, cleaned; at most 2000 characters."""

    longest = TEXT_LENGTH
    attributes = {"maxlength": TEXT_LENGTH, "rows": 4}  # noqa: RUF012

    @staticmethod
    def read(text: str) -> str:
        return clean_text(text, lines=True)


class NameField(_ReadField):
    """A person's name; see `read_name`."""

    read = staticmethod(read_name)
    attributes = {"maxlength": 3 * NAME_LENGTH, "autocomplete": "off", "spellcheck": "false"}  # noqa: RUF012


class IdNumberField(_ReadField):
    """A citizen identity number of 18 characters; see `read_id_number`."""

    read = staticmethod(read_id_number)
    # No numeric keyboard: it has no X.
    attributes = {"maxlength": 40, "autocomplete": "off", "spellcheck": "false"}  # noqa: RUF012


class TailField(_ReadField):
    """The last four of a phone or an ID number; see `read_tail`."""

    read = staticmethod(read_tail)
    attributes = {"maxlength": 20, "autocomplete": "off", "spellcheck": "false"}  # noqa: RUF012


class MobileField(_ReadField):
    """A mainland mobile number of 11 digits; see `read_mobile`."""

    read = staticmethod(read_mobile)
    attributes = {"maxlength": 40, "type": "tel", "inputmode": "tel", "autocomplete": "tel"}  # noqa: RUF012


class ChineseDateField(DateField):
    """A day (`datetime.date`, or None); see `read_date`. A browser's own date box where it has one."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        if valuelist and isinstance(valuelist[0], str) and valuelist[0].strip():
            self.data = read_date(valuelist[0])

    def pre_validate(self, form: object) -> None:
        if self.process_errors:
            raise StopValidation

    def _value(self) -> str:
        if self.data:
            return str(self.data.isoformat())
        typed = self.raw_data[0] if self.raw_data and isinstance(self.raw_data[0], str) else ""
        return typed.encode(errors="ignore").decode()

    def __call__(self, **given: Any) -> Any:
        if self.process_errors:
            # A date box would show nothing of what was typed.
            given = {"type": "text", **given}
        return super().__call__(**given)


def not_after_today(form: object, field: Any) -> None:
    """A validator: the day is not after the legal day."""
    if field.data and field.data > today():
        raise ValidationError(gettext("这一天还没有到，请核对"))
