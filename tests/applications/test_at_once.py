"""Two tabs, two taps, a page left open: nothing saved is lost, nothing is made twice."""

from __future__ import annotations

from functools import partial
from io import BytesIO

import pytest
from sqlalchemy import select

from app.applications.models import Application, Draft, Upload
from app.vault import keyed_hash
from tests.applications.filing import (
    MAN,
    WOMAN,
    at_once,
    complete,
    copy_of,
    photo,
    start,
    token_on,
)

pytestmark = pytest.mark.usefixtures("offices")
PAPER = "documents/id_or_hukou_booklet"


@pytest.fixture
def draft(client, sign_in, answered) -> str:
    answered(client)
    sign_in(client)
    address = start(client)
    complete(client, address)
    return address


def test_two_tabs_lose_nothing_of_each_other(client, draft, session):
    for turn in range(5):
        hers, his = WOMAN | {"name": f"张{turn}"}, MAN | {"name": f"李{turn}"}
        answers = at_once(
            [
                partial(copy_of(client).post, f"{draft}/woman", data=hers),
                partial(copy_of(client).post, f"{draft}/man", data=his),
            ]
        )
        assert [answer.status_code for answer in answers] == [303, 303]
        kept = session.scalars(select(Draft).execution_options(populate_existing=True)).one()
        assert (kept.answers["woman"]["name"], kept.answers["man"]["name"]) == (
            hers["name"],
            his["name"],
        )


def test_pages_sent_at_once_are_numbered_one_after_another(client, draft, session):
    sends = [
        partial(copy_of(client).post, f"{draft}/{PAPER}", data={"file": (photo(), f"{n}.jpg")})
        for n in range(3)
    ]
    assert [answer.status_code for answer in at_once(sends)] == [303] * 3
    pages = session.scalars(select(Upload.page).order_by(Upload.page)).all()
    assert pages == [1, 2, 3, 4]


def test_papers_that_new_answers_do_not_ask_for_are_not_kept(client, draft, session):
    row = session.scalars(select(Draft)).one()
    session.add(_photo_of(row, "divorce_papers"))
    session.commit()
    client.post(f"{draft}/facts", data={"role": "woman_residence"})
    assert session.scalars(select(Upload.document_id)).all() == ["id_or_hukou_booklet"]


def test_papers_that_are_no_longer_asked_for_are_not_sent(client, draft, session):
    """As when the law changes while the draft lies there."""
    row = session.scalars(select(Draft)).one()
    session.add(_photo_of(row, "divorce_papers"))
    session.commit()
    client.post("/apply/submit", data={"token": token_on(client, draft)})
    application = session.scalars(select(Application)).one()
    assert [each.document_id for each in application.uploads] == ["id_or_hukou_booklet"]


def test_the_receipt_says_which_papers_were_sent(client, draft):
    answer = client.post("/apply/submit", data={"token": token_on(client, draft)})
    receipt = client.get(answer.location).text
    papers = receipt.split("<h3>材料</h3>")[1].split("</section>")[0]
    assert "<dd>1 页</dd>" in papers
    assert "请窗口在系统里查，我不用交" in papers


def test_C2_a_step_left_open_overnight_comes_back_with_everything_typed(client, draft, session):
    answer = client.post(f"{draft}/woman", data=WOMAN | {"name": "新名字"}, csrf=False)
    assert answer.status_code == 400
    assert 'value="新名字"' in answer.text
    assert "请再按一次" in answer.text
    assert session.scalars(select(Draft)).one().answers["woman"]["name"] == WOMAN["name"]


def test_pages_that_answer_a_form_can_be_loaded_again(client, draft):
    """A reload, or 繁體 on the page, asks for the form's own address."""
    refused = client.post(f"{draft}/{PAPER}", data={"file": (BytesIO(b"<svg/>"), "身份证.png")})
    assert refused.status_code == 422
    assert client.get(f"{draft}/{PAPER}?lang=zh_Hant").location.startswith(f"{draft}/documents")
    assert client.get("/apply/submit?lang=zh_Hant").location == "/my"
    assert client.get("/sign-in/again?lang=zh_Hant").location == "/sign-in/code"


@pytest.mark.parametrize("token", ["a\0b", "", "不存在", "a" * 5000])
def test_a_token_that_is_none_leads_nowhere(client, draft, token):
    assert client.post("/apply/submit", data={"token": token}).status_code == 404


def _photo_of(draft: Draft, document_id: str) -> Upload:
    return Upload(
        draft=draft,
        document_id=document_id,
        page=1,
        key=keyed_hash("test", document_id)[:32],
        sha256="0" * 64,
        size=1,
        media_type="image/jpeg",
        name="照片.jpg",
    )
