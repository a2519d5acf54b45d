"""Printing at any window of the county: a certificate found by its number, printed, handed over, taken back.

These pages show only what a window needs: masked names, and what happened to the paper.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from app.accounts.guards import deny, staff_only
from app.appearance import only_again
from app.applications.forms import as_choices
from app.applications.records import office_names
from app.casework import service
from app.casework.lists import View
from app.casework.pages import bp, frame, my_desk
from app.casework.service import Desk, OwnCaseError
from app.certificates import forms, showing, windows
from app.certificates.models import Certificate, Standing
from app.certificates.my_routes import SCRIPT, as_download
from app.certificates.printing import NothingToPrintError, content_of
from app.certificates.service import letters_of
from app.certificates.windows import AgainError, NotPossibleError, Window
from app.extensions import db
from app.language import SCRIPTS, current_script, gettext
from app.vault import mask_id_number, mask_name
from app.web import page, see, shows_again

_ACTS = ("printed", "handed_over", "withdrawn", "corrected")


@bp.route("/print", methods=["GET", "POST"])
@staff_only()
@shows_again
def window() -> Response:
    """Find a certificate of this county by its number, or by that of the application."""
    desk = my_desk()
    form = forms.WindowSearchForm()
    if only_again(form) or not form.validate_on_submit():
        return _search_page(desk, form)
    found = windows.find(_at(desk), form.number.data)
    db.session.commit()
    if found is None:
        form.number.errors = [
            gettext("本县（区）没有找到这个编号的证。请照短信或手机上的核对；没有办结的件还没有证")
        ]
        return _search_page(desk, form)
    return see(url_for(".paper", certificate_id=found.id))


@bp.get("/print/<uuid:certificate_id>")
@staff_only()
def paper(certificate_id: uuid.UUID) -> Response:
    """One certificate: whose it is, masked, what happened to it, and what may be done here."""
    desk = my_desk()
    certificate = _certificate(desk, certificate_id)
    windows.note_opened(_at(desk), certificate)
    return _paper_page(desk, certificate)


@bp.get(f"/print/<uuid:certificate_id>/{SCRIPT}")
@staff_only("clerk", "approver")
def paper_file(certificate_id: uuid.UUID, script: str) -> Response:
    """The PDF, for whoever noted a print of it a moment ago."""
    desk = my_desk()
    certificate = _certificate(desk, certificate_id)
    if not windows.may_fetch(_at(desk), certificate, script):
        return see(url_for(".paper", certificate_id=certificate_id))
    try:
        return as_download(content_of(certificate, script), certificate.number)
    except NothingToPrintError:
        abort(404)


@bp.get("/print/<uuid:certificate_id>/<any({}):act>".format(", ".join(_ACTS)))
@staff_only()
def paper_again(certificate_id: uuid.UUID, act: str) -> Response:
    """A reload after an answer to a form: the certificate."""
    return see(url_for(".paper", certificate_id=certificate_id))


@bp.post("/print/<uuid:certificate_id>/printed")
@staff_only("clerk", "approver")
@shows_again
def print_paper(certificate_id: uuid.UUID) -> Response:
    """Note a print; the file may then be fetched for a while."""
    desk = my_desk()
    certificate = _certificate(desk, certificate_id)
    form = _forms(certificate, sent="printing")["printing"]

    def act() -> None:
        windows.note_printed(
            _at(desk), certificate, script=form.script.data, again=form.again.data or None
        )

    try:
        return _do(desk, certificate, "printing", form, act)
    except AgainError:
        form.again.errors = [gettext("打过了。请选为什么再打一次")]
        return _paper_page(desk, certificate, tried={"printing": form}, status=422)


@bp.post("/print/<uuid:certificate_id>/handed_over")
@staff_only("clerk", "approver")
@shows_again
def hand_over(certificate_id: uuid.UUID) -> Response:
    """Note who took it."""
    desk = my_desk()
    certificate = _certificate(desk, certificate_id)
    form = _forms(certificate, sent="handing")["handing"]
    return _do(
        desk,
        certificate,
        "handing",
        form,
        lambda: windows.note_handed_over(_at(desk), certificate, to=form.to.data),
    )


@bp.post("/print/<uuid:certificate_id>/withdrawn")
@staff_only("approver", "supervisor")
@shows_again
def withdraw_paper(certificate_id: uuid.UUID) -> Response:
    """It counts no longer, for reasons the couple reads."""
    desk = my_desk()
    certificate = _answered_for(desk, certificate_id)
    form = _forms(certificate, sent="withdrawing")["withdrawing"]
    return _do(
        desk,
        certificate,
        "withdrawing",
        form,
        lambda: windows.withdraw(_at(desk), certificate, reasons=form.reasons.data),
        deciding=True,
    )


@bp.post("/print/<uuid:certificate_id>/corrected")
@staff_only("approver", "supervisor")
@shows_again
def correct_paper(certificate_id: uuid.UUID) -> Response:
    """Issue it anew with what was wrong put right."""
    desk = my_desk()
    certificate = _answered_for(desk, certificate_id)
    form = _forms(certificate, sent="correcting")["correcting"]
    return _do(
        desk,
        certificate,
        "correcting",
        form,
        lambda: windows.correct(
            _at(desk), certificate, changes=form.changes, reasons=form.reasons.data
        ),
        deciding=True,
    )


@bp.get(f"/cases/<uuid:case_id>/letters/<uuid:letter_id>/{SCRIPT}")
@staff_only()
def letter_file(case_id: uuid.UUID, letter_id: uuid.UUID, script: str) -> Response:
    """A letter of a case of this desk, as its citizen has it."""
    desk = my_desk()
    application = service.get_case_for(desk, case_id)
    letter = next((each for each in letters_of(application) if each.id == letter_id), None)
    if letter is None:
        abort(404)
    try:
        content = content_of(letter, script)
    except NothingToPrintError:
        abort(404)
    service.note_letter_read(desk, application, letter_id)
    return as_download(content, letter.number)


# --- Inside ---


def _at(desk: Desk) -> Window:
    return Window(desk.officer, desk.office)


def _certificate(desk: Desk, certificate_id: uuid.UUID) -> Certificate:
    """The certificate, if this window may print it; else 404, and the try is written down."""
    found = windows.certificate_at(_at(desk), certificate_id)
    if found is None:
        deny()
        abort(404)
    return found


def _answered_for(desk: Desk, certificate_id: uuid.UUID) -> Certificate:
    """The same for who may take it back."""
    found = _certificate(desk, certificate_id)
    if not windows.may_withdraw(_at(desk), found):
        deny()
        abort(404)
    return found


def _do(
    desk: Desk,
    certificate: Certificate,
    name: str,
    form: FlaskForm,
    act: Callable[[], object],
    *,
    deciding: bool = False,
) -> Response:
    """Bind, act, answer: 422 with what was typed, 409 with how it stands now, 403 for one's own family."""
    tried = {name: form}
    if only_again(form):
        return _paper_page(desk, certificate, tried=tried)
    if not form.validate():
        return _paper_page(desk, certificate, tried=tried, status=422)
    certificate_id = certificate.id
    try:
        if deciding:
            service.refuse_own_case(desk, certificate.application)
        made = act()
    except OwnCaseError:
        return _paper_page(desk, certificate, tried=tried, status=403)
    except NotPossibleError:
        return _paper_page(desk, _certificate(desk, certificate_id), tried=tried, status=409)
    shown = made.id if isinstance(made, Certificate) else certificate_id
    return see(url_for(".paper", certificate_id=shown))


