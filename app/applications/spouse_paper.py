"""The paper on which a spouse without a phone of their own says yes."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.applications.models import Application, Service
from app.delegation.wording import person_title
from app.language import gettext
from app.typesetting import code_of


def sheet_for(application: Application, person: str) -> dict[str, Any]:
    """What this spouse signs, for `typesetting.pdf("sheet", …)`, in the script of the moment."""
    answers = application.answers or {}
    signer = answers[person]
    sender = answers[answers["who"]["filer"]]
    return {
        "title": gettext("配偶确认书"),
        "number": application.number,
        "parts": [
            {
                "kind": "rows",
                "rows": [
                    {"label": gettext("姓名"), "value": signer["name"]},
                    {"label": gettext("身份"), "value": person_title(person)},
                    {"label": gettext("证件号码"), "wide": True},
                    {"label": gettext("办什么事"), "value": Service(application.service).title},
                    {"label": gettext("谁交的"), "value": sender["name"]},
                ],
            },
            {
                "kind": "text",
                "paragraphs": [
                    gettext(
                        "我知道上面这份申请，同意和申请里写的另一方一起办理，里面关于我的内容是真实的。"
                    )
                ],
            },
            {
                "kind": "signature",
                "signers": [
                    {"label": gettext("本人签名："), "day": gettext("　　　　年　　月　　日")}
                ],
            },
            {
                "kind": "code",
                "svg": code_of(f"{current_app.config['PUBLIC_URL']}/track"),
                "alt": gettext("查进度的网址"),
                "paragraphs": [
                    gettext("签好以后，任何一方带到办理的窗口，或者当面交给工作人员。"),
                    gettext("扫码可以查进度。不签也不会退回，窗口照样在办。"),
                ],
            },
        ],
    }
