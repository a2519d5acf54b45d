"""At a window: a clerk fills in with somebody who stands there, and it becomes that person's own."""

from __future__ import annotations

import re
import secrets
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import Citizen, Officer
from app.accounts.service import kin_key
from app.appearance import zh_date
from app.applications import promises
from app.applications.models import Application, Draft, Happened
from app.applications.promises import Promise
from app.applications.steps import SIGNED_FORM
from app.audit import AuditEvent, verify
from app.delegation.models import ConfirmationRequest
from app.extensions import db
from tests import factories as make
from tests.applications.filing import CONSENT, MAN, STEPS, WOMAN, checked, fill, photo
from tests.archive import unfit
from tests.client import Client
from tests.delegation.phones import link_to, say
from tests.printing import text_of

pytestmark = pytest.mark.usefixtures("offices")
TAIL = WOMAN["id_number"][-4:]


@pytest.fixture
def clerk(session: Any) -> Officer:
    return make.officer(make.LOUFENG, name="陆薇")


@pytest.fixture
def window(app: Flask, clerk: Officer) -> Client:
    browser = make.browser_of(clerk, app)
    browser.set_cookie("check", checked({}))
    return browser


def begin(window: Client, token: str = "") -> str:
    sent = {"begin": token or secrets.token_urlsafe(), "role": "woman_residence", **CONSENT}
    answer = window.post("/apply/start", data=sent)
    assert answer.status_code == 303, answer.text
    return answer.location.removesuffix("/who")


def filled(window: Client, **changes: dict[str, Any]) -> str:
    """A draft with everything but its person's word; papers are brought."""
    draft = begin(window)
    for step, fields in (STEPS | changes).items():
        fill(window, draft, step, **fields)
    office = str(make.office(make.LOUFENG).id)
    for step in ("office", "collect"):
        fill(window, draft, step, office=office)
    page = window.get(f"{draft}/documents").text
    for paper in re.findall(r"/documents/(\w+)/without", page):
        url = f"{draft}/documents/{paper}/without"
        assert window.post(url, data={"instead": "bring"}).status_code == 303
    fill(window, draft, "documents")
    fill(window, draft, "declaration", truth="y")
    return draft


def draft_at(address: str) -> Draft:
    return db.session.get_one(Draft, uuid.UUID(address.rsplit("/", 1)[-1]))


def acts(session: Any, actor: Officer | Citizen) -> list[str]:
    kind = "officer" if isinstance(actor, Officer) else "citizen"
    mine = select(AuditEvent.kind).where(AuditEvent.actor == f"{kind}:{actor.id}")
    return list(session.scalars(mine.order_by(AuditEvent.sequence)))


def only_case(session: Any) -> Application:
    session.expire_all()
    return session.scalars(select(Application)).one()


# --- Confirmed on the own phone ---


def test_filled_at_the_window_and_confirmed_on_the_own_phone(
    app: Flask, session: Any, window: Client, clerk: Officer
) -> None:
    draft = filled(window)
    assert "请本人确认" in window.get(f"{draft}/check").text
    shown = window.post(f"{draft}/window/ask")
    assert shown.status_code == 200
    assert "<svg" in shown.text
    assert WOMAN["name"] not in window.get("/staff/walk-in").text, "masked where others look on"

    phone = Client(app)
    asked = phone.post(link_to(session, WOMAN["phone"]), data={"tail": TAIL})
    page = phone.get(asked.location).text
    assert WOMAN["id_number"] in page
    assert MAN["name"] in page
    assert say(phone, session, WOMAN["phone"], TAIL, "yes").status_code == 303

    case = only_case(session)
    owner = make.citizen(WOMAN["phone"])
    assert case.citizen_id == owner.id
    (first,) = [event for event in case.events if event.kind == Happened.SUBMITTED]
    assert (first.actor_kind, first.actor_id) == ("citizen", owner.id)
    assert first.data["helped_by"] == str(clerk.id)
    # The account that only held the place is gone.
    assert session.scalar(select(func.count()).where(Citizen.phone_hash.is_(None))) == 0
    assert case.number in window.get(f"{draft}/window").text
    assert window.get(f"{draft}/check").status_code == 404, "it is not the window's any more"
    mine = make.browser_of(owner, app)
    assert case.number in mine.get("/my").text
    assert "在窗口填好，提交" in mine.get(f"/my/{case.id}").text
    views = mine.get(f"/my/{case.id}/views").text
    assert "在窗口和您一起填了这份申请" in views
    assert "陆" in views
    assert {"draft.filled_at_window", "draft.asked", "application.filled_at_window"} <= {
        *acts(session, clerk)
    }
    assert verify() > 5


