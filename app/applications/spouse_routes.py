"""The word of the spouse who did not file: asked for by phone, at a window, or on a paper to sign."""

from __future__ import annotations

import uuid

from flask import abort, url_for
from werkzeug.wrappers import Response

from app.accounts.guards import citizen_only
from app.appearance import only_again
from app.applications import spouse_paper, spouses
from app.applications.forms import SpousePhoneForm
from app.applications.models import Application
from app.applications.spouses import PhoneProblem, Said, Word
from app.applications.standing import Right, case_for
from app.applications.step_pages import bp, me
from app.delegation import asking
from app.delegation.wording import too_many_links
from app.extensions import db
from app.language import SCRIPTS, gettext, speaking
from app.typesetting import pdf
from app.web import page, printed, see, shows_again

SHEETS = dict(zip(("hans", "hant"), SCRIPTS, strict=True))


@bp.route("/my/<uuid:case_id>/spouse/<any(woman,man):person>", methods=["GET", "POST"])
@citizen_only
@shows_again
def ask_spouse(case_id: uuid.UUID, person: str) -> Response:
    """The three ways, and sending the link to a phone of their own."""
    case, word = _open_word(case_id, person)
    if word.said is not Said.NOTHING or not case.is_live:
        return see(url_for("tracking.view_case", case_id=case_id))
    form = SpousePhoneForm(data={"phone": spouses.phone_of(case, person)})
    if only_again() or not form.validate_on_submit():
        return _page(case, word, form, 422 if form.errors and not only_again() else 200)
    problem = spouses.phone_problem(case, person, me(), form.phone.data)
    if problem is PhoneProblem.SHARED:
        form.phone.errors = [
            gettext(
                "这个号是您的，或者申请里另一个人的。要填对方自己的号；没有，就到窗口或在纸上确认"
            )
        ]
        return _page(case, word, form, 422)
    try:
        spouses.ask(case, person, form.phone.data, me())
    except asking.TooMany as limit:
        db.session.commit()
        form.phone.errors = [too_many_links(limit.wait)]
        return _page(case, word, form, 429)
    db.session.commit()
    return see(url_for("tracking.view_case", case_id=case_id) + "#spouses")


@bp.get("/my/<uuid:case_id>/spouse/<any(woman,man):person>/<any(hans,hant):script>.pdf")
@citizen_only
def spouse_sheet(case_id: uuid.UUID, person: str, script: str) -> Response:
    """The paper to sign, in either script."""
    case, _word = _open_word(case_id, person)
    with speaking(SHEETS[script]):
        content = pdf("sheet", spouse_paper.sheet_for(case, person), SHEETS[script])
        return printed(content, f"{gettext('配偶确认书')}-{case.number}")


@bp.post("/my/<uuid:case_id>/disagree")
@citizen_only
def disagree(case_id: uuid.UUID) -> Response:
    """Somebody who confirmed has thought better of it: the office is told and decides."""
    case = case_for(me(), case_id, Right.VIEW)
    spouses.change_mind(case, me())
    db.session.commit()
    return see(url_for("tracking.view_case", case_id=case_id) + "#spouses")


@bp.get("/my/<uuid:case_id>/disagree")
@citizen_only
def disagree_again(case_id: uuid.UUID) -> Response:
    """A reload: the application."""
    return see(url_for("tracking.view_case", case_id=case_id))


def _open_word(case_id: uuid.UUID, person: str) -> tuple[Application, Word]:
    """The application and the word of this person in it; 404 when it names no such person."""
    case = case_for(me(), case_id, Right.VIEW)
    word = spouses.word_of(case, person)
    return (case, word) if word is not None else abort(404)


def _page(case: Application, word: Word, form: SpousePhoneForm, status: int) -> Response:
    return page("applications/spouse.html", status, case=case, word=word, form=form)
