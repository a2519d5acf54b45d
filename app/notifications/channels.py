"""The ways a text message leaves the house."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from flask import Flask, current_app

if TYPE_CHECKING:
    from urllib.request import Request

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 10
LONGEST_ANSWER = 64 * 1024
# Answers of a gateway that say "later", not "never".
LATER = {408, 409, 425, 429}


@dataclass(frozen=True, repr=False)
class Letter:
    """One message on its way. The same id is the same message, however often it is handed over."""

    id: uuid.UUID
    phone: str
    text: str
    kind: str
    script: str
    # The values in the text, in words.
    params: Mapping[str, str]
    # Since when it may have been taken already; None when it surely was not.
    unsure_since: datetime | None = None


class ChannelError(Exception):
    """The message did not leave, or nobody knows. Holds a code, never a phone or a text.

    `final`: trying again cannot help. `unsure`: it may have been taken all the same.
    """

    def __init__(self, code: str, *, final: bool = False, unsure: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final
        self.unsure = unsure


class Channel(Protocol):
    """A provider of text messages."""

    def speaks(self, kind: str, script: str) -> bool:
        """Whether messages of this kind can be sent in this script."""

    def send(self, letter: Letter) -> str:
        """Hand the message over; what the gateway calls it, or "". Raises `ChannelError`."""


class DevelopmentChannel:
    """Sends nothing: the page /outbox shows the messages to whoever tries the site."""

    def speaks(self, kind: str, script: str) -> bool:
        """Every text in both scripts."""
        return True

    def send(self, letter: Letter) -> str:
        """Note in the log that the message would have been sent."""
        log.info("message %s is on the page /outbox", letter.id)
        return ""


class HttpChannel:
    """Posts `{"id", "phone", "text"}` as JSON to an operator's gateway (`SMS_URL`, `SMS_TOKEN`).

    The id goes as `Idempotency-Key` too, so that a gateway that answered late sends once.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def speaks(self, kind: str, script: str) -> bool:
        """Whatever the text is."""
        return True

    def send(self, letter: Letter) -> str:
        """Post the message; any 2xx answer means the gateway has it."""
        from urllib.request import Request

        body = {"id": str(letter.id), "phone": letter.phone, "text": letter.text}
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str(letter.id),
            "Authorization": f"Bearer {self.token}",
        }
        # The address was checked at start.
        status, _ = fetch(Request(self.url, json.dumps(body).encode(), headers, method="POST"))  # noqa: S310
        if not 200 <= status < 300:
            final = 400 <= status < 500 and status not in LATER
            raise ChannelError(f"http.{status}", final=final, unsure=status >= 500)
        return ""


def fetch(asked: Request) -> tuple[int, bytes]:
    """Ask a gateway: status and content of its answer, whatever it is.

    Raises `ChannelError` when there is none.
    """
    # Only the worker sends; the web server need not carry this.
    from http.client import HTTPException
    from urllib import error, request

    class NoRedirects(request.HTTPRedirectHandler):
        """A gateway that moved is a matter for the operator; phones are not sent after it."""

        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        with request.build_opener(NoRedirects).open(asked, timeout=TIMEOUT_SECONDS) as answer:
            return answer.status, answer.read(LONGEST_ANSWER)
    except error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read(LONGEST_ANSWER)
    except (OSError, ValueError, HTTPException) as problem:
        reason = getattr(problem, "reason", problem)
        code = "timeout" if isinstance(reason, TimeoutError) else "unreachable"
        unsure = not isinstance(reason, ConnectionRefusedError)
        raise ChannelError(code, unsure=unsure) from None


def init_app(app: Flask) -> None:
    """Choose the channel by the settings."""
    app.extensions["sms"] = _chosen(app.config)


def _chosen(settings: Mapping[str, Any]) -> Channel:
    if settings["ALIYUN_SMS_KEY_ID"]:
        from app.notifications import aliyun

        return aliyun.from_settings(settings)
    if settings["SMS_URL"]:
        return HttpChannel(settings["SMS_URL"], settings["SMS_TOKEN"])
    return DevelopmentChannel()


def current_channel() -> Channel:
    """The channel of this installation."""
    channel: Channel = current_app.extensions["sms"]
    return channel
