"""What stands on a printed certificate: pinned data in, the data of a print template out.

Called in the script of the sheet (`speaking`). Nothing here looks anything up that could have
changed since the day of issue, save the wording of the house.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask import current_app

from app.appearance import said, zh_date
from app.applications.forms import BIRTHS, CHILDREN, ID_KINDS, MARRIAGES
from app.applications.models import Service
from app.applications.told import choice_text
from app.certificates.models import Certificate
from app.guide.questions import question_on
from app.language import gettext
from app.typesetting import code_of
from app.vault import mask_id_number

# The answer in the guide that says so, and from which day on it holds.
HUKOU = "hukou"


def certificate_sheet(
    certificate: Certificate, script: str, *, is_signed: bool = False
) -> dict[str, Any]:
    """The data of `certificate.typ`. Names as they were written; ID numbers masked, as on paper."""
    data = certificate.data or {}
    office = data["office"][script]
    return {
        "title": said(certificate.title),
        "number": gettext("编号 %(number)s", number=certificate.number),
        "date": certificate.issued_on,
        "foot": gettext("编号 %(number)s", number=certificate.number),
        "sample": certificate.is_practice and current_app.config["LIVE"],
        "office": office,
        "statement": _statement(certificate, data),
        "people": [
            {
                "who": gettext("女方") if holder["role"] == "woman" else gettext("男方"),
                "name": holder["name"],
                "paper": choice_text(ID_KINDS, holder["id_kind"]),
                "number": mask_id_number(holder["id_number"]),
            }
            for holder in data["holders"]
        ],
        "rows": [
            _row(gettext("事项"), Service(certificate.kind).title),
            *_about(certificate, data),
            _row(gettext("办理单位"), office),
        ],
        "basis_label": gettext("依据"),
        "basis": list(_basis(data)),
        "meaning_label": gettext("这张证说明什么，不说明什么"),
        "meaning": list(_meaning(certificate, data)),
        "seal": gettext("（单位盖章）"),
        "check": _check(certificate.number, is_signed=is_signed),
    }


def _statement(certificate: Certificate, data: Mapping[str, Any]) -> str:
    couple = len(data["holders"]) > 1
    if certificate.kind == Service.CHILDBIRTH_REGISTRATION:
        text = gettext("下面的夫妻已经办理生育登记。")
        return str(text if couple else gettext("下面的申请人已经办理生育登记。"))
    if certificate.kind == Service.SINGLE_CHILD_HONOR_CERTIFICATE:
        text = gettext("下面的夫妻自愿只生育一个子女，经审查符合规定，发给此证。")
        return str(
            text if couple else gettext("下面的人自愿只生育一个子女，经审查符合规定，发给此证。")
        )
    if certificate.kind == Service.MARITAL_CHILDBEARING_CERTIFICATE:
        return str(gettext("下面的人到外地居住，婚育情况如下，特此证明。"))
    if certificate.actor_kind == "system":
        return str(gettext("下面的夫妻申请再生育，期限内没有证实不符合条件，按规定发给。"))
    text = gettext("下面的夫妻申请再生育，经审查符合规定，予以批准。")
    return str(text if couple else gettext("下面的申请人申请再生育，经审查符合规定，予以批准。"))


def _about(certificate: Certificate, data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """What is proven, line by line: of a birth, of the only child, or of her marriage."""
    if certificate.kind == Service.SINGLE_CHILD_HONOR_CERTIFICATE:
        yield _row(gettext("孩子"), gettext("%(day)s出生", day=day_of(data["child"]["born_on"])))
    elif certificate.kind == Service.MARITAL_CHILDBEARING_CERTIFICATE:
        told = data["marriage"]
        yield _row(gettext("婚姻情况"), choice_text(MARRIAGES, told["marriage"]))
        if data["husband"]:
            yield _row(gettext("配偶"), data["husband"])
        yield _row(gettext("子女"), choice_text(CHILDREN, told["children"]))
    else:
        yield _row(gettext("这一胎"), _birth(data["child"]))


def _row(label: str, value: str) -> dict[str, str]:
    return {"label": label, "value": value}


def _birth(child: Mapping[str, Any]) -> str:
    """怀孕，预产期 2027 年 3 月 1 日；双胞胎."""
    text = {
        "planned": gettext("办理时还没有怀孕"),
        "pregnant": gettext("办理时怀孕"),
        "born": gettext("办理时已经出生"),
    }[child["stage"]]
    if child["stage"] == "pregnant" and child.get("expected_on"):
        text = gettext("办理时怀孕，预产期 %(day)s", day=day_of(child["expected_on"]))
    if child["stage"] == "born" and child.get("born_on"):
        text = gettext("%(day)s出生", day=day_of(child["born_on"]))
    how_many = str(child.get("births", "1"))
    more = [choice_text(BIRTHS, how_many)] if how_many != "1" else []
    return str(gettext("；")).join([text, *more])


def _basis(data: Mapping[str, Any]) -> Iterator[str]:
    for each in data["basis"]:
        yield f"{named(each['instrument'])}{said(each['article'])}"
    if not data["basis"]:
        yield from (said(title) for title in data["rulebooks"])


def _meaning(certificate: Certificate, data: Mapping[str, Any]) -> Iterator[str]:
    if certificate.kind == Service.CHILDBIRTH_REGISTRATION:
        yield gettext("它只说明已经登记。登记不是审批，也不说明别的事。")
    elif certificate.kind == Service.ADDITIONAL_BIRTH_APPROVAL:
        yield gettext("它只说明这一次再生育的申请已经批准。")
    else:
        # Who may use it and what ends it, as the text of the place has it.
        yield from (said(each["text"]) for each in data["basis"])
        yield gettext("它只说明发证那天的情况。")
    if Service(certificate.kind).is_about_a_birth and question_on(certificate.issued_on, HUKOU):
        yield gettext(
            "给孩子上户口不看它：新生儿落户要交的材料里，没有生育登记，也没有再生育证"
            "（公通字〔2021〕12 号第二十条）。"
        )
    yield gettext("办它不收费。丢了可以到窗口补打。")


def check_address(number: str = "") -> str:
    """Where anyone checks a certificate; with its number, this one."""
    return f"{current_app.config['PUBLIC_URL']}/verify" + (f"/{number}" if number else "")


def _check(number: str, *, is_signed: bool) -> dict[str, Any]:
    address = check_address()
    return {
        "svg": code_of(check_address(number)),
        "alt": gettext("核对这张证的网址"),
        "paragraphs": [
            gettext("核对真假：扫这个码，或者打开 %(address)s，输入编号。", address=address),
            gettext("网页上只有种类、编号、单位、日期，还有现在有没有效，没有姓名。"),
            *([gettext("这份 PDF 带有电子签名，改动过就验不过。")] if is_signed else []),
        ],
    }


# --- What letters are written with, too ---


def named(instrument: str) -> str:
    """《人口与计划生育法》; a document number such as 鄂卫生计生通〔2014〕51号 needs no such marks."""
    name = said(instrument)
    return name if name.startswith("《") or "〔" in name else f"《{name}》"


def day_of(text: str) -> str:
    """2026-03-01 as people write it."""
    return zh_date(date.fromisoformat(text))
