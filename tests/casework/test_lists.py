"""The lists of the desk over several offices: what ended last comes first, however much there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.applications.models import Application
from app.casework import lists, service
from app.casework.acts import Act
from app.casework.lists import View
from app.tracking import service as tracking
from tests import factories as make
from tests.certificates.conftest import do

pytestmark = pytest.mark.usefixtures("offices")
IN_SONGBU = make.FIRST_CHILD | {"woman": {"hukou": make.SONGBU, "residence": None}}
WOMEN = [
    make.WOMAN | {"id_number": number}
    for number in ("11010519491231002X", "110101202402290016", "421181198807230026")
]


def test_what_ended_last_in_any_office_comes_first(
    app: Flask, session: Any, as_of: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE_SIZE", 1)
    as_of("2025-06-02")
    first, second, back = (
        make.filed(facts, woman=woman)
        for facts, woman in zip((make.FIRST_CHILD, IN_SONGBU, IN_SONGBU), WOMEN, strict=True)
    )
    make.filed(woman=make.WOMAN | {"id_number": "421181199203151225"})
    for day, case, town in (("03", first, make.BAIGUO), ("05", second, make.SONGBU)):
        as_of(f"2025-06-{day}")
        do(case, Act.ACCEPT, town)
        do(case, Act.REGISTER, town)
    as_of("2025-06-04")
    with app.test_request_context():
        tracking.withdraw(make.citizen(), session.get(Application, back.id))
    desk = service.desk_of(make.officer(make.MACHENG, "approver"))
    pages = [lists.queue_for(desk, View.DONE, number) for number in (1, 2, 3, 4)]
    assert [[each.id for each in rows] for rows, _more in pages] == [
        [second.id],
        [back.id],
        [first.id],
        [],
    ]
    assert [more for _rows, more in pages] == [True, True, False, False]


def test_a_case_is_found_by_the_beginning_of_its_number(app: Flask, session: Any) -> None:
    case = make.filed()
    desk = service.desk_of(make.officer(make.BAIGUO))
    plain = case.number.removeprefix("JJB-")
    with app.test_request_context():
        for typed in (plain, plain.lower(), plain[:9], plain.replace("-", "")[:8], case.number):
            assert [each.id for each in lists.search_for(desk, typed)] == [case.id]
        other = "3" if plain[8] != "3" else "4"
        assert lists.search_for(desk, plain[:8] + other) == []