def test_whoever_says_no_sends_nothing_and_a_change_takes_the_question_back(
    app: Flask, session: Any, window: Client
) -> None:
    draft = filled(window)
    window.post(f"{draft}/window/ask")
    assert "本人看了，说不对" not in window.get(f"{draft}/window").text
    assert say(Client(app), session, WOMAN["phone"], TAIL, "no").status_code == 303
    assert session.scalars(select(Application)).all() == []
    told = window.get(f"{draft}/window").text
    assert "本人看了，说不对，没有交" in told
    at = session.scalars(select(ConfirmationRequest.refused_at)).one()
    assert f'<time datetime="{at.isoformat()}">' in told
    assert "已经改过" not in told
    assert "本人说不对" in window.get("/staff/walk-in").text
    fill(window, draft, "woman", **WOMAN | {"name": "王五"})
    assert "已经改过" in window.get(f"{draft}/window").text
    assert "本人看了，说不对" not in window.post(f"{draft}/window/ask").text
    assert "本人看了，说不对" not in window.get(f"{draft}/window").text, "asked again"
    assert "本人说不对" not in window.get("/staff/walk-in").text
    link = link_to(session, WOMAN["phone"])
    phone = Client(app)
    assert phone.post(link, data={"tail": TAIL}).status_code == 303
    assert WOMAN["id_number"] in phone.get(link).text
    fill(window, draft, "woman", **WOMAN | {"name": "张三"})
    assert WOMAN["id_number"] not in phone.get(link).text, "what was to be confirmed is another"
    phone.post(f"{link}/answer", data={"answer": "yes", "code": "123456"})
    assert session.scalars(select(Application)).all() == []


def test_a_yes_is_to_what_is_shown_not_to_what_was_shown_before(
    app: Flask, session: Any, window: Client
) -> None:
    draft = filled(window)
    window.post(f"{draft}/window/ask")
    phone = make.browser_of(make.citizen(WOMAN["phone"]), app)
    (asked,) = session.scalars(select(ConfirmationRequest.id))
    here = f"/my/asked/{asked}"
    phone.post(here, data={"tail": TAIL})
    (before,) = re.findall(r'name="asked_at" value="([^"]+)"', phone.get(here).text)
    fill(window, draft, "man", **MAN | {"name": "李四"})
    window.post(f"{draft}/window/ask")
    phone.post(here, data={"tail": TAIL})
    stale = phone.post(f"{here}/answer", data={"answer": "yes", "asked_at": before})
    assert stale.status_code == 409
    assert "李四" in stale.text
    assert session.scalars(select(Application)).all() == []
    (now,) = re.findall(r'name="asked_at" value="([^"]+)"', stale.text)
    phone.post(f"{here}/answer", data={"answer": "yes", "asked_at": now})
    assert only_case(session).answers["man"]["name"] == "李四"


def test_taken_home_it_is_the_person_s_own(
    app: Flask, session: Any, window: Client, clerk: Officer
) -> None:
    draft = begin(window)
    fill(window, draft, "who", **STEPS["who"])
    fill(window, draft, "woman", **WOMAN)
    assert window.post(f"{draft}/window/ask").status_code == 303, "not while it is unfinished"
    assert window.post(f"{draft}/window/offer").status_code == 200
    owner = make.citizen(WOMAN["phone"])
    home = make.browser_of(owner, app)
    link = home.get(link_to(session, WOMAN["phone"])).location
    home.post(link, data={"tail": TAIL})
    assert home.post(f"{link}/answer", data={"answer": "no"}).status_code == 303
    assert "本人没有接下这份草稿" in window.get(f"{draft}/window").text
    assert window.post(f"{draft}/window/offer").status_code == 200
    link = home.get(link_to(session, WOMAN["phone"])).location
    assert home.post(link, data={"tail": TAIL}).status_code == 303
    assert "和您一起填的" in home.get(link).text
    assert home.post(f"{link}/answer", data={"answer": "yes"}).status_code == 303
    session.expire_all()
    kept = draft_at(draft)
    assert (kept.citizen_id, kept.window_office_id) == (owner.id, None)
    assert window.get(f"{draft}/woman").status_code == 404
    assert "工作人员看过</dt><dd>陆薇" in home.get("/account/data").text
    assert home.get(draft).location.endswith("/consent"), "agreed to anew, by the person alone"
    fill(home, draft, "consent", **CONSENT)
    assert WOMAN["name"] in home.get(f"{draft}/woman").text
    assert session.scalar(select(func.count()).where(Citizen.phone_hash.is_(None))) == 0


