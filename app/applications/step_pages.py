"""The pages of the wizard: the form of each step, and what it shows besides."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, abort, request, url_for
from werkzeug.wrappers import Response

from app import audit
from app.accounts import unified
from app.accounts.guards import current_actor, current_citizen, current_officer
from app.accounts.models import Citizen, Officer
from app.appearance import url_if
from app.applications import drafts, forms, slots, uploads, walk_in
from app.applications import filing as filings
from app.applications.models import Draft
from app.applications.review import needs_review
from app.applications.stating import MARRIED
from app.applications.steps import (
    POWER_OF_ATTORNEY,
    ROLE_NAMES,
    SIGNED_FORM,
    Filing,
)
from app.applications.told import instead_text, told
from app.clock import today
from app.delegation.authority import How
from app.delegation.wording import USUAL, acts_text, couple
from app.extensions import db
from app.journey import Journey
from app.language import gettext as _
from app.policy.deadlines import add_months
from app.web import page

bp = Blueprint("applications", __name__)


@bp.errorhandler(drafts.NoDraftError)
def gone(_error: drafts.NoDraftError) -> Response:
    """Never there, not theirs, expired or sent: one answer for all, noted in all cases alike."""
    db.session.rollback()
    audit.record("access.denied", actor=current_actor(), subject=f"view:{request.endpoint}")
    db.session.commit()
    return page("applications/gone.html", 404, days=drafts.DRAFT_LIFE.days)


def me() -> Citizen:
    """The citizen signed in; the guard of every view here has seen to it that there is one."""
    citizen = current_citizen()
    return citizen if citizen is not None else abort(401)


def filler() -> Citizen | Officer:
    """Whoever fills in: a citizen, or the clerk at whose window somebody stands."""
    return current_citizen() or current_officer() or abort(401)


def draft_of(draft_id: uuid.UUID, *, to_change: bool = False) -> Draft:
    """The draft of this address, for whoever may fill it in; a clerk's hand on it is written down."""
    person = filler()
    draft = drafts.get_draft(person, draft_id, to_change=to_change)
    if to_change and isinstance(person, Officer):
        walk_in.note_changed(draft, person, (request.endpoint or "").rpartition(".")[2])
    return draft


def note_looked(draft: Draft, kind: str, **data: object) -> None:
    """A clerk's look at a draft is written down, for its person to read; nobody else's is."""
    officer = current_officer()
    if officer is not None:
        walk_in.note_looked(draft, officer, kind, **data)


def mine_url() -> str:
    """The list in which this draft stands for whoever fills it in."""
    if current_officer() is not None:
        return url_if("casework.walk_in") or "/"
    return url_for("applications.mine")


def step_page(
    draft: Draft,
    filing: Filing,
    journey: Journey[Filing],
    step: str,
    form: forms.StepForm,
    *,
    status: int = 200,
    **instead: Any,
) -> Response:
    """The page of one step; 422 when its form has errors. `instead` replaces what it would show."""
    note_looked(draft, "opened", view=step)
    shown = SHOWN.get(step, _nothing_more)(draft, filing) | instead
    return page(
        f"applications/{PERSON_PAGE if step in PEOPLE else step}.html",
        422 if form.errors else status,
        form=form,
        draft=draft,
        filing=filing,
        step=step,
        here=_here(draft, step),
        progress=journey.progress(step),
        back=_back(draft, journey, step),
        law_changed=filings.rules_changed(draft, filing.decision),
        review=needs_review(filing, step),
        dropped=filing.answers.get(drafts.DROPPED, ()),
        **shown,
    )


def _back(draft: Draft, journey: Journey[Filing], step: str) -> str:
    if request.args.get("from") == "check":
        return step_url(draft, "check")
    previous = journey.previous(step)
    return step_url(draft, previous) if previous else mine_url()


def _here(draft: Draft, step: str) -> str:
    """Where the form of this page is sent: to its own address, coming from where it came from."""
    came_from = {"from": "check"} if request.args.get("from") == "check" else {}
    values: dict[str, Any] = {"draft_id": draft.id, "step": step, **came_from}
    return url_for(".answer", **values)


def step_url(draft: Draft, step: str) -> str:
    """The address of a step of this draft."""
    return url_for(".answer", draft_id=draft.id, step=step)


# --- The form of each step ---


def consent(filing: Filing) -> forms.StepForm:
    """The consent without which nothing is collected."""
    kind = forms.ConsentWithChildrenForm if filing.concerns_children else forms.ConsentForm
    return kind(data=filing.answers.get("consent"))


def _who(filing: Filing) -> forms.StepForm:
    kind = forms.WhoForm if "man" in filing.applicants else forms.WhoAloneForm
    form = kind(data=filing.answers.get("who"))
    if filing.at_window:
        # An agent files on a phone of their own, under a power of attorney.
        form.filer.choices = [one for one in form.filer.choices if one.value != "agent"]
    return form


def _person(who: str) -> Callable[[Filing], forms.StepForm]:
    def make(filing: Filing) -> forms.StepForm:
        known = filing.answers.get(who)
        if known is None and filing.filer == who and not filing.at_window:
            known = {**unified.prefill(me()), "phone": me().phone}
        form = (forms.AgentForm if who == "agent" else forms.PersonForm)(data=known)
        files = filing.filer == who and not filing.at_window
        form.phone_required = form.phone_required or files
        spouse = {"woman": "man", "man": "woman"}.get(who)
        if spouse and filing.has_man:
            form.other_number = (filing.answers.get(spouse) or {}).get("id_number")
        return form

    return make


