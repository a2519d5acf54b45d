"""The same answer for other programs: `POST /api/v1/decision`, nothing stored, described by OpenAPI.

The body is read strictly: what could be understood in two ways is refused, with the field and the rule.
"""

from __future__ import annotations

from typing import Any, Final, get_args

from flask import Blueprint, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException

from app import clock, language
from app.extensions import csrf
from app.policy.decide import decide
from app.policy.facts import MOST_CHILDREN, Facts, FactsError, Household, Marriage, Service, Stage
from app.policy.reading import LONGEST as LONGEST_BODY
from app.policy.reading import read_object
from app.rates import at_most
from app.web import public

RATE: Final = "60 per minute"

bp = Blueprint("api", __name__, url_prefix="/api/v1")


@bp.post("/decision")
@public
@csrf.exempt  # type: ignore[untyped-decorator]
@at_most(RATE)
def decision() -> Response:
    """Decide from facts in JSON; facts not given are unknown."""
    g.script = language.negotiate(request.accept_languages)
    facts = Facts.from_json(read_body(), today=clock.today())
    text = decide(facts, current_app.extensions["law"]).to_text(language.translator())
    headers = {"Content-Language": language.LANG_ATTRIBUTE[g.script]}
    return Response(text, headers=headers, mimetype="application/json")


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    """The description of this interface."""
    return jsonify(description())


@bp.errorhandler(FactsError)
def bad_body(error: FactsError) -> Response:
    """400: names the field and the rule."""
    return problem(
        400, "The request does not keep the contract", field=error.field[:200], rule=error.rule
    )


@bp.errorhandler(HTTPException)
def http_error(error: HTTPException) -> Response:
    """405, 429 and the like, as problem+json too."""
    response = problem(error.code or 500, error.name)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def problem(status: int, title: str, **more: str) -> Response:
    """A problem document of RFC 9457."""
    response = jsonify({"type": "about:blank", "title": title, "status": status, **more})
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


# --- Reading strictly ---


def read_body() -> dict[str, Any]:
    """The JSON object of the request. Raises `FactsError`; limits come before parsing."""
    sent = request._get_current_object()  # type: ignore[attr-defined]  # looked up once
    if sent.mimetype != "application/json":
        raise FactsError("Content-Type", "application/json")
    if sent.mimetype_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise FactsError("Content-Type", "charset utf-8")
    if sent.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FactsError("Content-Encoding", "none; send the body as it is")
    if (sent.content_length or 0) > LONGEST_BODY:
        raise FactsError("request", "at most %(most)s bytes", most=LONGEST_BODY)
    content = sent.stream.read(LONGEST_BODY + 1)
    if len(content) > LONGEST_BODY:
        raise FactsError("request", "at most %(most)s bytes", most=LONGEST_BODY)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FactsError("request", "UTF-8 text") from error
    return read_object(text)


# --- Describing ---


