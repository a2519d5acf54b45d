"""A draft at the window: how its person says yes to it, and what then becomes of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import abort, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.accounts.guards import current_officer, staff_only
from app.accounts.models import Officer
from app.applications import drafts, promises, submission, walk_in, walk_in_sheet
from app.applications import filing as filings
from app.applications.models import Application, Draft
from app.applications.records import office_names, papers_of
from app.applications.step_pages import bp, draft_of, mine_url, note_looked, step_url
from app.applications.steps import SIGNED_FORM, journey_of
from app.delegation import asking
from app.delegation.wording import too_many_links
from app.extensions import db
from app.language import gettext as _
from app.language import speaking
from app.vault import mask_phone
from app.web import page, printed, see

WAYS = {"ask": walk_in.ask, "offer": walk_in.offer}


@bp.get("/apply/<uuid:draft_id>/window")
@staff_only("clerk", "approver")
def at_window(draft_id: uuid.UUID) -> Response:
    """The three ways: yes on the phone, home on the phone, or the signed form. Once sent, its number."""
    application = walk_in.sent_from(_me(), draft_id)
    if application is not None:
        return page(
            "applications/walk_in_sent.html",
            number=application.number,
            office=office_names(application.office_id)[application.office_id],
            promised=_promised(application),
            back=mine_url(),
        )
    return _page(draft_of(draft_id))


@bp.post("/apply/<uuid:draft_id>/window/<any(ask,offer):way>")
@staff_only("clerk", "approver")
def to_phone(draft_id: uuid.UUID, way: str) -> Response:
    """A link to the person's phone, and the same as a code to scan: shown here and nowhere else."""
    draft = drafts.get_draft(_me(), draft_id, to_change=True)
    if not walk_in.has_own_phone(draft) or not _may(way, draft):
        return see(url_for(".at_window", draft_id=draft_id))
    try:
        address = WAYS[way](draft, _me())
    except walk_in.OwnFamilyError:
        return _page(draft_of(draft_id), problem=_own_family(), status=403)
    except asking.TooMany as limit:
        db.session.commit()
        return _page(draft_of(draft_id), problem=too_many_links(limit.wait), status=429)
    db.session.commit()
    return _page(draft, sent=way, code=_code(address))


@bp.get("/apply/<uuid:draft_id>/window/<any(ask,offer,signed):way>")
@staff_only("clerk", "approver")
def at_window_again(draft_id: uuid.UUID, way: str) -> Response:
    """A reload after one of the buttons."""
    return see(url_for(".at_window", draft_id=draft_id))


@bp.get("/apply/<uuid:draft_id>/window/<any(hans,hant):script>.pdf")
@staff_only("clerk", "approver")
def form_to_sign(draft_id: uuid.UUID, script: str) -> Response:
    """The filled form to print and sign, in either script."""
    draft = draft_of(draft_id)
    with speaking(walk_in_sheet.SCRIPTS[script]):
        filing = filings.filing_of(draft)
        if not walk_in.is_complete(filing):
            abort(404)
        note_looked(draft, "printed", script=script)
        return printed(walk_in_sheet.as_pdf(draft, filing, script), walk_in_sheet.title(filing))


@bp.post("/apply/<uuid:draft_id>/window/signed")
@staff_only("clerk", "approver")
def send_signed(draft_id: uuid.UUID) -> Response:
    """The clerk has seen the signature and photographed it: sent."""
    draft = drafts.get_draft(_me(), draft_id, to_change=True)
    try:
        walk_in.send_signed(draft, _me())
    except submission.NotFinishedError as error:
        return see(url_for(".answer", draft_id=draft_id, step=error.step))
    except walk_in.NotSignedError:
        return _page(draft, problem=_("先把签好字的申请表拍照传上来"), status=422)
    except walk_in.OwnFamilyError:
        return _page(draft_of(draft_id), problem=_own_family(), status=403)
    except submission.AlreadyOpenError:
        draft = draft_of(draft_id)
        return _page(draft, problem=_("这一对、这一胎已经有一份在办，不能再交"), status=409)
    return see(url_for(".at_window", draft_id=draft_id))


# --- Inside ---


def _me() -> Officer:
    """The officer signed in; the guard of every view here has seen to it that there is one."""
    officer = current_officer()
    return officer if officer is not None else abort(401)


def _may(way: str, draft: Draft) -> bool:
    """Home is taken whatever is there already; yes is said to what is complete."""
    return way == "offer" or walk_in.is_complete(filings.filing_of(draft))


def _promised(application: Application) -> list[tuple[Mapping[str, Any], date]]:
    """What is still to be brought, and by when."""
    given = promises.promises_of(application)
    return [
        (paper, given[paper["id"]].due_on)
        for paper, _count, _instead in papers_of(application)
        if paper["id"] in given and given[paper["id"]].is_open
    ]


def _own_family() -> str:
    return str(_("这是您本人或亲属的件，请同事来办。这次已经记下"))


def _page(draft: Draft, *, problem: str = "", status: int = 200, **sent: Any) -> Response:
    note_looked(draft, "opened", view="window")
    filing = filings.filing_of(draft)
    _who, named = walk_in.person_of(draft)
    first = journey_of(filing).first_incomplete
    refused_at = walk_in.said_no([draft]).get(draft.id)
    return page(
        "applications/walk_in.html",
        status,
        draft=draft,
        filing=filing,
        problem=problem,
        name=named.get("name") or "",
        phone=mask_phone(named["phone"]) if named.get("phone") else "",
        refused_at=refused_at,
        put_right=refused_at is not None and draft.updated_at > refused_at,
        left_at=walk_in.left_here(draft),
        check=step_url(draft, "check"),
        own_phone=walk_in.has_own_phone(draft),
        complete=first is None,
        go_on=step_url(draft, first or "check"),
        signed=filing.pages.get(SIGNED_FORM, 0),
        papers=step_url(draft, "documents") + f"#{SIGNED_FORM}",
        back=mine_url(),
        **sent,
    )


def _code(address: str) -> Markup:
    """The address of the link as a picture: alone it opens a page that says nothing."""
    import segno  # only codes need it

    code = segno.make(address, error="m")
    return Markup(code.svg_inline(scale=4, border=2, light="#fff"))  # noqa: S704  made by segno from our own address
