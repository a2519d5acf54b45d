"""What an agent may open and do: every route of a citizen, with a power, without one, and after it.

Built from the routes themselves, so that a new one is covered by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from app import clock
from app.applications import uploads
from app.applications.models import Application, Draft, Upload
from app.applications.standing import Right
from app.delegation import powers
from app.delegation.authority import Act
from app.delegation.models import PowerOfAttorney
from app.extensions import db
from app.files.cleaning import clean
from tests import factories as make
from tests.applications.filing import photo
from tests.client import Client
from tests.shape.theirs import asked, bare, nothing, rows

pytestmark = pytest.mark.usefixtures("offices")
OTHER_WOMAN = make.WOMAN | {
    "name": "陆小梅",
    "id_number": "450102199311182327",
    "phone": "13800000011",
}
OTHER_MAN = make.MAN | {"name": "赵志强", "id_number": "421181198902141152", "phone": "13800000012"}
OTHER_AGENT = make.AGENT | {"id_number": "110105202503010015", "phone": "13800000013"}
# Of a citizen, and of a citizen or a clerk.
GUARD = "citizen_"


@pytest.fixture
def clients(app: Flask, session: Any) -> dict[str, list[str]]:
    """What an agent filled in and sent for one couple, with a page of a paper in each: their ids."""
    case, draft = make.filed(filer="agent"), make.drafted(filer="agent")
    for record in (case, draft):
        page = clean(photo().getvalue())
        uploads.save_upload(record, "id_or_hukou_booklet", "a.jpg", page)
    session.commit()
    return {
        "case_id": [str(case.id)],
        "number": [case.number],
        "draft_id": [str(draft.id)],
        "power_id": [str(make.power_of(case).id)],
    }


def agent_of(app: Flask) -> Client:
    return make.browser_of(make.citizen(make.AGENT["phone"]), app)


def every(change: Callable[[PowerOfAttorney], None]) -> None:
    """Do this to every power there is."""
    with current_app.test_request_context():
        for each in db.session.scalars(select(PowerOfAttorney)).all():
            change(each)
        db.session.commit()


def principal_ends(power: PowerOfAttorney) -> None:
    whom = power.principals[0]
    powers.end(power, by=powers.Actor("citizen", whom.citizen_id), whom=whom.person)


def agent_ends(power: PowerOfAttorney) -> None:
    powers.end(power, by=powers.Actor("agent", power.agent_citizen_id))


def office_rejects(power: PowerOfAttorney) -> None:
    officer = make.officer(make.BAIGUO)
    by = powers.Actor("officer", officer.id, officer.office_id)
    powers.reject(power, by=by, reasons="签名和证件不一致。")


def is_over(power: PowerOfAttorney) -> None:
    power.until_on = clock.today() - timedelta(days=1)


def has_not_begun(power: PowerOfAttorney) -> None:
    power.from_on = clock.today() + timedelta(days=1)


def leads_nowhere(app: Flask, browser: Client, theirs: dict[str, list[str]]) -> None:
    """Every route of a citizen answers as for what is not there, and nothing is written."""
    missing = {name: [nothing(name)] for name in theirs}
    before, tried = rows(), 0
    pairs = zip(asked(app, theirs, GUARD), asked(app, missing, GUARD), strict=True)
    for (method, url), (_, nowhere) in pairs:
        for headers in ({}, {"HX-Request": "true"}):
            real = browser.open(url, method=method, headers=headers)
            none = browser.open(nowhere, method=method, headers=headers)
            assert real.status_code in {303, 404}, f"{method} {url}"
            assert real.status_code == none.status_code, f"{method} {url}"
            assert bare(real.text, theirs) == bare(none.text, missing), f"{method} {url}"
            tried += 1
    assert tried > 15
    db.session.expire_all()
    assert rows() == before


def test_B2_with_a_power_every_page_opens(app: Flask, clients: dict[str, list[str]]) -> None:
    browser = agent_of(app)
    for method, url in asked(app, clients, GUARD):
        if method == "GET":
            # To judge the office and to entrust somebody, again too, are for those whose matter it is, and this
            # power is not to be passed on; nothing was promised in this case.
            theirs = url.endswith(("/rate", "/entrust", "/renew", "/pass-on", "/promise.pdf"))
            wanted = {404} if theirs else {200, 303}
            assert browser.get(url).status_code in wanted, url


def test_B2_without_a_power(app: Flask, clients: dict[str, list[str]]) -> None:
    """Somebody who is an agent, but of another couple."""
    make.filed(filer="agent", woman=OTHER_WOMAN, man=OTHER_MAN, agent=OTHER_AGENT)
    other = make.browser_of(make.citizen(OTHER_AGENT["phone"]), app)
    leads_nowhere(app, other, clients)


@pytest.mark.parametrize(
    "change", [principal_ends, agent_ends, office_rejects, is_over, has_not_begun]
)
def test_B2_after_the_power(
    app: Flask, clients: dict[str, list[str]], change: Callable[[PowerOfAttorney], None]
) -> None:
    """At once, on the very next request; the browser stays signed in."""
    browser = agent_of(app)
    assert browser.get(f"/my/{clients['case_id'][0]}").status_code == 200
    assert browser.get(f"/apply/{clients['draft_id'][0]}/woman").status_code == 200
    every(change)
    theirs = dict(clients)
    if change is has_not_begun:
        # What was agreed, and what the agent prepares meanwhile, may still be looked at.
        del theirs["power_id"], theirs["draft_id"]
    leads_nowhere(app, browser, theirs)


def test_B2_each_page_of_the_couples_papers(app: Flask, clients: dict[str, list[str]]) -> None:
    pages = db.session.scalars(select(Upload)).all()
    urls = [
        f"/my/{page.application_id}/uploads/{page.id}"
        if page.application_id
        else f"/apply/{page.draft_id}/uploads/{page.id}"
        for page in pages
    ]
    assert len(urls) == 2
    browser = agent_of(app)
    assert [browser.get(url).status_code for url in urls] == [200, 200]
    every(principal_ends)
    assert [browser.get(url).status_code for url in urls] == [404, 404]


def test_B2_the_couple_keeps_everything(app: Flask, clients: dict[str, list[str]]) -> None:
    every(principal_ends)
    for person in (make.WOMAN, make.MAN):
        browser = make.browser_of(make.citizen(person["phone"]), app)
        url = f"/my/{clients['case_id'][0]}"
        assert browser.get(url).status_code == 200
        assert browser.get(f"{url}/withdraw").status_code == 200
        assert clients["number"][0] in browser.get("/my").text
    case = db.session.scalars(select(Application)).one()
    assert case.is_live


@pytest.mark.parametrize("act", [act for act in Act if act not in {Act.FILL, Act.SUBMIT}])
def test_B2_only_what_was_ticked(app: Flask, session: Any, act: Act) -> None:
    """Every act alone opens its own pages and none of the others'."""
    agreed = make.terms(acts=[Act.SUBMIT, act])
    case = make.filed(filer="agent", agreed=agreed)
    browser = agent_of(app)
    url = f"/my/{case.id}"
    assert browser.get(url).status_code == 200
    opens = {
        Act.WITHDRAW: f"{url}/withdraw",
        Act.CORRECT: f"{url}/papers/id_or_hukou_booklet",
        Act.HURRY: f"{url}/hurry",
        Act.CHANGE_WINDOW: f"{url}/window",
        Act.DOWNLOAD: f"{url}/sent.zip",
    }
    offered = browser.get(url).text
    for other, page in opens.items():
        assert browser.get(page).status_code == (200 if other is act else 404), page
        if other is not Act.CORRECT:
            assert (f'href="{page}"' in offered) is (other is act), page
    with app.test_request_context():
        rights = make.rights(make.AGENT["phone"], case)
    by_act = {
        Act.CORRECT: {Right.CORRECT},
        Act.HURRY: {Right.HURRY, Right.COMPLAIN},
        Act.CHANGE_WINDOW: {Right.CHANGE_WINDOW},
        Act.WITHDRAW: {Right.WITHDRAW},
        Act.DOWNLOAD: {Right.DOWNLOAD},
        Act.COLLECT: set(),
    }
    assert rights == {Right.VIEW, *by_act[act]}


