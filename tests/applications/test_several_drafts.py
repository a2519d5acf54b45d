"""Several drafts side by side: asked which one is meant, begun once a form, never mixed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from app.applications.models import Application, Draft, Upload
from app.clock import now
from app.extensions import db
from app.vault import mask_name
from tests.applications.filing import (
    AGENT,
    CONSENT,
    MAN,
    STEPS,
    TERMS,
    WOMAN,
    at_once,
    checked,
    complete,
    copy_of,
    fill,
    start,
    token_on,
)
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
OFFERED = ">按刚才的自测改这一份<"


@pytest.fixture
def citizen(client: Client, sign_in: Callable[..., Any], answered: Callable[..., None]) -> Any:
    answered(client)
    return sign_in(client)


@pytest.fixture
def draft(client: Client, citizen: Any) -> str:
    return start(client)


def drafts() -> int:
    return db.session.scalar(select(func.count()).select_from(Draft)) or 0


def hidden(html: str, name: str) -> str:
    """The value of a hidden field of the page's form."""
    found = re.search(f'name="{name}" value="([^"]*)"', html)
    assert found
    return found[1]


# --- Which one ---


def test_starting_again_asks_which_one_is_meant(client: Client, draft: str) -> None:
    fill(client, draft, "who", filer="woman")
    fill(client, draft, "woman", **WOMAN)
    page = client.get("/apply/start?role=man_hukou").text
    assert "开始的那份？" in page
    assert f'href="{draft}"' in page
    assert mask_name(WOMAN["name"]) in page
    assert WOMAN["name"] not in page
    assert "填到第 4 步" in page
    another = re.search('href="([^"]*another[^"]*)"', page)
    assert another
    consent = client.get(another[1].replace("&amp;", "&"))
    assert "同意，开始填" in consent.text
    assert hidden(consent.text, "role") == "man_hukou"


def test_a_draft_without_names_is_told_by_her_hukou(client: Client, draft: str) -> None:
    page = client.get("/apply/start").text
    assert "还没填姓名。女方户籍：" in page
    assert "民生街道" in page


def test_several_are_listed_the_latest_first(client: Client, draft: str) -> None:
    other = start(client)
    page = client.get("/apply/start").text
    assert "您有 2 份没交的草稿，接着填哪一份？" in page
    assert page.index(other) < page.index(draft)
    assert all(one in client.get("/my").text for one in (draft, other))


def test_a_draft_of_the_other_service_is_not_offered(
    client: Client, draft: str, session: Any
) -> None:
    session.scalars(select(Draft)).one().service = "additional_birth_approval"
    assert "同意，开始填" in client.get("/apply/start").text


def test_going_on_with_one_leaves_it_as_it_was(client: Client, draft: str, session: Any) -> None:
    complete(client, draft)
    before = session.scalars(select(Draft)).one()
    facts, answers = before.facts, before.answers
    client.set_cookie("check", checked({"joint_children": {"value": 1}}))
    client.get("/apply/start")
    assert client.get(draft).location == f"{draft}/check"
    after = session.scalars(select(Draft)).one()
    assert (after.facts, after.answers) == (facts, answers)


# --- Once a form ---


def test_C3_ten_taps_on_begin_make_one_draft(client: Client, citizen: Any, session: Any) -> None:
    token = hidden(client.get("/apply/start").text, "begin")
    begin = {"begin": token, "role": "woman_residence", **CONSENT}
    taps = [partial(copy_of(client).post, "/apply/start", data=begin) for _ in range(10)]
    answers = at_once(taps)
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert drafts() == 1


def test_C3_ten_taps_on_another_make_one_more(client: Client, draft: str, session: Any) -> None:
    token = hidden(client.get("/apply/start?another=1").text, "begin")
    begin = {"begin": token, "role": "woman_residence", **CONSENT}
    answers = at_once(
        [partial(copy_of(client).post, "/apply/start", data=begin) for _ in range(10)]
    )
    assert {answer.status_code for answer in answers} == {303}
    assert drafts() == 2
    assert answers[0].location != f"{draft}/who"


