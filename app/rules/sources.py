"""Where the law on this site was read, in words a citizen can follow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from app.appearance import said, zh_date
from app.language import gettext
from app.policy.rulebook import Source, source_id
from app.rules.service import STRENGTHS, the_law

# Best held first.
ORDER = ("seed", "statute", "secondary")


def by_strength() -> list[tuple[str, list[tuple[str, Source]]]]:
    """[(how well held, [(id, source)])], the best held first."""
    listed = the_law().shelf.sources
    return [
        (word, [(name, source) for name, source in listed.items() if source.strength == word])
        for word in ORDER
    ]


def named(references: Iterable[str]) -> list[tuple[str, str]]:
    """(id, name in the reader's script) of the sources that references such as `L-SH2021 art.25` name."""
    listed = the_law().shelf.sources
    ids = dict.fromkeys(map(source_id, references))
    return [(name, said(listed[name].name)) for name in ids if name in listed]


def read_in(references: Iterable[str]) -> list[tuple[str, Source, str]]:
    """(id, source, the places in it) of references such as `W-HJ2021 第二十条`, each source once."""
    listed = the_law().shelf.sources
    places: dict[str, list[str]] = {}
    for reference in references:
        name, _space, place = said(reference).partition(" ")
        known = places.setdefault(name, [])
        if place and place not in known:
            known.append(place)
    return [(name, listed[name], "、".join(known)) for name, known in places.items()]


def day_of(source: Source) -> str:
    """The day of the version held, as far as it is known."""
    return str(gettext("没有看到")) if source.dated is None else partial_day(source.dated)


def partial_day(text: str) -> str:
    """2027-01-20, 2027-01 or 2027 in words, as far as it goes."""
    parts = text.split("-")
    if len(parts) == 3:
        return zh_date(date.fromisoformat(text))
    if len(parts) == 2:
        return str(gettext("%(year)s 年 %(month)s 月", year=parts[0], month=int(parts[1])))
    return str(gettext("%(year)s 年", year=parts[0]))


def as_json() -> list[dict[str, Any]]:
    """Every source for other programs; texts in the reader's script."""
    return [
        {
            "id": name,
            "name": said(source.name),
            "what": said(source.what),
            "dated": source.dated,
            "where": said(source.where),
            "note": said(source.note) or None,
            "strength": source.strength,
            "strength_text": str(STRENGTHS[source.strength]),
            "checked_on": source.checked_on.isoformat(),
        }
        for name, source in the_law().shelf.sources.items()
    ]
