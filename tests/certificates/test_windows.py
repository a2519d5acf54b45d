"""Any window of the county prints and hands over, and writes it down; some take back or put right."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import vault
from app.accounts.service import kin_key
from app.applications.models import Application
from app.audit import AuditEvent
from app.casework.acts import Act
from app.certificates import service, windows
from app.certificates.models import Certificate, CertificateEvent, Standing
from app.clock import now
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.applications.filing import at_once
from tests.certificates.conftest import certificate_of, do, registered
from tests.client import Client
from tests.shape.theirs import bare
from tests.test_typesetting import text_of

pytestmark = pytest.mark.usefixtures("offices")
REASONS = "登记时用的结婚证经核实是假的，见《条例》第四十八条。"


def window_of(app: Flask, code: str = make.SONGBU, role: str = "clerk") -> Client:
    """A browser at another town's window of the same county."""
    return make.browser_of(make.officer(code, role), app)


def press(browser: Client, certificate: Certificate, act: str, **fields: str) -> Any:
    prefix = {
        "printed": "printing",
        "handed_over": "handing",
        "withdrawn": "withdrawing",
        "corrected": "correcting",
    }[act]
    data = {f"{prefix}-{name}": value for name, value in fields.items()}
    return browser.post(f"/staff/print/{certificate.id}/{act}", data=data)


def printed(browser: Client, certificate: Certificate, **more: str) -> Any:
    return press(browser, certificate, "printed", script="zh_Hans", **more)


def handed(browser: Client, certificate: Certificate, to: str = "woman", **more: str) -> Any:
    return press(browser, certificate, "handed_over", to=to, **{"seen": "y", **more})


def kinds(certificate: Certificate) -> list[str]:
    return [event.kind for event in certificate_of(certificate.application).events]


def messages(session: Any, case: Application) -> list[str]:
    rows = select(OutboxMessage.kind).where(OutboxMessage.subject == f"application:{case.id}")
    return sorted(kind for kind in session.scalars(rows) if kind.startswith("certificate"))


# --- Finding it ---


@pytest.mark.parametrize("by", ["certificate", "application", "small letters"])
def test_another_town_of_the_county_finds_it_by_either_number(app: Flask, by: str) -> None:
    case = registered()
    certificate = certificate_of(case)
    typed = {
        "certificate": certificate.number,
        "application": case.number,
        "small letters": certificate.number.lower().replace("-", " "),
    }[by]
    answer = window_of(app).post("/staff/print", data={"number": typed})
    assert (answer.status_code, answer.location) == (303, f"/staff/print/{certificate.id}")


@pytest.mark.parametrize("code", [make.MINSHENG, make.LOUFENG, make.XINGNING])
def test_B3_another_county_is_told_what_one_is_told_of_a_missing_one(
    app: Flask, session: Any, code: str
) -> None:
    case = registered()
    certificate = certificate_of(case)
    other = window_of(app, code, "approver" if len(code) == 6 else "clerk")
    bodies = {
        bare(other.post("/staff/print", data={"number": number}).text, {"number": [number]})
        for number in (certificate.number, "JJZ-2222-2222-2222")
    }
    assert len(bodies) == 1
    assert "没有找到" in bodies.pop()
    for path in ("", "/zh_Hans"):
        assert other.get(f"/staff/print/{certificate.id}{path}").status_code == 404
    for act in ("printed", "handed_over"):
        assert press(other, certificate, act).status_code == 404
    assert kinds(certificate) == ["issued"]
    denied = session.scalars(select(AuditEvent).where(AuditEvent.kind == "access.denied")).all()
    assert len(denied) == 4


@pytest.mark.parametrize("typed", ["", "JJZ", "9" * 5000, "' OR 1=1--", "\x00", "张小雨", "%"])
def test_hostile_numbers_find_nothing(app: Flask, typed: str) -> None:
    registered()
    answer = window_of(app).post("/staff/print", data={"number": typed})
    assert answer.status_code == 422


def test_a_case_that_is_not_done_has_nothing_to_print(app: Flask) -> None:
    case = make.filed()
    answer = window_of(app).post("/staff/print", data={"number": case.number})
    assert "还没有证" in answer.text


def test_where_the_couple_collects_may_print_as_well(app: Flask, session: Any) -> None:
    case = registered()
    case.collect_office_id = make.office(make.LOUFENG).id
    session.commit()
    certificate = certificate_of(case)
    assert printed(window_of(app, make.LOUFENG), certificate).status_code == 303


