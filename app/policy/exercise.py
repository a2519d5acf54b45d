"""Trying every statement of every rulebook on couples: does it ever answer, and answer both ways?

A statement is tried on the worked cases first and then on couples made to fit it (`fitted`), a few
hundred at most, the same ones each time. What is looked for:

* a rule holds for one couple and fails for another (a rule for everybody cannot fail; a ground that
  hangs on a fact nobody is asked is listed for one couple and not for another);
* an opening with a stay, a permit or a move away opens for one couple and not for another; any other
  opening, an `otherwise`, a certificate and the favourable rule speak for some couple;
* on the first and the last day of every period some couple is answered by what begins or ends (a last
  day is let off when a newer rule has taken the couples over by then).

An opening of a region or of the nation that every province's own text comes before is tried as if
those were silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from app.policy.coverage import DAY, Period, common, period
from app.policy.criteria import Truth
from app.policy.decide import decide
from app.policy.facts import PROVINCES, Facts, FactsError
from app.policy.finding import Finding, Where, Words, words
from app.policy.law import Law
from app.policy.loading import Held
from app.policy.random_couples import ALL, Body, couple
from app.policy.rulebook import Cited, Filing, HonorCertificate, MaritalCertificate, Rule, When

TRIES: Final = 600
"""Couples made for a statement before it is said never to answer."""

EARLIEST: Final = date(1990, 1, 1)


class Seen:
    """What each statement answered so far, and on which days."""

    def __init__(self, law: Law) -> None:
        self.law = law
        self.truths: dict[str, set[Truth]] = {}
        self.days: dict[str, set[date]] = {}

    def look(self, body: Body) -> None:
        """Decide one couple and note every statement that spoke."""
        try:
            facts = Facts.from_json(body)
        except FactsError:
            return  # a couple bent to fit may contradict itself
        for cite, holds in decide(facts, self.law).reasons:
            self.truths.setdefault(cite.id, set()).add(holds)
            if holds is not False:
                self.days.setdefault(cite.id, set()).add(facts.on)


def exercise(held: Sequence[Held], law: Law, cases: Iterable[Body]) -> list[Finding]:
    """Every statement that does not answer as it should for any couple. `cases`: worked requests."""
    seen = Seen(law)
    for request in cases:
        seen.look(request)
    silent = Seen(_with_silent_provinces(law))
    findings: list[Finding] = []
    for one in held:
        own: list[Finding] = []
        for where, part in one.book.parts():
            if not isinstance(part, Cited):
                continue
            mistakes = _try(one, where, part, held, seen)
            if mistakes and isinstance(part, Filing) and _is_wide(one):
                mistakes = _try(one, where, part, held, silent)
            own += mistakes
        findings += own or _try_days(one, held, seen)
    return findings


def _is_wide(held: Held) -> bool:
    return held.book.jurisdiction == "CN" or bool(held.book.provinces)


def _with_silent_provinces(law: Law) -> Law:
    """The same law, but no province's own text says where to file."""
    books = tuple(
        book.model_copy(update={"filing": []}) if book.jurisdiction in PROVINCES else book
        for book in law.shelf.rulebooks
    )
    return Law(law.shelf.model_copy(update={"rulebooks": books}))


def _try(
    held: Held, where: Where, part: Cited, all_held: Sequence[Held], seen: Seen
) -> list[Finding]:
    """Couples for one statement until it has answered every way it should, and on its own days."""
    name = f"{held.book.id}.{part.id}"
    wanted = _wanted(part)
    days = _days(held, part)
    edges = _own_edges(held, part, all_held)
    random = Random(name)  # noqa: S311  chance, not secrets
    couples = _couples(random, held, part, all_held, days)
    for _attempt in range(TRIES):
        truths, spoken = seen.truths.get(name, set()), seen.days.get(name, set())
        if wanted <= truths and set(edges) <= spoken:
            return []
        seen.look(next(couples))
    return list(_complaints(held, where, part, wanted, edges, seen))


def _own_edges(held: Held, part: Cited, all_held: Sequence[Held]) -> list[date]:
    """The first and last day of a part that has days of its own."""
    days = period(part, held.book)
    edges = [days.start] if part.start else []
    if part.end and not _overtaken(held, part, part.end, all_held):
        edges.append(part.end)
    return edges


