"""Skipping ahead: whatever is asked for first, one is led to the first step that is not done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.models import Application, Draft, Upload
from app.applications.steps import STEPS
from tests.applications.filing import (
    STEPS as FILLED,
)
from tests.applications.filing import collect, fill, settle_documents, start
from tests.client import Client
from tests.shape.routes import WRITING, address, rules

pytestmark = pytest.mark.usefixtures("offices")
PAPER = "marriage_certificate"
# What a draft may be asked at any time: it can always be left, gone on with, or deleted.
ANY_TIME = {
    "applications.resume",
    "applications.drop",
    "applications.take_facts",
    "applications.recheck",
    "applications.change_service",
    # A photo is not thrown away because another tab has changed an answer meanwhile.
    "applications.upload",
    "applications.without",
    "applications.promise",
}


@pytest.fixture
def draft(client: Client, sign_in: Callable[..., Any], answered: Callable[..., None]) -> str:
    answered(client)
    sign_in(client)
    return start(client)


def way(client: Client, draft: str) -> list[tuple[str, Callable[[], Any]]]:
    """The steps of this filing in order, with what fills each of them in."""

    def filled(step: str) -> Callable[[], Any]:
        return lambda: fill(client, draft, step, **FILLED[step])

    # "where" is known from the checker.
    return [
        *((step, filled(step)) for step in FILLED if step != "where"),
        ("collect", lambda: collect(client, draft)),
        ("documents", lambda: settle_documents(client, draft)),
        ("declaration", lambda: fill(client, draft, "declaration", truth="y")),
    ]


def test_B7_every_later_step_at_every_moment(client: Client, draft: str, session: Any) -> None:
    token = session.scalars(select(Draft)).one().token
    steps = [step.name for step in STEPS]
    for here, do in way(client, draft):
        assert client.get(draft).location == f"{draft}/{here}"
        before = session.scalars(select(Draft)).one().answers
        for later in steps[steps.index(here) + 1 :]:
            for method in ("GET", "POST"):
                for headers in ({}, {"HX-Request": "true"}):
                    answer = client.open(
                        f"{draft}/{later}",
                        method=method,
                        headers=headers,
                        data={"truth": "y", "office": "x", "role": "man_hukou"},
                    )
                    assert (answer.status_code, answer.location) == (303, f"{draft}/{here}")
        answer = client.post("/apply/submit", data={"token": token})
        assert (answer.status_code, answer.location) == (303, f"{draft}/{here}")
        assert session.scalars(select(Draft)).one().answers == before
        do()
    assert client.get(draft).location == f"{draft}/check"
    assert session.scalars(select(Application)).all() == []


def test_B7_every_route_of_a_draft_that_has_only_begun(
    app: Flask, client: Client, draft: str, session: Any
) -> None:
    """Built from the routes, so that a new one is covered by itself: nothing is there to be had yet."""
    draft_id = draft.rsplit("/", 1)[-1]
    before = session.scalars(select(Draft)).one().answers
    reached = []
    for rule in rules(app):
        if "draft_id" not in rule.arguments or rule.endpoint in ANY_TIME:
            continue
        url = address(app, rule, draft_id=draft_id, step="declaration", document_id=PAPER)
        for method in sorted({"GET", *WRITING} & (rule.methods or set())):
            answer = client.open(url, method=method, data={"truth": "y"})
            if answer.status_code not in {303, 404}:
                reached.append(f"{method} {url}: {answer.status}")
    assert reached == []
    assert session.scalars(select(Draft)).one().answers == before
    assert session.scalars(select(Upload)).all() == []
