"""An answer that is changed later: what it makes pointless goes and is said, the rest is looked at again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.applications.models import Application, Draft, Upload
from app.vault import keyed_hash
from tests.applications.filing import (
    CONSENT,
    WOMAN,
    checked,
    complete,
    entrust,
    fill,
    put_offices_off_line,
    start,
    token_on,
)
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
AGAIN = "这一步要再看一次"


@pytest.fixture
def draft(client: Client, sign_in: Callable[..., Any], answered: Callable[..., None]) -> str:
    answered(client)
    sign_in(client)
    address = start(client)
    complete(client, address)
    return address


def now_answers(client: Client, changes: dict[str, Any]) -> None:
    client.set_cookie("check", checked(changes))


def add_photo(session: Any, document_id: str) -> None:
    session.add(
        Upload(
            draft=session.scalars(select(Draft)).one(),
            document_id=document_id,
            page=1,
            key=keyed_hash("test", document_id)[:32],
            sha256="0" * 64,
            size=1,
            media_type="image/jpeg",
            name="照片.jpg",
        )
    )
    session.commit()


def test_C5_a_changed_province_is_looked_at_step_by_step(
    client: Client, draft: str, session: Any
) -> None:
    """Documents were loaded for 苏州; then it turns out that she lives nowhere but at her hukou."""
    now_answers(client, {"woman.residence": {"value": None}, "woman.hukou": {"value": "421181103"}})
    assert client.get(f"{draft}/check").status_code == 200
    assert client.post(f"{draft}/facts", data={"role": "woman_hukou"}).location == draft
    assert client.get(draft).location == f"{draft}/where"
    page = client.get(f"{draft}/where").text
    assert AGAIN in page
    assert re.search('value="woman_hukou" checked', page)
    assert fill(client, draft, "where", role="woman_hukou").location == f"{draft}/collect"
    page = client.get(f"{draft}/collect").text
    assert AGAIN in page
    office = re.search('<option selected value="([^"]+)"|<option value="([^"]+)"', page)
    assert office
    fill(client, draft, "collect", office=office[1] or office[2])
    following = client.get(draft).location
    while not following.endswith("/declaration"):
        assert AGAIN in client.get(following).text
        following = fill(client, draft, following.rsplit("/", 1)[-1]).location
    page = client.get(f"{draft}/declaration").text
    assert AGAIN in page
    assert "checked" not in page
    assert fill(client, draft, "declaration", truth="y").location == f"{draft}/check"
    assert AGAIN not in client.get(f"{draft}/declaration").text
    assert client.post("/apply/submit", data={"token": token_on(client, draft)}).status_code == 303
    sent = session.scalars(select(Application)).one()
    assert sent.facts["woman"]["hukou"] == "421181103"
    assert set(sent.answers) & {"rests_on", "dropped"} == set()


def test_C5_nothing_is_sent_before_it_was_looked_at(
    client: Client, draft: str, session: Any
) -> None:
    token = token_on(client, draft)
    now_answers(client, {"woman.residence": {"value": None}})
    client.post(f"{draft}/facts", data={"role": "woman_hukou"})
    refused = client.post("/apply/submit", data={"token": token})
    assert (refused.status_code, refused.location) == (303, f"{draft}/where")
    assert session.scalars(select(Application)).all() == []


def test_C5_orphan_papers_are_removed_and_named_once(
    client: Client, draft: str, session: Any
) -> None:
    entrust(client, draft, how="paper")
    add_photo(session, "power_of_attorney")
    said = "已经替您删掉：授权委托书和代办人身份证。"
    page = client.get(f"{draft}/documents").text
    assert "要交的材料变了" in page
    assert said not in page
    fill(client, draft, "who", filer="woman")
    assert session.scalars(select(Upload.document_id)).all() == ["id_or_hukou_booklet"]
    assert said in client.get(f"{draft}/woman").text
    assert said in client.fragment(f"{draft}/documents").text
    fill(client, draft, "woman", **WOMAN)
    assert said not in client.get(f"{draft}/documents").text


def test_C5_a_child_that_was_born_is_declared_anew(client: Client, draft: str) -> None:
    fill(client, draft, "children", stage="born", born_on="2026-01-02", births="1")
    assert client.get(draft).location == f"{draft}/consent"
    following = fill(client, draft, "consent", **CONSENT, children="y").location
    assert following == f"{draft}/who"
    assert client.get(draft).location in {f"{draft}/documents", f"{draft}/declaration"}
    assert AGAIN in client.get(client.get(draft).location).text


@pytest.mark.parametrize("name", ["改名", WOMAN["name"]])
def test_C5_a_corrected_name_makes_nothing_pointless(client: Client, draft: str, name: str) -> None:
    changed = client.post(f"{draft}/woman?from=check", data=WOMAN | {"name": name})
    assert changed.location == f"{draft}/check"
    for step in ("where", "collect", "documents", "declaration"):
        assert AGAIN not in client.get(f"{draft}/{step}").text


def test_C5_an_office_that_closed_is_chosen_again(client: Client, draft: str, session: Any) -> None:
    put_offices_off_line()
    assert client.get(draft).location == f"{draft}/where"
    assert AGAIN in client.get(f"{draft}/where").text


def test_the_list_of_drafts_says_where_one_goes_on(client: Client, draft: str) -> None:
    now_answers(client, {"woman.residence": {"value": None}})
    client.post(f"{draft}/facts", data={"role": "woman_hukou"})
    assert "填到第 6 步" in client.get("/my").text


def test_C5_a_wrong_answer_is_corrected_from_the_draft_on_any_device(
    client: Client, draft: str, session: Any
) -> None:
    """The browser knows nothing of the checker any more; the draft does."""
    client.delete_cookie("check")
    before = session.scalars(select(Draft)).one().facts
    assert client.post(f"{draft}/recheck").location == "/check/joint_children"
    page = client.get("/check/result").text
    assert "/apply/start" in page
    unchanged = client.get("/apply/start?role=woman_residence").text
    assert "刚才的自测和这份不一样" not in unchanged
    client.post("/check/joint_children", data={"choice": "1"})
    offered = client.get("/apply/start?role=woman_residence").text
    assert "刚才的自测和这份不一样" in offered
    client.post(f"{draft}/facts", data={"role": "woman_residence"})
    after = session.scalars(select(Draft)).one().facts
    assert after == before | {"joint_children": 1}


# --- Another script, another size, in the middle of it ---


def test_C6_unsaved_fields_come_along(client: Client, draft: str, session: Any) -> None:
    page = client.post(f"{draft}/woman", data=WOMAN | {"name": "半个", "lang": "zh_Hant"})
    assert page.status_code == 200
    assert "半个" in page.text
    assert 'lang="zh-Hant-TW"' in page.text
    assert 'class="errors"' not in page.text
    assert session.scalars(select(Draft)).one().answers["woman"] == WOMAN


@pytest.mark.parametrize(
    ("wish", "says"),
    [({"lang": "zh_Hant"}, "請照證件填寫姓名"), ({"large": "1"}, "请照证件填写姓名")],
)
def test_C6_errors_come_along_in_the_new_script(
    client: Client, draft: str, session: Any, wish: dict[str, str], says: str
) -> None:
    typed = WOMAN | {"name": "", "phone": "1380000"}
    wrong = client.post(f"{draft}/woman", data=typed)
    assert wrong.status_code == 422
    assert re.search('<input type="hidden" form="step" name="errors_shown" value="1">', wrong.text)
    page = client.post(f"{draft}/woman", data=typed | {"errors_shown": "1"} | wish)
    assert page.status_code == 422
    assert page.text.count(says) == 2, "in the summary and at the field"
    assert "1380000" in page.text
    assert "errors_shown" in page.text
    assert session.scalars(select(Draft)).one().answers["woman"] == WOMAN
    fill(client, draft, "woman", **WOMAN, errors_shown="1")


@pytest.mark.parametrize("url", ["/track", "/sign-in", "/check/woman.hukou"])
def test_C6_on_the_other_forms_too(client: Client, url: str) -> None:
    page = client.post(url, data={"lang": "zh_Hant", "errors_shown": "1"})
    assert page.status_code == 422
    assert "請先改好下面幾處" in page.text
    assert client.post(url, data={"lang": "zh_Hant"}).status_code == 200
