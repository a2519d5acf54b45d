"""Applying: one question a page, saved at each step, sent once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from io import BytesIO
from typing import Any

from flask import Blueprint, abort, current_app, request, send_file, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from app import audit, files
from app.accounts.guards import citizen_only, current_actor, current_citizen
from app.accounts.models import Citizen
from app.appearance import only_again
from app.applications import forms, service
from app.applications.deadlines import deadlines_for
from app.applications.models import Draft, Service, State
from app.applications.steps import ROLE_NAMES, Filing, instead_text, journey_of, told
from app.checker.service import current_facts
from app.extensions import db
from app.journey import Journey
from app.policy.facts import FactsError
from app.web import page, see, shows_again

bp = Blueprint("applications", __name__)


@bp.errorhandler(service.NoDraftError)
def gone(_error: service.NoDraftError) -> Response:
    """Never there, not theirs, expired or sent: one answer for all, noted in all cases alike."""
    db.session.rollback()
    audit.record("access.denied", actor=current_actor(), subject=f"view:{request.endpoint}")
    db.session.commit()
    return page("applications/gone.html", 404, days=service.DRAFT_LIFE.days)


def _me() -> Citizen:
    """The citizen signed in; the guard of every view here has seen to it that there is one."""
    citizen = current_citizen()
    return citizen if citizen is not None else abort(401)


# --- Begin ---


@bp.get("/apply/start")
@citizen_only
def start() -> Response:
    """What will be filed and where, and the consent without which nothing is collected."""
    return _start_page(_beginning(request.args.get("role")))


@bp.post("/apply/start")
@citizen_only
@shows_again
def begin() -> Response:
    """From the checker's result: ask for consent first; with it, open the draft."""
    role = request.form.get("role")
    filing = _beginning(role)
    if "begin" not in request.form or filing is None or not filing.choices:
        return see(url_for(".start", role=role))
    form = _consent(filing)
    if only_again() or not form.validate_on_submit():
        return _start_page(filing, form)
    draft = service.begin(_me(), filing, afresh=request.form["begin"] == "afresh")
    service.save_answer(draft, "consent", form.answer())
    db.session.commit()
    return see(_step_url(draft, "who"))


def _beginning(role: str | None) -> Filing | None:
    facts = current_facts()
    return service.beginning(facts.to_json(), role) if facts else None


def _start_page(filing: Filing | None, form: forms.StepForm | None = None) -> Response:
    if filing is None:
        return page("applications/nothing_to_start.html", has_answers=current_facts() is not None)
    if not filing.choices:
        return page("applications/not_here.html", draft=None, filing=filing, other=None)
    return page(
        "applications/start.html",
        422 if form and form.errors else 200,
        form=form or _consent(filing),
        filing=filing,
        draft=service.open_draft(_me(), filing.service),
    )


# --- One question a page ---


@bp.get("/apply/<uuid:draft_id>")
@citizen_only
def resume(draft_id: uuid.UUID) -> Response:
    """Go on where the draft was left."""
    draft = service.get_draft(_me(), draft_id)
    journey = journey_of(service.filing_of(draft))
    return see(_step_url(draft, journey.first_incomplete or "check"))


@bp.route("/apply/<uuid:draft_id>/<step>", methods=["GET", "POST"])
@citizen_only
@shows_again
def answer(draft_id: uuid.UUID, step: str) -> Response:
    """Show a step, or keep its answer and go on."""
    draft = service.get_draft(_me(), draft_id, to_change=request.method == "POST")
    filing = service.filing_of(draft)
    journey = journey_of(filing)
    if step not in FORMS:
        abort(404)
    if not journey.is_reachable(step):
        return see(_step_url(draft, journey.first_incomplete or "check"))
    if step == "where" and not filing.choices:
        other = service.other_service(filing)
        return page("applications/not_here.html", draft=draft, filing=filing, other=other)
    form = FORMS[step](filing)
    if not only_again() and form.validate_on_submit() and _kept(draft, step, form):
        return see(_after(draft, step))
    return _step_page(draft, filing, journey, step, form)


def _kept(draft: Draft, step: str, form: forms.StepForm) -> bool:
    """Store the answer, or put what contradicts it at its field."""
    try:
        service.save_answer(draft, step, form.answer())
    except FactsError as error:
        field = form["born_on" if error.field == "born_on" else "stage"]
        field.errors = [*field.errors, _("这和您前面的回答对不上，请核对")]
        return False
    db.session.commit()
    return True


def _after(draft: Draft, step: str) -> str:
    """The next page; back to the check page when the change came from there and all is still done."""
    journey = journey_of(service.filing_of(draft))
    if request.args.get("from") == "check":
        return _step_url(draft, journey.first_incomplete or "check")
    return _step_url(draft, journey.next(step) or "check")