def description() -> dict[str, Any]:
    """OpenAPI 3.1 of the two addresses."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "就近办 decisions",
            "version": "1",
            "description": (
                "Whether a birth needs registration or approval, where it may be filed, and what to "
                "bring. Nothing is stored; no login. Facts that are not given are unknown; the "
                "answer names those that matter in `missing`."
            ),
        },
        "paths": {
            "/api/v1/decision": {
                "post": {
                    "operationId": "decide",
                    "summary": "Decide from facts",
                    "parameters": [
                        {
                            "name": "Accept-Language",
                            "in": "header",
                            "schema": {"type": "string", "examples": ["zh-CN", "zh-TW"]},
                            "description": "Simplified or Traditional Chinese for the texts.",
                        }
                    ],
                    "requestBody": {"required": True, "content": _json("Facts")},
                    "responses": {
                        "200": {"description": "The decision", "content": _json("Decision")},
                        "400": {
                            "description": "The body does not keep the contract",
                            "content": _json("Problem", "application/problem+json"),
                        },
                        "429": {
                            "description": f"More than {RATE}",
                            "content": _json("Problem", "application/problem+json"),
                        },
                    },
                }
            },
            "/api/v1/openapi.json": {
                "get": {
                    "operationId": "describe",
                    "summary": "This description",
                    "responses": {"200": {"description": "OpenAPI 3.1"}},
                }
            },
        },
        "components": {"schemas": {**_request_schemas(), **_response_schemas()}},
    }


def _json(name: str, media: str = "application/json") -> dict[str, Any]:
    return {media: {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def _or_unknown(schema: dict[str, Any], meaning: str = "null: unknown") -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}], "description": meaning}


def _one_of(literal: Any) -> dict[str, Any]:
    return {"type": "string", "enum": list(get_args(literal))}


DATE: Final = {"type": "string", "format": "date"}
TRUTH: Final = {"type": "boolean"}
TEXT: Final = {"type": "string"}
COUNT: Final = {"type": "integer", "minimum": 0, "maximum": MOST_CHILDREN}
PLACE: Final = {
    "type": "string",
    "pattern": r"^([1-6]\d(\d{2}(\d{2}(\d{3})?)?)?|hk|mo|tw|abroad)$",
    "description": "A prefix of GB/T 2260 + township code (2, 4, 6 or 9 digits), or hk, mo, tw, abroad",
}


def _request_schemas() -> dict[str, Any]:
    person = _object(
        {
            "hukou": _or_unknown(PLACE),
            "prior_children": _or_unknown(
                COUNT, "Living children from before this marriage. Left out with marriage first: 0"
            ),
            "only_child": _or_unknown(TRUTH),
            "minority": _or_unknown(TRUTH),
            "residence": _or_unknown(
                _object(
                    {
                        "division": _or_unknown(PLACE),
                        "since": _or_unknown(DATE, "First day of living there"),
                        "permit": _or_unknown(TRUTH, "Holds a 居住证 there"),
                    }
                ),
                "Where the person really lives. null: at the hukou place. Left out: unknown",
            ),
        }
    )
    facts = _object(
        {
            "service": _one_of(Service),
            "on": _or_unknown(DATE, "Day of filing; default: today in Asia/Shanghai"),
            "woman": _or_unknown({"$ref": "#/components/schemas/Person"}),
            "man": _or_unknown(
                {"$ref": "#/components/schemas/Person"}, "null with marriage unmarried: no man"
            ),
            "marriage": _or_unknown(_one_of(Marriage)),
            "joint_children": _or_unknown(
                COUNT,
                "Living children of this couple, adopted ones included, without the one this filing is about",
            ),
            "children": _or_unknown(
                _object(
                    {
                        "disabled": _or_unknown(COUNT, "Among joint_children"),
                        "adopted": _or_unknown(COUNT, "Among joint_children"),
                        "girls": _or_unknown(COUNT, "Among joint_children"),
                        "died": _or_unknown(COUNT, "Besides joint_children"),
                    }
                )
            ),
            "household": _or_unknown(_one_of(Household)),
            "stage": _or_unknown(_one_of(Stage)),
            "born_on": _or_unknown(DATE, "Only with stage born"),
            "pledge": _or_unknown(TRUTH, "single_child_honor_certificate: pledged to one child"),
            "child_born_on": _or_unknown(DATE, "single_child_honor_certificate"),
        },
        required=["service"],
    )
    return {"Person": person, "Facts": facts}


OUTCOMES: Final = (
    "registration",
    "approval",
    "not_eligible",
    "not_required",
    "needs_staff",
    "incomplete",
)


def _response_schemas() -> dict[str, Any]:
    outcome = {"type": "string", "enum": list(OUTCOMES)}
    texts = {"type": "array", "items": TEXT}
    limit = _object(
        {
            "who": TEXT,
            "value": {"type": "integer"},
            "unit": {"type": "string", "enum": ["day", "working_day", "at_once"]},
            "from": TEXT,
            "text": TEXT,
        }
    )
    document = _object(
        {
            "id": TEXT,
            "name": TEXT,
            "of": texts,
            "form": TEXT,
            "copies": {"type": "integer"},
            "note": _or_unknown(TEXT, ""),
            "where_to_get": _or_unknown(TEXT, ""),
            "replaceable_by": texts,
            "condition": _or_unknown(TEXT, "Set while it is not known whether it is needed"),
        }
    )
    place = _object(
        {
            "role": {
                "type": "string",
                "enum": ["woman_hukou", "man_hukou", "woman_residence", "man_residence"],
            },
            "division": PLACE,
            "allowed": _or_unknown(TRUTH, "null: hangs on a missing fact"),
            "recommended": TRUTH,
            "outcome": outcome,
            "needs_staff": TRUTH,
            "opens_on": _or_unknown(DATE, "The day a stay is long enough"),
            "why_not": _or_unknown(TEXT, ""),
            "online": TRUTH,
            "any_township": TRUTH,
            "certificate": _or_unknown(TEXT, ""),
            "decided_by": {"enum": ["township", "county", None]},
            "decided_by_text": _or_unknown(TEXT, ""),
            "time_limits": {"type": "array", "items": limit},
            "documents": {"type": "array", "items": document},
            "notes": texts,
            "if_late": _or_unknown(TEXT, ""),
            "rulebooks": texts,
        }
    )
    reason = _object(
        {
            "rule": TEXT,
            "holds": _or_unknown(TRUTH, "null: not known yet"),
            "text": TEXT,
            "instrument": TEXT,
            "article": TEXT,
            "strength": {"type": "string", "enum": ["seed", "statute", "secondary", "derived"]},
            "link": _or_unknown(TEXT, ""),
        }
    )
    rulebook = _object(
        {
            "id": TEXT,
            "title": TEXT,
            "from": _or_unknown(DATE, ""),
            "to": _or_unknown(DATE, "null: still in force"),
            "strength": TEXT,
            "checked_on": DATE,
            "version": {**TEXT, "description": "A fingerprint of what the text says"},
            "not_held": texts,
        }
    )
    answer = _object(
        {
            "outcome": outcome,
            "needs_staff": {**TRUTH, "description": "A person must confirm the outcome"},
            "missing": {**texts, "description": "Request paths that can still change the answer"},
            "places": {"type": "array", "items": place},
            "fee": {"type": "integer", "const": 0},
            "if_late": _or_unknown(TEXT, ""),
            "reasons": {"type": "array", "items": reason},
            "rulebooks": {"type": "array", "items": rulebook},
        }
    )
    trouble = {
        "type": "object",
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "field": TEXT,
            "rule": TEXT,
        },
        "required": ["type", "title", "status"],
    }
    return {"Decision": answer, "Problem": trouble}
