"""Everything that was sent, as one file to take along: the answers as a PDF, and each page of each paper.

The archive is made while it is being sent, a page at a time: it is never whole in memory or on a disk.
"""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Iterator
from typing import Any

from app.appearance import said
from app.applications.models import Application, Service, Upload
from app.applications.notices import asked, notices_of
from app.applications.records import filed_place, office_names, papers_of
from app.applications.steps import ROLE_NAMES
from app.applications.told import instead_text, told
from app.applications.uploads import read_upload
from app.files.cleaning import PDF
from app.files.stores import StoreAwayError
from app.language import current_script, gettext
from app.vault import VaultError

log = logging.getLogger(__name__)


class _Outlet(io.RawIOBase):
    """Where the archive is written to, and emptied from after each part."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def archive_of(application: Application) -> Iterator[bytes]:
    """The archive, part by part. The application, its papers and its notices are read before the first."""
    outlet = _Outlet()
    sheet = _sheet(application)
    pages = [
        (f"{number:02}-{name}-{count}", upload)
        for number, (name, uploads) in enumerate(_pages(application), start=1)
        for count, upload in enumerate(uploads, start=1)
    ]

    def parts() -> Iterator[bytes]:
        # What is inside is compressed already.
        with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(_entry(application, f"{gettext('申请内容')}.pdf"), sheet)
            yield outlet.taken()
            for name, upload in pages:
                ending, content = _content(upload)
                archive.writestr(_entry(application, f"{name}{ending}"), content)
                yield outlet.taken()
        yield outlet.taken()

    return parts()


def _entry(application: Application, name: str) -> zipfile.ZipInfo:
    """A member of the archive, dated the day it was sent; no name holds a path."""
    day = application.submitted_on
    plain = "".join("_" if c in '\\/:*?"<>|' else c for c in name)
    return zipfile.ZipInfo(plain, (day.year, day.month, day.day, 0, 0, 0))


def _content(upload: Upload) -> tuple[str, bytes]:
    """A page with its ending; a sentence in its place when the file cannot be read any more."""
    try:
        return (".pdf" if upload.media_type == PDF else ".jpg"), read_upload(upload)
    except (VaultError, OSError, StoreAwayError) as problem:
        log.warning("upload %s cannot be read: %s", upload.id, type(problem).__name__)
        return ".txt", gettext("这一页的文件读不出来，请打 12345，说办件编号。").encode()


def _pages(application: Application) -> Iterator[tuple[str, list[Upload]]]:
    """The pages that count, by paper, in the order of the decision."""
    names = {paper["id"]: said(paper["name"]) for paper, _count, _instead in papers_of(application)}
    counted: dict[str, list[Upload]] = {name: [] for name in names}
    for upload in application.uploads:
        if upload.replaced_at is None:
            counted.setdefault(upload.document_id, []).append(upload)
    for document_id, uploads in counted.items():
        if uploads:
            yield names.get(document_id, document_id)[:40], uploads


def _sheet(application: Application) -> bytes:
    """What was filled in, and what stands for papers that were not sent, as a PDF."""
    from app.typesetting import pdf

    names = office_names(application.office_id, application.collect_office_id)
    answers = application.answers or {}
    place = filed_place(application) or {}
    parts: list[dict[str, Any]] = []
    for part in told(answers, masked=False) if answers else ():
        parts += _rows(part.title, part.rows)
    parts += _rows(
        gettext("在哪里办，在哪里领"),
        (
            (gettext("事项"), Service(application.service).title),
            (gettext("办理地"), str(ROLE_NAMES[application.filing_role])),
            (gettext("办理窗口"), names[application.office_id]),
            (gettext("领取窗口"), names[application.collect_office_id]),
            (gettext("证件"), gettext(place["certificate"]) if place.get("certificate") else ""),
        ),
    )
    parts += _papers(application)
    for notice in notices_of(application):
        parts += _corrections(application, notice)
    data = {
        "title": gettext("申请内容"),
        "number": application.number,
        "date": application.submitted_on,
        "foot": gettext(
            "交给%(office)s的内容，供申请人留存。", office=names[application.office_id]
        ),
        "parts": parts,
    }
    return pdf("sheet", data, current_script())


def _rows(title: str, rows: Any) -> list[dict[str, Any]]:
    return [
        {"kind": "heading", "text": title},
        {
            "kind": "rows",
            "rows": [
                {"label": label, "value": str(text), "wide": True} for label, text in rows if text
            ],
        },
    ]


def _papers(application: Application) -> list[dict[str, Any]]:
    items = [
        {
            "text": said(paper["name"]),
            "more": gettext("交了 %(count)s 页", count=count)
            if count
            else instead_text(instead)
            if instead
            else gettext("没有交"),
        }
        for paper, count, instead in papers_of(application)
    ]
    if not items:
        return []
    return [{"kind": "heading", "text": gettext("材料")}, {"kind": "items", "items": items}]


def _corrections(application: Application, notice: Any) -> list[dict[str, Any]]:
    """What was asked for later, and what was answered."""
    if notice.answered_on is None:
        return []
    items = [
        {
            "text": said(one.about.name),
            "more": " · ".join(
                filter(
                    None,
                    (
                        one.fault.text,
                        one.words,
                        gettext("补了 %(count)s 页", count=len(one.pages)) if one.pages else "",
                        one.item.reply_words,
                    ),
                )
            ),
        }
        for one in asked(application, notice)
    ]
    return [{"kind": "heading", "text": gettext("补正")}, {"kind": "items", "items": items}]