def test_every_form_has_a_token_of_its_own(client: Client, citizen: Any) -> None:
    assert len({hidden(client.get("/apply/start").text, "begin") for _ in range(3)}) == 3


def test_the_form_keeps_its_token_over_errors_and_languages(client: Client, citizen: Any) -> None:
    token = hidden(client.get("/apply/start").text, "begin")
    refused = client.post("/apply/start", data={"begin": token, "processing": "y"})
    assert refused.status_code == 422
    assert hidden(refused.text, "begin") == token
    other = client.post("/apply/start", data={"begin": token, "lang": "zh_Hant"} | CONSENT)
    assert other.status_code == 200
    assert hidden(other.text, "begin") == token
    assert drafts() == 0


def test_sent_again_a_form_leads_to_its_draft_and_changes_nothing(
    client: Client, citizen: Any, session: Any
) -> None:
    begin = {"begin": "from the form", "role": "woman_residence", **CONSENT}
    first = client.post("/apply/start", data=begin).location.removesuffix("/who")
    complete(client, first)
    before = session.scalars(select(Draft)).one().answers
    again = client.post("/apply/start", data=begin | {"role": "man_hukou"}).location
    assert again == f"{first}/who"
    assert session.scalars(select(Draft)).one().answers == before


def test_anothers_token_is_no_way_into_their_draft(
    client: Client, app: Any, sign_in: Callable[..., Any], answered: Callable[..., None]
) -> None:
    begin = {"begin": "the same token", "role": "woman_residence", **CONSENT}
    addresses = []
    for phone in ("13800000001", "13900000009"):
        browser = Client(app)
        answered(browser)
        sign_in(browser, phone)
        addresses.append(browser.post("/apply/start", data=begin).location)
    assert addresses[0] != addresses[1]
    assert drafts() == 2


@pytest.mark.parametrize("token", ["", None])
def test_without_a_token_nothing_begins(client: Client, citizen: Any, token: str | None) -> None:
    begin = {"role": "woman_residence", **CONSENT} | ({"begin": token} if token == "" else {})
    assert client.post("/apply/start", data=begin).status_code == 303
    assert drafts() == 0


# --- How many ---


def test_a_bound_with_a_plain_sentence(client: Client, app: Any, citizen: Any) -> None:
    app.config["DRAFTS_PER_CITIZEN"] = 2
    mine = [start(client), start(client)]
    refused = client.post("/apply/start", data={"begin": "x", "role": "man_hukou", **CONSENT})
    assert refused.status_code == 422
    assert "您已经有 2 份没交的草稿，请先交掉或删掉几份，再开新的" in refused.text
    client.post(f"{mine[0]}/drop")
    start(client)
    assert drafts() == 2


