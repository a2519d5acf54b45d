"""An open draft says on each of its pages that the rules it rested on have changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.models import Draft
from app.policy.law import Law
from app.policy.loading import RULEBOOKS, load
from tests.applications.filing import fill, start
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
SAYS = "规则有更新，请再看一次"


@pytest.fixture
def draft(client: Client, sign_in: Callable[..., Any], answered: Callable[..., None]) -> str:
    answered(client)
    sign_in(client)
    address = start(client)
    fill(client, address, "who", filer="woman")
    return address


@pytest.fixture
def edit(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """`edit(old, new)`: the site is started again with another text of cn-2021."""

    def replace(old: str, new: str) -> None:
        folder = Path(shutil.copytree(RULEBOOKS, tmp_path / "rulebooks"))
        path = folder / "cn-2021.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        monkeypatch.setitem(app.extensions, "law", Law(load(folder)))

    return replace


def says_so(client: Client, draft: str) -> set[bool]:
    """Whether it is said: in the list of drafts, and on two steps."""
    return {SAYS in client.get(url).text for url in ("/my", f"{draft}/who", f"{draft}/woman")}


def test_nothing_is_said_while_the_rules_stay(client: Client, draft: str) -> None:
    assert says_so(client, draft) == {False}


def test_a_corrected_text(client: Client, draft: str, edit: Callable[[str, str], None]) -> None:
    """The same id, other words: only the version tells; and going on does not hide it."""
    edit("办生育登记，不用审批", "办生育登记，不用谁审批")
    assert says_so(client, draft) == {True}
    fill(client, draft, "who", filer="woman")
    assert says_so(client, draft) == {True}


def test_a_source_that_was_looked_at_again(
    client: Client, draft: str, edit: Callable[[str, str], None]
) -> None:
    edit("checked_on: 2026-11-21", "checked_on: 2026-11-20")
    assert says_so(client, draft) == {False}


def test_an_answer_about_the_child_is_no_change_of_rules(
    client: Client, draft: str, session: Any
) -> None:
    before = session.scalars(select(Draft)).one().rulebooks
    fill(client, draft, "children", stage="pregnant", births="1", expected_on="2027-03-01")
    assert before
    assert says_so(client, draft) == {False}


def test_a_rule_that_began_within_a_text_since(
    client: Client, draft: str, edit: Callable[[str, str], None], app: Flask, session: Any
) -> None:
    """The text and its version stay, but one of its parts has a first day of its own."""
    edit("    online: true\n", "    online_from: 2031-01-01\n")
    row = session.scalars(select(Draft)).one()
    held = {book.id: book for book in app.extensions["law"].shelf.rulebooks}
    row.rulebooks = [{**one, "version": held[one["id"]].version} for one in row.rulebooks]
    session.commit()
    assert says_so(client, draft) == {False}
    row.as_of = date(2030, 12, 31)
    session.commit()
    app.config["AS_OF"] = date(2031, 1, 1)
    assert says_so(client, draft) == {True}
