"""The forms of this site: whole, in both scripts, and nobody's real data in a sample."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.language import speaking
from app.papers.own_forms import FORMS
from app.papers.sheets import Entry, Form, Rows, Signatures, Table, Words, sample_of, sheet_of
from app.typesetting import pdf
from tests.printing import opened, squeezed, text_of
from translations.catalogue import simplified_only

SCRIPTS = ("zh_Hans", "zh_Hant")
PEOPLE = "李小文王大明王小雨王小海李秀兰"


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("name", FORMS)
def test_a_blank_form_says_all_it_asks(app: Flask, name: str, script: str) -> None:
    form = FORMS[name]
    with app.app_context():
        printed = squeezed(pdf("sheet", sheet_of(form, {}), script))
        with speaking(script):
            asked = [str(text) for text in texts_of(form, blank=True)]
    assert [text for text in asked if "".join(text.split()) not in printed] == []
    assert (
        "本站样表，以窗口提供的表格为准" in printed or "本站樣表，以窗口提供的表格為準" in printed
    )
    assert not set("李王") & set(printed)


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("name", FORMS)
def test_a_sample_shows_every_answer_and_says_that_it_is_one(
    app: Flask, name: str, script: str
) -> None:
    form = FORMS[name]
    with app.app_context():
        content = pdf("sheet", sample_of(form), script)
        with speaking(script):
            answers = [str(text) for text in answers_of(form)]
            mark = {"zh_Hans": "样例", "zh_Hant": "樣例"}[script]
    printed = squeezed(content)
    assert len(answers) > 3
    assert [text for text in answers if "".join(text.split()) not in printed] == []
    with opened(content) as document:
        assert printed.count(mark) >= len(document)


@pytest.mark.parametrize("name", FORMS)
def test_a_traditional_sheet_is_traditional_but_for_names(app: Flask, name: str) -> None:
    form = FORMS[name]
    with app.app_context():
        for data in (sheet_of(form, {}), sample_of(form)):
            printed = text_of(pdf("sheet", data, "zh_Hant"))
            assert simplified_only(printed) <= set(PEOPLE)


@pytest.mark.parametrize("name", FORMS)
def test_the_number_of_a_sample_can_be_nobodys(app: Flask, name: str) -> None:
    with app.app_context():
        printed = squeezed(pdf("sheet", sample_of(FORMS[name]), "zh_Hans"))
    assert re.findall(r"\d{15,}[\dX]|(?<!\d)1\d{10}", printed) == []


def test_an_answer_of_a_person_stays_as_it_is_in_either_script(app: Flask) -> None:
    """Names are never converted, and what looks like markup is only text."""
    answers = {"name": "张𬱖#let", "papers": [{"name": "*结婚证*"}], "later": "until"}
    with app.app_context():
        printed = text_of(pdf("sheet", sheet_of(FORMS["written_promise"], answers), "zh_Hant"))
    assert "張𬱖" not in printed
    assert "张𬱖#let" in printed
    assert "*结婚证*" in printed


def test_what_is_ticked_is_ticked(app: Flask) -> None:
    form = Form(
        "x", "题", (Rows((Entry("a", "选", choices=(("1", "一"), ("2", "二"), ("3", "三"))),)),)
    )
    for answer, on in (
        ("2", [False, True, False]),
        (["1", "3"], [True, False, True]),
        (None, [False] * 3),
    ):
        row = sheet_of(form, {"a": answer})["parts"][0]["rows"][0]
        assert [choice["on"] for choice in row["choices"]] == on


def test_a_power_of_attorney_has_what_the_civil_code_wants(app: Flask) -> None:
    """Article 165: the agent's name, the matter, the authority, the period, the principal's signature."""
    form = FORMS["power_of_attorney"]
    names = {entry.name for entry in entries_of(form)}
    assert {"agent.name", "matters", "acts", "from", "to", "principal.name"} <= names
    with app.app_context():
        printed = squeezed(pdf("sheet", sheet_of(form, {}), "zh_Hans"))
    assert "委托人签名或盖章" in printed
    assert "转给别人办" in printed  # article 169


def test_no_form_asks_what_no_rule_needs() -> None:
    """Kind of hukou, employer, religion, contraception: asked by older systems, needed by no law held."""
    asked = " ".join(str(entry.name) for form in FORMS.values() for entry in entries_of(form))
    assert not re.search("hukou_kind|employer|religion|contracept|income", asked)


def entries_of(form: Form) -> list[Entry]:
    return [entry for part in form.parts if isinstance(part, Rows) for entry in part.entries]


def texts_of(form: Form, *, blank: bool) -> list[object]:
    found: list[object] = [form.title]
    for part in form.parts:
        match part:
            case Rows():
                for entry in part.entries:
                    found += [entry.label, *(text for _value, text in entry.choices)]
                    found += [entry.hint] if blank and entry.hint is not None else []
            case Table():
                found += [head for _name, head, _width in part.columns]
            case Words():
                found += part.paragraphs
            case Signatures():
                found += part.signers
        if getattr(part, "heading", None) is not None:
            found.append(part.heading)
    return found


def answers_of(form: Form) -> list[object]:
    """The answers of the sample that are text; days are written out by the typesetter."""
    told = [
        form.sample[entry.name]
        for entry in entries_of(form)
        if entry.name in form.sample
        if not entry.choices
    ]
    for part in form.parts:
        if isinstance(part, Table):
            told += [value for line in form.sample.get(part.name, ()) for value in line.values()]
    return [value for value in told if not hasattr(value, "isoformat")]
