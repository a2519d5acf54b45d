"""One question a page, then the result; a result can be shared as a link that names nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app import clock
from app.accounts.guards import current_officer
from app.appearance import only_again, zh_date
from app.checker import api, picture, service
from app.checker.forms import ChoiceForm, DateForm, PlaceForm, QuestionForm, ResidenceForm
from app.checker.models import CHECK_LIFE
from app.checker.questions import COUNT_TEXTS, MOST_SHOWN, QUESTIONS, SERVICES, Question
from app.checker.service import Check, CheckGoneError, Stored
from app.extensions import db
from app.guide import afterwards, items
from app.guide.afterwards import Couple
from app.guide.questions import question_on
from app.language import current_script
from app.language import gettext as _
from app.places import service as places
from app.places.models import Office
from app.places.online import taken_online
from app.policy.decision import GRANTS, Decision, Place
from app.policy.facts import RANK, Facts
from app.policy.interview import Interview
from app.rates import at_most
from app.web import keepable, page, public, see, shows_again

bp = Blueprint("checker", __name__)
# How the script of a picture is named in its address, as for sheets of paper.
LETTERS = {"hans": "zh_Hans", "hant": "zh_Hant"}
# A picture is drawn anew each time; a family behind one address looks at a few.
PICTURES = "30 per minute"
bp.register_blueprint(api.bp)


@bp.errorhandler(CheckGoneError)
def gone(_error: CheckGoneError) -> Response:
    """The answers are no longer kept: say so, and offer the way on."""
    response = page("checker/gone.html", 410, hours=int(CHECK_LIFE.total_seconds() // 3600))
    service.drop_cookie(response)
    return response


@bp.get("/check")
@public
def start() -> Response | BaseResponse:
    """The first question, or the choice between going on and starting anew."""
    wanted = request.args.get("service")
    if wanted is not None and wanted not in SERVICES:
        abort(404)
    try:
        check = service.current_check(wanted)
    except CheckGoneError:
        return _afresh(wanted or service.DEFAULT_SERVICE)
    wanted = wanted or check.service
    if not check.answers:
        return see(_first_url(wanted))
    return page("checker/start.html", check=check, wanted=wanted, services=SERVICES)


@bp.post("/check/start")
@public
def begin() -> BaseResponse:
    """Go on with the kept answers (for another service, if asked), or forget them.

    From a question of the guide: with what that question already says.
    """
    if "question" in request.form:
        return _begin_from(request.form["question"])
    wanted = request.form.get("service", service.DEFAULT_SERVICE)
    if wanted not in SERVICES:
        abort(400)
    check = service.current_check()
    if check.row is not None and request.form.get("keep") == "1":
        check.service = check.row.service = wanted
        db.session.commit()
        return see(_next_url(service.interview(check)))
    service.forget(check)
    db.session.commit()
    return _afresh(wanted)


@bp.get("/check/<path>")
@public
def question(path: str) -> Response | BaseResponse:
    """One question, with the answer given before."""
    asked = QUESTIONS.get(path) or abort(404)
    check = service.current_check(request.args.get("service"))
    before = service.interview(check, upto=path)
    if before.next != path:
        return see(_next_url(service.interview(check)))
    form = _form_for(asked, check, before)
    form.fill(check.answers.get(path))
    return _question_page(asked, check, before, form)


@bp.post("/check/<path>")
@public
@shows_again
def answer(path: str) -> Response | BaseResponse:
    """Keep one answer and go on; every other answer stays."""
    asked = QUESTIONS.get(path) or abort(404)
    check = service.current_check(request.form.get("service"))
    before = service.interview(check, upto=path)
    if before.next != path:
        return see(_next_url(service.interview(check)))
    form = _form_for(asked, check, before)
    if only_again(form):
        return _question_page(asked, check, before, form, 422 if form.errors else 200)
    if not form.validate_on_submit():
        return _question_page(asked, check, before, form, 200 if form.looking else 422)
    token = service.save(check, path, form.answer())
    db.session.commit()
    response = see(_next_url(service.interview(check)))
    if token:
        service.set_cookie(response, token)
    return response


@bp.get("/check/result")
@public
def result() -> Response | BaseResponse:
    """What the answers come to."""
    check = service.current_check(request.args.get("service"))
    now = service.interview(check)
    if now.next is not None:
        return see(_next_url(now))
    return page(
        "checker/result.html",
        check=check,
        possibilities=list(service.possibilities(check, now)),
        answers=_answers(check, now),
        **_told(now.decision),
    )


@bp.post("/check/result/share")
@public
def share() -> BaseResponse:
    """Make a link to this result that names nobody."""
    check = service.current_check(request.form.get("service"))
    now = service.interview(check)
    if now.next is not None:
        return see(_next_url(now))
    row = service.share(now.facts)
    db.session.commit()
    return see(url_for("checker.shared", name=row.name))


@bp.get("/r/<name>")
@public
def shared(name: str) -> Response:
    """A shared result; it says so when the rules have changed since."""
    row = service.shared_result(name)
    if row is None:
        return page("checker/shared_gone.html", 404)
    decision = service.shared_decision(row)
    return page(
        "checker/shared.html",
        row=row,
        outdated=service.is_outdated(row),
        link=picture.link_to(row),
        summary=picture.summary(decision),
        **_told(decision),
    )


@bp.get("/r/<name>/picture")
@public
def shared_picture(name: str) -> Response:
    """The shared result as one long picture, to be kept among the photos."""
    row = service.shared_result(name)
    if row is None:
        return page("checker/shared_gone.html", 404)
    return page(
        "checker/picture.html",
        row=row,
        headline=picture.headline(service.shared_decision(row)),
        letters="hant" if current_script() == "zh_Hant" else "hans",
    )


@bp.get("/r/<name>/picture-<any(hans,hant):letters>.png")
@public
@at_most(PICTURES)
def drawn(name: str, letters: str) -> Response:
    """That picture."""
    row = service.shared_result(name)
    if row is None:
        abort(404)
    told = _told(service.shared_decision(row))
    content = picture.picture_of(
        row, told["decision"], told["places"], told["offices"], LETTERS[letters]
    )
    return keepable(Response(content, mimetype="image/png"))


# --- What the templates are given ---


def _afresh(wanted: str) -> BaseResponse:
    response = see(_first_url(wanted))
    service.drop_cookie(response)
    return response


def _begin_from(name: str) -> BaseResponse:
    """The checker with the answers that a question of the guide already holds."""
    asked = question_on(clock.today(), name)
    if asked is None or asked.check is None:
        abort(400)
    check, token = service.begin_with(asked.check)
    db.session.commit()
    response = see(_next_url(service.interview(check)) if token else _first_url(check.service))
    if token:
        service.set_cookie(response, token)
    else:
        service.drop_cookie(response)
    return response


def _first_url(wanted: str) -> str:
    first = service.interview(Check(wanted)).next
    if first is None:
        # Decided without a question: nothing is kept, so the address says what was asked about.
        return url_for("checker.result", service=wanted)
    return url_for("checker.question", path=first, service=wanted)


def _next_url(now: Interview) -> str:
    if now.next is None:
        return url_for("checker.result")
    return url_for("checker.question", path=now.next)


def _form_for(asked: Question, check: Check, before: Interview) -> QuestionForm:
    form: QuestionForm
    if asked.kind == "place":
        form = PlaceForm()
        form.offer(asked)
    elif asked.kind == "residence":
        form = ResidenceForm()
        form.offer(asked, with_her=asked.path == "man.residence" and _her_place_is_known(check))
    elif asked.kind == "date":
        form = DateForm()
        form.offer(asked, clock.today())
    else:
        form = ChoiceForm()
        form.offer(asked, _most(asked, before))
    return form


def _her_place_is_known(check: Check) -> bool:
    stored = check.answers.get("woman.residence", service.UNKNOWN)
    return not stored.get("unknown")


def _most(asked: Question, before: Interview) -> int:
    """The largest count that can be true: children of a kind are among the joint ones."""
    joint = before.facts.joint_children
    if asked.path.startswith("children.") and asked.path != "children.died" and joint is not None:
        return joint
    return MOST_SHOWN


def _question_page(
    asked: Question, check: Check, before: Interview, form: QuestionForm, status: int = 200
) -> Response:
    # Where this question is the first without an answer, both replays end here.
    everything = service.interview(check) if asked.path in check.answers else before
    return page(
        "checker/question.html",
        status,
        question=asked,
        heading=heading(asked, check),
        hints={option.value: option.hint for option in asked.options if option.hint},
        form=form,
        check=check,
        interview=before,
        previous=before.asked[-1] if before.asked else None,
        answers=[one for one in _answers(check, everything) if one["path"] != asked.path],
    )


def heading(asked: Question, check: Check) -> str:
    """The question in words; one about a stay names the place as people say it."""
    person, _dot, rest = asked.path.partition(".")
    title = str(asked.title)
    if not rest.startswith("residence."):
        return title
    home = service.json_values(check.answers).get(f"{person}.residence")
    division = str(home.get("division")) if isinstance(home, dict) else ""
    return title % {"place": places.short_name(division, current_script())}


def _answers(check: Check, now: Interview) -> list[dict[str, Any]]:
    """The answers in use, in words, each with the address that changes it."""
    return [
        {
            "path": path,
            "name": QUESTIONS[path].short,
            "text": answer_text(QUESTIONS[path], check.answers.get(path, dict(service.UNKNOWN))),
            "url": url_for("checker.question", path=path),
        }
        for path in sorted(now.asked, key=RANK.__getitem__)
    ]


def answer_text(asked: Question, stored: Stored) -> str:
    """A kept answer as a person would say it."""
    value = stored.get("value")
    if stored.get("unknown"):
        return str(_("不确定"))
    if stored.get("with"):
        return str(_("和女方住在一起"))
    if asked.kind == "residence":
        return _place_text(value["division"]) if value else str(_("住在户籍地"))
    if asked.kind == "place":
        return _place_text(str(value))
    if asked.kind == "yesno":
        return str(_("是") if value else _("不是"))
    if asked.kind == "number":
        return str(COUNT_TEXTS[min(int(value or 0), MOST_SHOWN)])
    if asked.kind == "date":
        return _date_text(str(value))
    return next((str(option.text) for option in asked.options if option.value == value), "")


def _date_text(iso: str) -> str:
    return zh_date(date.fromisoformat(iso))


def _place_text(code: str) -> str:
    return places.full_name(code, current_script())


def _told(decision: Decision) -> dict[str, Any]:
    """What the result pages show of a decision."""
    ordered = sorted(
        decision.places,
        key=lambda place: (place is not decision.best, place.allowed is not True),
    )
    offices = places.offices_for(place.division for place in ordered)
    here = [place for place in ordered if _can_file_here(decision, place, offices)]
    return {
        "decision": decision,
        "places": ordered,
        "offices": offices,
        "here": here,
        "item": items.item_for(decision.facts.service, decision.outcome),
        "next_steps_told": _next_steps(decision.facts),
    }


def _next_steps(facts: Facts) -> list[afterwards.Next]:
    """What comes after a birth was registered or approved; of other certificates nothing follows."""
    if facts.service != "childbirth":
        return []
    return afterwards.steps_for(Couple.of(facts), facts.on)


def _can_file_here(decision: Decision, place: Place, offices: Mapping[str, Office]) -> bool:
    """Whether this installation takes the filing online: law, office and this site all do.

    At a window a clerk takes what may not be sent from a phone as well.
    """
    office = offices.get(place.division)
    return (
        bool(place.allowed)
        and (
            taken_online(decision.facts.service, by_law=place.online)
            or current_officer() is not None
        )
        and place.outcome in GRANTS
        and office is not None
        and office.live
    )
