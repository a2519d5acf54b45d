"""Choosing a place in a form, with every script switched off, and the parts that HTMX swaps."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.places import service
from app.places.picker import Picker
from tests.client import Client
from tests.places.conftest import sent


def radios(html: str, name: str = "home") -> dict[str, bool]:
    """Code to whether it is checked, for the radio cards of one picker."""
    cards = re.findall(rf'<input type="radio" name="{name}" value="([^"]*)"( checked)?>', html)
    return {code: bool(checked) for code, checked in cards}


def test_finding_by_the_button_shows_cards(browser: Client) -> None:
    answer = browser.post("/home", data=sent(home_q="馆陶", find="home"))
    assert answer.status_code == 200
    assert "130433" in radios(answer.text)
    assert 'value="馆陶"' in answer.text
    assert "河北省 邯郸市 馆陶县" in answer.text
    assert "请从列表里选一个地方" not in answer.text


def test_a_card_is_the_answer(browser: Client) -> None:
    answer = browser.post("/home", data=sent(home_q="馆陶", home="130433"))
    assert answer.text == "taken 130433 None"


def test_typing_without_choosing_shows_what_was_found_and_says_so(browser: Client) -> None:
    answer = browser.post("/home", data=sent(home_q="馆陶"))
    assert answer.status_code == 422
    assert "请从列表里选一个地方" in answer.text
    assert "130433" in radios(answer.text)
    assert 'href="#home"' in answer.text
    assert 'id="home"' in answer.text


def test_nothing_found_says_what_to_do(browser: Client) -> None:
    answer = browser.post("/home", data=sent(home_q="没有这个地方吧", find="home"))
    assert "没有找到“没有这个地方吧”" in answer.text


@pytest.mark.parametrize("code", ["999999", "x", "44", "4211", "1101", "4211811030", "<b>", "hk "])
def test_unknown_or_too_large_places_are_refused(browser: Client, code: str) -> None:
    answer = browser.post("/home", data=sent(home=code))
    assert answer.status_code == 422
    assert "<b>" not in answer.text


def test_a_county_is_too_large_where_a_township_is_needed(browser: Client) -> None:
    answer = browser.post("/home", data=sent(home="130433", office="421181"))
    assert answer.status_code == 422
    assert "请选到乡镇、街道" in answer.text
    answer = browser.post("/home", data=sent(home="130433", office="421181103"))
    assert answer.text == "taken 130433 421181103"


def test_farms_and_zones_are_places_to_live(browser: Client) -> None:
    assert browser.post("/home", data=sent(home="421181401")).text == "taken 421181401 None"


def test_places_outside_the_mainland_only_where_they_are_offered(browser: Client) -> None:
    page = browser.get("/home").text
    assert {"hk", "mo", "tw", "abroad"} == set(radios(page))
    assert radios(page, "office") == {}
    assert browser.post("/home", data=sent(home="hk")).text == "taken hk None"
    assert browser.post("/home", data=sent(home="hk", office="hk")).status_code == 422


def test_walking_down_without_scripts(browser: Client) -> None:
    walked: list[str] = []
    for code in ("42", "4211", "421181", "421181103"):
        walked.append(code)
        page = browser.post("/home", data=sent(home_drill=walked, drill="home"))
        assert page.status_code == 200
        assert f'<option value="{code}" selected>' in page.text
    assert radios(page.text)["421181103"] is True
    # The radio is checked; the browser sends it with the selects.
    answer = browser.post("/home", data=sent(home_drill=walked, home="421181103"))
    assert answer.text == "taken 421181103 None"


def test_walking_passes_over_cities_that_are_only_themselves(browser: Client) -> None:
    page = browser.post("/home", data=sent(home_drill=["44", "441900"], drill="home")).text
    assert '<option value="441900101">石碣镇</option>' in page
    assert radios(page)["441900"] is True
    page = browser.post("/home", data=sent(home_drill=["11"], drill="home")).text
    assert '<option value="110105">朝阳区</option>' in page


def test_another_province_ends_the_old_way_down() -> None:
    picker = Picker.read("home", sent(home_drill=["43", "4211", "421181"]))
    assert picker.walked == ("43",)
    assert [level.chosen for level in picker.levels] == ["43", ""]


def test_the_walk_is_the_answer_when_no_card_is_chosen(browser: Client) -> None:
    answer = browser.post("/home", data=sent(home_drill=["42", "4211", "421181"]))
    assert answer.text == "taken 421181 None"


def test_a_card_counts_more_than_a_walk_not_asked_for(browser: Client) -> None:
    answer = browser.post("/home", data=sent(home="130433", home_drill=["42", "4211", "421181"]))
    assert answer.text == "taken 130433 None"


def test_a_larger_place_opens(browser: Client) -> None:
    page = browser.post("/home", data=sent(home_q="suzhou", find="home")).text
    assert '<button class="button second" name="home_in" value="3205"' in page
    page = browser.post("/home", data=sent(home_q="suzhou", home_in="3205")).text
    assert {"320583", "320576"} <= set(radios(page))


def test_looking_in_one_picker_keeps_the_choice_of_the_other(browser: Client) -> None:
    page = browser.post("/home", data=sent(home="130433", office_q="白果", find="office")).text
    assert radios(page)["130433"] is True
    assert "421181103" in radios(page, "office")


def test_the_answer_given_before_is_shown(browser: Client) -> None:
    page = browser.get("/home?home=441900").text
    assert radios(page)["441900"] is True
    assert "广东省 东莞市" in page


def test_the_city_code_is_kept_as_the_county_code(browser: Client) -> None:
    assert browser.post("/home", data=sent(home="4419")).text == "taken 441900 None"


def test_traditional_page(browser: Client) -> None:
    page = browser.post("/home?lang=zh_Hant", data=sent(home_q="館陶", find="home")).text
    assert "河北省 邯鄲市 館陶縣" in page
    assert "黑龍江省" in page


def test_typed_text_is_only_text(browser: Client) -> None:
    page = browser.post("/home", data=sent(home_q='"><script>%', find="home")).text
    assert "<script>%" not in page
    assert browser.post("/home", data=sent(home_q="中" * 1000, find="home")).status_code == 200


# --- The parts HTMX asks for ---


def test_the_part_for_what_is_typed(client: Client) -> None:
    part = client.fragment("/places/search?field=home&county=1&home_q=guantao")
    assert part.status_code == 200
    assert "130433" in radios(part.text)
    assert "<title>" not in part.text
    assert "<main" not in part.text
    assert "settings" not in part.text


def test_the_part_for_a_township_picker_has_no_counties(client: Client) -> None:
    part = client.fragment("/places/search?field=office&county=0&office_q=馆陶").text
    assert "130433" not in radios(part, "office")
    assert 'name="office_in" value="130433"' in part
    inside = client.fragment("/places/130433/children?field=office&county=0").text
    assert "130433100" in radios(inside, "office")


def test_the_part_for_a_step_of_the_walk_takes_the_selects_in_any_order(client: Client) -> None:
    url = "/places/search?field=home&county=1&home_drill=421181&home_drill=42&home_drill=4211"
    part = client.fragment(url).text
    assert part.count("<select") == 4
    assert radios(part) == {"421181": True}


@pytest.mark.parametrize("field", ["", "a b", "a'b", "<b>", "x" * 100, "ä", "a]"])
def test_only_names_of_fields_are_taken(client: Client, field: str) -> None:
    answer = client.fragment("/places/search", query_string={"field": field})
    assert answer.status_code == 404


def test_the_page_of_its_own(client: Client) -> None:
    page = client.get("/places/search?q=娄葑").text
    assert "苏州工业园区 娄葑街道" in page
    assert 'href="/places/320576050/children"' in page
    assert "苏州工业园区 娄葑街道" in client.fragment("/places/search?q=娄葑").text


def test_the_page_of_a_place(client: Client) -> None:
    page = client.get("/places/421181/children").text
    assert "白果镇" in page
    assert "该地尚未接入本站网上办理" in page
    assert "东莞市" in client.get("/places/4419/children").text
    for code in ("1101", "999999", "x", "%00"):
        assert client.get(f"/places/{code}/children").status_code == 404


NAMES = st.sampled_from(["home", "home_q", "home_in", "home_drill", "find", "drill", "county"])
VALUES = st.one_of(st.text(max_size=20), st.sampled_from(["home", "44", "4419", "441900", "42"]))


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_a_picker_makes_sense_of_anything(pairs: list[tuple[str, str]]) -> None:
    form: MultiDict[str, str] = MultiDict(pairs)
    picker = Picker.read("home", form, form.get("home", ""))
    assert not picker.chosen or service.find(picker.chosen)
    assert len(picker.levels) >= 1
    assert isinstance(picker.results, list)
