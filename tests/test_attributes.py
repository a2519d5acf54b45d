"""The attributes of controls are what WTForms itself would write."""

from __future__ import annotations

import string
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as some
from markupsafe import Markup
from wtforms import Form, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import core

from app.attributes import attributes

NAMES = some.text(string.ascii_lowercase + "_", min_size=1, max_size=12)
TEXTS = some.text() | some.sampled_from(["\"'<>&", "生育登记", "", "a&amp;b"])
VALUES = some.booleans() | some.integers() | TEXTS | TEXTS.map(Markup) | some.none()


@pytest.fixture(scope="module")
def library() -> ModuleType:
    """The library's module as it comes, beside the one that the site changed."""
    spec = find_spec("wtforms.widgets.core")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@given(these=some.dictionaries(NAMES, VALUES, max_size=6))
def test_every_attribute_is_as_the_library_writes_it(
    library: ModuleType, these: dict[str, Any]
) -> None:
    assert library.html_params is not attributes
    assert attributes(**these) == library.html_params(**these)


def test_the_controls_of_the_site_are_written_with_it(app: Flask) -> None:
    class Asked(Form):
        name = StringField("姓名", render_kw={"aria_label": '"你"'})
        words = TextAreaField()
        one = SelectField(choices=[SelectChoice("a", "<甲>")])
        other = RadioField(choices=[SelectChoice("b", "乙")])

    form = Asked()
    assert core.html_params is attributes
    assert str(form.name()) == (
        '<input aria-label="&#34;你&#34;" id="name" name="name" type="text" value="">'
    )
    assert str(form.name.label) == '<label for="name">姓名</label>'
    assert str(form.words(rows=2)) == '<textarea id="words" name="words" rows="2">\r\n</textarea>'
    assert (
        str(form.one())
        == '<select id="one" name="one"><option value="a">&lt;甲&gt;</option></select>'
    )
    assert (
        str(next(iter(form.other))()) == '<input id="other-0" name="other" type="radio" value="b">'
    )
