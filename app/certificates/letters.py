"""What stands in a letter: to the applicants about their case, or from office to office.

Called in the script of the sheet (`speaking`), as `sheets` is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import current_app

from app.appearance import said, zh_date
from app.applications.deadlines import Deadline
from app.applications.models import Service
from app.applications.notices import Fault
from app.applications.wording import length_text, step_title
from app.certificates.models import Letter, LetterKind
from app.certificates.sheets import day_of, named
from app.language import current_script, gettext
from app.typesetting import code_of


def letter_sheet(letter: Letter, script: str) -> dict[str, Any]:
    """The data of `sheet.typ`."""
    data = letter.data or {}
    kind = LetterKind(letter.kind)
    parts = _PARTS.get(kind, _refusal)
    return {
        "title": kind.title,
        "number": gettext("编号 %(number)s", number=letter.number),
        "date": letter.issued_on,
        "sample": letter.is_practice and current_app.config["LIVE"],
        "parts": [
            {"kind": "text", "paragraphs": [f"{gettext('、').join(data['people'])}："]},
            *parts(letter, data),
            _signature(letter, data["office"][script]),
            _track(),
        ],
    }


def _acceptance(_letter: Letter, data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield _paragraphs(
        gettext(
            "您 %(day)s提交的%(service)s申请（办件编号 %(number)s），本单位已经受理。受理不等于批准。",
            **_about(data),
        )
    )
    if data["received_on"]:
        yield _paragraphs(
            gettext(
                "本单位在 %(count)s 个工作日里没有告诉您要补什么，所以从 %(day)s收到材料那天起就算受理。",
                count=data["days"],
                day=day_of(data["received_on"]),
            )
        )
    yield _heading(gettext("什么时候有结果"))
    steps = [
        Deadline(**each, is_promise=False, started_on=None, ended_on=None) for each in _steps(data)
    ]
    if steps:
        yield {"kind": "items", "items": [_term(step) for step in steps]}
    else:
        yield _paragraphs(gettext("规定没有写办理天数。"))
    if data["if_late"]:
        yield _paragraphs(said(data["if_late"]))
    if data["papers"]:
        yield _heading(gettext("材料"))
        yield {
            "kind": "table",
            "columns": [3, 2],
            "heads": [gettext("材料"), gettext("怎么交的")],
            "lines": [[said(paper["name"]), _how(paper)] for paper in data["papers"]],
        }


def _steps(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for step in data["steps"]:
        due = step["due_on"]
        yield {**step, "due_on": date.fromisoformat(due) if due else None}


def _term(step: Deadline) -> dict[str, Any]:
    more = None
    if step.due_on:
        more = gettext("最迟 %(day)s", day=zh_date(step.due_on))
        if step.provisional:
            more += gettext("（暂定，那年的放假安排还没公布）")
    return {
        "text": said(step.text)
        or gettext("%(step)s：%(length)s", step=step_title(step), length=length_text(step)),
        "more": more,
    }


def _how(paper: Mapping[str, Any]) -> str:
    if paper["pages"]:
        return str(gettext("%(count)s 页", count=paper["pages"]))
    ways = {
        "shared_data": gettext("窗口在系统里查"),
        "written_promise": gettext("写承诺书代替"),
        "bring": gettext("带到窗口交"),
    }
    return str(ways.get(paper["instead"], gettext("需要时才交")))


def _refusal(letter: Letter, data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    what = {
        LetterKind.REFUSAL_TO_ACCEPT: gettext("不予受理"),
        LetterKind.REFUSAL_TO_REGISTER: gettext("不予登记"),
        LetterKind.REFUSAL_TO_APPROVE: gettext("不予批准"),
    }
    yield _paragraphs(
        gettext(
            "您 %(day)s提交的%(service)s申请（办件编号 %(number)s），本单位决定%(what)s。",
            **_about(data),
            what=what[LetterKind(letter.kind)],
        )
    )
    yield _heading(gettext("理由"))
    if data.get("ground"):
        yield _paragraphs(said(data["ground"]) + gettext("。"))
    yield _paragraphs(*(data["reasons"] or "").splitlines())
    if data.get("asked"):
        yield _heading(gettext("问过哪里"))
        yield {"kind": "items", "items": [_asked(each) for each in data["asked"]]}
    if data["basis"]:
        yield _heading(gettext("审查时看的规定"))
        lines = [f"{named(each['instrument'])}{said(each['article'])}" for each in data["basis"]]
        yield {"kind": "items", "items": [{"text": line} for line in lines]}
    yield _heading(gettext("不同意，可以这样做"))
    yield {
        "kind": "items",
        "items": [
            {
                "text": said(each["text"]),
                "more": f"{named(each['instrument'])}{said(each['article'])}",
            }
            for each in data["remedies"]
        ],
    }
    if data["not_held"]:
        yield _paragraphs(gettext("那时的复议和起诉期限，本站没有全收录，请打 12345 问本单位。"))
    yield _paragraphs(gettext("先找人问清楚也行：打 12345，说办件编号。"))


def _asked(each: Mapping[str, Any]) -> dict[str, Any]:
    """An office that was asked, and what it said."""
    findings = {
        "confirmed": gettext("属实"),
        "not_confirmed": gettext("与事实不符"),
        "cannot_find": gettext("查不到"),
    }
    answer = findings.get(each["finding"], gettext("没有答复"))
    name = each["name"][current_script()]
    return {"text": f"{name}{gettext('：')}{answer}", "more": None}


def _notice(_letter: Letter, data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything that is missing, each with what it is about and where that is written."""
    yield _paragraphs(
        gettext(
            "您 %(day)s提交的%(service)s申请（办件编号 %(number)s），还缺下面这些。这次一次说全。",
            **_about(data),
        )
    )
    yield {"kind": "items", "items": [_item(each) for each in data["items"]]}
    yield _paragraphs(
        gettext("在网上补，或者拿到窗口补，都可以；不用重新申请，收件的日子不变。"),
        gettext("有一样补不了，也请告诉我们，我们照现有的材料办。"),
    )


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    fault = Fault(item["fault"]).text
    said_of_it = gettext("：").join(part for part in (said(item["name"]), fault) if part)
    basis = gettext("依据：%(basis)s", basis=said(item["basis"])) if item["basis"] else ""
    more = " ".join(part for part in (item["words"], basis) if part)
    return {"text": said_of_it, "more": more or None}