def _overtaken(held: Held, part: Cited, day: date, all_held: Sequence[Held]) -> bool:
    """Whether on the day a newer rule is asked before this part."""
    mine = period(part, held.book).start
    for one in all_held:
        if one.book.jurisdiction not in {held.book.jurisdiction, "CN"}:
            continue
        for rule in one.book.rules:
            own = period(rule, one.book)
            if mine < own.start <= day and (own.end is None or day <= own.end):
                return True
    return False


def _wanted(part: Cited) -> set[Truth]:
    if isinstance(part, Rule):
        if part.beyond:
            return {None, False}
        return {True} if _for_everybody(part.when) else {True, False}
    if isinstance(part, Filing):
        if not part.opens:
            return {False}
        return {True, False} if part.stay or part.permit or part.outside_county else {True}
    if isinstance(part, HonorCertificate):
        return {not part.existing_only}
    return {True}


def _for_everybody(when: When) -> bool:
    named = when.model_dump(exclude_none=True)
    return set(named) <= {"marriage"} and len(set(named.get("marriage", ()))) == 3


def _complaints(
    held: Held, where: Where, part: Cited, wanted: set[Truth], edges: list[date], seen: Seen
) -> Iterator[Finding]:
    name = f"{held.book.id}.{part.id}"
    truths, spoken = seen.truths.get(name, set()), seen.days.get(name, set())
    if not truths:
        yield held.finding(
            where,
            words("应有夫妻会听到这一条，却没有：条件不可能凑齐，或者别的规定总在它前面回答了"),
        )
        return
    for truth in wanted - truths:
        yield held.finding(where, _NEVER[truth])
    if wanted <= truths:
        for day in sorted(set(edges) - spoken):
            field = "from" if day == period(part, held.book).start else "to"
            expected = words("%(day)s 应有夫妻会听到这一条，却没有", day=day)
            yield held.finding((*where, field), expected)


_NEVER: Final[dict[Truth, Words]] = {
    True: words("应有夫妻合这一条，却没有"),
    False: words("应有夫妻不合这一条，问到的却都合"),
    None: words("应有夫妻可能合这一条，却没有"),
}


def _try_days(held: Held, all_held: Sequence[Held], seen: Seen) -> list[Finding]:
    """The first and the last day of the text itself: some statement of it speaks then."""
    book = held.book
    edges = {day for day in (book.start, book.end) if day is not None}
    parts = list(book.cited())
    random = Random(book.id)  # noqa: S311  chance, not secrets
    makers = [_couples(random, held, part, all_held, sorted(edges)) for part in parts]
    for attempt in range(TRIES):
        spoken = {
            day for part in parts for day in seen.days.get(f"{book.id}.{part.id}", set()) & edges
        }
        if spoken == edges:
            return []
        seen.look(next(makers[attempt % len(makers)]))
    return [
        held.finding((field,), words("%(day)s 应有夫妻听到这份文件的话，却没有", day=day))
        for field, day in (("from", book.start), ("to", book.end))
        if day in edges - spoken
    ]


def _edges(days: Period) -> list[date]:
    return [days.start] if days.end is None else [days.start, days.end]


def _days(held: Held, part: Cited) -> list[date]:
    """Days on which to try a statement: its first and last, and where some other text changes."""
    own = period(part, held.book)
    inside = own.start + timedelta(days=200)
    return [*_edges(own), *([inside] if own.end is None or inside < own.end else [])]


# --- Couples that fit a statement ---


