"""A signature by configuration: made with a key of our own here, and checked by the library's own reader."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from flask import Flask
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from sqlalchemy import select

from app import create_app
from app.certificates import service, signing
from app.certificates.models import PrintedFile
from app.certificates.printing import content_of
from app.clock import now
from app.config import ConfigError
from tests import factories as make
from tests.certificates.conftest import certificate_of, registered
from tests.conftest import SETTINGS
from tests.test_typesetting import text_of

PASSWORD = "keep-this-out-of-messages"
Key = tuple[Path, asn1.Certificate]


def made(folder: Path, *, days: int = 30) -> Key:
    """A PKCS#12 file with a key, and its self-made certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "某县卫生健康局")])
    usage = {
        each: each in {"digital_signature", "content_commitment"}
        for each in (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        )
    }
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=400))
        .not_valid_after(now() + timedelta(days=days))
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    encryption = serialization.BestAvailableEncryption(PASSWORD.encode())
    path = folder / "office.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"office", key, certificate, None, encryption)
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return path, asn1.Certificate.load(der)


@pytest.fixture
def key(app: Flask, tmp_path: Path, offices: None) -> Key:
    """A live site whose operator signs."""
    path, certificate = made(tmp_path)
    app.config |= {
        "LIVE": True,
        "OPERATOR_NAME": "某县卫生健康局",
        "SIGN_PKCS12": str(path),
        "SIGN_PKCS12_PASSWORD": PASSWORD,
    }
    before = dict(app.extensions)
    signing.init_app(app)
    yield path, certificate
    app.extensions.clear()
    app.extensions.update(before)


def status(content: bytes, certificate: asn1.Certificate) -> Any:
    """What a reader says of the one signature in this file."""
    [signature] = PdfFileReader(io.BytesIO(content)).embedded_signatures
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[certificate]))


@pytest.mark.parametrize("script", ["zh_Hans", "zh_Hant"])
def test_a_certificate_is_signed_and_a_reader_says_so(key: Key, session: Any, script: str) -> None:
    content = content_of(certificate_of(registered()), script)
    said = status(content, key[1])
    assert said.bottom_line
    assert said.coverage.name == "ENTIRE_FILE"
    assert said.signing_cert.subject.native["common_name"] == "某县卫生健康局"
    with pikepdf.open(io.BytesIO(content)) as document:
        [field] = document.Root.AcroForm.Fields
        assert str(field.V.SubFilter) == "/ETSI.CAdES.detached"
        metadata = document.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
    assert ("电子签名" if script == "zh_Hans" else "電子簽名") in text_of(content)
    [row] = session.scalars(select(PrintedFile)).all()
    assert row.is_signed


def test_what_was_changed_afterwards_does_not_pass(key: Key, session: Any) -> None:
    content = content_of(certificate_of(registered()), "zh_Hans")
    at = content.index(b"/Title")
    forged = content[: at - 200] + b"0" + content[at - 199 :]
    assert not status(forged, key[1]).bottom_line


def test_another_key_does_not_pass(key: Key, session: Any, tmp_path: Path) -> None:
    content = content_of(certificate_of(registered()), "zh_Hans")
    (tmp_path / "other").mkdir()
    _path, other = made(tmp_path / "other")
    assert not status(content, other).bottom_line


def test_letters_are_signed_too_and_the_same_file_is_kept(key: Key, session: Any) -> None:
    [letter] = service.letters_of(registered())
    content = content_of(letter, "zh_Hans")
    assert status(content, key[1]).bottom_line
    assert content_of(letter, "zh_Hans") == content


def test_a_lost_signed_file_is_a_new_version(key: Key, app: Flask, session: Any) -> None:
    certificate = certificate_of(registered())
    first = content_of(certificate, "zh_Hans")
    [row] = session.scalars(select(PrintedFile)).all()
    app.extensions["files"].delete(row.key)
    again = content_of(certificate, "zh_Hans")
    assert again != first
    assert status(again, key[1]).bottom_line
    rows = session.scalars(select(PrintedFile).order_by(PrintedFile.version)).all()
    assert [each.version for each in rows] == [1, 2]


@pytest.mark.parametrize("why", ["demo", "exercise"])
def test_what_only_practises_is_never_signed(
    key: Key, app: Flask, session: Any, as_of: Callable[[str], None], why: str
) -> None:
    if why == "demo":
        app.config["LIVE"] = False
    else:
        as_of("2026-03-02")
    content = content_of(certificate_of(registered()), "zh_Hans")
    assert PdfFileReader(io.BytesIO(content)).embedded_signatures == []


def test_a_certificate_that_ran_out_stops_signing_not_printing(
    key: Key, app: Flask, session: Any
) -> None:
    app.extensions["signing_until"] = now() - timedelta(seconds=1)
    content = content_of(certificate_of(registered()), "zh_Hans")
    assert PdfFileReader(io.BytesIO(content)).embedded_signatures == []


def test_the_page_says_what_proves_the_paper(
    key: Key, app: Flask, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = registered()
    mine = make.browser_of(make.citizen(), app)
    assert "文件带有电子签名" in mine.get(f"/my/{case.id}/certificate").text
    app.extensions["signing_until"] = None
    page = mine.get(f"/my/{case.id}/certificate").text
    assert "电子签名" not in page
    assert "都以核对页为准" in page


# --- At the start ---


def refused(**settings: str) -> str:
    with pytest.raises(ConfigError) as caught:
        create_app(SETTINGS | {"SQLALCHEMY_DATABASE_URI": "sqlite://"} | settings)
    text = str(caught.value)
    assert "\n" not in text
    assert PASSWORD not in text
    return text


def test_I5_a_missing_or_wrong_key_stops_the_start(tmp_path: Path) -> None:
    path, _certificate = made(tmp_path)
    right = {"SIGN_PKCS12": str(path), "SIGN_PKCS12_PASSWORD": PASSWORD}
    create_app(SETTINGS | {"SQLALCHEMY_DATABASE_URI": "sqlite://"} | right)
    gone = tmp_path / "gone.p12"
    assert "cannot be read: No such file" in refused(SIGN_PKCS12=str(gone))
    assert "not its password" in refused(SIGN_PKCS12=str(path), SIGN_PKCS12_PASSWORD="wrong")
    junk = tmp_path / "junk.p12"
    junk.write_bytes(b"no key at all")
    assert "is no PKCS#12 file" in refused(SIGN_PKCS12=str(junk))
    alone = tmp_path / "alone.p12"
    alone.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"x",
            rsa.generate_private_key(public_exponent=65537, key_size=2048),
            None,
            None,
            serialization.NoEncryption(),
        )
    )
    assert "holds no key with its certificate" in refused(SIGN_PKCS12=str(alone))


def test_I5_a_certificate_that_ran_out_stops_the_start(tmp_path: Path) -> None:
    path, _certificate = made(tmp_path, days=-1)
    text = refused(SIGN_PKCS12=str(path), SIGN_PKCS12_PASSWORD=PASSWORD)
    assert "ran out on" in text


def test_I5_without_the_library_the_start_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _certificate = made(tmp_path)
    monkeypatch.setattr(signing, "find_spec", lambda _name: None)
    text = refused(SIGN_PKCS12=str(path), SIGN_PKCS12_PASSWORD=PASSWORD)
    assert "pip install 'jiujinban[sign]'" in text
