"""The citizen's own paper: looked at on the phone, shown at a counter, downloaded in either script."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import vault
from app.audit import AuditEvent
from app.casework.acts import Act
from app.certificates import service
from app.certificates.models import CertificateEvent, CertificateHappened
from app.clock import today
from tests import factories as make
from tests.certificates.conftest import approved_in_hubei, certificate_of, do, registered
from tests.client import Client
from tests.test_typesetting import text_of

pytestmark = pytest.mark.usefixtures("offices")


@pytest.fixture
def mine(app: Flask) -> Client:
    """The phone of whoever filed."""
    return make.browser_of(make.citizen(), app)


def test_the_case_leads_to_the_paper(mine: Client, client: Client) -> None:
    case = registered()
    page = mine.get(f"/my/{case.id}").text
    assert "《生育登记凭证》" in page
    assert f'href="/my/{case.id}/certificate"' in page
    assert "受理通知书" in page
    client.post("/track", data={"number": case.number, "tail": "002X"})
    looked_up = client.get("/track/case").text
    assert "登录，看证、下载" in looked_up
    # A number and four digits show nobody's letters.
    assert "受理通知书" not in looked_up
    assert certificate_of(case).number not in looked_up


def test_the_page_shows_what_the_paper_says(mine: Client) -> None:
    case = registered()
    certificate = certificate_of(case)
    page = mine.get(f"/my/{case.id}/certificate").text
    for words in (
        "现在有效",
        certificate.number,
        "下面的夫妻已经办理生育登记。",
        make.WOMAN["name"],
        "1101**********002X",
        "《人口与计划生育法》第十八条第一款",
        "给孩子上户口不看它",
        "<svg",
    ):
        assert words in page, words
    assert make.WOMAN["id_number"] not in page


@pytest.mark.parametrize(("script", "title"), [("zh_Hans", "生育证"), ("zh_Hant", "生育證")])
def test_it_is_downloaded_in_either_script(
    mine: Client, session: Any, as_of: Callable[[str], None], script: str, title: str
) -> None:
    case = approved_in_hubei(as_of)
    certificate = certificate_of(case)
    answer = mine.get(f"/my/{case.id}/certificates/{certificate.id}/{script}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert title in text_of(answer.data)
    assert answer.headers["Content-Disposition"] == f"attachment; filename={certificate.number}.pdf"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    audited = session.scalars(select(AuditEvent).where(AuditEvent.kind == "certificate.downloaded"))
    assert [row.subject for row in audited] == [f"application:{case.id}"]


def test_letters_are_downloaded(mine: Client, session: Any) -> None:
    case = make.filed()
    do(case, Act.ACCEPT)
    do(case, Act.REFUSE, reasons="男方的独生子女证明与户口登记不一致。")
    for letter in service.letters_of(case):
        answer = mine.get(f"/my/{case.id}/letters/{letter.id}/zh_Hant")
        assert answer.data.startswith(b"%PDF")
    page = mine.get(f"/my/{case.id}").text
    assert "不予登记决定书" in page


def test_what_is_not_of_this_case_is_not_there(mine: Client) -> None:
    """Also what is one's own, under another case of one's own."""
    first = registered()
    second = registered(woman=make.WOMAN | {"id_number": "110101202402290016"})
    other = certificate_of(second)
    [letter, *_] = service.letters_of(second)
    for path in (
        f"/my/{first.id}/certificates/{other.id}/zh_Hans",
        f"/my/{first.id}/letters/{letter.id}/zh_Hans",
        f"/my/{first.id}/certificates/{uuid.uuid4()}/zh_Hans",
        f"/my/{first.id}/certificates/{certificate_of(first).id}/en",
    ):
        assert mine.get(path).status_code == 404, path


def test_before_there_is_one_the_case_says_what_is_next(mine: Client) -> None:
    case = make.filed()
    answer = mine.get(f"/my/{case.id}/certificate")
    assert (answer.status_code, answer.location) == (303, f"/my/{case.id}")


def test_what_was_withdrawn_says_why_and_is_no_longer_given_out(mine: Client, session: Any) -> None:
    case = registered()
    certificate = certificate_of(case)
    day = today() - timedelta(days=3)
    event = CertificateEvent(
        certificate=certificate,
        sequence=2,
        kind=CertificateHappened.WITHDRAWN,
        happened_on=day,
        actor_kind="officer",
    )
    session.add(event)
    event.note = "登记时写的出生日期不实。"
    session.commit()
    page = mine.get(f"/my/{case.id}/certificate").text
    assert f"{day.year} 年 {day.month} 月 {day.day} 日撤销，不再有效" in page
    assert "登记时写的出生日期不实。" in page
    assert "申请行政复议" in page
    assert "下载 PDF" not in page
    assert mine.get(f"/my/{case.id}/certificates/{certificate.id}/zh_Hans").status_code == 404
    assert "已撤销" in mine.get(f"/my/{case.id}").text


def test_once_the_data_is_gone_there_is_no_paper(mine: Client, session: Any) -> None:
    case = registered()
    certificate = certificate_of(case)
    mine.get(f"/my/{case.id}/certificates/{certificate.id}/zh_Hans")
    vault.destroy(case)
    session.commit()
    page = mine.get(f"/my/{case.id}/certificate")
    assert "个人信息已按期限删除" in page.text
    assert mine.get(f"/my/{case.id}/certificates/{certificate.id}/zh_Hans").status_code == 404
