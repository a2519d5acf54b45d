"""A shared result as one long picture, to be kept among the photos or sent on in a chat.

It says what the page of the link says, in short, and carries the link as a square code. Nothing of a
person is in it, since nothing of a person is in a shared result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import current_app, get_template_attribute, url_for

from app.appearance import said, zh_date
from app.checker.models import SharedResult
from app.guide import afterwards
from app.language import gettext, speaking
from app.places import service as places
from app.places.models import Office
from app.policy.decision import Decision, NeededDocument, Place
from app.typesetting import code_of, picture


def picture_of(
    row: SharedResult,
    decision: Decision,
    ordered: Sequence[Place],
    offices: Mapping[str, Office],
    script: str,
) -> bytes:
    """The result as PNG, in this script."""
    with speaking(script):
        data = _data(row, decision, ordered, offices, script)
    return picture("picture", data, script)


def _data(
    row: SharedResult,
    decision: Decision,
    ordered: Sequence[Place],
    offices: Mapping[str, Office],
    script: str,
) -> dict[str, Any]:
    return {
        "title": headline(decision),
        "lines": list(_lines(decision)),
        "parts": [
            *_where(ordered, offices, script),
            *_papers(decision.best),
            *_way(decision.best),
            *_afterwards(decision),
            *_foot(row, decision),
        ],
    }


def headline(decision: Decision) -> str:
    """What the decision comes to, as the page says it."""
    say = get_template_attribute("checker/_words.html", "headline")
    return str(say(decision.outcome, decision.facts.service)).strip()


def summary(decision: Decision) -> str:
    """The result in one line, for whoever sees the link before opening it."""
    parts = []
    allowed = [place for place in decision.places if place.allowed]
    if allowed:
        parts.append(gettext("%(count)s 个地方能办", count=len(allowed)))
    if decision.best and decision.best.documents:
        parts.append(gettext("要带 %(count)s 样材料", count=len(decision.best.documents)))
    parts.append(gettext("点开看在哪办、带什么、多久，也可以测自己的"))
    return str(gettext("，")).join(map(str, parts))


def link_to(row: SharedResult) -> str:
    """The whole address of a shared result, for square codes and for programs that preview it."""
    return str(current_app.config["PUBLIC_URL"] + url_for("checker.shared", name=row.name))


def _lines(decision: Decision) -> Iterator[str]:
    if decision.outcome != "not_required":
        yield str(gettext("免费"))
    if decision.ground:
        yield said(decision.ground.text)
    if decision.needs_staff:
        yield str(gettext("这个结果要窗口确认才算数。去之前请先打电话，或拨 12345。"))


def _where(
    ordered: Sequence[Place], offices: Mapping[str, Office], script: str
) -> Iterator[dict[str, Any]]:
    items = [
        {
            "text": places.full_name(place.division, script),
            "more": _note(place, offices.get(place.division)),
        }
        for place in ordered
        if place.allowed
    ]
    if items:
        yield {"kind": "heading", "text": gettext("在哪里办，选一个")}
        yield {"kind": "items", "items": items}


def _note(place: Place, office: Office | None) -> str:
    role = get_template_attribute("checker/_words.html", "role_name")
    notes = [str(role(place.role)).strip()]
    if office and office.phone != "12345":
        notes.append(office.phone)
    if place.needs_staff:
        notes.append(str(gettext("请先打电话确认")))
    return " · ".join(notes)


def _papers(best: Place | None) -> Iterator[dict[str, Any]]:
    if best and best.documents:
        yield {"kind": "heading", "text": gettext("要准备的")}
        yield {"kind": "ticks", "items": [_paper(needed) for needed in best.documents]}


def _paper(needed: NeededDocument) -> dict[str, Any]:
    notes = []
    if needed.condition:
        notes.append(str(gettext("%(condition)s才要", condition=said(needed.condition))))
    notes.append(said(needed.use.note or needed.document.note))
    return {"text": said(needed.name), "more": "；".join(filter(None, notes)) or None}


def _way(best: Place | None) -> Iterator[dict[str, Any]]:
    if best is None:
        return
    lines = [said(limit.text) for limit in best.time_limits]
    if best.if_late:
        lines.append(str(gettext("到期没办好：")) + said(best.if_late))
    if best.certificate:
        lines.append(str(gettext("拿到%(paper)s", paper=said(best.certificate))))
    if lines:
        yield {"kind": "heading", "text": gettext("办起来是这样")}
        yield {"kind": "text", "paragraphs": lines}


def _afterwards(decision: Decision) -> Iterator[dict[str, Any]]:
    facts = decision.facts
    if facts.service != "childbirth":
        return
    steps = afterwards.steps_for(afterwards.Couple.of(facts), facts.on)
    if steps:
        items = [
            {"text": said(one.step.name), "more": afterwards.term_of(one) or said(one.step.text)}
            for one in steps
        ]
        yield {"kind": "heading", "text": gettext("办完之后")}
        yield {"kind": "items", "items": items}


def _foot(row: SharedResult, decision: Decision) -> Iterator[dict[str, Any]]:
    yield {
        "kind": "code",
        "svg": code_of(link_to(row)),
        "alt": gettext("这个结果的链接"),
        "paragraphs": [
            gettext("按 %(day)s的规定自测，以窗口答复为准。", day=zh_date(decision.facts.on)),
            gettext(
                "扫码看最新的说法，%(day)s后失效。拿不准打 12345。", day=zh_date(row.expires_at)
            ),
        ],
    }
