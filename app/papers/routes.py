"""What a paper is, what it looks like, how to photograph it, and the forms of this site to print."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from app import clock
from app.language import current_script, gettext, speaking
from app.papers import service
from app.papers.advice import HOW_TO_SHOOT
from app.papers.own_forms import FORMS
from app.papers.sheets import sample_of, sheet_of
from app.typesetting import pdf
from app.web import keepable, made_once, page, printed, public

bp = Blueprint("papers", __name__)
# `{% if id is printable %}`: whether this site has a form of its own for the paper.
bp.add_app_template_test(FORMS.__contains__, "printable")

# How the script of a sheet is named in its address: a reader of one may need the other at the window.
SCRIPTS = {"hans": "zh_Hans", "hant": "zh_Hant"}


@bp.get("/papers")
@public
@made_once
def index() -> Response:
    """Every paper that a rulebook may ask for."""
    return page("papers/index.html", kinds=service.papers_by_kind())


@bp.get("/papers/<paper_id>")
@public
@made_once
def paper(paper_id: str) -> Response:
    """One paper: what, which pages, how to photograph it, who asks for it, what may stand in for it."""
    today = clock.today()
    found = service.paper(paper_id, today)
    if found is None:
        abort(404)
    return page(
        "papers/paper.html",
        paper=found,
        how_to_shoot=HOW_TO_SHOOT,
        promised=service.promised_instead(today) if paper_id == "written_promise" else [],
        first="hant" if current_script() == "zh_Hant" else "hans",
    )


@bp.get("/papers/<paper_id>/<any(blank,sample):state>-<any(hans,hant):script>.pdf")
@public
def sheet(paper_id: str, state: str, script: str) -> Response:
    """A form of this site as PDF, blank or as an invented couple would fill it in."""
    form = FORMS.get(paper_id)
    if form is None:
        abort(404)
    content = pdf(
        "sheet", sheet_of(form, {}) if state == "blank" else sample_of(form), SCRIPTS[script]
    )
    with speaking(SCRIPTS[script]):
        kind = gettext("空白") if state == "blank" else gettext("样例")
        return keepable(printed(content, f"{form.title}-{kind}"))
