"""Sending: once, whatever happens at the same moment; one live application for a couple's birth."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.applications import drafts, receipts, submission
from app.applications.models import Application, Draft, Event, State
from app.applications.steps import Filing
from app.extensions import db
from app.notifications import errands
from app.notifications.models import Errand, OutboxMessage
from tests import factories as make
from tests.applications.filing import (
    CONSENT,
    MAN,
    WOMAN,
    at_once,
    complete,
    copy_of,
    fill,
    start,
    token_on,
)
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")


@pytest.fixture
def citizen(client, sign_in, answered):
    answered(client)
    return sign_in(client)


@pytest.fixture
def draft(client, citizen) -> str:
    address = start(client)
    complete(client, address)
    return address


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("posts", [10, 20])
def test_C3_equal_posts_at_once_make_one_application(client, draft, session, posts):
    token = token_on(client, draft)
    session.commit()
    tabs = [copy_of(client) for _ in range(posts)]
    answers = at_once(
        [lambda tab=tab: tab.post("/apply/submit", data={"token": token}) for tab in tabs]
    )
    assert [(each.status_code, each.location) for each in answers] == [
        (303, answers[0].location)
    ] * posts
    assert client.get(answers[0].location).status_code == 200
    assert errands.run_due() == 1
    assert (count(Application), count(Event), count(OutboxMessage)) == (1, 1, 2)


def test_what_another_tab_saves_while_it_is_read_is_sent(
    app: Flask, session: Any, offices: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits while an application is worked out, so what it was made of is looked at again."""
    draft = make.drafted()
    looked: list[str] = []
    worked_out = submission._search_keys

    def saved_meanwhile(application: Application, filing: Filing) -> Any:
        looked.append(filing.answers["woman"]["name"])
        if len(looked) == 1:
            at_once([partial(_rename, app, draft.id, "张新名")])
        return worked_out(application, filing)

    monkeypatch.setattr(submission, "_search_keys", saved_meanwhile)
    with app.test_request_context():
        application = submission.submit(draft.citizen, draft.token)
    assert looked == [make.WOMAN["name"], "张新名"]
    assert application.answers["woman"]["name"] == "张新名"
    assert (count(Application), count(Event), count(Errand)) == (1, 1, 1)


def _rename(app: Flask, draft_id: uuid.UUID, name: str) -> None:
    with app.test_request_context():
        draft = db.session.get_one(Draft, draft_id)
        drafts.save_answer(draft, "woman", make.WOMAN | {"name": name})
        db.session.commit()


def test_C3_back_and_send_again_leads_to_the_same_receipt(client, draft, session):
    token = token_on(client, draft)
    first = client.post("/apply/submit", data={"token": token})
    again = client.post("/apply/submit", data={"token": token})
    assert first.location == again.location
    assert count(Application) == 1
    assert client.get(f"{draft}/check").status_code == 404


@pytest.fixture
def husband(app, client, draft, sign_in, answered) -> tuple[Client, str]:
    """The man, who fills in the same matter on his own account."""
    his = type(client)(app)
    sign_in(his, "13900000002")
    answered(his)
    address = start(his, "man_hukou")
    complete(his, address, who={"filer": "man"}, where={"role": "man_hukou"})
    return his, address


def test_C4_the_other_spouse_is_told_without_the_first_ones_data(client, draft, husband, session):
    his, address = husband
    assert client.post("/apply/submit", data={"token": token_on(client, draft)}).status_code == 303
    refused = his.post("/apply/submit", data={"token": token_on(his, address)})
    assert refused.status_code == 409
    assert "这件事已经在办了" in refused.text
    number = session.scalars(select(Application)).one().number
    for secret in (number, WOMAN["name"], MAN["name"], WOMAN["id_number"]):
        assert secret not in refused.text
    assert his.get(f"{address}/check").status_code == 200
    assert count(Application) == 1


def test_C4_both_spouses_at_the_same_moment(client, draft, husband, session):
    his, address = husband
    hers = token_on(client, draft), token_on(his, address)
    session.commit()
    answers = at_once(
        [
            lambda: client.post("/apply/submit", data={"token": hers[0]}),
            lambda: his.post("/apply/submit", data={"token": hers[1]}),
        ]
    )
    assert sorted(each.status_code for each in answers) == [303, 409]
    assert errands.run_due() == 1
    assert (count(Application), count(Event), count(OutboxMessage)) == (1, 1, 2)


