"""The law readable by everyone, and an explanation of any answer for those who answer for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, jsonify

from app import clock
from app.accounts.guards import staff_only
from app.appearance import only_again, said
from app.fields import asked_day
from app.late_commands import LateCommands
from app.policy.amendment import DAY, Amendment
from app.policy.facts import Facts, FactsError
from app.policy.reading import read_facts
from app.policy.sheet import Sheet
from app.rules import amended, service
from app.rules import sources as where_read
from app.rules.forms import ExplainForm
from app.web import keepable, made_once, page, public

if TYPE_CHECKING:
    from app.policy.explain import Story

bp = Blueprint("rules", __name__)
bp.add_app_template_filter(where_read.named, "named_sources")
bp.add_app_template_filter(where_read.partial_day)


_commands = LateCommands("rules", "app.rules.commands", help="管规定：查、比、问为什么。")
bp.record_once(lambda state: state.app.cli.add_command(_commands))


@bp.get("/rules")
@public
@made_once
def index() -> Response:
    """How well each province's rules are held, on a day."""
    on = asked_day("on") or clock.today()
    return page(
        "rules/index.html",
        on=on,
        parts=service.overview(on),
        standings=service.STANDINGS,
        regions=service.regions(),
        name_of=service.name_of,
    )


@bp.get("/rules/sources")
@public
@made_once
def sources() -> Response:
    """Every source in words: what it is, where it was read, how well it is held."""
    return page(
        "rules/sources.html",
        groups=where_read.by_strength(),
        day_of=where_read.day_of,
    )


@bp.get("/rules/sources.json")
@public
def sources_json() -> Response:
    """The same for other programs."""
    return keepable(jsonify(where_read.as_json()))


@bp.get("/rules/<where>")
@public
def place(where: str) -> Response:
    """What is in force in a province (its two digits), the nation (cn) or a region on a day."""
    found = _sheet(where)
    return keepable(
        page(
            "rules/place.html",
            sheet=found,
            where=where,
            advice=service.advice(found),
            one_day=DAY,
            words=service,
        )
    )


@bp.get("/rules/<where>.json")
@public
def place_json(where: str) -> Response:
    """The same for other programs."""
    return keepable(jsonify(service.as_json(_sheet(where))))


@bp.get("/rules/<where>/changes")
@public
def changes(where: str) -> Response:
    """What differs in a jurisdiction between two days, `from` and `to`, side by side."""
    found = _changes(where)
    return keepable(
        page(
            "rules/changes.html",
            found=found,
            where=where,
            days=amended.days(found.after.code),
            advice=service.advice(found.after),
            words=service,
            point_names=amended.POINTS,
            one_day=DAY,
        )
    )


@bp.get("/rules/<where>/changes.json")
@public
def changes_json(where: str) -> Response:
    """The same for other programs."""
    return keepable(jsonify(amended.as_json(_changes(where))))


@bp.get("/rules/explain")
@staff_only("supervisor")
def explain_form() -> Response:
    """Facts to explain."""
    form = ExplainForm(formdata=None)
    form.on.data = clock.today()
    return page("rules/explain.html", form=form, story=None)


@bp.post("/rules/explain")
@staff_only("supervisor")
def explain_facts() -> Response:
    """Which rulebook spoke on which point for these facts, and why others did not. Nothing is stored."""
    form = ExplainForm()
    if only_again():
        return page("rules/explain.html", form=form, story=None)
    story = _story(form) if form.validate_on_submit() else None
    return page("rules/explain.html", 200 if story else 422, form=form, story=story)


def _story(form: ExplainForm) -> Story | None:
    """The explanation, or None with the reason at its field."""
    today = clock.today()
    try:
        if form.facts.data:
            facts = read_facts(form.facts.data, today)
        else:
            facts = Facts.from_json(form.request_body(), today=today)
    except FactsError as error:
        form.blame(error)
        return None
    from app.policy.explain import explain  # only supervisors ask

    return explain(facts, service.the_law(), said)


def _sheet(where: str) -> Sheet:
    return service.sheet(_jurisdiction(where), asked_day("on") or clock.today())


def _changes(where: str) -> Amendment:
    code = _jurisdiction(where)
    return amended.between(code, asked_day("from"), asked_day("to") or clock.today())


def _jurisdiction(where: str) -> str:
    code = service.jurisdiction(where)
    if code is None:
        abort(404)
    return code
