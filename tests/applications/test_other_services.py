"""光荣证 and 婚育证明 on the same tracks: from the checker's answer to the paper at the window."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.filing import filing_of
from app.applications.models import Application, Draft, State
from app.applications.spouses import words_of
from app.casework.acts import Act
from app.certificates.printing import content_of
from app.certificates.sheets import certificate_sheet
from app.clock import today
from app.extensions import db
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.applications.filing import (
    AGENT,
    CONSENT,
    MAN,
    TERMS,
    WOMAN,
    checked,
    collect,
    fill,
    start,
    token_on,
)
from tests.archive import unfit
from tests.certificates.conftest import certificate_of, do
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")

HONOR = "single_child_honor_certificate"
MARITAL = "marital_childbearing_certificate"
ONE_CHILD: dict[str, Any] = {
    "woman.hukou": {"value": make.MINSHENG},
    "man.hukou": {"value": make.MINSHENG},
    "joint_children": {"value": 1},
    "pledge": {"value": True},
    "child_born_on": {"value": "2008-05-01"},
}
IN_HUBEI = ONE_CHILD | {
    "woman.hukou": {"value": make.BAIGUO},
    "man.hukou": {"value": make.SONGBU},
}
TWO_PROVINCES = ONE_CHILD | {
    "woman.hukou": {"value": make.LOUFENG},
    "man.hukou": {"value": make.BAIGUO},
}


def sent_from(client: Client, draft: str) -> Application:
    """The application that the last button of this draft makes."""
    token = token_on(client, draft)
    assert client.post("/apply/submit", data={"token": token}).status_code == 303
    return db.session.scalars(select(Application).order_by(Application.submitted_at.desc())).first()


def draft_reasons(draft: str) -> list[dict[str, Any]]:
    """What today's decision of this draft rests on."""
    row = db.session.get_one(Draft, uuid.UUID(draft.rpartition("/")[2]))
    return list(filing_of(row).decision["reasons"])


def honor_of(client: Client, role: str) -> str:
    """A draft of a 光荣证 at this place, filled in to the last page."""
    draft = start(client, role, **CONSENT, children="y")
    fill(client, draft, "who", filer="woman")
    fill(client, draft, "woman", **WOMAN)
    fill(client, draft, "man", **MAN)
    # Who issues to whom is the text's own sentence, with its article.
    page = client.get(f"{draft}/where").text
    texts = [one for one in draft_reasons(draft) if one["holds"] and one["instrument"]]
    assert texts
    assert all(one["text"] in page and one["article"] in page for one in texts)
    fill(client, draft, "where", role=role)
    collect(client, draft)
    fill(client, draft, "declaration", truth="y")
    return draft


def test_an_honor_certificate_from_the_result_to_the_paper(client, sign_in, as_of) -> None:
    as_of("2018-12-03")
    client.set_cookie("check", checked({}, HONOR, ONE_CHILD))
    sign_in(client)
    result = client.get("/check/result").text
    assert "可以申领光荣证" in result
    assert "/apply/start?role=woman_hukou" in result
    assert "网上办理独生子女父母光荣证" in client.get("/apply/start?role=woman_hukou").text
    case = sent_from(client, honor_of(client, "woman_hukou"))
    assert (case.service, case.state) == (HONOR, State.SUBMITTED)
    do(case, Act.ACCEPT, make.MINSHENG)
    do(case, Act.APPROVE, make.MINSHENG)  # the township itself, as the notice of 2018 has it
    certificate = certificate_of(case)
    assert certificate.title == "独生子女父母光荣证"
    assert unfit(content_of(certificate, "zh_Hant")) == []
    with client.application.test_request_context():
        sheet = certificate_sheet(certificate, "zh_Hans")
    assert [person["name"] for person in sheet["people"]] == [WOMAN["name"], MAN["name"]]
    assert {"label": "孩子", "value": "2008年5月1日出生"} in [
        {**row, "value": row["value"].replace(" ", "")} for row in sheet["rows"]
    ]
    assert not any("上户口" in line for line in sheet["meaning"])
    told = db.session.scalars(select(OutboxMessage.kind)).all()
    assert "application_approved" in told
    page = client.get(f"/my/{case.id}").text
    assert "光荣证" in page
    assert "再生育" not in page