# --- Looks ---


def test_every_look_at_a_window_is_listed_for_its_person(
    app: Flask, session: Any, window: Client
) -> None:
    draft = filled(window)
    paper = re.findall(r"/documents/(\w+)/without", window.get(f"{draft}/documents").text)[0]
    window.post(f"{draft}/documents/{paper}", data={"file": (photo(), "证.jpg")})
    (upload,) = re.findall(r"uploads/([0-9a-f-]+)/small", window.get(f"{draft}/documents").text)
    colleague = make.officer(make.LOUFENG, "approver", name="顾明")
    other = make.browser_of(colleague, app)
    for page in ("woman", "man", "check", "window"):
        assert other.get(f"{draft}/{page}").status_code == 200
    assert other.get(draft).status_code == 303, "a way to a page shows nothing"
    assert other.get(f"{draft}/uploads/{upload}").status_code == 200
    assert other.get(f"{draft}/uploads/{upload}/small").status_code == 200
    assert other.get(f"{draft}/window/hans.pdf").status_code == 200
    assert acts(session, colleague) == [
        *["draft.opened"] * 4,
        "draft.file_read",
        "draft.printed",
    ]
    wrong = other.post(f"{draft}/woman", data=WOMAN | {"id_number": "1"})
    assert wrong.status_code == 422
    assert acts(session, colleague)[-1] == "draft.opened", "shown again, and nothing changed"
    window.post(f"{draft}/window/ask")
    say(Client(app), session, WOMAN["phone"], TAIL, "yes")
    mine = make.browser_of(make.citizen(WOMAN["phone"]), app)
    views = mine.get(f"/my/{only_case(session).id}/views").text
    for line in (
        "打开了在窗口填的这份申请，看得到完整的姓名和号码</strong> （5 次）",
        "看了在窗口拍的材料</strong><p",
        "打印了要签字的申请表</strong><p",
        "发到您手机上，请您确认</strong><p",
    ):
        assert line in views, line
    assert "（6 次）" not in views
    held = mine.get("/account/data").text
    assert re.search(r"工作人员看过</dt><dd>顾明 [^<]+（7 次）</dd>", held)
    assert mine.get("/account/data").text.count("工作人员看过") == 2, "one line for each and day"


# --- Signed ---


def test_without_a_phone_the_form_is_signed_seen_and_kept(
    app: Flask, session: Any, window: Client, clerk: Officer
) -> None:
    no_phone = {name: value for name, value in WOMAN.items() if name != "phone"}
    draft = filled(window, woman=no_phone | {"phone": ""})
    page = window.get(f"{draft}/window").text
    assert "在本人手机上确认" not in page
    sheet = window.get(f"{draft}/window/hant.pdf")
    assert sheet.mimetype == "application/pdf"
    assert unfit(sheet.data) == []
    assert window.post(f"{draft}/window/signed").status_code == 422, "nobody has signed"
    url = f"{draft}/documents/{SIGNED_FORM}"
    assert window.post(url, data={"file": (photo(), "签字.jpg")}).status_code == 303
    fill(window, draft, "documents")
    assert window.post(f"{draft}/window/signed").status_code == 303
    case = only_case(session)
    (first,) = [event for event in case.events if event.kind == Happened.SUBMITTED]
    assert (first.actor_kind, first.actor_id) == ("officer", clerk.id)
    assert [each.document_id for each in case.uploads] == [SIGNED_FORM]
    desk = window.get(f"/staff/cases/{case.id}").text
    assert "本人签字的申请表" in desk
    assert case.number in window.get(f"{draft}/window").text
    assert window.post(f"{draft}/window/signed").status_code == 404, "once"


# --- A paper promised in writing ---


PROMISED = "id_or_hukou_booklet"
WORDS = "现在拿不出这份材料："


