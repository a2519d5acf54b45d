"""What a template says is translated while it is compiled, and is then said as `_()` always was."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string
from jinja2.exceptions import TemplateAssertionError

from app.language import speaking


def said(app: Flask, script: str, source: str, **context: object) -> str:
    """What this template comes to in this script."""
    with app.test_request_context(), speaking(script):
        return render_template_string(source, **context)


def test_a_text_is_said_in_the_script_of_whoever_reads(app: Flask) -> None:
    source = '{{ _("跳到正文") }}'
    assert said(app, "zh_Hans", source) == "跳到正文"
    assert said(app, "zh_Hant", source) == "跳到正文"
    assert said(app, "zh_Hant", '{{ _("规定和出处") }}') == "規定和出處"


def test_a_template_in_a_file_is_kept_once_for_each_script(app: Flask) -> None:
    with app.test_request_context():
        kept = []
        for script in ("zh_Hans", "zh_Hant", "zh_Hans"):
            with speaking(script):
                kept.append(app.jinja_env.get_template("layout/page.html"))
    assert kept[0] is kept[2]
    assert kept[0] is not kept[1]


def test_what_is_filled_in_is_escaped_and_the_text_is_not(app: Flask) -> None:
    source = '{{ _("<b>%(name)s</b> 100%%", name=name) }}{{ _("100%% & <i>") }}'
    assert said(app, "zh_Hans", source, name="<q>") == "<b>&lt;q&gt;</b> 100%100% & <i>"


def test_a_text_is_said_inside_loops_macros_calls_and_filters(app: Flask) -> None:
    source = (
        "{% macro twice(text) %}{{ text }}{{ text }}{{ caller() }}{% endmacro %}"
        "{% for one in [1, 2] %}{% call twice(_('首页')) %}{{ _('第 %(n)s 条', n=one) }}{% endcall %}"
        "{% endfor %}{{ _('首页') | length }}{{ '' or _('首页') }}"
    )
    assert said(app, "zh_Hans", source) == "首页首页第 1 条首页首页第 2 条2首页"
    assert said(app, "zh_Hant", source).startswith("首頁首頁")


@pytest.mark.parametrize("source", ["{{ _(text) }}", "{{ _() }}", "{{ _('一', *more) }}"])
def test_a_text_that_no_catalogue_can_hold_is_refused(app: Flask, source: str) -> None:
    with pytest.raises(TemplateAssertionError, match="_\\(\\) takes one text"):
        said(app, "zh_Hans", source, text="一", more=())