def _entrust(filing: Filing) -> forms.StepForm:
    known = dict(filing.answers.get("entrust") or _usual_terms())
    known["until_on"] = date.fromisoformat(known["until_on"])
    form = forms.EntrustForm(data=known)
    if filing.applicants == ("woman",):
        form.principals.choices = forms.as_choices([("woman", _("女方委托"))])
    return form


def _usual_terms() -> dict[str, Any]:
    """What the form proposes. How long is the people's choice; half a year is enough for most."""
    half_a_year = add_months(today(), 6)
    return {
        "principals": "both",
        "acts": list(USUAL),
        "until_on": half_a_year.isoformat(),
        "may_delegate": "no",
    }


def _confirming(filing: Filing) -> forms.StepForm:
    form = forms.ConfirmingForm(data=filing.answers.get("confirming"))
    ways = [way for way in forms.HOWS if way[0] != How.PHONE or not no_phones(filing)]
    form.how.choices = forms.as_choices([(str(way), text) for way, text in ways])
    return form


def no_phones(filing: Filing) -> str | None:
    """Why the principals cannot confirm on phones of their own; None when they can."""
    phones = [(filing.answers.get(who) or {}).get("phone") for who in filing.principals]
    if not all(phones):
        return str(_("有人没有填手机号，所以不能用手机确认。要用手机，请返回前面补上。"))
    agents = {(filing.answers.get("agent") or {}).get("phone"), me().phone}
    if len({*phones}) < len(phones) or agents & {*phones}:
        return str(_("手机确认要各人用自己的号。您填的手机号有重复，请选纸或窗口。"))
    return None


def _children(filing: Filing) -> forms.StepForm:
    known = dict(filing.answers.get("children") or {"stage": filing.facts.get("stage")})
    if not filing.answers.get("children") and filing.facts.get("born_on"):
        known["born_on"] = filing.facts["born_on"]
    for name in ("born_on", "expected_on"):
        if known.get(name):
            known[name] = date.fromisoformat(known[name])
    return forms.ChildrenForm(data=known)


def _marriage(filing: Filing) -> forms.StepForm:
    known = filing.facts.get("marriage")
    told = {"marriage": known} if known in MARRIED else {}
    return forms.MarriageForm(data=filing.answers.get("marriage") or told)


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


def documents(filing: Filing) -> forms.StepForm:
    """Going on from the papers, and the names of those still missing."""
    form = forms.DocumentsForm()
    form.missing = [p["name"] for p in filing.documents if not filing.is_settled(p)]
    return form


def _declaration(filing: Filing) -> forms.StepForm:
    given = not needs_review(filing, "declaration")
    return forms.DeclarationForm(data=filing.answers.get("declaration") if given else None)


def _check(_filing: Filing) -> forms.StepForm:
    return forms.StepForm()


FORMS: Mapping[str, Callable[[Filing], forms.StepForm]] = {
    "consent": consent,
    "who": _who,
    "agent": _person("agent"),
    "woman": _person("woman"),
    "man": _person("man"),
    "entrust": _entrust,
    "confirming": _confirming,
    "marriage": _marriage,
    "children": _children,
    "where": _where,
    "office": _office,
    "collect": _collect,
    "documents": documents,
    "declaration": _declaration,
    "check": _check,
}


PEOPLE = {"agent", "woman", "man"}


PERSON_PAGE = "person"


# --- What some steps show besides their form ---


def _nothing_more(_draft: Draft, _filing: Filing) -> dict[str, Any]:
    return {}


def _documents_shown(draft: Draft, filing: Filing) -> dict[str, Any]:
    kept = uploads.uploads_by_document(draft)
    return {"cards": [card(draft, filing, paper, kept) for paper in filing.documents]}


def card(
    draft: Draft,
    filing: Filing,
    paper: Mapping[str, Any],
    kept: Mapping[str, list[Any]],
    error: str = "",
) -> dict[str, Any]:
    """A paper on the page of papers: its slot, and what may take its place."""
    instead = filing.without(paper["id"])
    ways = [way for way in forms.WITHOUT if way in paper["replaceable_by"]]
    if paper["id"] != SIGNED_FORM and not (paper["id"] == POWER_OF_ATTORNEY and filing.on_paper):
        ways.append(forms.BRING)
    return {
        "paper": paper,
        "promise": filing.promise(paper["id"]),
        "slot": slots.draft_slot(draft, paper, kept.get(paper["id"], []), error),
        "instead": instead_text(instead) if instead else None,
        "ways": [(way, instead_text(way)) for way in ways],
    }


def _check_shown(draft: Draft, filing: Filing) -> dict[str, Any]:
    return {
        "told": told(filing.answers, masked=False),
        "submit_form": forms.SubmitForm(),
        "uploads": uploads.uploads_by_document(draft),
        "instead_text": instead_text,
        "waiting_for": _waiting_for(filing),
        "problem": "",
    }


def _waiting_for(filing: Filing) -> str:
    """The names of the principals who have not said yes."""
    waiting = filing.power.waiting_for if filing.power else ()
    return couple([str(filing.answers[who]["name"]) for who in waiting])


def _confirming_shown(_draft: Draft, filing: Filing) -> dict[str, Any]:
    return {
        "no_phones": no_phones(filing),
        "waiting_for": _waiting_for(filing) if filing.is_entrusted else "",
        "acts_text": acts_text,
        "form_day": date.fromisoformat(filing.answers["entrust"]["until_on"]),
    }


SHOWN: Mapping[str, Callable[[Draft, Filing], dict[str, Any]]] = {
    "confirming": _confirming_shown,
    "documents": _documents_shown,
    "check": _check_shown,
}