def promise(window: Client, draft: str) -> None:
    chosen = window.post(
        f"{draft}/documents/{PROMISED}/without", data={"instead": "written_promise"}
    )
    read_out = window.get(chosen.location).text
    for said in ("念给本人听", WORDS, "30 天以内", "不是法律规定", "依法承担责任"):
        assert said in read_out
    assert 'name="name"' not in read_out, "nobody types another's signature"
    assert window.post(chosen.location).status_code == 303


def words_of(pdf: bytes) -> str:
    """Without the ends of lines, which are where the width of the paper puts them."""
    return text_of(pdf).replace("\n", "")


def only_promise(session: Any) -> Promise:
    session.expire_all()
    return session.scalars(select(Promise)).one()


def test_a_paper_is_promised_at_the_window_and_signed_on_the_own_phone(
    app: Flask, session: Any, window: Client
) -> None:
    draft = filled(window)
    promise(window, draft)
    assert "本人确认或签字时一起签" in window.get(f"{draft}/documents").text
    assert "（交上去以后 30 天以内）" in window.get(f"{draft}/check").text
    assert session.scalars(select(Promise)).all() == []
    window.post(f"{draft}/window/ask")
    phone = Client(app)
    phone.set_cookie("script", "zh_Hant")
    link = link_to(session, WOMAN["phone"])
    phone.post(link, data={"tail": TAIL})
    asked = phone.get(link).text
    for said in ("現在拿不出這份材料：", "30 天以內", "不是法律規定", "沒有補會怎樣"):
        assert said in asked, said
    assert say(phone, session, WOMAN["phone"], TAIL, "yes").status_code == 303
    signed = only_promise(session)
    assert (signed.way, signed.signer, signed.script) == ("phone", WOMAN["name"], "zh_Hant")
    assert "現在拿不出這份材料：" in (signed.text or "")
    assert signed.due_on == only_case(session).submitted_on + timedelta(days=30)
    sent = window.get(f"{draft}/window").text
    assert f"最晚 {zh_date(signed.due_on)}补交" in sent
    mine = make.browser_of(make.citizen(WOMAN["phone"]), app)
    pdf = mine.get(f"/my/{only_case(session).id}/papers/{PROMISED}/promise.pdf")
    assert "在自己手机上确认" in words_of(pdf.data)
    assert unfit(pdf.data) == []
    app.config["AS_OF"] = signed.due_on - timedelta(days=5)
    assert promises.remind() == 1


@pytest.mark.parametrize("script", ["hans", "hant"])
def test_a_paper_is_promised_at_the_window_and_signed_under_the_form(
    session: Any, window: Client, script: str
) -> None:
    draft = filled(window)
    promise(window, draft)
    sheet = words_of(window.get(f"{draft}/window/{script}.pdf").data)
    words = {"hans": WORDS, "hant": "現在拿不出這份材料："}[script]
    assert words in sheet
    assert {"hans": "快到时发短信提醒一次", "hant": "快到時發短信提醒一次"}[script] in sheet
    url = f"{draft}/documents/{SIGNED_FORM}"
    assert window.post(url, data={"file": (photo(), "签字.jpg")}).status_code == 303
    assert window.post(f"{draft}/window/signed").status_code == 303
    signed = only_promise(session)
    assert signed.way == "form"
    assert words in (signed.text or "")
    desk = window.get(f"/staff/cases/{only_case(session).id}").text
    assert f"最晚 {zh_date(signed.due_on)}补交" in desk


def test_a_wish_taken_home_is_no_promise(app: Flask, session: Any, window: Client) -> None:
    draft = filled(window)
    promise(window, draft)
    window.post(f"{draft}/window/offer")
    home = make.browser_of(make.citizen(WOMAN["phone"]), app)
    link = home.get(link_to(session, WOMAN["phone"])).location
    home.post(link, data={"tail": TAIL})
    home.post(f"{link}/answer", data={"answer": "yes"})
    fill(home, draft, "consent", **CONSENT)
    assert "还差：" in home.post(f"{draft}/documents").text


# --- Who may ---


