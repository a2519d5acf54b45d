"""The journey of an application: which pages this couple sees, and when each of them is done.

Everything is read from a `Filing`: the answers so far, the decision they lead to today, the
offices of this installation that could take it, and how many pages of each document are there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from app.applications.forms import (
    RESIDENT_ID,
    read_paper_number,
)
from app.applications.models import Service
from app.applications.review import needs_review
from app.applications.stating import MARRIED
from app.clock import today
from app.delegation.authority import OVER, How, Status
from app.fields import comparable_name, read_date
from app.journey import Journey, Step, always
from app.language import gettext
from app.language import lazy_gettext as _l

POWER_OF_ATTORNEY = "power_of_attorney"
WRITTEN_PROMISE = "written_promise"
# What somebody signs at a window who does not confirm on a phone.
SIGNED_FORM = "signed_form"
# Among the answers of a draft: what was signed for which paper.
PROMISES = "promises"
# By what was asked of the law and what it answers for a place.
_SERVICES = {
    ("childbirth", "registration"): Service.CHILDBIRTH_REGISTRATION,
    ("childbirth", "approval"): Service.ADDITIONAL_BIRTH_APPROVAL,
    ("single_child_honor_certificate", "approval"): Service.SINGLE_CHILD_HONOR_CERTIFICATE,
    ("marital_childbearing_certificate", "approval"): Service.MARITAL_CHILDBEARING_CERTIFICATE,
}


def service_at(place: Mapping[str, Any], facts: Mapping[str, Any]) -> Service | None:
    """What these people apply for at this place of their decision; None where nothing is granted."""
    return _SERVICES.get((facts["service"], place["outcome"]))


ROLE_NAMES = {
    "woman_hukou": _l("女方户籍地"),
    "man_hukou": _l("男方户籍地"),
    "woman_residence": _l("女方居住地"),
    "man_residence": _l("男方居住地"),
}


@dataclass(frozen=True)
class OfficeChoice:
    """A live office of this installation: `code` is its division, 9 digits for a township."""

    id: uuid.UUID
    code: str
    name: str


@dataclass(frozen=True)
class PlaceChoice:
    """A place of the decision that takes this service online, with the offices that serve it here."""

    place: Mapping[str, Any]
    offices: tuple[OfficeChoice, ...]

    @property
    def role(self) -> str:
        """woman_hukou, man_hukou, woman_residence or man_residence."""
        return str(self.place["role"])


@dataclass(frozen=True)
class Entrustment:
    """The power of attorney a draft is filled in under. `fits`: it says what the answers say now.

    `waiting_for`: the principals, woman or man, who have not said yes.
    """

    id: uuid.UUID
    number: str
    how: How
    status: Status
    fits: bool
    may_submit: bool
    waiting_for: tuple[str, ...]


class Circumstances(Protocol):
    """What the law and this installation say to some facts; see `filing.Circumstances`."""

    @property
    def decision(self) -> Mapping[str, Any]:
        """Today's decision in the terms of the JSON contract."""

    @property
    def offices(self) -> tuple[OfficeChoice, ...]:
        """The live offices in the counties of the decision."""

    @property
    def pages(self) -> Mapping[str, int]:
        """How many pages of each paper were sent so far."""

    def choices(self, service: Service) -> tuple[PlaceChoice, ...]:
        """The places open for this service that an office here serves: online, but at a window."""


