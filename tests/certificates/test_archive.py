"""Whatever an office gives into people's hands can be kept for decades: PDF/A-2a, as far as can be seen."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from app.casework.acts import Act
from app.certificates import service
from app.certificates.printing import content_of
from app.typesetting import pdf
from tests import factories as make
from tests.archive import unfit
from tests.casework.asking import BOOKLET, ask
from tests.certificates.conftest import approved_in_hubei, certificate_of, do, registered
from tests.certificates.test_signing import Key, key  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("offices")
SCRIPTS = ("zh_Hans", "zh_Hant")
OTHER = "110101202402290016"
RARE = "𬱖𠮷𫖯"


def letter_of(case: Any, script: str) -> bytes:
    return content_of(service.letters_of(case)[0], script)


@pytest.mark.parametrize("script", SCRIPTS)
def test_certificates_and_letters_are_fit_for_the_archive(
    as_of: Callable[[str], None], script: str
) -> None:
    case = registered(woman=make.WOMAN | {"name": f"张{RARE}"})
    assert unfit(content_of(certificate_of(case), script)) == []
    assert unfit(letter_of(case, script)) == []
    approval = approved_in_hubei(as_of)
    assert unfit(content_of(certificate_of(approval), script)) == []
    for each in service.letters_of(approval):
        assert unfit(content_of(each, script)) == [], each.kind


@pytest.mark.parametrize("script", SCRIPTS)
def test_notices_and_refusals_are_fit_for_the_archive(
    as_of: Callable[[str], None], script: str
) -> None:
    as_of("2026-03-02")
    asked, refused = make.filed(), make.filed(woman=make.WOMAN | {"id_number": OTHER})
    ask(asked, {BOOKLET: "unclear"}, words=RARE)
    do(refused, Act.ACCEPT)
    do(refused, Act.REFUSE, reasons=RARE)
    letters = [*service.letters_of(asked), *service.letters_of(refused)]
    assert {each.kind for each in letters} == {
        "one_time_notice",
        "acceptance",
        "refusal_to_register",
    }
    for each in letters:
        assert unfit(content_of(each, script)) == [], each.kind


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_signed_certificate_stays_fit(key: Key, session: Any, script: str) -> None:  # noqa: F811
    assert unfit(content_of(certificate_of(registered()), script)) == []


def edited(change: Callable[[Pdf], None], **saving: Any) -> bytes:
    """A good sheet with one thing done to it."""
    good = pdf(
        "sheet", {"title": "试印", "parts": [{"kind": "text", "paragraphs": [RARE]}]}, "zh_Hans"
    )
    assert unfit(good) == []
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(good)) as document:
        change(document)
        document.save(output, **saving)
    return output.getvalue()


def lose_the_font(document: Pdf) -> None:
    for one in document.objects:
        if isinstance(one, Dictionary) and one.get("/Type") == Name.FontDescriptor:
            for name in ("/FontFile2", "/FontFile3"):
                if name in one:
                    del one[name]


def call_it_b(document: Pdf) -> None:
    with document.open_metadata(update_docinfo=False) as said:
        said["pdfaid:conformance"] = "B"


def run_something(document: Pdf) -> None:
    script = Dictionary(S=Name.JavaScript, JS="app.alert(1)")
    document.Root.OpenAction = document.make_indirect(script)


def blend(document: Pdf) -> None:
    document.Root.Odd = document.make_indirect(Dictionary(Type=Name.ExtGState, BM=Name.Funny))


def profile(document: Pdf) -> None:
    document.Root.OutputIntents[0].DestOutputProfile = Stream(document, b"not a profile")


def no_intent(document: Pdf) -> None:
    document.Root.OutputIntents = Array()


def ink(document: Pdf) -> None:
    document.pages[0].contents_add(Stream(document, b"0 0 0 1 k"))


def hidden_note(document: Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], F=2, Contents="x")
    document.pages[0].Annots = Array([document.make_indirect(note)])


def untagged(document: Pdf) -> None:
    del document.Root.StructTreeRoot


@pytest.mark.parametrize(
    ("change", "breach"),
    [
        (lose_the_font, "is not embedded"),
        (call_it_b, "does not call itself"),
        (run_something, "/JavaScript"),
        (blend, "blend mode"),
        (profile, "no ICC profile"),
        (no_intent, "no output intent"),
        (ink, "ink on a page"),
        (hidden_note, "not printed"),
        (untagged, "not tagged"),
    ],
)
def test_what_would_keep_it_out_is_noticed(change: Callable[[Pdf], None], breach: str) -> None:
    assert any(breach in each for each in unfit(edited(change)))


def test_a_locked_or_lengthened_file_is_noticed() -> None:
    locked = edited(lambda _document: None, encryption=pikepdf.Encryption(owner="o", user=""))
    assert "encrypted" in unfit(locked)
    assert "something after the end" in unfit(edited(lambda _document: None) + b"more")
