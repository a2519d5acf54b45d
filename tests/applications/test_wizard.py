"""The way from the checker's result to the receipt, and everything that may go wrong on it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, text

from app.applications.models import Application, Draft, Event, Upload
from app.audit import AuditEvent
from app.extensions import db
from app.notifications import errands
from app.notifications.models import OutboxMessage
from tests.applications.filing import (
    AGENT,
    CONSENT,
    MAN,
    STEPS,
    WOMAN,
    chosen,
    collect,
    complete,
    fill,
    photo,
    put_offices_off_line,
    settle_documents,
    start,
    token_on,
)

pytestmark = pytest.mark.usefixtures("offices")


@pytest.fixture
def citizen(client, sign_in, answered):
    answered(client)
    return sign_in(client)


@pytest.fixture
def draft(client, citizen) -> str:
    return start(client)


# --- From the first page to the receipt ---


def test_from_the_checker_to_the_receipt(client, session, citizen):
    page = client.get("/apply/start?role=woman_residence")
    assert "生育登记" in page.text
    assert "苏州工业园区" in page.text
    draft = start(client)
    visited = []
    following = f"{draft}/who"
    for step, fields in STEPS.items():
        assert following == f"{draft}/{step}"
        assert client.get(following).status_code == 200
        following = fill(client, draft, step, **fields).location
        visited.append(step)
    assert following == f"{draft}/collect"
    collect(client, draft)
    settle_documents(client, draft)
    assert fill(client, draft, "declaration", truth="y").location == f"{draft}/check"

    check = client.get(f"{draft}/check").text
    for said in (WOMAN["name"], WOMAN["id_number"], MAN["name"], "2027 年 3 月 1 日", "1 页"):
        assert said in check
    sent = client.post("/apply/submit", data={"token": token_on(client, draft)})
    assert sent.status_code == 303
    receipt = client.get(sent.location).text

    application = session.scalars(select(Application)).one()
    assert application.number in receipt
    assert re.fullmatch(r"JJB(-[2-9A-HJKMNP-TV-Z]{4}){3}", application.number)
    assert (application.state, application.version) == ("submitted", 1)
    assert application.answers["woman"] == WOMAN
    assert application.answers["children"]["expected_on"] == "2027-03-01"
    assert application.decision["outcome"] == "registration"
    assert application.rulebooks[0]["id"] == "cn-2021"
    assert application.due_on is not None
    assert WOMAN["name"] not in receipt
    assert WOMAN["id_number"] not in receipt
    assert "1101**********002X" in receipt
    assert "<svg" in receipt
    event = session.scalars(select(Event)).one()
    assert (event.kind, event.sequence, event.actor_id) == ("submitted", 1, citizen.id)
    errands.run_due()
    told = {each.phone: each for each in session.scalars(select(OutboxMessage))}
    assert {phone: each.kind for phone, each in told.items()} == {
        WOMAN["phone"]: "application_submitted",
        MAN["phone"]: "spouse_confirmation",
    }
    assert application.number in told[WOMAN["phone"]].text
    assert session.scalar(
        select(AuditEvent).where(
            AuditEvent.kind == "application.submitted",
            AuditEvent.subject == f"application:{application.id}",
        )
    )
    emptied = session.scalars(select(Draft)).one()
    assert (emptied.answers, emptied.facts) == (None, None)
    upload = session.scalars(select(Upload)).one()
    assert (upload.application_id, upload.draft_id) == (application.id, None)
    mine = client.get("/my").text
    assert application.number in mine
    assert "没交的草稿" not in mine


def test_every_step_is_the_same_page_as_a_fragment(client, draft):
    for step, fields in STEPS.items():
        whole, part = client.get(f"{draft}/{step}"), client.fragment(f"{draft}/{step}")
        assert (whole.status_code, part.status_code) == (200, 200)
        assert "<html" in whole.text
        assert "<html" not in part.text
        assert "<h1>" in part.text
        wrong = dict.fromkeys(fields, "x")
        refused = client.fragment(f"{draft}/{step}", method="POST", data=wrong)
        assert refused.status_code == 422, step
        assert "errors-title" in refused.text
        assert client.fragment(f"{draft}/{step}", method="POST", data=fields).status_code == 303


def test_the_draft_comes_back_where_it_was_left(client, draft):
    fill(client, draft, "who", filer="woman")
    fill(client, draft, "woman", **WOMAN)
    assert client.get(draft).location == f"{draft}/man"
    assert draft in client.get("/my").text
    again = client.get(f"{draft}/woman").text
    assert WOMAN["name"] in again


def test_a_change_from_the_check_page_leads_back_to_it(client, draft):
    complete(client, draft)
    page = client.get(f"{draft}/woman?from=check").text
    assert 'action="' + f"{draft}/woman?from=check" in page
    changed = client.post(f"{draft}/woman?from=check", data=WOMAN | {"name": "改名"})
    assert changed.location == f"{draft}/check"
    assert "改名" in client.get(f"{draft}/check").text


def test_what_a_changed_answer_made_pointless_is_not_sent(client, draft, session):
    fill(client, draft, "who", filer="agent")
    fill(client, draft, "agent", **AGENT)
    complete(client, draft)
    client.post("/apply/submit", data={"token": token_on(client, draft)})
    sent = session.scalars(select(Application)).one()
    assert "agent" not in sent.answers
    assert {key.person for key in sent.search_keys} == {"woman", "man"}


def test_from_the_checkers_button_to_the_consent_first(client, citizen, session):
    response = client.post("/apply/start", data={"role": "man_hukou"})
    assert (response.status_code, response.location) == (303, "/apply/start?role=man_hukou")
    assert session.scalars(select(Draft)).all() == []


# --- Who may not go on, and why ---


@pytest.mark.parametrize("given", [{}, {"processing": "y"}, {"sensitive": "y"}])
def test_without_consent_nothing_is_collected(client, citizen, session, given):
    response = client.post("/apply/start", data={"begin": "1", "role": "man_hukou", **given})
    assert response.status_code == 422
    assert "您可以到窗口办理" in response.text
    assert session.scalars(select(Draft)).all() == []


def test_data_of_children_needs_a_consent_of_its_own(client, draft):
    fill(client, draft, "who", filer="woman")
    fill(client, draft, "woman", **WOMAN)
    fill(client, draft, "man", **MAN)
    fill(client, draft, "children", stage="born", born_on="2026-01-02", births="1")
    assert client.get(f"{draft}/where").location == f"{draft}/consent"
    assert client.post(f"{draft}/consent", data=CONSENT).status_code == 422
    fill(client, draft, "consent", **CONSENT, children="y")
    assert client.get(f"{draft}/where").status_code == 200


@pytest.mark.parametrize(
    ("step", "fields", "says"),
    [
        ("who", {}, "请选一个：谁来办"),
        ("who", {"filer": "neighbour"}, "请选一个：谁来办"),
        ("woman", WOMAN | {"name": ""}, "请照证件填写姓名"),
        ("woman", WOMAN | {"id_number": "110105194912310021"}, "最后一位对不上"),
        ("woman", WOMAN | {"id_number": "11010520230229002X"}, "出生日期不存在"),
        ("woman", WOMAN | {"id_number": "110105299912310023"}, "还没有到"),
        ("woman", WOMAN | {"id_number": "1101051949"}, "18 位"),
        ("woman", WOMAN | {"id_number": ""}, "请照证件填写号码"),
        ("woman", WOMAN | {"phone": ""}, "请填手机号"),
        ("woman", WOMAN | {"phone": "1380000000"}, "11 位"),
        ("woman", WOMAN | {"id_kind": "passport", "id_number": "?"}, "4 到 30 位"),
        ("man", MAN | {"id_number": WOMAN["id_number"]}, "男女双方填了同一个证件号码"),
        ("children", {"births": "1"}, "请选一个：孩子出生了吗"),
        ("children", {"stage": "born", "births": "1"}, "请填孩子的出生日期"),
        ("children", {"stage": "born", "born_on": "2999-01-01", "births": "1"}, "还没有到"),
        ("children", {"stage": "born", "born_on": "2023-02-29", "births": "1"}, "没有 2023 年"),
        ("children", {"stage": "pregnant", "expected_on": "25-3-1", "births": "1"}, "哪个是年"),
        ("where", {"role": "nowhere"}, "请选一个办理的地方"),
    ],
)
def test_bad_input_is_refused_at_the_field_and_kept(client, draft, session, step, fields, says):
    for before, good in STEPS.items():
        if before == step:
            break
        fill(client, draft, before, **good)
    response = client.post(f"{draft}/{step}", data={"sent": "1", **fields})
    assert response.status_code == 422
    assert re.search(says, response.text)
    typed = [value for name, value in fields.items() if name not in {"role", "filer"}]
    assert all(value in response.text for value in typed)
    assert step not in session.scalars(select(Draft)).one().answers or step == "where"


def test_E2_full_width_digits_and_blanks_are_read_as_meant(client, draft, session):
    fill(client, draft, "who", filer="woman")
    typed = {"id_number": "１１０１０５ １９４９１２３１ ００２ｘ", "phone": "+86 138-0000-0001"}
    fill(client, draft, "woman", **WOMAN | typed)
    assert session.scalars(select(Draft)).one().answers["woman"] == WOMAN


@pytest.mark.parametrize("kind", ["residence_permit", "passport", "other"])
def test_E5_no_dead_end_for_other_papers(client, draft, session, kind):
    fill(client, draft, "who", filer="woman")
    fill(client, draft, "woman", **WOMAN)
    fill(client, draft, "man", name="JEAN-LUC", id_kind=kind, id_number="14 av-98765", phone="")
    man = session.scalars(select(Draft)).one().answers["man"]
    assert man["id_number"] == "14AV-98765"


def test_an_agent_says_who_they_are_to_the_couple(client, draft):
    assert fill(client, draft, "who", filer="agent").location == f"{draft}/agent"
    refused = client.post(f"{draft}/agent", data=AGENT | {"relation": "", "phone": ""})
    assert refused.status_code == 422
    assert "请选一个：您是他们的什么人" in refused.text
    assert "请填手机号" in refused.text
    assert fill(client, draft, "agent", **AGENT).location == f"{draft}/woman"


def test_a_woman_alone_is_not_asked_for_a_man(client, sign_in, answered, session):
    answered(
        client,
        {
            "marriage": {"value": "unmarried"},
            "man.hukou": {"unknown": True},
            "man.residence": {"unknown": True},
            "woman.hukou": {"value": "450102001"},
        },
    )
    sign_in(client)
    page = client.get("/apply/start")
    # No held text answers for her: nobody is left alone with a form that leads nowhere.
    assert "12345" in page.text
    assert session.scalars(select(Draft)).all() == []


# --- Order ---


def test_B7_the_last_step_first_leads_to_the_first_that_is_missing(client, draft, session):
    for step in ("check", "declaration", "documents", "where", "man"):
        for method in ("GET", "POST"):
            response = client.open(f"{draft}/{step}", method=method)
            assert (response.status_code, response.location) == (303, f"{draft}/who")
    token = session.scalars(select(Draft)).one().token
    response = client.post("/apply/submit", data={"token": token})
    assert (response.status_code, response.location) == (303, f"{draft}/who")
    assert session.scalars(select(Application)).all() == []


def test_B7_a_step_that_became_invalid_is_asked_again_before_sending(client, draft, session):
    complete(client, draft)
    token = token_on(client, draft)
    row = session.scalars(select(Draft)).one()
    row.answers = {**row.answers, "man": {**row.answers["man"], "id_number": WOMAN["id_number"]}}
    response = client.post("/apply/submit", data={"token": token})
    assert (response.status_code, response.location) == (303, f"{draft}/man")
    assert session.scalars(select(Application)).all() == []


def test_B7_an_office_that_went_off_line_is_asked_again_before_sending(client, draft, session):
    complete(client, draft)
    token = token_on(client, draft)
    put_offices_off_line()
    response = client.post("/apply/submit", data={"token": token})
    assert response.location == f"{draft}/where"
    assert session.scalars(select(Application)).all() == []


def test_a_step_nobody_knows(client, draft):
    assert client.get(f"{draft}/nothing").status_code == 404


def test_papers_must_be_there_or_replaced(client, draft):
    for step, fields in STEPS.items():
        fill(client, draft, step, **fields)
    collect(client, draft)
    refused = client.post(f"{draft}/documents")
    assert refused.status_code == 422
    assert "还差：结婚证" in refused.text
    settle_documents(client, draft)


# --- Places ---


def test_only_the_county_is_known_so_the_township_is_chosen(client, sign_in, answered, session):
    answered(client, {"man.hukou": {"value": "421181"}})
    sign_in(client)
    draft = start(client, "man_hukou")
    for step, fields in (STEPS | {"where": {"role": "man_hukou"}}).items():
        following = fill(client, draft, step, **fields)
    assert following.location == f"{draft}/office"
    page = client.get(f"{draft}/office").text
    assert client.post(f"{draft}/office", data={"office": ""}).status_code == 422
    assert client.post(f"{draft}/office", data={"office": "x"}).status_code == 422
    townships = re.findall(r'<option value="([0-9a-f-]{36})"', page)
    assert len(townships) > 10
    fill(client, draft, "office", office=townships[0])
    assert chosen(client.get(f"{draft}/collect").text, "office") == townships[0]


def test_a_place_that_is_not_on_this_site_is_sent_to_the_window(client, sign_in, answered):
    nowhere = {"woman.hukou": {"value": "371002001"}, "man.hukou": {"value": "371002002"}}
    answered(client, nowhere | {"woman.residence": {"value": None}})
    sign_in(client)
    page = client.get("/apply/start")
    assert "该地尚未接入本站网上办理，请到窗口，或拨 12345" in page.text
    assert client.post("/apply/start", data={"begin": "1", **CONSENT}).status_code == 303


def test_without_answers_the_checker_comes_first(client, sign_in):
    sign_in(client)
    page = client.get("/apply/start")
    assert 'href="/check"' in page.text


# --- Whose ---


def test_B1_a_foreign_draft_is_like_a_missing_one(client, draft, app, sign_in, answered, session):
    complete(client, draft)
    upload = session.scalars(select(Upload)).one()
    token = token_on(client, draft)
    other = type(client)(app)
    sign_in(other, "13900000009")
    answered(other)
    missing = "/apply/00000000-0000-4000-8000-000000000000"
    doors = [
        ("GET", ""),
        ("GET", "/who"),
        ("POST", "/who"),
        ("GET", "/check"),
        ("POST", "/documents/marriage_certificate"),
        ("POST", "/documents/marriage_certificate/without"),
        ("GET", f"/uploads/{upload.id}"),
        ("POST", f"/uploads/{upload.id}/remove"),
        ("POST", "/service"),
        ("POST", "/drop"),
    ]
    for method, door in doors:
        foreign = other.open(draft + door, method=method)
        nobody = other.open(missing + door, method=method)
        assert (foreign.status_code, nobody.status_code) == (404, 404), door
        assert _without_tokens(foreign.text, draft) == _without_tokens(nobody.text, missing)
    assert other.post("/apply/submit", data={"token": token}).status_code == 404
    assert session.scalars(select(Application)).all() == []
    assert session.scalars(select(Upload)).one().replaced_at is None
    assert session.scalar(select(AuditEvent).where(AuditEvent.kind == "access.denied"))


def _without_tokens(html: str, own: str) -> str:
    return html.replace(own, "").replace(own.rsplit("/", maxsplit=1)[-1], "")


def test_B1_a_foreign_receipt_is_like_a_missing_one(client, draft, app, sign_in, session):
    complete(client, draft)
    receipt = client.post("/apply/submit", data={"token": token_on(client, draft)}).location
    other = type(client)(app)
    sign_in(other, "13900000009")
    assert other.get(receipt).status_code == 404
    assert other.get("/apply/receipt/JJB-2222-2222-2222").status_code == 404
    number = session.scalars(select(Application)).one().number
    assert number not in other.get("/my").text


def test_B4_nobody_gets_anywhere_without_signing_in(client, draft, app):
    stranger = type(client)(app)
    for door in ("/apply/start", "/my", f"{draft}/who", "/apply/receipt/JJB-2222-2222-2222"):
        response = stranger.get(door)
        assert response.status_code == 303
        assert response.location.startswith("/sign-in")


def test_an_expired_draft_says_so(client, draft, session):
    session.scalars(select(Draft)).one().expires_at = _yesterday()
    response = client.get(f"{draft}/who")
    assert response.status_code == 404
    assert "90 天没动过" in response.text
    assert draft not in client.get("/my").text
    assert start(client) != draft


def _yesterday():
    from datetime import timedelta

    from app.clock import now

    return now() - timedelta(days=1)


def test_a_draft_can_be_deleted(client, draft, session):
    complete(client, draft)
    assert client.post(f"{draft}/drop").location == "/my"
    assert session.scalars(select(Draft)).all() == []
    assert session.scalars(select(Upload)).all() == []


# --- Changes on the way ---


def test_another_place_drops_papers_it_does_not_ask_for(client, draft, session):
    complete(client, draft)
    row = session.scalars(select(Upload)).one()
    row.document_id = "couple_photo"
    fill(client, draft, "where", role="man_hukou")
    assert session.scalars(select(Upload)).all() == []


def test_photos_can_be_looked_at_and_taken_back(client, draft, session):
    for step, fields in STEPS.items():
        fill(client, draft, step, **fields)
    collect(client, draft)
    paper = f"{draft}/documents/id_or_hukou_booklet"
    two = [(photo(), "正面.jpg"), (photo(), "反面.jpg")]
    sent = client.post(paper, data={"file": two})
    assert sent.status_code == 303
    assert "已上传 2 页" in client.get(f"{draft}/documents").text
    first = f"{draft}/uploads/{session.scalars(select(Upload.id).order_by(Upload.page)).first()}"
    seen = client.get(first)
    assert seen.mimetype == "image/jpeg"
    assert "sandbox" in seen.headers["Content-Security-Policy"]
    assert seen.headers["Cache-Control"] == "no-store"
    client.post(f"{first}/remove")
    assert "已上传 1 页" in client.get(f"{draft}/documents").text
    assert client.get(first).status_code == 404


def test_a_bad_file_is_refused_at_its_paper_and_a_good_one_beside_it_kept(client, draft):
    for step, fields in STEPS.items():
        fill(client, draft, step, **fields)
    collect(client, draft)
    paper = f"{draft}/documents/id_or_hukou_booklet"
    from io import BytesIO

    svg = BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    refused = client.post(paper, data={"file": [(photo(), "好.jpg"), (svg, "../../坏.png")]})
    assert refused.status_code == 422
    assert "坏.png：看不懂这个文件" in refused.text
    assert "../" not in refused.text
    assert "已上传 1 页" in refused.text
    empty = client.post(paper, data={})
    assert empty.status_code == 422
    assert "请先拍照或选择文件" in empty.text
    assert client.post(f"{draft}/documents/unknown", data={}).status_code == 404


# --- At rest ---


def test_nothing_personal_stands_in_plain_text(client, draft, session):
    complete(client, draft)
    client.post("/apply/submit", data={"token": token_on(client, draft)})
    secrets = [WOMAN["name"], WOMAN["id_number"], WOMAN["phone"], MAN["name"], MAN["id_number"]]
    secrets += [MAN["phone"], "身份证.jpg", "320576050", "2027-03-01"]
    tables = ["drafts", "applications", "application_events", "uploads", "outbox_messages"]
    tables += ["application_search_keys", "audit_events", "check_session", "sessions", "citizens"]
    known = set(db.metadata.tables)
    dump = b""
    for table in [name for name in tables if name in known]:
        for row in session.execute(text(f"SELECT * FROM {table}")):
            dump += b"\n".join(
                value if isinstance(value, bytes) else str(value).encode() for value in row
            )
    assert b"submitted" in dump
    found = [secret for secret in secrets if secret.encode() in dump]
    assert not found


def test_the_stored_file_is_sealed_and_opens_for_its_application(client, draft, session, app):
    complete(client, draft)
    client.post("/apply/submit", data={"token": token_on(client, draft)})
    from app.applications.uploads import read_upload

    upload = session.scalars(select(Upload)).one()
    stored = app.extensions["files"].get(upload.key)
    assert b"JFIF" not in stored
    import hashlib

    assert hashlib.sha256(read_upload(upload)).hexdigest() == upload.sha256
    assert upload.name == "身份证.jpg"


def test_C7_only_known_values_reach_the_draft(client, draft, session):
    fill(client, draft, "who", filer="woman", answers="x", id="y")
    assert session.scalars(select(Draft)).one().answers["who"] == {"filer": "woman"}