@dataclass(frozen=True)
class Filing:
    """A draft as the journey sees it. `facts` and `decision` are in the terms of the JSON contract.

    Never changed, only replaced; what follows from it is worked out once, when it is asked for: many
    a step is saved without a look at the law or the offices.
    """

    service: Service
    answers: Mapping[str, Any]
    facts: Mapping[str, Any]
    circumstances: Circumstances
    power: Entrustment | None = None
    # Filled in by a clerk, together with whoever stands there.
    at_window: bool = False

    @property
    def decision(self) -> Mapping[str, Any]:
        """Today's decision."""
        return self.circumstances.decision

    @cached_property
    def choices(self) -> tuple[PlaceChoice, ...]:
        """The places that take this service online here."""
        return self.circumstances.choices(self.service)

    @property
    def collect_offices(self) -> tuple[OfficeChoice, ...]:
        """The offices where the paper could be collected."""
        return self.circumstances.offices

    @property
    def pages(self) -> Mapping[str, int]:
        """How many pages of each paper are there."""
        return self.circumstances.pages

    @cached_property
    def filer(self) -> str | None:
        """woman, man or agent."""
        filer: str | None = self.answers.get("who", {}).get("filer")
        return filer

    @property
    def is_entrusted(self) -> bool:
        """Whether an agent has a power that says what was answered, or there is no agent."""
        if self.filer != "agent":
            return True
        return self.power is not None and self.power.fits and self.power.status not in OVER

    @property
    def may_be_sent(self) -> bool:
        """Whether an agent's power lets them submit today; a couple needs none."""
        return self.filer != "agent" or (
            self.is_entrusted and self.power is not None and self.power.may_submit
        )

    @cached_property
    def applicants(self) -> tuple[str, ...]:
        """Whose matter it is: the couple's, or the woman's own."""
        return applicants_of(self.service, ("woman", "man") if self.has_man else ("woman",))

    @property
    def principals(self) -> tuple[str, ...]:
        """Who entrusts the agent: woman, man or both."""
        chosen = self.answers.get("entrust", {}).get("principals")
        there = self.applicants
        return there if chosen == "both" else tuple(who for who in there if who == chosen)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the couple, as far as they are typed."""
        there = ("woman", "man") if self.has_man else ("woman",)
        return tuple(
            str(self.answers[who]["name"]) for who in there if self.answers.get(who, {}).get("name")
        )

    @cached_property
    def has_man(self) -> bool:
        """Whether a man is named in this filing; an unmarried woman may file alone."""
        if self.service is Service.MARITAL_CHILDBEARING_CERTIFICATE:
            return self.facts.get("marriage") in MARRIED
        return self.facts.get("man", {}) is not None

    @property
    def concerns_children(self) -> bool:
        """Whether data of a child under fourteen may be among the facts."""
        people = [self.facts.get("woman") or {}, self.facts.get("man") or {}]
        counts = [self.facts.get("joint_children"), *(p.get("prior_children") for p in people)]
        return self.facts.get("stage") == "born" or any(counts)

    @cached_property
    def chosen(self) -> PlaceChoice | None:
        """The place chosen, while the decision still allows it and an office here serves it."""
        role = self.answers.get("where", {}).get("role")
        return next((choice for choice in self.choices if choice.role == role), None)

    @cached_property
    def office(self) -> OfficeChoice | None:
        """The office it goes to: the one chosen, or the only one of the place."""
        if self.chosen is None:
            return None
        if len(self.chosen.offices) == 1:
            return self.chosen.offices[0]
        return _by_id(self.chosen.offices, self.answers.get("office", {}).get("office"))

    @cached_property
    def collect_office(self) -> OfficeChoice | None:
        """Where the paper is collected."""
        return _by_id(self.collect_offices, self.answers.get("collect", {}).get("office"))

    @cached_property
    def documents(self) -> list[Mapping[str, Any]]:
        """The papers for the chosen place: what this site cannot make itself, for this filer.

        Forms to be filled in are this application; an agent also shows the word of the couple.
        """
        if self.chosen is None:
            return []
        papers = papers_for(self.chosen.place["documents"], self.filer, signed=self.on_paper)
        if self.at_window:
            papers.append(signed_form())
        return [paper for paper in papers if paper["form"] != "filled_in"]

    @property
    def on_paper(self) -> bool:
        """Whether the principals sign a paper, which then has to be sent along."""
        return self.filer == "agent" and self.answers.get("confirming", {}).get("how") == How.PAPER

    def without(self, document_id: str) -> str | None:
        """What the person chose instead of a paper, if they do not have it; a promise must be signed."""
        choice: str | None = self.answers.get("without", {}).get(document_id)
        if choice == WRITTEN_PROMISE and self.promise(document_id) is None:
            return None
        return choice

    @property
    def signer(self) -> str | None:
        """Whose word a promise is: whoever files for themselves. An agent cannot give it for another."""
        if self.filer not in {"woman", "man"}:
            return None
        name: str | None = self.answers.get(self.filer, {}).get("name")
        return name

    def promise(self, document_id: str) -> Mapping[str, Any] | None:
        """The written promise in place of a paper, while its signer is the one who files."""
        signed: Mapping[str, Any] | None = self.answers.get(PROMISES, {}).get(document_id)
        if signed is None or self.signer is None:
            return None
        is_theirs = comparable_name(signed["name"]) == comparable_name(self.signer)
        return signed if is_theirs else None

    def is_settled(self, document: Mapping[str, Any]) -> bool:
        """Whether a paper is there, replaced, or only needed under a condition nobody knows yet."""
        name = document["id"]
        if name == POWER_OF_ATTORNEY and self.on_paper:
            return bool(self.pages.get(name))
        return bool(self.pages.get(name) or self.without(name) or document["condition"])


def papers_for(
    documents: Sequence[Mapping[str, Any]], filer: str | None, *, signed: bool = False
) -> list[Mapping[str, Any]]:
    """The papers of a place for whoever files: an agent also shows the word of the couple.

    `signed`: that word is a paper, so it is asked for whatever the rulebook says.
    """
    by_agent = filer == "agent"
    papers = {
        paper["id"]: paper
        for paper in documents
        if by_agent or (paper["of"] != ["agent"] and paper["id"] != POWER_OF_ATTORNEY)
    }
    if by_agent:
        papers.setdefault(POWER_OF_ATTORNEY, _power_of_attorney())
    if by_agent and signed:
        papers[POWER_OF_ATTORNEY] = {**papers[POWER_OF_ATTORNEY], "condition": None}
    return list(papers.values())


def applicants_of(service: str, named: Sequence[str]) -> tuple[str, ...]:
    """Whose matter it is, of the spouses named in it: a 婚育证明 is the woman's own."""
    hers = service == Service.MARITAL_CHILDBEARING_CERTIFICATE
    return ("woman",) if hers else tuple(named)