def _about(data: Mapping[str, Any]) -> dict[str, str]:
    """The first line of every letter: which application of which day."""
    return {
        "day": day_of(data["submitted_on"]),
        "service": Service(data["service"]).title,
        "number": data["case"],
    }


_PARTS = {LetterKind.ACCEPTANCE: _acceptance, LetterKind.ONE_TIME_NOTICE: _notice}


def _signature(letter: Letter, office: str) -> dict[str, Any]:
    return {
        "kind": "seal",
        "office": office,
        "seal": gettext("（单位盖章）"),
        "day": letter.issued_on,
    }


def _track() -> dict[str, Any]:
    address = f"{current_app.config['PUBLIC_URL']}/track"
    return {
        "kind": "code",
        "svg": code_of(address),
        "alt": gettext("查进度的网址"),
        "paragraphs": [
            gettext(
                "查进度：扫这个码，或者打开 %(address)s，输入办件编号和后四位。", address=address
            )
        ],
    }


# --- From office to office ---


@dataclass(frozen=True)
class Enquiry:
    """A letter that asks another office what it knows (协查函), in the script it is written in.

    `people`: (who, name, kind of paper, number), in full, since the other office looks them up.
    `basis`: (instrument, article). `code`: what the answering office types at `address`.
    """

    number: str
    issued_on: date
    sender: str
    sender_phone: str
    addressee: str
    people: Sequence[tuple[str, str, str, str]]
    questions: Sequence[str]
    basis: Sequence[tuple[str, str]]
    due_on: date | None
    address: str
    code: str


def enquiry_sheet(enquiry: Enquiry) -> dict[str, Any]:
    """The data of `sheet.typ`."""
    due = gettext("请照实答复。")
    if enquiry.due_on:
        due = gettext("请在 %(day)s以前照实答复。", day=zh_date(enquiry.due_on))
    return {
        "title": gettext("协查函"),
        "number": gettext("编号 %(number)s", number=enquiry.number),
        "date": enquiry.issued_on,
        "foot": gettext("内有个人信息，只用于这一次核实，请妥善保管。"),
        "parts": [
            _paragraphs(
                f"{enquiry.addressee}：",
                gettext("我单位正在办理下面的人的申请，需要请你单位核实。") + due,
            ),
            {
                "kind": "table",
                "columns": [1, 2, 3],
                "heads": [gettext("人"), gettext("姓名"), gettext("证件")],
                "lines": [
                    [who, name, f"{paper} {number}"] for who, name, paper, number in enquiry.people
                ],
            },
            _heading(gettext("请核实")),
            {"kind": "items", "items": [{"text": question} for question in enquiry.questions]},
            _heading(gettext("依据")),
            {
                "kind": "items",
                "items": [
                    {"text": f"{named(name)}{said(article)}"} for name, article in enquiry.basis
                ],
            },
            _heading(gettext("怎么答复")),
            _paragraphs(
                gettext(
                    "打开 %(address)s，输入答复码 %(code)s；",
                    address=enquiry.address,
                    code=enquiry.code,
                )
                + gettext("或者盖章寄回，或者打 %(phone)s。", phone=enquiry.sender_phone)
            ),
            {
                "kind": "seal",
                "office": enquiry.sender,
                "seal": gettext("（单位盖章）"),
                "day": enquiry.issued_on,
            },
        ],
    }


def _paragraphs(*texts: str) -> dict[str, Any]:
    return {"kind": "text", "paragraphs": list(texts)}


def _heading(text: str) -> dict[str, Any]:
    return {"kind": "heading", "text": text}
