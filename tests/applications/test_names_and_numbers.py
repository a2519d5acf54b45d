"""Names and numbers as people have them, through every page to the application; hostile bytes at the door."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import func, select

from app.applications import receipts
from app.applications.models import Application, Draft
from app.bodies import FORM
from app.extensions import db
from app.fields import check_digit_of, comparable_name
from tests.applications.filing import MAN, WOMAN, complete, fill, start, token_on
from tests.client import Client
from tests.html_rules import Page

pytestmark = pytest.mark.usefixtures("offices")


@pytest.fixture
def draft(client: Client, sign_in: Callable[..., Any], answered: Callable[..., None]) -> str:
    answered(client)
    sign_in(client)
    address = start(client)
    fill(client, address, "who", filer="woman")
    return address


def sent(client: Client, draft: str) -> Application:
    answer = client.post("/apply/submit", data={"token": token_on(client, draft)})
    assert answer.status_code == 303
    return db.session.scalars(select(Application)).one()


def stored(session: Any) -> Any:
    """What the draft holds of the woman, if anything."""
    return (session.scalars(select(Draft)).one().answers or {}).get("woman")


# --- E1: names ---

NAMES = {
    "Extension B to H": "𬱖𠮷㛃䶮\U000313ff",
    "one character": "贠",
    "ideographic description": "⿰王字",
    "private use": "\ue863",
    "a variation": "葛\U000e0100城",
    "forty": "欧" * 40,
    "Latin": "Anna O'Neill-Smith",
    "Uyghur": "ئابدۇرېھىم",
    "Tibetan": "བསོད་ནམས",
    **{f"dot {ord(dot):04x}": f"买买提{dot}吐尔逊" for dot in "·‧・•.．"},
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_E1_a_name_byte_for_byte_from_the_form_to_the_application(
    client: Client, draft: str, session: Any, name: str
) -> None:
    complete(client, draft, woman=WOMAN | {"name": name})
    shown = "".join(text for text, _ in Page(client.get(f"{draft}/check").text).texts)
    assert name in shown
    again = Page(client.get(f"{draft}/woman").text)
    box = next(each for each in again.elements if each.attributes.get("name") == "name")
    assert box.attributes["value"] == name
    application = sent(client, draft)
    assert application.answers["woman"]["name"] == name
    keys = {key.hash for key in application.search_keys}
    assert receipts.search_hash("name", name) in keys
    assert receipts.search_hash("name", f" {name} ") in keys


def test_E1_every_middle_dot_finds_the_same_person(
    client: Client, draft: str, session: Any
) -> None:
    complete(client, draft, woman=WOMAN | {"name": "买买提•吐尔逊"})
    keys = {key.hash for key in sent(client, draft).search_keys}
    for dot in "·‧・•.．∙⋅":
        assert comparable_name(f"买买提{dot}吐尔逊") == "买买提·吐尔逊"
        assert receipts.search_hash("name", f"买买提{dot}吐尔逊") in keys


def test_E1_forty_one_characters_are_too_many(client: Client, draft: str, session: Any) -> None:
    answer = client.post(f"{draft}/woman", data=WOMAN | {"name": "欧" * 41})
    assert answer.status_code == 422
    assert "姓名最多 40 个字" in answer.text
    assert "欧" * 41 in answer.text
    assert stored(session) is None


# --- E2 to E4: numbers ---


def test_E3_fifteen_and_eighteen_digits_are_one_person(
    client: Client, draft: str, app: Any, sign_in: Callable[..., Any], answered: Callable[..., None]
) -> None:
    """On both sides of a couple, and in two filings of one matter."""
    fill(client, draft, "woman", **WOMAN | {"id_number": "110105491231002"})
    assert (
        db.session.scalars(select(Draft)).one().answers["woman"]["id_number"] == WOMAN["id_number"]
    )
    for number in ("110105491231002", "11010519491231002x", "１１０１０５ 491231 002"):
        same = client.post(f"{draft}/man", data=MAN | {"id_number": number})
        assert same.status_code == 422
        assert "男女双方填了同一个证件号码" in same.text
    complete(client, draft, woman=WOMAN | {"id_number": "110105491231002"})
    sent(client, draft)
    his = Client(app)
    sign_in(his, "13900000002")
    answered(his)
    address = start(his, "man_hukou")
    complete(his, address, who={"filer": "man"}, where={"role": "man_hukou"})
    refused = his.post("/apply/submit", data={"token": token_on(his, address)})
    assert refused.status_code == 409


@pytest.mark.parametrize(
    "beginning", ["110103", "422401", "513026", "522221"], ids=["崇文", "沙市", "万县", "铜仁"]
)
def test_E4_a_number_of_a_county_that_is_gone_is_taken(
    client: Client, draft: str, session: Any, beginning: str
) -> None:
    first = f"{beginning}19880101002"
    fill(client, draft, "woman", **WOMAN | {"id_number": first + check_digit_of(first)})
    assert stored(session)["id_number"].startswith(beginning)


# --- E5 and E6: papers and children ---


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("resident_id", "911124198108030024"),
        ("resident_id", "810000199408230021"),
        ("residence_permit", "830000199201300022"),
        ("passport", "EJ1234567"),
        ("passport", "AA 000 123"),
        ("other", "H12345678(1)"),
    ],
)
def test_E5_every_kind_of_paper_leads_to_a_receipt(
    client: Client, draft: str, kind: str, number: str
) -> None:
    if kind == "resident_id":
        number = number[:17] + check_digit_of(number[:17])
    man = MAN | {"id_kind": kind, "id_number": number, "phone": ""}
    complete(client, draft, man=man)
    kept = sent(client, draft).answers["man"]
    assert kept["id_number"] == number.replace(" ", "")
    receipt = client.get(f"/apply/receipt/{db.session.scalars(select(Application)).one().number}")
    assert number not in receipt.text


@pytest.mark.parametrize("births", ["2", "3"])
def test_E6_twins_are_one_application_whoever_counts_them(
    client: Client,
    draft: str,
    app: Any,
    sign_in: Callable[..., Any],
    answered: Callable[..., None],
    births: str,
) -> None:
    child = {"stage": "pregnant", "births": births}
    complete(client, draft, children=child)
    assert sent(client, draft).answers["children"]["births"] == births
    his = Client(app)
    sign_in(his, "13900000002")
    answered(his)
    address = start(his, "man_hukou")
    complete(his, address, who={"filer": "man"}, where={"role": "man_hukou"})
    refused = his.post("/apply/submit", data={"token": token_on(his, address)})
    assert refused.status_code == 409
    assert db.session.scalar(select(func.count()).select_from(Application)) == 1


# --- E9: bytes ---

MARKS = "a" + "\u0301" * 30_000
# What is typed as a name, as raw bytes -> the answer, and the name that is kept. The same on every database.
BYTES: dict[str, tuple[bytes, int, str | None]] = {
    "nul": (quote("张\0三").encode(), 303, "张三"),
    "nul alone": (b"%00", 422, None),
    "control": (quote("张\x07\x1b[31m三").encode(), 303, "张[31m三"),
    "right to left": (quote("\u202e张三\u202c").encode(), 303, "张三"),
    "line break": (quote("张\r\n三").encode(), 303, "张 三"),
    "a lone surrogate": (b"%ED%A0%80", 400, None),
    "a pair of them": (b"%ED%A0%BD%ED%B8%80", 400, None),
    "overlong": (b"%C0%80%C0%AF", 400, None),
    "cut": (quote("张").encode()[:-1], 400, None),
    "GB18030, quoted": (quote("张三", encoding="gb18030").encode(), 400, None),
    "GB18030, raw": ("张三".encode("gb18030"), 400, None),
    "UTF-8, raw": ("张三".encode(), 303, "张三"),
    "what could not be read": (quote("张\ufffd").encode(), 422, None),
    "64 KB of marks": (quote(MARKS).encode(), 422, None),
    "a few marks": (quote("a" + "\u0301" * 5).encode(), 303, "a" + "\u0301" * 5),
    "not composed": (quote("e\u0301").encode(), 303, "e\u0301"),
}


@pytest.mark.parametrize("case", BYTES.values(), ids=BYTES)
def test_E9_bytes_are_refused_or_cleaned_alike_on_every_database(
    client: Client, draft: str, session: Any, case: tuple[bytes, int, str | None]
) -> None:
    raw, status, name = case
    rest = urlencode({key: value for key, value in WOMAN.items() if key != "name"}).encode()
    answer = client.post(f"{draft}/woman", data=rest + b"&name=" + raw, content_type=FORM)
    assert answer.status_code == status
    kept = stored(session)
    assert (kept["name"] if kept else None) == name


@pytest.mark.parametrize("raw", ["张三".encode("gb18030"), b"\xed\xa0\x80", b"\xc0\x80"])
def test_E9_a_part_that_is_no_utf_8_is_asked_again(
    client: Client, draft: str, session: Any, raw: bytes
) -> None:
    lines = [b"--b", b'Content-Disposition: form-data; name="name"', b"", raw]
    for name in ("id_kind", "id_number", "phone"):
        head = f'Content-Disposition: form-data; name="{name}"'.encode()
        lines += [b"--b", head, b"", WOMAN[name].encode()]
    body = b"\r\n".join([*lines, b"--b--", b""])
    answer = client.post(
        f"{draft}/woman", data=body, content_type="multipart/form-data; boundary=b"
    )
    assert answer.status_code == 422
    assert "有一个字没有传好" in answer.text
    assert stored(session) is None


@pytest.mark.parametrize("field", ["id_number", "phone", "id_kind"])
def test_E9_nul_in_the_other_boxes(client: Client, draft: str, session: Any, field: str) -> None:
    answer = client.post(f"{draft}/woman", data=WOMAN | {field: WOMAN[field] + "\0"})
    assert answer.status_code == (422 if field == "id_kind" else 303)
    assert stored(session) in (None, WOMAN)


def test_E9_nul_where_the_database_compares(client: Client, draft: str) -> None:
    """PostgreSQL cannot even be asked about a NUL."""
    for url, values in {
        "/apply/submit": {"token": "a\0b"},
        "/apply/start": {"begin": "a\0b", "role": "a\0b", "processing": "y", "sensitive": "y"},
        f"{draft}/facts": {"role": "\0"},
        "/track": {"number": "JJB-\0", "tail": "\0"},
    }.items():
        assert client.post(url, data=values).status_code in {303, 404, 422}, url


def test_E9_the_page_that_refuses_is_a_page(client: Client, draft: str) -> None:
    answer = client.post(f"{draft}/woman", data=b"name=%ED%A0%80", content_type=FORM)
    assert re.search("<h1>这次提交没有看懂</h1>", answer.text)
