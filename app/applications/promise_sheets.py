"""A written promise on paper: the words that were signed, by whom, on which day, with the day it is due."""

from __future__ import annotations

from io import BytesIO

from app.applications.promises import Promise, Way
from app.language import gettext, speaking
from app.typesetting import pdf


def _signature(way: str) -> str:
    if way == Way.FORM:
        return str(gettext("承诺人在窗口打印的申请表上签了名。"))
    if way == Way.PHONE:
        return str(gettext("承诺人在窗口填好申请后，在自己手机上确认，作为签名。"))
    return str(gettext("承诺人登录后输入自己的姓名，作为签名。"))


def promise_pdf(promise: Promise, script: str) -> BytesIO | None:
    """The sheet in this script; None once the personal data were deleted. The words stay as signed."""
    text, signer = promise.text, promise.signer
    if text is None or signer is None:
        return None
    number = promise.application.number
    with speaking(script):
        said = gettext("办件编号 %(number)s", number=number)
        data = {
            "title": gettext("承诺书"),
            "number": said,
            "date": promise.signed_on,
            "foot": said,
            "parts": [
                {"kind": "text", "paragraphs": text.split("\n")},
                {
                    "kind": "rows",
                    "rows": [
                        {"label": gettext("最晚补交"), "value": promise.due_on, "wide": True},
                        {"label": gettext("承诺人"), "value": signer},
                        {"label": gettext("签名日期"), "value": promise.signed_on},
                    ],
                },
                {
                    "kind": "remark",
                    "paragraphs": [
                        _signature(promise.way),
                        gettext("补交期限是受理单位的约定，不是法律规定。"),
                    ],
                },
            ],
        }
        return BytesIO(pdf("sheet", data, script))
