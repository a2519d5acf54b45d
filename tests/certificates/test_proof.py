"""Anyone may check a certificate: what it is and whether it counts, and nothing of a person."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import vault
from app.certificates import proof
from app.certificates.models import CertificateEvent, CertificateHappened
from app.clock import today
from app.limits import LimitCounter
from tests import factories as make
from tests.certificates.conftest import certificate_of, registered
from tests.client import Client

pytestmark = pytest.mark.usefixtures("offices")
SECRETS = (
    make.WOMAN["name"],
    make.MAN["name"],
    make.WOMAN["id_number"],
    make.WOMAN["phone"],
    "002X",
    "0014",
)


def ask(browser: Client, number: str, surname: str, tail: str) -> Any:
    return browser.post(f"/verify/{number}", data={"surname": surname, "tail": tail})


def test_the_code_on_the_paper_leads_to_what_proves_it(client: Client) -> None:
    case = registered()
    certificate = certificate_of(case)
    page = client.get(f"/verify/{certificate.number}")
    assert page.status_code == 200
    for words in ("现在有效", "生育登记凭证", certificate.number, "麻城市白果镇人民政府"):
        assert words in page.text
    assert f"{today().year} 年 {today().month} 月 {today().day} 日" in page.text
    for secret in (*SECRETS, case.number, str(case.id), str(certificate.id)):
        assert secret not in page.text
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    assert "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize(
    "spelling",
    ["{0}", "{1}", " {1} ", "{2}", "{3}"],
    ids=["as printed", "run together", "blanks around", "small letters", "full width"],
)
def test_the_number_in_any_spelling(client: Client, spelling: str) -> None:
    number = certificate_of(registered()).number
    plain = number.replace("-", "")
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in plain)
    typed = spelling.format(number, plain, number.lower().replace("-", " "), wide)
    answer = client.post("/verify", data={"number": typed})
    assert (answer.status_code, answer.location) == (303, f"/verify/{number}")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "JJZ",
        "JJZ-2222-2222-222",
        "9" * 5000,
        "' OR 1=1--",
        "\x00",
        "<script>",
        "張三",
        "%",
        "½²",
    ],
)
def test_what_is_no_number_is_said_at_the_field(client: Client, typed: str) -> None:
    answer = client.post("/verify", data={"number": typed})
    assert answer.status_code == 422
    assert 'class="errors"' in answer.text


def test_the_number_of_an_application_is_not_that_of_a_certificate(client: Client) -> None:
    answer = client.post("/verify", data={"number": registered().number})
    assert answer.status_code == 422
    assert "这是办件编号" in answer.text


@pytest.mark.parametrize("number", ["JJZ-2222-2222-2222", "nonsense", "%00", "%F0%A0%AE%B7", "..;"])
def test_what_is_not_there_is_not_there(client: Client, number: str) -> None:
    answer = client.get(f"/verify/{number}")
    assert answer.status_code == 404
    assert "没有这个编号的证" in answer.text
    assert "X-Robots-Tag" in answer.headers


# --- Is it this person? ---


@pytest.mark.parametrize(
    ("surname", "tail"),
    [
        ("张", "002X"),
        ("张", "002x"),
        ("张小雨", "００２Ｘ"),
        ("李", "0014"),
        (" 李建国 ", " 0014 "),
    ],
)
def test_who_it_was_issued_to_is_confirmed(client: Client, surname: str, tail: str) -> None:
    number = certificate_of(registered()).number
    page = ask(client, number, surname, tail)
    assert page.status_code == 200
    assert "对得上" in page.text
    for secret in SECRETS:
        assert secret not in page.text


@pytest.mark.parametrize(
    ("name", "surname"),
    [("欧阳修", "欧阳"), ("阿依古丽·买买提", "阿依古丽・"), ("𬱖文", "𬱖"), ("O’Brien", "o’brien")],
)
def test_E1_a_surname_as_it_is_written(client: Client, name: str, surname: str) -> None:
    number = certificate_of(registered(woman=make.WOMAN | {"name": name})).number
    assert "对得上" in ask(client, number, surname, "002X").text


def test_B6_all_that_does_not_fit_is_one_answer(client: Client, session: Any) -> None:
    """Also the surname of one with the tail of the other, a phone's tail, and data long gone."""
    case = registered()
    number = certificate_of(case).number

    def bare(text: str) -> str:
        return re.sub(r'value="[^"]*"', "", text)

    wrong = [("王", "002X"), ("张", "0014"), ("李", "002X"), ("张", "0001"), ("小雨", "002X")]
    bodies = {bare(ask(client, number, *each).text) for each in wrong}
    vault.destroy(case)
    session.commit()
    bodies.add(bare(ask(client, number, "张", "002X").text))
    assert len(bodies) == 1
    assert "对不上" in bodies.pop()
    assert "现在有效" in client.get(f"/verify/{number}").text


