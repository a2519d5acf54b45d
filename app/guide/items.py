"""The items an office must publish (办事公开), each made of the rulebooks in force on a day: none is typed twice.

Basis, conditions, places, steps, time limits, papers and forms come from the `Sheet` of the office's
province. Only what the operator promises and the office's telephone are its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import current_app

from app.appearance import said
from app.language import gettext, lazy_gettext
from app.papers.own_forms import FORMS
from app.places import service as places
from app.places.models import Office
from app.policy.decision import GRANTS
from app.policy.rulebook import Document, DocumentUse, HonorCertificate, MaritalCertificate
from app.policy.sheet import NeededPaper, Sheet, Statement, Way
from app.rules import service as rules
from app.rules.service import PAPERS

NAMES: Final[Mapping[str, Any]] = {
    **PAPERS,
    "honor": lazy_gettext("独生子女父母光荣证"),
    "marital": lazy_gettext("流动人口婚育证明"),
}
# What the checker calls the matter of an item.
CHECKS: Final = {
    "registration": "childbirth",
    "approval": "childbirth",
    "honor": "single_child_honor_certificate",
    "marital": "marital_childbearing_certificate",
}
# What an application is called in the settings of an operator.
SERVICES: Final = {
    "registration": "childbirth_registration",
    "approval": "additional_birth_approval",
}


@dataclass(frozen=True)
class Handling:
    """How one text has the item handled. `fills`: it only says what the text before it leaves open."""

    title: str
    certificate: str | None
    decided_by: str | None
    online: bool | None
    limits: Sequence[str]
    if_late: str | None
    papers: Sequence[NeededPaper]
    notes: Sequence[str]
    fills: bool = False

    @property
    def steps(self) -> list[str]:
        """What happens, in order, in the reader's script."""
        hand_in = (
            gettext("在网上交材料，或者带到窗口") if self.online else gettext("把材料带到窗口")
        )
        steps = [str(hand_in), *map(said, self.limits)]
        if self.decided_by:
            steps.append(str(gettext("决定：%(who)s", who=said(self.decided_by))))
        if self.certificate:
            steps.append(str(gettext("拿到%(paper)s", paper=said(self.certificate))))
        return steps


@dataclass(frozen=True)
class Item:
    """One item of an office: what the law of its province says about it on a day."""

    id: str
    conditions: Sequence[Statement]
    others: Sequence[Statement]
    filing: Sequence[Statement]
    handling: Sequence[Handling]

    @property
    def name(self) -> str:
        """生育登记, in the reader's script."""
        return str(NAMES[self.id])

    @property
    def basis(self) -> list[tuple[str, list[str]]]:
        """[(instrument, its articles)] that say all this, in the reader's script; our own readings of a
        text are no basis while there is any other."""
        statements = (*self.conditions, *self.others, *self.filing)
        express = [one for one in statements if one.part.strength != "derived"]
        found: dict[str, list[str]] = {}
        for one in express or statements:
            articles = found.setdefault(said(one.instrument), [])
            if said(one.part.article) not in articles:
                articles.append(said(one.part.article))
        return list(found.items())

    @property
    def references(self) -> list[str]:
        """Where all this was read, as the rulebooks write it."""
        statements = (*self.conditions, *self.others, *self.filing)
        return [source for one in statements for source in one.part.source]

    @property
    def forms(self) -> list[str]:
        """Those of its papers, and of what may stand in for them, that this site has a form to print for."""
        papers = [paper for one in self.handling for paper in one.papers]
        names = [use.id for use, _document in papers]
        names += [name for paper in papers for name in _instead(*paper)]
        return [name for name in dict.fromkeys(names) if name in FORMS]


def _instead(use: DocumentUse, document: Document) -> Sequence[str]:
    return document.replaceable_by if use.replaceable_by is None else use.replaceable_by


def item_for(service: str, outcome: str) -> str | None:
    """The item of what the checker found; None when nothing is granted."""
    if outcome not in GRANTS:
        return None
    granted = [name for name, check in CHECKS.items() if check == service]
    return outcome if outcome in granted else granted[0]


def items_of(found: Sheet) -> dict[str, Item]:
    """The items of a jurisdiction on a day, by their ids; one that no text speaks of is left out."""
    return {item.id: item for item in _items(found)}


def _items(found: Sheet) -> Iterator[Item]:
    granted = {"registration": found.registers, "approval": found.approves}
    for paper, conditions in granted.items():
        ways = found.ways[paper]
        if conditions or ways:
            others = (*found.asks, *found.otherwise) if paper == "approval" else ()
            handling = [_handling(way) for way in ways]
            yield Item(paper, conditions, others, found.filing[paper], handling)
    for statement, papers in found.certificates:
        part = statement.part
        if isinstance(part, HonorCertificate):
            yield _certificate("honor", statement, part, papers, _online(part, found.on))
        elif isinstance(part, MaritalCertificate) and part.required:
            yield _certificate("marital", statement, part, papers, online=None)


def _handling(way: Way) -> Handling:
    procedure = way.procedure
    return Handling(
        title=way.book.title,
        certificate=procedure.certificate,
        decided_by=procedure.decided_by_text,
        online=way.online,
        limits=[limit.text for limit in procedure.time_limits],
        if_late=procedure.if_late,
        papers=way.documents,
        notes=procedure.notes,
        fills=way.fills,
    )


def _certificate(
    name: str,
    statement: Statement,
    part: HonorCertificate | MaritalCertificate,
    papers: Sequence[NeededPaper],
    online: bool | None,
) -> Item:
    handling = Handling(
        title=statement.book.title,
        certificate=part.certificate,
        decided_by=part.decided_by_text,
        online=online,
        limits=(),
        if_late=None,
        papers=papers,
        notes=part.notes,
    )
    return Item(name, [statement], (), (), [handling])


def _online(part: HonorCertificate, on: date) -> bool:
    return part.online_from <= on if part.online_from else part.online


# --- Whose items ---


@dataclass(frozen=True)
class Publisher:
    """Who publishes: an office of this installation, or a jurisdiction as a whole.

    `word` names it in addresses: the code of the office's division, or cn, 42, pyrd.
    """

    word: str
    code: str
    office: Office | None

    @property
    def phone(self) -> str:
        """Whom to ring."""
        return self.office.phone if self.office else "12345"

    def promises(self, item: Item) -> list[str]:
        """What the operator promises beyond the law, where this site takes the item for the office."""
        service = SERVICES.get(item.id)
        if self.office is None or not self.office.live or service is None:
            return []
        settings = current_app.config
        said_so = [
            gettext(
                "网上交的，%(count)s 个工作日内有人看", count=settings["PROMISE_OPEN_WORKING_DAYS"]
            ),
            gettext(
                "催办、投诉，%(count)s 个工作日内答复",
                count=settings["COMPLAINT_ANSWER_WORKING_DAYS"],
            ),
        ]
        if service not in settings["LICENSED_SERVICES"]:
            days = settings["PROMISE_ACCEPT_WORKING_DAYS"]
            text = gettext("%(count)s 个工作日内受理，或者一次告诉您缺什么", count=days)
            said_so.insert(1, text)
        return said_so


def publisher(word: str) -> Publisher | None:
    """The office or the jurisdiction that an address names, or None."""
    code = rules.jurisdiction(word)
    if code is not None:
        return Publisher(word, code, None)
    office = places.office_at(word)
    return Publisher(word, word[:2], office) if office else None
