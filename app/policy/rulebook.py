"""Rulebooks: the law as dated data, checked to the last key when it is loaded.

One YAML file per instrument family. A file holds numbers, dates, enumerations, lists, wording and
citations; what they mean is typed Python (`criteria`, `decide`). A mistake stops the start with the
file, the line, the field and what was expected.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from app.policy.facts import PROVINCES
from app.policy.finding import words

Strength = Literal["statute", "seed", "secondary", "derived"]
Unit = Literal["day", "working_day", "at_once"]
Paper = Literal["registration", "approval"]
Role = Literal["woman_hukou", "man_hukou", "woman_residence", "man_residence"]
ROLES: tuple[Role, ...] = ("woman_hukou", "man_hukou", "woman_residence", "man_residence")

Kind = TypeVar("Kind", bound="Strict")
RULE_ID = r"^[a-z0-9-]+$"
BOOK_ID = r"^[a-z]+-\d{4}$"
DATED = r"^\d{4}(-\d{2}(-\d{2})?)?$"
BACKWARDS = "`to` 应不早于 `from`（%(name)s）"


class Strict(BaseModel):
    """Unknown keys are mistakes, and loaded law never changes."""

    # Deferred: only the outermost models ever validate by themselves, and each validator built
    # costs every web worker memory.
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: Any) -> None:
        """Each part of a rulebook is itself and nothing else: identity is quick to compare and to hash."""
        cls.__hash__ = object.__hash__  # type: ignore[method-assign]
        cls.__eq__ = object.__eq__  # type: ignore[method-assign]


class Counted(Strict):
    """A count of children; both ends are included."""

    at_least: int = 0
    at_most: int = 10_000


def _exactly(value: object) -> object:
    """`2` is short for exactly two."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"at_least": value, "at_most": value}
    return value


Number = Annotated[Counted, BeforeValidator(_exactly)]


class When(Strict):
    """The criteria a rule may name; all of those given must hold. See `criteria` for what each means."""

    marriage: list[Literal["first", "remarried", "unmarried"]] | None = None
    household: list[Literal["urban", "rural", "mixed"]] | None = None
    living_children: Number | None = None
    joint_children: Number | None = None
    joint_born_children: Number | None = None
    prior_children: Number | None = None
    births: Number | None = None
    disabled: Number | None = None
    adopted: Number | None = None
    girls: Number | None = None
    died: Number | None = None
    prior_pattern: tuple[Number, Number] | None = None
    only_child: Literal["one", "both"] | None = None
    minority: Literal["one", "both"] | None = None
    hukou_here: Literal["one", "both", "none", "woman", "not_woman"] | None = None
    cross_province: bool | None = None
    two_place_marriage: bool | None = None
    born_after: date | None = None


class Cited(Strict):
    """A statement of law with where it stands and how well it is held."""

    id: str = Field(pattern=RULE_ID)
    text: str
    instrument: str | None = None
    article: str
    source: list[str] = Field(min_length=1)
    strength: Strength
    checked_on: date | None = None
    link: str | None = None
    start: date | None = Field(default=None, alias="from")
    end: date | None = Field(default=None, alias="to")


class Rule(Cited):
    """Under `when` the couple gets `grants`.

    `flagged_when`: the grant holds but a person must confirm it. `beyond`: the ground also hangs on
    a fact no request carries, so it never fires by itself and a refusal beside it is flagged.
    `due`: an approval that must be there before the birth or the pregnancy.
    """

    grants: Literal["registration", "approval", "needs_staff"]
    when: When
    at: list[Literal["hukou", "residence"]] = ["hukou", "residence"]
    flagged_when: When | None = None
    beyond: str | None = None
    due: Literal["before_birth", "before_pregnancy"] | None = None


class Otherwise(Cited):
    """What the text answers when none of its rules grants."""

    outcome: Literal["not_eligible", "needs_staff"]


class Stay(Strict):
    """How long somebody must have lived at a residence; `of: either` when one spouse is enough."""

    months: int = Field(gt=0)
    of: Literal["either", "woman"] = "either"


class Filing(Cited):
    """Whether this text opens a kind of place for a paper. The first text that speaks decides."""

    paper: list[Paper]
    at: list[Role]
    opens: bool
    when: When | None = None
    stay: Stay | None = None
    permit: bool = False
    outsiders_only: bool = False
    outside_county: bool = False
    any_township: bool = False


