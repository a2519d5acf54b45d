"""What people do on their own phones: read the newest message, open its link, say yes or no."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from app.delegation.authority import Act
from app.notifications import errands
from app.notifications.models import OutboxMessage
from tests.client import Client


def newest(session: Any, phone: str, pattern: str) -> str:
    """What the first group of `pattern` finds in the newest message to this phone that has it."""
    errands.run_due()  # by the time somebody looks, the worker has been there
    session.expire_all()
    sent = session.scalars(select(OutboxMessage).order_by(OutboxMessage.created_at.desc())).all()
    texts = [each.text for each in sent if each.phone == phone]
    return next(found[1] for text in texts if (found := re.search(pattern, text)))


def link_to(session: Any, phone: str) -> str:
    """The path of the link in the newest message to this phone that has one."""
    return newest(session, phone, r"https?://[^/]+(/c/[\w-]+)")


def code_to(session: Any, phone: str) -> str:
    """The newest code sent to this phone."""
    return newest(session, phone, r"\b(\d{6})\b")


def open_link(client: Client, session: Any, phone: str, tail: str) -> str:
    """The link of this phone, opened by the last four."""
    link = link_to(session, phone)
    assert client.post(link, data={"tail": tail}).location == link
    return link


def say(client: Client, session: Any, phone: str, tail: str, answer: str, **more: Any) -> Any:
    """Open the link, ask for the code, answer."""
    link = open_link(client, session, phone, tail)
    assert client.post(f"{link}/code").location == link
    acts = more.pop("acts", [str(act) for act in Act])
    sent = {"answer": answer, "code": code_to(session, phone), "acts": acts, **more}
    return client.post(f"{link}/answer", data=sent)