def _couples(
    random: Random, held: Held, part: Cited, all_held: Sequence[Held], days: list[date]
) -> Iterator[Body]:
    """Without end: couples for whom the statement is asked, most of them made to meet its conditions."""
    turn = 0
    changes = _changes(all_held, period(part, held.book))
    grounds = _grounds(held, part, all_held) if isinstance(part, Filing) else []
    while True:
        turn += 1
        # The edges first and in turn; then any day on which the answer may have changed.
        day = days[turn % len(days)] if turn % 3 else random.choice([*days, *changes])
        province = random.choice(_provinces(held))
        if isinstance(part, Filing):
            yield _couple_for_filing(random, held, part, grounds, day)
            continue
        body = couple(random, day, _around(held, province), _service(part))
        if isinstance(part, Rule):
            home = "residence" if part.at == ["residence"] else "hukou"
            _live(random, body, province, home)
            if turn % 4:
                fitted(random, body, part.when, province, _region(held))
        elif isinstance(part, HonorCertificate | MaritalCertificate):
            _live(random, body, province, "hukou")
            if turn % 2:
                body |= {"joint_children": 1, "pledge": True, "child_born_on": "2009-06-01"}
                body["children"] = {}
        else:
            _live(random, body, province, "hukou")
            if turn % 2:
                body |= {"joint_children": random.choice([3, 4, 5]), "children": {}}
        yield body


def _service(part: Cited) -> str:
    if isinstance(part, HonorCertificate):
        return "single_child_honor_certificate"
    if isinstance(part, MaritalCertificate):
        return "marital_childbearing_certificate"
    return "childbirth"


def _provinces(held: Held) -> list[str]:
    book = held.book
    if book.jurisdiction == "CN":
        return list(ALL)
    return list(book.provinces) or [book.jurisdiction]


def _region(held: Held) -> list[str]:
    return list(held.book.provinces) or _provinces(held)


def _around(held: Held, province: str) -> list[str]:
    """Where such couples come from: this province, the others of the text, and far away."""
    return [province, province, *_region(held)[:8], "52", "61"]


def _changes(all_held: Sequence[Held], days: Period) -> list[date]:
    """Days within a period on which some text begins or has just ended."""
    found = set()
    for one in all_held:
        for _where, part in one.book.parts():
            own = period(part, one.book)
            found |= {own.start, *([own.end + DAY] if own.end else [])}
    return sorted(d for d in found if days.start <= d and (days.end is None or d <= days.end))


def _live(random: Random, body: Body, province: str, kind: str) -> None:
    """Give one of the two a hukou or a residence in the province."""
    name = random.choice(["woman", "man"]) if body["man"] else "woman"
    if kind == "hukou":
        body[name]["hukou"] = f"{province}0122"
        return
    on = date.fromisoformat(body["on"])
    for person in ("woman", "man"):
        if body[person]["hukou"][:2] == province:
            body[person]["hukou"] = ("52" if province != "52" else "61") + "0122"
    stay = random.choice([3, 35, 200, 800])
    body[name]["residence"] = {
        "division": f"{province}0102",
        "since": (on - timedelta(days=stay)).isoformat(),
        "permit": random.random() < 0.5,
    }


Ground = tuple[Rule, str, Period]


def _grounds(held: Held, filing: Filing, all_held: Sequence[Held]) -> list[Ground]:
    """Rules that grant a paper of this opening: (rule, province, the days both are in force)."""
    kinds = {at.split("_")[1] for at in filing.at}
    found: list[Ground] = []
    for one in all_held:
        home = one.book.jurisdiction
        provinces = [p for p in _provinces(held) if home in {p, "CN"}]
        for rule in one.book.rules:
            both = common(period(rule, one.book), period(filing, held.book))
            if both and rule.grants in filing.paper and kinds & set(rule.at) and not rule.beyond:
                found += [(rule, province, both) for province in provinces]
    return found


def _couple_for_filing(
    random: Random, held: Held, filing: Filing, grounds: list[Ground], day: date
) -> Body:
    """A couple who gets a paper of this opening, with a place of its kind in the province."""
    province = random.choice(_provinces(held))
    ground: Rule | None = None
    if grounds:
        ground, province, days = random.choice(grounds)
        if not days.start <= day <= (days.end or date.max):
            last = days.end or days.start + timedelta(days=400)
            day = random.choice([days.start, last, days.start + (last - days.start) / 2])
    role = random.choice(filing.at)
    name, kind = role.split("_")
    body = couple(random, day, _around(held, province), "childbirth")
    if ground is not None:
        fitted(random, body, ground.when, province, _region(held))
    if filing.when is not None:
        fitted(random, body, filing.when, province, _region(held))
    if kind == "hukou":
        body[name]["hukou"] = f"{province}0122"
        return body
    stay = random.choice([3, 35, 100, 200, 800])
    body[name]["residence"] = {
        "division": f"{province}{random.choice(['0102', '0103'])}",
        "since": (day - timedelta(days=stay)).isoformat(),
        "permit": random.random() < 0.5,
    }
    if random.random() < 0.3:
        body[name]["hukou"] = f"{province}0104"
    return body


