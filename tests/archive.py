"""What keeps a PDF out of an archive: the essentials of PDF/A-2a that can be seen without a validator.

No validator of PDF/A-2 comes in a package for Python or Debian. These are the requirements of ISO 19005-2
that a change of template, font or typesetter would break first; the rest is the typesetter's own promise.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

FORBIDDEN_ACTIONS = {
    "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState",
    "/Rendition", "/Trans", "/GoTo3DView", "/JavaScript",
}  # fmt: skip
BLEND_MODES = {
    "/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge",
    "/ColorBurn", "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation",
    "/Color", "/Luminosity",
}  # fmt: skip
ANNOTATION_PRINTS, ANNOTATION_HIDDEN = 4, 1 | 2 | 32


def unfit(content: bytes) -> list[str]:
    """What keeps this file from being PDF/A-2a; nothing of a good one."""
    if not content.startswith(b"%PDF-1."):
        return ["header"]
    binary = content.split(b"\n", 2)[1]
    wrong = [] if binary[:1] == b"%" and all(each > 127 for each in binary[1:5]) else ["header"]
    if not content.rstrip(b"\r\n").endswith(b"%%EOF"):
        wrong.append("something after the end")
    with pikepdf.open(io.BytesIO(content)) as document:
        return [*wrong, *_of_the_file(document), *_of_the_objects(document)]


def _of_the_file(document: Pdf) -> Iterator[str]:
    if document.is_encrypted:
        yield "encrypted"
    if len(document.trailer.get("/ID", Array())) != 2:
        yield "no ID in the trailer"
    said = document.open_metadata()
    if (said.get("pdfaid:part"), said.get("pdfaid:conformance")) != ("2", "A"):
        yield "does not call itself PDF/A-2a"
    root = document.Root
    if not root.get("/MarkInfo", Dictionary()).get("/Marked") or "/StructTreeRoot" not in root:
        yield "not tagged"
    if not str(root.get("/Lang", "")):
        yield "says no language"
    for name in ("/AA", "/OCProperties"):
        if name in root:
            yield f"{name} in the catalogue"
    for name in ("/JavaScript", "/EmbeddedFiles"):
        if name in root.get("/Names", Dictionary()):
            yield f"{name} in the names"
    if {"/XFA", "/NeedAppearances"} & {*root.get("/AcroForm", Dictionary()).keys()}:
        yield "a form that a reader draws"
    yield from _of_colour(document)


def _of_colour(document: Pdf) -> Iterator[str]:
    """One RGB profile for what is meant for no device, and no ink beside it."""
    intents = [each for each in document.Root.get("/OutputIntents", ()) if each.S == Name.GTS_PDFA1]
    if len(intents) != 1 or "/DestOutputProfile" not in intents[0]:
        yield "no output intent"
    else:
        profile = intents[0].DestOutputProfile.read_bytes()
        if profile[36:40] != b"acsp" or profile[12:16] not in {b"mntr", b"prtr"}:
            yield "the output intent has no ICC profile"
        elif profile[16:20] != b"RGB ":
            yield "the profile is not for RGB"
    for page in document.pages:
        if {str(one.operator) for one in pikepdf.parse_content_stream(page)} & {"k", "K"}:
            yield "ink on a page"


def _of_the_objects(document: Pdf) -> Iterator[str]:
    for one in document.objects:
        if not isinstance(one, Dictionary | Stream):
            continue
        yield from _of_a_font(one)
        yield from _of_an_action(one)
        if isinstance(one, Stream):
            yield from _of_a_stream(one)
        if one.get("/Type") == Name.ExtGState or {"/BM", "/TR", "/TR2", "/HTP"} & {*one.keys()}:
            if {"/TR", "/HTP"} & {*one.keys()} or one.get("/TR2", Name.Default) != Name.Default:
                yield "a transfer function"
            if str(one.get("/BM", "/Normal")) not in BLEND_MODES:
                yield "an unknown blend mode"
        if one.get("/Type") == Name.Annot:
            yield from _of_an_annotation(one)


def _of_a_font(one: Any) -> Iterator[str]:
    if one.get("/Type") != Name.Font or one.get("/Subtype") == Name.Type3:
        return
    if one.Subtype == Name.Type0:
        if "/ToUnicode" not in one:
            yield f"no text in {one.BaseFont}"
        return
    described = one.get("/FontDescriptor", Dictionary())
    if not {"/FontFile", "/FontFile2", "/FontFile3"} & {*described.keys()}:
        yield f"{one.get('/BaseFont')} is not embedded"


def _of_an_action(one: Any) -> Iterator[str]:
    if str(one.get("/S", "")) in FORBIDDEN_ACTIONS:
        yield f"an action {one.S}"
    if "/AA" in one:
        yield "an action by itself"


def _of_a_stream(one: Stream) -> Iterator[str]:
    filters: Object = one.get("/Filter", Array())
    named = {str(filters)} if isinstance(filters, Name) else {str(each) for each in filters}
    if named & {"/LZWDecode", "/Crypt"}:
        yield f"packed by {named}"
    if {"/F", "/FFilter"} & {*one.keys()}:
        yield "a stream in another file"
    if one.get("/Subtype") == Name.PS or {"/OPI", "/Ref"} & {*one.keys()}:
        yield "a picture from elsewhere"
    if one.get("/ColorSpace") == Name.DeviceCMYK or one.get("/Interpolate"):
        yield "a picture in ink, or smoothed by the reader"


def _of_an_annotation(one: Any) -> Iterator[str]:
    flags = int(one.get("/F", 0))
    if not flags & ANNOTATION_PRINTS or flags & ANNOTATION_HIDDEN:
        yield "an annotation that is not printed"
    left, bottom, right, top = (float(each) for each in one.Rect)
    is_seen = right > left and top > bottom
    if is_seen and one.Subtype != Name.Link and "/AP" not in one:
        yield "an annotation without a look"
