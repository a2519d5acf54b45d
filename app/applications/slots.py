"""A slot: the place for the pages of one paper on a page, whoever's paper it is.

The same template part shows it and the same functions fill it, for a draft and for an application
that was sent already: `templates/applications/_slot.html` has the macro.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import files
from app.applications import uploads
from app.applications.models import Application, Draft, Upload


@dataclass(frozen=True)
class Slot:
    """What the template needs: the paper, its pages so far, where to send, show and remove."""

    paper: Mapping[str, Any]
    uploads: Sequence[Upload]
    upload_url: str
    show_url: Callable[[Upload], str]
    remove_url: Callable[[Upload], str]
    error: str = ""


def draft_slot(
    draft: Draft, paper: Mapping[str, Any], pages: Sequence[Upload], error: str = ""
) -> Slot:
    """The slot of a paper of a draft."""
    return Slot(
        paper,
        pages,
        url_for("applications.upload", draft_id=draft.id, document_id=paper["id"]),
        lambda page: url_for("applications.show_upload", draft_id=draft.id, upload_id=page.id),
        lambda page: url_for("applications.remove_upload", draft_id=draft.id, upload_id=page.id),
        error,
    )


def case_slot(
    case: Application,
    paper: Mapping[str, Any],
    pages: Sequence[Upload],
    error: str = "",
    *,
    back: str | None = None,
) -> Slot:
    """The slot of a paper of an application; without JavaScript one is sent `back` to that address."""

    def address(view: str, **more: Any) -> str:
        values: dict[str, Any] = more | ({"next": back} if back else {})
        return url_for(f"applications.{view}", case_id=case.id, **values)

    return Slot(
        paper,
        pages,
        address("add_paper", document_id=paper["id"]),
        lambda page: url_for("applications.show_page", case_id=case.id, upload_id=page.id),
        lambda page: address("take_page_back", upload_id=page.id),
        error,
    )


def received() -> tuple[list[tuple[str, files.CleanFile]], list[str]]:
    """The files of this request that are fine, with their names, and a sentence for each that is not."""
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


def keep(
    owner: uploads.Owner, document_id: str, cleaned: list[tuple[str, files.CleanFile]]
) -> list[str]:
    """Keep these files while the owner has room; a sentence for each that found none. The caller commits."""
    errors = []
    for name, file in cleaned:
        try:
            uploads.save_upload(owner, document_id, name, file)
        except files.FileRefusedError as error:
            errors.append(_refused(name, error))
    return errors


def shown(upload: Upload) -> Response:
    """A page the citizen sent, as it was kept; never run, whatever it is."""
    is_photo = upload.media_type == files.JPEG
    response = send_file(
        BytesIO(uploads.read_upload(upload)),
        mimetype=upload.media_type,
        as_attachment=not is_photo,
        download_name=f"{upload.document_id}-{upload.page}.{'jpg' if is_photo else 'pdf'}",
        conditional=False,
        max_age=None,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(name: str, error: files.FileRefusedError) -> str:
    return f"{uploads.shown_name(name)}：{error}"
