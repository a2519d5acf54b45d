"""The form to sign at a window: everything that was filled in, in words, with room for a signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.appearance import said
from app.applications import promises
from app.applications.models import Draft
from app.applications.steps import SIGNED_FORM, Filing
from app.applications.told import instead_text, told
from app.applications.walk_in import person_of
from app.language import gettext
from app.papers.own_forms import TRUTH
from app.papers.routes import SCRIPTS
from app.typesetting import pdf

__all__ = ["SCRIPTS", "as_pdf", "title"]


def title(filing: Filing) -> str:
    """The name of the sheet and of its file."""
    return str(gettext("%(service)s申请表", service=filing.service.title))


def as_pdf(draft: Draft, filing: Filing, script: str) -> bytes:
    """The filled sheet; `script` is hans or hant, and the locale is that script already."""
    return pdf("sheet", _filled(draft, filing), SCRIPTS[script])


def _filled(draft: Draft, filing: Filing) -> dict[str, Any]:
    _who, named = person_of(draft)
    # Who applies is whoever signs below.
    parts: list[dict[str, Any]] = []
    for part in told(filing.answers, masked=False):
        if part.step != "who":
            parts += _rows(part.title, part.rows)
    if filing.office and filing.collect_office:
        where = (
            (gettext("办理"), filing.office.name),
            (gettext("领取"), filing.collect_office.name),
        )
        parts += _rows(gettext("在哪里办，在哪里领"), where)
    papers = [paper for paper in filing.documents if paper["id"] != SIGNED_FORM]
    if papers:
        lines = [f"{said(paper['name'])}：{_how(filing, paper)}" for paper in papers]
        parts += [
            {"kind": "heading", "text": gettext("材料")},
            {"kind": "text", "paragraphs": lines},
        ]
    parts += _promised(filing, has_phone=bool(named.get("phone")))
    parts += [
        {"kind": "heading", "text": TRUTH.heading},
        {"kind": "text", "paragraphs": list(TRUTH.paragraphs)},
        {
            "kind": "text",
            "paragraphs": [
                gettext("窗口已经当面念给我听、给我看过，同意为办这件事使用上面的信息。")
            ],
        },
        {
            "kind": "signature",
            "signers": [
                {
                    "label": gettext("%(name)s签名：", name=named.get("name") or ""),
                    "day": gettext("　　　　年　　月　　日"),
                },
                {"label": gettext("窗口经办人签名："), "day": gettext("　　　　年　　月　　日")},
            ],
        },
    ]
    return {"title": title(filing), "foot": gettext("签字后由窗口拍照存入申请"), "parts": parts}


def _promised(filing: Filing, *, has_phone: bool) -> list[dict[str, Any]]:
    """What the signature below promises besides: the words, the days, the reminder, what follows."""
    words = promises.words_in(filing)
    if not words:
        return []
    terms = [
        gettext("天数从交上申请那天算起，是受理单位的约定，不是法律规定。"),
        *([gettext("快到时发短信提醒一次。")] if has_phone else []),
    ]
    paragraphs = ["".join(each.lines) for each in words]
    return [
        {"kind": "heading", "text": gettext("书面承诺")},
        {"kind": "text", "paragraphs": [*paragraphs, "".join(terms), promises.consequence()]},
    ]


def _rows(heading: str, rows: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    lines = [{"label": label, "value": text, "wide": False, "lines": 1} for label, text in rows]
    return [{"kind": "heading", "text": heading}, {"kind": "rows", "rows": lines}]


def _how(filing: Filing, paper: Mapping[str, Any]) -> str:
    count = filing.pages.get(paper["id"])
    if count:
        return str(gettext("%(count)s 页", count=count))
    instead = filing.without(paper["id"])
    return instead_text(instead) if instead else str(gettext("需要时才交"))
