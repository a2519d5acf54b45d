"""Why a couple is told what it is told: every rulebook, what it said at each place, or why it did not.

It listens to the decision itself (the trace of every place), so it cannot tell another story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app.policy import criteria as is_
from app.policy.certificates import HonorCertificate, MaritalCertificate
from app.policy.childbirth import Childbirth
from app.policy.criteria import All, Couple, Criterion, Truth
from app.policy.decision import GRANTS, Decision, Place
from app.policy.facts import Facts
from app.policy.jurisdictions import NAMES, NATION, reach
from app.policy.law import Citation, CompiledFiling, CompiledRule, Law, ProvinceLaw
from app.policy.rulebook import Procedure, Rulebook
from app.policy.weighing import Trace, Weighing

Translate = Callable[[str], str]

OUTCOMES: Final = {
    "registration": "办生育登记",
    "approval": "办再生育审批",
    "needs_staff": "请窗口看",
    "not_eligible": "条件对不上",
    "not_required": "不用办",
    "incomplete": "还缺情况，定不下来",
}
ROLES: Final = {
    "woman_hukou": "女方户籍地",
    "man_hukou": "男方户籍地",
    "woman_residence": "女方现居住地",
    "man_residence": "男方现居住地",
}
FACTS: Final = {
    "woman.hukou": "女方户籍",
    "man.hukou": "男方户籍",
    "marriage": "婚姻",
    "joint_children": "两人共同的孩子",
    "woman.prior_children": "女方婚前的孩子",
    "man.prior_children": "男方婚前的孩子",
    "pledge": "自愿只生一个的承诺",
    "child_born_on": "孩子的出生日期",
    "woman.residence": "女方现居住地",
    "man.residence": "男方现居住地",
    "woman.only_child": "女方是不是独生子女",
    "man.only_child": "男方是不是独生子女",
    "woman.residence.since": "女方从哪天住起",
    "man.residence.since": "男方从哪天住起",
    "woman.residence.permit": "女方有没有居住证",
    "man.residence.permit": "男方有没有居住证",
    "stage": "怀孕、出生没有",
    "born_on": "这个孩子的出生日期",
    "household": "农村户口还是城镇户口",
    "children.girls": "女孩有几个",
    "woman.minority": "女方是不是少数民族",
    "man.minority": "男方是不是少数民族",
    "children.adopted": "收养的有几个",
    "children.disabled": "鉴定为病残的有几个",
    "children.died": "去世的有几个",
}
_COUNTED: Final = {
    "joint": "两人共同的孩子",
    "joint_born": "两人共同生育的孩子",
    "prior": "再婚前的孩子",
    "living": "双方现有的孩子",
    "births": "一共生过的孩子",
    "disabled": "鉴定为病残的孩子",
    "adopted": "收养的孩子",
    "girls": "女孩",
    "died": "去世的孩子",
}
_MARRIAGES: Final = {"first": "初婚", "remarried": "再婚", "unmarried": "未婚"}
_HOUSEHOLDS: Final = {"urban": "城镇户口", "rural": "农村户口", "mixed": "一方农村一方城镇"}


@dataclass(frozen=True)
class Row:
    """What one rulebook said on one point (`spoke`), or why it did not. Texts are translated."""

    point: str
    rulebook: str
    spoke: bool
    says: str


@dataclass(frozen=True)
class PlaceStory:
    """One place: its role and division, what it came to, and who said what."""

    role: str
    division: str
    answer: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Story:
    """A whole decision. `missing`: the names of facts that could still change it."""

    answer: str
    missing: tuple[str, ...]
    places: tuple[PlaceStory, ...]
    general: tuple[Row, ...] = field(default=())


class _Listening(Weighing):
    """A weighing that keeps the trace of every place as it is noted."""

    def __init__(self, couple: Couple, law: Law) -> None:
        super().__init__(couple, law)
        self.traces: list[Trace] = []

    def note(self, trace: Trace) -> None:
        self.traces.append(list(trace))
        super().note(trace)


class _Childbirth(_Listening, Childbirth):
    """The weighing of a birth, listened to."""


class _HonorCertificate(_Listening, HonorCertificate):
    """The weighing of a 光荣证, listened to."""


class _MaritalCertificate(_Listening, MaritalCertificate):
    """The weighing of a 婚育证明, listened to."""


_WEIGHINGS: Final[dict[str, type[_Listening]]] = {
    "childbirth": _Childbirth,
    "single_child_honor_certificate": _HonorCertificate,
    "marital_childbearing_certificate": _MaritalCertificate,
}


def explain(facts: Facts, law: Law, translate: Translate = str) -> Story:
    """The story of the decision on these facts, its texts through `translate`."""
    weighing = _WEIGHINGS[facts.service](Couple(facts), law)
    decision = weighing.decide()
    return _Teller(facts, law, translate).story(decision, weighing.traces)


class _Teller:
    """Puts a decision into words."""

    def __init__(self, facts: Facts, law: Law, translate: Translate) -> None:
        self.facts = facts
        self.couple = Couple(facts)
        self.law = law
        self.translate = translate

    def say(self, text: str, /, **values: Any) -> str:
        return self.translate(text) % values if values else self.translate(text)

    def story(self, decision: Decision, traces: Sequence[Trace]) -> Story:
        places = tuple(
            self.place(place, {cite.id: (cite, holds) for cite, holds in trace})
            for place, trace in zip(decision.places, traces, strict=True)
        )
        told = {cite.id for trace in traces for cite, _ in trace}
        general = [
            Row(self.say("整件事"), self.name(cite.rulebook), True, self.cited(cite))
            for cite, holds in decision.reasons
            if holds and cite.id not in told
        ]
        return Story(
            self.answer(decision.outcome, decision.needs_staff),
            tuple(self.say(FACTS[name]) for name in decision.missing),
            places,
            tuple(general),
        )

    def answer(self, outcome: str, flagged: bool) -> str:
        text = self.say(OUTCOMES[outcome])
        if outcome == "approval" and self.facts.service != "childbirth":
            text = self.say("可以办这个证")
        return self.say("%(answer)s，要窗口确认", answer=text) if flagged else text

    def place(self, place: Place, trace: dict[str, tuple[Citation, Truth]]) -> PlaceStory:
        province = self.law.at(place.division[:2], self.facts.on)
        rows: list[Row] = []
        if self.facts.service == "childbirth":
            rows += self.substance(place, province, trace)
            rows += self.opening(place, province, trace)
            rows += self.papers(place, province)
            rows += self.limits(place, province)
        else:
            rows += [
                Row(self.say("结论"), self.name(cite.rulebook), bool(holds), self.cited(cite))
                for cite, holds in trace.values()
                if cite.rulebook is None or cite.rulebook in province.books
            ]
            rows += self.papers_named(place, province)
            rows += [
                Row(self.say("结论"), book.id, False, self.say("这一点没有写，或者排在后面"))
                for book in province.books
                if not any(cite.rulebook is book for cite, _ in trace.values())
            ]
        rows += self.apart(province)
        opened = {True: "可以在这里办", False: "不能在这里办", None: "能不能在这里办还定不下来"}
        answer = self.say(
            "%(answer)s；%(opened)s",
            answer=self.answer(place.outcome, place.needs_staff),
            opened=self.say(opened[place.allowed]),
        )
        return PlaceStory(self.say(ROLES[place.role]), place.division, answer, _together(rows))

    # --- What register or ask hangs on ---

    def substance(
        self, place: Place, province: ProvinceLaw, trace: dict[str, tuple[Citation, Truth]]
    ) -> Iterator[Row]:
        point = self.say("登记还是审批")
        spoke = set()
        for cite, conditions, rule in _statements(place, province):
            spoke.add(cite.rulebook)
            said = trace.get(cite.id)
            if said is None:
                says = self.say("没有问到：排在前面的规定已经回答了")
            elif said[1]:
                says = self.cited(cite) + (self.conditions_of_grant(rule) if rule else "")
            elif said[1] is None and rule and rule.beyond:
                says = self.say("定不下来：%(why)s", why=self.say(rule.beyond))
            else:
                says = self.failing(conditions)
            yield Row(point, cite.id, bool(said and said[1]), says)
        for cite, holds in trace.values():
            if cite.rulebook is None and holds and cite.id != "core.place-not-named":
                yield Row(point, self.name(None), True, self.cited(cite))
        for book in province.books:
            if book not in spoke:
                yield Row(point, self.name(book), False, self.say("这一点没有写"))

    def conditions_of_grant(self, rule: CompiledRule) -> str:
        """Why a ground that holds still needs a person, if it does."""
        stage = self.facts.stage
        if rule.due and stage is None:
            return self.say("；还要看怀孕、出生没有")
        if rule.due and stage == "born":
            return self.say("；要在孩子出生前办，这里已经出生，请窗口看")
        if rule.due == "before_pregnancy" and stage == "pregnant":
            return self.say("；要在怀孕前办，这里已经怀孕，要窗口确认")
        if rule.flagged_when is not None and rule.flagged_when.test(self.couple) is not False:
            return self.say("；这种情形要窗口确认")
        return ""

    # --- Where ---

    def opening(
        self, place: Place, province: ProvinceLaw, trace: dict[str, tuple[Citation, Truth]]
    ) -> Iterator[Row]:
        point = self.say("在不在这里办")
        papers = [place.outcome] if place.outcome in GRANTS else []
        if place.outcome == "incomplete":
            papers = [
                paper
                for paper in ("registration", "approval")
                if any(f.cite.id in trace for f in province.filing[paper, place.role])
            ]
        if not papers:
            why = self.say("这里不是登记也不是审批，不看哪里能办")
            yield Row(point, "—", False, why)
            return
        for paper in papers:
            filings = province.filing[paper, place.role]
            spoken = False
            for filing in filings:
                said = trace.get(filing.cite.id)
                if said is not None:
                    spoken = True
                    yield Row(point, filing.cite.id, True, self.opened(place, filing, said[1]))
                elif spoken:
                    why = self.say("没有问到：排在前面的规定已经回答了")
                    yield Row(point, filing.cite.id, False, why)
                else:
                    yield Row(point, filing.cite.id, False, self.failing(filing.when))
            if "core.place-not-named" in trace:
                cite = trace["core.place-not-named"][0]
                yield Row(point, self.name(None), True, self.cited(cite))
            wrote = {filing.cite.rulebook for filing in filings}
            for book in province.books:
                if book not in wrote:
                    yield Row(point, self.name(book), False, self.say("这一点没有写"))

    def opened(self, place: Place, filing: CompiledFiling, opens: Truth) -> str:
        text = self.cited(filing.cite)
        if opens:
            return self.say("可以：%(text)s", text=text)
        if opens is None:
            return self.say("还定不下来：%(text)s", text=text)
        if place.opens_on:
            return self.say("%(day)s起可以：%(text)s", day=place.opens_on.isoformat(), text=text)
        return self.say("不可以：%(text)s", text=text)

    # --- What to bring, how long ---

    def papers(self, place: Place, province: ProvinceLaw) -> Iterator[Row]:
        rows = list(self.papers_named(place, province))
        yield from rows
        point, own = self.say("材料"), self.owner(place, province)
        named = {row.rulebook for row in rows}
        if own is not None and own.id not in named:
            says = "没有写要带什么" if place.allowed is not False else "这里现在不能办，没有列出来"
            yield Row(point, own.id, False, self.say(says))
        known = [b for b in province.books if b.id in named]
        yield from self.unasked(point, place, province, [*known, own])

    def papers_named(self, place: Place, province: ProvinceLaw) -> Iterator[Row]:
        point = self.say("材料")
        by_book: dict[Rulebook | None, list[str]] = {}
        for needed in place.documents:
            book = next((b for b in province.books if _asks_for(b, needed.use)), None)
            name = self.say(needed.name)
            if needed.condition:
                name = self.say(
                    "%(name)s（%(condition)s才要）", name=name, condition=self.say(needed.condition)
                )
            by_book.setdefault(book, []).append(name)
        for book, names in by_book.items():
            yield Row(point, self.name(book), True, "、".join(names))

    def limits(self, place: Place, province: ProvinceLaw) -> Iterator[Row]:
        point = self.say("多久")
        own = self.owner(place, province)
        if own is not None:
            texts = [self.say(limit.text) for limit in place.time_limits]
            says = "；".join(texts) or self.say("没有写天数")
            yield Row(point, self.name(own), bool(texts), says)
        yield from self.unasked(point, place, province, [own])

    def owner(self, place: Place, province: ProvinceLaw) -> Rulebook | None:
        """The text whose procedure the place follows."""
        return next((b for b in province.books if _has(b, place.procedure)), None)

    def unasked(
        self, point: str, place: Place, province: ProvinceLaw, known: Sequence[Rulebook | None]
    ) -> Iterator[Row]:
        if place.procedure is None:
            yield Row(point, "—", False, self.say("没有一份文件说这里能办，所以不问"))
            return
        for book in province.books:
            if book not in known:
                why = self.say("没有问到：随说明在哪里办的那份文件")
                yield Row(point, self.name(book), False, why)

    # --- Texts that have no say here ---

    def apart(self, province: ProvinceLaw) -> Iterator[Row]:
        """Every other rulebook: not in force on the day, or for another place."""
        point = self.say("没有份的文件")
        here, elsewhere = province.province, []
        for book in self.law.shelf.rulebooks:
            if book in province.books:
                continue
            if here not in reach(book) and book.jurisdiction != NATION:
                elsewhere.append(book)
                continue
            days = f"{book.start.isoformat()} — {book.end.isoformat() if book.end else ''}"
            why = self.say("这一天不施行（%(days)s）", days=days)
            yield Row(point, self.name(book), False, why)
        if elsewhere:
            books = "、".join(f"{book.id}（{self.where(book)}）" for book in elsewhere)
            yield Row(
                point, books, False, self.say("管别处，不管%(here)s", here=self.say(NAMES[here]))
            )

    def where(self, book: Rulebook) -> str:
        return "、".join(self.say(NAMES.get(code, code)) for code in reach(book))

    # --- Words ---

    def name(self, book: Rulebook | None) -> str:
        return book.id if book is not None else self.say("本站的说明")

    def cited(self, cite: Citation) -> str:
        if cite.rulebook is None:
            return self.say(cite.text)
        return f"{self.say(cite.text)}（{self.say(cite.instrument)} {self.say(cite.article)}）"

    def failing(self, conditions: All) -> str:
        """The conditions that fail, or that hang on facts nobody gave."""
        false: list[str] = []
        unknown: list[str] = []
        for part in conditions.parts:
            truth = part.test(self.couple)
            if truth is False:
                false.append(self.condition(part))
            elif truth is None:
                facts = "、".join(self.say(FACTS[name]) for name in part.waits_for(self.couple))
                unknown.append(
                    self.say(
                        "%(condition)s（不知道：%(facts)s）",
                        condition=self.condition(part),
                        facts=facts,
                    )
                )
        if false:
            return self.say("条件不合：%(what)s", what="；".join(false))
        return self.say("还定不下来：%(what)s", what="；".join(unknown))

    def condition(self, part: Criterion) -> str:
        """One condition in words, with what it is for this couple where a number tells."""
        say, couple = self.say, self.couple
        match part:
            case is_.Count(what, least, most):
                return say(
                    "%(what)s要%(wanted)s，这里%(found)s",
                    what=say(_COUNTED[what]),
                    wanted=self.number(least, most),
                    found=self.number(*getattr(couple, what)),
                )
            case is_.PriorPattern(first, second):
                return say(
                    "婚前的孩子要一方%(one)s、另一方%(other)s，这里女方%(woman)s、男方%(man)s",
                    one=self.number(*first),
                    other=self.number(*second),
                    woman=self.number(*couple.woman_prior),
                    man=self.number(*couple.man_prior),
                )
            case is_.MarriageIs(kinds):
                return say(
                    "婚姻要是%(wanted)s，这里%(found)s",
                    wanted=self.listed(_MARRIAGES, kinds),
                    found=self.word(_MARRIAGES, couple.marriage),
                )
            case is_.HouseholdIs(kinds):
                return say(
                    "要是%(wanted)s，这里%(found)s",
                    wanted=self.listed(_HOUSEHOLDS, kinds),
                    found=self.word(_HOUSEHOLDS, self.facts.household),
                )
            case is_.Spouses(attribute, how):
                pairs = {
                    ("only_child", "one"): "要一方是独生子女",
                    ("only_child", "both"): "要双方都是独生子女",
                    ("minority", "one"): "要一方是少数民族",
                    ("minority", "both"): "要双方都是少数民族",
                }
                return say(pairs[attribute, how])
            case is_.HukouHere(provinces, how):
                texts = {
                    "one": "要至少一方户籍在%(here)s",
                    "both": "要双方户籍都在%(here)s",
                    "none": "要双方户籍都不在%(here)s",
                    "woman": "要女方户籍在%(here)s",
                    "not_woman": "要女方户籍不在%(here)s",
                }
                return say(texts[how], here=self.provinces(provinces))
            case is_.CrossProvince(provinces):
                return say("要双方户籍在%(here)s的两个省", here=self.provinces(provinces))
            case is_.TwoPlaceMarriage(provinces):
                return say(
                    "要是%(here)s之间的两地婚姻，住在其中一方的户籍地",
                    here=self.provinces(provinces),
                )
            case is_.BornAfter(day):
                return say("要孩子在 %(day)s 以后出生", day=day.isoformat())
        return say("条件不合")

    def number(self, least: int, most: int) -> str:
        if least == most:
            return self.say("是 %(count)s 个", count=least)
        if most >= is_.MANY:
            return self.say("不限") if least == 0 else self.say("%(count)s 个以上", count=least)
        if least == 0:
            return self.say("最多 %(count)s 个", count=most)
        return self.say("%(least)s 到 %(most)s 个", least=least, most=most)

    def listed(self, words: dict[str, str], kinds: frozenset[str]) -> str:
        return self.say("或").join(self.say(word) for key, word in words.items() if key in kinds)

    def word(self, words: dict[str, str], value: str | None) -> str:
        return self.say(words[value]) if value else self.say("不知道")

    def provinces(self, codes: frozenset[str]) -> str:
        if len(codes) == len(NAMES) - 1:
            return self.say("全国")
        return "、".join(self.say(NAMES[code]) for code in sorted(codes))


def _statements(
    place: Place, province: ProvinceLaw
) -> Iterator[tuple[Citation, All, CompiledRule | None]]:
    """(statement, its conditions, the rule it is) in the order in which they are read."""
    for rule in province.rules[place.kind]:
        yield rule.cite, rule.when, rule
    for otherwise in province.otherwise:
        yield otherwise.cite, otherwise.scope, None


def _together(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Neighbours that say the same for want of a say of their own, in one row."""
    found: list[Row] = []
    for row in rows:
        last = found[-1] if found else None
        if last and not row.spoke and replace(row, rulebook=last.rulebook) == last:
            found[-1] = replace(last, rulebook=f"{last.rulebook}、{row.rulebook}")
        else:
            found.append(row)
    return tuple(found)


def _has(book: Rulebook, procedure: Procedure | None) -> bool:
    return any(one is procedure for one in book.procedures)


def _asks_for(book: Rulebook, use: object) -> bool:
    lists = [procedure.documents for procedure in book.procedures]
    for part in (book.honor_certificate, book.marital_certificate):
        if part is not None:
            lists.append(part.documents)
    return any(one is use for documents in lists for one in documents)
