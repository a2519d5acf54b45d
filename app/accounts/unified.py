"""A province's unified identity (统一身份认证) by OpenID Connect, where an operator has set it up.

The library does the protocol: authorization code with PKCE, state and nonce, discovery, the keys and
the checks of the ID token. What is ours is whom the claims stand for. An identity that is known
opens its account. One that is new needs a phone: the verified claim of the provider where the
operator trusts it (`OIDC_PHONE_IS_PROOF`), else a code by message, once. Name and ID number from
the provider only fill in a form that the person then reads.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from importlib.util import find_spec
from typing import Any

from flask import Flask, current_app
from flask import session as browser_session
from sqlalchemy import delete, select
from werkzeug.wrappers import Response

from app import clock
from app.accounts.models import Citizen, Identity
from app.accounts.service import citizen_of
from app.config import ConfigError
from app.extensions import db
from app.fields import read_id_number, read_mobile, read_name
from app.vault import keyed_hash

NAME = "unified"
TIMEOUT_SECONDS = 5
# How long a phone may still be proved for an identity that is not linked yet.
PENDING_FOR = timedelta(minutes=30)
_STATES = f"_state_{NAME}_"
_PENDING = "identity"


class UnifiedError(Exception):
    """The provider did not say who this is; the message is for the log and names nobody."""


def init_app(app: Flask) -> None:
    """Check that what the settings ask for is there."""
    if app.config["OIDC_ISSUER"] and not (find_spec("authlib") and find_spec("requests")):
        raise ConfigError("OIDC_ISSUER needs two more packages; type: pip install authlib requests")


def is_offered() -> bool:
    """Whether this installation has a unified identity."""
    return bool(current_app.config["OIDC_ISSUER"])


def ask(back: str) -> Response:
    """Send the browser to the provider, which sends it to `back`. Raises `UnifiedError`."""
    from authlib.integrations.base_client import OAuthError
    from requests import RequestException

    # Those who turned round on the way would fill the cookie.
    for name in [key for key in browser_session if key.startswith(_STATES)]:
        browser_session.pop(name)
    try:
        _check_issuer()
        answer: Response = _client().authorize_redirect(back)
    except (OAuthError, RequestException, RuntimeError, ValueError) as error:
        raise UnifiedError(type(error).__name__) from error
    return answer


def claims() -> Mapping[str, Any]:
    """What the provider says of whoever came back with this request. Raises `UnifiedError`."""
    from authlib.integrations.base_client import OAuthError
    from authlib.oauth2 import OAuth2Error
    from joserfc.errors import JoseError
    from requests import RequestException

    try:
        token = _client().authorize_access_token(claims_options=_expected())
        told = token.get("userinfo")
        if told and "phone_number" not in told:
            told = {**told, **_asked_separately(token, told["sub"])}
    except (
        OAuthError,
        OAuth2Error,
        JoseError,
        RequestException,
        RuntimeError,
        ValueError,
        KeyError,
    ) as error:
        raise UnifiedError(type(error).__name__) from error
    if not told or not told.get("sub"):
        raise UnifiedError("no ID token")
    return dict(told)


def citizen_for(told: Mapping[str, Any]) -> Citizen | None:
    """The account of whoever these claims are about; None when a phone has to be proved first.

    The caller commits.
    """
    identity = _identity(told)
    identity.claims = _prefill(told)
    identity.last_used_at = clock.now()
    if identity.citizen_id is not None:
        return db.session.get(Citizen, identity.citizen_id)
    phone = _proved_phone(told)
    if phone is None:
        until = (clock.now() + PENDING_FOR).timestamp()
        browser_session[_PENDING] = {"id": str(identity.id), "until": until}
        return None
    citizen = citizen_of(phone)
    identity.citizen_id = citizen.id
    return citizen


def pending() -> Identity | None:
    """The identity that waits in this browser for a phone to be proved."""
    kept = browser_session.get(_PENDING)
    if not kept or kept["until"] <= clock.now().timestamp():
        return None
    identity = db.session.get(Identity, uuid.UUID(kept["id"]))
    return identity if identity is not None and identity.citizen_id is None else None


def link(identity: Identity | None, citizen: Citizen) -> None:
    """From now on this identity opens this account. The caller commits."""
    if identity is not None:
        identity.citizen_id = citizen.id


def prefill(citizen: Citizen) -> dict[str, str]:
    """Name and ID number as the provider knows them, for a form about this person themselves."""
    mine = select(Identity).where(Identity.citizen_id == citizen.id)
    identity = db.session.scalars(mine.order_by(Identity.last_used_at.desc())).first()
    return dict((identity.claims if identity else None) or {})


def forget_pending() -> None:
    """Delete identities that nobody linked to a phone; nightly work. The caller commits."""
    old = Identity.last_used_at < clock.now() - PENDING_FOR
    db.session.execute(delete(Identity).where(Identity.citizen_id.is_(None), old))


# --- Inside ---------------------------------------------------------------------------------------


def _client() -> Any:
    """The library's client, made at first use: it is heavy, and most installations have none."""
    if NAME not in current_app.extensions:
        from authlib.integrations.flask_client import OAuth

        settings = current_app.config
        current_app.extensions[NAME] = OAuth(current_app._get_current_object()).register(  # type: ignore[attr-defined]
            NAME,
            client_id=settings["OIDC_CLIENT_ID"],
            client_secret=settings["OIDC_CLIENT_SECRET"],
            server_metadata_url=f"{settings['OIDC_ISSUER']}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings["OIDC_SCOPE"],
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT_SECONDS,
            },
        )
    return current_app.extensions[NAME]


def _check_issuer() -> None:
    """Discovery must speak for the issuer that the operator named, and no other."""
    said = str(_client().load_server_metadata().get("issuer", ""))
    if said.rstrip("/") != current_app.config["OIDC_ISSUER"]:
        current_app.extensions.pop(NAME)
        raise UnifiedError("another issuer")


def _expected() -> dict[str, Any]:
    issuer = current_app.config["OIDC_ISSUER"]
    return {"iss": {"essential": True, "values": [issuer, f"{issuer}/"]}}


def _asked_separately(token: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """Claims that the provider only gives at its own address, if it has one."""
    client = _client()
    if not client.load_server_metadata().get("userinfo_endpoint"):
        return {}
    told = dict(client.userinfo(token=token))
    return told if told.get("sub") == subject else {}


def _identity(told: Mapping[str, Any]) -> Identity:
    subject = f"{current_app.config['OIDC_ISSUER']}|{told['sub']}"
    hashed = keyed_hash("identity", subject)
    known = db.session.scalar(select(Identity).where(Identity.subject_hash == hashed))
    if known is None:
        known = Identity(subject_hash=hashed, last_used_at=clock.now())
        db.session.add(known)
        db.session.flush()
    return known


def _proved_phone(told: Mapping[str, Any]) -> str | None:
    if (
        not current_app.config["OIDC_PHONE_IS_PROOF"]
        or told.get("phone_number_verified") is not True
    ):
        return None
    try:
        return read_mobile(str(told.get("phone_number") or ""))
    except ValueError:
        return None


def _prefill(told: Mapping[str, Any]) -> dict[str, str]:
    """What of the claims is a name and an ID number; anything else is nobody's business."""
    number_claim = current_app.config["OIDC_ID_NUMBER_CLAIM"]
    found = {}
    for name, claim, read in (
        ("name", "name", read_name),
        ("id_number", number_claim, read_id_number),
    ):
        try:
            found[name] = read(str(told.get(claim) or ""))
        except ValueError:
            continue
    return found