def test_B3_another_window_does_not_find_it(app: Flask, session: Any, window: Client) -> None:
    draft = begin(window)
    strangers = [
        make.officer(make.BAIGUO),
        make.officer("320576051"),
        make.officer(make.YUANQU, "supervisor"),
        make.citizen("13800009999"),
    ]
    missing = "/apply/00000000-0000-4000-8000-000000000000"
    for stranger in strangers:
        browser = make.browser_of(stranger, app)
        for page in ("", "/who", "/window", "/window/hans.pdf"):
            real, none = browser.get(draft + page), browser.get(missing + page)
            assert real.status_code in {404, 303}, page
            assert real.status_code == none.status_code
            assert real.status_code == 404 or "/sign-in" in real.location
        for page in ("/who", "/drop", "/window/ask", "/window/offer", "/window/signed"):
            assert browser.post(draft + page).status_code in {404, 303}
    session.expire_all()
    assert draft_at(draft).answers["consent"]
    assert "who" not in draft_at(draft).answers
    colleague = make.browser_of(make.officer(make.LOUFENG, "approver"), app)
    assert colleague.get(f"{draft}/who").status_code == 200
    told = window.get(f"{draft}/who").text
    assert "来的是代办人？" in told
    assert 'href="/staff/powers"' in told
    assert "来的是代办人？" in window.get("/staff/walk-in").text
    for role in ("woman", "agent"):
        answer = window.post(f"{draft}/who", data={"filer": role})
        assert answer.status_code == (303 if role == "woman" else 422)


@pytest.mark.parametrize("kind", ["id_number", "phone"])
def test_B5_nobody_files_for_their_own_family(
    session: Any, window: Client, clerk: Officer, kind: str
) -> None:
    draft = filled(window)
    clerk.kin_keys = [kin_key(kind, MAN[kind])]
    session.commit()
    answer = window.post(f"{draft}/man", data=MAN)
    assert answer.status_code == 422
    assert "请同事来办" in answer.text
    # Nor when the number was registered after it was typed.
    assert window.post(f"{draft}/window/ask").status_code == 403
    assert window.post(f"{draft}/window/signed").status_code == 403
    assert acts(session, clerk).count("draft.kin") == 3
    assert session.scalars(select(Application)).all() == []


def test_a_wrong_answer_is_put_right_in_the_same_draft(session: Any, window: Client) -> None:
    other, draft = begin(window), filled(window)
    assert "接着填" not in window.get("/apply/start?role=woman_residence").text, "somebody else"
    assert window.post(f"{draft}/recheck").status_code == 303
    page = window.get("/apply/start?role=woman_residence").text
    assert draft in page
    assert other not in page
    window.set_cookie("check", checked({"joint_children": {"value": 1}}))
    answer = window.post(f"{draft}/facts", data={"role": "woman_residence"})
    assert answer.location.endswith(draft)
    session.expire_all()
    assert draft_at(draft).facts["joint_children"] == 1
    assert draft_at(draft).answers["woman"]["name"] == WOMAN["name"]
    assert "接着填" not in window.get("/apply/start?role=woman_residence").text


def test_two_taps_begin_one_draft_and_a_dropped_one_leaves_nobody(
    session: Any, window: Client
) -> None:
    draft = begin(window, "same")
    assert begin(window, "same") == draft
    assert session.scalar(select(func.count(Draft.id))) == 1
    assert window.post(f"{draft}/drop").location == "/staff/walk-in"
    session.expire_all()
    assert session.scalar(select(func.count(Draft.id))) == 0
    assert session.scalar(select(func.count(Citizen.id))) == 0


def test_the_law_s_own_matter_is_not_sent_twice(app: Flask, session: Any, window: Client) -> None:
    one, two = filled(window), filled(window)
    for draft in (one, two):
        window.post(f"{draft}/window/ask")
        if draft == one:
            assert say(Client(app), session, WOMAN["phone"], TAIL, "yes").status_code == 303
    phone = Client(app)
    link = link_to(session, WOMAN["phone"])
    phone.post(link, data={"tail": TAIL})
    assert WOMAN["id_number"] not in phone.get(link).text
    only_case(session)


def test_what_was_signed_comes_to_the_own_phone_afterwards(
    app: Flask, session: Any, window: Client
) -> None:
    draft = filled(window)
    url = f"{draft}/documents/{SIGNED_FORM}"
    assert window.post(url, data={"file": (photo(), "签字.jpg")}).status_code == 303
    fill(window, draft, "documents")
    assert window.post(f"{draft}/window/signed").status_code == 303
    case = only_case(session)
    assert say(Client(app), session, WOMAN["phone"], TAIL, "yes").status_code == 303
    owner = make.citizen(WOMAN["phone"])
    assert only_case(session).citizen_id == owner.id
    assert case.number in make.browser_of(owner, app).get("/my").text
    assert session.scalar(select(func.count()).where(Citizen.phone_hash.is_(None))) == 0
