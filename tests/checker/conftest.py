"""What checker tests share: a couple's answers, and a way through the interview."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import rates
from tests.client import Client

COUPLE: Mapping[str, Mapping[str, str]] = {
    "woman.hukou": {"division": "421181102"},
    "marriage": {"choice": "first"},
    "man.hukou": {"division": "450102001"},
    "joint_children": {"choice": "1"},
    "woman.residence": {"where": "elsewhere", "division": "320576050"},
    "man.residence": {"where": "with_woman"},
    "woman.only_child": {"choice": "yes"},
    "man.only_child": {"choice": "yes"},
    "woman.residence.since": {"day": "2014-01-03"},
    "man.residence.since": {"day": "2014-01-03"},
    "stage": {"choice": "pregnant"},
    "household": {"choice": "urban"},
}

UNSURE = {"choice": "unsure", "where": "unsure", "unsure": "y"}


@pytest.fixture(autouse=True)
def fresh_limits(app: Flask) -> Iterator[None]:
    """Each test starts with nothing counted."""
    rates.forget_all(app)
    yield


@pytest.fixture
def walk(client: Client) -> Callable[..., TestResponse]:
    """Answer every question that is asked; what is not in `answers` is answered “不确定”."""

    def go(answers: Mapping[str, Any] = COUPLE, service: str = "childbirth") -> TestResponse:
        url = client.get(f"/check?service={service}").location
        for _ in range(30):
            if "/check/result" in url:
                return client.get(url)
            assert client.get(url).status_code == 200
            path = url.split("/check/")[1].split("?")[0]
            sent = {**answers.get(path, UNSURE), "service": service}
            answer = client.post(f"/check/{path}", data=sent)
            assert answer.status_code == 303, (path, answer.text)
            url = answer.location
        raise AssertionError("the interview does not end")

    return go