def _step_page(
    draft: Draft, filing: Filing, journey: Journey[Filing], step: str, form: forms.StepForm
) -> Response:
    return page(
        f"applications/{PERSON_PAGE if step in PEOPLE else step}.html",
        422 if form.errors else 200,
        form=form,
        draft=draft,
        filing=filing,
        step=step,
        here=_here(draft, step),
        progress=journey.progress(step),
        back=_back(draft, journey, step),
        law_changed=service.rules_changed(draft),
        **SHOWN.get(step, _nothing_more)(draft, filing),
    )


def _back(draft: Draft, journey: Journey[Filing], step: str) -> str:
    if request.args.get("from") == "check":
        return _step_url(draft, "check")
    previous = journey.previous(step)
    return _step_url(draft, previous) if previous else url_for(".mine")


def _here(draft: Draft, step: str) -> str:
    """Where the form of this page is sent: to its own address, coming from where it came from."""
    came_from = {"from": "check"} if request.args.get("from") == "check" else {}
    values: dict[str, Any] = {"draft_id": draft.id, "step": step, **came_from}
    return url_for(".answer", **values)


def _step_url(draft: Draft, step: str) -> str:
    return url_for(".answer", draft_id=draft.id, step=step)


# --- The form of each step ---


def _consent(filing: Filing) -> forms.StepForm:
    kind = forms.ConsentWithChildrenForm if filing.concerns_children else forms.ConsentForm
    return kind(data=filing.answers.get("consent"))


def _who(filing: Filing) -> forms.StepForm:
    kind = forms.WhoForm if filing.has_man else forms.WhoAloneForm
    return kind(data=filing.answers.get("who"))


def _person(who: str) -> Callable[[Filing], forms.StepForm]:
    def make(filing: Filing) -> forms.StepForm:
        known = filing.answers.get(who)
        if known is None and filing.filer == who:
            known = {"phone": _me().phone}
        form = (forms.AgentForm if who == "agent" else forms.PersonForm)(data=known)
        form.phone_required = form.phone_required or filing.filer == who
        spouse = {"woman": "man", "man": "woman"}.get(who)
        if spouse and filing.has_man:
            form.other_number = (filing.answers.get(spouse) or {}).get("id_number")
        return form

    return make


def _children(filing: Filing) -> forms.StepForm:
    known = dict(filing.answers.get("children") or {"stage": filing.facts.get("stage")})
    if not filing.answers.get("children") and filing.facts.get("born_on"):
        known["born_on"] = filing.facts["born_on"]
    for name in ("born_on", "expected_on"):
        if known.get(name):
            known[name] = date.fromisoformat(known[name])
    return forms.ChildrenForm(data=known)


def _where(filing: Filing) -> forms.StepForm:
    form = forms.WhereForm(data=filing.answers.get("where"))
    form.role.choices = forms.as_choices(
        [(choice.role, ROLE_NAMES[choice.role]) for choice in filing.choices]
    )
    return form


def _office(filing: Filing) -> forms.StepForm:
    form = forms.OfficeForm(data=filing.answers.get("office"))
    offices = filing.chosen.offices if filing.chosen else ()
    form.office.choices = forms.as_choices(
        [("", _("请选择")), *((str(one.id), one.name) for one in offices)]
    )
    return form


def _collect(filing: Filing) -> forms.StepForm:
    chosen = filing.answers.get("collect") or {
        "office": str(filing.office.id) if filing.office else ""
    }
    form = forms.CollectForm(data=chosen)
    form.office.choices = forms.as_choices(
        [(str(one.id), one.name) for one in filing.collect_offices]
    )
    return form


def _documents(filing: Filing) -> forms.StepForm:
    form = forms.DocumentsForm()
    form.missing = [p["name"] for p in filing.documents if not filing.is_settled(p)]
    return form


def _declaration(filing: Filing) -> forms.StepForm:
    return forms.DeclarationForm(data=filing.answers.get("declaration"))


def _check(_filing: Filing) -> forms.StepForm:
    return forms.StepForm()


FORMS: Mapping[str, Callable[[Filing], forms.StepForm]] = {
    "consent": _consent,
    "who": _who,
    "agent": _person("agent"),
    "woman": _person("woman"),
    "man": _person("man"),
    "children": _children,
    "where": _where,
    "office": _office,
    "collect": _collect,
    "documents": _documents,
    "declaration": _declaration,
    "check": _check,
}
PEOPLE = {"agent", "woman", "man"}
PERSON_PAGE = "person"


# --- What some steps show besides their form ---