class TimeLimit(Strict):
    """A step's limit in the law's own unit; `at_once` has value 0."""

    who: Literal["township", "county", "residence_township", "hukou_township"]
    value: int
    unit: Unit
    start: Literal["accepted", "received", "request_received", "reply_received", "registered"] = (
        Field(alias="from")
    )
    text: str


class DocumentUse(Strict):
    """A paper this couple brings: for whom, in what form, and when it is needed at all."""

    id: str
    name: str | None = None
    of: list[Literal["woman", "man", "couple", "child", "agent"]] = []
    form: Literal["original", "copy", "original_and_copy", "filled_in"] = "original"
    copies: int = 0
    note: str | None = None
    when: When | None = None
    condition: str | None = None
    for_rules: list[str] = []
    at: list[Literal["hukou", "residence"]] = ["hukou", "residence"]
    replaceable_by: list[Literal["shared_data", "written_promise"]] | None = None

    @model_validator(mode="after")
    def _say_the_condition(self) -> DocumentUse:
        if self.when is not None and not self.condition:
            raise ValueError(words("有 `when` 的材料还应写 `condition`，用话说明什么情形才要"))
        return self


class Procedure(Strict):
    """How a paper is handled by the offices of this text.

    `late_issues`: what `if_late` says is that the paper is issued when the time is over.
    `fills_silence` (national texts): a province's procedure that says nothing of papers or of
    filing online is read together with this one.
    """

    paper: Paper
    certificate: str | None = None
    decided_by: Literal["township", "county"] | None = None
    decided_by_text: str | None = None
    online: bool | None = None
    online_from: date | None = None
    fills_silence: bool = False
    time_limits: list[TimeLimit] = []
    documents: list[DocumentUse] = []
    if_late: str | None = None
    late_issues: bool = False
    notes: list[str] = []
    start: date | None = Field(default=None, alias="from")
    end: date | None = Field(default=None, alias="to")


class HonorCertificate(Cited):
    """独生子女父母光荣证: each spouse's hukou place issues it under this text."""

    existing_only: bool = False
    child_under: int | None = None
    certificate: str
    decided_by: Literal["township", "county"] | None = None
    decided_by_text: str | None = None
    documents: list[DocumentUse] = []
    notes: list[str] = []
    online: bool = False
    online_from: date | None = None


class MaritalCertificate(Cited):
    """流动人口婚育证明: issued at the woman's hukou place, or no longer required at all."""

    required: bool
    certificate: str | None = None
    decided_by: Literal["township", "county"] | None = None
    decided_by_text: str | None = None
    documents: list[DocumentUse] = []
    notes: list[str] = []


class NotHeld(Strict):
    """A period of this instrument for which the text is not held: said, never guessed."""

    start: date = Field(alias="from")
    end: date | None = Field(default=None, alias="to")
    text: str


