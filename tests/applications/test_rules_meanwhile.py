"""Rules replaced while people ask and send: each answer is wholly of the old ones or wholly of the new."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.decisions import decision_for
from app.applications.models import Application
from app.fields import check_digit_of
from app.policy.law import Law
from app.policy.loading import RULEBOOKS, load
from tests import factories as make
from tests.applications.filing import at_once

pytestmark = pytest.mark.usefixtures("offices")
EVALUATIONS = 50
OLD, NEW = "办生育登记，不用审批", "办生育登记，不用谁审批"


@pytest.fixture
def laws(app: Flask, tmp_path: Path) -> Iterator[tuple[Law, Law]]:
    """The law of this site, and the same with other words and so another version."""
    folder = Path(shutil.copytree(RULEBOOKS, tmp_path / "rulebooks"))
    path = folder / "cn-2021.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(OLD, NEW), encoding="utf-8")
    held = app.extensions["law"]
    yield held, Law(load(folder))
    app.extensions["law"] = held


@pytest.fixture
def swapping(app: Flask, laws: tuple[Law, Law]) -> Iterator[None]:
    """All the while the law is replaced by the other one, and back."""
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            for law in laws:
                app.extensions["law"] = law
                done.wait(0.001)

    thread = threading.Thread(target=swap)
    thread.start()
    yield
    done.set()
    thread.join()


@pytest.fixture
def wholes(app: Flask, laws: tuple[Law, Law]) -> set[str]:
    """What each of the two answers."""
    found = set()
    for law in laws:
        app.extensions["law"] = law
        found.add(_asked(app)())
    assert len(found) == 2
    return found


def _asked(app: Flask) -> Callable[[], str]:
    def ask() -> str:
        with app.test_request_context():
            return json.dumps(decision_for(make.FIRST_CHILD), ensure_ascii=False)

    return ask


def test_H3_an_evaluation_is_wholly_old_or_wholly_new(
    app: Flask, wholes: set[str], swapping: None
) -> None:
    answers = at_once([_asked(app)] * EVALUATIONS)
    assert {str(answer) for answer in answers} <= wholes


def test_H3_what_is_pinned_to_an_application_is_of_one_law(
    app: Flask, session: Any, wholes: set[str], swapping: None
) -> None:
    for number in range(8):
        first = f"42118119900101{number:03}"
        make.filed(woman=make.WOMAN | {"id_number": first + check_digit_of(first)})
    for each in session.scalars(select(Application)):
        assert json.dumps(each.decision, ensure_ascii=False) in wholes
        assert each.rulebooks == each.decision["rulebooks"]