def test_B2_an_unchecked_paper_lets_an_agent_look_and_nothing_more(
    app: Flask, session: Any
) -> None:
    case = make.filed(filer="agent", how="paper")
    with app.test_request_context():
        assert make.rights(make.AGENT["phone"], case) == {Right.VIEW}
    browser = agent_of(app)
    assert browser.get(f"/my/{case.id}").status_code == 200
    assert browser.get(f"/my/{case.id}/withdraw").status_code == 404


def test_B2_nobody_answered_yet_and_the_draft_is_the_agents(app: Flask, session: Any) -> None:
    draft = make.drafted(filer="agent", confirmed=False)
    browser = agent_of(app)
    assert browser.get(f"/apply/{draft.id}/woman").status_code == 200
    sent = browser.post("/apply/submit", data={"token": draft.token})
    assert sent.location == f"/apply/{draft.id}/check"
    assert session.scalars(select(Application)).all() == []
    couple = make.browser_of(make.citizen(make.WOMAN["phone"]), app)
    assert couple.get(f"/apply/{draft.id}/woman").status_code == 404


def test_B2_asking_again_does_not_open_what_was_closed(app: Flask, session: Any) -> None:
    """A new power that nobody has said yes to gives nothing back."""
    draft = make.drafted(filer="agent")
    every(principal_ends)
    with app.test_request_context():
        again = make.renewed(draft)
        session.commit()
    browser = agent_of(app)
    assert browser.get(f"/apply/{draft.id}/woman").status_code == 404
    make.confirm(again)
    session.commit()
    assert browser.get(f"/apply/{draft.id}/woman").status_code == 200


def test_the_draft_that_was_entrusted_never_becomes_the_agents_own(
    app: Flask, session: Any
) -> None:
    draft = make.drafted(filer="agent")
    browser = agent_of(app)
    refused = browser.post(f"/apply/{draft.id}/who", data={"filer": "woman"})
    assert refused.status_code == 422
    assert "不能改成您自己办" in refused.text
    session.expire_all()
    kept = session.get(Draft, draft.id)
    assert kept.by_agent
    assert kept.answers["who"] == {"filer": "agent"}
