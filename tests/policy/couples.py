"""Random couples for property tests: every valid combination of facts the contract can carry."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

# Provinces with and without a text of their own, one county of each.
COUNTIES = (
    "421181 420106 450102 450327 320576 310106 330106 360102 341124 410105 510107 440106 110105 "
    "370102 430102 140105"
).split()
DAYS = [
    date(2008, 1, 1), date(2009, 10, 1), date(2012, 4, 10), date(2014, 2, 26), date(2014, 3, 26),
    date(2014, 3, 27), date(2014, 6, 3), date(2015, 12, 31), date(2016, 1, 14), date(2016, 1, 15),
    date(2018, 12, 1), date(2021, 8, 19), date(2021, 8, 20), date(2021, 9, 26), date(2021, 9, 27),
    date(2022, 2, 28), date(2022, 3, 1), date(2026, 11, 21),
]  # fmt: skip

hukou = st.sampled_from([*COUNTIES, "42", "4211", "hk", "abroad"])
small = st.integers(0, 3)
truth = st.booleans()


def residences(on: date) -> st.SearchStrategy[Any]:
    since = st.integers(0, 900).map(lambda days: (on - timedelta(days=days)).isoformat())
    return st.one_of(
        st.none(),
        st.fixed_dictionaries(
            {"division": st.sampled_from(COUNTIES)}, optional={"since": since, "permit": truth}
        ),
    )


def people(on: date) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "hukou": hukou,
            "prior_children": small,
            "only_child": truth,
            "minority": truth,
            "residence": residences(on),
        },
    )


@st.composite
def requests(
    draw: st.DrawFn, service: str = "childbirth", days: list[date] | None = None
) -> dict[str, Any]:
    """A valid request; each fact may be missing."""
    on = draw(st.sampled_from(days or DAYS))
    body: dict[str, Any] = {
        "service": service,
        "on": on.isoformat(),
        "woman": draw(people(on)),
        "man": draw(people(on)),
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "marriage": st.sampled_from(["first", "remarried", "unmarried"]),
        "joint_children": small,
        "household": st.sampled_from(["urban", "rural", "mixed"]),
        "stage": st.sampled_from(["planned", "pregnant", "born"]),
        "pledge": truth,
        "child_born_on": st.sampled_from(["1999-05-01", "2015-12-31", "2016-01-01"]),
    }
    for name, strategy in optional.items():
        if draw(truth):
            body[name] = draw(strategy)
    if body.get("child_born_on", "") > body["on"]:
        del body["child_born_on"]
    most = body.get("joint_children", 3)
    body["children"] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "disabled": st.integers(0, most),
                "adopted": st.integers(0, most),
                "girls": st.integers(0, most),
                "died": small,
            },
        )
    )
    return body