def fitted(random: Random, body: Body, when: When, province: str, region: Sequence[str]) -> None:
    """Bend a couple so that it meets a rule's conditions, as far as they can be met together."""
    woman, man, children = body["woman"], body["man"], body["children"]
    if when.marriage:
        body["marriage"] = random.choice(when.marriage)
    elif body["marriage"] == "unmarried":
        body["marriage"] = "first"
    if when.household:
        body["household"] = random.choice(when.household)
    for attribute in ("only_child", "minority"):
        how = getattr(when, attribute)
        if how:
            woman[attribute] = True
            man[attribute] = how == "both" or random.random() < 0.5
    _fit_places(random, body, when, province, region)
    _fit_counts(random, body, when)
    if when.born_after is not None:
        body |= {"stage": random.choice(["planned", "pregnant"])}
        body.pop("born_on", None)
    for name in ("disabled", "adopted", "girls"):
        children[name] = min(children.get(name, 0), body["joint_children"])


def _fit_places(
    random: Random, body: Body, when: When, province: str, region: Sequence[str]
) -> None:
    woman, man = body["woman"], body["man"]
    here, far = f"{province}0122", ("52" if province != "52" else "61") + "0122"
    place = when.hukou_here
    if place is not None:
        woman["hukou"] = here if place in {"both", "woman", "one"} else far
        man["hukou"] = here if place in {"both", "not_woman"} else far
    if when.cross_province or when.two_place_marriage:
        other = random.choice([one for one in region if one != province] or ["52"])
        woman["hukou"], man["hukou"] = here, f"{other}0122"
    if when.two_place_marriage:
        woman["residence"], man["residence"] = None, {"division": here}


def _fit_counts(random: Random, body: Body, when: When) -> None:
    woman, man, children = body["woman"], body["man"], body["children"]
    if when.prior_pattern:
        sides = [woman, man]
        random.shuffle(sides)
        for person, bounds in zip(sides, when.prior_pattern, strict=True):
            person["prior_children"] = _pick(random, bounds)
    elif when.prior_children:
        prior = _pick(random, when.prior_children)
        woman["prior_children"] = random.randint(0, prior)
        man["prior_children"] = prior - woman["prior_children"]
    elif body["marriage"] == "first" and not when.marriage:
        woman["prior_children"] = man["prior_children"] = 0
    if when.died:
        children["died"] = _pick(random, when.died)
    if when.joint_children:
        body["joint_children"] = _pick(random, when.joint_children)
    if when.adopted:
        children["adopted"] = _pick(random, when.adopted)
    if when.joint_born_children:
        body["joint_children"] = _pick(random, when.joint_born_children) + children["adopted"]
    total = when.living_children or when.births
    if total:
        wanted = _pick(random, total)
        prior = woman["prior_children"] + man["prior_children"]
        if when.births and not when.died:
            children["died"] = min(children["died"], wanted)
        wanted -= children["died"] if when.births else 0
        if when.joint_children or when.joint_born_children:
            woman["prior_children"] = max(0, wanted - body["joint_children"])
            man["prior_children"] = 0
        else:
            if prior > wanted and not when.prior_pattern:
                woman["prior_children"] = man["prior_children"] = prior = 0
            body["joint_children"] = max(0, wanted - prior)
    for name in ("disabled", "girls"):
        bounds = getattr(when, name)
        if bounds:
            children[name] = _pick(random, bounds)
            body["joint_children"] = max(body["joint_children"], children[name])
    body["joint_children"] = max(body["joint_children"], children["adopted"] if when.adopted else 0)


def _pick(random: Random, bounds: Any) -> int:
    return random.randint(bounds.at_least, min(bounds.at_most, bounds.at_least + 2))