def test_the_page_shows_only_what_the_window_needs(app: Flask, session: Any) -> None:
    case = registered()
    certificate = certificate_of(case)
    page = window_of(app).get(f"/staff/print/{certificate.id}").text
    assert '张某 · <span aria-hidden="true">1101**********002X</span>' in page
    for secret in (
        make.WOMAN["name"],
        make.MAN["name"],
        make.WOMAN["id_number"],
        make.WOMAN["phone"],
        case.number,
        str(case.id),
    ):
        assert secret not in page
    opened = session.scalars(select(AuditEvent).where(AuditEvent.kind == "certificate.opened"))
    assert [row.subject for row in opened] == [f"application:{case.id}"]
    mine = make.browser_of(make.citizen(), app)
    assert "打开了您的证" in mine.get(f"/my/{case.id}/views").text


# --- Printing and handing over ---


def test_printing_is_noted_and_told_and_opens_the_file(app: Flask, session: Any) -> None:
    case = registered()
    certificate = certificate_of(case)
    browser = window_of(app)
    address = f"/staff/print/{certificate.id}"
    assert browser.get(f"{address}/zh_Hans").location == address
    assert printed(browser, certificate).status_code == 303
    assert "现在打开文件打印" in browser.get(address).text
    file = browser.get(f"{address}/zh_Hans")
    assert make.WOMAN["name"] in text_of(file.data)
    assert browser.get(f"{address}/zh_Hant").location == address
    # Another officer has not printed it.
    assert window_of(app).get(f"{address}/zh_Hans").location == address
    event = certificate_of(case).events[-1]
    assert event.kind == "printed"
    assert event.office_id == make.office(make.SONGBU).id
    assert messages(session, case) == ["certificate_ready"]
    mine = make.browser_of(make.citizen(), app)
    assert "在窗口打印" in mine.get(f"/my/{case.id}/certificate").text
    assert "打印了您的证" in mine.get(f"/my/{case.id}/views").text


def test_a_file_may_be_fetched_for_ten_minutes(app: Flask, session: Any) -> None:
    certificate = certificate_of(registered())
    browser = window_of(app)
    printed(browser, certificate)
    event = certificate_of(certificate.application).events[-1]
    event.recorded_at = now() - windows.FETCHED_WITHIN - timedelta(seconds=1)
    session.commit()
    address = f"/staff/print/{certificate.id}"
    assert browser.get(f"{address}/zh_Hans").location == address


def test_two_presses_of_one_button_are_one_print(app: Flask) -> None:
    certificate = certificate_of(registered())
    browser = window_of(app)
    assert [printed(browser, certificate).status_code for _ in range(3)] == [303] * 3
    assert kinds(certificate) == ["issued", "printed"]


def test_handing_over_is_noted_and_told(app: Flask, session: Any) -> None:
    case = registered()
    certificate = certificate_of(case)
    browser = window_of(app)
    printed(browser, certificate)
    assert handed(browser, certificate, "man").status_code == 303
    event = certificate_of(case).events[-1]
    assert (event.kind, event.data) == ("handed_over", {"to": "man"})
    assert messages(session, case) == ["certificate_handed_over", "certificate_ready"]
    audited = session.scalars(select(AuditEvent.kind)).all()
    assert {"certificate.printed", "certificate.handed_over"} <= set(audited)
    mine = make.browser_of(make.citizen(), app)
    assert "男方本人领走" in mine.get(f"/my/{case.id}/certificate").text


def test_an_agent_takes_it_and_the_couple_is_told(app: Flask, session: Any) -> None:
    case = make.filed(filer="agent")
    do(case, Act.ACCEPT)
    do(case, Act.REGISTER)
    certificate = certificate_of(case)
    browser = window_of(app)
    printed(browser, certificate)
    assert "代办人" in browser.get(f"/staff/print/{certificate.id}").text
    assert handed(browser, certificate, "agent").status_code == 303
    told = session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "certificate_handed_over")
    ).all()
    assert {row.phone for row in told} == {
        make.AGENT["phone"],
        make.WOMAN["phone"],
        make.MAN["phone"],
    }


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"to": "woman", "seen": ""}, 422),
        ({"to": "", "seen": "y"}, 422),
        ({"to": "agent", "seen": "y"}, 422),
        ({"to": "<script>", "seen": "y"}, 422),
    ],
)
def test_nobody_else_is_handed_it(app: Flask, fields: dict[str, str], status: int) -> None:
    certificate = certificate_of(registered())
    browser = window_of(app)
    printed(browser, certificate)
    assert press(browser, certificate, "handed_over", **fields).status_code == status
    assert kinds(certificate) == ["issued", "printed"]


def test_what_is_not_printed_or_already_gone_is_not_handed_over(app: Flask) -> None:
    certificate = certificate_of(registered())
    browser = window_of(app)
    assert handed(browser, certificate).status_code == 409
    printed(browser, certificate)
    assert handed(browser, certificate).status_code == 303
    assert handed(browser, certificate).status_code == 409
    assert kinds(certificate) == ["issued", "printed", "handed_over"]


