"""Messages through Alibaba Cloud (阿里云短信服务): approved templates, signed requests.

As published by the provider, read in 2026:

- SendSms, version 2017-05-25: https://help.aliyun.com/document_detail/55284.html. The service takes a
  template's code and its values, and is not idempotent: whoever repeats has to look first.
- QuerySendDetails, by phone and day: https://help.aliyun.com/document_detail/419277.html; `OutId`
  is what SendSms was given.
- The signature, ACS3-HMAC-SHA256, with a worked example:
  https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
- Codes of refusals: https://help.aliyun.com/document_detail/101346.html
- What a template may contain (no Traditional characters, so those messages go in Simplified unless
  the operator has such a template): https://help.aliyun.com/document_detail/463270.htm
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from app import clock
from app.config import ConfigError
from app.language import SCRIPTS
from app.notifications.channels import ChannelError, Letter, fetch
from app.notifications.wording import WORDINGS

if TYPE_CHECKING:
    from urllib.request import Request

ALGORITHM = "ACS3-HMAC-SHA256"
VERSION = "2017-05-25"
NO_BODY = hashlib.sha256(b"").hexdigest()
WAITING, DELIVERED = 1, 3
MOST_DETAILS = 50
# Refusals of this very message: it would be refused again. All others, also those not known, are
# tried later, because the operator can mend them: balance, permission, template, the provider.
FINAL = frozenset(
    {
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
        "isv.INVALID_JSON_PARAM",
        "isv.INVALID_PARAMETERS",
        "isv.MOBILE_COUNT_OVER_LIMIT",
        "isv.MOBILE_NUMBER_ILLEGAL",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
        "isv.SMS_CONTENT_ILLEGAL",
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.TEMPLATE_PARAMS_ILLEGAL",
    }
)
Templates = Mapping[str, Mapping[str, str]]


class AliyunChannel:
    """Sends by the template whose code the operator gave for the kind and script of a message."""

    def __init__(
        self, endpoint: str, key_id: str, secret: str, signature: str, templates: Templates
    ) -> None:
        self.endpoint = endpoint
        self.key_id = key_id
        self.secret = secret
        self.signature = signature
        self.templates = templates

    def speaks(self, kind: str, script: str) -> bool:
        """Whether there is a template for it."""
        return kind in self.templates.get(script, {})

    def send(self, letter: Letter) -> str:
        """Hand the message over, unless an attempt whose answer was lost did so; the `BizId`."""
        if letter.unsure_since is not None and self._has_taken(letter, letter.unsure_since):
            return ""
        answer = self._call(
            "SendSms",
            {
                "PhoneNumbers": letter.phone,
                "SignName": self.signature,
                "TemplateCode": self.templates[letter.script][letter.kind],
                "TemplateParam": json.dumps(dict(letter.params), ensure_ascii=False),
                "OutId": str(letter.id),
            },
        )
        return str(answer.get("BizId", ""))

    def _has_taken(self, letter: Letter, since: datetime) -> bool:
        """Whether the provider knows a message of this id that was not refused by the carrier."""
        days = {instant.astimezone(clock.SHANGHAI).date() for instant in (since, clock.now())}
        try:
            details = [each for day in sorted(days) for each in self._details(letter.phone, day)]
        except ChannelError as error:
            # As unsure as before.
            raise ChannelError(error.code, unsure=True) from None
        return any(
            each.get("OutId") == str(letter.id) and each.get("SendStatus") in {WAITING, DELIVERED}
            for each in details
        )

    def _details(self, phone: str, day: date) -> list[dict[str, Any]]:
        answer = self._call(
            "QuerySendDetails",
            {
                "PhoneNumber": phone,
                "SendDate": f"{day:%Y%m%d}",
                "PageSize": str(MOST_DETAILS),
                "CurrentPage": "1",
            },
        )
        details: list[dict[str, Any]] = answer["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
        return details

    def _call(self, action: str, params: Mapping[str, str]) -> dict[str, Any]:
        """The provider's answer when it says OK. Raises `ChannelError` for any other."""
        status, content = fetch(self._request(action, params))
        try:
            answer: dict[str, Any] = json.loads(content)
            code = str(answer["Code"])
        except (ValueError, KeyError, TypeError):
            raise ChannelError(f"http.{status}", unsure=True) from None
        if status != 200 or code != "OK":
            raise ChannelError(code[:60], final=code in FINAL, unsure=status >= 500)
        return answer

    def _request(self, action: str, params: Mapping[str, str]) -> Request:
        from urllib.request import Request

        query = canonical_query(params)
        headers = signed_headers(
            urlsplit(self.endpoint).netloc,
            action,
            VERSION,
            query,
            self.key_id,
            self.secret,
            at=clock.now(),
            nonce=secrets.token_hex(16),
        )
        return Request(f"{self.endpoint}/?{query}", headers=headers, method="POST")  # noqa: S310  checked at start


def canonical_query(params: Mapping[str, str]) -> str:
    """Names and values by RFC 3986, in the order of the names."""
    return "&".join(
        f"{quote(name, safe='~')}={quote(params[name], safe='~')}" for name in sorted(params)
    )


def signed_headers(
    host: str,
    action: str,
    version: str,
    query: str,
    key_id: str,
    secret: str,
    *,
    at: datetime,
    nonce: str,
) -> dict[str, str]:
    """The headers of a POST without a body, signed as the provider describes."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": NO_BODY,
        "x-acs-date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    request = "\n".join(("POST", "/", query, lines, names, NO_BODY))
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={key_id},SignedHeaders={names},Signature={signature}"
    return {**headers, "Authorization": f"{ALGORITHM} {credential}"}


def from_settings(settings: Mapping[str, Any]) -> AliyunChannel:
    """The channel of an installation. Raises `ConfigError` for a kind of message without template."""
    return AliyunChannel(
        settings["ALIYUN_SMS_ENDPOINT"],
        settings["ALIYUN_SMS_KEY_ID"],
        settings["ALIYUN_SMS_KEY_SECRET"],
        settings["SMS_SIGNATURE"],
        read_templates(settings["SMS_TEMPLATES"]),
    )


def read_templates(file: str) -> Templates:
    """Template codes by script and kind from `SMS_TEMPLATES`, a TOML file.

    Every kind needs one in Simplified; one in Traditional is used where there is one. Raises
    `ConfigError` that says what is missing or unknown.
    """
    try:
        found: dict[str, dict[str, str]] = tomllib.loads(Path(file).read_text())
        given = {(script, kind) for script, codes in found.items() for kind in codes.keys()}  # noqa: SIM118  a text has none
    except OSError as error:
        raise ConfigError(f"SMS_TEMPLATES={file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError) as error:
        raise ConfigError(f"SMS_TEMPLATES={file} is not a TOML file of codes: {error}") from error
    unknown = given - {(script, kind) for script in SCRIPTS for kind in WORDINGS}
    if unknown:
        raise ConfigError(f"SMS_TEMPLATES={file} names what no message is: {_listed(unknown)}")
    missing = {(SCRIPTS[0], kind) for kind in WORDINGS} - given
    missing |= {place for place in given if not found[place[0]][place[1]]}
    if missing:
        raise ConfigError(
            f"SMS_TEMPLATES={file} lacks the template code of {_listed(missing)}; "
            "the texts to apply for: flask messages templates"
        )
    return found


def _listed(places: set[tuple[str, str]]) -> str:
    return ", ".join(f"{script}.{kind}" for script, kind in sorted(places))
