"""The interface for programs: the same decision, strict reading, nothing stored."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest
from sqlalchemy import text

from app.checker.api import LONGEST_BODY, RATE
from tests.client import Client

URL = "/api/v1/decision"
COUPLE: dict[str, Any] = {
    "service": "childbirth",
    "on": "2026-11-21",
    "woman": {
        "hukou": "4211",
        "prior_children": 0,
        "residence": {"division": "320583", "since": "2025-03-02", "permit": None},
    },
    "man": {"hukou": "45", "prior_children": 0, "residence": None},
    "marriage": "first",
    "joint_children": 1,
    "children": {"disabled": 0, "died": 0, "adopted": 0, "girls": None},
    "household": None,
    "stage": "pregnant",
    "born_on": None,
}


def ask(client: Client, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return client.post(
        URL, data=data, headers={"Content-Type": "application/json", **headers}, csrf=False
    )


def test_contract_answer(client: Client) -> None:
    answer = ask(client, COUPLE)
    assert answer.status_code == 200 and answer.mimetype == "application/json"
    body = answer.json
    assert (body["outcome"], body["needs_staff"], body["missing"], body["fee"]) == (
        "registration",
        False,
        [],
        0,
    )
    best = next(place for place in body["places"] if place["recommended"])
    assert best["role"] == "woman_residence" and best["division"] == "320583"
    assert {place["role"] for place in body["places"]} == {
        "woman_hukou",
        "man_hukou",
        "woman_residence",
    }


def test_answer_has_exactly_the_fields_that_are_described(client: Client) -> None:
    schemas = client.get("/api/v1/openapi.json").json["components"]["schemas"]
    body = ask(client, COUPLE).json
    described = schemas["Decision"]["properties"]
    assert set(body) == set(described)
    for name in ("places", "reasons", "rulebooks"):
        assert body[name]
        for item in body[name]:
            assert set(item) == set(described[name]["items"]["properties"]), name
    papers = [paper for place in body["places"] for paper in place["documents"]]
    inner = described["places"]["items"]["properties"]["documents"]["items"]["properties"]
    assert papers and all(set(paper) == set(inner) for paper in papers)


def test_request_fields_are_all_described(client: Client) -> None:
    schemas = client.get("/api/v1/openapi.json").json["components"]["schemas"]
    assert set(COUPLE) <= set(schemas["Facts"]["properties"])
    assert set(schemas["Facts"]["properties"]) - set(COUPLE) == {"pledge", "child_born_on"}


def test_facts_not_given_are_unknown_and_named(client: Client) -> None:
    body = ask(client, {"service": "childbirth"}).json
    assert body["outcome"] == "incomplete"
    assert body["missing"][0] == "woman.hukou"


def test_language_of_texts_follows_the_header(client: Client) -> None:
    client.get("/?lang=zh_Hant")  # a cookie is no preference of a program
    assert ask(client, COUPLE).headers["Content-Language"] == "zh-Hans-CN"
    taiwan = ask(client, COUPLE, **{"Accept-Language": "zh-TW"})
    assert taiwan.headers["Content-Language"] == "zh-Hant-TW"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**COUPLE, "mother": {}}, "mother"),
        ({**COUPLE, "woman": {"hukuo": "42"}}, "woman.hukuo"),
        ({**COUPLE, "woman": {"hukou": "99"}}, "woman.hukou"),
        ({**COUPLE, "woman": {"hukou": 42}}, "woman.hukou"),
        ({**COUPLE, "marriage": "married"}, "marriage"),
        ({**COUPLE, "joint_children": -1}, "joint_children"),
        ({**COUPLE, "joint_children": True}, "joint_children"),
        ({**COUPLE, "on": "2026-02-30"}, "on"),
        ({**COUPLE, "on": "21.11.2026"}, "on"),
        ({**COUPLE, "woman": {"residence": {"since": "2027-01-01"}}}, "woman.residence.since"),
        ({**COUPLE, "children": {"adopted": 5}}, "children.adopted"),
        ({}, "service"),
        ({"service": "divorce"}, "service"),
    ],
)
def test_a_bad_value_is_refused_by_field_and_rule(
    client: Client, body: dict[str, Any], field: str
) -> None:
    answer = ask(client, body)
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert answer.json["field"] == field and answer.json["rule"]
    assert answer.json["status"] == 400


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"service":' * 5_000,
        "[" * 2_000 + "]" * 2_000,
        '{"joint_children": ' + "9" * 10_000 + "}",
        '{"joint_children": 1' + "0" * 10_000_000 + "}",
        '{"service": "childbirth", "joint_children": NaN}',
        '{"service": "childbirth", "joint_children": Infinity}',
        '{"service": "childbirth", "joint_children": 1.0}',
        '{"service": "childbirth", "joint_children": 1e400}',
        '{"service": "childbirth", "service": "childbirth"}',
        '{"service": "childbirth", "woman": {"hukou": "42", "hukou": "45"}}',
        '"childbirth"',
        "[]",
        "null",
        "",
        "{",
        '{"service": "childbirth"} x',
        "\ufeff{}",
        b'{"service": "\xff\xfe"}',
        '{"service": "childbirth"}'.encode("utf-16"),
        '{"\\ud800": 1, "service": "childbirth"}',
        '{"service": "child\\u0000birth"}',
        '{"' + "a" * 10_000 + '": 1, "service": "childbirth"}',
    ],
)
def test_a_body_that_cannot_be_read_in_one_way_is_400_at_once(
    client: Client, body: bytes | str
) -> None:
    started = time.monotonic()
    answer = ask(client, body)
    assert answer.status_code == 400 and answer.mimetype == "application/problem+json"
    assert answer.json["rule"] and len(answer.data) < 1_000
    assert time.monotonic() - started < 1


def test_wrong_charset_type_and_encoding_are_400(client: Client) -> None:
    body = json.dumps(COUPLE)
    for headers, field in (
        ({"Content-Type": "application/json; charset=gb18030"}, "Content-Type"),
        ({"Content-Type": "text/plain"}, "Content-Type"),
        ({"Content-Encoding": "gzip"}, "Content-Encoding"),
    ):
        data = gzip.compress(body.encode()) if "Content-Encoding" in headers else body
        answer = ask(client, data, **headers)
        assert answer.status_code == 400 and answer.json["field"] == field


def test_body_just_at_the_limit_is_read(client: Client) -> None:
    body = json.dumps(COUPLE)
    assert ask(client, body.ljust(LONGEST_BODY)).status_code == 200
    assert ask(client, body.ljust(LONGEST_BODY + 1)).status_code == 400


def test_nothing_is_stored_and_no_cookie_set(client: Client, session: Any) -> None:
    answer = ask(client, COUPLE)
    assert "Set-Cookie" not in answer.headers
    for table in ("check_session", "shared_result"):
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_other_origins_get_no_leave_to_read(client: Client) -> None:
    answer = ask(client, COUPLE, Origin="https://elsewhere.example")
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    preflight = client.options(
        URL,
        headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"},
    )
    assert not [name for name, _ in preflight.headers if name.startswith("Access-Control")]


def test_too_many_requests_are_told_so_in_the_same_form(client: Client) -> None:
    allowed = int(RATE.split()[0])
    codes = [ask(client, COUPLE).status_code for _ in range(allowed + 1)]
    assert codes == [200] * allowed + [429]
    refused = ask(client, COUPLE)
    assert refused.mimetype == "application/problem+json" and refused.json["status"] == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_other_methods_are_a_problem_document_too(client: Client) -> None:
    answer = client.get(URL)
    assert answer.status_code == 405 and "POST" in answer.headers["Allow"]
