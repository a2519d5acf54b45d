"""The pages of papers: every paper has one, the law on it is the rulebooks', both scripts, light."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.config import ROOT
from app.papers.advice import ADVICE
from app.papers.own_forms import FORMS
from tests.applications.filing import WOMAN, checked, complete, signed_in, start, token_on
from tests.client import Client
from tests.html_rules import Page
from tests.printing import text_of
from translations.catalogue import simplified_only

SAMPLES = ROOT / "templates" / "papers" / "_samples.html"


def catalogue(app: Flask) -> list[str]:
    return list(app.extensions["law"].shelf.documents)


def test_every_paper_of_the_catalogue_has_its_page(app: Flask, client: Client) -> None:
    assert set(ADVICE) == set(catalogue(app))
    index = client.get("/papers").text
    for name in ADVICE:
        assert f'href="/papers/{name}"' in index
        page = client.get(f"/papers/{name}")
        assert page.status_code == 200
        assert "怎么拍" in page.text
        assert 'role="img" aria-label="样图：' in page.text


def test_an_unknown_paper_and_a_form_that_is_none_are_not_there(client: Client) -> None:
    for url in (
        "/papers/nothing",
        "/papers/resident_id/blank-hans.pdf",
        "/papers/registration_form/real-hans.pdf",
    ):
        assert client.get(url).status_code == 404


def test_every_picture_that_is_named_is_drawn() -> None:
    drawn = SAMPLES.read_text(encoding="utf-8")
    for advice in ADVICE.values():
        for name in advice.pictures:
            assert f'"{name}": _(' in drawn


def test_every_form_that_a_rulebook_wants_filled_in_can_be_printed(app: Flask) -> None:
    wanted = {
        use.id
        for book in app.extensions["law"].shelf.rulebooks
        for procedure in book.procedures
        for use in procedure.documents
        if use.form == "filled_in"
    }
    assert wanted
    assert wanted <= set(FORMS)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_offered_blank_and_filled_in_both_scripts(client: Client, name: str) -> None:
    page = client.get(f"/papers/{name}").text
    for state in ("blank", "sample"):
        for script in ("hans", "hant"):
            url = f"/papers/{name}/{state}-{script}.pdf"
            assert f'href="{url}"' in page
            answer = client.get(url)
            assert answer.mimetype == "application/pdf"
            assert "public" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Disposition"].startswith("inline; filename*=UTF-8''%")
            assert answer.data.startswith(b"%PDF-")


def test_the_script_of_a_sheet_is_the_one_in_its_address(client: Client) -> None:
    """A reader of Traditional prints a Simplified form for a window on the mainland, and the reverse."""
    for reader in ("zh-TW", "zh-CN"):
        for script, title in (("hans", "授权委托书"), ("hant", "授權委託書")):
            url = f"/papers/power_of_attorney/blank-{script}.pdf"
            answer = client.get(url, headers={"Accept-Language": reader})
            assert title in text_of(answer.data)


def test_who_asks_for_a_paper_is_what_the_rulebooks_of_the_day_say(
    client: Client, as_of: Callable[[str], None]
) -> None:
    as_of("2014-06-03")
    page = client.get("/papers/hukou_booklet").text
    assert "原件和复印件 2 份" in page
    assert 'href="/rules/42"' in page
    as_of("2026-12-01")
    assert 'href="/rules/42"' not in client.get("/papers/hukou_booklet").text


def test_what_may_stand_in_for_a_paper_is_only_what_a_rulebook_lets(
    app: Flask, client: Client, as_of: Callable[[str], None]
) -> None:
    as_of("2026-12-01")
    assert "签承诺书" in client.get("/papers/id_or_hukou_booklet").text
    # Shanghai's regulation names no promise in place of the statement on children.
    assert "承诺书" not in client.get("/papers/children_statement").text
    promise = client.get("/papers/written_promise").text
    assert 'href="/rules/cn"' in promise
    assert 'href="/rules/31"' not in promise
    as_of("2014-06-03")
    assert "哪里可以用它代替" not in client.get("/papers/written_promise").text


def test_a_paper_that_nobody_asks_for_says_so(client: Client, as_of: Callable[[str], None]) -> None:
    as_of("2026-12-01")
    assert "今天没有写要它" in client.get("/papers/couple_photo").text


def test_the_civil_code_is_cited_only_while_it_is_law(
    client: Client, as_of: Callable[[str], None]
) -> None:
    as_of("2026-12-01")
    assert "第一百六十五条" in client.get("/papers/power_of_attorney").text
    as_of("2020-12-31")
    assert "民法典" not in client.get("/papers/power_of_attorney").text


def test_the_pages_are_traditional_throughout_and_light(app: Flask, client: Client) -> None:
    sheet = len(gzip.compress((ROOT / "static" / "site.css").read_bytes(), 6))
    for name in catalogue(app):
        page = client.get(f"/papers/{name}", headers={"Accept-Language": "zh-TW"})
        shown = "".join(
            text
            for text, parents in Page(page.text).texts
            if not any(p.attributes.get("lang", "").startswith("zh-Hans") for p in parents)
        )
        labels = "".join(e.attributes.get("aria-label", "") for e in Page(page.text).elements)
        assert simplified_only(shown + labels) == set(), name
        assert len(gzip.compress(page.data, 6)) + sheet <= 14_600
        assert len(gzip.compress(client.fragment(f"/papers/{name}").data, 6)) <= 4_000


def test_the_pages_may_be_kept(client: Client) -> None:
    for url in ("/papers", "/papers/resident_id"):
        first = client.get(url)
        assert first.headers["Cache-Control"] == "public, max-age=300"
        again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert "public" not in client.get(url + "?lang=zh_Hant").headers["Cache-Control"]


def test_no_picture_carries_an_emblem_or_a_file() -> None:
    """Drawn here, in grey: nothing to load, nothing copied."""
    drawn = SAMPLES.read_text(encoding="utf-8")
    assert not any(word in drawn for word in ("<image", "href=", "url(", "data:"))
    assert Path(SAMPLES).stat().st_size < 12_000


def test_papers_are_linked_wherever_they_are_listed(
    client: Client, session: object, offices: None, as_of: Callable[[str], None]
) -> None:
    assert 'href="/papers"' in client.get("/").text
    assert 'href="/papers/children_statement"' in client.get("/rules/31").text
    client.set_cookie("check", checked({}))
    client.set_cookie("own-session", signed_in(WOMAN["phone"])[1])
    draft = start(client)
    complete(client, draft)
    papers = 'href="/papers/marriage_certificate"'
    for url in ("/check/result", f"{draft}/documents"):
        assert papers in client.get(url).text, url
    sent = client.post("/apply/submit", data={"token": token_on(client, draft)})
    assert papers in client.get(sent.location).text
