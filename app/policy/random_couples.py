"""Random couples, the same ones for the same seed: to try every rule, and to compare two sets of rulebooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from app.policy.facts import PROVINCES

Body = dict[str, Any]
"""A request of the JSON contract (see `facts.Facts.from_json`)."""

ALL: Final = tuple(sorted(PROVINCES))
# The first district and the first county of a provincial capital, by the pattern of GB/T 2260.
_COUNTIES: Final = ("0102", "0121")
_OUTSIDE: Final = ("hk", "mo", "tw", "abroad")
_SERVICES: Final = ("childbirth", "single_child_honor_certificate")


def couples(
    count: int, seed: int, days: Sequence[date], provinces: Sequence[str] = ALL
) -> Iterator[Body]:
    """`count` requests filed on some of `days` by people from `provinces`; equal for equal arguments.

    Of every third couple some facts are left open, as on the phone of somebody who is not sure.
    """
    random = Random(seed)  # noqa: S311  chance, not secrets
    for _ in range(count):
        service = random.choices(_SERVICES, (7, 1))[0]
        body = couple(random, random.choice(days), provinces, service)
        yield _with_gaps(random, body) if random.random() < 0.33 else body


def couple(random: Random, on: date, provinces: Sequence[str], service: str) -> Body:
    """One couple of whom everything is known, filing on the day `on`."""
    woman: Body = {"hukou": _county(random, provinces)}
    man: Body = {"hukou": random.choice([woman["hukou"], *[_county(random, provinces)] * 2])}
    if random.random() < 0.03:
        random.choice([woman, man])["hukou"] = random.choice(_OUTSIDE)
    woman["residence"] = _residence(random, on, provinces, man)
    man["residence"] = random.choice([None, woman["residence"], woman["residence"]])
    marriage = random.choices(("first", "remarried", "unmarried"), (10, 8, 1))[0]
    joint = random.choices(range(5), (8, 9, 6, 4, 2))[0]
    if service == "single_child_honor_certificate":
        joint = random.choice([1, 1, 1, 0, 2])
    for person in (woman, man):
        known = marriage != "first"
        person["prior_children"] = random.choices(range(4), (6, 4, 3, 1))[0] if known else 0
        person["only_child"] = random.random() < 0.5
        person["minority"] = random.random() < 0.2
    stage = random.choice(["planned", "pregnant", "born"])
    body: Body = {
        "service": service,
        "on": on.isoformat(),
        "woman": woman,
        "man": man,
        "marriage": marriage,
        "joint_children": joint,
        "children": {
            "disabled": _some(random, joint),
            "adopted": _some(random, joint),
            "girls": random.randint(0, joint),
            "died": random.choices(range(3), (8, 1, 1))[0],
        },
        "household": random.choice(["urban", "rural", "mixed"]),
        "stage": stage,
        "pledge": random.random() < 0.7,
        "child_born_on": (on - timedelta(days=random.randint(200, 9000))).isoformat(),
    }
    if stage == "born":
        body["born_on"] = (on - timedelta(days=random.randint(0, 300))).isoformat()
    return body


def _county(random: Random, provinces: Sequence[str]) -> str:
    return random.choice(provinces) + random.choice(_COUNTIES)


def _some(random: Random, most: int) -> int:
    return random.choices(range(most + 1), (6, *[1] * most))[0]


def _residence(random: Random, on: date, provinces: Sequence[str], man: Body) -> Body | None:
    if random.random() < 0.35:
        return None
    at_his = random.random() < 0.3 and man["hukou"] not in _OUTSIDE
    return {
        "division": man["hukou"] if at_his else _county(random, provinces),
        "since": (on - timedelta(days=random.choice([5, 31, 100, 183, 184, 400, 900]))).isoformat(),
        "permit": random.random() < 0.5,
    }


def _with_gaps(random: Random, body: Body) -> Body:
    """The same couple with some facts left open; what may not be left out stays."""
    kept = {
        name: value
        for name, value in body.items()
        if name in {"service", "on", "woman", "man", "children", "stage", "born_on"}
        or random.random() < 0.92
    }
    for name in ("woman", "man", "children"):
        kept[name] = {key: v for key, v in body[name].items() if random.random() < 0.92}
    return kept