def test_the_bound_holds_for_forms_sent_at_once(client: Client, app: Any, citizen: Any) -> None:
    app.config["DRAFTS_PER_CITIZEN"] = 3
    begin = {"role": "woman_residence", **CONSENT}
    answers = at_once(
        [
            partial(copy_of(client).post, "/apply/start", data=begin | {"begin": f"form {n}"})
            for n in range(8)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [303] * 3 + [422] * 5
    assert drafts() == 3


def test_sent_and_expired_drafts_do_not_count(
    client: Client, app: Any, citizen: Any, session: Any
) -> None:
    app.config["DRAFTS_PER_CITIZEN"] = 1
    sent = start(client)
    complete(client, sent)
    client.post("/apply/submit", data={"token": token_on(client, sent)})
    start(client)
    session.scalars(select(Draft).where(Draft.submitted_at.is_(None))).one().expires_at = now()
    start(client)


# --- Never mixed ---


OTHERS = (
    {"name": "陆小梅", "id_kind": "resident_id", "id_number": "450102199311182327", "phone": ""},
    {"name": "赵志强", "id_kind": "resident_id", "id_number": "421181198902141152", "phone": ""},
)


def test_two_couples_in_two_tabs_at_once(client: Client, citizen: Any, session: Any) -> None:
    """An agent, two tabs, every step of both at the same moment: nothing of one is in the other."""
    pair = [start(client), start(client)]
    couples = [(WOMAN, MAN), OTHERS]
    tabs = [copy_of(client), copy_of(client)]
    sent = [
        {
            "who": {"filer": "agent"},
            "agent": AGENT,
            "woman": woman,
            "man": man,
            "entrust": TERMS,
            "confirming": {"how": "paper"},
            "children": {"stage": stage, "births": "1"},
            "where": {"role": role},
        }
        for (woman, man), stage, role in zip(
            couples, ("planned", "pregnant"), ("woman_residence", "man_hukou"), strict=True
        )
    ]
    for step in sent[0]:
        answers = at_once(
            [
                partial(tab.post, f"{address}/{step}", data=fields[step])
                for tab, address, fields in zip(tabs, pair, sent, strict=True)
            ]
        )
        assert [answer.status_code for answer in answers] == [303, 303], step
        assert all(
            answer.location.startswith(address)
            for answer, address in zip(answers, pair, strict=True)
        )
    for tab, address, (woman, man), (other, _) in zip(
        tabs, pair, couples, reversed(couples), strict=True
    ):
        page = tab.get(f"{address}/woman").text
        assert woman["name"] in page
        assert other["name"] not in page
        kept = _kept(address)
        assert kept.answers["woman"]["id_number"] == woman["id_number"]
        assert kept.answers["man"]["id_number"] == man["id_number"]
    assert [_kept(one).answers["children"]["stage"] for one in pair] == ["planned", "pregnant"]


def test_new_answers_reach_the_draft_that_is_named_and_no_other(
    client: Client, citizen: Any, session: Any
) -> None:
    first, second = start(client), start(client)
    before = _kept(first)
    facts = dict(before.facts)
    client.set_cookie("check", checked({"joint_children": {"value": 1}}))
    page = client.get("/apply/start").text
    assert page.count(OFFERED) == 2
    third = start(client, processing="y", sensitive="y", children="y")
    taken = client.post(f"{second}/facts", data={"role": "man_hukou"})
    assert taken.location == second
    assert _kept(first).facts == facts
    assert _kept(second).facts["joint_children"] == _kept(third).facts["joint_children"] == 1
    assert client.get("/apply/start").text.count(OFFERED) == 1


def test_what_was_typed_of_the_birth_outlives_new_answers(
    client: Client, draft: str, session: Any
) -> None:
    for step in ("who", "woman", "man", "children"):
        fill(client, draft, step, **STEPS[step])
    client.set_cookie("check", checked({"man.hukou": {"value": "421181101"}}))
    client.post(f"{draft}/facts", data={"role": "man_hukou"})
    kept = _kept(draft)
    assert kept.facts["man"]["hukou"] == "421181101"
    assert kept.facts["stage"] == kept.answers["children"]["stage"] == "pregnant"
    assert kept.answers["woman"]["name"] == WOMAN["name"]


def test_deleting_or_sending_one_leaves_the_other(
    client: Client, citizen: Any, session: Any
) -> None:
    kept, sent, dropped = start(client), start(client), start(client)
    for address in (kept, sent, dropped):
        complete(client, address)
    client.post("/apply/submit", data={"token": token_on(client, sent)})
    client.post(f"{dropped}/drop")
    assert client.get(f"{kept}/check").status_code == 200
    assert session.scalar(select(func.count()).select_from(Application)) == 1
    assert [
        one.draft_id for one in session.scalars(select(Upload).where(Upload.draft_id.is_not(None)))
    ] == [_kept(kept).id]


def test_the_same_matter_from_a_second_draft_is_told_as_being_worked_on(
    client: Client, citizen: Any
) -> None:
    first, second = start(client), start(client)
    for address in (first, second):
        complete(client, address)
    tokens = [token_on(client, address) for address in (first, second)]
    answers = at_once(
        [partial(copy_of(client).post, "/apply/submit", data={"token": one}) for one in tokens]
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]


def _kept(address: str) -> Draft:
    db.session.expire_all()
    draft = db.session.get(Draft, uuid.UUID(address.rsplit("/", 1)[-1]))
    assert draft is not None
    return draft