def test_a_lost_one_is_printed_again_with_the_reason(app: Flask, session: Any) -> None:
    case = registered()
    certificate = certificate_of(case)
    browser = window_of(app)
    printed(browser, certificate)
    handed(browser, certificate)
    answer = printed(browser, certificate)
    assert answer.status_code == 422
    assert "请选为什么再打一次" in answer.text
    assert printed(browser, certificate, again="nonsense").status_code == 422
    assert printed(browser, certificate, again="lost").status_code == 303
    assert certificate_of(case).events[-1].data == {"script": "zh_Hans", "again": "lost"}
    assert handed(browser, certificate).status_code == 303
    assert messages(session, case).count("certificate_ready") == 1
    mine = make.browser_of(make.citizen(), app)
    assert "遗失后补打" in mine.get(f"/my/{case.id}/certificate").text


def test_H1_two_windows_print_at_once(app: Flask, session: Any) -> None:
    """Both are noted, in an order, and the couple is told once that it is ready."""
    case = registered()
    certificate = certificate_of(case)
    browsers = [window_of(app, code) for code in (make.SONGBU, make.BAIGUO) * 2]
    address = f"/staff/print/{certificate.id}/printed"
    session.commit()

    def press_print(browser: Client) -> int:
        with app.app_context():
            form = {"printing-script": "zh_Hans", "printing-again": "misprint"}
            return browser.post(address, data=form).status_code

    results = at_once([lambda browser=each: press_print(browser) for each in browsers])
    assert set(results) <= {303, 409}
    assert 303 in results
    noted = session.scalars(
        select(CertificateEvent.sequence)
        .where(CertificateEvent.certificate_id == certificate.id)
        .order_by(CertificateEvent.sequence)
    ).all()
    assert noted == list(range(1, len(noted) + 1))
    assert len(noted) == 1 + results.count(303)
    assert messages(session, case) == ["certificate_ready"]


def test_H1_two_windows_hand_over_at_once_and_one_did(app: Flask, session: Any) -> None:
    case = registered()
    certificate = certificate_of(case)
    browsers = [window_of(app) for _ in range(4)]
    printed(browsers[0], certificate)
    address = f"/staff/print/{certificate.id}/handed_over"
    session.commit()

    def press_hand(browser: Client) -> int:
        with app.app_context():
            form = {"handing-to": "woman", "handing-seen": "y"}
            return browser.post(address, data=form).status_code

    results = at_once([lambda browser=each: press_hand(browser) for each in browsers])
    assert sorted(results) == [303, 409, 409, 409]
    assert kinds(certificate) == ["issued", "printed", "handed_over"]


def test_B4_the_supervisor_watches(app: Flask) -> None:
    certificate = certificate_of(registered())
    watcher = window_of(app, make.MACHENG, "supervisor")
    page = watcher.get(f"/staff/print/{certificate.id}").text
    assert "打印这张证" not in page
    for act in ("printed", "handed_over"):
        assert press(watcher, certificate, act).status_code == 404


def test_citizens_and_strangers_have_no_window(app: Flask, client: Client) -> None:
    certificate = certificate_of(registered())
    owner = make.browser_of(make.citizen(), app)
    for path in ("/staff/print", f"/staff/print/{certificate.id}"):
        assert owner.get(path).status_code == 404
        assert client.get(path).status_code == 303


# --- Taking it back ---


@pytest.mark.parametrize("role", ["approver", "supervisor"])
def test_a_withdrawal_is_said_everywhere(
    app: Flask, session: Any, client: Client, role: str
) -> None:
    case = registered()
    certificate = certificate_of(case)
    county = window_of(app, make.MACHENG, role)
    assert "撤销这张证" in county.get(f"/staff/print/{certificate.id}").text
    assert press(county, certificate, "withdrawn", reasons=REASONS).status_code == 303
    assert certificate_of(case).standing is Standing.WITHDRAWN
    assert "已经撤销，不再有效" in client.get(f"/verify/{certificate.number}").text
    assert REASONS not in client.get(f"/verify/{certificate.number}").text
    mine = make.browser_of(make.citizen(), app)
    page = mine.get(f"/my/{case.id}/certificate").text
    assert REASONS in page
    assert "申请行政复议" in page
    assert set(messages(session, case)) == {"certificate_withdrawn"}
    for act in ("printed", "handed_over"):
        assert press(window_of(app), certificate, act, script="zh_Hans").status_code in {409, 422}
    assert printed(window_of(app), certificate).status_code == 409
    assert press(county, certificate, "withdrawn", reasons=REASONS).status_code == 409
    assert kinds(certificate) == ["issued", "withdrawn"]
    rows = session.scalars(select(AuditEvent).where(AuditEvent.kind == "certificate.withdrawn"))
    assert [row.subject for row in rows] == [f"application:{case.id}"]


