"""A page with a picker in it, as the checker and the wizard have one."""

from __future__ import annotations

import pytest
from flask import Flask, Response, request
from flask_wtf import FlaskForm
from jinja2 import ChoiceLoader, DictLoader
from werkzeug.datastructures import MultiDict

from app import create_app
from app.places.picker import PlaceField
from app.web import page, public
from tests.client import Client


class HomeForm(FlaskForm):
    """One place that may be a county or abroad, one that must be a township."""

    home = PlaceField("现居住地", allow_abroad=True)
    office = PlaceField("办理地点", allow_county=False, required=False)


TEMPLATE = """{% extends layout %}
{% from "components/forms.html" import error_summary with context %}
{% from "places/_picker.html" import place_field with context %}
{% block title %}{{ form.home.label.text }}{% endblock %}
{% block main %}
{{ error_summary(form) }}
<h1>{{ form.home.label.text }}</h1>
<form method="post">
{{ form.csrf_token }}
{{ place_field(form.home, "住在哪里") }}
{{ place_field(form.office) }}
<button class="button">下一题</button>
</form>
{% endblock %}"""


@public
def home_page() -> Response:
    """Shows the form; answers `taken <code> <code>` when it is valid."""
    form = HomeForm(data={"home": request.args.get("home")})
    if form.validate_on_submit():
        return Response(f"taken {form.home.data} {form.office.data}", mimetype="text/plain")
    failed = request.method == "POST" and not (form.home.looking or form.office.looking)
    return page("tests/home.html", 422 if failed else 200, form=form)


@pytest.fixture(scope="session")
def form_site(site: Flask) -> Flask:
    """A site of its own with one more page, `/home`."""
    address = site.config["SQLALCHEMY_DATABASE_URI"]
    app = create_app({"TESTING": True, "SQLALCHEMY_DATABASE_URI": address})
    app.add_url_rule("/home", view_func=home_page, methods=["GET", "POST"])
    app.jinja_loader = ChoiceLoader([DictLoader({"tests/home.html": TEMPLATE}), app.jinja_loader])
    return app


@pytest.fixture
def browser(form_site: Flask) -> Client:
    """A browser without JavaScript at that site."""
    return Client(form_site)


def sent(**values: str | list[str]) -> MultiDict[str, str]:
    """What a browser sends for the form's fields."""
    pairs = [
        (name, item)
        for name, value in values.items()
        for item in ([value] if isinstance(value, str) else value)
    ]
    return MultiDict(pairs)