def test_two_provinces_issue_to_each_their_own(client, sign_in, as_of) -> None:
    as_of("2012-04-10")
    client.set_cookie("check", checked({}, HONOR, TWO_PROVINCES))
    sign_in(client)
    hers = sent_from(client, honor_of(client, "woman_hukou"))
    his = sent_from(client, honor_of(client, "man_hukou"))
    assert hers.live_key != his.live_key
    for case, office, name in (
        (hers, make.YUANQU, WOMAN["name"]),
        (his, make.MACHENG, MAN["name"]),
    ):
        town = make.LOUFENG if case is hers else make.BAIGUO
        do(case, Act.ACCEPT, town)
        do(case, Act.FORWARD_WITH_OPINION, town, meets=True)
        do(case, Act.APPROVE, office, "approver")
        assert [each["name"] for each in certificate_of(case).data["holders"]] == [name]


def test_one_province_issues_once(client, sign_in, as_of) -> None:
    as_of("2012-04-10")
    client.set_cookie("check", checked({}, HONOR, IN_HUBEI))
    sign_in(client)
    sent_from(client, honor_of(client, "woman_hukou"))
    token = token_on(client, honor_of(client, "man_hukou"))
    again = client.post("/apply/submit", data={"token": token})
    assert again.status_code == 409
    assert len(db.session.scalars(select(Application)).all()) == 1


def test_a_second_child_ends_the_way_to_an_honor_certificate(client, sign_in, as_of) -> None:
    as_of("2018-12-03")
    client.set_cookie("check", checked({"joint_children": {"value": 2}}, HONOR, ONE_CHILD))
    sign_in(client)
    assert "/apply/start" not in client.get("/check/result").text
    assert "还定不下来" in client.get("/apply/start?role=woman_hukou").text


def marital_of(client: Client, *, marriage: str, children: str) -> str:
    """A draft of a 婚育证明 filled in to its papers."""
    draft = start(client, "woman_hukou")
    fill(client, draft, "marriage", marriage=marriage, children=children)
    fill(client, draft, "who", filer="woman")
    fill(client, draft, "woman", **WOMAN)
    if marriage in {"first", "remarried"}:
        fill(client, draft, "man", **MAN | {"phone": ""})
    fill(client, draft, "where", role="woman_hukou")
    collect(client, draft)
    return draft


def bring(client: Client, draft: str, *papers: str) -> None:
    for paper in papers:
        client.post(f"{draft}/documents/{paper}/without", data={"instead": "bring"})
    fill(client, draft, "documents")
    fill(client, draft, "declaration", truth="y")


@pytest.fixture
def leaving(client, sign_in, as_of) -> None:
    """A woman from 麻城 in 2012, about to leave for work."""
    as_of("2012-04-10")
    client.set_cookie("check", checked({}, MARITAL, {"woman.hukou": {"value": make.BAIGUO}}))
    sign_in(client)


def test_a_marital_certificate_of_a_married_woman(client, leaving, app: Flask) -> None:
    assert "可以办婚育证明" in client.get("/check/result").text
    draft = marital_of(client, marriage="first", children="1")
    bring(client, draft, "resident_id", "marriage_certificate")
    case = sent_from(client, draft)
    assert case.service == MARITAL
    # It is her own: nobody waits for her husband, and one is enough while it is worked on.
    assert [word.person for word in words_of(case)] == ["woman"]
    do(case, Act.ACCEPT)
    do(case, Act.APPROVE)
    certificate = certificate_of(case)
    with app.test_request_context():
        rows = {r["label"]: r["value"] for r in certificate_sheet(certificate, "zh_Hans")["rows"]}
    assert rows["婚姻情况"] == "已婚，两个人都是第一次结婚"
    assert rows["配偶"] == MAN["name"]
    assert rows["子女"] == "1 个"
    assert [each["role"] for each in certificate.data["holders"]] == ["woman"]