def holders_of(service: str, facts: Mapping[str, Any], role: str) -> tuple[str, ...]:
    """Whom the paper names as its holders: everyone whose matter it is, in order.

    A 光荣证 of a couple from two provinces is issued to each by the place of their own hukou
    (SEED-PYRD2010 三(二)); `role` is the place where this one is applied for.
    """
    named = ("woman", "man") if facts.get("man", {}) is not None else ("woman",)
    if service == Service.SINGLE_CHILD_HONOR_CERTIFICATE and len(named) > 1:
        provinces = {str((facts.get(who) or {}).get("hukou"))[:2] for who in named}
        if len(provinces) > 1:
            return (role.removesuffix("_hukou"),)
    return applicants_of(service, named)


def journey_of(filing: Filing) -> Journey[Filing]:
    """The pages of this filing, replayed from its answers."""
    return Journey(STEPS, filing)


def _by_id(offices: Sequence[OfficeChoice], office_id: object) -> OfficeChoice | None:
    return next((office for office in offices if str(office.id) == office_id), None)


def _power_of_attorney() -> dict[str, Any]:
    """The agent's own paper where no rulebook lists it; `condition` keeps it from being demanded."""
    return {
        "id": POWER_OF_ATTORNEY,
        "name": gettext("授权委托书和代办人身份证"),
        "of": ["agent"],
        "form": "original",
        "copies": 0,
        "note": gettext("窗口可能要看纸质委托书"),
        "where_to_get": None,
        "replaceable_by": [],
        "condition": gettext("有就现在传，没有可以办理时带去"),
    }