@pytest.mark.parametrize(
    ("code", "role"),
    [(make.BAIGUO, "clerk"), (make.SONGBU, "approver"), (make.XINGNING, "approver")],
)
def test_B4_who_does_not_answer_for_it_cannot_take_it_back(
    app: Flask, code: str, role: str
) -> None:
    certificate = certificate_of(registered())
    browser = window_of(app, code, role)
    if code != make.XINGNING:
        assert "撤销这张证" not in browser.get(f"/staff/print/{certificate.id}").text
    for act in ("withdrawn", "corrected"):
        assert press(browser, certificate, act, reasons=REASONS).status_code == 404
    assert kinds(certificate) == ["issued"]


@pytest.mark.parametrize("reasons", ["", "   ", "错了"])
def test_it_is_not_taken_back_without_reasons(app: Flask, reasons: str) -> None:
    certificate = certificate_of(registered())
    county = window_of(app, make.MACHENG, "approver")
    assert press(county, certificate, "withdrawn", reasons=reasons).status_code == 422
    assert kinds(certificate) == ["issued"]


def test_B5_nobody_takes_back_their_own(app: Flask, session: Any) -> None:
    certificate = certificate_of(registered())
    relative = make.officer(make.MACHENG, "approver")
    relative.kin_keys = [kin_key("id_number", make.WOMAN["id_number"])]
    session.commit()
    browser = make.browser_of(relative, app)
    answer = press(browser, certificate, "withdrawn", reasons=REASONS)
    assert answer.status_code == 403
    assert "请交给同事办" in answer.text
    assert kinds(certificate) == ["issued"]


def test_a_corrected_one_takes_its_place(app: Flask, session: Any, client: Client) -> None:
    case = registered(man=make.MAN | {"name": "李建国"})
    old = certificate_of(case)
    county = window_of(app, make.MACHENG, "approver")
    answer = press(
        county, old, "corrected", man_name="李𬱖国", reasons="姓名录成了同音字，已核对户口簿。"
    )
    assert answer.status_code == 303
    fresh, replaced = service.certificates_of(case)
    assert answer.location == f"/staff/print/{fresh.id}"
    assert (fresh.sequence, fresh.standing) == (2, Standing.VALID)
    assert (replaced.id, replaced.standing) == (old.id, Standing.REPLACED)
    assert fresh.number != old.number
    assert [holder["name"] for holder in fresh.data["holders"]] == ["张小雨", "李𬱖国"]
    assert [holder["name"] for holder in replaced.data["holders"]] == ["张小雨", "李建国"]
    assert fresh.office_id == old.office_id
    assert "已经换发" in client.get(f"/verify/{old.number}").text
    assert "现在有效" in client.get(f"/verify/{fresh.number}").text
    assert set(messages(session, case)) == {"certificate_replaced"}
    mine = make.browser_of(make.citizen(), app)
    page = mine.get(f"/my/{case.id}/certificate").text
    assert fresh.number in page
    assert old.number in page
    found = window_of(app).post("/staff/print", data={"number": case.number})
    assert found.location == f"/staff/print/{fresh.id}"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"man_name": "李建国"},
        {"woman_number": "110105194912310021"},
        {"man_name": "\x00"},
        {"man_name": "李" * 41},
    ],
    ids=["nothing", "the same", "wrong digit", "no name", "too long"],
)
def test_a_correction_changes_something_and_rightly(app: Flask, fields: dict[str, str]) -> None:
    certificate = certificate_of(registered())
    county = window_of(app, make.MACHENG, "approver")
    answer = press(county, certificate, "corrected", reasons="姓名录错，已核对户口簿。", **fields)
    assert answer.status_code == 422
    assert kinds(certificate) == ["issued"]


def test_once_the_data_is_gone_nothing_is_printed(app: Flask, session: Any) -> None:
    case = registered()
    certificate = certificate_of(case)
    vault.destroy(case)
    session.commit()
    browser = window_of(app)
    assert "个人信息已按期限删除" in browser.get(f"/staff/print/{certificate.id}").text
    assert printed(browser, certificate).status_code == 409


# --- The case at the desk ---


def test_the_desk_has_the_papers_of_its_cases(app: Flask, session: Any) -> None:
    case = registered()
    [letter] = service.letters_of(case)
    desk = make.browser_of(make.officer(make.BAIGUO), app)
    page = desk.get(f"/staff/cases/{case.id}").text
    assert certificate_of(case).number in page
    assert "受理通知书" in page
    address = f"/staff/cases/{case.id}/letters/{letter.id}/zh_Hans"
    assert desk.get(address).data.startswith(b"%PDF")
    assert window_of(app).get(address).status_code == 404
    assert desk.get(f"/staff/cases/{case.id}/letters/{uuid.uuid4()}/zh_Hans").status_code == 404
    read = select(func.count()).where(AuditEvent.kind == "case.letter_read")
    assert session.scalar(read) == 1
