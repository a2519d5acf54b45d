"""The operator's signature on what is printed (PAdES), where `SIGN_PKCS12` names a key for it.

Without one the paper is proven by the check page alone. The library is loaded by the first signature.
"""

from __future__ import annotations

import logging
from datetime import datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import pkcs12
from flask import Flask, current_app

from app import clock
from app.config import ConfigError

log = logging.getLogger(__name__)
FIELD = "Signature"


def init_app(app: Flask) -> None:
    """Check the key at start. Raises `ConfigError` that names what is wrong, never the password."""
    path = app.config["SIGN_PKCS12"]
    app.extensions["signing_until"] = _checked(path, app.config) if path else None


def is_signing() -> bool:
    """Whether what is made now gets a signature: there is a key, and its certificate has not run out."""
    until: datetime | None = current_app.extensions["signing_until"]
    if until is not None and until <= clock.now():
        log.error("the certificate of SIGN_PKCS12 ran out on %s: nothing is signed", until.date())
        return False
    return until is not None


def sign(content: bytes, *, office: str) -> bytes:
    """The PDF with the operator's signature over all of it; `office` stands in it as the place."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, sign_pdf

    signature = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        location=office,
        name=current_app.config["OPERATOR_NAME"],
    )
    written: BytesIO = sign_pdf(
        IncrementalPdfFileWriter(BytesIO(content)), signature, _signer(), output=BytesIO()
    )
    return written.getvalue()


def _signer() -> Any:
    """The key, read once for each process."""
    from pyhanko.sign.signers import SimpleSigner

    if "signer" not in current_app.extensions:
        signer = SimpleSigner.load_pkcs12(  # type: ignore[no-untyped-call]
            current_app.config["SIGN_PKCS12"], passphrase=_password(current_app.config)
        )
        if signer is None:
            raise ConfigError("SIGN_PKCS12 was read at the start and cannot be read any more")
        current_app.extensions["signer"] = signer
    return current_app.extensions["signer"]


def _checked(path: str, config: Any) -> datetime:
    """Until when the certificate of the key is good."""
    if find_spec("pyhanko") is None:
        raise ConfigError("SIGN_PKCS12 needs pyhanko; type: pip install 'jiujinban[sign]'")
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"SIGN_PKCS12={path} cannot be read: {error.strerror}") from error
    try:
        key, certificate, _others = pkcs12.load_key_and_certificates(content, _password(config))
    except ValueError as error:
        raise ConfigError(
            f"SIGN_PKCS12={path} is no PKCS#12 file, or SIGN_PKCS12_PASSWORD is not its password"
        ) from error
    if key is None or certificate is None:
        raise ConfigError(f"SIGN_PKCS12={path} holds no key with its certificate")
    until = certificate.not_valid_after_utc
    if until <= clock.now():
        raise ConfigError(f"the certificate in SIGN_PKCS12={path} ran out on {until.date()}")
    return until


def _password(config: Any) -> bytes | None:
    return config["SIGN_PKCS12_PASSWORD"].encode() or None