def _nothing_more(_draft: Draft, _filing: Filing) -> dict[str, Any]:
    return {}


def _documents_shown(draft: Draft, filing: Filing) -> dict[str, Any]:
    uploads = service.uploads_by_document(draft)
    return {"cards": [_card(filing, paper, uploads) for paper in filing.documents]}


def _card(
    filing: Filing, paper: Mapping[str, Any], uploads: Mapping[str, list[Any]], error: str = ""
) -> dict[str, Any]:
    instead = filing.without(paper["id"])
    ways = [way for way in forms.WITHOUT if way in paper["replaceable_by"]]
    return {
        "paper": paper,
        "uploads": uploads.get(paper["id"], []),
        "instead": instead_text(instead) if instead else None,
        "ways": [(way, instead_text(way)) for way in [*ways, forms.BRING]],
        "error": error,
    }


def _check_shown(draft: Draft, filing: Filing) -> dict[str, Any]:
    return {
        "told": told(filing.answers, masked=False),
        "submit_form": forms.SubmitForm(),
        "uploads": service.uploads_by_document(draft),
        "instead_text": instead_text,
    }


SHOWN: Mapping[str, Callable[[Draft, Filing], dict[str, Any]]] = {
    "documents": _documents_shown,
    "check": _check_shown,
}


# --- Documents ---


@bp.post("/apply/<uuid:draft_id>/documents/<document_id>")
@citizen_only
def upload(draft_id: uuid.UUID, document_id: str) -> Response:
    """Take photos or PDFs of one paper; those that are fine are kept, the rest is said at the paper."""
    draft = service.get_draft(_me(), draft_id)
    _paper(service.filing_of(draft), document_id)
    # Reading photos takes long; nobody has to wait for it.
    cleaned, errors = _cleaned_files()
    draft = service.get_draft(_me(), draft_id, to_change=True)
    errors += _keep_files(draft, document_id, cleaned)
    db.session.commit()
    if errors:
        return _documents_page(draft, document_id, errors)
    return see(_step_url(draft, "documents") + f"#{document_id}")


@bp.get("/apply/<uuid:draft_id>/documents/<document_id>")
@citizen_only
def upload_again(draft_id: uuid.UUID, document_id: str) -> Response:
    """A reload after a file was refused: the page of papers, at this one."""
    draft = service.get_draft(_me(), draft_id)
    return see(_step_url(draft, "documents") + f"#{document_id}")


@bp.post("/apply/<uuid:draft_id>/documents/<document_id>/without")
@citizen_only
def without(draft_id: uuid.UUID, document_id: str) -> Response:
    """Note what takes the place of a paper, or that it is at hand after all."""
    draft = service.get_draft(_me(), draft_id, to_change=True)
    paper = _paper(service.filing_of(draft), document_id)
    instead = request.form.get("instead", "")
    if instead in {*paper["replaceable_by"], forms.BRING}:
        service.choose_without(draft, document_id, instead)
    elif instead == "":
        service.forget_without(draft, document_id)
    else:
        abort(400)
    db.session.commit()
    return see(_step_url(draft, "documents") + f"#{document_id}")


