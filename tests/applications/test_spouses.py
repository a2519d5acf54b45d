"""The other spouse: asked on their own phone, at a window or on paper; what couple, clerk and law make of it."""

from __future__ import annotations

import re
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import func, select

from app import worker
from app.applications import spouses
from app.applications.models import Application, Event, Happened, Party
from app.applications.spouses import Said
from app.delegation.models import ConfirmationRequest
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.client import Client
from tests.delegation.phones import link_to, newest, open_link, say

pytestmark = pytest.mark.usefixtures("offices")
HIS_TAIL = "0014"


@pytest.fixture
def case(session: Any) -> Application:
    """Filed by the woman; he has a phone of his own."""
    return make.filed()


def his(app: Flask) -> Client:
    return make.browser_of(make.citizen(make.MAN["phone"]), app)


def hers(app: Flask) -> Client:
    return make.browser_of(make.citizen(), app)


def said(case: Application, person: str = "man") -> tuple[str, str | None]:
    word = spouses.word_of(case, person)
    assert word is not None
    return word.said, word.how


def test_he_says_yes_on_his_own_phone(
    app: Flask, client: Client, session: Any, case: Application
) -> None:
    assert his(app).get(f"/my/{case.id}").status_code == 404
    assert "尚未确认" in hers(app).get(f"/my/{case.id}").text
    say(client, session, make.MAN["phone"], HIS_TAIL, "yes")
    session.expire_all()
    assert said(case) == ("confirmed", "phone")
    assert "已确认（手机" in hers(app).get(f"/my/{case.id}").text
    page = his(app).get(f"/my/{case.id}").text
    assert case.number in page
    assert f"/my/{case.id}/hurry" in page
    assert f"/my/{case.id}/withdraw" not in page
    assert his(app).get(f"/my/{case.id}/withdraw").status_code == 404
    assert case.number in his(app).get("/my").text
    event = case.events[-1]
    assert (event.kind, event.actor_kind, event.data) == (
        "spouse_confirmed",
        "spouse",
        {"person": "man", "how": "phone"},
    )


def test_before_he_says_anything_it_counts_and_its_clock_runs(case: Application) -> None:
    assert (case.state, len(case.events)) == ("submitted", 1)
    assert case.due_on is not None


def test_he_says_no_and_the_office_is_told_and_nothing_is_thrown_back(
    app: Flask, client: Client, session: Any, case: Application
) -> None:
    due = case.due_on
    say(client, session, make.MAN["phone"], HIS_TAIL, "no")
    session.expire_all()
    assert said(case) == ("disagreed", None)
    assert (case.state, case.due_on) == ("submitted", due)
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    assert "配偶说不同意" in desk.get(f"/staff/cases/{case.id}").text
    assert "男方说不同意" in hers(app).get(f"/my/{case.id}").text
    # What he does not agree to is not his to look at.
    assert his(app).get(f"/my/{case.id}").status_code == 404


def test_he_thinks_better_of_it(
    app: Flask, client: Client, session: Any, case: Application
) -> None:
    say(client, session, make.MAN["phone"], HIS_TAIL, "yes")
    browser = his(app)
    assert browser.post(f"/my/{case.id}/disagree").status_code == 303
    session.expire_all()
    assert said(case) == ("disagreed", None)
    browser.post(f"/my/{case.id}/disagree")
    session.expire_all()
    assert [e.kind for e in case.events] == ["submitted", "spouse_confirmed", "spouse_disagreed"]
    # The one who filed withdraws, and does not disagree with herself.
    hers(app).post(f"/my/{case.id}/disagree")
    session.expire_all()
    assert len(case.events) == 3


@pytest.mark.parametrize("how", ["window", "paper"])
def test_a_window_notes_it(app: Flask, session: Any, case: Application, how: str) -> None:
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    assert "尚未确认" in desk.get(f"/staff/cases/{case.id}").text
    assert desk.post(f"/staff/cases/{case.id}/spouse/man/{how}").status_code == 303
    session.expire_all()
    assert said(case) == ("confirmed", how)
    assert case.events[-1].actor_kind == "officer"
    # The link that was sent has nothing more to ask.
    link = open_link(Client(app), session, make.MAN["phone"], HIS_TAIL)
    assert link
    assert session.scalars(select(ConfirmationRequest)).one().closed_at is not None
    # No account was proved: nobody new sees the case.
    assert session.scalar(select(func.count()).select_from(Party)) == 0


def test_the_one_who_filed_needs_no_confirmation(
    app: Flask, session: Any, case: Application
) -> None:
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    desk.post(f"/staff/cases/{case.id}/spouse/woman/window")
    session.expire_all()
    assert len(case.events) == 1


@pytest.mark.parametrize("phone", ["", make.WOMAN["phone"]])
def test_without_a_phone_of_his_own_he_is_led_to_window_or_paper(
    app: Flask, session: Any, phone: str
) -> None:
    case = make.filed(man=make.MAN | {"phone": phone})
    assert session.scalars(select(ConfirmationRequest)).all() == []
    page = hers(app).get(f"/my/{case.id}/spouse/man").text
    assert "到窗口" in page
    assert "配偶确认书" in page


