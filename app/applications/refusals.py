"""The grounds on which an office may refuse, as a catalogue with the law behind each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.applications.models import Service

CATALOGUE = Path(__file__).with_name("refusals.yaml")
DECISION = "decision"


@dataclass(frozen=True)
class Basis:
    """A provision, and from which day its text is held."""

    instrument: str
    article: str
    start: date


@dataclass(frozen=True)
class Ground:
    """One ground. Texts are Simplified Chinese, to be translated.

    `basis`: None where it rests on the provisions of the pinned decision. `licence_only`: it comes
    from the licensing Act, so it exists only where the operator says that the service is a licence.
    """

    id: str
    services: tuple[Service, ...]
    text: str
    basis: tuple[Basis, ...] | None
    licence_only: bool = False


@cache
def catalogue() -> tuple[Ground, ...]:
    """All grounds, in order. A key or a value that is not known stops the start."""
    rows = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return tuple(_ground(**row) for row in rows)


def grounds_for(service: str, day: date, *, is_licence: bool) -> tuple[Ground, ...]:
    """The grounds that exist for a service on this day."""
    return tuple(
        each
        for each in catalogue()
        if service in each.services
        and (is_licence or not each.licence_only)
        and (each.basis is None or any(one.start <= day for one in each.basis))
    )


def ground(id: str | None) -> Ground | None:
    """The ground of this id; None for refusals from before there was a catalogue."""
    return next((each for each in catalogue() if each.id == id), None)


def _ground(
    *, id: str, services: list[str], text: str, basis: Any, licence_only: bool = False
) -> Ground:
    if basis != DECISION:
        basis = tuple(Basis(one["instrument"], one["article"], one["from"]) for one in basis)
    return Ground(
        id=id,
        services=tuple(Service(each) for each in services),
        text=text,
        basis=None if basis == DECISION else basis,
        licence_only=licence_only,
    )