class Rulebook(Strict):
    """One file. `jurisdiction` is CN, a region's id or a two-digit province code.

    `beside`: older texts of the same jurisdiction that stay in force together with this one; it is
    asked before them. Without it, two texts in force on one day are taken for a mistake.
    """

    id: str = Field(pattern=BOOK_ID)
    jurisdiction: str
    provinces: list[str] = []
    title: str
    instrument: str
    start: date = Field(alias="from")
    end: date | None = Field(default=None, alias="to")
    end_note: str | None = None
    beside: list[str] = []
    strength: Strength
    checked_on: date
    sources: list[str] = Field(min_length=1)
    link: str | None = None
    one_hukou_here: bool = False
    foreign_spouse: Literal["ask", "flagged", "one_hukou_here"] = "ask"
    not_held: list[NotHeld] = []
    favourable: Cited | None = None
    rules: list[Rule] = []
    otherwise: Otherwise | None = None
    filing: list[Filing] = []
    procedures: list[Procedure] = []
    honor_certificate: HonorCertificate | None = None
    marital_certificate: MaritalCertificate | None = None

    @model_validator(mode="after")
    def _hang_together(self) -> Rulebook:
        if self.end and self.end < self.start:
            raise ValueError(words(BACKWARDS, name=self.id))
        known = {self.jurisdiction, *self.provinces}
        if self.jurisdiction not in PROVINCES and self.jurisdiction != "CN" and not self.provinces:
            raise ValueError(
                words(
                    "`jurisdiction` 应为 CN、省的两位代码，或者写明 `provinces` 的区域，没有 %(code)s",
                    code=self.jurisdiction,
                )
            )
        wrong = [p for p in known - {"CN", self.jurisdiction} if p not in PROVINCES]
        if wrong:
            raise ValueError(words("应为省的两位代码，没有 %(code)s", code=wrong[0]))
        ids = [cited.id for cited in self.cited()]
        doubled = {one for one in ids if ids.count(one) > 1}
        if doubled:
            raise ValueError(
                words("每条的 id 应不一样，%(name)s 写了两次", name=sorted(doubled)[0])
            )
        for dated in self.dated():
            start, end = dated.start or self.start, dated.end or self.end
            if end and end < start:
                raise ValueError(words(BACKWARDS, name=getattr(dated, "id", "procedures")))
        grounds = {rule.id for rule in self.rules}
        for procedure in self.procedures:
            for document in procedure.documents:
                missing = set(document.for_rules) - grounds
                if missing:
                    raise ValueError(
                        words(
                            "材料 %(paper)s 的 `for_rules` 应为上面某条规定的 id，没有 %(name)s",
                            paper=document.id,
                            name=sorted(missing)[0],
                        )
                    )
        return self

    @cached_property
    def version(self) -> str:
        """A fingerprint of everything the text says; looking at its source again does not change it."""
        content = json.dumps(
            _unchecked(self.model_dump(mode="json", exclude_defaults=True)), sort_keys=True
        )
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def moved(self, since: date, on: date) -> bool:
        """Whether the text, or a part of it, began after `since` or ended, by the day `on`."""
        for part in (self, *self.dated()):
            online_from: date | None = getattr(part, "online_from", None)
            for first in (part.start, online_from):
                if first is not None and since < first <= on:
                    return True
            if part.end is not None and since <= part.end < on:
                return True
        return False

    def gaps_on(self, day: date) -> list[NotHeld]:
        """What of this instrument is declared as not held on the day."""
        return [g for g in self.not_held if g.start <= day and (g.end is None or day <= g.end)]

    def parts(self) -> Iterator[tuple[tuple[int | str, ...], Cited | Procedure]]:
        """Every part that may begin or end on a day of its own, and where it stands in the file."""
        for name in ("rules", "filing", "procedures"):
            for index, part in enumerate(getattr(self, name)):
                yield (name, index), part
        for name in ("otherwise", "favourable", "honor_certificate", "marital_certificate"):
            part = getattr(self, name)
            if part is not None:
                yield (name,), part

    def references(self) -> Iterator[tuple[tuple[int | str, ...], str]]:
        """Every source the text or a statement of it names, and where it stands in the file."""
        for index, source in enumerate(self.sources):
            yield ("sources", index), source
        for where, part in self.parts():
            if isinstance(part, Cited):
                for index, source in enumerate(part.source):
                    yield (*where, "source", index), source

    def dated(self) -> Iterator[Cited | Procedure]:
        """Every part that may begin or end on a day of its own."""
        yield from self.cited()
        yield from self.procedures

    def cited(self) -> Iterator[Cited]:
        """Every statement of law in the file."""
        yield from self.rules
        yield from self.filing
        for one in (
            self.otherwise,
            self.favourable,
            self.honor_certificate,
            self.marital_certificate,
        ):
            if one is not None:
                yield one


def _unchecked(part: Any) -> Any:
    """The same without the days on which sources were looked at."""
    if isinstance(part, dict):
        return {name: _unchecked(value) for name, value in part.items() if name != "checked_on"}
    return [_unchecked(item) for item in part] if isinstance(part, list) else part


class Document(Strict):
    """A kind of paper, as the catalogue knows it."""

    name: str
    note: str | None = None
    where_to_get: str | None = None
    replaceable_by: list[Literal["shared_data", "written_promise"]] = []


class Source(Strict):
    """Where statements were read. `dated`: the day of the version held, or only its month or year."""

    name: str
    what: str
    dated: str | None = Field(default=None, pattern=DATED)
    where: str
    note: str | None = None
    strength: Literal["seed", "statute", "secondary"]
    checked_on: date


def source_id(reference: str) -> str:
    """The id in a reference such as `L-SH2021 art.25, 27`."""
    return reference.split(maxsplit=1)[0] if reference.strip() else ""


class CoreText(Strict):
    """What the core itself says, beside any rulebook."""

    text: str
    instrument: str = "就近办"
    article: str = "—"


class Shelf(Strict):
    """Everything loaded: rulebooks, the catalogues of papers and of sources, the core's own words."""

    rulebooks: tuple[Rulebook, ...]
    documents: dict[str, Document]
    core: dict[str, CoreText]
    sources: dict[str, Source] = {}
