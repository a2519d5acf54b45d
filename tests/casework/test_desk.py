"""The desk: whose cases are seen, in which order, what an act does, and what the citizen is told."""

from __future__ import annotations

import re
import threading
import uuid
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from app.applications import uploads
from app.applications.models import Application, Event, Happened
from app.audit import AuditEvent
from app.casework import routes
from app.clock import today
from app.extensions import db
from app.files.cleaning import CleanFile
from app.files.stamp import stamped
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.casework.asking import ask_elsewhere
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
REASONS = "男方的独生子女证明与户口登记不一致，见《条例》第十六条第四项。"


def act(browser: Client, case: Application, name: str, **words: str):
    """Press a button of the case page, with the hidden fields the page has."""
    page = browser.get(f"/staff/cases/{case.id}").text
    if name == "refuse":
        words.setdefault("ground", "facts_differ")
    return browser.post(
        f"/staff/cases/{case.id}/{name}", data=hidden(page, name) | prefixed(name, words)
    )


def hidden(page: str, name: str) -> dict[str, str]:
    found = re.findall(rf'<input[^>]*name="({name}-(?:version|seen))"[^>]*value="(\d+)"', page)
    return dict(found)


def prefixed(name: str, words: dict[str, str]) -> dict[str, str]:
    return {f"{name}-{key}": value for key, value in words.items()}


def kinds(case: Application) -> list[str]:
    rows = select(Event.kind).where(Event.application_id == case.id).order_by(Event.sequence)
    return list(db.session.scalars(rows))


def messages(case: Application) -> list[str]:
    rows = select(OutboxMessage.kind).where(OutboxMessage.subject == f"application:{case.id}")
    return sorted(db.session.scalars(rows))


# --- Whose cases ---


def test_the_clerk_sees_the_cases_of_the_own_office_alone(app: Flask) -> None:
    case = make.filed()
    own = make.browser_of(make.officer(make.BAIGUO), app)
    assert case.number.removeprefix("JJB-") in own.get("/staff/cases").text
    assert own.get(f"/staff/cases/{case.id}").status_code == 200
    for code in (make.SONGBU, make.MINSHENG):
        other = make.browser_of(make.officer(code), app)
        assert case.number.removeprefix("JJB-") not in other.get("/staff/cases?view=all").text
        assert other.get(f"/staff/cases/{case.id}").status_code == 404


@pytest.mark.parametrize("role", ["clerk", "approver", "supervisor"])
def test_B3_another_county_is_told_what_one_is_told_of_a_missing_case(
    app: Flask, role: str
) -> None:
    case = make.filed()
    other = make.browser_of(make.officer(make.XINGNING, role), app)
    missing = uuid.uuid4()
    for method, tail in (
        ("GET", ""),
        ("HEAD", ""),
        ("POST", "/reveal"),
        ("POST", "/accept"),
        ("POST", "/refuse"),
        ("GET", f"/files/{uuid.uuid4()}"),
    ):
        for headers in ({}, {"HX-Request": "true"}):
            answers = [
                other.open(f"/staff/cases/{each}{tail}", method=method, headers=headers)
                for each in (case.id, missing)
            ]
            assert [answer.status_code for answer in answers] == [404, 404]
            # The settings links name the address itself.
            bodies = [
                re.sub(r"[\w.-]{20,}", "·", answer.text.replace(str(each), "·"))
                for answer, each in zip(answers, (case.id, missing), strict=True)
            ]
            assert bodies[0] == bodies[1]
    assert kinds(case) == ["submitted"]
    denied = select(func.count()).where(AuditEvent.kind == "access.denied")
    assert (db.session.scalar(denied) or 0) >= 24