def test_the_same_phone_on_both_sides_is_refused_where_it_is_typed(
    app: Flask, session: Any
) -> None:
    case = make.filed(man=make.MAN | {"phone": ""})
    browser = hers(app)
    refused = browser.post(f"/my/{case.id}/spouse/man", data={"phone": make.WOMAN["phone"]})
    assert refused.status_code == 422
    assert "要填对方自己的号" in refused.text
    foreign = browser.post(f"/my/{case.id}/spouse/man", data={"phone": "+852 6123 4567"})
    assert foreign.status_code == 422
    assert "到窗口" in foreign.text
    sent = browser.post(f"/my/{case.id}/spouse/man", data={"phone": "13800000077"})
    assert sent.status_code == 303
    assert link_to(session, "13800000077")


def test_a_new_number_takes_the_place_of_the_old_one(
    app: Flask, client: Client, session: Any, case: Application
) -> None:
    old = link_to(session, make.MAN["phone"])
    hers(app).post(f"/my/{case.id}/spouse/man", data={"phone": "13800000077"})
    assert client.get(old).status_code == 404
    say(client, session, "13800000077", HIS_TAIL, "yes")
    session.expire_all()
    assert said(case) == ("confirmed", "phone")


@pytest.mark.parametrize("script", ["hans", "hant"])
def test_the_paper_to_sign(app: Flask, session: Any, case: Application, script: str) -> None:
    answer = hers(app).get(f"/my/{case.id}/spouse/man/{script}.pdf")
    assert answer.mimetype == "application/pdf"
    text = "".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(answer.data)
    )
    assert make.MAN["name"] in text
    assert case.number in text
    # The hand that signs writes the number.
    assert make.MAN["id_number"] not in text


def test_reminders_stop_when_the_case_has_ended(
    app: Flask, session: Any, case: Application, watch: Any
) -> None:
    hers(app).post(f"/my/{case.id}/withdraw")
    with app.test_request_context():
        watch.forward(days=4)
        assert spouses.asking.remind() == 0
        session.commit()
    assert session.scalars(select(ConfirmationRequest)).one().closed_at is not None


def test_the_worker_reminds_by_day(app: Flask, session: Any, case: Application, watch: Any) -> None:
    watch.forward(days=3)
    with app.test_request_context():
        spouses.asking.remind()
        session.commit()
    sent = [m for m in session.scalars(select(OutboxMessage)) if m.kind == "spouse_confirmation"]
    assert len(sent) == 2
    assert {m.phone for m in sent} == {make.MAN["phone"]}
    assert "asking.remind" in (worker.config.ROOT / "app" / "worker.py").read_text()


def test_the_message_holds_no_name(session: Any, case: Application) -> None:
    text = newest(session, make.MAN["phone"], r"(.*)")
    assert "生育登记" in text
    for secret in (make.WOMAN["name"], make.MAN["name"], case.number, make.MAN["id_number"][-4:]):
        assert secret not in text


# --- Under an agent ---


def test_principals_who_confirmed_are_not_asked_again(app: Flask, session: Any) -> None:
    case = make.filed(filer="agent")
    assert said(case, "woman") == said(case, "man") == ("confirmed", "power")
    kinds = {r.kind for r in session.scalars(select(ConfirmationRequest))}
    assert kinds == {"power"}


def test_who_did_not_entrust_is_asked_as_the_spouse(
    app: Flask, client: Client, session: Any
) -> None:
    case = make.filed(filer="agent", agreed=make.terms(principals="woman"))
    assert said(case, "woman") == ("confirmed", "power")
    assert said(case, "man") == (Said.NOTHING, None)
    say(client, session, make.MAN["phone"], HIS_TAIL, "yes")
    session.expire_all()
    assert said(case) == ("confirmed", "phone")
    assert his(app).get(f"/my/{case.id}/withdraw").status_code == 404
    # She entrusted: it is hers as if she had sent it.
    assert hers(app).get(f"/my/{case.id}/withdraw").status_code == 200


def test_under_a_paper_both_are_asked_and_a_no_is_told(
    app: Flask, client: Client, session: Any
) -> None:
    case = make.filed(filer="agent", how="paper")
    texts = [
        m.text for m in session.scalars(select(OutboxMessage)) if m.kind == "application_for_you"
    ]
    assert len(texts) == 2
    assert all(re.search(r"/c/[\w-]{22}", text) for text in texts)
    say(client, session, make.MAN["phone"], HIS_TAIL, "no")
    session.expire_all()
    assert said(case) == ("disagreed", None)


def test_E5_a_number_from_abroad_is_led_to_window_or_paper(
    app: Flask, session: Any, client: Client
) -> None:
    case = make.filed(man=make.MAN | {"id_kind": "passport", "id_number": "E12345678", "phone": ""})
    assert case.state == "submitted"
    assert said(case) == (Said.NOTHING, None)
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    desk.post(f"/staff/cases/{case.id}/spouse/man/paper")
    session.expire_all()
    assert said(case) == ("confirmed", "paper")


def test_no_rulebook_asks_for_it_so_a_decision_does_not_wait(app: Flask, session: Any) -> None:
    case = make.filed()
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    for act in ("accept", "register"):
        session.expire_all()
        sent = {f"{act}-version": case.version, f"{act}-seen": len(case.events)}
        assert desk.post(f"/staff/cases/{case.id}/{act}", data=sent).status_code == 303
    session.expire_all()
    assert case.state == "registered"
    assert session.scalar(select(func.count()).where(Event.kind == Happened.SPOUSE_CONFIRMED)) == 0
