"""What changed in a jurisdiction between two days: told completely, and only what changed."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from app.policy.amendment import DAY, Amendment, amendment, days_of_change
from app.policy.facts import PROVINCES
from app.policy.law import Law
from app.policy.rulebook import Shelf
from app.policy.sheet import PAPERS, NeededPaper


@pytest.fixture
def shelf(law: Law) -> Shelf:
    return law.shelf


def at(shelf: Shelf, code: str, day: str) -> Amendment:
    """What begins on this day."""
    second = date.fromisoformat(day)
    return amendment(shelf, code, second - DAY, second)


def test_a_rule_inside_a_text_is_put_otherwise_and_others_end(shelf: Shelf) -> None:
    found = at(shelf, "42", "2014-03-27")
    told = [
        (turn.was and turn.was.part.id, turn.becomes and turn.becomes.part.id)
        for turn in found.substance
    ]
    assert told[0] == ("both-only-children", "one-only-child")
    assert all(becomes is None for _was, becomes in told[1:])
    assert len(told) == 3
    assert not (found.ended or found.began or any(found.places.values()) or found.gaps)


def test_a_new_text_takes_the_place_of_an_old_one(shelf: Shelf) -> None:
    found = at(shelf, "44", "2022-05-01")
    assert [book.id for book in found.ended] == ["gd-2016"]
    assert [book.id for book in found.began] == ["gd-2022"]
    by_role = {turn.roles: turn for turn in found.places["registration"]}
    homes = by_role["woman_residence", "man_residence"]
    assert homes.was[0].part.text == "女方在现居住地住满半年，可以在现居住地登记。"
    assert homes.becomes[0].part.text.startswith("户籍地或者现居住地都可以登记")
    assert by_role["woman_hukou", "man_hukou"].was
    points = {point.name: point for point in found.points["registration"]}
    assert (points["certificate"].was, points["certificate"].becomes) == (
        ("生育登记",),
        ("生育登记凭证",),
    )
    assert [_name(paper) for paper in points["documents"].becomes][-1] == "广东省生育登记表"
    # Approval is no more: its steps and places end.
    gone = {point.name for point in found.points["approval"] if not point.becomes}
    assert {"limits", "documents", "decided_by"} <= gone
    assert all(not turn.becomes for turn in found.places["approval"])


def _name(paper: NeededPaper) -> str:
    use, document = paper
    return use.name or document.name


def test_what_is_no_longer_held_is_told(shelf: Shelf) -> None:
    found = at(shelf, "42", "2016-01-01")
    assert found.gaps is not None
    assert any("没有收录" in text for text in found.gaps.becomes)
    assert [book.id for book in found.ended] == ["hb-2014"]


def test_the_certificate_of_migrants_ends(shelf: Shelf) -> None:
    found = at(shelf, "CN", "2021-09-27")
    (turn,) = [t for t in found.certificates if t.was and t.was.book.id == "cn-2009"]
    assert turn.becomes is not None
    assert "不用再办" in turn.becomes.part.text
    assert found.certificate_papers["MaritalCertificate"].becomes == ()


def test_filing_online_opens(shelf: Shelf) -> None:
    found = at(shelf, "45", "2018-11-19")
    online = [point for point in found.points["approval"] if point.name == "online"]
    assert [(point.was, point.becomes) for point in online] == [((False,), (True,))]


def test_the_same_sentence_in_another_text(shelf: Shelf) -> None:
    """A text re-issued with the same words: told as such, not as one that ended and one that began."""
    old = next(book for book in shelf.rulebooks if book.id == "gd-2022")
    first = date(2027, 3, 1)
    ended = old.model_copy(update={"end": first - DAY})
    rules = [rule.model_copy(update={"id": f"new-{rule.id}"}) for rule in old.rules]
    new = old.model_copy(update={"id": "gd-2027", "start": first, "rules": rules})
    books = (*(book for book in shelf.rulebooks if book is not old), ended, new)
    found = amendment(shelf.model_copy(update={"rulebooks": books}), "44", first - DAY, first)
    assert [turn.same_words for turn in found.substance] == [True]
    assert not any(found.points.values())


@pytest.mark.parametrize("code", sorted({"CN", "PYRD", *PROVINCES}))
def test_nothing_changes_between_the_days_of_change(shelf: Shelf, code: str) -> None:
    days = days_of_change(shelf, code)
    for day in days:
        assert amendment(shelf, code, day - DAY, day).any
    for first, second in pairwise(days):
        assert not amendment(shelf, code, first, second - DAY).any
    if days:
        assert not amendment(shelf, code, days[-1], days[-1] + timedelta(days=900)).any
        assert not amendment(shelf, code, days[0] - timedelta(days=900), days[0] - DAY).any


def test_both_ways_tell_the_same(shelf: Shelf) -> None:
    for code in ("41", "42", "44", "45", "CN"):
        for day in days_of_change(shelf, code):
            there = amendment(shelf, code, day - DAY, day)
            back = amendment(shelf, code, day, day - DAY)
            assert (there.ended, there.began) == (back.began, back.ended)
            for paper in PAPERS:
                assert [(p.name, p.was, p.becomes) for p in there.points[paper]] == [
                    (p.name, p.becomes, p.was) for p in back.points[paper]
                ]
            assert len(there.substance) == len(back.substance)
