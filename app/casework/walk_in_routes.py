"""The drafts that are filled in at this window, with whoever stands there."""

from __future__ import annotations

from flask import session as browser_session
from werkzeug.wrappers import Response

from app.accounts.guards import staff_only
from app.applications import open_drafts
from app.applications import walk_in as window
from app.casework.lists import View
from app.casework.pages import bp, frame, my_desk
from app.web import page


@bp.get("/walk-in")
@staff_only("clerk", "approver")
def walk_in() -> Response:
    """What is under way here, and the way to begin another."""
    desk = my_desk()
    browser_session.pop(window.RECHECKED, None)
    begun = open_drafts.told(window.drafts_of(desk.officer))
    return page(
        "casework/walk_in.html",
        **frame(desk, View.MINE, []),
        section="walk_in",
        begun=begun,
        said_no=window.said_no(each.draft for each in begun),
        names=window.names_of(each.draft.officer_id for each in begun),
    )
