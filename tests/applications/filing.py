"""Filling in an application as a citizen does: page by page, through the forms."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.models import Citizen, Session
from app.checker.models import CHECK_LIFE, CheckSession
from app.clock import now
from app.extensions import db
from app.places.models import Office
from app.vault import keyed_hash
from tests.client import Client

WOMAN = {
    "name": "阿依古丽·买买提",
    "id_kind": "resident_id",
    "id_number": "11010519491231002X",
    "phone": "13800000001",
}
MAN = {
    "name": "𬱖文𠮷",
    "id_kind": "resident_id",
    "id_number": "440524188001010014",
    "phone": "13900000002",
}
CONSENT = {"processing": "y", "sensitive": "y"}


# She lives in 苏州工业园区 away from 南宁; he lives where his hukou is, in a town of 麻城.
ANSWERS: dict[str, Any] = {
    "woman.hukou": {"value": "450102001"},
    "marriage": {"value": "first"},
    "man.hukou": {"value": "421181100"},
    "joint_children": {"value": 0},
    "woman.residence": {"value": {"division": "320576050"}},
    "man.residence": {"value": None},
    "woman.residence.since": {"value": "2025-03-02"},
}


def signed_in(phone: str) -> tuple[Citizen, str]:
    """A citizen of this phone, and the token of a browser where they are signed in; committed."""
    citizen = Citizen(phone_hash=keyed_hash("phone", phone), phone=phone)
    token = secrets.token_urlsafe(32)
    hashed = keyed_hash("session", token)
    row = Session(
        token_hash=hashed, citizen=citizen, device="测试", created_at=now(), last_seen_at=now()
    )
    db.session.add_all([citizen, row])
    db.session.commit()
    return citizen, token


def checked(
    changes: dict[str, Any], service: str = "childbirth", answers: dict[str, Any] = ANSWERS
) -> str:
    """The token of a browser that went through the checker with `answers` and these changes; committed."""
    token = secrets.token_urlsafe(24)
    row = CheckSession(
        token_hash=keyed_hash("check", token),
        service=service,
        expires_at=now() + CHECK_LIFE,
        answers=answers | changes,
    )
    db.session.add(row)
    db.session.commit()
    return token


def photo() -> BytesIO:
    output = BytesIO()
    Image.new("RGB", (40, 30), "white").save(output, "JPEG")
    output.seek(0)
    return output


def start(client: Client, role: str = "woman_residence", **consent: str) -> str:
    """Begin another draft from the checker's answers; its address."""
    sent = {"begin": secrets.token_urlsafe(), "role": role, **(consent or CONSENT)}
    response = client.post("/apply/start", data=sent)
    assert response.status_code == 303, response.text
    draft, _slash, step = response.location.rpartition("/")
    assert step in {"who", "marriage"}, response.location
    return draft


def fill(client: Client, draft: str, step: str, **fields: Any) -> TestResponse:
    """Send one step; it must be taken."""
    response = client.post(f"{draft}/{step}", data=fields)
    assert response.status_code == 303, f"{step}: {response.text}"
    return response


STEPS: dict[str, dict[str, Any]] = {
    "who": {"filer": "woman"},
    "woman": WOMAN,
    "man": MAN,
    "children": {"stage": "pregnant", "expected_on": "2027年3月1日", "births": "1"},
    "where": {"role": "woman_residence"},
}


AGENT = {
    "name": "王婶",
    "id_kind": "other",
    "id_number": "A12345",
    "phone": "13700000003",
    "relation": "relative",
}
TERMS = {
    "principals": "both",
    "acts": ["submit", "correct", "download"],
    "until_on": "2199-12-31",
    "may_delegate": "no",
}


def entrust(client: Client, draft: str, how: str = "phone", **terms: Any) -> None:
    """Be the agent of this couple, on these terms, as far as the principals' answer."""
    fill(client, draft, "who", filer="agent")
    fill(client, draft, "agent", **AGENT)
    fill(client, draft, "woman", **WOMAN)
    fill(client, draft, "man", **MAN)
    fill(client, draft, "entrust", **TERMS | terms)
    fill(client, draft, "confirming", how=how)


def complete(client: Client, draft: str, **changes: dict[str, Any]) -> None:
    """Fill in everything up to the check page; `changes` replaces what single steps send."""
    for step, fields in (STEPS | changes).items():
        fill(client, draft, step, **fields)
    collect(client, draft)
    settle_documents(client, draft)
    fill(client, draft, "declaration", truth="y")


def collect(client: Client, draft: str) -> None:
    """Keep the window the page proposes."""
    fill(client, draft, "collect", office=chosen(client.get(f"{draft}/collect").text, "office"))


def settle_documents(client: Client, draft: str) -> None:
    """A photo of the first paper; the window looks the second one up."""
    client.post(f"{draft}/documents/id_or_hukou_booklet", data={"file": (photo(), "身份证.jpg")})
    client.post(f"{draft}/documents/marriage_certificate/without", data={"instead": "shared_data"})
    fill(client, draft, "documents")


def token_on(client: Client, draft: str) -> str:
    """The token of the check page's send button."""
    page = client.get(f"{draft}/check")
    assert page.status_code == 200, page.location
    return page.text.split('name="token" value="')[1].split('"')[0]


def chosen(html: str, name: str) -> str:
    """The value selected in a select box."""
    select = html.split(f'name="{name}"')[1].split("</select>", maxsplit=1)[0]
    return select.split('<option selected value="')[1].split('"')[0]


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run the jobs in threads that begin together; their results in order."""
    ready = threading.Barrier(len(jobs))
    results: list[Any] = [None] * len(jobs)

    def run(number: int, job: Callable[[], Any]) -> None:
        ready.wait()
        try:
            results[number] = job()
        except Exception as error:  # the assertion on results shows it
            results[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def copy_of(client: Client) -> Client:
    """Another tab of the same browser."""
    twin = type(client)(client.application)
    for name in ("own-session", "check", "session"):
        cookie = client.get_cookie(name)
        if cookie:
            twin.set_cookie(name, cookie.value)
    return twin


def put_offices_off_line(county: str = "320576") -> None:
    """The offices of this county take nothing online any more."""
    for office in db.session.scalars(select(Office).where(Office.code.startswith(county))):
        office.live = False
    db.session.commit()
