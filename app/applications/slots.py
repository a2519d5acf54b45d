"""A slot: the place for the pages of one paper on a page, whoever's paper it is.

The same template part shows it and the same functions fill it, for a draft and for an application
that was sent already: `templates/applications/_slot.html` has the macro.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import abort, request, send_file, url_for
from werkzeug.wrappers import Response

from app.accounts.models import Citizen, Officer
from app.applications import uploads
from app.applications.drafts import NoDraftError
from app.applications.models import Application, Draft, Upload
from app.extensions import db
from app.files import gate
from app.files.cleaning import JPEG, CleanFile, FileRefusedError
from app.files.looks import Look
from app.files.scanning import take
from app.files.stores import StoreAwayError
from app.language import gettext as _


class PageAct(StrEnum):
    """What may be done with a page that is there."""

    REMOVE = "remove"
    EARLIER = "earlier"
    LATER = "later"
    KEEP = "keep"


@dataclass(frozen=True)
class Slot:
    """What the template needs: the paper, its pages so far, and where to send, show and change them."""

    paper: Mapping[str, Any]
    uploads: Sequence[Upload]
    upload_url: str
    # The views of one page, and what each of their addresses begins with.
    _views: Mapping[str, str]
    _values: Mapping[str, Any]
    error: str = ""

    def show_url(self, upload: Upload) -> str:
        """Where the page itself is."""
        return self._address("show", upload)

    def small_url(self, upload: Upload) -> str:
        """Where the small picture of a photo is."""
        return self._address("small", upload)

    def act_url(self, upload: Upload, act: str) -> str:
        """Where to send a wish, one of `PageAct`."""
        return self._address("act", upload, act=act)

    def look_text(self, upload: Upload) -> str:
        """What makes this photo hard to read, and that it may stay."""
        texts = {
            Look.BLURRED: _("看起来有点糊，字可能看不清。要不要重拍？"),
            Look.DARK: _("照片有点暗，字可能看不清。要不要重拍？"),
        }
        return str(texts[Look(upload.look or Look.BLURRED)])

    @property
    def last_page(self) -> int:
        """The number after which the next page stands."""
        return max((upload.page for upload in self.uploads), default=0)

    def _address(self, view: str, upload: Upload, **more: Any) -> str:
        return url_for(self._views[view], upload_id=upload.id, **self._values, **more)


def draft_slot(
    draft: Draft, paper: Mapping[str, Any], pages: Sequence[Upload], error: str = ""
) -> Slot:
    """The slot of a paper of a draft."""
    views = {
        "show": "applications.show_upload",
        "small": "applications.show_small",
        "act": "applications.change_upload",
    }
    values: dict[str, Any] = {"draft_id": draft.id}
    url = url_for("applications.upload", document_id=paper["id"], **values)
    return Slot(paper, pages, url, views, values, error)


def case_slot(
    case: Application,
    paper: Mapping[str, Any],
    pages: Sequence[Upload],
    error: str = "",
    *,
    back: str | None = None,
) -> Slot:
    """The slot of a paper of an application; without JavaScript one is sent `back` to that address."""
    views = {
        "show": "applications.show_page",
        "small": "applications.show_small_page",
        "act": "applications.change_page",
    }
    values: dict[str, Any] = {"case_id": case.id} | ({"next": back} if back else {})
    url = url_for("applications.add_paper", document_id=paper["id"], **values)
    return Slot(paper, pages, url, views, values, error)


# --- What is sent ---


def received(person: Citizen | Officer) -> tuple[list[tuple[str, CleanFile]], list[str]]:
    """The files of this request that are fine, with their names, and a sentence for each that is not.

    Commits: reading photos takes long, and nobody has to wait for it.
    """
    sent = [file for file in request.files.getlist("file") if file.filename]
    gate.arrived()
    allowed = uploads.may_send(person)
    db.session.commit()
    if not allowed:
        return [], [_("这一小时传得太多了，请过一会儿再传")]
    cleaned, errors = [], [] if sent else [_("请先拍照或选择文件")]
    for file in sent:
        name = file.filename or ""
        try:
            cleaned.append((name, take(file.read())))
        except FileRefusedError as error:
            errors.append(_refused(name, error))
        finally:
            file.close()
    return cleaned, errors


def keep(
    owner: uploads.Owner, document_id: str, cleaned: Sequence[tuple[str, CleanFile]]
) -> list[str]:
    """Keep these files while the owner has room; a sentence for each that found none. The caller commits."""
    errors = []
    place = _place(owner, document_id) if len(cleaned) == 1 else uploads.ANYWHERE
    for name, file in cleaned:
        try:
            uploads.save_upload(owner, document_id, name, file, place)
        except FileRefusedError as error:
            errors.append(_refused(name, error))
    return errors


def _place(owner: uploads.Owner, document_id: str) -> uploads.Place:
    """Where the sending page says that its one file belongs; a plain form says nothing."""
    page = request.form.get("page", type=int)
    replaces = request.form.get("replaces", type=UUID)
    try:
        old = uploads.upload_of(owner, replaces) if replaces else None
    except NoDraftError:
        # Taken away meanwhile in another tab; the new page is wanted all the same.
        old = None
    if old is not None and (old.document_id != document_id or old.replaced_at is not None):
        old = None
    return uploads.Place(
        page=page if page is not None and 0 < page < 10_000 else None,
        name=request.form.get("name", "")[:100] or None,
        replaces=old,
    )


def away_text() -> str:
    """What is said at a paper while the file store cannot be reached."""
    return str(_("照片暂时存不了，请过一会儿再传。前面填的都在"))


def later(response: Response, away: StoreAwayError) -> Response:
    """The page again as 503: nothing was kept, and the same request may be sent again."""
    response.status_code = 503
    response.headers["Retry-After"] = str(away.retry_after)
    return response


def change(upload: Upload, act: PageAct) -> None:
    """Do to a page what the person wishes. The caller holds the owner's row, and commits."""
    if act is PageAct.REMOVE:
        uploads.take_back(upload)
    elif act is PageAct.KEEP:
        upload.look = None
    else:
        uploads.move(upload, -1 if act is PageAct.EARLIER else 1)


# --- What is shown ---


def shown(upload: Upload) -> Response:
    """A page the citizen sent, as it was kept; never run, whatever it is."""
    is_photo = upload.media_type == JPEG
    response = send_file(
        BytesIO(uploads.read_upload(upload)),
        mimetype=upload.media_type,
        as_attachment=not is_photo,
        download_name=f"{upload.document_id}-{upload.page}.{'jpg' if is_photo else 'pdf'}",
        conditional=False,
        max_age=None,
    )
    return harmless(response)


def shown_small(upload: Upload) -> Response:
    """The small picture of a page; 404 where there is none."""
    try:
        content = uploads.read_small(upload)
    except FileNotFoundError:
        abort(404)
    return harmless(send_file(BytesIO(content), mimetype=JPEG, conditional=False, max_age=None))


def harmless(response: Response) -> Response:
    """A file of somebody's: a browser keeps no copy and runs nothing in it."""
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(name: str, error: FileRefusedError) -> str:
    return f"{uploads.shown_name(name)}：{error}"