def test_C4_after_the_end_the_same_couple_may_file_again(client, draft, husband, session):
    client.post("/apply/submit", data={"token": token_on(client, draft)})
    first = session.scalars(select(Application)).one()
    first.state, first.live_key = State.WITHDRAWN, None
    his, address = husband
    assert his.post("/apply/submit", data={"token": token_on(his, address)}).status_code == 303


def test_C4_E6_another_birth_of_the_same_couple_is_another_matter(client, draft, husband, answered):
    client.post("/apply/submit", data={"token": token_on(client, draft)})
    his, address = husband
    answered(his, {"joint_children": {"value": 1}})
    taken = his.post(f"{address}/facts", data={"role": "man_hukou"})
    assert taken.location == address
    fill(his, address, "consent", **CONSENT, children="y")
    assert his.get(address).location == f"{address}/declaration"
    fill(his, address, "declaration", truth="y")
    assert his.post("/apply/submit", data={"token": token_on(his, address)}).status_code == 303
    assert count(Application) == 2


def test_H1_a_case_changed_meanwhile_is_not_overwritten(client, draft, session, app):
    client.post("/apply/submit", data={"token": token_on(client, draft)})
    mine = session.scalars(select(Application)).one()
    with app.app_context():
        other = db.session.scalars(select(Application)).one()
        other.state = State.ACCEPTED
        db.session.commit()
        assert other.version == 2
    mine.state = State.WITHDRAWN
    from sqlalchemy.orm.exc import StaleDataError

    with pytest.raises(StaleDataError):
        session.commit()
    session.rollback()


def test_a_receipt_is_found_by_number_and_the_last_four(client, draft, session):
    client.post("/apply/submit", data={"token": token_on(client, draft)})
    found = session.scalars(select(Application)).one()
    typed = found.number.lower().replace("-", " ")
    for tail in ("0001", "0002", "002X", "002x", "0014"):
        assert receipts.find_by_receipt(typed, tail) is found
    for number, tail in ((typed, "9999"), (typed, ""), ("JJB-2222-2222-2222", "0001"), ("", "")):
        assert receipts.find_by_receipt(number, tail) is None


def test_E1_a_case_is_found_by_its_people_through_keyed_hashes(client, draft, session):
    client.post("/apply/submit", data={"token": token_on(client, draft)})
    found = session.scalars(select(Application)).one()
    keys = {(key.person, key.kind): key.hash for key in found.search_keys}
    assert keys["woman", "id_number"] == receipts.search_hash("id_number", WOMAN["id_number"])
    # Every middle dot is the same to a search.
    assert keys["woman", "name"] == receipts.search_hash("name", "阿依古丽•买买提")
    assert keys["man", "phone"] == receipts.search_hash("phone", MAN["phone"])


def test_in_2014_the_clock_of_hubei_is_on_the_receipt(client, sign_in, answered, as_of, session):
    as_of("2014-06-03")
    answered(
        client,
        {
            "woman.hukou": {"value": "421181100"},
            "joint_children": {"value": 1},
            "woman.residence": {"value": None},
            "woman.only_child": {"value": True},
            "man.only_child": {"value": False},
            "household": {"value": "urban"},
            "stage": {"value": "pregnant"},
        },
    )
    sign_in(client)
    page = client.get("/apply/start").text
    assert "再生育审批" in page
    draft = start(client, "woman_hukou", processing="y", sensitive="y", children="y")
    fill(client, draft, "who", filer="woman")
    fill(client, draft, "woman", **WOMAN)
    fill(client, draft, "man", **MAN)
    fill(client, draft, "children", stage="pregnant", births="1")
    fill(client, draft, "where", role="woman_hukou")
    office = client.get(f"{draft}/collect").text.split('<option selected value="')[1].split('"')[0]
    fill(client, draft, "collect", office=office)
    page = client.get(f"{draft}/documents").text
    assert "申请表" not in page
    for paper in page.split("/without")[:-1]:
        name = paper.rsplit("/documents/", 1)[1]
        client.post(f"{draft}/documents/{name}/without", data={"instead": "bring"})
    fill(client, draft, "documents")
    fill(client, draft, "declaration", truth="y")
    receipt = client.post("/apply/submit", data={"token": token_on(client, draft)}).location
    text = client.get(receipt).text
    assert "10 日" in text
    assert "20 日" in text
    assert "必须按时发给《生育证》" in text
    assert "演练" in text
    application = session.scalars(select(Application)).one()
    assert application.submitted_on.isoformat() == "2014-06-03"
    assert application.due_on.isoformat() == "2014-06-10"