@pytest.mark.parametrize(
    ("surname", "tail"), [("", "002X"), ("张", ""), ("张", "12"), ("张", "九九九九")]
)
def test_what_is_missing_is_said_at_the_field(client: Client, surname: str, tail: str) -> None:
    answer = ask(client, certificate_of(registered()).number, surname, tail)
    assert answer.status_code == 422
    assert "对不上" not in answer.text


def test_a_certificate_bears_few_tries(client: Client, app: Flask) -> None:
    number = certificate_of(registered()).number
    for tail in range(proof.PER_NUMBER_HOURLY):
        assert ask(client, number, "张", f"9{tail:03}").status_code == 200
    for browser in (client, Client(app)):
        answer = ask(browser, number, "张", "002X")
        assert answer.status_code == 429
        assert "对得上" not in answer.text
        assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert client.get(f"/verify/{number}").status_code == 200


def test_who_knows_the_answer_may_ask_often(client: Client) -> None:
    number = certificate_of(registered()).number
    for _ in range(proof.PER_NUMBER_DAILY + 2):
        assert "对得上" in ask(client, number, "张", "002X").text


def test_guessing_numbers_ends_soon(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "MISSES_PER_ADDRESS_HOURLY", 3)
    number = certificate_of(registered()).number
    for last in range(3):
        assert client.get(f"/verify/JJZ-2222-2222-222{last + 2}").status_code == 404
    answer = client.get(f"/verify/{number}")
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    far = client.get(f"/verify/{number}", environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert far.status_code == 200


@pytest.mark.parametrize("limit", ["PER_ADDRESS_HOURLY", "PER_SITE_HOURLY"])
def test_looking_up_has_its_limits(
    client: Client, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(proof, limit, 2)
    number = certificate_of(registered()).number
    statuses = [client.get(f"/verify/{number}").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_G8_no_counter_holds_a_number_or_an_address(client: Client, session: Any) -> None:
    number = certificate_of(registered()).number
    ask(client, number, "张", "9999")
    kept = " ".join(session.scalars(select(LimitCounter.subject_hash)))
    assert number not in kept
    assert "127.0.0.1" not in kept


# --- What became of it ---


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (CertificateHappened.WITHDRAWN, "已经撤销，不再有效"),
        (CertificateHappened.REPLACED, "已经换发，这一张不再有效"),
    ],
)
def test_what_no_longer_counts_says_so_with_the_day(
    client: Client, session: Any, kind: CertificateHappened, says: str
) -> None:
    certificate = certificate_of(registered())
    day = today() - timedelta(days=400)
    certificate.events.append(
        CertificateEvent(sequence=2, kind=kind, happened_on=day, actor_kind="officer")
    )
    session.commit()
    page = client.get(f"/verify/{certificate.number}").text
    assert says in page
    assert f"{day.year} 年 {day.month} 月 {day.day} 日" in page
    assert "现在有效" not in page


def test_what_the_demo_issued_is_not_real_also_once_the_site_is_live(
    app: Flask, client: Client
) -> None:
    number = certificate_of(registered()).number
    app.config["LIVE"] = True
    assert "不是真的证件" in client.get(f"/verify/{number}").text
