"""`flask rules diff` in words: how many couples are told something else, and what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.appearance import said
from app.language import gettext as _
from app.language import lazy_gettext
from app.policy.comparison import ASPECTS, Change, Comparison, Paper
from app.policy.explain import OUTCOMES, ROLES
from app.rules.plain_text import table

NAMES: Final[Mapping[str, Any]] = {
    "outcome": lazy_gettext("结论"),
    "flag": lazy_gettext("要不要窗口确认"),
    "places": lazy_gettext("在哪办"),
    "documents": lazy_gettext("材料和证件"),
    "deadlines": lazy_gettext("时限"),
}
WHO: Final[Mapping[str, Any]] = {
    "township": lazy_gettext("乡镇、街道"),
    "county": lazy_gettext("县级"),
    "residence_township": lazy_gettext("现居住地乡镇、街道"),
    "hukou_township": lazy_gettext("户籍地乡镇、街道"),
}
FROM: Final[Mapping[str, Any]] = {
    "accepted": lazy_gettext("受理后"),
    "received": lazy_gettext("收到后"),
    "request_received": lazy_gettext("收到核实请求后"),
    "reply_received": lazy_gettext("收到答复后"),
    "registered": lazy_gettext("登记后"),
}
FORMS: Final[Mapping[str, Any]] = {
    "original": lazy_gettext("原件"),
    "copy": lazy_gettext("复印件"),
    "original_and_copy": lazy_gettext("原件和复印件"),
    "filled_in": lazy_gettext("要填的"),
}
INSTEAD: Final[Mapping[str, Any]] = {
    "shared_data": lazy_gettext("共享数据可以代替"),
    "written_promise": lazy_gettext("承诺书可以代替"),
}


def summary(found: Comparison, seed: int) -> Iterator[str]:
    """Which texts changed, and for how many couples and cases something does."""
    for word, ids in (
        (_("新增的规定"), found.added),
        (_("去掉的规定"), found.removed),
        (_("改过的规定"), found.reworded),
    ):
        if ids:
            yield f"{word}：{'、'.join(ids)}"
    yield _(
        "%(couples)s 对随机的夫妻（seed %(seed)s）和 %(cases)s 个例子，两边各答了一遍。",
        couples=found.couples,
        seed=seed,
        cases=found.cases,
    )
    if not found.any:
        yield _("没有人听到的话有变化。")
        return
    yield ""
    rows: list[tuple[str, ...]] = [(_("变了什么"), _("夫妻"), _("例子"))]
    rows += [(str(NAMES[aspect]), *map(str, found.count(aspect))) for aspect in ASPECTS]
    counts = (len(found.changed_couples), len(found.changed_cases))
    rows += [(_("合计（不重复）"), *map(str, counts))]
    yield from table(rows, (16, 8, 6), indent="  ")
    for number, (old, new, count) in enumerate(found.turns()):
        if number == 0:
            yield ""
            yield _("结论变了的：")
        told = {"old": said(OUTCOMES[old]), "new": said(OUTCOMES[new])}
        yield "  " + _("%(count)s 对：%(old)s → %(new)s", count=str(count).rjust(6), **told)


def examples(found: Comparison, most: int) -> Iterator[str]:
    """The first changes of each kind, written out."""
    for change in found.changed_cases[:most]:
        yield from _example(change.label, change)
    for change in found.changed_couples[:most]:
        yield from _example(_("第 %(number)s 对随机的夫妻", number=change.label), change)


def _example(label: str, change: Change) -> Iterator[str]:
    yield ""
    yield f"{label}：{json.dumps(change.request, ensure_ascii=False)}"
    for aspect in change.was:
        was, becomes = change.was[aspect], change.becomes[aspect]
        if not isinstance(was, list):
            yield f"  {NAMES[aspect]}：{_value(aspect, was)} → {_value(aspect, becomes)}"
            continue
        yield f"  {NAMES[aspect]}："
        yield from (f"    - {_one(part)}" for part in was if part not in becomes)
        yield from (f"    + {_one(part)}" for part in becomes if part not in was)


def _value(aspect: str, value: Any) -> str:
    if aspect == "outcome":
        return said(OUTCOMES[value])
    return str(_("要") if value else _("不要"))


def _one(part: dict[str, Any]) -> str:
    """A place with what is true of it, in one line."""
    told = [f"{said(ROLES[part['role']])} {part['division']}"]
    told += [word for key, value in part.items() if (word := _word(key, value))]
    if part.get("open") is False and not part.get("opens_on"):
        told.append(_("不能办"))
    return "，".join(told)


def _word(key: str, value: Any) -> str | None:
    """One thing that is true of a place."""
    if value in (None, False, [], ""):
        return {"papers": _("没有列出材料"), "limits": _("没有写天数")}.get(key)
    match key:
        case "outcome":
            return said(OUTCOMES[value])
        case "opens_on":
            return str(_("%(day)s 起可以办", day=value))
        case "certificate":
            return str(_("拿到%(certificate)s", certificate=said(value)))
        case "papers":
            return str(_("要带：%(papers)s", papers="；".join(map(_paper, value))))
        case "limits":
            return "；".join(map(_limit, value))
        case "if_late":
            return said(value).rstrip("。")
    return str(_TRUE[key]) if key in _TRUE else None


_TRUE: Final[Mapping[str, Any]] = {
    "flag": lazy_gettext("要窗口确认"),
    "open": lazy_gettext("可以办"),
    "any_township": lazy_gettext("哪个乡镇、街道都行"),
    "online": lazy_gettext("可以网上办"),
    "recommended": lazy_gettext("推荐"),
}


def _paper(paper: Paper) -> str:
    form = str(FORMS[paper.form])
    if paper.copies:
        form += _(" %(count)s 份", count=paper.copies)
    told = [paper.id, form, *(str(INSTEAD[one]) for one in paper.instead)]
    if paper.condition:
        told.append(_("%(condition)s才要", condition=said(paper.condition)))
    return f"{said(paper.name)}（{'，'.join(told)}）"


def _limit(limit: tuple[str, str, int, str]) -> str:
    who, start, value, unit = limit
    length = {
        "day": _("%(count)s 日", count=value),
        "working_day": _("%(count)s 个工作日", count=value),
        "at_once": _("当场"),
    }[unit]
    return f"{WHO[who]}{FROM[start]} {length}"
