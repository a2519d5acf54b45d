"""The ways a text message leaves the house."""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any, Protocol

from flask import Flask, current_app

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 10
# Answers of a gateway that say "later", not "never".
LATER = {408, 409, 425, 429}


class ChannelError(Exception):
    """The message did not leave; `final` when trying again cannot help. Never holds its content."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Channel(Protocol):
    """A provider of text messages."""

    def send(self, message_id: uuid.UUID, phone: str, text: str) -> None:
        """Hand the message over. Raises `ChannelError`. The same id is the same message."""


class DevelopmentChannel:
    """Sends nothing: the page /outbox shows the messages to whoever tries the site."""

    def send(self, message_id: uuid.UUID, phone: str, text: str) -> None:
        """Note in the log that the message would have been sent."""
        log.info("message %s is on the page /outbox", message_id)


class HttpChannel:
    """Posts `{"id", "phone", "text"}` as JSON to an operator's gateway (`SMS_URL`, `SMS_TOKEN`).

    The id goes as `Idempotency-Key` too, so that a gateway that answered late sends once.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def send(self, message_id: uuid.UUID, phone: str, text: str) -> None:
        """Post the message; any 2xx answer means the gateway has it."""
        # Only the worker sends; the web server need not carry this.
        from urllib import error, request

        class NoRedirects(request.HTTPRedirectHandler):
            """A gateway that moved is a matter for the operator; phones are not sent after it."""

            def redirect_request(self, *_: Any) -> None:
                return None

        body = json.dumps({"id": str(message_id), "phone": phone, "text": text}).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str(message_id),
            "Authorization": f"Bearer {self.token}",
        }
        post = request.Request(self.url, body, headers, method="POST")  # noqa: S310  checked at start
        try:
            with request.build_opener(NoRedirects).open(post, timeout=TIMEOUT_SECONDS):
                pass
        except error.HTTPError as answer:
            answer.close()
            final = 400 <= answer.code < 500 and answer.code not in LATER
            raise ChannelError(f"the gateway answered {answer.code}", final=final) from None
        except (OSError, ValueError) as problem:
            raise ChannelError(f"the gateway cannot be reached: {type(problem).__name__}") from None


def init_app(app: Flask) -> None:
    """Choose the channel by the settings."""
    url: str = app.config["SMS_URL"]
    app.extensions["sms"] = (
        HttpChannel(url, app.config["SMS_TOKEN"]) if url else DevelopmentChannel()
    )


def current_channel() -> Channel:
    """The channel of this installation."""
    channel: Channel = current_app.extensions["sms"]
    return channel
