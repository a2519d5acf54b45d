"""A power of attorney on paper: filled in with what was agreed, to be signed, with a code to check it by."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.delegation.models import PowerOfAttorney
from app.delegation.wording import relation_title
from app.language import gettext
from app.papers.own_forms import POWER_OF_ATTORNEY
from app.papers.routes import SCRIPTS
from app.papers.sheets import sheet_of
from app.typesetting import code_of, pdf

__all__ = ["SCRIPTS", "as_pdf", "title_of"]


def title_of(power: PowerOfAttorney) -> str:
    """The name of the file."""
    return f"{POWER_OF_ATTORNEY.title}-{power.number}"


def as_pdf(power: PowerOfAttorney, script: str) -> bytes:
    """The filled sheet; `script` is hans or hant, and the locale is that script already."""
    return pdf("sheet", filled(power), SCRIPTS[script])


def filled(power: PowerOfAttorney) -> dict[str, Any]:
    """Everything but the signatures."""
    data = sheet_of(
        POWER_OF_ATTORNEY,
        _answers(power),
        number=power.number,
        foot=gettext("窗口可能要看纸质委托书，请留好原件。"),
    )
    address = f"{current_app.config['PUBLIC_URL']}/powers/check"
    data["parts"].append(
        {
            "kind": "code",
            "svg": code_of(f"{address}/{power.number}"),
            "alt": gettext("核对这份委托书的网址"),
            "paragraphs": [
                gettext("核对：扫这个码，或者打开 %(address)s，输入编号。", address=address),
                gettext("网页上只有编号、办什么、到哪天、现在有没有效，没有姓名。"),
            ],
        }
    )
    return data


def _answers(power: PowerOfAttorney) -> dict[str, Any]:
    agent = power.agent or {}
    named = {each.person: each.named or {} for each in power.people}
    answers: dict[str, Any] = {
        "agent.relation": relation_title(agent.get("relation") or "other"),
        "matters": list(power.matters),
        "acts": list(power.acts),
        "from": power.from_on,
        "to": power.until_on,
        "sub_delegation": "yes" if power.may_delegate else "no",
    }
    people = [named[who] for who in ("woman", "man") if who in named]
    for where, person in zip(("principal", "other"), people, strict=False):
        answers |= _person(where, person)
    return answers | _person("agent", agent)


def _person(where: str, person: dict[str, Any]) -> dict[str, Any]:
    return {f"{where}.{name}": person.get(name) or None for name in ("name", "phone", "id_number")}