def test_the_county_sees_its_townships_and_its_turn(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    approver = make.browser_of(make.officer(make.MACHENG, "approver"), app)
    number = case.number.removeprefix("JJB-")
    assert number not in approver.get("/staff/cases").text
    assert number in approver.get("/staff/cases?view=all").text
    page = approver.get(f"/staff/cases/{case.id}").text
    assert "现在不由您办理" in page
    assert approver.post(f"/staff/cases/{case.id}/accept", data={}).status_code == 422
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    act(clerk, case, "accept")
    act(clerk, case, "forward_with_opinion", opinion="meets")
    assert number in approver.get("/staff/cases").text
    assert number not in clerk.get("/staff/cases").text
    assert number in clerk.get("/staff/cases?view=all").text


def test_B4_the_supervisor_watches_and_does_not_act(app: Flask) -> None:
    case = make.filed()
    watcher = make.browser_of(make.officer(make.MACHENG, "supervisor"), app)
    assert case.number.removeprefix("JJB-") in watcher.get("/staff/cases").text
    page = watcher.get(f"/staff/cases/{case.id}").text
    assert "受理</button>" not in page
    assert "显示姓名" not in page
    for name in ("accept", "reveal"):
        assert watcher.post(f"/staff/cases/{case.id}/{name}").status_code == 404
    assert kinds(case) == ["submitted"]


def test_B4_citizens_and_strangers_have_no_desk(app: Flask, client: Client) -> None:
    case = make.filed()
    owner = make.browser_of(make.citizen(), app)
    for path in ("/staff/cases", f"/staff/cases/{case.id}"):
        assert owner.get(path).status_code == 404
        assert client.get(path).status_code == 303


def test_the_list_is_by_due_day_with_lamps(app: Flask, as_of) -> None:
    as_of("2026-03-02")
    late = make.filed()
    as_of("2026-03-09")
    soon = make.filed(woman={**make.WOMAN, "id_number": "110101202402290016"})
    as_of("2026-03-12")
    page = make.browser_of(make.officer(make.BAIGUO), app).get("/staff/cases").text
    numbers = [each.number.removeprefix("JJB-") for each in (late, soon)]
    assert page.index(numbers[0]) < page.index(numbers[1])
    # Five working days from Monday the 2nd: the 9th, three days ago; from the 9th: the 16th, and
    # between the 12th, a Thursday, and that Monday there are two of them.
    assert 'class="when red">超 3 个工作日' in page
    assert 'class="when amber">剩 2 个工作日' in page
    as_of("2026-03-10")
    page = make.browser_of(make.officer(make.BAIGUO), app).get("/staff/cases").text
    assert 'class="when red">超 1 个工作日' in page
    assert 'class="when green">剩 4 个工作日' in page
    as_of("2026-03-13")
    page = make.browser_of(make.officer(make.BAIGUO), app).get("/staff/cases").text
    assert 'class="when amber">剩 1 个工作日' in page
    counted = re.findall(r"<dd[^>]*>(\d+)</dd>", page)
    assert counted == ["2", "1", "1"]


# --- Searching ---


@pytest.mark.parametrize(
    "typed",
    ["{number}", "{short}", "{first}", "002X", "002x", "0001", "张小雨", "11010519491231002X",
     "１３８" + "０" * 7 + "１", "138 0000 0001", "0014"],
)  # fmt: skip
def test_searching_in_the_own_office(app: Flask, typed: str) -> None:
    case = make.filed()
    number = case.number
    typed = typed.format(
        number=number.lower(), short=number.removeprefix("JJB-"), first=number[4:13]
    )
    own = make.browser_of(make.officer(make.BAIGUO), app)
    found = own.post("/staff/cases/search", data={"text": typed})
    assert number.removeprefix("JJB-") in found.text
    other = make.browser_of(make.officer(make.SONGBU), app)
    assert (
        number.removeprefix("JJB-")
        not in other.post("/staff/cases/search", data={"text": typed}).text
    )


@pytest.mark.parametrize("typed", ["9999", "李四", "13800009999", "%", "' OR 1=1--", "\x00", ""])
def test_searching_in_vain(app: Flask, typed: str) -> None:
    make.filed()
    own = make.browser_of(make.officer(make.BAIGUO), app)
    answer = own.post("/staff/cases/search", data={"text": typed})
    assert "本单位没有找到" in answer.text
    kept = db.session.scalars(select(AuditEvent).where(AuditEvent.kind == "case.searched")).all()
    assert [row.data for row in kept] == [{"found": 0}]


# --- Acting ---


def test_a_registration_from_desk_to_done(app: Flask) -> None:
    case = make.filed()
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    assert act(clerk, case, "accept").status_code == 303
    assert case.state == "accepted"
    assert case.live_key is not None
    assert act(clerk, case, "register").status_code == 303
    assert (case.state, case.live_key, case.decided_on) == ("registered", None, today())
    assert kinds(case) == ["submitted", "accepted", "registered"]
    assert {"application_accepted_without_day", "application_registered"} <= set(messages(case))
    audited = db.session.scalars(
        select(AuditEvent.kind).where(AuditEvent.kind.startswith("application."))
    ).all()
    assert set(audited) == {
        "application.submitted",
        "application.accepted",
        "application.registered",
    }
    # The same couple may file again once this one has ended.
    assert make.filed().id != case.id


def test_hubei_2014_ten_and_twenty_within_thirty_days(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    act(clerk, case, "accept")
    assert str(case.due_on) == "2014-06-13"
    assert str(case.overall_due_on) == "2014-07-03"
    as_of("2014-06-12")
    act(clerk, case, "forward_with_opinion", opinion="meets")
    assert case.state == "forwarded"
    assert str(case.due_on) == "2014-07-02"
    assert case.due_on <= case.overall_due_on
    as_of("2014-06-30")
    approver = make.browser_of(make.officer(make.MACHENG, "approver"), app)
    assert act(approver, case, "approve").status_code == 303
    assert (case.state, case.due_on) == ("approved", None)
    assert kinds(case) == ["submitted", "accepted", "forwarded_with_opinion", "approved"]
    assert {"application_accepted", "application_forwarded", "application_approved"} <= set(
        messages(case)
    )


def test_a_late_opinion_leaves_the_county_what_is_left_of_thirty_days(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    act(clerk, case, "accept")
    as_of("2014-06-20")
    act(clerk, case, "forward_with_opinion", opinion="meets")
    assert str(case.due_on) == "2014-07-03" == str(case.overall_due_on)


def test_guangxi_decides_at_the_township(app: Flask, as_of) -> None:
    as_of("2018-12-03")
    case = make.filed(make.REMARRIED_TWO)
    clerk = make.browser_of(make.officer(make.MINSHENG), app)
    act(clerk, case, "accept")
    page = clerk.get(f"/staff/cases/{case.id}").text
    assert "批准</button>" in page
    assert "上报县级" not in page
    assert act(clerk, case, "approve").status_code == 303
    assert case.state == "approved"


@pytest.mark.parametrize("reasons", ["", "   ", "不符合规定"])
def test_no_refusal_without_reasons(app: Flask, reasons: str) -> None:
    case = make.filed()
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    answer = act(clerk, case, "refuse", reasons=reasons)
    assert answer.status_code == 422
    assert "理由" in answer.text
    assert (case.state, kinds(case)) == ("submitted", ["submitted"])
    assert messages(case).count("application_refused") == 0


def test_an_opinion_against_needs_reasons(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    act(clerk, case, "accept")
    assert act(clerk, case, "forward_with_opinion", opinion="against").status_code == 422
    assert act(clerk, case, "forward_with_opinion").status_code == 422
    answer = act(clerk, case, "forward_with_opinion", opinion="against", reasons=REASONS)
    assert answer.status_code == 303
    event = case.events[-1]
    assert (event.data["meets"], event.note) == (False, REASONS)
    assert REASONS.encode() not in event.note_sealed


def test_reasons_are_kept_sealed_and_shown(app: Flask) -> None:
    case = make.filed()
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    # Who refuses reads what the citizen will be told of reconsideration and lawsuit.
    assert "六十日内，可以申请行政复议" in clerk.get(f"/staff/cases/{case.id}").text
    assert act(clerk, case, "refuse", reasons=REASONS).status_code == 303
    assert (case.state, case.live_key) == ("refused", None)
    page = clerk.get(f"/staff/cases/{case.id}").text
    assert REASONS in page
    assert "不予受理" in page


def test_an_act_the_state_does_not_know_changes_nothing(app: Flask) -> None:
    case = make.filed()
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    sent = {"register-version": str(case.version), "register-seen": "1"}
    assert clerk.post(f"/staff/cases/{case.id}/register", data=sent).status_code == 409
    assert case.state == "submitted"
    # A reload after a form was refused shows the case, and does nothing.
    assert clerk.get(f"/staff/cases/{case.id}/accept").location == f"/staff/cases/{case.id}"
    assert clerk.post(f"/staff/cases/{case.id}/delete").status_code == 404


# --- Two at once ---


def test_H1_the_second_clerk_sees_what_changed(app: Flask) -> None:
    case = make.filed()
    first = make.browser_of(make.officer(make.BAIGUO, name="陈先"), app)
    second = make.browser_of(make.officer(make.BAIGUO, name="周后"), app)
    page = second.get(f"/staff/cases/{case.id}").text
    act(first, case, "accept")
    old = hidden(page, "refuse")
    old |= {"refuse-reasons": REASONS, "refuse-ground": "facts_differ"}
    answer = second.post(f"/staff/cases/{case.id}/refuse", data=old)
    assert answer.status_code == 409
    assert "有人先办了这个件" in answer.text
    assert "陈先" in answer.text
    # What was typed is still there, over the case as it is now.
    assert REASONS in answer.text
    assert hidden(answer.text, "refuse") == {
        "refuse-version": str(case.version),
        "refuse-seen": "2",
    }
    assert kinds(case) == ["submitted", "accepted"]


def test_H1_two_decisions_in_the_same_moment_are_one(app: Flask, as_of) -> None:
    as_of("2014-06-03")
    case = make.filed(make.ONE_ONLY_CHILD)
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    act(clerk, case, "accept")
    act(clerk, case, "forward_with_opinion", opinion="meets")
    browsers = [make.browser_of(make.officer(make.MACHENG, "approver"), app) for _ in range(4)]
    pages = [browser.get(f"/staff/cases/{case.id}").text for browser in browsers]
    sent = [
        (
            f"/staff/cases/{case.id}/{name}",
            hidden(page, name) | prefixed(name, {"reasons": REASONS, "ground": "no_ground"}),
        )
        for name, page in zip(["approve", "refuse"] * 2, pages, strict=True)
    ]
    statuses = at_once(app, browsers, sent)
    assert sorted(statuses) == [303, 409, 409, 409]
    db.session.expire_all()
    decisions = [kind for kind in kinds(case) if kind in {"approved", "refused"}]
    assert decisions == [case.state]
    told = [
        kind for kind in messages(case) if kind in {"application_approved", "application_refused"}
    ]
    assert len(told) == 1


def at_once(
    app: Flask, browsers: list[Client], sent: list[tuple[str, dict[str, str]]]
) -> list[int]:
    """Post from several browsers in the same moment; the statuses."""
    db.session.commit()
    start = threading.Barrier(len(browsers))
    statuses: list[int] = []

    def press(browser: Client, address: str, data: dict[str, str]) -> None:
        start.wait()
        with app.app_context():
            statuses.append(browser.post(address, data=data).status_code)

    threads = [
        threading.Thread(target=press, args=(browser, *each))
        for browser, each in zip(browsers, sent, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_a_look_at_the_data_in_between_is_no_conflict(app: Flask) -> None:
    case = make.filed()
    first = make.browser_of(make.officer(make.BAIGUO), app)
    page = first.get(f"/staff/cases/{case.id}").text
    second = make.browser_of(make.officer(make.BAIGUO), app)
    second.post(f"/staff/cases/{case.id}/reveal")
    answer = first.post(f"/staff/cases/{case.id}/accept", data=hidden(page, "accept"))
    assert answer.status_code == 303
    assert [event.sequence for event in case.events] == [1, 2, 3]


# --- Personal data and files ---


def test_personal_data_is_masked_until_asked_for_and_the_citizen_is_told(app: Flask) -> None:
    case = make.filed()
    officer = make.officer(make.BAIGUO)
    clerk = make.browser_of(officer, app)
    page = clerk.get(f"/staff/cases/{case.id}").text
    shown = [make.WOMAN["name"], make.WOMAN["id_number"], make.MAN["phone"]]
    assert not any(value in page for value in shown)
    assert "1101**********002X" in page
    assert clerk.post(f"/staff/cases/{case.id}/reveal").location == f"/staff/cases/{case.id}"
    page = clerk.get(f"/staff/cases/{case.id}").text
    assert all(value in page for value in shown)
    assert kinds(case) == ["submitted", "personal_data_viewed"]
    assert case.events[-1].actor_id == officer.id
    # Another officer still sees it masked.
    other = make.browser_of(make.officer(make.BAIGUO), app)
    assert make.WOMAN["id_number"] not in other.get(f"/staff/cases/{case.id}").text


def test_every_look_is_written_down(app: Flask) -> None:
    case = make.filed()
    officer = make.officer(make.BAIGUO)
    make.browser_of(officer, app).get(f"/staff/cases/{case.id}")
    row = db.session.scalars(select(AuditEvent).where(AuditEvent.kind == "case.opened")).one()
    assert (row.actor, row.subject) == (f"officer:{officer.id}", f"application:{case.id}")


def photo() -> bytes:
    output = BytesIO()
    Image.new("RGB", (40, 30), "white").save(output, "JPEG")
    return output.getvalue()


def test_a_file_is_marked_with_its_purpose_and_never_run(app: Flask, monkeypatch) -> None:
    case = make.filed()
    content = photo()
    upload = uploads.save_upload(
        case, "id_or_hukou_booklet", '"><script>.jpg', CleanFile(content, "image/jpeg")
    )
    db.session.commit()
    said = []
    monkeypatch.setattr(
        routes, "stamped", lambda file, kind, text: said.append(text) or stamped(file, kind, text)
    )
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    address = f"/staff/cases/{case.id}/files/{upload.id}"
    assert address in clerk.get(f"/staff/cases/{case.id}").text
    answer = clerk.get(address)
    assert Image.open(BytesIO(answer.data)).size == (40, 30)
    assert said == [f"仅供麻城市白果镇人民政府（卫生健康办）办理生育登记使用 {today().isoformat()}"]
    assert uploads.read_upload(upload) == content
    assert answer.headers["Content-Disposition"].startswith("inline; filename=JJB-")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    other = make.filed(woman={**make.WOMAN, "id_number": "110101202402290016"})
    assert clerk.get(f"/staff/cases/{other.id}/files/{upload.id}").status_code == 404
    neighbour = make.browser_of(make.officer(make.SONGBU), app)
    assert neighbour.get(address).status_code == 404


def test_pages_as_fragments_too(app: Flask) -> None:
    case = make.filed()
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    for path in ("/staff/cases", "/staff/cases?view=done", f"/staff/cases/{case.id}"):
        whole, part = clerk.get(path), clerk.fragment(path)
        assert (whole.status_code, part.status_code) == (200, 200)
        assert "<html" in whole.text
        assert "<html" not in part.text
        assert part.headers["Vary"].count("HX-Request") == 1


def test_nothing_personal_reaches_the_log(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    case = make.filed()
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    clerk.post(f"/staff/cases/{case.id}/reveal")
    clerk.get(f"/staff/cases/{case.id}")
    clerk.post("/staff/cases/search", data={"text": make.WOMAN["id_number"]})
    act(clerk, case, "refuse", reasons=REASONS)
    for value in (make.WOMAN["name"], make.WOMAN["id_number"], make.WOMAN["phone"], REASONS):
        assert value not in caplog.text
        assert value not in str([event.data for event in case.events])


def test_an_unknown_office_has_no_desk(app: Flask) -> None:
    officer = make.officer(make.BAIGUO)
    officer.office_id = uuid.uuid4()
    db.session.commit()
    assert make.browser_of(officer, app).get("/staff/cases").status_code == 404


def test_B5_nobody_acts_on_a_case_of_their_own_family(app: Flask) -> None:
    case = make.filed()
    clerk = make.officer(make.BAIGUO)
    clerk.kin_keys = [case.search_keys[0].hash]
    db.session.commit()
    answer = act(make.browser_of(clerk, app), case, "accept")
    assert answer.status_code == 403
    assert "请交给同事办" in answer.text
    assert kinds(case) == ["submitted"]
    assert "case.kin" in set(db.session.scalars(select(AuditEvent.kind)))


def test_C2_a_decision_left_open_overnight_comes_back_with_everything_typed(app: Flask) -> None:
    case = make.filed()
    browser = make.browser_of(make.officer(make.BAIGUO), app)
    sent = {"refuse-version": "1", "refuse-seen": "1", "refuse-reasons": REASONS}
    answer = browser.post(f"/staff/cases/{case.id}/refuse", data=sent, csrf=False)
    assert answer.status_code == 400
    assert f"{REASONS}</textarea>" in answer.text
    assert kinds(case) == ["submitted"]


@pytest.mark.parametrize("page", ["0", "-3", "9" * 30, "一"])
def test_a_page_of_the_list_that_there_is_not_is_empty_or_the_first(app: Flask, page: str) -> None:
    browser = make.browser_of(make.officer(make.BAIGUO), app)
    assert browser.get(f"/staff/cases?page={page}").status_code == 200


def test_the_clerk_sees_the_agents_own_paper(app: Flask) -> None:
    """No rulebook lists it: it comes from filing for somebody else."""
    case = make.filed(filer="agent")
    browser = make.browser_of(make.officer(make.BAIGUO), app)
    assert "授权委托书" in browser.get(f"/staff/cases/{case.id}").text
    other = make.filed(woman=make.WOMAN | {"id_number": "110105202503010015"})
    assert "授权委托书" not in browser.get(f"/staff/cases/{other.id}").text


def test_D12_a_decision_names_the_pages_it_was_made_on(app: Flask) -> None:
    case = make.filed()
    clean = [CleanFile(photo(), "image/jpeg"), CleanFile(b"%PDF-1.7", "application/pdf")]
    old, new = (uploads.save_upload(case, "id_or_hukou_booklet", "a", each) for each in clean)
    uploads.take_back(old)
    db.session.commit()
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    assert "换下来的旧页（1）" in clerk.get(f"/staff/cases/{case.id}").text
    assert act(clerk, case, "accept").status_code == 303
    assert act(clerk, case, "register").status_code == 303
    decided = db.session.scalars(select(Event).where(Event.kind == Happened.REGISTERED)).one()
    assert decided.data["papers"] == {str(new.id): clean[1].sha256}


def test_D12_a_paper_replaced_while_the_clerk_has_it_open_stops_the_act(app: Flask) -> None:
    case = make.filed()
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    mine = make.browser_of(make.citizen(), app)
    for said in ("有人先办了这个件", "申请人又补传或换了材料"):
        page = clerk.get(f"/staff/cases/{case.id}").text
        sent = mine.post(
            f"/my/{case.id}/papers/id_or_hukou_booklet",
            data={"file": (BytesIO(photo()), "a.jpg")},
        )
        assert sent.status_code == 303
        answer = clerk.post(f"/staff/cases/{case.id}/accept", data=hidden(page, "accept"))
        assert answer.status_code == 409
        assert said in answer.text
    assert kinds(case) == ["submitted", "papers_changed"]


def test_the_lists_of_what_is_late_and_of_what_waits_elsewhere(app: Flask) -> None:
    waits, late, other = (
        make.filed(woman=make.WOMAN | {"id_number": number})
        for number in ("11010519491231002X", "110101202402290016", "110105202503010015")
    )
    ask_elsewhere(waits, make.MINSHENG)
    late.due_on = today() - timedelta(days=1)
    db.session.commit()
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    lead = make.browser_of(make.officer(make.MACHENG, "supervisor"), app)
    there = make.browser_of(make.officer(make.MINSHENG), app)
    for view, wanted in (("late", late), ("elsewhere", waits)):
        for browser in (clerk, lead):
            page = browser.get(f"/staff/cases?view={view}").text
            numbers = [each.number[4:] for each in (waits, late, other) if each.number[4:] in page]
            assert numbers == [wanted.number[4:]]
        assert wanted.number[4:] not in there.get(f"/staff/cases?view={view}").text