def _search_page(desk: Desk, form: FlaskForm) -> Response:
    status = 422 if form.errors else 200
    around = frame(desk, View.MINE, [])
    return page("casework/window.html", status, **around, section="collect", form=form)


def _paper_page(
    desk: Desk,
    certificate: Certificate,
    *,
    tried: Mapping[str, FlaskForm] | None = None,
    status: int = 200,
) -> Response:
    at, counts = _at(desk), certificate.standing is Standing.VALID
    may_act = counts and certificate.data is not None
    scripts = [each for each in SCRIPTS if windows.may_fetch(at, certificate, each)]
    return page(
        "casework/paper.html",
        status,
        **frame(desk, View.MINE, []),
        section="collect",
        certificate=certificate,
        face=showing.public_face(certificate),
        holders=_masked(certificate),
        collect=_collect(certificate),
        story=showing.story_of(certificate),
        forms=_forms(certificate) | dict(tried or {}),
        may_print=may_act and not desk.is_supervisor,
        is_printed=any(event.kind == "printed" for event in certificate.events),
        may_hand_over=may_act and not desk.is_supervisor and windows.is_in_hand(certificate),
        may_withdraw=may_act and windows.may_withdraw(at, certificate),
        fetchable=scripts,
        gone=certificate.data is None,
        own_case=status == 403,
        was_late=status == 409,
    )


def _forms(certificate: Certificate, *, sent: str = "") -> dict[str, Any]:
    """The forms of the page; only the one that was `sent` is filled from the request."""

    def given(name: str) -> dict[str, Any]:
        return {"prefix": name} | ({} if name == sent else {"formdata": None})

    holders = (certificate.data or {}).get("holders", ())
    handing = forms.HandOverForm(**given("handing"))
    handing.to.choices = as_choices(
        [(who, showing.TAKERS[who]()) for who in windows.takers(certificate)]
    )
    return {
        "printing": forms.PrintForm(**given("printing"), script=current_script()),
        "handing": handing,
        "withdrawing": forms.WithdrawForm(**given("withdrawing")),
        "correcting": forms.CorrectForm(holders, **given("correcting")),
    }


def _masked(certificate: Certificate) -> list[tuple[str, str, str]]:
    """(who, name, number) as far as one needs to compare them with an identity card."""
    return [
        (
            gettext("女方") if holder["role"] == "woman" else gettext("男方"),
            mask_name(holder["name"]),
            mask_id_number(holder["id_number"]),
        )
        for holder in (certificate.data or {}).get("holders", ())
    ]


def _collect(certificate: Certificate) -> str:
    where = certificate.application.collect_office_id
    return office_names(where).get(where, "")
