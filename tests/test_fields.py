"""Fields take what people really type, and say in their words what is wrong with the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.validators import DataRequired

from app import fields


@pytest.fixture(autouse=True)
def _request(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


class Everything(Form):
    line = fields.TextField()
    text = fields.LongTextField()
    name = fields.NameField(validators=[DataRequired("请填写姓名")])
    number = fields.IdNumberField(validators=[DataRequired("请填写身份证号")])
    mobile = fields.MobileField(validators=[DataRequired("请填写手机号")])
    day = fields.ChineseDateField(validators=[DataRequired("请填写日期")])


def typed(**values: str) -> Everything:
    form = Everything(MultiDict(values))
    form.validate()
    return form


def refusal(read: Callable[[str], Any], text: str) -> str:
    with pytest.raises(ValueError, match=r"[\u4e00-\u9fff]") as caught:
        read(text)
    return str(caught.value)


# --- Dates ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-01",
        "2025-3-1",
        "2025年3月1日",
        "2025年03月01日",
        "2025年3月1号",
        "2025 年 3 月 1 日",
        "2025年3月1",
        "2025.3.1",
        "2025/3/1",
        "2025/03/01",
        "20250301",
        "２０２５－０３－０１",
        "２０２５年３月１日",
        "2025–3–1",
        "２０２５．３．１",
        "2025。3。1",
        " 2025-03-01\u200b ",
    ],
)
def test_clear_dates_are_taken(text: str) -> None:
    assert fields.read_date(text) == date(2025, 3, 1)
    assert typed(day=text).day.data == date(2025, 3, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("25-3-1", "年份写成四位"),
        ("25.3.1", "年份写成四位"),
        ("3/1/2025", "年份写成四位"),
        ("01-03-2025", "年份写成四位"),
        ("25年3月1日", "公历年份，四位"),
        ("民国114年3月1日", "公历年份"),
        ("民國114年3月1日", "公历年份"),
        ("114年3月1日", "公历年份"),
        ("农历2025年二月初二", "公历日期，不是农历"),
        ("2025年正月初一", "公历日期，不是农历"),
        ("2025年闰六月初三", "公历日期，不是农历"),
        ("腊月廿三", "公历日期，不是农历"),
        ("2025年3月", "还差几号"),
        ("2025-03", "还差几号"),
        ("2025-13-01", "没有 2025 年 13 月 1 日这一天"),
        ("2023-02-29", "没有 2023 年 2 月 29 日这一天"),
        ("2025年2月30日", "没有 2025 年 2 月 30 日这一天"),
        ("0000-01-01", "没有 0 年"),
        ("2025-3/1", "没有看懂"),
        ("二〇二五年三月一日", "没有看懂"),
        ("昨天", "没有看懂"),
        ("2025-03-01T00:00", "没有看懂"),
        ("٢٠٢٥-٠٣-٠١", "没有看懂"),
    ],
)
def test_doubtful_dates_are_asked_and_say_how_to_write_them(text: str, says: str) -> None:
    form = typed(day=text)
    assert form.day.data is None
    assert len(form.day.errors) == 1
    assert says in form.day.errors[0]
    box = str(form.day())
    assert 'type="text"' in box
    assert text in box


def test_a_good_date_is_shown_in_the_browsers_own_box() -> None:
    box = str(typed(day="2025年3月1日").day())
    assert 'type="date"' in box
    assert 'value="2025-03-01"' in box


def test_an_empty_date_is_only_missing() -> None:
    assert typed(day=" ").day.errors == ["请填写日期"]


def test_a_day_to_come_is_refused_by_the_legal_day(as_of: Callable[[str], None]) -> None:
    class Past(Form):
        day = fields.ChineseDateField(validators=[fields.not_after_today])

    as_of("2014-06-03")
    assert Past(MultiDict({"day": "2014-06-03"})).validate()
    assert not Past(MultiDict({"day": "2014-06-04"})).validate()


# --- ID numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("11010519491231002X", "11010519491231002X"),
        ("11010519491231002x", "11010519491231002X"),
        ("440524188001010014", "440524188001010014"),
        ("110105202503010015", "110105202503010015"),
        ("110101202402290016", "110101202402290016"),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("110105 19491231 002X", "11010519491231002X"),
        ("110105-19491231-002X", "11010519491231002X"),
        ("\u200b110105　19491231002X\ufeff", "11010519491231002X"),
        ("110105491231002", "11010519491231002X"),
        ("１１０１０５　４９１２３１　００２", "11010519491231002X"),
    ],
)
def test_E2_E3_id_numbers_are_taken_in_every_spelling(text: str, number: str) -> None:
    form = typed(number=text)
    assert form.number.data == number
    assert not form.number.errors


def with_check_digit(body: str) -> str:
    return body + fields.check_digit_of(body)


def test_E4_abolished_counties_and_residence_permits_are_taken() -> None:
    # 崇文区 110103 and 沙市市 422401 are gone; 81 to 83 are residence permits; 9 permanent residents.
    for beginning in ("110103", "422401", "513026", "810000", "830000", "911124"):
        number = with_check_digit(f"{beginning}19800101001")
        assert fields.read_id_number(number) == number


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("110105194912310021", "最后一位对不上，请照证件核对"),
        ("110105194912310029", "最后一位对不上"),
        (with_check_digit("11010520230229001"), "出生日期不存在"),
        (with_check_digit("11010520251301001"), "出生日期不存在"),
        (with_check_digit("11010500000000001"), "出生日期不存在"),
        ("110105230229002", "出生日期不存在"),
        (with_check_digit("11010529990101001"), "出生日期还没有到"),
        (with_check_digit("00010519900101001"), "开头两位不对"),
        ("1101051949123100", "应该是 18 位，您填了 16 位"),
        ("1101051949123100221", "应该是 18 位，您填了 19 位"),
        ("11010549123100X", "应该是 18 位"),
        ("X1010519491231002X", "只有数字"),
        ("١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", "只有数字"),
        ("身份证", "只有数字"),
        ("' OR 1=1--", "只有数字"),
    ],
)
def test_E4_a_wrong_id_number_says_what_does_not_match(text: str, says: str) -> None:
    form = typed(number=text)
    assert len(form.number.errors) == 1
    assert says in form.number.errors[0]
    assert form.number.data == text


def test_E4_a_birth_to_come_is_measured_on_the_legal_day(as_of: Callable[[str], None]) -> None:
    number = with_check_digit("11010520200101001")
    assert fields.read_id_number(number) == number
    as_of("2014-06-03")
    assert "还没有到" in refusal(fields.read_id_number, number)


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.integers(0, 999), st.integers(0, 17))
def test_E4_one_wrong_digit_is_always_noticed(born: date, order: int, position: int) -> None:
    number = with_check_digit(f"421181{born:%Y%m%d}{order:03}")
    assert fields.read_id_number(number) == number
    assert fields.birth_date_of(number) == born
    wrong = str((int(number[position].replace("X", "0")) + 1) % 10)
    refusal(fields.read_id_number, number[:position] + wrong + number[position + 1 :])


# --- Phones -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "13800000000",
        "138 0000 0000",
        "138-0000-0000",
        "１３８００００００００",
        "+8613800000000",
        "+86 138 0000 0000",
        "＋８６１３８００００００００",
        "008613800000000",
        "8613800000000",
        "(+86)13800000000",
        "13800000000,",
        "13800000000，",
        "13800000000。",
        "\u202d13800000000\u202c",
    ],
)
def test_E2_E7_one_phone_counts_once_in_every_spelling(text: str) -> None:
    assert typed(mobile=text).mobile.data == "13800000000"


@pytest.mark.parametrize(
    "beginning", ["133", "147", "166", "170", "177", "190", "192", "197", "199"]
)
def test_E7_new_ranges_are_taken(beginning: str) -> None:
    assert fields.read_mobile(f"{beginning}12345678") == f"{beginning}12345678"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("+852 6123 4567", "中国大陆的手机号"),
        ("00852 6123 4567", "中国大陆的手机号"),
        ("+886 912 345 678", "中国大陆的手机号"),
        ("+1 900 555 0100", "中国大陆的手机号"),
        ("010-62345678", "座机"),
        ("0713-2951234", "座机"),
        ("1380000000", "您填了 10 位"),
        ("138000000000", "您填了 12 位"),
        ("10012345678", "1 开头"),
        ("23800000000", "1 开头"),
        ("1380000000a", "1 开头"),
        ("电话", "1 开头"),
        ("13800000000;13900000000", "1 开头"),
    ],
)
def test_E7_other_numbers_are_refused_by_name(text: str, says: str) -> None:
    form = typed(mobile=text)
    assert len(form.mobile.errors) == 1
    assert says in form.mobile.errors[0]
    assert form.mobile.data == text


# --- Names and texts --------------------------------------------------------------------------------

NAMES = [
    "张三",
    "𬱖",
    "𠮷田",
    "㛃",
    "䶮",
    "\U000313ff",  # Extension H, younger than this Python's tables
    "\ue863",  # private use, on old papers
    "⿰亻尔",
    "葛\U000e0100城",
    "买买提·吐尔逊",
    "买买提‧吐尔逊",
    "买买提・吐尔逊",
    "买买提•吐尔逊",
    "买买提.吐尔逊",
    "ئابدۇرېھىم",
    "Anna O'Neill-Smith",
    "欧" * 40,
    "<script>alert(1)</script>",
    "' OR 1=1--",
    "{{7*7}}",
]


@pytest.mark.parametrize("name", NAMES)
def test_E1_E8_names_are_kept_byte_for_byte(name: str) -> None:
    form = typed(name=f" {name}　")
    assert form.name.data == name
    assert not form.name.errors


def test_E1_the_middle_dots_compare_equal_and_other_names_do_not() -> None:
    variants = {fields.comparable_name(f"买买提{dot}吐尔逊") for dot in "·‧・•．."}
    assert variants == {"买买提·吐尔逊"}
    assert fields.comparable_name("张三") != fields.comparable_name("张山")
    assert fields.comparable_name("Li  Na") == fields.comparable_name("LiNa")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("欧" * 41, "最多 40 个字"),
        ("a" + "\u0301" * 200, "最多 40 个字"),
        ("···", "照证件"),
        ("\u0301", "照证件"),
        ("\x00", "照证件"),
        ("张\ud800三", "没有传好"),
        ("张\ufffd三", "没有传好"),
    ],
)
def test_E9_what_is_no_name_is_refused(text: str, says: str) -> None:
    assert says in refusal(fields.read_name, text)
    assert typed(name=text).name.errors


@pytest.mark.parametrize(
    ("text", "line", "lines"),
    [
        ("甲\x00乙", "甲乙", "甲乙"),
        ("甲\r\n乙\r丙\n丁", "甲 乙 丙 丁", "甲\n乙\n丙\n丁"),
        ("甲\t乙", "甲 乙", "甲 乙"),
        ("甲\u202e乙\u2066丙\u200f", "甲乙丙", "甲乙丙"),
        ("\ufeff甲\u200b\u2028乙\x1b[0m", "甲 乙[0m", "甲 乙[0m"),
        ("می\u200cخواهم", "می\u200cخواهم", "می\u200cخواهم"),
        ("%0d%0aSet-Cookie: a=1", "%0d%0aSet-Cookie: a=1", "%0d%0aSet-Cookie: a=1"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_texts_lose_control_characters_and_nothing_else(text: str, line: str, lines: str) -> None:
    form = typed(line=text, text=text)
    assert (form.line.data, form.text.data) == (line, lines)


def test_a_broken_character_is_asked_again_and_can_still_be_shown() -> None:
    form = typed(line="甲\ud800", text="甲\ufffd", day="\ud800", number="\ud800", mobile="\ud800")
    for field in (form.line, form.text, form.day, form.number, form.mobile):
        assert "没有传好" in field.errors[0]
        str(field()).encode()


def test_long_texts_are_refused_not_cut() -> None:
    form = typed(line="字" * 201, text="字" * 2001)
    assert "最多 200 个字" in form.line.errors[0]
    assert "最多 2000 个字" in form.text.errors[0]
    assert len(form.line.data) == 201
    assert not typed(line="字" * 200, text="字" * 2000).line.errors


@given(st.text(st.characters(codec="utf-8")))
def test_cleaned_text_has_no_control_character_and_is_stable(text: str) -> None:
    text = text.replace("\ufffd", "")
    clean = fields.clean_text(text, lines=True)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", clean)
    assert fields.clean_text(clean, lines=True) == clean
    clean.encode()


@pytest.mark.parametrize("name", ["name", "number", "mobile", "day"])
@pytest.mark.parametrize("text", ["", "   ", "　"])
def test_an_empty_field_is_only_missing(name: str, text: str) -> None:
    errors = typed(**{name: text})[name].errors
    assert len(errors) == 1
    assert errors[0].startswith("请填写")


def test_no_field_fails_on_a_form_that_was_not_sent() -> None:
    form = Everything(MultiDict())
    assert not form.validate()
    assert form.line.data is None
    for field in form:
        assert "None" not in str(field())