def signed_form() -> dict[str, Any]:
    """The form somebody signed at a window; `condition` says when it takes the place of the phone."""
    return {
        "id": SIGNED_FORM,
        "name": gettext("本人签字的申请表"),
        "of": [],
        "form": "original",
        "copies": 0,
        "note": None,
        "where_to_get": None,
        "replaceable_by": [],
        "condition": gettext("在手机上确认的不用；没有手机的，填完打印出来签字，拍照传到这里"),
    }


def _consented(filing: Filing) -> bool:
    given = filing.answers.get("consent", {})
    needed = ["processing", "sensitive", *(["children"] if filing.concerns_children else [])]
    return all(given.get(name) for name in needed)


def _named(who: str, filing: Filing) -> bool:
    """The stored person still stands up to what is asked of them now."""
    person = filing.answers.get(who) or {}
    needs_phone = filing.filer == who and not filing.at_window
    if not person.get("name") or (needs_phone and not person.get("phone")):
        return False
    try:
        read_paper_number(person.get("id_kind", RESIDENT_ID), person.get("id_number") or "")
    except ValueError:
        return False
    return True


def _two_people(filing: Filing) -> bool:
    woman, man = (filing.answers.get(who) or {} for who in ("woman", "man"))
    return bool(woman.get("id_number") != man.get("id_number"))


def _agreed(filing: Filing) -> bool:
    """What is asked of the principals can still be agreed to."""
    agreed = filing.answers.get("entrust") or {}
    return bool(filing.principals) and date.fromisoformat(agreed["until_on"]) >= today()


def _child_told(filing: Filing) -> bool:
    told = filing.answers.get("children") or {}
    if told.get("stage") != "born":
        return bool(told.get("stage"))
    try:
        return bool(read_date(told.get("born_on") or ""))
    except ValueError:
        return False


def _step(
    name: str, done: Callable[[Filing], bool], shown: Callable[[Filing], bool] = always
) -> Step[Filing]:
    """A step that is done only while what its answer rested on still holds."""
    return Step(name, lambda filing: done(filing) and not needs_review(filing, name), shown)


STEPS: tuple[Step[Filing], ...] = (
    _step("consent", done=_consented),
    _step(
        "marriage",
        done=lambda filing: bool(filing.answers.get("marriage", {}).get("marriage")),
        shown=lambda filing: filing.service is Service.MARITAL_CHILDBEARING_CERTIFICATE,
    ),
    _step(
        "who",
        done=lambda filing: filing.filer in {*filing.applicants, "agent"},
    ),
    _step(
        "agent",
        done=lambda filing: _named("agent", filing),
        shown=lambda filing: filing.filer == "agent",
    ),
    _step("woman", done=lambda filing: _named("woman", filing)),
    _step(
        "man",
        done=lambda filing: _named("man", filing) and _two_people(filing),
        shown=lambda filing: filing.has_man,
    ),
    _step("entrust", done=_agreed, shown=lambda filing: filing.filer == "agent"),
    _step(
        "confirming",
        done=lambda filing: filing.is_entrusted,
        shown=lambda filing: filing.filer == "agent",
    ),
    _step("children", done=_child_told, shown=lambda filing: filing.service.is_about_a_birth),
    _step("where", done=lambda filing: filing.chosen is not None),
    _step(
        "office",
        done=lambda filing: filing.office is not None,
        shown=lambda filing: filing.chosen is not None and len(filing.chosen.offices) > 1,
    ),
    _step("collect", done=lambda filing: filing.collect_office is not None),
    _step(
        "documents",
        done=lambda filing: all(filing.is_settled(paper) for paper in filing.documents),
        shown=lambda filing: bool(filing.documents),
    ),
    _step(
        "declaration", done=lambda filing: bool(filing.answers.get("declaration", {}).get("truth"))
    ),
    _step("check", done=lambda filing: filing.may_be_sent),
)