@bp.get("/apply/<uuid:draft_id>/uploads/<uuid:upload_id>")
@citizen_only
def show_upload(draft_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """A page the citizen sent, as it was kept; never run, whatever it is."""
    draft = service.get_draft(_me(), draft_id)
    kept = service.upload_of(draft, upload_id)
    response = send_file(
        BytesIO(service.read_upload(kept)),
        mimetype=kept.media_type,
        as_attachment=kept.media_type != files.JPEG,
        download_name=f"{kept.document_id}-{kept.page}.{'jpg' if kept.media_type == files.JPEG else 'pdf'}",
        conditional=False,
        max_age=None,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/apply/<uuid:draft_id>/uploads/<uuid:upload_id>/remove")
@citizen_only
def remove_upload(draft_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """Take a page back."""
    draft = service.get_draft(_me(), draft_id, to_change=True)
    kept = service.upload_of(draft, upload_id)
    document_id, key = kept.document_id, kept.key
    db.session.delete(kept)
    db.session.commit()
    files.store().delete(key)
    return see(_step_url(draft, "documents") + f"#{document_id}")


def _paper(filing: Filing, document_id: str) -> Mapping[str, Any]:
    """The paper of this id, when this filing asks for it; else 404."""
    paper = next((paper for paper in filing.documents if paper["id"] == document_id), None)
    return paper if paper is not None else abort(404)


def _cleaned_files() -> tuple[list[tuple[str, files.CleanFile]], list[str]]:
    """The files sent that are fine, with their names, and a sentence for each that is not."""
    sent = [file for file in request.files.getlist("file") if file.filename]
    cleaned, errors = [], [] if sent else [_("请先拍照或选择文件")]
    for file in sent:
        name = file.filename or ""
        try:
            cleaned.append((name, files.clean(file.read())))
        except files.FileRefusedError as error:
            errors.append(_refused(name, error))
        finally:
            file.close()
    return cleaned, errors


def _keep_files(
    draft: Draft, document_id: str, cleaned: list[tuple[str, files.CleanFile]]
) -> list[str]:
    """Keep these files while the draft has room; a sentence for each that found none."""
    errors = []
    for name, file in cleaned:
        try:
            service.save_upload(draft, document_id, name, file)
        except files.FileRefusedError as error:
            errors.append(_refused(name, error))
    return errors


def _refused(name: str, error: files.FileRefusedError) -> str:
    return f"{service.shown_name(name)}：{error}"


def _documents_page(draft: Draft, document_id: str, errors: list[str]) -> Response:
    filing = service.filing_of(draft)
    journey = journey_of(filing)
    uploads = service.uploads_by_document(draft)
    cards = [
        _card(filing, paper, uploads, "\n".join(errors) if paper["id"] == document_id else "")
        for paper in filing.documents
    ]
    return page(
        "applications/documents.html",
        422,
        form=_documents(filing),
        draft=draft,
        filing=filing,
        step="documents",
        here=_here(draft, "documents"),
        progress=journey.progress("documents"),
        back=_back(draft, journey, "documents"),
        law_changed=service.rules_changed(draft),
        cards=cards,
    )


# --- Another service, or no longer ---


@bp.post("/apply/<uuid:draft_id>/service")
@citizen_only
def change_service(draft_id: uuid.UUID) -> Response:
    """Go on under the service that today's answers call for."""
    draft = service.get_draft(_me(), draft_id, to_change=True)
    other = service.other_service(service.filing_of(draft))
    if other is None:
        return see(_step_url(draft, "where"))
    try:
        service.change_service(draft, other)
    except IntegrityError:
        db.session.rollback()
        return see(url_for(".mine"))
    db.session.commit()
    return see(_step_url(draft, "where"))


@bp.post("/apply/<uuid:draft_id>/drop")
@citizen_only
def drop(draft_id: uuid.UUID) -> Response:
    """Delete a draft now, at its owner's wish."""
    service.drop(service.get_draft(_me(), draft_id, to_change=True))
    db.session.commit()
    return see(url_for(".mine"))


# --- Send ---


@bp.route("/apply/submit", methods=["GET", "POST"])
@citizen_only
def submit() -> Response:
    """Send the draft, once, however often this is asked; a reload of the answer leads to what is mine."""
    if request.method != "POST":
        return see(url_for(".mine"))
    try:
        application = service.submit(_me(), request.form.get("token", ""))
    except service.NotFinishedError as error:
        return see(url_for(".answer", draft_id=error.draft_id, step=error.step))
    except service.AlreadyOpenError:
        return page("applications/already_open.html", 409)
    return see(url_for(".receipt", number=application.number))


@bp.get("/apply/receipt/<number>")
@citizen_only
def receipt(number: str) -> Response:
    """What was sent, to whom, and the clock that runs from now."""
    application = service.get_application(_me(), number)
    place = service.filed_place(application)
    return page(
        "applications/receipt.html",
        application=application,
        service=Service(application.service),
        state=State(application.state),
        place=place,
        role=ROLE_NAMES[application.filing_role],
        offices=service.office_names(application.office_id, application.collect_office_id),
        told=told(application.answers or {}, masked=True) if application.answers else [],
        papers=service.papers_of(application),
        instead_text=instead_text,
        deadlines=deadlines_for(application, application.events, promise=service.promised_days()),
        qr=_track_code(),
    )


def _track_code() -> Markup:
    """The address of the look-up page as a picture; it holds no number and no name."""
    import segno  # only the receipt needs it

    code = segno.make(current_app.config["PUBLIC_URL"] + "/track", error="m")
    return Markup(code.svg_inline(scale=4, border=2, light="#fff"))  # noqa: S704  made by segno from our own address


# --- What is mine ---


@bp.get("/my")
@citizen_only
def mine() -> Response:
    """Drafts to go on with, and what was sent."""
    citizen = _me()
    applications = service.applications_of(citizen)
    return page(
        "applications/mine.html",
        drafts=[
            (draft, Service(draft.service), service.rules_changed(draft))
            for draft in service.drafts_of(citizen)
        ],
        applications=[(one, Service(one.service), State(one.state)) for one in applications],
        offices=service.office_names(*(one.office_id for one in applications)),
    )