def test_an_unmarried_woman_is_asked_for_no_man_and_no_marriage_certificate(
    client, leaving, session
) -> None:
    draft = marital_of(client, marriage="never", children="0")
    assert client.get(f"{draft}/man").location.endswith("/documents")
    assert "结婚证" not in client.get(f"{draft}/documents").text
    bring(client, draft, "resident_id")
    assert "man" not in sent_from(client, draft).answers


def test_becoming_married_brings_the_man_and_the_paper_back(client, leaving) -> None:
    draft = marital_of(client, marriage="never", children="0")
    fill(client, draft, "marriage", marriage="remarried", children="2")
    assert client.get(f"{draft}/documents").location.endswith("/man")
    fill(client, draft, "man", **MAN | {"phone": ""})
    assert "结婚证" in client.get(f"{draft}/documents").text


def test_nothing_chosen_is_said_at_each_field(client, leaving) -> None:
    draft = start(client, "woman_hukou")
    wrong = client.post(f"{draft}/marriage", data={"marriage": "rich", "children": "9"})
    assert wrong.status_code == 422
    assert "请选一个：女方的婚姻情况" in wrong.text
    assert "请选一个：女方有几个孩子" in wrong.text


def test_somebody_files_a_marital_certificate_for_her(client, leaving, session) -> None:
    """As SEED-PYRD2010 三(三) has it for those who have left; only she entrusts, and nobody else can."""
    draft = start(client, "woman_hukou")
    fill(client, draft, "marriage", marriage="first", children="1")
    assert 'value="man"' not in client.get(f"{draft}/who").text
    fill(client, draft, "who", filer="agent")
    fill(client, draft, "agent", **AGENT)
    fill(client, draft, "woman", **WOMAN | {"phone": "13600000009"})
    fill(client, draft, "man", **MAN | {"phone": ""})
    both = client.post(f"{draft}/entrust", data=TERMS)
    assert both.status_code == 422
    fill(client, draft, "entrust", **TERMS | {"principals": "woman"})
    fill(client, draft, "confirming", how="phone")
    row = session.scalars(select(Draft)).one()
    power = make.power_of(row)
    assert [each.person for each in power.people] == ["woman"]
    assert power.matters == [MARITAL]


def test_after_its_end_there_is_nothing_to_apply_for(client, sign_in) -> None:
    assert today().year > 2021
    client.set_cookie("check", checked({}, MARITAL, {"woman.hukou": {"value": make.BAIGUO}}))
    sign_in(client)
    result = client.get("/check/result?service=" + MARITAL).text
    assert "这个证不用办了" in result
    assert "/apply/start" not in result


def test_an_operator_opens_online_only_what_texts_leave_open(client, sign_in, as_of) -> None:
    as_of("2012-04-10")
    client.application.config["ONLINE_SERVICES"] = ()
    client.set_cookie("check", checked({}, MARITAL, {"woman.hukou": {"value": make.BAIGUO}}))
    sign_in(client)
    result = client.get("/check/result").text
    assert "可以办婚育证明" in result
    assert "请到窗口办" in result
    assert "/apply/start" not in result
    assert "还不能网上办" in client.get("/apply/start?role=woman_hukou").text


def test_at_a_window_what_may_not_be_sent_from_a_phone_is_taken(app: Flask, as_of) -> None:
    as_of("2012-04-10")
    app.config["ONLINE_SERVICES"] = ()
    window = make.browser_of(make.officer(make.BAIGUO, name="陈晓"), app)
    window.set_cookie("check", checked({}, MARITAL, {"woman.hukou": {"value": make.BAIGUO}}))
    assert "/apply/start?role=woman_hukou" in window.get("/check/result").text
    draft = start(window, "woman_hukou")
    fill(window, draft, "marriage", marriage="never", children="0")
    fill(window, draft, "who", filer="woman")
    fill(window, draft, "woman", **WOMAN)
    fill(window, draft, "where", role="woman_hukou")
    assert window.get(f"{draft}/collect").status_code == 200
