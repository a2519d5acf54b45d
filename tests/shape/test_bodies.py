"""What no form of ours could have sent: refused at once and cheaply, with a page a person can read."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from app.bodies import FORM, LARGEST, LONGEST_NAME, MOST_FIELDS
from tests import factories as make
from tests.client import CSRF_SECRET, Client
from tests.shape.routes import WRITING, addresses, rules
from tests.shape.test_guards import WITHOUT_TOKEN

MOST_SECONDS, MOST_BYTES = 1, 50 * 1024 * 1024
BOUNDARY = "b" * 30


def parts(count: int, boundary: str = BOUNDARY, size: int = 1) -> bytes:
    """A multipart body of this many fields."""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\n'.encode()
    return (head + b"x" * size + b"\r\n") * count + f"--{boundary}--\r\n".encode()


MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
LONG_BOUNDARY = "b" * 10_240
# name -> (content type, body)
SHAPES: dict[str, tuple[str, bytes]] = {
    "10,000 fields": (FORM, b"&".join(b"field%d=1" % n for n in range(10_000))),
    "one name 1,000 times": (FORM, b"&".join([b"name=1"] * 1_000)),
    "1 MB in one field": (FORM, b"name=" + b"x" * 1024 * 1024),
    "nested": (FORM, b"name" + b"[a]" * 5_000 + b"=1"),
    "nothing but separators": (FORM, b"&" * 500_000),
    "10,000 parts": (MULTIPART, parts(10_000)),
    "1 MB in one part": (MULTIPART, parts(1, size=1024 * 1024)),
    "a boundary of 10 KB": (
        f"multipart/form-data; boundary={LONG_BOUNDARY}",
        parts(200, LONG_BOUNDARY),
    ),
    "a boundary that never comes": (MULTIPART, b"x" * (LARGEST - 1)),
    "half a boundary, again and again": (MULTIPART, b"\r\n--" + BOUNDARY[:-1].encode() * 30_000),
    "no boundary": ("multipart/form-data", parts(3)),
    "a part without a name": (MULTIPART, parts(1).replace(b'; name="name"', b"")),
    "a head without an end": (MULTIPART, f"--{BOUNDARY}\r\nA: ".encode() + b"b" * 900_000),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("url", ["/track", "/sign-in", "/apply/submit"])
def test_C7_refused_at_once_and_in_little_memory(
    app: Flask, session: Any, url: str, shape: tuple[str, bytes]
) -> None:
    browser = make.browser_of(make.citizen(), app)
    browser.get("/")
    content_type, body = shape
    begun = time.thread_time()
    answer = browser.post(url, data=body, content_type=content_type)
    took = time.thread_time() - begun
    tracemalloc.start()
    browser.post(url, data=body, content_type=content_type)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code in {400, 413}
    assert took < MOST_SECONDS
    assert peak < MOST_BYTES


def test_C7_a_body_of_files_is_for_views_that_take_files(app: Flask, session: Any) -> None:
    """Elsewhere a megabyte is the most, said by the head of the request or found while reading."""
    browser = make.browser_of(make.citizen(), app)
    file = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\n'.encode()
        + b"x" * LARGEST
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    assert browser.post("/track", data=file, content_type=MULTIPART).status_code == 413
    lying = browser.post(
        "/track", data=file, content_type=MULTIPART, headers={"Content-Length": "9"}
    )
    assert lying.status_code in {400, 413, 422}


def test_C7_forms_of_usual_size_are_taken(client: Client) -> None:
    names = [f"n{number}=1".encode() for number in range(MOST_FIELDS - 1)]
    names.append(b"n" * LONGEST_NAME + b"=1")
    answer = client.post("/track", data=b"&".join(names), content_type=FORM)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        (f"{FORM}; charset=gb18030", {}),
        (f"{FORM}; charset=utf-7", {}),
        (FORM, {"Content-Encoding": "gzip"}),
        (f"{MULTIPART}; charset=big5", {}),
    ],
)
def test_C8_another_encoding_is_not_guessed(
    client: Client, content_type: str, headers: dict[str, str]
) -> None:
    body = gzip.compress(b"number=1") if headers else b"number=1"
    answer = client.post("/track", data=body, content_type=content_type, headers=headers)
    assert answer.status_code == 400


JSON = {
    "100,000 deep": "[" * 100_000,
    "objects 100,000 deep": '{"a":' * 100_000,
    "a number of 10 MB": "9" * 10 * 1024 * 1024,
    "NaN": '{"service": "childbirth", "joint_children": NaN}',
    "Infinity": '{"service": "childbirth", "joint_children": -Infinity}',
    "a number with 4,000 digits": '{"service": "childbirth", "joint_children": '
    + "9" * 4_000
    + "}",
    "a huge exponent": '{"service": "childbirth", "joint_children": 1e999999}',
    "a name twice": '{"service": "childbirth", "service": "childbirth"}',
    "no JSON": "service=childbirth",
    "nothing": "",
}


@pytest.mark.parametrize("body", JSON.values(), ids=JSON)
def test_C8_json_that_is_none(client: Client, body: str) -> None:
    begun = time.thread_time()
    answer = client.post("/api/v1/decision", data=body, content_type="application/json")
    assert time.thread_time() - begun < MOST_SECONDS
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert json.loads(answer.text)["rule"]


@pytest.mark.parametrize(
    ("content_type", "encode"),
    [
        ("application/json", "gb18030"),
        ("application/json; charset=gb18030", "gb18030"),
        ("application/json", "utf-16"),
        ("text/plain", "utf-8"),
    ],
)
def test_C8_json_in_another_charset(client: Client, content_type: str, encode: str) -> None:
    body = '{"service": "childbirth", "note": "生育登记"}'.encode(encode)
    assert client.post("/api/v1/decision", data=body, content_type=content_type).status_code == 400


def test_C8_packed_json(client: Client) -> None:
    answer = client.post(
        "/api/v1/decision",
        data=gzip.compress(b'{"service": "childbirth"}'),
        content_type="application/json",
        headers={"Content-Encoding": "gzip"},
    )
    assert answer.status_code == 400


# --- From somewhere else ---


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil", "x"])
def test_C1_a_form_on_another_site_is_refused(app: Flask, client: Client, origin: str) -> None:
    """Even with a token that is right: every writing route."""
    taken = [
        f"{method} {url}: {answer.status}"
        for rule, method, url in addresses(app, WRITING)
        if _name(app, rule) not in WITHOUT_TOKEN
        and (answer := client.open(url, method=method, headers={"Origin": origin})).status_code
        != 403
    ]
    assert taken == []


def test_C1_our_own_pages_are_no_other_site(client: Client) -> None:
    for origin in ("http://localhost", "https://localhost"):
        assert client.post("/track", headers={"Origin": origin}).status_code == 422


def tokens(app: Flask) -> dict[str, str]:
    """Values of `csrf_token` that are no token of this browser."""
    right = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(CSRF_SECRET)
    return {
        "empty": "",
        "of another browser": URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(
            "b" * 40
        ),
        "signed with an old secret": URLSafeTimedSerializer("old", salt="wtf-csrf-token").dumps(
            CSRF_SECRET
        ),
        "cut": right[:-1],
        "nul": "a\0b",
        "long": "a" * 50_000,
    }


@pytest.mark.parametrize(
    "kind", ["empty", "of another browser", "signed with an old secret", "cut", "nul", "long"]
)
def test_C1_a_token_that_is_not_this_browsers(app: Flask, client: Client, kind: str) -> None:
    """The page says so in the reader's script, and nothing is written: every writing route."""
    token = tokens(app)[kind]
    client.get("/track")
    taken = []
    for rule, method, url in addresses(app, WRITING):
        if _name(app, rule) in WITHOUT_TOKEN:
            continue
        answer = client.open(
            url,
            method=method,
            data={"csrf_token": token},
            csrf=False,
            headers={"Accept-Language": "zh-TW"},
        )
        if answer.status_code != 400 or 'lang="zh-Hant-TW"' not in answer.text:
            taken.append(f"{method} {url}: {answer.status}")
    assert taken == []


def test_C1_what_writes_is_not_done_by_get(app: Flask, client: Client) -> None:
    """A route that takes both asks for a form by GET; one that only writes answers 405."""
    for rule in rules(app):
        if WRITING & (rule.methods or set()) and "GET" not in (rule.methods or set()):
            url = next(url for each, _, url in addresses(app, WRITING) if each is rule)
            same = [one for one in rules(app) if one.rule == rule.rule and "GET" in one.methods]
            if not same:
                assert client.get(url).status_code in {303, 404, 405}, url


def _name(app: Flask, rule: Any) -> str:
    view = app.view_functions[rule.endpoint]
    return f"{view.__module__}.{view.__name__}"
